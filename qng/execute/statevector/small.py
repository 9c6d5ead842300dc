"""States, gradients and Gram matrices of circuits of few qubits, at many points, with NumPy alone.

A circuit is taken in levels (`levels.py`). With x_g the state after level g, in the basis of its
words, a derivative state begins as d_k x_g = -(i/2) s_k x_g and goes through the levels after it.
The first axis is that of points; every product is one a point, so a point gets the same numbers to
the last bit wherever it stands in a batch.
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
from qng.execute.statevector.feeds import Feeds
from qng.execute.statevector.levels import levels, word_matrix

_MOST_QUBITS: Final = 5

# Amplitudes that a stretch of points holds, so that they stay near the processor.
_STRETCH: Final = 2**14


def is_small(circuit: Circuit) -> bool:
    """Whether a circuit goes this way."""
    return circuit.n_qubits <= _MOST_QUBITS


@dataclass(frozen=True, eq=False)
class Walk:
    """The states of all levels at some points.

    Args:
        circuit: The circuit.
        phases: The diagonals of E_1, ..., E_G, shape (points, G, 2^n).
        path: x_1, ..., x_G, shape (points, G, 2^n).
    """

    circuit: Circuit
    phases: Amplitudes
    path: Amplitudes

    @property
    def state(self) -> Amplitudes:
        """psi, shape (points, 2^n)."""
        return (self.path[:, -1:] @ levels(self.circuit).last)[:, 0]

    def moments(self, observable: PauliSum) -> tuple[Array, Array, Amplitudes]:
        """<H> and <H^2> - <H>^2, shapes (points,), and w_G = L^dagger H psi, (points, 2^n)."""
        x = self.path[:, -1:]
        w = x @ _seen(self.circuit, observable)
        energies = _inner(x, w)
        # ||H psi - E psi||^2 loses less to rounding than <H^2> - E^2.
        residual = w - energies * x
        return energies[:, 0, 0], _inner(residual, residual)[:, 0, 0], w[:, 0]

    def gradient(self, observable: PauliSum) -> tuple[Array, Array, Array]:
        """<H> and <H^2> - <H>^2, shapes (points,), and d<H>/d phi, shape (points, R).

        With w_{g-1} = T_g^dagger E_g^dagger w_g,

            d_k <H> = 2 Re <d_k x_g|w_g> = -sum_j s_kj Im(conj(x_gj) w_gj).
        """
        program = levels(self.circuit)
        energies, variances, image = self.moments(observable)
        w, turned = np.empty_like(self.path), self.phases.conj()
        w[:, -1] = image
        for g in range(len(program.back), 0, -1):
            w[:, g - 1 : g] = (w[:, g : g + 1] * turned[:, g : g + 1]) @ program.back[g - 1]
        z = self.path.real * w.imag - self.path.imag * w.real
        slopes = program.signs @ z[..., None]
        return energies, variances, -slopes.reshape(len(slopes), -1)[:, program.places]

    def rows(self, feeds: Feeds, weights: Array) -> Amplitudes:
        """Derivative states in the basis of the last level, without their -i/2.

        Args:
            feeds: Which rows the levels feed.
            weights: The entries of A, shape (points, entries), or (1, entries) for all points.

        Returns:
            Shape (points, P, 2^n), in the order of `feeds`.
        """
        program = levels(self.circuit)
        rows = np.zeros((len(self.path), feeds.n_rows, len(program.first)), dtype=complex)
        for g, feed in enumerate(feeds.levels):
            if g and feed.begun:
                live = rows[:, : feed.begun]
                np.multiply(live @ program.between[g - 1], self.phases[:, g : g + 1], out=live)
            if len(feed.entries):
                fed = feed.directions(program.signs[g], weights) * self.path[:, g : g + 1]
                if feed.is_new:
                    rows[:, feed.rows] = fed
                else:
                    rows[:, feed.rows] += fed
        return rows

    def gram(self, feeds: Feeds, weights: Array) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi> and b_j = -i <psi|d_j psi>, shapes (points, P, P) and (points, P).

        Args:
            feeds: Which rows the levels feed.
            weights: As for `rows`.
        """
        real = self.rows(feeds, weights).view(float)
        products = real @ real.transpose(0, 2, 1)
        means = real @ self.path[:, -1].view(float)[:, :, None]
        products *= 0.25
        # <x|-(i/2) r> = -(i/2) <x|r>, and <x|r> is real.
        means *= -0.5
        if feeds.in_order:
            return products, means[:, :, 0]
        order = feeds.of_columns
        return products[:, order[:, None], order], means[:, order, 0]


def walk(circuit: Circuit, phi: Array) -> Walk:
    """The states of all levels; phi of shape (points, R)."""
    program = levels(circuit)
    angles = (phi[:, program.slots][:, :, None] @ program.signs)[:, :, 0]
    phases = np.empty(angles.shape, dtype=complex)
    angles *= 0.5
    np.cos(angles, out=phases.real)
    np.negative(np.sin(angles), out=phases.imag)
    path = np.empty_like(phases)
    np.multiply(phases[:, 0], program.first, out=path[:, 0])
    for g, matrix in enumerate(program.between, 1):
        turned = path[:, g - 1 : g] @ matrix
        np.multiply(turned, phases[:, g : g + 1], out=path[:, g : g + 1])
    return Walk(circuit, phases, path)


def stretches(circuit: Circuit, points: int, rows: int = 0) -> Iterator[slice]:
    """Points that go together: as many as stay near the processor.

    Args:
        circuit: The circuit.
        points: How many there are.
        rows: How many derivative states of a point are held.
    """
    held = (rows + 4 * len(levels(circuit).signs)) << circuit.n_qubits
    length = max(_STRETCH // held, 1)
    return (slice(start, start + length) for start in range(0, points, length))


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


def _inner(a: Amplitudes, b: Amplitudes) -> Array:
    """Re <a|b> of rows, shapes (points, 1, 2^n); shape (points, 1, 1)."""
    found: Array = np.ascontiguousarray(a).view(float) @ b.view(float).transpose(0, 2, 1)
    return found
