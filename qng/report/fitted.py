"""Tables for a terminal that is too narrow for them: words are wrapped, numbers are never cut.

Columns give way as far as their longest words allow, text (which stands on the left) further. Where
that does not do, the columns that are left over stand in another table below, beside the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Column, Table

from qng.report import cells

_EDGE: Final = 1
"""What stands beside all columns."""

_GAP: Final = 2
"""What stands behind each column."""

_TEXT: Final = 16
"""Below which text does not give way."""


def fitted(item: RenderableType, width: int) -> list[RenderableType]:
    """What is shown, with tables as several where the terminal is too narrow for them.

    Args:
        item: A table with a head and numbers, a group with some, or anything else, which is
            returned as it is.
        width: Of the terminal, in characters.
    """
    if isinstance(item, Group):
        return [part for one in item.renderables for part in fitted(one, width)]
    if not isinstance(item, Table) or not item.show_header:
        return [item]
    columns = item.columns
    if all(column.justify != "right" for column in columns):
        return [item]
    full = [_longest(column, "\n") for column in columns]
    if _whole(full) <= width:
        return [item]
    least = [
        _longest(column, None) if column.justify == "right" else min(most, _TEXT)
        for column, most in zip(columns, full)
    ]
    parts = _parts(least, width)
    return [
        _table(
            [columns[k] for k in part],
            _given([full[k] for k in part], [least[k] for k in part], width),
        )
        for part in parts
    ]


def _longest(column: Column, separator: str | None) -> int:
    """The widest line of a column, or its widest word."""
    texts = [str(cell) for cell in (column.header, *column.cells)]
    return max(cell_len(piece) for text in texts for piece in text.split(separator) or [""])


def _whole(widths: Sequence[int]) -> int:
    return _EDGE + sum(width + _GAP for width in widths)


def _parts(least: Sequence[int], width: int) -> list[list[int]]:
    """Columns that fit beside each other, the first one in each part."""
    parts: list[list[int]] = [[0]]
    for k in range(1, len(least)):
        if len(parts[-1]) > 1 and _whole([least[j] for j in (*parts[-1], k)]) > width:
            parts.append([0])
        parts[-1].append(k)
    return parts


def _given(full: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """Widths of columns that fit: the ones that have most to give, give first."""
    found = list(full)
    for _ in range(_whole(full) - width):
        k = max(range(len(found)), key=lambda j: found[j] - least[j])
        if found[k] <= least[k]:
            break
        found[k] -= 1
    return found


def _table(columns: Sequence[Column], widths: Sequence[int]) -> Table:
    found = cells.frame()
    for column, width in zip(columns, widths):
        found.add_column(
            column.header, justify=column.justify, overflow=column.overflow, width=width
        )
    for row in zip(*(column.cells for column in columns)):
        found.add_row(*row)
    return found
