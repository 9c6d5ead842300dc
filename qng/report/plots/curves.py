"""Curves of any kind as a picture: with errors, published points, references and slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from qng.errors import InputError
from qng.report.plots import look
from qng.report.plots.lines import ROUNDING, Level, Line, Lines, Mark
from qng.report.plots.picture import Picture


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
