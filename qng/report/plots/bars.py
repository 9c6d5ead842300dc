"""Two numbers a name beside each other: bars, and marks at what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from qng.arrays import Array
from qng.report.plots import look
from qng.report.plots.look import COLOURS, Look
from qng.report.plots.names import room_for, title
from qng.report.plots.picture import Finish


@dataclass(frozen=True, eq=False)
class Bars:
    """A bar a name.

    Args:
        rows: Names, from the top.
        values: Shape (rows,).
        label: Of the horizontal axis, with its unit.
        expected: Marks, shape (rows,); None: there are none.
        colour: Place of the colour in the style.
        said: What bars and marks are, where there are both.
        title: Above it.
        unnamed: Whether the rows have no names, because the panel beside it has them.
    """

    rows: tuple[str, ...]
    values: Array
    label: str
    expected: Array | None = None
    colour: int = 1
    said: tuple[str, str] = ("actual", "predicted")
    title: str = ""
    unnamed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """No name has a colour of its own."""
        return ()

    def height(self, width: float) -> float:
        """What it needs on paper at a width, in inches."""
        return room_for(self.title, " ", (), (), width, 0.0) + 0.24 * max(len(self.rows), 3)

    def draw(self, axes: Axes, looks: Mapping[str, Look], width: float) -> Finish | None:
        """Draw it."""
        place = np.arange(len(self.rows))
        axes.barh(place, np.nan_to_num(self.values), 0.6, color=COLOURS[self.colour])
        note = ""
        if self.expected is not None:
            axes.plot(self.expected, place, "|", color="black", markersize=10, mew=1.4)
            note = f"bars: {self.said[0]}; marks: {self.said[1]}"
        axes.axvline(0, color="black", linewidth=0.6)
        axes.set_xlabel(self.label)
        rows = ["" if self.unnamed else look.wrapped(look.plain(row), 0.35 * width, 7.0)
                for row in self.rows]  # fmt: skip
        axes.set_yticks(place, rows)
        axes.set_ylim(max(len(self.rows), 1) - 0.5, -0.5)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.tick_params(axis="y", length=0)
        title(axes, self.title, note, width)
        return None
