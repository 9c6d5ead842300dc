"""Matrices: entries as a heat map, eigenvalues with their errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from qng.arrays import Array, Flags
from qng.report.plots import look
from qng.report.plots.look import COLOURS, Look
from qng.report.plots.names import room_for, title
from qng.report.plots.picture import Finish

_MOST_NUMBERS: Final = 6
"""Matrices up to this size have their entries written in."""

_MOST_NAMES: Final = 16


@dataclass(frozen=True, eq=False)
class HeatMap:
    """The entries of a matrix as colours, zero white.

    Args:
        values: Shape (P, P).
        known: Which entries were computed; the others are hatched.
        parameters: Names of rows and columns.
        label: Of the colour bar, with the unit.
        std_error: Of the entries; entries within two of them of zero have a dot. None: exact.
        title: Above it.
        note: A second, smaller line.
    """

    values: Array
    known: Flags
    parameters: tuple[str, ...]
    label: str
    std_error: Array | None = None
    title: str = ""
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """No name has a colour of its own."""
        return ()

    def height(self, width: float) -> float:
        """What it needs on paper at a width, in inches."""
        return room_for(self.title, self._note(), (), (), width, 0.0) + max(width - 1.05, 1.0)

    def draw(self, axes: Axes, looks: Mapping[str, Look], width: float) -> Finish | None:
        """Draw it."""
        size = len(self.values)
        largest = float(np.abs(self.values).max(initial=0.0, where=np.isfinite(self.values))) or 1.0
        axes.add_patch(
            Rectangle(
                (-0.5, -0.5),
                size,
                size,
                facecolor="#e4e4e4",
                edgecolor="#aaaaaa",
                hatch="////",
                lw=0,
            )
        )
        shown = np.ma.masked_array(self.values, ~self.known | ~np.isfinite(self.values))
        image = axes.imshow(shown, cmap="RdBu_r", vmin=-largest, vmax=largest, zorder=2)
        bar = axes.figure.colorbar(image, ax=axes, shrink=0.85, pad=0.03)
        bar.outline.set_linewidth(0.5)
        bar.set_label(self.label)
        if self.std_error is not None:
            unsure = self._unsure()
            if unsure.any() and size > _MOST_NUMBERS:
                rows, columns = np.nonzero(unsure)
                axes.plot(columns, rows, ".", color=look.GREY, markersize=2.5, zorder=3)
        if 0 < size <= _MOST_NUMBERS:
            self._numbers(axes, largest)
        self._names(axes)
        title(axes, self.title, self._note(), width)
        return None

    def _unsure(self) -> Flags:
        """Entries that were measured and may be zero."""
        if self.std_error is None:
            return np.zeros(self.values.shape, dtype=bool)
        errors = self.std_error
        return self.known & (errors > 0) & (np.abs(self.values) < 2 * errors)

    def _note(self) -> str:
        said = [self.note] if self.note else []
        if not self.known.all():
            said.append("hatched: zero by decision")
        if self.std_error is not None and len(self.values) <= _MOST_NUMBERS:
            said.append("in brackets: standard errors")
        elif self.std_error is not None and self._unsure().any():
            said.append("dots: within 2 standard errors of zero")
        return "; ".join(said)

    def _numbers(self, axes: Axes, largest: float) -> None:
        for i, j in zip(*np.nonzero(self.known)):
            value = float(self.values[i, j])
            dark = abs(value) > 0.6 * largest
            error = None if self.std_error is None else float(self.std_error[i, j])
            # What is rounding beside the largest entry is zero to a reader.
            shown = "0" if abs(value) < 1e-12 * largest else _number(value, error)
            axes.text(float(j), float(i), shown, ha="center", va="center", fontsize=5.5,
                      color="white" if dark else "black", zorder=3)  # fmt: skip

    def _names(self, axes: Axes) -> None:
        """Rows and columns are named, at most sixteen of them, inside a full frame."""
        every = max(1, -(-len(self.parameters) // _MOST_NAMES))
        ticks = range(0, len(self.parameters), every)
        names = [look.plain(_short(self.parameters[k])) for k in ticks]
        upright = max(map(len, names), default=0) * len(names) < 24
        axes.set_xticks(ticks, names, rotation=0 if upright else 90, fontsize=6.5)
        axes.set_yticks(ticks, names, fontsize=6.5)
        axes.tick_params(length=2)
        for side in ("top", "right"):
            axes.spines[side].set_visible(True)


@dataclass(frozen=True, eq=False)
class Eigenvalues:
    """The eigenvalues of a matrix, descending.

    Args:
        values: Shape (P,), descending.
        floor: At or below it an eigenvalue is rounding, drawn open.
        std_error: Of every eigenvalue, shape (P,); None: exact.
        label: Of the vertical axis.
        title: Above it.
        note: A second, smaller line.
    """

    values: Array
    floor: float
    std_error: Array | None = None
    label: str = "eigenvalue"
    title: str = ""
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """No name has a colour of its own."""
        return ()

    def height(self, width: float) -> float:
        """What it needs on paper at a width, in inches."""
        return room_for(self._title(), self._note(), (), (), width, 1.0)

    def draw(self, axes: Axes, looks: Mapping[str, Look], width: float) -> Finish | None:
        """Draw it."""
        index, kept = np.arange(1.0, len(self.values) + 1), self._kept()
        lowest = max(self.floor, 1e-16)
        style: dict[str, Any] = {"color": COLOURS[1], "markersize": 3.5}
        axes.set_yscale("log")
        if kept.any():
            axes.plot(index[kept], self.values[kept], "o", **style)
            self._errors(axes, index, kept)
        if not kept.all():
            lowest = self._lowest(lowest)
            axes.plot(index[~kept], np.full(int((~kept).sum()), lowest), "o", mfc="white",
                      clip_on=False, **style)  # fmt: skip
            axes.axhline(lowest, color="#888888", linestyle=":", linewidth=0.8, zorder=0)
        axes.set_xlim(0, len(self.values) + 1)
        look.whole_ticks(axes)
        look.few_decades(axes)
        axes.set_xlabel("index")
        axes.set_ylabel(self.label)
        title(axes, self._title(), self._note(), width)
        return None

    def _kept(self) -> Flags:
        """Those that are drawn where they are: positive, and no rounding."""
        return np.isfinite(self.values) & (self.values > max(self.floor, 0.0))

    def _lowest(self, floor: float) -> float:
        """With errors zero lies within reach: what is not positive is drawn below the errors."""
        if self.std_error is None:
            return floor
        kept = self.values[self._kept()]
        return float(kept.min(initial=1.0)) / 10

    def _errors(self, axes: Axes, index: Array, kept: Flags) -> None:
        if self.std_error is None:
            return
        values, errors = self.values[kept], self.std_error[kept]
        below = np.minimum(errors, 0.9 * values)  # an error bar to zero has no end on this scale
        bars = np.array([below, errors])  # Matplotlib 3.10 takes a list of arrays for objects
        axes.errorbar(index[kept], values, bars, fmt="none", ecolor=COLOURS[1], elinewidth=0.9)

    def _title(self) -> str:
        if self.std_error is not None:
            return self.title
        rank = f"rank {int(self._kept().sum())} of {len(self.values)}"
        return f"{self.title}: {rank}" if self.title else rank

    def _note(self) -> str:
        said = [self.note] if self.note else []
        if self.std_error is not None:
            said.append("bars: 1 standard error")
        if not self._kept().all():
            word = "not positive" if self.std_error is not None else "rounding"
            said.append(f"open: {word}")
        return "; ".join(said)


def _number(value: float, error: float | None) -> str:
    """A number with its error in brackets, in units of its last digit.

    Example:
        >>> _number(0.12345, 0.0021), _number(0.25, None), _number(12.0, 3.2)
        ('0.123(2)', '0.25', '12(3)')
    """
    if not error or not np.isfinite(error):
        return f"{value:.4g}"
    digits = max(0, -int(np.floor(np.log10(error))))
    return f"{value:.{digits}f}({round(error * 10**digits)})"


def _short(name: str, most: int = 14) -> str:
    """A name of at most so many letters; its ends say the most."""
    return name if len(name) <= most else f"{name[: most - 7]}…{name[-6:]}"
