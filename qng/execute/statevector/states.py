"""Single states as amplitudes, shape (2^n,): U(phi)|0...0>, H psi and moments of H.

Qubit 0 is the least significant bit of an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.execute.statevector.kernels import plain
from qng.execute.statevector.program import compiled
from qng.execute.statevector.small import walks

Terms = tuple[Integers, Integers, Amplitudes]


def state(circuit: Circuit, phi: ArrayLike) -> Amplitudes:
    """The statevector U(phi)|0...0>.

    Args:
        circuit: The circuit.
        phi: Angles of its R rotations, radians, shape (R,).

    Returns:
        Shape (2^n,); qubit 0 is the least significant bit of the index.
    """
    if walks.is_small(circuit):
        return walks.states(circuit, np.array(phi, dtype=float)[None]).ravel()
    psi = np.empty(2**circuit.n_qubits, dtype=complex)
    _through(circuit, phi, psi[None], [(-1, 0)])
    return psi


def reduced(psi: Amplitudes, qubits: Sequence[int]) -> Amplitudes:
    """The density matrix of some qubits, shape (2^k, 2^k).

    Args:
        psi: Shape (2^n,).
        qubits: Ascending; the first is the least significant bit of an index.
    """
    n = len(psi).bit_length() - 1
    # Axis k of the reshaped state is qubit n - 1 - k.
    kept = [n - 1 - q for q in reversed(qubits)]
    traced = [axis for axis in range(n) if axis not in kept]
    rows = psi.reshape((2,) * n).transpose(*kept, *traced).reshape(2 ** len(kept), -1)
    return np.asarray(rows @ rows.conj().T)


def unitary(circuit: Circuit, phi: ArrayLike) -> Amplitudes:
    """The matrix U(phi), shape (2^n, 2^n). Cost: 2^n statevectors."""
    rows = np.eye(2**circuit.n_qubits, dtype=complex)
    _through(circuit, phi, rows, [(k, k) for k in range(len(rows))])
    return rows.T.copy()


def _through(
    circuit: Circuit, phi: ArrayLike, states: Amplitudes, ways: Sequence[tuple[int, int]]
) -> None:
    """States through the circuit, each from a source to a target as `plain.walk` says."""
    program = compiled(circuit)
    steps = np.array([(*way, 0, len(program.kinds), 0) for way in ways], dtype=np.int64)
    plain.walk(states, steps, *program.reading(program.angles(np.asarray(phi, dtype=float)[None])))


def apply(observable: PauliSum, psi: Amplitudes) -> Amplitudes:
    """H psi, shape (2^n,)."""
    return image(terms(observable), psi)


def image(words: Terms, psi: Amplitudes) -> Amplitudes:
    """H psi of an observable as the kernels read it."""
    out = np.zeros_like(psi)
    plain.add_sum(out, psi, *words)
    return out


def moments(words: Terms, psi: Amplitudes) -> tuple[float, float]:
    """<H> and <H^2> - <H>^2."""
    found = image(words, psi)
    energy = float(np.vdot(psi, found).real)
    # ||H psi - E psi||^2 loses less to rounding than <H^2> - E^2.
    found -= energy * psi
    return energy, float(np.vdot(found, found).real)


@lru_cache(maxsize=64)
def terms(observable: PauliSum) -> Terms:
    """The x and z masks of its words and their coefficients, each of shape (words,)."""
    words = [p for p, _ in observable]
    return (
        np.array([p.x for p in words], dtype=np.int64),
        np.array([p.z for p in words], dtype=np.int64),
        np.array([c for _, c in observable], dtype=complex),
    )
