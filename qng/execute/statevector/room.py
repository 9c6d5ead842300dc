"""How many states of 2^n amplitudes the answer of a request takes."""

from __future__ import annotations

import math
from typing import Final

from qng.arrays import rows
from qng.execute.statevector.points import SWEEPING
from qng.execute.statevector.small import together
from qng.execute.statevector.tangents.derivatives import of_products
from qng.plan.request import (
    Density,
    Gradient,
    Overlap,
    Probabilities,
    Request,
    Samples,
    State,
    Tangent,
    Tangents,
)

LOOKING: Final = 3
"""States that looking at one state may take, itself included."""


def in_work(request: Request) -> int:
    """How many states the answer of a request takes while it is computed."""
    if isinstance(request.measure, Gradient):
        return SWEEPING
    if isinstance(request.measure, Tangent) and not request.measure.gram:
        return -(-of_products(request.circuit) // (16 << request.circuit.n_qubits))
    return LOOKING


def of_results(request: Request) -> int:
    """How many states the results of a request take."""
    if isinstance(request.measure, (State, Probabilities)):
        return len(request.angles)
    if isinstance(request.measure, Density):
        entries = len(request.angles) * math.prod(shape_of(request))
        return -(-entries >> request.circuit.n_qubits)
    if isinstance(request.measure, Samples):
        seen = len(request.angles) << request.measure.basis.weight
        if request.shots is not None:
            seen = min(seen, int(request.shots.sum()))
        # An outcome and its weight.
        return -(-seen >> request.circuit.n_qubits)
    if isinstance(request.measure, Tangents):
        of_a_point = together.held(request) + 8 * request.measure.jacobian.shape[1] ** 2
        return -(-len(request.angles) * of_a_point >> 4 + request.circuit.n_qubits)
    if isinstance(request.measure, Overlap):
        return len(set(rows(request.measure.others)))
    return 0


def shape_of(request: Request) -> tuple[int, ...]:
    """Of the array that answers at a point."""
    n = request.circuit.n_qubits
    if isinstance(request.measure, Density):
        return (2 ** len(request.measure.of(n)),) * 2
    return (2**n,)
