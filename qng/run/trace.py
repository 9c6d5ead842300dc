"""The steps of a run as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from qng.errors import UnknownNameError
from qng.optimize.method import Step


@dataclass(frozen=True, repr=False)
class Trace:
    """The steps of a run as a table.

    Row k is the point after k updates and what was done there; the last row is the final point,
    where only the energy was measured.

    Args:
        rows: nit + 1 steps.

    Example:
        `run.trace["energy"]` is an array of shape (nit + 1,), `run.trace["theta"]` (nit + 1, P);
        `run.trace[-1]` is the last row, and `for row in run.trace` goes through all of them.
    """

    rows: tuple[Step, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns; `Step` says what they are."""
        return tuple(f.name for f in fields(Step))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.rows)

    @overload
    def __getitem__(self, key: str) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, key: int) -> Step: ...
    @overload
    def __getitem__(self, key: slice) -> Trace: ...
    def __getitem__(self, key: str | int | slice) -> NDArray[Any] | Step | Trace:
        """One column as an array, where missing numbers are NaN; or rows by their number.

        Raises:
            UnknownNameError: No such column.
            IndexError: No such row.
        """
        if isinstance(key, slice):
            return Trace(self.rows[key])
        return column(self.rows, key, self.columns) if isinstance(key, str) else self.rows[key]

    def __repr__(self) -> str:
        shown = [f"{row.energy:.8g}" for row in self.rows[:1] + self.rows[1:][-1:]]
        return f"Trace(rows={len(self)}, energy: {' to '.join(shown) or 'none'})"

    def _repr_html_(self) -> str:
        from qng.report.notebook import trace_html

        return trace_html(self)


def column(rows: Sequence[Any], name: str, known: Sequence[str]) -> NDArray[Any]:
    """One column of a table of rows as an array; missing numbers are NaN.

    Raises:
        UnknownNameError: No such column.
    """
    if name not in known:
        raise UnknownNameError("column", name, known)
    values = [getattr(row, name) for row in rows]
    return np.array([math.nan if value is None else value for value in values])
