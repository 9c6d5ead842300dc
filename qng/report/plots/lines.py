"""A panel of curves: with bands or error bars, single runs, open markers and levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from matplotlib.axes import Axes

from qng.arrays import Array, Flags
from qng.report.plots import look
from qng.report.plots.look import Look
from qng.report.plots.names import Name, name_lines, room_for, title
from qng.report.plots.picture import Finish

Mark = Literal["line", "points", "both", "open", "stairs", "reference"]
"""How a line is drawn; "open" are open markers, "reference" is thin, dashed and black."""

ROUNDING: Final = 1e-12
"""Exact errors below this are rounding, and are drawn here."""

_OPEN: Final = ("o", "s", "^", "D", "v", "<", ">")


@dataclass(frozen=True, eq=False)
class Line:
    """One curve.

    Args:
        name: Written beside it; empty: it has none.
        x: Shape (n,).
        y: Shape (n,); what is not finite is not drawn.
        lower: Lower end of a band or of error bars, shape (n,); None: there is none.
        upper: Upper end, likewise.
        mark: How it is drawn.
        bars: Error bars in the place of a band.
        singles: Single runs, thin, each of shape (2, n'): x and y.
        like: The name of the line whose colour it has; empty: its own.
        ending: Said after the name where there is room, such as "5 of 10".
        failed: It ends early, and is crossed out there.
    """

    name: str
    x: Array
    y: Array
    lower: Array | None = None
    upper: Array | None = None
    mark: Mark = "line"
    bars: bool = False
    singles: tuple[Array, ...] = ()
    like: str = ""
    ending: str = ""
    failed: bool = False


@dataclass(frozen=True, eq=False)
class Level:
    """A horizontal line with its name, such as an accuracy.

    Args:
        name: Written beside it.
        y: Where.
    """

    name: str
    y: float


@dataclass(frozen=True, eq=False)
class Lines:
    """A panel of curves.

    Args:
        lines: Drawn in this order.
        x_label: With its unit; formulas between dollar signs.
        y_label: Likewise.
        levels: Horizontal lines.
        log_x: Logarithmic; zero is drawn at the left end.
        log_y: Logarithmic.
        whole: The horizontal axis counts.
        floor: Values below it are drawn on it, and the axis ends there; 0: there is none.
        x_range: Ends of the axis; None: of the data.
        y_range: Likewise.
        title: Above it.
        note: A second, smaller line.
        naming: Where names are written: at the ends of their lines, in a legend below the panel,
            or nowhere, because another panel has them.
        tall: Height of the axes relative to the usual.
    """

    lines: tuple[Line, ...]
    x_label: str
    y_label: str
    levels: tuple[Level, ...] = ()
    log_x: bool = False
    log_y: bool = False
    whole: bool = False
    floor: float = 0.0
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    title: str = ""
    note: str = ""
    naming: Literal["ends", "legend", "none"] = "ends"
    tall: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """The lines that have a colour of their own."""
        own = [line for line in self.lines if line.mark != "reference" and not line.like]
        return tuple(line.name for line in own)

    def height(self, width: float) -> float:
        """What it needs on paper at a width, in inches."""
        return room_for(
            self.title, self.note, self._named() if self.naming == "ends" else (),
            self._named() if self.naming == "legend" else (), width, self.tall,
        )  # fmt: skip

    def draw(self, axes: Axes, looks: Mapping[str, Look], width: float) -> Finish | None:
        """Draw it; names are placed once the layout is known."""
        axes.set_xscale("log" if self.log_x else "linear")
        axes.set_yscale("log" if self.log_y else "linear")
        left = self._left()
        order = {name: k for k, name in enumerate(self.names)}
        for line in self.lines:
            place = order.get(line.like or line.name, 0)
            self._line(axes, line, self._look(line, looks), left, place)
        for level in self.levels:
            axes.axhline(level.y, color="black", linestyle="--", linewidth=0.8, zorder=1)
            if self.naming == "none":
                look.note(axes, ("axes fraction", "data"), (0.99, level.y), level.name, 2, "right")
        self._limits(axes, left)
        axes.set_xlabel(self.x_label)
        axes.set_ylabel(self.y_label)
        note = self.note
        if self._floored():
            note = f"{note}; " if note else ""
            note += f"{self.floor:g}: rounding"
        title(axes, self.title, note, width)
        if not self._anything():
            axes.text(0.5, 0.5, "no finite value", ha="center", va="center", color=look.GREY,
                      transform=axes.transAxes)  # fmt: skip
        names = self._ends(looks)
        if self.naming == "none" or not names:
            return None
        return name_lines(axes, names, self.naming, width)

    def _look(self, line: Line, looks: Mapping[str, Look]) -> Look:
        if line.mark == "reference":
            return "black", (0, (4, 2))
        return looks[line.like or line.name]

    def _named(self) -> tuple[str, ...]:
        names = [f"{line.name} {line.ending}".strip() for line in self.lines if line.name]
        return (*names, *(level.name for level in self.levels))

    def _y(self, values: Array) -> Array:
        kept = np.where(np.isfinite(values), values, np.nan)
        if self.floor:
            return np.maximum(kept, self.floor)
        return np.where(kept > 0, kept, np.nan) if self.log_y else kept

    def _floored(self) -> bool:
        lows = [line.y[np.isfinite(line.y)].min(initial=np.inf) for line in self.lines]
        return bool(self.floor and lows and min(lows) < self.floor)

    def _anything(self) -> bool:
        return any(np.any(np.isfinite(self._y(line.y))) for line in self.lines)

    def _left(self) -> float:
        """Where x = 0 is drawn on a logarithmic axis: half of the least."""
        if self.x_range is not None:
            return self.x_range[0]
        positive = [x for line in self.lines for x in line.x[line.x > 0]]
        return min(positive, default=1.0) / 2 if self.log_x else 0.0

    def _x(self, values: Array, left: float) -> Array:
        return np.maximum(values, left) if self.log_x else values

    def _line(self, axes: Axes, line: Line, look_of: Look, left: float, place: int) -> None:
        colour, dashes = look_of
        x, y = self._x(line.x, left), self._y(line.y)
        step = line.mark == "stairs"
        style: dict[str, Any] = {"color": colour, "drawstyle": "steps-post" if step else "default"}
        for single in line.singles:
            axes.plot(self._x(single[0], left), self._y(single[1]), linewidth=0.5, alpha=0.4,
                      **style)  # fmt: skip
        if line.lower is not None and line.upper is not None:
            self._spread(axes, line, x, colour)
        if line.mark in ("points", "open"):
            marker = _OPEN[place % len(_OPEN)]
            face = "white" if line.mark == "open" else colour
            low, high = self.x_range or (-np.inf, np.inf)
            y = np.where((x >= low) & (x <= high), y, np.nan)
            # A marker on an axis is drawn whole; those outside the range are not drawn.
            axes.plot(x, y, marker, color=colour, mfc=face, mew=1.0, zorder=4,
                      clip_on=self.y_range is not None)  # fmt: skip
            return
        if line.mark == "reference":
            axes.plot(x, y, color=colour, linestyle=dashes, linewidth=0.9, zorder=3)
            return
        # A point between two gaps is no line.
        alone = _alone(np.isfinite(y)) if line.mark != "both" else np.isfinite(y)
        axes.plot(x, y, linestyle=dashes, **style, zorder=2.5)
        if alone.any():
            axes.plot(x[alone], y[alone], "o", color=colour, markersize=3, zorder=3,
                      clip_on=False)  # fmt: skip
        if line.failed and np.isfinite(y).any():
            last = np.flatnonzero(np.isfinite(y))[-1]
            axes.plot(x[last], y[last], "x", color=colour, markersize=5, zorder=5, clip_on=False)

    def _spread(self, axes: Axes, line: Line, x: Array, colour: str) -> None:
        assert line.lower is not None
        assert line.upper is not None
        top = self.y_range[1] if self.y_range else self._highest()
        # Where so many runs have failed the band is open upwards.
        lower, upper = self._y(line.lower), np.where(line.upper == np.inf, top, line.upper)
        upper = self._y(upper)
        y = self._y(line.y)
        if line.bars:
            ends = np.abs(np.array([y - lower, upper - y]))
            axes.errorbar(x, y, np.nan_to_num(ends), fmt="none", ecolor=colour, elinewidth=0.9)
            return
        stairs = line.mark == "stairs"
        axes.fill_between(x, lower, upper, color=colour, alpha=0.08 if stairs else 0.14,
                          linewidth=0, step="post" if stairs else None)  # fmt: skip

    def _highest(self) -> float:
        values = [self._y(v) for line in self.lines for v in (line.y, line.upper) if v is not None]
        finite = [v[np.isfinite(v)].max(initial=-np.inf) for v in values]
        highest = max(finite, default=1.0)
        return float(highest) if np.isfinite(highest) else 1.0

    def _limits(self, axes: Axes, left: float) -> None:
        if self.x_range is not None:
            axes.set_xlim(*self.x_range)
        elif self.whole:
            last = max((line.x.max(initial=0.0) for line in self.lines), default=0.0)
            axes.set_xlim(left, max(float(last), 1.0))
        if self.whole and not self.log_x:
            look.whole_ticks(axes)
        elif not self.log_x and axes.get_xlim()[1] >= 1e5:
            look.few_ticks(axes)
        if self.log_x:
            look.few_decades(axes, "x", 6)
        if self.y_range is not None:
            axes.set_ylim(*self.y_range)
        if not self.log_y:
            return
        if not self._anything() and self.y_range is None:
            axes.set_ylim(min([0.1, *(level.y / 10 for level in self.levels)]), 10)
        if self.floor and axes.get_ylim()[0] < 1.5 * self.floor:
            axes.set_ylim(bottom=self.floor)
        look.few_decades(axes)

    def _ends(self, looks: Mapping[str, Look]) -> list[Name]:
        found = []
        last = max((float(line.x.max(initial=0.0)) for line in self.lines), default=0.0)
        for line in self.lines:
            y = self._y(line.y)
            inside = np.isfinite(y) & (line.x <= (self.x_range or (0, np.inf))[1])
            seen = np.flatnonzero(inside)
            if not line.name:
                continue
            colour, dashes = self._look(line, looks)
            x_end = float(line.x[seen[-1]]) if len(seen) else last
            y_end = float(y[seen[-1]]) if len(seen) else None
            text = f"{line.name} {line.ending}".strip()
            open_ = line.mark in ("open", "points")
            # Pointers from where stairs end would cross those of the others.
            place = None if line.mark == "stairs" else x_end
            found.append(Name(text, place, y_end, colour, dashes, line.failed, open_))
        levels = [Name(level.name, None, level.y, "black", "--") for level in self.levels]
        return [*found, *levels]


def _alone(seen: Flags) -> Flags:
    """Points without a neighbour."""
    before, after = np.r_[False, seen[:-1]], np.r_[seen[1:], False]
    return np.asarray(seen & ~before & ~after)
