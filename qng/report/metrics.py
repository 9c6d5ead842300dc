"""What a metric is, in words."""

from __future__ import annotations

from typing import Final

from qng.estimate.table import METRICS
from qng.run.made import MetricResult
from qng.run.target import is_of_models

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
    "weighted": "Hilbert-Schmidt metrics of the terms, HS / 4, weighted",
}
"""A metric of a circuit, by what its estimator is of."""

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
