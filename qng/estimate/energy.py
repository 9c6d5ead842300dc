"""<H> at one or several points."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.plan.plan import Plan
from qng.plan.quantities import Energy
from qng.plan.request import Expectation, Request, Result


def expectation(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Energy[Array]]:
    """<H>, and the variance <H^2> - <H>^2 where the executor knows it.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,) or (points, P), radians.

    Cost: one evaluation a point.
    """
    phi = circuit.angles(theta)
    request = Request(circuit, phi if phi.ndim == 2 else phi[None], Expectation(observable))

    return Plan(
        (request,),
        lambda results: Energy(results[0].value, results[0].variance, results[0].std_error),
        rigid=circuit.is_affine and len(request.angles) == 1,
    )


def expectations(
    circuit: Circuit, observables: Sequence[PauliSum], theta: ArrayLike
) -> Plan[tuple[Energy[Array], ...]]:
    """<H_k> of several observables in the same states.

    Args:
        circuit: The circuit.
        observables: H_k, Hermitian.
        theta: Shape (P,) or (points, P), radians.

    Returns:
        A plan for one `Energy` an observable. From shots their errors are not independent: a
        measurement basis serves the words of all observables.

    Cost: one evaluation a point and observable; from shots one circuit a point and measurement
    basis of all observables together.
    """
    plans = [expectation(circuit, observable, theta) for observable in observables]

    def reduce(results: Sequence[Result]) -> tuple[Energy[Array], ...]:
        return tuple(plan.reduce([result]) for plan, result in zip(plans, results))

    return Plan(tuple(plan.requests[0] for plan in plans), reduce)
