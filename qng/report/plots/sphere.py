"""The states of one qubit on the Bloch sphere, seen from a side.

A point r = (<X>, <Y>, <Z>) is projected along the direction of sight,

    right = r . e_1,    up = r . e_2,    depth = r . e_3,

and what lies behind (depth < 0) is drawn pale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from qng.arrays import Array
from qng.report.plots import look
from qng.report.plots.look import Look
from qng.report.plots.names import Name, name_lines, room_for, title
from qng.report.plots.picture import Finish
from qng.report.plots.plane import Trail

_STATES: Final = {
    r"$|0\rangle$": (0.0, 0.0, 1.0),
    r"$|1\rangle$": (0.0, 0.0, -1.0),
    r"$|{+}\rangle$": (1.0, 0.0, 0.0),
    r"$|{-}\rangle$": (-1.0, 0.0, 0.0),
    r"$|{+}i\rangle$": (0.0, 1.0, 0.0),
    r"$|{-}i\rangle$": (0.0, -1.0, 0.0),
}


@dataclass(frozen=True, eq=False)
class Sphere:
    """Paths of Bloch vectors.

    Args:
        trails: Of shape (n, 3); the first point is open, the last one filled.
        goal: A vector that is marked, such as the ground state's; None: none is.
        azimuth: Of the eye, degrees from x towards y.
        elevation: Of the eye above the equator, degrees.
        title: Above it.
        note: A second, smaller line.
    """

    trails: tuple[Trail, ...]
    goal: Array | None = None
    azimuth: float = 35.0
    elevation: float = 20.0
    title: str = ""
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The paths."""
        return tuple(trail.name for trail in self.trails)

    def height(self, width: float) -> float:
        """What it needs on paper at a width, in inches."""
        return room_for(self.title, self._note(), (), self.names, width, 0.0) + 0.75 * width - 0.4

    def draw(self, axes: Axes, looks: Mapping[str, Look], width: float) -> Finish | None:
        """Draw it."""
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.set_xlim(-1.35, 1.35)
        axes.set_ylim(-1.25, 1.25)
        axes.add_patch(Circle((0, 0), 1, facecolor="#f6f6f6", edgecolor="#999999", lw=0.7))
        turn = np.linspace(0, 2 * np.pi, 181)
        ring = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
        for circle in (ring, ring[:, [0, 2, 1]], ring[:, [2, 0, 1]]):
            self._path(axes, circle, "#aaaaaa", 0.5)
        for text, vector in _STATES.items():
            right, up, depth = self._seen(np.array([vector]))[0]
            axes.text(1.17 * right, 1.17 * up, text, ha="center", va="center", fontsize=7.5,
                      color=look.GREY if depth >= 0 else "#aaaaaa")  # fmt: skip
        for trail in self.trails:
            self._trail(axes, trail, looks[trail.name])
        names = [Name(trail.name, None, None, *looks[trail.name]) for trail in self.trails]
        if self.goal is not None:
            x, y, _ = self._seen(self.goal[None])[0]
            axes.plot(x, y, "*", color="black", markersize=8, zorder=6)
        title(axes, self.title, self._note(), width)
        return name_lines(axes, names, "legend", width, 0.06) if names else None

    def _note(self) -> str:
        said = [self.note] if self.note else []
        if self.goal is not None:
            said.append("star: ground state")
        return "; ".join(said)

    def _trail(self, axes: Axes, trail: Trail, look_of: Look) -> None:
        colour, dashes = look_of
        if not len(trail.points):
            return
        self._path(axes, trail.points, colour, 1.3, dashes)
        seen = self._seen(trail.points)
        axes.plot(*seen[0, :2], "o", color="black", mfc="white", markersize=5, zorder=5)
        axes.plot(*seen[-1, :2], "o", color=colour, mec="black", mew=0.6, markersize=5, zorder=4)

    def _seen(self, vectors: Array) -> Array:
        a, e = radians(self.azimuth), radians(self.elevation)
        right = np.array([-sin(a), cos(a), 0.0])
        sight = np.array([cos(a) * cos(e), sin(a) * cos(e), sin(e)])
        axes_of_view = np.stack([right, np.cross(sight, right), sight])
        return np.asarray(vectors @ axes_of_view.T)

    def _path(
        self, axes: Axes, vectors: Array, colour: str, thick: float, dashes: Any = "-"
    ) -> None:
        """A path; the half behind is pale."""
        x, y, depth = self._seen(vectors).T
        for front in (True, False):
            # A piece belongs to the front where both of its ends do.
            there = depth >= 0 if front else (depth < 0) | (np.r_[depth[1:], depth[-1]] < 0)
            there = there if front else there | (np.r_[depth[0], depth[:-1]] < 0)
            style: dict[str, Any] = {"color": colour, "linewidth": thick, "linestyle": dashes}
            axes.plot(np.where(there, x, np.nan), np.where(there, y, np.nan), zorder=3 if front
                      else 2, alpha=1.0 if front else 0.4, **style)  # fmt: skip
