"""The gradient of <H>: grad_theta = A^T grad_phi.

d_r E = [E(phi_r + pi/2) - E(phi_r - pi/2)] / 2   for every Pauli rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate.parts.shares import shares
from qng.plan.plan import Plan
from qng.plan.quantities import GradientEstimate
from qng.plan.request import Expectation, Gradient, Request, Result, Values
from qng.seeds import Key, generator

SAMPLED_STEP: Final = 0.3
"""Step in radians for differences of energies that have shot noise; see `finite_difference`."""


def exact(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[GradientEstimate]:
    """The gradient by the adjoint method.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Cost: one evaluation: a forward sweep and a reverse sweep of two states.

    Reference: Jones and Gacon, arXiv:2009.02823.
    """
    phi, slopes = circuit.at(theta)
    request = Request(circuit, phi[None], Gradient(observable))
    back = slopes.T

    def reduce(results: Sequence[Result]) -> GradientEstimate:
        return GradientEstimate(back @ results[0].gradient[0])

    return Plan((request,), reduce, rigid=circuit.is_affine)


def exact_at(circuit: Circuit, observable: PauliSum, points: Array) -> Plan[Values]:
    """Energies, variances and gradients at many points of a circuit whose angles are affine.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        points: Shape (points, P), radians.

    Returns:
        A plan for these, the gradients in the parameters, shape (points, P), as `exact` gives them.
    """
    slopes = circuit.slopes(points[0])
    request = Request(circuit, circuit.angles(points), Gradient(observable))

    def reduce(results: Sequence[Result]) -> Values:
        value, variance, of_angles = (results[0].value, results[0].variance, results[0].gradient)
        return Values(value, variance, gradient=slopes.T @ of_angles)

    return Plan((request,), reduce)


def parameter_shift(
    circuit: Circuit, observable: PauliSum, theta: ArrayLike
) -> Plan[GradientEstimate]:
    """The gradient from energies at shifted angles; unbiased.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Cost: 2R points of one request, with shots by the row norms of A; rotations that no parameter
    moves need none.

    Reference: Mitarai et al., arXiv:1803.00745; Schuld et al., arXiv:1811.11184.
    """
    jacobian = circuit.jacobian(theta)
    phi = circuit.angles(theta)
    shift = 0.5 * np.pi * np.eye(circuit.n_rotations)
    points = np.concatenate([phi + shift, phi - shift])
    return _combination(circuit, observable, points, np.concatenate([jacobian, -jacobian]) / 2)


def finite_difference(
    circuit: Circuit, observable: PauliSum, theta: ArrayLike, step: float = 1e-5
) -> Plan[GradientEstimate]:
    r"""The gradient by central differences of the parameters; biased.

    With h the step, N the shots of a point, sigma the standard deviation of one shot and a the
    third derivative, an entry has the bias a h^2/6 and the variance sigma^2 / (2 N h^2). Their
    sum of squares is smallest at h = (9 sigma^2 / (N a^2))^(1/6): without shots rounding asks for
    1e-5, with them h is between 0.2 and 0.5 for N from 1e5 to 1e3 and sigma = a (`SAMPLED_STEP`).

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.
        step: h, radians.

    Returns:
        A plan for the gradient; its covariance is that of the shots, without the bias.

    Raises:
        InputError: A step that is not positive.

    Cost: 2P points of one request.

    Reference: textbooks; the step from shots is ours.
    """
    shift = checks.positive("step", step) * np.eye(circuit.n_parameters)
    centre = circuit.check_point(theta)
    points = circuit.angles(np.concatenate([centre + shift, centre - shift]))
    half = np.eye(len(centre)) / (2 * step)
    return _combination(circuit, observable, points, np.concatenate([half, -half]))


def spsa(
    circuit: Circuit,
    observable: PauliSum,
    theta: ArrayLike,
    step: float = SAMPLED_STEP,
    draws: int = 1,
    seed: Key = 0,
) -> Plan[GradientEstimate]:
    """The gradient from differences along random directions: simultaneous perturbation.

    The mean over draws of [E(theta + h u) - E(theta - h u)] u / (2h) with entries of u that are
    +1 or -1. Its mean over all directions is the gradient to order h^2; one draw has only the
    component along u right, and all others are of the same size.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.
        step: h, radians.
        draws: How many directions.
        seed: Of the directions.

    Returns:
        A plan for the gradient; its covariance, of rank `draws` at most, is that of the shots for
        the directions drawn. The scatter between directions is not in it.

    Raises:
        InputError: A step or a number of draws that is not positive.

    Cost: 2 points a draw, of one request.

    Reference: Spall, IEEE Trans. Autom. Control 37, 332 (1992).
    """
    checks.whole("draws", draws, 1)
    centre = circuit.check_point(theta)
    directions = generator(seed).choice([-1.0, 1.0], size=(draws, len(centre)))
    shift = checks.positive("step", step) * directions
    points = circuit.angles(np.concatenate([centre + shift, centre - shift]))
    slopes = directions / (2 * step * draws)
    return _combination(circuit, observable, points, np.concatenate([slopes, -slopes]))


def _combination(
    circuit: Circuit, observable: PauliSum, points: Array, weights: Array
) -> Plan[GradientEstimate]:
    """sum_k w_k E(phi_k); equal points are one, as their errors are.

    Args:
        circuit: The circuit.
        observable: H.
        points: phi_k, shape (points, R).
        weights: w_k, shape (points, P).
    """
    points, weights = _distinct(points, weights)
    if len(points) == 0:
        return Plan((), lambda _: GradientEstimate(np.zeros(weights.shape[1])))
    share = shares(np.linalg.norm(weights, axis=1))

    def reduce(results: Sequence[Result]) -> GradientEstimate:
        errors = results[0].std_error
        covariance = None if errors is None else (weights.T * errors**2) @ weights
        return GradientEstimate(weights.T @ results[0].value, covariance)

    return Plan((Request(circuit, points, Expectation(observable), share),), reduce)


def _distinct(points: Array, weights: Array) -> tuple[Array, Array]:
    """Every point once, with the sum of its weights, and only where that is not zero."""
    first: dict[bytes, int] = {}
    # Adding zero makes -0 a 0.
    which = np.array([first.setdefault(row.tobytes(), k) for k, row in enumerate(points + 0.0)])
    total = np.zeros_like(weights)
    np.add.at(total, which.astype(np.int64), weights)
    used = np.any(total != 0, axis=1)
    return points[used], total[used]
