"""Matrices of fixed gates: their names, logarithms and generators."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.circuit.gate import NAMED, Gate, pauli_matrix, unitary
from qng.circuit.pauli import Pauli, commuting


def matrix_gate(array: Amplitudes, qubits: Sequence[int]) -> Gate:
    """A gate from its matrix, by name where it has one."""
    for name, matrix in NAMED.items():
        if matrix.shape == array.shape and np.allclose(matrix, array, rtol=0, atol=1e-12):
            return Gate(name, tuple(qubits))
    # Adding zero makes -0 a 0, so that equal gates have equal digests.
    return unitary(array + 0.0, tuple(qubits))


def logarithm(matrix: Amplitudes) -> Amplitudes:
    """The Hermitian H with U = exp(iH) and eigenvalues in (-pi, pi]."""
    values, vectors = eigen(matrix)
    return np.asarray((vectors * values) @ vectors.conj().T)


def generator(h: Amplitudes, qubits: Sequence[int]) -> list[tuple[Pauli, float]] | None:
    """H = sum c_P P on the given qubits, the identity included, where all P commute; else None."""
    n = len(qubits)
    parts: list[tuple[Pauli, float]] = []
    for x in range(2**n):
        for z in range(2**n):
            c = float(np.trace(pauli_matrix(Pauli(x, z), n) @ h).real) / 2**n
            if abs(c) > 1e-12:
                parts.append((Pauli(x, z).moved(qubits), _snapped(c)))
    return parts if commuting([p for p, _ in parts]) else None


def eigen(matrix: Amplitudes) -> tuple[Array, Amplitudes]:
    """(h, V) with U = V exp(ih) V^dagger, h in (-pi, pi] and V unitary."""
    from scipy.linalg import schur

    triangle, vectors = schur(matrix, output="complex")
    # The cut is turned by a hair, so that an eigenvalue -1 has the logarithm +i pi in spite of
    # rounding.
    hair = 1e-9
    return np.angle(np.diag(triangle) * np.exp(-1j * hair)) + hair, np.asarray(vectors)


def _snapped(c: float) -> float:
    """The multiple of pi/64 that a number is to rounding."""
    ratio = round(64 * c / math.pi) / 64
    return ratio * math.pi if abs(c - ratio * math.pi) < 1e-12 else c
