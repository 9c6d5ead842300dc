"""Gram matrices and gradients of a small circuit, at one point or at many.

Most of a fused sweep over a few qubits is the way into it. Here a stretch of points is one call,
and threads take stretches; a point is a plain sweep of the state with its derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import PauliSum
from qng.execute.statevector.kernels import many as kernels
from qng.execute.statevector.program import compiled
from qng.execute.statevector.states import terms

_MOST: Final = 40_000
"""Amplitudes of derivative states that operations change, up to which it is faster, as measured."""

_STRETCH: Final = 64

Mapped = Callable[[Callable[[slice], None], Sequence[slice]], Any]
Entries = tuple[Integers, Integers]

# What is not asked for.
_NO_GRAM: Final = np.empty((0, 0, 0)), np.empty((0, 0))
_NO_GRADIENT: Final = np.empty((0, 2)), np.empty((0, 0))
_NO_WORDS: Final = terms(PauliSum({}))


def worth_it(circuit: Circuit, rows: int) -> bool:
    """Whether this way is faster than a fused sweep a point.

    It does not depend on how many points there are, so that parts of a batch give what the whole
    one gives.
    """
    return len(circuit.ops) * rows << circuit.n_qubits <= _MOST


def grams(
    circuit: Circuit, phi: Array, jacobians: Sequence[Slopes], mapped: Mapped
) -> tuple[Array, Array]:
    """Re <d_i psi|d_j psi>, shape (points, P, P), and b, shape (points, P), as `Derivatives.gram`.

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (points, R).
        jacobians: A = d phi / d theta at every point, with the same entries everywhere.
        mapped: Calls a function with stretches of points.
    """
    n_columns = jacobians[0].shape[1]
    products, means = np.empty((len(phi), n_columns, n_columns)), np.empty((len(phi), n_columns))
    entries = entries_of(jacobians[0].rows, jacobians[0].columns, circuit.n_rotations)
    weights = np.array([jacobian.values for jacobian in jacobians])

    def fill(part: slice) -> None:
        at = _room(circuit, phi[part], 1, n_columns)
        kernels.derivatives(
            *at, weights[part], entries, _NO_WORDS, products[part], means[part], *_NO_GRADIENT
        )

    mapped(fill, _stretches(len(phi)))
    return products, means


def gradients(
    circuit: Circuit, phi: Array, observable: PauliSum, mapped: Mapped
) -> tuple[Array, Array, Array]:
    """<H>, <H^2> - <H>^2, shapes (points,), and d<H>/d phi, shape (points, R).

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (points, R).
        observable: H, Hermitian.
        mapped: Calls a function with stretches of points.
    """
    n_rows = circuit.n_rotations
    moments, slopes = np.empty((len(phi), 2)), np.empty((len(phi), n_rows))
    entries = entries_of(np.arange(n_rows), np.arange(n_rows), n_rows)
    weights = np.ones((len(phi), n_rows))
    words = terms(observable)

    def fill(part: slice) -> None:
        at = _room(circuit, phi[part], 2, n_rows)
        kernels.derivatives(
            *at, weights[part], entries, words, *_NO_GRAM, moments[part], slopes[part]
        )

    mapped(fill, _stretches(len(phi)))
    return moments[:, 0], moments[:, 1], slopes


def fill_rows(circuit: Circuit, phi: Array, weights: Array, entries: Entries, rows: Any) -> None:
    """Derivative states at one point.

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (R,).
        weights: Of the entries.
        entries: Which rows a rotation feeds.
        rows: Shape (rows, 2^n), to be filled.
    """
    at = _room(circuit, phi[None], 1, rows)
    kernels.derivatives(*at, weights[None], entries, _NO_WORDS, *_NO_GRAM, *_NO_GRADIENT)


def entries_of(rows: Integers, columns: Integers, n_rotations: int) -> Entries:
    """Where the entries of each rotation start, and their columns, from those of a Jacobian."""
    return np.searchsorted(rows, np.arange(n_rotations + 1)), columns


def _room(circuit: Circuit, phi: Array, states: int, rows: Any) -> tuple[Any, ...]:
    """What the kernel reads of a circuit, and its scratch: so many states, and rows."""
    program = compiled(circuit)
    size = 2**circuit.n_qubits
    if isinstance(rows, int):
        rows = np.empty((rows, size), dtype=complex)
    kinds, a, b, slots, angles, pool, offsets, scratch = program.reading(program.angles(phi))
    return (
        angles,
        np.empty((states, size), dtype=complex),
        rows,
        np.empty(len(rows), dtype=bool),
        (kinds, a, b, slots, pool, offsets, scratch),
    )


def _stretches(points: int) -> list[slice]:
    return [slice(start, start + _STRETCH) for start in range(0, points, _STRETCH)]
