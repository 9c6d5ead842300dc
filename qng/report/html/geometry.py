"""The metric where a run has ended: its entries and its spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qng.errors import QngError
from qng.geometry import Metric
from qng.geometry.spectrum import spectrum as eigenvalues_of
from qng.optimize.precondition import MeasuredMetric
from qng.problem.problem import Problem
from qng.report.html.pictures import heat_map, spectrum
from qng.report.html.traces import Figure
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
    return drawn(found, problem.parameters, f"at the end of {best.method}, the best run")


def drawn(metric: Metric, parameters: Sequence[str], where: str) -> Figure:
    """A metric as a heat map, and its eigenvalues.

    Args:
        metric: Of P parameters.
        parameters: Their names.
        where: At which point.
    """
    values, floor = eigenvalues_of(metric)
    kept = values[values > floor]
    views = heat_map(metric.dense(), parameters, "g<sub>ij</sub>"), spectrum(kept)
    note = f"{where}; rank {len(kept)} of {metric.size}"
    return Figure("The Fubini-Study metric", note, views, "show", narrow=True)


def _is_small(run: Run) -> bool:
    assert run.made is not None
    problem = run.made.problem
    few = 0 < len(problem.parameters) <= MOST_PARAMETERS
    return few and (not isinstance(problem, Problem) or problem.circuit.n_qubits <= MOST_QUBITS)


def _has_metric(run: Run) -> bool:
    return isinstance(getattr(getattr(run.made, "method", None), "precondition", 0), MeasuredMetric)
