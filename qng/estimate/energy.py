"""<H> at one or several points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
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


def smoothness(circuit: Circuit, observable: PauliSum) -> float:
    r"""A bound on the curvature of <H> along any direction, at every point.

        |x^T Hess x| <= L |x|^2,    L = sum_(W != 1) |c_W| sum_i (sum_r |A_ri|)^2

    By the shift rule no second derivative in two angles exceeds what H has apart from its constant,
    |d_r d_s E| <= sum_W |c_W|, and an angle moves by A x. Noise makes no energy steeper. Curvatures
    that circuits have are ten to a hundred times smaller.

    Args:
        circuit: Its angles are affine.
        observable: H, Hermitian.

    Returns:
        L, units of the observable per radian^2.

    Raises:
        InputError: An angle that is not affine: no bound is known.

    Reference: ours, from the shift rule of Mari, Bromley, Killoran, arXiv:2008.06517.
    """
    if not circuit.is_affine:
        raise InputError(
            "a bound on the smoothness is known where all angles are affine in the parameters; "
            "this circuit has others: give a number"
        )
    size = sum(abs(c) for word, c in observable if word.support)
    slopes = circuit.jacobian(np.zeros(circuit.n_parameters))
    return float(size * np.sum(np.sum(np.abs(slopes), axis=0) ** 2))
