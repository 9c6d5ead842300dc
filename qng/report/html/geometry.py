"""The metric where a run has ended: its entries and its spectrum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from qng.errors import QngError
from qng.geometry import Metric
from qng.optimize.precondition import MeasuredMetric
from qng.report.data import metric_data
from qng.report.html.figures import Figure, View, plain, text
from qng.report.statistics import final_error
from qng.run.point import metric as metric_at
from qng.run.results import Run

MOST_PARAMETERS: Final = 100
"""Of a metric that is drawn."""

MOST_QUBITS: Final = 12
"""Of a circuit whose metric is computed for a page."""


def metric_figure(runs: Sequence[Run]) -> Figure | None:
    """The exact Fubini-Study metric at the end of the best run, one of a metric where there is one.

    None where it would take long: with more than 12 qubits, or more than 100 parameters.

    Cost: an exact metric.
    """
    candidates = [run for run in runs if run.made is not None and _is_small(run)]
    if not candidates:
        return None
    best = min(candidates, key=lambda run: (not _has_metric(run), final_error(run)))
    assert best.made is not None
    problem = best.made.problem
    try:
        found = metric_at(problem, best.x, "exact")
    except QngError:
        return None
    return drawn(found, problem.circuit.parameters, f"at the end of {best.method}, the best run")


def drawn(metric: Metric, parameters: Sequence[str], where: str) -> Figure:
    """A metric as a heat map, and its eigenvalues.

    Args:
        metric: Of P parameters.
        parameters: Their names.
        where: At which point.
    """
    data = metric_data(metric, parameters)
    names = [text(name) for name in parameters]
    largest = float(np.abs(metric.dense()).max(initial=0.0)) or 1.0
    heat = {
        "type": "heatmap",
        "z": data["matrix"],
        "x": names,
        "y": names,
        "zmin": -largest,
        "zmax": largest,
        "colorscale": [[0, "#2166ac"], [0.5, "#f7f7f7"], [1, "#b2182b"]],
        "colorbar": {"title": {"text": "g<sub>ij</sub>", "side": "right"}, "thickness": 14},
        "hovertemplate": "g[%{y}, %{x}] = %{z:.6f}<extra></extra>",
    }
    # As wide as high, the first row on top.
    square = {"type": "category", "showgrid": False}
    layout = {
        "xaxis": {**square, "constrain": "domain", "title": {"text": "parameter"}},
        "yaxis": {**square, "autorange": "reversed", "scaleanchor": "x", "constrain": "domain"},
        "showlegend": False,
    }
    views = View("matrix", [plain(heat)], layout), _spectrum(data)
    note = f"{where}; rank {data['rank']} of {metric.size}"
    return Figure("The Fubini-Study metric", note, views, "show", narrow=True)


def _spectrum(data: dict[str, Any]) -> View:
    """The eigenvalues, descending; those that are rounding are not among them."""
    values = [value if value > 0 else math.nan for value in data["eigenvalues"]]
    kept = values[: data["rank"]]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "name": "eigenvalue",
        "x": list(range(1, len(kept) + 1)),
        "y": kept,
        "marker": {"color": "#0072b2", "size": 8},
        "hovertemplate": "eigenvalue %{x}: %{y:.6g}<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": "index"}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": "eigenvalue"}, "type": "log", "exponentformat": "power"},
        "showlegend": False,
    }
    return View("eigenvalues", [plain(dots)], layout)


def _is_small(run: Run) -> bool:
    assert run.made is not None
    circuit = run.made.problem.circuit
    return circuit.n_qubits <= MOST_QUBITS and 0 < circuit.n_parameters <= MOST_PARAMETERS


def _has_metric(run: Run) -> bool:
    return isinstance(getattr(getattr(run.made, "method", None), "precondition", 0), MeasuredMetric)
