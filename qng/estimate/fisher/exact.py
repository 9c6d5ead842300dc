"""The classical Fisher matrix of the Born distribution, I = sum_x d_i p d_j p / p.

p(x) = |psi_x|^2 and d_i p = 2 Re(psi_x^* d_i psi_x), in the computational or another Pauli basis.
I <= 4 g for every basis.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.basis import with_basis
from qng.circuit.circuit import Circuit
from qng.estimate.fisher.basis import randomised
from qng.geometry import Dense, Diagonal, Metric
from qng.plan.plan import Plan
from qng.plan.request import Request, Tangent, TangentMap, TangentMaps, Tangents
from qng.seeds import Key

# Amplitudes below 1e-12 are rounding. There d p d p / p is 0/0; its value for an exact zero of p
# is 4 Re(d_i psi^* d_j psi), which equals 2 d_i d_j p.
CUTOFF: Final = 1e-24


def born(circuit: Circuit, theta: ArrayLike, basis: str = "Z") -> Plan[Metric]:
    """The classical Fisher matrix of measuring every qubit.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        basis: "X", "Y" or "Z" for all qubits, or a Pauli word such as "X0 Y2" for some of them
            with Z on the rest.

    Returns:
        A plan for I, shape (P, P), positive semidefinite. Outcomes with p below 1e-24 contribute
        4 Re(d_i psi^* d_j psi), the value at p = 0.

    Raises:
        InputError: A basis that is not a Pauli word on the circuit's qubits.

    Cost: one sweep of P derivative states and a product of (P, 2^n) real matrices.

    Reference: Meyer, arXiv:2103.15191.
    """
    return _plan(circuit, theta, basis).map(lambda tangent: Dense(_fisher(tangent)), True)


def born_at(circuit: Circuit, points: Array, basis: str = "Z") -> Plan[Array]:
    """The same at many points of a circuit whose angles are affine, as `born` gives it.

    Args:
        circuit: The circuit.
        points: Shape (points, P), radians.
        basis: As for `born`.

    Returns:
        A plan for I, shape (points, P, P).
    """
    measure = Tangents(circuit.slopes(points[0]))
    request = Request(with_basis(circuit, basis), circuit.angles(points), measure)
    return Plan((request,), lambda results: _fisher(results[0]))


def diagonal(circuit: Circuit, theta: ArrayLike, basis: str = "Z") -> Plan[Metric]:
    """The diagonal of the classical Fisher matrix of measuring every qubit; arguments as `born`.

    Cost: one sweep of P derivative states.

    Reference: Meyer, arXiv:2103.15191.
    """

    def reduce(tangent: TangentMap) -> Diagonal:
        scores, at_zeros = _scores(tangent)
        return Diagonal(np.sum(scores**2, axis=-1) + 4 * np.sum(at_zeros**2, axis=-1))

    return _plan(circuit, theta, basis).map(reduce, rigid=True)


def random(
    circuit: Circuit, theta: ArrayLike, kind: str = "circuit", seed: Key = 0
) -> Plan[Metric]:
    """The classical Fisher matrix of a random measurement.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        kind: "circuit", a random circuit before all qubits are measured in Z, or "pauli", a
            random letter on every qubit.
        seed: Of the measurement.

    Returns:
        A plan for I, shape (P, P). I <= 4 g holds for every measurement. Over Haar-random bases
        the mean is 2 g (arXiv:2509.08196). These measurements are less random: on circuits of 2
        to 4 qubits the mean of tr I / tr g is 1.8 to 2.8, highest where amplitudes are real.

    Raises:
        UnknownNameError: Another kind.

    Cost: as `born`.

    Reference: Kolotouros and Wallden, arXiv:2311.04135 (random natural gradient).
    """
    measured, basis = randomised(circuit, kind, seed)
    return born(measured, theta, basis)


def _plan(circuit: Circuit, theta: ArrayLike, basis: str) -> Plan[TangentMap]:
    """The derivative states, in the basis of a word."""
    measured = with_basis(circuit, basis)
    request = Request(measured, circuit.angles(theta)[None], Tangent(circuit.slopes(theta)))
    return Plan((request,), lambda results: results[0], rigid=circuit.is_affine)


def _fisher(tangent: TangentMap | TangentMaps) -> Array:
    """I, at one point or at many."""
    scores, at_zeros = _scores(tangent)
    return scores @ scores.mT + 4 * (at_zeros @ at_zeros.mT)


def _scores(tangent: TangentMap | TangentMaps) -> tuple[Array, Array]:
    """d_i p / sqrt(p), and the real view of d_i psi; zero where p = 0, and where it is not.

    Shapes (..., P, 2^n) and (..., P, 2^(n+1)).
    """
    rows, psi = tangent.dense(), tangent.state
    size = np.abs(psi)
    seen = size**2 > CUTOFF
    turned = np.where(seen, psi.conj() / np.where(seen, size, 1.0), 0.0)[..., None, :]
    scores = 2 * (rows * turned).real
    return scores, np.where(seen[..., None, :], 0.0, rows).view(float)
