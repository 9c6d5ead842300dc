r"""Penalties for overlaps with states of the same circuit at other parameters.

    O_j(theta) = |<psi_j|psi(theta)>|^2,    F = sum_j beta_j O_j

An overlap is the mean of a projector, so it has the shift rule of every rotation and whatever else
combines energies at points; exactly, with the derivative states d psi,

    dF = Re (2 sum_j beta_j <psi_j|psi> psi_j)^dagger d psi
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import UnsupportedMeasureError
from qng.estimate.ensemble import weighted
from qng.estimate.hessian import from_gradients, shifted
from qng.estimate.table import Chosen
from qng.geometry import Dense
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from qng.plan.request import Expectation, Overlap, Request, Result, State, Tangent, TangentMap
from qng.seeds import Key

T = TypeVar("T")

# Stands for the observable where an estimator combines energies at points.
_ANY: Final = PauliSum({"Z0": 1.0})


def overlaps(circuit: Circuit, others: Array, points: ArrayLike) -> Plan[Energy[Array]]:
    """|<psi_j|psi>|^2 at every point with every other state.

    Args:
        circuit: The circuit.
        others: Parameters theta_j of the other states, shape (K, P).
        points: Shape (points, P), radians.

    Returns:
        A plan for these, shape (points K,), the other states running fastest.

    Cost: one circuit and its inverse for each, whose outcome zero is counted from shots.
    """
    here, there = circuit.angles(points), circuit.angles(others)
    request = _request(circuit, np.repeat(here, len(there), axis=0), np.tile(there, (len(here), 1)))
    return Plan((request,), lambda results: Energy(results[0].value, None, results[0].std_error))


def penalty(
    circuit: Circuit, others: Array, weights: Array, points: ArrayLike
) -> Plan[Energy[Array]]:
    """F at points, shape (points,).

    Args:
        circuit: The circuit.
        others: theta_j, shape (K, P).
        weights: beta_j, shape (K,), positive.
        points: Shape (points, P), radians.
    """
    plan = overlaps(circuit, others, points)
    shares = np.tile(weights / weights.mean(), len(np.atleast_2d(np.asarray(points))))
    request = replace(plan.requests[0], weights=shares)

    def reduce(results: Sequence[Result]) -> Energy[Array]:
        values, errors = results[0].value.reshape(-1, len(weights)), results[0].std_error
        spread = None
        if errors is not None:
            spread = np.sqrt(errors.reshape(values.shape) ** 2 @ np.square(weights))
        return Energy(values @ weights, None, spread)

    return Plan((request,), reduce)


def exact(
    circuit: Circuit, others: Array, weights: Array, theta: ArrayLike
) -> Plan[GradientEstimate]:
    """dF from derivative states, shape (P,).

    Args:
        circuit: The circuit.
        others: theta_j, shape (K, P).
        weights: beta_j, shape (K,).
        theta: Shape (P,), radians.

    Cost: one sweep there and back, and the K states.
    """
    phi, slopes = circuit.at(theta)
    requests = (
        Request(circuit, phi[None], Tangent(slopes)),
        Request(circuit, circuit.angles(others), State()),
    )

    def reduce(results: Sequence[Result]) -> GradientEstimate:
        tangent, states = results
        return GradientEstimate(_slope(tangent, states, weights))

    return Plan(requests, reduce)


def hessian(circuit: Circuit, others: Array, weights: Array, theta: ArrayLike) -> Plan[Dense]:
    """d^2 F from gradients at shifted angles, as that of <H>, shape (P, P).

    Args:
        circuit: The circuit.
        others: theta_j, shape (K, P).
        weights: beta_j, shape (K,).
        theta: Shape (P,), radians.

    Cost: 2R + 1 gradients, and the K states.
    """
    phi, jacobian = circuit.angles(theta), circuit.jacobian(theta)
    each = Tangent(np.eye(circuit.n_rotations))
    requests = [Request(circuit, x[None], each) for x in shifted(phi)]
    known = Request(circuit, circuit.angles(others), State())

    def reduce(results: Sequence[Result]) -> Dense:
        *tangents, states = results
        gradients = np.array([_slope(tangent, states, weights) for tangent in tangents])
        return from_gradients(circuit, theta, jacobian, gradients)

    return Plan((*requests, known), reduce)


def from_points(
    estimate: Chosen[T],
    circuit: Circuit,
    others: Array,
    weights: Array,
    theta: ArrayLike,
    seed: Key = 0,
) -> Plan[T]:
    """dF, shape (P,), or d^2 F, shape (P, P), as an estimator combines energies at points.

    Args:
        estimate: Of gradients "parameter-shift", "finite-difference" or "spsa"; the Hessian.
        circuit: The circuit.
        others: theta_j, shape (K, P).
        weights: beta_j, shape (K,).
        theta: Shape (P,), radians.
        seed: Of random directions.

    Raises:
        UnsupportedMeasureError: An estimator that asks something else.

    Cost: K times as many overlaps as it takes energies.
    """
    plan = estimate(circuit, theta, observable=_ANY, seed=seed)
    if not all(isinstance(request.measure, Expectation) for request in plan.requests):
        raise UnsupportedMeasureError(
            f"the gradient {estimate.name} does not combine energies at points, and so is not one "
            "of overlaps: take parameter-shift, finite-difference or spsa"
        )

    def of(other: Array) -> Plan[T]:
        requests = []
        for request in plan.requests:
            there = np.tile(other, (len(request.angles), 1))
            found = _request(circuit, request.angles, there)
            requests.append(replace(found, weights=request.shares))
        return replace(plan, requests=tuple(requests))

    return weighted([of(other) for other in circuit.angles(others)], weights)


def _slope(tangent: TangentMap, states: Amplitudes, weights: Array) -> Array:
    """dF along the directions of a tangent."""
    amplitudes = states.conj() @ tangent.state
    return tangent.vjp(2 * (weights * amplitudes) @ states)


def _request(circuit: Circuit, here: Array, there: Array) -> Request:
    """Overlaps of all points through one circuit where there is noise: then they compare."""
    kept = np.ones(here.shape, dtype=bool) if circuit.noisy else None
    return Request(circuit, here, Overlap(there, kept))
