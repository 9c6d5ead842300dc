"""A table as a value, of which terminals, Markdown, LaTeX and notebooks show the same numbers.

A cell is a text for readers of plain text, and the same for those of LaTeX.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from qng.report import cells, tex

_MEANT: Final = ("never", "-", "")
"""What is no number."""


@dataclass(frozen=True)
class Cell:
    """What stands in a table at one place.

    Args:
        text: For terminals and Markdown.
        latex: The same in LaTeX.
    """

    text: str
    latex: str


@dataclass(frozen=True)
class Grid:
    """A table.

    Args:
        title: One line.
        heads: Of the columns, with line breaks where there are several lines; the first column has
            words, which stand on the left, the others numbers, which stand on the right.
        rows: As many cells each as there are columns.
        notes: What a reader has to know, one sentence each.
        name: Of what it is a table, for a label: such as "comparison-h2".
        words: The first so many columns stand on the left.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    name: str = "table"
    words: int = 1


DOT: Final = Cell(".", r"$\cdot$")
"""What is zero by decision."""


def rich(grid: Grid) -> RenderableType:
    """The table for a terminal, below its title, without its notes."""
    table = cells.frame()
    for k, head in enumerate(grid.heads):
        # Text, so that what stands in brackets is not read as markup.
        table.add_column(Text(head), justify="left" if k < grid.words else "right")
    for row in grid.rows:
        cells.add(table, (cell.text for cell in row))
    return cells.titled(grid.title, table)


def lines_grid(lines: Iterable[tuple[str, str]], title: str, name: str) -> Grid:
    """What is said line by line, as (key, text), in two columns."""
    return Grid(title, ("", ""), tuple(row(*line) for line in lines), name=name, words=2)


def said(text: str) -> Cell:
    """Words."""
    return Cell(text, tex.words(text))


def number(value: float | None, form: str, infinite: str = "inf") -> Cell:
    """A number in a format; a dash where there is none."""
    text = cells.shown(value, form, infinite)
    return Cell(text, _number(text))


def measured(value: float, error: float | None, exact: int = 4) -> Cell:
    """A number with the error of its last two digits in brackets."""
    text = cells.with_error(value, error, exact)
    return Cell(text, _number(text))


def amount(value: float, unknown: str = "inf") -> Cell:
    """A cost to three digits."""
    text = cells.amount(value, unknown)
    if not math.isfinite(value):
        return Cell(text, _number(text))
    return Cell(text, f"${tex.scientific(value)}$")


def quartiles(lower: float, median: float, upper: float, relative: bool) -> Cell:
    """A median with its quartiles; see `cells.quartiles`."""
    text = cells.quartiles(lower, median, upper, relative)
    exact = not relative or min(lower, median, upper) < cells.ROUNDING
    if exact or not math.isfinite(median):
        return listed(text)
    return Cell(text, tex.interval(median, lower, upper, 2))


def listed(text: str) -> Cell:
    r"""Numbers as "1.2 [1.1, inf]" or "0.3, 0.5", each as it is printed.

    Example:
        >>> listed("1.0e-09 [<1e-12, inf]").latex
        '$1.0\\times10^{-9}$ [${<}10^{-12}$, $\\infty$]'
    """
    parts: list[str] = []
    for part in text.split(" "):
        opened, closed = part.startswith("["), part.endswith("]")
        inner = part[int(opened) : len(part) - int(closed)]
        inner, comma, _ = inner.partition(",") if inner.endswith(",") else (inner, "", "")
        parts.append(f"{'[' * opened}{_number(inner)}{comma}{']' * closed}")
    return Cell(text, " ".join(parts))


def spaced(numbers: Iterable[str], width: int = 7) -> Cell:
    """Several numbers in one column, each at its place."""
    known = list(numbers)
    return Cell(
        " ".join(f"{text:>{width}s}" for text in known),
        r"\enspace ".join(_number(text) for text in known),
    )


def row(*given: Cell | str) -> tuple[Cell, ...]:
    """A row; text is words."""
    return tuple(said(cell) if isinstance(cell, str) else cell for cell in given)


def _number(text: str) -> str:
    return text if text in _MEANT else tex.number(text)
