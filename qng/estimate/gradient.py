"""The gradient of <H>: grad_theta = A^T grad_phi.

d_r E = [E(phi_r + pi/2) - E(phi_r - pi/2)] / 2   for every Pauli rotation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.circuit import Circuit
from qng.pauli import PauliSum
from qng.plan import Expectation, Gradient, GradientEstimate, Plan, Request, Result


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
        plus, minus = np.split(results[0].value, 2)
        return GradientEstimate(jacobian.T @ (plus - minus) / 2)

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
        plus, minus = np.split(results[0].value, 2)
        return GradientEstimate((plus - minus) / (2 * step))

    return Plan((Request(circuit, points, Expectation(observable)),), reduce)
