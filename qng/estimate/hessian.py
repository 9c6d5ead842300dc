"""The Hessian of <H>.

H_phi[r] = [grad_phi E(phi_r + pi/2) - grad_phi E(phi_r - pi/2)] / 2
H_theta  = A^T H_phi A + sum_r (d_r E) d^2 phi_r / d theta^2
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.circuit import Circuit
from qng.metrics import Dense
from qng.pauli import PauliSum
from qng.plan import Plan
from qng.request import Gradient, Request, Result


def exact(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Dense]:
    """The Hessian as differences of adjoint gradients at shifted angles.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Returns:
        A plan for a symmetric matrix, shape (P, P); it may be indefinite.

    Cost: 2R + 1 gradients.
    """
    jacobian = circuit.jacobian(theta)
    phi = circuit.angles(theta)
    shift = 0.5 * np.pi * np.eye(circuit.n_rotations)
    points = np.concatenate([phi[None], phi + shift, phi - shift])

    def reduce(results: Sequence[Result]) -> Dense:
        gradients = results[0].gradient
        plus, minus = np.split(gradients[1:], 2)
        h_phi = (plus - minus) / 2
        h_theta = jacobian.T @ h_phi @ jacobian + circuit.curvature(theta, gradients[0])
        return Dense((h_theta + h_theta.T) / 2)

    return Plan((Request(circuit, points, Gradient(observable)),), reduce)
