"""What is drawn on a page, as data for Plotly: no picture is made here.

A figure has several views, one of which is seen: of the same curves against another axis, or of
another quantity. All curves of a method have its colour, and one entry in the legend, which hides
them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.report.html.traces import (
    Figure,
    Style,
    Trace,
    View,
    between,
    curve,
    decades,
    laid_out,
    log_axis,
    plain,
    styles_of,
    text,
    titled,
)
from qng.report.profile import is_known, known_until, profiles
from qng.report.spent import AXES, Axis, axes_of, counting, default_axis, in_words, label_of, spent
from qng.report.statistics import accuracy_name, distances, ground_of
from qng.run.comparison import Comparison
from qng.run.results import Run

FLOOR: Final = 1e-12
"""Errors below are rounding, and end here."""

_MOST_POINTS: Final = 300
"""Of a curve against cost."""

_MOST_BANDS: Final = 6
"""With more methods than this, bands would hide each other."""

_MOST_LINES: Final = 80
"""Single runs that are drawn in one figure."""

Points = Sequence[tuple[int, float]]
"""(step, energy)."""


def errors(comparison: Comparison, against: Axis | None = None) -> Figure | None:
    """The error of every method against each axis: median and quartiles over the starts.

    First over those that a method solves, where it does not solve all: starts that end in different
    minima have no median that says something. Without a reference energy it is E.

    Args:
        comparison: The comparison.
        against: The axis that is seen at first; the usual one by default.

    Returns:
        None where no run is done.
    """
    if not comparison.runs:
        return None
    groups: dict[str, Mapping[str, Sequence[Run]]] = {"all starts": comparison.runs}
    solved = _solved(comparison.runs)
    mixed = any(len(solved[method]) < len(of) for method, of in comparison.runs.items())
    if mixed:
        groups = {"solved starts": solved, **groups}
    axes, styles = _axes(comparison, against), styles_of(comparison.runs)
    views = []
    for group, runs_of in groups.items():
        for axis in axes:
            traces: list[Trace] = []
            for method, runs in runs_of.items():
                if all(is_known(run, axis) for run in runs):
                    *bands, line = _banded(method, styles[method], runs, axis)
                    traces += [*bands, line] if len(runs_of) <= _MOST_BANDS else [line]
            y = decades(_error_axis(comparison), traces)
            layout = laid_out(titled(label_of(axis, comparison)), y)
            name = f"{AXES[axis]}, {group}" if mixed else AXES[axis]
            views.append(View(name, traces, layout, _note(comparison, axis)))
    n = len(comparison.starts)
    note = f"median and quartiles over {n} starts" if n > 1 else "one start"
    if mixed:
        note = (
            f"median and quartiles over those of {n} starts that a method solves, or over all of "
            "them; of a method that solves none over all"
        )
    if len(comparison.runs) > _MOST_BANDS:
        note = note.replace("median and quartiles", "median")
    if ground_of(comparison) == "bounds":
        note += "; a bound, |E - E_ref| + 2 standard errors"
    what = "energy" if comparison.reference is None else "error"
    return Figure(f"The {what} of every method", note, tuple(views))


def _solved(runs: Mapping[str, Sequence[Run]]) -> dict[str, Sequence[Run]]:
    """The runs that are solved; of a method without one, all."""
    return {method: [run for run in of if run.solved] or of for method, of in runs.items()}


def shares(comparison: Comparison, against: Axis | None = None) -> Figure | None:
    """The share of the starts that each method has solved, against each axis.

    Args:
        comparison: The comparison.
        against: As of `errors`.

    None where it is not known what is solved, or with one start: a share of one says nothing.
    """
    if comparison.reference is None or not comparison.runs or len(comparison.starts) < 2:
        return None
    views, styles = [], styles_of(comparison.runs)
    y = {"title": {"text": "share of starts solved"}, "range": [-0.03, 1.03], "tickformat": ".0%"}
    for axis in _axes(comparison, against):
        last = max((_last(runs, axis) for runs in comparison.runs.values()), default=1.0)
        traces: list[Trace] = []
        for method, reach in profiles(comparison, axis).items():
            # It stays where it is, as long as somebody knows.
            xs = [*reach.cost, max(min(reach.until, last), reach.cost[-1])]
            share, lower, upper = (
                [*values, values[-1]] for values in (reach.share, reach.lower, reach.upper)
            )
            hover = "%{x:.6~g}: %{y:.0%} solved"
            if len(comparison.runs) <= _MOST_BANDS:
                traces += between(method, styles[method], xs, lower, upper, step=True)
            traces.append(curve(method, styles[method], xs, share, hover, step=True))
        layout = laid_out(titled(label_of(axis, comparison)), y)
        views.append(View(AXES[axis], traces, layout, _note(comparison, axis)))
    within = accuracy_name(comparison.accuracy, comparison.unit)
    note = f"within the {within}"
    if len(comparison.runs) <= _MOST_BANDS:
        note += "; bands: 95 % at each place"
    return Figure("The share of the starts that are solved", note, tuple(views))


def courses(
    runs: Mapping[str, Sequence[Run]], published: Mapping[str, Points] | None = None
) -> Figure | None:
    """Single runs against the step: energy, error, gradient norm, step, as far as they are known.

    Args:
        runs: By method; with many of them only the first starts are drawn.
        published: By method, points that were published, drawn with the energies.
    """
    every = [run for of in runs.values() for run in of]
    if not every:
        return None
    starts = max(1, _MOST_LINES // len(runs))
    known = published or {}
    views, styles = [], styles_of(runs)
    for name, y, values in _quantities(every):
        traces: list[Trace] = []
        for method, of in runs.items():
            for k, run in enumerate(of[:starts]):
                traces += _course(method, styles[method], k, run, values(run), name == "energy")
        if any(value is not None for trace in traces for value in trace["y"]):
            if name == "energy":
                traces += [_published(m, styles[m], points) for m, points in known.items()]
            views.append(View(name, traces, laid_out(titled("step"), decades(y, traces))))
    left = max(len(of) for of in runs.values()) - starts
    note = f"the first {starts} starts of each method" if left > 0 else f"{len(every)} runs"
    note = "one run" if len(every) == 1 else note
    if any(row.std_error for row in every[0].trace.rows):
        note += "; bands: two standard errors"
    return Figure("The course of single runs", note, tuple(views), "show")


def _quantities(runs: Sequence[Run]) -> Iterator[tuple[str, Trace, Callable[[Run], Array]]]:
    """What is drawn of single runs: its name, its axis, its values."""
    unit = f" ({text(runs[0].unit)})" if runs[0].unit else ""
    yield "energy", {"title": {"text": f"energy{unit}"}}, _column("energy")
    if all(run.reference is not None for run in runs):
        yield "error", _error_axis(runs[0]), lambda run: _floored(distances(run), True)
    yield "gradient norm", log_axis("gradient norm"), _column("gradient_norm")
    yield (
        "length of a step",
        log_axis("length in the metric of the method (rad)"),
        _column("length"),
    )
    yield "fidelity", {"title": {"text": "weight in the ground space"}}, _column("fidelity")


def _column(name: str) -> Callable[[Run], Array]:
    return lambda run: np.asarray(run.trace[name], dtype=float)


def _published(method: str, style: Style, points: Points) -> Trace:
    """Energies that were published, as open markers."""
    rows, energies = zip(*points)
    trace: Trace = plain(
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{text(method)}, published",
            "x": rows,
            "y": energies,
            "marker": {"symbol": "circle-open", "size": 9, "color": style.colour},
            "hovertemplate": f"{text(method)}, published, step %{{x}}: %{{y:.8f}}<extra></extra>",
        }
    )
    return trace


def _note(comparison: Comparison, axis: Axis) -> str:
    """How what was spent is known."""
    return "; ".join(in_words(counting(comparison, axis)))


def _axes(comparison: Comparison, first: Axis | None) -> list[Axis]:
    """All axes on which something is known, the one that is asked for or the usual one first."""
    runs = [run for of in comparison.runs.values() for run in of]
    first = default_axis(comparison) if first is None else first
    known = [axis for axis in axes_of(comparison) if any(is_known(run, axis) for run in runs)]
    return sorted(known, key=lambda axis: axis != first)


def _banded(method: str, style: Style, runs: Sequence[Run], axis: Axis) -> list[Trace]:
    """Median and quartiles of the errors of a method, up to where all its runs are known."""
    grid = _grid(runs, axis)
    exact = runs[0].reference is not None
    lower, median, upper = (_floored(row, exact) for row in _quartiles(runs, axis, grid))
    band = between(method, style, grid, lower, upper) if len(runs) > 1 else []
    return [*band, curve(method, style, grid, median, hover="%{x:.6~g}: %{y:.3e}")]


def _grid(runs: Sequence[Run], axis: Axis) -> Array:
    """Costs at which a curve is drawn: all at which a run had a new point, thinned."""
    found = np.unique(np.concatenate([spent(run, axis) for run in runs]))
    found = found[found <= min(known_until(run, axis) for run in runs)]
    if len(found) > _MOST_POINTS:
        found = found[np.unique(np.linspace(0, len(found) - 1, _MOST_POINTS).round().astype(int))]
    return found


def _quartiles(runs: Sequence[Run], axis: Axis, grid: Array) -> Array:
    """Quartiles of the errors of runs at costs, shape (3, costs): those of `error_at`."""
    errors = np.sort([_errors_at(run, axis, grid) for run in runs], axis=0)
    places = np.array([0.25, 0.5, 0.75]) * (len(runs) - 1)
    low, high = errors[np.floor(places).astype(int)], errors[np.ceil(places).astype(int)]
    with np.errstate(invalid="ignore"):
        between = low + (places % 1)[:, None] * (high - low)
    # inf - inf would be NaN.
    found: Array = np.where(np.isinf(high) | (low == high), high, between)
    return found


def _errors_at(run: Run, axis: Axis, grid: Array) -> Array:
    """The error of the last point that is reached at each cost; infinite after a failure."""
    along = spent(run, axis)
    found = distances(run)[np.searchsorted(along, grid, side="right") - 1]
    whole: Array = np.where(run.failed & (grid >= along[-1]), np.inf, found)
    return whole


def _last(runs: Iterable[Run], axis: Axis) -> float:
    ends = [float(spent(run, axis)[-1]) for run in runs]
    return max((end for end in ends if math.isfinite(end)), default=1.0)


def _course(
    method: str, style: Style, start: int, run: Run, values: Array, energies: bool
) -> list[Trace]:
    """One run; of energies with errors the band of two of them."""
    steps = list(range(len(values)))
    line = curve(method, style, steps, values, hover=f"start {start}, step %{{x}}: %{{y:.8~g}}")
    line |= {"opacity": 0.75, "showlegend": start == 0}
    line["line"] = {**line["line"], "width": 1.2}
    errors = run.trace["std_error"]
    if not energies or not np.isfinite(errors).any():
        return [line]
    band = between(method, style, steps, values - 2 * errors, values + 2 * errors)
    line["customdata"] = plain(errors)
    line["hovertemplate"] = (
        f"{text(method)}, start {start}, step %{{x}}: %{{y:.6f}} ± %{{customdata:.6f}}"
        "<extra></extra>"
    )
    return [*band, line]


def _floored(values: Sequence[float] | Array, floored: bool) -> Array:
    """Errors end at the floor; what is not finite is not drawn."""
    found = np.asarray(values, dtype=float)
    found = np.where(np.isfinite(found), found, np.nan)
    return np.maximum(found, FLOOR) if floored else found


def _error_axis(of: Comparison | Run) -> dict[str, Any]:
    """Logarithmic for errors; linear for energies, where there is no reference."""
    suffix = f" ({text(of.unit)})" if of.unit else ""
    if of.reference is None:
        return {"title": {"text": f"energy{suffix}"}}
    bound = " + 2 σ" if ground_of(of) == "bounds" else ""
    return log_axis(f"|E − E<sub>ref</sub>|{bound}{suffix}")
