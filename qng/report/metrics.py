"""What a metric is, in words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from qng.estimate.observables.metric import PROJECTION
from qng.estimate.table import METRICS
from qng.execute.names import executor as executor_of
from qng.geometry import Deficit, deficit
from qng.plan.executor import Executor
from qng.report import cells
from qng.run.made import MetricResult
from qng.run.point import metric
from qng.run.target import circuits_of, is_of_models

KINDS: Final = {
    "fubini": "Fubini-Study metric g = QFI / 4",
    "fisher": "classical Fisher matrix I <= 4 g",
    "kfac": "Kronecker product nearest to g",
    "gauss-newton": "Gauss-Newton matrix",
    "linear-method": "matrix of the linear method",
    "projected-inverse": "matrix of projected inverse iteration",
    "sld": "SLD metric of the density matrix, QFI / 4",
    "petz": "monotone metric of the density matrix, F / 4",
    "hilbert-schmidt": "Hilbert-Schmidt metric of the density matrix, HS / 4",
    "observables": "metric of the means of words",
    "weighted": "Hilbert-Schmidt metrics of the terms, HS / 4, weighted",
}
"""A metric of a circuit, by what its estimator is of."""

MOST_AMPLITUDES: Final = 2**24

# Names of the Fubini-Study metric of models, whole or in part.
_FUBINI: Final = ("exact", "blocks", "diagonal")


def in_words(found: MetricResult) -> str:
    """Such as "Fubini-Study metric g = QFI / 4 (exact)"."""
    if not is_of_models(found.made.problem):
        kind = KINDS[METRICS[found.name].of]
    elif found.name.startswith("fisher"):
        kind = "Fisher matrix I"
    else:
        kind = "Fubini-Study metric g" if found.name in _FUBINI else "matrix"
    return f"{kind} ({found.name})"


def title_of(found: MetricResult) -> str:
    """The problem's title, and what the metric is."""
    problem = found.made.problem
    return f"{problem.title or problem.name}: {in_words(found)}"


def symbol_of(found: MetricResult) -> str:
    """The letter of the metric: g, I, or M of all else."""
    if is_of_models(found.made.problem):
        return "I" if found.name.startswith("fisher") else "g"
    return {"fubini": "g", "fisher": "I"}.get(METRICS[found.name].of, "M")


def deficit_of(found: MetricResult, executor: str | Executor) -> Deficit | None:
    """What a projection of g is short of it; None of other metrics, and where g is not known.

    Args:
        found: A metric.
        executor: What has measured it: with noise there is no g to compare with.

    Cost: the exact metric, of at most `MOST_AMPLITUDES` in all derivative states.
    """
    problem = found.made.problem
    if is_of_models(problem) or METRICS[found.name].of != "observables":
        return None
    if executor_of(executor).noise or found.options.get("weight", PROJECTION) != PROJECTION:
        return None
    ensemble = circuits_of(problem, "g").ensemble
    qubits = max(circuit.n_qubits for circuit, _ in ensemble)
    if found.metric.size * len(ensemble) << qubits > MOST_AMPLITUDES:
        return None
    return deficit(metric(problem, found.made.theta, "exact"), found.metric)


def deficit_data(short: Deficit | None) -> dict[str, Any]:
    """As JSON, where it is known."""
    return {} if short is None else {"deficit": asdict(short)}


def deficit_line(short: Deficit) -> str:
    """As a sentence."""
    trace, largest = (
        f"{100 * value:.3g} %"
        if error is None
        else f"{cells.with_error(100 * value, 100 * error)} %"
        for value, error in (
            (short.trace, short.trace_error),
            (short.largest, short.largest_error),
        )
    )
    return f"short of g: {trace} of its trace, up to {largest} of a direction"
