"""The weighted approximate metric: Hilbert-Schmidt metrics of what the terms of H act on.

    W = sum_m h_m^2 T_m / sum_m h_m^2,    H = sum_m h_m P_m

with T_m = tr(d_i rho_m d_j rho_m) / (2 tr rho_m^2) of the reduced state rho_m on the support of the
word P_m. Words on all qubits have T_m = g where the state is pure.

Reference: Shi, Dunjko and Wang, arXiv:2504.04932.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import ArrayLike

from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate.mixed.states import Neighbourhood, neighbourhood
from qng.geometry import Dense, Metric, combined, mixed
from qng.plan.plan import Plan, join


def weighted(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Metric]:
    """The metric of the terms of an observable, by the squares of their coefficients.

    Args:
        circuit: The circuit.
        observable: H, Hermitian; its constant does not count.
        theta: Shape (P,), radians.

    Returns:
        A plan for W, shape (P, P), positive semidefinite.

    Raises:
        InputError: An observable that is a constant, or not Hermitian.

    Cost: reduced density matrices of every support at 2R + 1 points, small ones where terms act on
    few qubits.
    """
    if not observable.is_hermitian:
        raise InputError("the observable is not Hermitian: a coefficient is not real")
    weights: dict[tuple[int, ...], float] = {}
    for word, coefficient in observable:
        if word.support:
            weights[word.qubits] = weights.get(word.qubits, 0.0) + abs(coefficient) ** 2
    total = sum(weights.values())
    if not total:
        raise InputError("the metric wa is that of the terms of H, and H is a constant")
    plans = {str(k): neighbourhood(circuit, theta, qubits) for k, qubits in enumerate(weights)}

    def reduce(found: Mapping[str, Any]) -> Metric:
        shares = [weight / total for weight in weights.values()]
        return combined(shares, [_metric(at) for at in found.values()])

    return join(plans).map(reduce)


def _metric(at: Neighbourhood) -> Metric:
    return Dense(mixed.hilbert_schmidt(at.rho, at.derivatives) / 4)
