"""Tables as Markdown, in the dialect of GitHub, GitLab and Jupyter."""

from __future__ import annotations

import re
from typing import Any, Final

from qng.report.forms.tabulated import ROWS, tables
from qng.report.grid import Grid

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


def markdown(value: Any, *, against: str | None = None, rows: int = ROWS) -> str:
    """The tables of a result as Markdown, each below its title and above its notes.

    Args:
        value: Whatever `save` keeps.
        against: Of comparisons the axis of cost; shots or circuits by default.
        rows: Of a trace about so many.

    Raises:
        InputError: A value that has no table.
    """
    return "\n".join(_table(grid) for grid in tables(value, against, rows))


def _table(grid: Grid) -> str:
    rule = [":--" if k < grid.words else "--:" for k in range(len(grid.heads))]
    lines = [
        f"**{_words(grid.title)}**",
        "",
        _row([_words(head) for head in grid.heads]),
        _row(rule),
        *(_row([_words(cell.text) for cell in row]) for row in grid.rows),
    ]
    if grid.notes:
        lines += ["", *(f"- {_words(note)}" for note in grid.notes)]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _words(text: str) -> str:
    """Text in one line, with what Markdown reads otherwise escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
