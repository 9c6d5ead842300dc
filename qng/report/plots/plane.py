"""A landscape: values over a plane, with the paths of runs in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes

from qng.arrays import Array
from qng.report.plots.look import Look
from qng.report.plots.names import Name, name_lines, room_for, title
from qng.report.plots.picture import Finish

_MOST_DOTS = 60
"""Longer paths have no dots at their steps."""


@dataclass(frozen=True, eq=False)
class Trail:
    """A path in a plane or on a sphere.

    Args:
        name: Written in the legend.
        points: Shape (n, 2) or (n, 3).
    """

    name: str
    points: Array


@dataclass(frozen=True, eq=False)
class Landscape:
    """Values over a plane, and paths.

    Args:
        x: Shape (nx,), ascending.
        y: Shape (ny,), ascending.
        values: Shape (ny, nx).
        trails: Paths of shape (n, 2); the first point is open, the last one filled.
        x_label: With its unit.
        y_label: Likewise.
        label: Of the colour bar, with its unit.
        title: Above it.
        note: A second, smaller line.
    """

    x: Array
    y: Array
    values: Array
    trails: tuple[Trail, ...]
    x_label: str
    y_label: str
    label: str
    title: str = ""
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The paths."""
        return tuple(trail.name for trail in self.trails)

    def height(self, width: float) -> float:
        """What it needs on paper at a width, in inches."""
        return room_for(self.title, self.note, (), self.names, width, 1.15)

    def draw(self, axes: Axes, looks: Mapping[str, Look], width: float) -> Finish | None:
        """Draw it."""
        half_x, half_y = _half(self.x), _half(self.y)
        box = (self.x[0] - half_x, self.x[-1] + half_x, self.y[0] - half_y, self.y[-1] + half_y)
        image = axes.imshow(self.values, origin="lower", extent=box, aspect="auto", cmap="Greys_r",
                            interpolation="bilinear", alpha=0.85)  # fmt: skip
        finite = self.values[np.isfinite(self.values)]
        if min(self.values.shape) > 1 and len(finite) and np.ptp(finite) > 0:
            axes.contour(self.x, self.y, self.values, levels=12, colors="#444444", linewidths=0.35,
                         linestyles="solid")  # fmt: skip
        bar = axes.figure.colorbar(image, ax=axes, pad=0.02)
        bar.outline.set_linewidth(0.5)
        bar.set_label(self.label)
        halo = [patheffects.withStroke(linewidth=2.6, foreground="white")]
        for trail in self.trails:
            colour, dashes = looks[trail.name]
            x, y = trail.points.T if len(trail.points) else (np.empty(0), np.empty(0))
            dots = "." if len(x) <= _MOST_DOTS else ""
            axes.plot(x, y, color=colour, linestyle=dashes, linewidth=1.2, marker=dots,
                      markersize=3, zorder=3, path_effects=halo)  # fmt: skip
            axes.plot(x[:1], y[:1], "o", color="black", mfc="white", markersize=5, zorder=5)
            axes.plot(x[-1:], y[-1:], "o", color=colour, mec="black", mew=0.6, markersize=5,
                      zorder=4)  # fmt: skip
        axes.set_xlim(box[:2])
        axes.set_ylim(box[2:])
        axes.set_xlabel(self.x_label)
        axes.set_ylabel(self.y_label)
        for side in ("top", "right"):
            axes.spines[side].set_visible(True)
        title(axes, self.title, self.note, width)
        names = [Name(trail.name, None, None, *looks[trail.name]) for trail in self.trails]
        return name_lines(axes, names, "legend", width) if names else None


def _half(places: Array) -> float:
    """Half of the distance between two places of a grid."""
    return float(places[-1] - places[0]) / (2 * max(len(places) - 1, 1)) or 0.5
