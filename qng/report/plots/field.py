"""Values of either sign over two parameters, plaquette by plaquette."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from qng.arrays import Array
from qng.report.plots.look import Look
from qng.report.plots.names import room_for, title
from qng.report.plots.picture import Finish


@dataclass(frozen=True, eq=False)
class Field:
    """A field over a rectangle as colours, zero white.

    Args:
        x: Edges of the cells, ascending, shape (A + 1,).
        y: Likewise, shape (B + 1,).
        values: Shape (A, B).
        x_label: With its unit.
        y_label: Likewise.
        label: Of the colour bar, with its unit.
        title: Above it.
        note: A second, smaller line.
    """

    x: Array
    y: Array
    values: Array
    x_label: str
    y_label: str
    label: str
    title: str = ""
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """No name has a colour of its own."""
        return ()

    def height(self, width: float) -> float:
        """What it needs on paper at a width, in inches."""
        return room_for(self.title, self.note, (), (), width, 1.15)

    def draw(self, axes: Axes, looks: Mapping[str, Look], width: float) -> Finish | None:
        """Draw it."""
        # A field that is rounding everywhere is white, and its scale is that of 1.
        largest = float(np.abs(self.values).max(initial=0.0, where=np.isfinite(self.values)))
        largest = largest if largest > 1e-12 else 1.0
        image = axes.pcolormesh(self.x, self.y, self.values.T, cmap="RdBu_r", vmin=-largest,
                                vmax=largest, rasterized=True)  # fmt: skip
        bar = axes.figure.colorbar(image, ax=axes, pad=0.02)
        bar.outline.set_linewidth(0.5)
        bar.set_label(self.label)
        axes.set_xlabel(self.x_label)
        axes.set_ylabel(self.y_label)
        for side in ("top", "right"):
            axes.spines[side].set_visible(True)
        title(axes, self.title, self.note, width)
        return None
