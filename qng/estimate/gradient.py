"""The gradient of <H>: grad_theta = A^T grad_phi.

d_r E = [E(phi_r + pi/2) - E(phi_r - pi/2)] / 2   for every Pauli rotation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.circuit import Circuit
from qng.pauli import PauliSum
from qng.plan import GradientEstimate, Plan
from qng.request import Expectation, Gradient, Request, Result, Values

Array = NDArray[np.float64]


def exact(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[GradientEstimate]:
    """The gradient by the adjoint method.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Cost: one evaluation: a forward sweep and a reverse sweep of two states.

    Reference: Jones and Gacon, arXiv:2009.02823.
    """
    jacobian = circuit.jacobian(theta)
    request = Request(circuit, circuit.angles(theta)[None], Gradient(observable))
    return Plan((request,), lambda results: GradientEstimate(jacobian.T @ results[0].gradient[0]))


def parameter_shift(
    circuit: Circuit, observable: PauliSum, theta: ArrayLike
) -> Plan[GradientEstimate]:
    """The gradient from energies at shifted angles.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Cost: 2R points of one request.

    Reference: Mitarai et al., arXiv:1803.00745; Schuld et al., arXiv:1811.11184.
    """
    jacobian = circuit.jacobian(theta)
    phi = circuit.angles(theta)
    shift = 0.5 * np.pi * np.eye(circuit.n_rotations)
    points = np.concatenate([phi + shift, phi - shift])

    def reduce(results: Sequence[Result]) -> GradientEstimate:
        return _differences(results[0], jacobian / 2)

    return Plan((Request(circuit, points, Expectation(observable)),), reduce)


def finite_difference(
    circuit: Circuit, observable: PauliSum, theta: ArrayLike, step: float = 1e-5
) -> Plan[GradientEstimate]:
    """The gradient by central differences of the parameters; biased by order step^2.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.
        step: Radians.

    Cost: 2P points of one request.
    """
    shift = step * np.eye(circuit.n_parameters)
    centre = circuit.check_point(theta)
    points = circuit.angles(np.concatenate([centre + shift, centre - shift]))

    def reduce(results: Sequence[Result]) -> GradientEstimate:
        return _differences(results[0], np.eye(len(centre)) / (2 * step))

    return Plan((Request(circuit, points, Expectation(observable)),), reduce)


def _differences(values: Values, weights: Array) -> GradientEstimate:
    """W^T (E_plus - E_minus), the plus points first; W of shape (pairs, P)."""
    plus, minus = np.split(values.value, 2)
    covariance = None
    if values.std_error is not None:
        plus_error, minus_error = np.split(values.std_error, 2)
        covariance = weights.T @ ((plus_error**2 + minus_error**2)[:, None] * weights)
    return GradientEstimate(weights.T @ (plus - minus), covariance)
