"""HTML as values: what is text is escaped, what is `Html` is not."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_VOID: Final = frozenset({"meta", "img", "br"})


@dataclass(frozen=True)
class Html:
    """HTML that is in order.

    Args:
        text: It.
    """

    text: str


Child = Html | str


def tag(name: str, /, *children: Child, **attributes: str | None) -> Html:
    """An element.

    Args:
        name: Such as "p".
        children: Text, which is escaped, and elements.
        attributes: Without a trailing "_", and with "-" for "_"; None is left out.

    Example:
        >>> tag("p", "a < b ", tag("b", "c"), class_="x").text
        '<p class="x">a &lt; b <b>c</b></p>'
    """
    words = [
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    opened = f"<{name}{''.join(words)}>"
    return Html(opened if name in _VOID else f"{opened}{joined(*children).text}</{name}>")


def joined(*children: Child) -> Html:
    """Text, which is escaped, and elements, one after another."""
    parts = (child.text if isinstance(child, Html) else html.escape(child) for child in children)
    return Html("".join(parts))


def paragraphs(lines: Iterable[str]) -> Html:
    """Lines as items of a list; nothing where there is none."""
    items = [tag("li", line) for line in lines]
    return tag("ul", *items, class_="notes") if items else Html("")


def link(address: str, words: str) -> Html:
    """A link to elsewhere; without an address the words alone."""
    if not address.startswith(("https://", "http://")):
        return joined(words)
    return tag("a", words, href=address, rel="noopener noreferrer")


def of_terminal(shown: RenderableType) -> Html:
    """What is shown in the terminal: tables as tables, with the line above one as its caption."""
    parts = list(shown.renderables) if isinstance(shown, Group) else [shown]
    found: list[Child] = []
    caption = ""
    for part in parts:
        if isinstance(part, Table):
            found.append(_table(part, caption))
            caption = ""
        else:
            if caption:
                found.append(tag("p", caption))
            caption = _words(part)
    if caption:
        found.append(tag("p", caption))
    return joined(*found)


def _table(table: Table, caption: str) -> Html:
    """A table of Rich; one without a head has its first column as heads of the rows."""
    columns = [list(map(_words, column.cells)) for column in table.columns]
    sides = ["number" if column.justify == "right" else None for column in table.columns]
    head: Child = ""
    if table.show_header:
        heads = [
            tag("th", _words(column.header), scope="col", class_=side)
            for column, side in zip(table.columns, sides, strict=True)
        ]
        head = tag("thead", tag("tr", *heads))
    rows = []
    for cells in zip(*columns, strict=True):
        first = tag("th", cells[0], scope="row", class_=sides[0])
        rest = [tag("td", cell, class_=side) for cell, side in zip(cells[1:], sides[1:])]
        rows.append(tag("tr", first, *rest))
    title = tag("caption", caption) if caption else ""
    # A table that is wider than a page is scrolled, by keys, too.
    return tag(
        "div",
        tag("table", title, head, tag("tbody", *rows)),
        class_="table",
        tabindex="0",
        role="region",
        aria_label=caption or "table",
    )


def _words(part: object) -> str:
    """The text of a cell or a line."""
    return part.plain if isinstance(part, Text) else str(part)
