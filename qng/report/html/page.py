"""A page: chapters, their figures as data, one style, one script, and Plotly once."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from qng import __version__
from qng.errors import MissingPackageError
from qng.report.cite import unique
from qng.report.html.chapters import Chapter
from qng.report.html.traces import Figure
from qng.report.markup import Child, Html, link, tag
from qng.report.sources import Source
from qng.run.recipe import now


def page(chapters: Sequence[Chapter], title: str = "", command: str = "") -> str:
    """A page that needs nothing else.

    Args:
        chapters: What is on it.
        title: Of the page; by default that of its only chapter.
        command: By which it was made.

    Returns:
        HTML, about five megabytes: most of it is Plotly.

    Raises:
        MissingPackageError: Plotly is not installed.
    """
    plotly = plotly_script()
    heading = title or (chapters[0].title if len(chapters) == 1 else "Results")
    figures: list[Figure] = []
    # The heading of the page is that of a chapter that is alone.
    own = len(chapters) > 1 or chapters[0].title != heading
    sections = [_section(k, chapter, figures, own) for k, chapter in enumerate(chapters)]
    sources = unique(source for chapter in chapters for source in chapter.sources)
    script = files(__package__).joinpath("page.js").read_text(encoding="utf-8")
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    body = tag(
        "body",
        tag("a", "To the results", href="#results", class_="skip"),
        tag("header", tag("h1", heading, id="heading"), _made(command)),
        _contents(chapters),
        tag("main", *sections, _cited(sources), id="results"),
        tag("noscript", tag("p", "The plots need JavaScript; the tables do not.")),
        _inert("plots", [_data(figure) for figure in figures]),
        _script(plotly),
        _script(script),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        _policy([plotly, script]),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=f"qng {__version__}"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", heading),
        tag("style", Html(style)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en').text}\n"


@cache
def plotly_script() -> str:
    """Plotly's script.

    Raises:
        MissingPackageError: Plotly is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise MissingPackageError("a report", "plotly", "report") from error
    return str(get_plotlyjs())


def _section(number: int, chapter: Chapter, figures: list[Figure], headed: bool) -> Html:
    """A chapter, with a heading or without; its figures are added to those of the page."""
    parts: list[Child] = []
    for part in chapter.parts:
        if isinstance(part, Figure):
            parts.append(_figure(len(figures), part))
            figures.append(part)
        else:
            parts.append(part)
    name = f"chapter-{number}" if headed else "heading"
    head: Child = tag("h2", chapter.title, id=name) if headed else ""
    return tag("section", head, *parts, aria_labelledby=name)


def _figure(number: int, figure: Figure) -> Html:
    """The place of a figure, and how one of its views is chosen."""
    choice: Child = ""
    if len(figure.views) > 1:
        options = [tag("option", view.name, value=str(k)) for k, view in enumerate(figure.views)]
        choice = tag("label", f"{figure.choice} ", tag("select", *options, data_of=str(number)))
    marks = {"narrow": figure.narrow, "tall": figure.is_crowded}
    kinds = [name for name, holds in marks.items() if holds]
    return tag(
        "figure",
        tag("div", tag("h3", figure.title), choice, class_="over"),
        tag(
            "div",
            class_="plot",
            data_plot=str(number),
            role="img",
            aria_label=f"{figure.title}: {figure.note}",
        ),
        tag(
            "figcaption",
            figure.note,
            tag("span", figure.views[0].note, data_note=str(number), class_="more"),
        ),
        class_=" ".join(kinds) or None,
    )


def _data(figure: Figure) -> list[dict[str, Any]]:
    return [
        {"data": view.traces, "layout": view.layout, "note": view.note} for view in figure.views
    ]


def _made(command: str) -> Html:
    by: list[Child] = [" with ", tag("code", command)] if command else []
    return tag("p", f"Made by qng {__version__} on {now()}", *by, class_="made")


def _contents(chapters: Sequence[Chapter]) -> Html:
    if len(chapters) < 2:
        return Html("")
    items = [
        tag("li", tag("a", chapter.title, href=f"#chapter-{k}"))
        for k, chapter in enumerate(chapters)
    ]
    return tag("nav", tag("ol", *items), aria_label="Contents")


def _cited(sources: Sequence[Source]) -> Html:
    if not sources:
        return Html("")
    lines = [tag("li", link(source.link, source.line())) for source in sources]
    bibtex = "\n\n".join(source.bibtex() for source in sources)
    return tag(
        "section",
        tag("h2", "What to cite", id="sources"),
        tag("ol", *lines),
        tag("details", tag("summary", "BibTeX"), tag("pre", tag("code", bibtex), tabindex="0")),
        aria_labelledby="sources",
    )


def _policy(scripts: Sequence[str]) -> Html:
    """No other script is run than these, and nothing is loaded from anywhere."""
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    rules = [
        "default-src 'none'",
        f"script-src {hashes}",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return tag("meta", http_equiv="Content-Security-Policy", content="; ".join(rules))


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _script(text: str) -> Html:
    return tag("script", Html(text))


def _inert(name: str, data: Any) -> Html:
    """Data for the script: no text in it can end the element."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return tag("script", Html(text), id=name, type="application/json")
