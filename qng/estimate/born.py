"""Born probabilities of the computational basis, and their derivatives.

    p(x) = |psi_x|^2,   d_i p = 2 Re(psi_x^* d_i psi_x)

Every rotation enters a probability as a sinusoid, so d_r f = [f(phi_r + pi/2) - f(phi_r - pi/2)]/2
holds for p, from shots as without them, and for its derivatives. Qubit 0 is the least significant
bit of x.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli
from qng.estimate.parts.bends import bends
from qng.estimate.parts.shares import shares
from qng.plan.counts import Counts
from qng.plan.plan import Plan
from qng.plan.request import Probabilities, Request, Result, Samples, Tangent, TangentMap


def probabilities(circuit: Circuit, points: Array) -> Plan[Array]:
    """p at many points, from states.

    Args:
        circuit: The circuit.
        points: Shape (points, P), radians.

    Returns:
        A plan for an array of shape (points, 2^n).

    Cost: one state a point.
    """
    request = Request(circuit, circuit.angles(points), Probabilities())
    return Plan((request,), lambda results: np.asarray(results[0]))


def frequencies(circuit: Circuit, theta: ArrayLike) -> Plan[Array]:
    """p at one point as the frequencies of outcomes, shape (2^n,).

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Cost: one circuit.
    """
    request = Request(circuit, circuit.angles(theta)[None], _all(circuit))
    return Plan((request,), lambda results: _dense(circuit, results[0])[0])


def slopes(circuit: Circuit, theta: ArrayLike) -> Plan[tuple[Array, Array]]:
    """p and d p from states.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Returns:
        A plan for arrays of shapes (2^n,) and (2^n, P).

    Cost: one sweep of P derivative states.
    """
    phi, moved = circuit.at(theta)
    request = Request(circuit, phi[None], Tangent(moved))
    return Plan((request,), lambda results: _with_slopes(results[0]), rigid=circuit.is_affine)


def counted_slopes(circuit: Circuit, theta: ArrayLike) -> Plan[Array]:
    """d p from frequencies at shifted angles, shape (2^n, P); unbiased.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Cost: 2R points of one request, shots by the row norms of A.
    """
    phi, jacobian = circuit.angles(theta), circuit.jacobian(theta)
    moving = np.flatnonzero(np.any(jacobian != 0, axis=1))
    if not len(moving):
        size = 2**circuit.n_qubits, circuit.n_parameters
        return Plan((), lambda _: np.zeros(size))
    weights = np.concatenate([jacobian[moving], -jacobian[moving]]) / 2
    share = shares(np.linalg.norm(weights, axis=1))
    request = Request(circuit, _turned(phi, moving), _all(circuit), share)
    return Plan((request,), lambda results: _dense(circuit, results[0]).T @ weights)


def curvature(circuit: Circuit, theta: ArrayLike) -> Plan[tuple[Array, Array, Array]]:
    """p, d p and d d p from states.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Returns:
        A plan for arrays of shapes (2^n,), (2^n, P) and (2^n, P, P).

    Cost: 2R + 1 sweeps of P derivative states.
    """
    phi, moved = circuit.at(theta)
    jacobian = moved.dense()
    bent, curved = bends(circuit, theta)
    # An angle may be curved where its slope is zero.
    moving = np.union1d(np.flatnonzero(np.any(jacobian != 0, axis=1)), bent).astype(np.intp)
    points = np.concatenate([phi[None], _turned(phi, moving)])
    requests = tuple(Request(circuit, point[None], Tangent(moved)) for point in points)

    def reduce(results: Sequence[Result]) -> tuple[Array, Array, Array]:
        p, first = _with_slopes(results[0])
        second = np.zeros((*first.shape, circuit.n_parameters))
        of_angles = np.zeros((circuit.n_rotations, len(p)))
        for r, plus, minus in zip(moving, *_halves(results[1:])):
            (up, slope_up), (down, slope_down) = _with_slopes(plus), _with_slopes(minus)
            second += (slope_up - slope_down)[:, :, None] * jacobian[r] / 2
            of_angles[r] = (up - down) / 2
        second += np.tensordot(of_angles[bent].T, curved, 1)
        return p, first, (second + second.mT) / 2

    return Plan(requests, reduce)


def _turned(phi: Array, moving: Integers) -> Array:
    """Every angle that moves by pi/2 up, and then by pi/2 down."""
    shift = 0.5 * np.pi * np.eye(len(phi))[moving]
    return np.concatenate([phi + shift, phi - shift])


def _halves(results: Sequence[Result]) -> tuple[Sequence[Result], Sequence[Result]]:
    return results[: len(results) // 2], results[len(results) // 2 :]


def _with_slopes(tangent: TangentMap) -> tuple[Array, Array]:
    """p and d p, shapes (2^n,) and (2^n, P)."""
    psi = tangent.state
    return np.abs(psi) ** 2, 2 * (tangent.dense() * psi.conj()).real.T


def _all(circuit: Circuit) -> Samples:
    """All qubits, measured in Z."""
    return Samples(Pauli(0, (1 << circuit.n_qubits) - 1))


def _dense(circuit: Circuit, counts: Sequence[Counts]) -> Array:
    """Frequencies of all outcomes, shape (points, 2^n), as they were read."""
    found = np.zeros((len(counts), 2**circuit.n_qubits))
    for row, of in zip(found, counts):
        row[of.outcomes] = of.weights
    return found
