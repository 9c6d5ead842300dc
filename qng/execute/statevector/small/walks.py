"""States, gradients and Gram matrices of circuits of few qubits, at many points, with NumPy alone.

A circuit is taken in levels (`levels.py`). With x_g the state after level g, in the basis of its
words, a derivative state begins as d_k x_g = i h_k x_g and goes through the levels after it.
Every product is one a point, so a point gets the same numbers to the last bit wherever it stands in
a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.pauli import PauliSum
from qng.execute.statevector.small.feeds import Fed
from qng.execute.statevector.small.levels import Levels, levels, word_matrix
from qng.execute.statevector.small.products import by_point, each_by, inner, products

_MOST_QUBITS: Final = 5

# Amplitudes that a stretch of points holds, so that they stay near the processor.
_STRETCH: Final = 2**14


def is_small(circuit: Circuit) -> bool:
    """Whether a circuit goes this way."""
    return circuit.n_qubits <= _MOST_QUBITS


@dataclass(frozen=True, eq=False, slots=True)
class Walk:
    """The states of all levels at some points.

    Args:
        circuit: The circuit.
        program: Its levels.
        phases: The diagonals of E_1, ..., E_G, shape (G, points, 2^n).
        path: x_1, ..., x_G, shape (G, points, 2^n).
    """

    circuit: Circuit
    program: Levels
    phases: Amplitudes
    path: Amplitudes

    @property
    def state(self) -> Amplitudes:
        """psi, shape (points, 2^n)."""
        return by_point(self.path[-1], self.program.last)

    def moments(self, observable: PauliSum) -> tuple[Array, Array, Amplitudes]:
        """<H> and <H^2> - <H>^2, shapes (points,), and w_G = L^dagger H psi, (points, 2^n)."""
        x = self.path[-1]
        w = by_point(x, _seen(self.circuit, observable))
        energies = inner(x, w)
        # ||H psi - E psi||^2 loses less to rounding than <H^2> - E^2.
        residual = w - energies[:, None] * x
        return energies, inner(residual, residual), w

    def gradient(self, observable: PauliSum) -> tuple[Array, Array, Array]:
        """<H> and <H^2> - <H>^2, shapes (points,), and d<H>/d phi, shape (points, R).

        With w_{g-1} = T_g^dagger E_g^dagger w_g,

            d_k <H> = 2 Re <d_k x_g|w_g> = sum_j s_kj Im(x_gj conj(w_gj)).
        """
        energies, variances, last = self.moments(observable)
        # conj(w_{g-1}) = conj(w_g) E_g T_g, where w is a row.
        w = np.empty(self.path.shape, complex)
        np.conjugate(last, w[-1])
        for g in range(len(w) - 1, 0, -1):
            w[g - 1] = by_point(w[g] * self.phases[g], self.program.back[g - 1])
        w *= self.path
        return energies, variances, self.program.sums(w.imag)

    def rows(self, fed: Fed) -> Amplitudes:
        """-i times the derivative states, in the basis of the last level; (points, P, 2^n)."""
        feeds, path, phases = fed.feeds, self.path, self.phases
        # Every row as it begins; those that have begun before a level go through it.
        rows = fed.new * path.transpose(1, 0, 2).take(feeds.begins, axis=1)
        for g, (feed, old) in enumerate(zip(feeds.levels, fed.old)):
            if g and feed.start:
                live = rows[:, : feed.start]
                moved = each_by(live, self.program.between[g - 1])
                np.multiply(moved, phases[g][:, None], live)
            if len(feed.old):
                rows[:, feed.old] += old * path[g][:, None]
        return rows if feeds.in_order else rows.take(feeds.rows, axis=1)

    def gram(self, fed: Fed) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi>, shape (points, P, P), and b with <psi|d_j psi> = i b_j."""
        return products(self.rows(fed).view(float), self.path[-1].view(float))

    def derivatives(self, fed: Fed) -> Amplitudes:
        """All derivative states, shape (points, P, 2^n)."""
        rows: Amplitudes = self.rows(fed) @ self.program.last
        rows *= 1j
        return rows


def walk(circuit: Circuit, phi: Array) -> Walk:
    """The states of all levels; phi of shape (points, R)."""
    program = levels(circuit)
    exponents = program.exponents(phi)
    phases = np.empty(exponents.shape, complex)
    np.cos(exponents, phases.real)
    np.sin(exponents, phases.imag)
    path = np.empty(phases.shape, complex)
    np.multiply(phases[0], program.first, path[0])
    for g in range(1, len(path)):
        np.multiply(by_point(path[g - 1], program.between[g - 1]), phases[g], path[g])
    return Walk(circuit, program, phases, path)


def stretches(circuit: Circuit, points: int, rows: int = 0) -> Iterator[slice]:
    """Points that go together: as many as stay near the processor, and none where there are none.

    Args:
        circuit: The circuit.
        points: How many there are.
        rows: How many derivative states of a point are held.
    """
    held = (rows + 4 * len(levels(circuit).signs)) << circuit.n_qubits
    length = max(_STRETCH // held, 1)
    return (slice(start, start + length) for start in range(0, max(points, 1), length))


def states(circuit: Circuit, phi: Array) -> Amplitudes:
    """U(phi)|0...0>, shape (points, 2^n); phi of shape (points, R)."""
    found = np.empty((len(phi), 2**circuit.n_qubits), dtype=complex)
    for part in stretches(circuit, len(phi)):
        found[part] = walk(circuit, phi[part]).state
    return found


@lru_cache(maxsize=64)
def matrix_of(observable: PauliSum, n_qubits: int) -> Amplitudes:
    """H as a matrix, shape (2^n, 2^n)."""
    matrix = np.zeros((2**n_qubits, 2**n_qubits), dtype=complex)
    for word, c in observable:
        matrix += c * word_matrix(word, 2**n_qubits)
    return matrix


@derived
def _seen(circuit: Circuit, observable: PauliSum) -> Amplitudes:
    """(L^dagger H L)^T, which acts on rows in the basis of the last level."""
    last = levels(circuit).last
    return last @ matrix_of(observable, circuit.n_qubits).T @ last.conj().T
