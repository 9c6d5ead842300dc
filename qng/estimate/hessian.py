"""The Hessian of <H>.

H_phi[r] = [grad_phi E(phi_r + pi/2) - grad_phi E(phi_r - pi/2)] / 2
H_theta  = A^T H_phi A + sum_r (d_r E) d^2 phi_r / d theta^2
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate.parts.bends import bends
from qng.estimate.parts.shares import shares
from qng.estimate.parts.stencil import Stencil
from qng.geometry import Dense
from qng.geometry.noise import Sum, Terms, entry_errors
from qng.plan.plan import Plan
from qng.plan.request import Expectation, Gradient, Request, Result


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
    jacobian, points = circuit.jacobian(theta), shifted(circuit.angles(theta))

    def reduce(results: Sequence[Result]) -> Dense:
        return from_gradients(circuit, theta, jacobian, results[0].gradient)

    return Plan((Request(circuit, points, Gradient(observable)),), reduce)


def shifted(phi: Array) -> Array:
    """The point, and a quarter turn ahead and back along every angle, shape (2R + 1, R).

    Args:
        phi: Shape (R,), radians.
    """
    shift = 0.5 * np.pi * np.eye(len(phi))
    points: Array = np.concatenate([phi[None], phi + shift, phi - shift])
    return points


def from_gradients(circuit: Circuit, theta: ArrayLike, jacobian: Array, gradients: Array) -> Dense:
    """The Hessian of a mean from its gradients in the angles at the points of `shifted`.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        jacobian: A, shape (R, P).
        gradients: Shape (2R + 1, R).
    """
    plus, minus = np.split(gradients[1:], 2)
    h_phi = (plus - minus) / 2
    h_theta = jacobian.T @ h_phi @ jacobian + circuit.curvature(theta, gradients[0])
    return Dense((h_theta + h_theta.T) / 2)


def parameter_shift(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Dense]:
    """The Hessian from energies at shifted angles; unbiased.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Returns:
        A plan for a symmetric matrix, shape (P, P), with its standard errors; it may be
        indefinite.

    Cost: 2R^2 - R + 1 points of one request, and 2 more for every rotation by a nonlinear angle;
    shots by what a point contributes.

    Reference: Mari, Bromley, Killoran, arXiv:2008.06517.
    """
    phi = circuit.angles(theta)
    stencil = Stencil.of(circuit.jacobian(theta))
    bent, curved = bends(circuit, theta)
    quarter = 0.5 * np.pi * np.eye(len(phi))[bent]
    points = np.concatenate([phi[None], phi + stencil.shifts, phi + quarter, phi - quarter])
    slopes = np.linalg.norm(curved, axis=(1, 2)) / 2
    norms = np.concatenate([[stencil.centre_norm], stencil.norms, slopes, slopes])
    used = norms > 0
    if not used.any():
        return Plan((), lambda _: Dense(np.zeros((circuit.n_parameters,) * 2)))
    last = len(points) - 2 * len(bent)

    def reduce(results: Sequence[Result]) -> Dense:
        values = np.zeros(len(points))
        values[used] = results[0].value
        plus, minus = np.split(values[last:], 2)
        matrix = stencil.matrix(values[1:last], values[0])
        matrix += np.tensordot((plus - minus) / 2, curved, 1)
        if results[0].std_error is None:
            return Dense(matrix)
        values[used] = results[0].std_error ** 2
        plus, minus = np.split(values[last:], 2)
        of_bends = Terms(curved, np.sqrt((plus + minus) / 4))
        noise = Sum.of([stencil.noise(values[1:last], values[0]), of_bends])
        return Dense(matrix, entry_errors(noise, len(matrix)), noise=noise)

    request = Request(circuit, points[used], Expectation(observable), shares(norms[used]))
    return Plan((request,), reduce)
