"""What is drawn on a page, as data for Plotly: no picture is made here.

A figure has several views, one of which is seen: of the same curves against another axis, or of
another quantity. All curves of a method have its colour, and one entry in the legend, which hides
them all.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.report.look import styles
from qng.report.profile import error_at, is_known, profiles
from qng.report.spent import AXES, Axis, default_axis, label_of, spent
from qng.report.statistics import Spread, accuracy_name, distances, ground_of
from qng.run.results import Comparison, Run

FLOOR: Final = 1e-12
"""Errors below are rounding, and end here."""

_MOST_POINTS: Final = 300
"""Of a curve against cost."""

_MOST_LINES: Final = 80
"""Single runs that are drawn in one figure."""

_DASHES: Final = ("solid", "dash", "dashdot", "dot")

Trace = dict[str, Any]


@dataclass(frozen=True)
class _Style:
    colour: str
    dash: str


@dataclass(frozen=True)
class View:
    """One way to see a figure.

    Args:
        name: In the list of views.
        traces: Of Plotly.
        layout: Likewise.
    """

    name: str
    traces: list[Trace]
    layout: dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """Something that is drawn.

    Args:
        title: Above it.
        note: Below it: what a reader has to know.
        views: At least one; the first is seen at first.
        choice: What is chosen between the views.
    """

    title: str
    note: str
    views: tuple[View, ...]
    choice: str = "against"


def errors(comparison: Comparison) -> Figure | None:
    """The error of every method against each axis: median and quartiles over the starts.

    Without a reference energy it is E. None where no run is done.
    """
    if not comparison.runs:
        return None
    views = []
    for axis in _axes(comparison):
        traces: list[Trace] = []
        for style, (method, runs) in zip(_styles(comparison.runs), comparison.runs.items()):
            if all(is_known(run, axis) for run in runs):
                traces += _banded(method, style, runs, axis)
        y = _error_axis(comparison, traces)
        views.append(View(AXES[axis], traces, _layout(_x(label_of(axis, comparison)), y)))
    n = len(comparison.starts)
    many = f"median and quartiles over {n} starts" if n > 1 else "one start"
    bound = (
        "; a bound, |E - E_ref| + 2 standard errors" if ground_of(comparison) == "bounds" else ""
    )
    what = "energy" if comparison.reference is None else "error"
    return Figure(f"The {what} of every method", f"{many}{bound}", tuple(views))


def shares(comparison: Comparison) -> Figure | None:
    """The share of the starts that each method has solved, against each axis.

    None where it is not known what is solved.
    """
    if comparison.reference is None or not comparison.runs:
        return None
    views = []
    for axis in _axes(comparison):
        traces: list[Trace] = []
        found = profiles(comparison, axis)
        last = max((_last(runs, axis) for runs in comparison.runs.values()), default=1.0)
        looks = dict(zip(comparison.runs, _styles(comparison.runs)))
        for method, reach in found.items():
            end = min(reach.until, last)
            xs = [*reach.cost, max(end, reach.cost[-1])]
            share, lower, upper = (
                [*values, values[-1]] for values in (reach.share, reach.lower, reach.upper)
            )
            style = looks[method]
            traces += _band(method, style, xs, lower, upper, step=True)
            traces.append(
                _line(method, style, xs, share, step=True, hover="%{x:.6~g}: %{y:.0%} solved")
            )
        y = {
            "title": {"text": "share of starts solved"},
            "range": [-0.03, 1.03],
            "tickformat": ".0%",
        }
        views.append(View(AXES[axis], traces, _layout(_x(label_of(axis, comparison)), y)))
    note = (
        f"within the {accuracy_name(comparison.accuracy, comparison.unit)}; 95 % bands, pointwise"
    )
    return Figure("The share of the starts that are solved", note, tuple(views))


def courses(runs: Mapping[str, Sequence[Run]], published: Sequence[Trace] = ()) -> Figure | None:
    """Single runs against the step: energy, error, gradient norm, step, as far as they are known.

    Args:
        runs: By method; with many of them only the first starts are drawn.
        published: Points that were published, drawn with the energies.
    """
    every = [run for of in runs.values() for run in of]
    if not every:
        return None
    starts = max(1, _MOST_LINES // len(runs))
    unit = every[0].unit
    suffix = f" ({unit})" if unit else ""
    energy = {"title": {"text": f"energy{suffix}"}}
    views = []
    for name, y, values in (
        ("energy", energy, lambda run: run.trace["energy"]),
        ("error", _error_axis(every[0], []), _shown_errors),
        ("gradient norm", _log("gradient norm"), lambda run: run.trace["gradient_norm"]),
        ("step in the metric", _log("length (rad)"), lambda run: run.trace["length"]),
        ("fidelity", {"title": {"text": "weight in the ground space"}}, _fidelity),
    ):
        if name == "error" and any(run.reference is None for run in every):
            continue
        traces = []
        for style, (method, of) in zip(_styles(runs), runs.items()):
            for k, run in enumerate(of[:starts]):
                traces += _course(method, style, k, run, values(run), name == "energy")
        if any(np.isfinite(trace["y"]).any() for trace in traces if trace.get("mode")):
            more = list(published) if name == "energy" else []
            views.append(View(name, [*map(plain, traces), *more], _layout(_x("step"), y)))
    left = max(len(of) for of in runs.values()) - starts
    note = f"the first {starts} starts of each method" if left > 0 else "every run"
    if any(row.std_error for row in every[0].trace.rows):
        note += "; bands of two standard errors"
    return Figure("The course of single runs", note, tuple(views), "quantity")


def published_points(method: str, rows: Sequence[int], energies: Sequence[float]) -> Trace:
    """Energies that were published, as open markers."""
    return plain(
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{method}, published",
            "x": list(rows),
            "y": list(energies),
            "marker": {"symbol": "circle-open", "size": 9, "color": "#000000"},
            "hovertemplate": "published, step %{x}: %{y:.8f}<extra></extra>",
        }
    )


def _axes(comparison: Comparison) -> list[Axis]:
    """All axes on which something is known, the usual one first."""
    runs = [run for of in comparison.runs.values() for run in of]
    first = default_axis(comparison)
    known = [axis for axis in AXES if any(is_known(run, axis) for run in runs)]
    return sorted(known, key=lambda axis: axis != first)


def _banded(method: str, style: _Style, runs: Sequence[Run], axis: Axis) -> list[Trace]:
    """Median and quartiles of the errors of a method."""
    grid = _grid(runs, axis)
    spreads = [Spread.of(error_at(run, axis, cost) for run in runs) for cost in grid]
    exact = runs[0].reference is not None
    lower, median, upper = (
        _floored([getattr(spread, name) for spread in spreads], exact)
        for name in ("lower", "median", "upper")
    )
    band = _band(method, style, grid, lower, upper) if len(runs) > 1 else []
    return [*band, _line(method, style, grid, median, hover="%{x:.6~g}: %{y:.3e}")]


def _grid(runs: Sequence[Run], axis: Axis) -> list[float]:
    """Costs at which a curve is drawn: all at which a run had a new point, thinned."""
    found = np.unique(np.concatenate([spent(run, axis) for run in runs]))
    if len(found) > _MOST_POINTS:
        found = found[np.unique(np.linspace(0, len(found) - 1, _MOST_POINTS).round().astype(int))]
    return [float(cost) for cost in found]


def _last(runs: Iterable[Run], axis: Axis) -> float:
    ends = [float(spent(run, axis)[-1]) for run in runs]
    return max((end for end in ends if math.isfinite(end)), default=1.0)


def _course(
    method: str, style: _Style, start: int, run: Run, values: Array, energies: bool
) -> list[Trace]:
    """One run; of energies with errors the band of two of them."""
    steps = list(range(len(values)))
    line = _line(method, style, steps, values, hover=f"start {start}, step %{{x}}: %{{y:.8~g}}")
    line |= {"opacity": 0.75, "showlegend": start == 0}
    line["line"] = {**line["line"], "width": 1.2}
    errors = run.trace["std_error"]
    if not energies or not np.isfinite(errors).any():
        return [line]
    band = _band(method, style, steps, values - 2 * errors, values + 2 * errors)
    line["customdata"] = errors
    line["hovertemplate"] = (
        f"{text(method)}, start {start}, step %{{x}}: %{{y:.6f}} ± %{{customdata:.6f}}"
        "<extra></extra>"
    )
    return [*band, line]


def _styles(methods: Iterable[str]) -> list[_Style]:
    """The colours and dashes of the house."""
    names = list(methods)
    looks = styles(names)
    kinds = list(dict.fromkeys(str(dash) for _, dash in styles([str(k) for k in range(64)])))
    return [_Style(colour, _DASHES[kinds.index(str(dash)) % 4]) for colour, dash in looks]


def _line(
    method: str,
    style: _Style,
    xs: Sequence[float] | Array,
    ys: Sequence[float] | Array,
    hover: str,
    step: bool = False,
) -> Trace:
    shape = {"shape": "hv"} if step else {}
    return plain(
        {
            "type": "scatter",
            "mode": "lines" if len(xs) > 1 else "lines+markers",
            "name": text(method),
            "legendgroup": text(method),
            "x": list(xs),
            "y": list(ys),
            "line": {"color": style.colour, "dash": style.dash, "width": 2, **shape},
            "hovertemplate": f"{text(method)}, {hover}<extra></extra>",
        }
    )


def _band(
    method: str,
    style: _Style,
    xs: Sequence[float] | Array,
    lower: Sequence[float] | Array,
    upper: Sequence[float] | Array,
    step: bool = False,
) -> list[Trace]:
    """What lies between two curves, hidden with the line of its method."""
    edge = {"width": 0, "color": style.colour, **({"shape": "hv"} if step else {})}
    shared = {
        "type": "scatter",
        "mode": "lines",
        "legendgroup": text(method),
        "showlegend": False,
        "hoverinfo": "skip",
        "line": edge,
        "x": list(xs),
    }
    red, green, blue = (int(style.colour[k : k + 2], 16) for k in (1, 3, 5))
    below = {**shared, "y": list(lower)}
    above = {**shared, "y": list(upper), "fill": "tonexty"}
    above["fillcolor"] = f"rgba({red},{green},{blue},0.15)"
    return [plain(below), plain(above)]


def _floored(values: Sequence[float], floored: bool) -> Array:
    """Errors end at the floor; what is not finite is not drawn."""
    found = np.asarray(values, dtype=float)
    found = np.where(np.isfinite(found), found, np.nan)
    return np.maximum(found, FLOOR) if floored else found


def _shown_errors(run: Run) -> Array:
    return _floored(distances(run), True)


def _fidelity(run: Run) -> Array:
    return np.asarray(run.trace["fidelity"], dtype=float)


def _error_axis(of: Comparison | Run, traces: Sequence[Trace]) -> dict[str, Any]:
    """Logarithmic for errors, with a tick a decade; linear for energies."""
    suffix = f" ({of.unit})" if of.unit else ""
    if of.reference is None:
        return {"title": {"text": f"energy{suffix}"}}
    bound = " + 2 σ" if ground_of(of) == "bounds" else ""
    return _log(f"|E − E<sub>ref</sub>|{bound}{text(suffix)}")


def _log(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title},
        "type": "log",
        "exponentformat": "power",
    }


def _x(label: str) -> dict[str, Any]:
    return {"title": {"text": label}, "rangemode": "tozero"}


def _layout(x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    return {"xaxis": x, "yaxis": y, "showlegend": True, "hovermode": "closest"}


def text(words: str) -> str:
    """Words as Plotly shows them: it reads some tags."""
    return html.escape(words, quote=False)


def plain(value: Any) -> Any:
    """Numbers as JSON has them, with ten digits; what is not finite is null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    return value
