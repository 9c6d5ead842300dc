"""Curves: with bands or error bars, single runs, published points, levels and slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from qng.arrays import Array, Flags
from qng.errors import InputError
from qng.report.plots import look
from qng.report.plots.look import Look
from qng.report.plots.names import Name, name_lines, room_for, title
from qng.report.plots.picture import Finish, Picture

Mark = Literal["line", "points", "both", "open", "stairs", "reference"]
"""How a line is drawn; "open" are open markers, "reference" is thin, dashed and black."""

ROUNDING: Final = 1e-12
"""Exact errors below this are rounding, and are drawn here."""

_OPEN: Final = ("o", "s", "^", "D", "v", "P", "X")


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
        for k, line in enumerate(self.lines):
            self._line(axes, line, self._look(line, looks), left, k)
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
            axes.plot(x, y, marker, color=colour, mfc=face, mew=1.0, zorder=4)
            return
        if line.mark == "reference":
            axes.plot(x, y, color=colour, linestyle=dashes, linewidth=0.9, zorder=3)
            return
        # A point between two gaps is no line.
        alone = _alone(np.isfinite(y)) if line.mark != "both" else np.isfinite(y)
        axes.plot(x, y, linestyle=dashes, **style, zorder=2.5)
        if alone.any():
            axes.plot(x[alone], y[alone], "o", color=colour, markersize=3, zorder=3)

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
        if self.log_x:
            look.few_decades(axes, "x", 6)
        if self.y_range is not None:
            axes.set_ylim(*self.y_range)
        if not self.log_y:
            return
        if not self._anything() and self.y_range is None:
            axes.set_ylim(0.1, 10)
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
            if line.mark == "stairs" and self.x_range is not None:
                x_end = min(float(line.x[-1]), self.x_range[1])
            y_end = float(y[seen[-1]]) if len(seen) else None
            text = f"{line.name} {line.ending}".strip()
            open_ = line.mark in ("open", "points")
            found.append(Name(text, x_end, y_end, colour, dashes, line.failed, open_))
        levels = [Name(level.name, None, level.y, "black", "--") for level in self.levels]
        return [*found, *levels]


def lines(
    curves: Mapping[str, Any],
    *,
    x_label: str,
    y_label: str,
    published: Mapping[str, Any] | None = None,
    references: Mapping[str, Any] | None = None,
    levels: Mapping[str, float] | None = None,
    slopes: bool = False,
    log_x: bool = False,
    log_y: bool = False,
    errors: bool = False,
    bars: bool = False,
    mark: Mark = "line",
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    naming: Literal["ends", "legend", "none"] = "ends",
    kind: str = "lines",
    title: str = "",
    panel_title: str = "",
    note: str = "",
    caption: str = "",
    width: float = look.COLUMN,
) -> Picture:
    """Curves of any kind as a picture of one panel.

    Args:
        curves: By name: a `Line`; or y, whose x counts from 0; or (x, y); or (x, y, e) with
            standard errors e; or (x, y, lower, upper) with the ends of a band.
        x_label: With its unit; formulas between dollar signs.
        y_label: Likewise.
        published: Points that others have printed, by name, as in `curves`: open markers, in the
            colour of the curve of the same name where there is one.
        references: Curves that are known otherwise (a formula, exact evolution): thin and dashed.
        levels: Horizontal lines by name.
        slopes: Fit y = a x^b to every curve and draw it, with b in its name; both axes logarithmic.
        log_x: Logarithmic.
        log_y: Logarithmic.
        errors: y are errors of exact energies: the axis ends at 1e-12, below which is rounding.
        bars: Error bars in the place of bands.
        mark: How curves are drawn: "line", "points", "both" or "stairs".
        x_range: Ends of the axis; None: of the data.
        y_range: Likewise.
        naming: Names at the ends of the lines, in a legend below, or nowhere.
        kind: What the picture is called.
        title: Above the picture.
        panel_title: Above the axes; needed where several stand together.
        note: A smaller line above the axes.
        caption: Below the picture: settings and versions.
        width: Inches.

    Example:
        >>> picture = lines({"qng": [1.0, 0.1, 0.01]}, x_label="step", y_label="error", log_y=True)
        >>> picture.panels[0].lines[0].x
        array([0., 1., 2.])
    """
    drawn = [line_of(name, value, mark, bars) for name, value in curves.items()]
    whole = not log_x and all(np.array_equal(line.x, np.arange(len(line.x))) for line in drawn)
    fits = [_slope(line) for line in drawn] if slopes else []
    for name, value in (published or {}).items():
        like = name if name in curves else ""
        shown = "" if like else f"{name} (published)"
        open_ = replace(line_of(shown, value, "open", True), like=like)
        drawn.append(open_)
    for name, value in (references or {}).items():
        drawn.append(line_of(name, value, "reference", False))
    if published:
        note = f"{note}; open markers: published" if note else "open markers: published"
    panel = Lines(
        lines=(*drawn, *fits),
        x_label=x_label,
        y_label=y_label,
        levels=tuple(Level(name, float(y)) for name, y in (levels or {}).items()),
        log_x=log_x or slopes,
        log_y=log_y or slopes or errors,
        whole=whole and x_range is None,
        floor=ROUNDING if errors else 0.0,
        x_range=None if x_range is None else (float(x_range[0]), float(x_range[1])),
        y_range=None if y_range is None else (float(y_range[0]), float(y_range[1])),
        title=panel_title,
        note=note,
        naming=naming,
    )
    return Picture(kind, (panel,), title, caption, width=width)


def line_of(name: str, value: Any, mark: Mark = "line", bars: bool = False) -> Line:
    """A line from what is short to write: y, (x, y), (x, y, e) or (x, y, lower, upper).

    Raises:
        InputError: Something else, or of different lengths.
    """
    if isinstance(value, Line):
        return replace(value, name=name)
    parts: Sequence[ArrayLike] = value if isinstance(value, tuple) else (value,)
    try:
        arrays = [np.atleast_1d(np.asarray(part, dtype=float)) for part in parts]
    except (TypeError, ValueError) as error:
        raise InputError(f"the curve {name!r} is not made of numbers: {error}") from error
    if len(arrays) == 1:
        arrays = [np.arange(len(arrays[0]), dtype=float), *arrays]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 1 or len(arrays) > 4:
        raise InputError(
            f"the curve {name!r} has to be y, (x, y), (x, y, errors) or (x, y, lower, upper), each "
            f"of shape (n,), not of shapes {[array.shape for array in arrays]}"
        )
    x, y, *rest = arrays
    if len(rest) == 1:
        return Line(name, x, y, y - rest[0], y + rest[0], mark, bars)
    lower, upper = rest or (None, None)
    return Line(name, x, y, lower, upper, mark, bars)


def slope_of(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """(b, log a) of the least-squares fit log y = log a + b log x; NaN of fewer than two points.

    Example:
        >>> slope_of([1, 10, 100], [2, 200, 20000])[0]
        2.0
    """
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    good = np.isfinite(xs) & np.isfinite(ys) & (xs > 0) & (ys > 0)
    if len(set(xs[good])) < 2:
        return float("nan"), float("nan")
    b, a = np.polyfit(np.log(xs[good]), np.log(ys[good]), 1)
    return round(float(b), 12), float(a)


def _slope(line: Line) -> Line:
    b, a = slope_of(line.x, line.y)
    ends = np.array([line.x[line.x > 0].min(initial=np.inf), line.x.max(initial=1e-300)])
    values = np.exp(a + b * np.log(ends))
    named = f"slope {b:.2f}" if np.isfinite(b) else ""
    return Line(named, ends, values, mark="reference")


def _alone(seen: Flags) -> Flags:
    """Points without a neighbour."""
    before, after = np.r_[False, seen[:-1]], np.r_[seen[1:], False]
    return np.asarray(seen & ~before & ~after)
