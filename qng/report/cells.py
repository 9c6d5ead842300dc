"""What tables are made of: numbers and lists as text, and the frames they stand in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_SCALES: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))

ROUNDING: Final = 1e-12
"""Errors of exact energies that are smaller than this are those of rounding."""


def headed(name: str, rest: str) -> str:
    """A title of something that may have no name.

    Example:
        >>> headed("h2", "qng"), headed("", "qng")
        ('h2: qng', 'qng')
    """
    return f"{name}: {rest}" if name else rest


def shown(value: float | None, form: str, infinite: str = "inf") -> str:
    """A number in a format; a dash where there is none.

    Args:
        value: None and NaN are no number.
        form: As of `str.format`.
        infinite: What stands for infinity.

    Example:
        >>> shown(0.25, "{:.1e}"), shown(None, "{:g}"), shown(math.inf, "{:g}", "never")
        ('2.5e-01', '-', 'never')
    """
    if value is None or math.isnan(value):
        return "-"
    return infinite if math.isinf(value) else form.format(value)


def with_error(value: float, error: float | None, exact: int = 4) -> str:
    """A number with the error of its last two digits in brackets.

    Args:
        value: The number; a dash where it is NaN.
        error: Its standard error; of one that is not positive, or None, nothing is said.
        exact: Digits after the point where nothing is said.

    Example:
        >>> with_error(0.12749, 0.00271), with_error(0.24753, 0.0), with_error(1234.5, 260.0)
        ('0.1275(27)', '0.2475', '1234(260)')
        >>> with_error(0.5, 0.0996), with_error(-1.25, None, 8)
        ('0.50(10)', '-1.25000000')
    """
    if not math.isfinite(value):
        return shown(value, "{:g}")
    if error is None or not 0 < error < math.inf:
        return rounded(value, exact)
    # In scientific notation, so that 0.0996 has the two digits of 0.10.
    digits = min(max(1 - int(f"{error:.1e}".partition("e")[2]), 0), 12)
    return f"{rounded(value, digits)}({round(error * 10**digits)})"


def quartiles(lower: float, median: float, upper: float, relative: bool) -> str:
    """A median with its quartiles, all to the same digit: it stands between them as printed.

    Args:
        lower: First quartile.
        median: Second quartile.
        upper: Third quartile.
        relative: Two digits of each, as of errors, which end at rounding; else two digits of what
            lies between them.

    Example:
        >>> quartiles(1.62e-3, 1.64e-3, 1.66e-3, True), quartiles(-1.17, -1.123, -1.05, False)
        ('1.6e-03 [1.6e-03, 1.7e-03]', '-1.12 [-1.17, -1.05]')
        >>> quartiles(3e-16, 1e-9, 1.0, True)
        '1.0e-09 [<1e-12, 1.0e+00]'
    """
    if relative:
        return f"{error(median)} [{error(lower)}, {error(upper)}]"
    width = upper - lower
    known = math.isfinite(width) and width > 0
    digits = min(max(1 - math.floor(math.log10(width)), 0), 8) if known else 6
    low, middle, high = (shown(value, f"{{:.{digits}f}}") for value in (lower, median, upper))
    return f"{middle} [{low}, {high}]"


def error(value: float) -> str:
    """An error with two digits, down to rounding.

    Example:
        >>> error(1.64e-3), error(2e-16), error(math.inf)
        ('1.6e-03', '<1e-12', 'inf')
    """
    return "<1e-12" if value < ROUNDING else shown(value, "{:.1e}")


def amount(value: float, unknown: str = "inf") -> str:
    """A cost to three digits.

    Args:
        value: Not negative.
        unknown: What stands for infinity.

    Example:
        >>> [amount(x) for x in (0, 7, 6.125, 999, 1920, 25000, 1.5e6, 1e12)]
        ['0', '7', '6.12', '999', '1.92k', '25.0k', '1.50M', '1e+12']
    """
    if not 1000 <= value < 1e12:
        return shown(value, "{:.3g}", unknown)
    scaled, letter = next(
        (value / size, letter)
        for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k"))
        if value >= size
    )
    # 999.9 thousand has no three digits before its point.
    digits = max(2 - math.floor(math.log10(float(f"{scaled:.3g}"))), 0)
    return f"{scaled:.{digits}f}{letter}"


def rounded(value: float, digits: int = 4) -> str:
    """A number with so many digits after the point, and no minus before a zero."""
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    return f"{round(value, digits) + 0.0:.{digits}f}"


def shortened(items: Sequence[str], most: int) -> list[str]:
    """At most so many items, the last of which says how many more there are.

    Example:
        >>> shortened(["a", "b", "c", "d"], 3)
        ['a', 'b', '... 2 more']
    """
    if len(items) <= most:
        return list(items)
    return [*items[: most - 1], f"... {len(items) - most + 1} more"]


def thinned(length: int, rows: int) -> list[int]:
    """About so many of the indices 0 ... length - 1, evenly; the first and the last among them.

    Example:
        >>> thinned(31, 5)
        [0, 8, 15, 22, 30]
    """
    if rows < 1:
        return []
    if length <= rows:
        return list(range(length))
    return sorted({round(k) for k in np.linspace(0, length - 1, max(rows, 2))})


def frame() -> Table:
    """An empty table with a head."""
    return Table(box=box.SIMPLE, header_style="bold", padding=(0, 1, 0, 0))


def titled(title: str, table: Table) -> RenderableType:
    """The table below its title."""
    # A title of the table itself would be wrapped at the width of the table.
    return Group(Text(title, style="bold"), table)


def pairs(lines: Iterable[tuple[str, str]]) -> Table:
    """A table of (key, text), one a line."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        add(table, line)
    return table


def add(table: Table, cells: Iterable[str]) -> None:
    """One more row."""
    # Text, so that a name with brackets is not read as markup.
    table.add_row(*(Text(cell) for cell in cells))
