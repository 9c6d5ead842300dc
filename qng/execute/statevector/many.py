"""Gram matrices and gradients of a small circuit, at one point or at many.

Most of a fused sweep over a few qubits is the way into it. Here a stretch of points is one call,
and threads take stretches; a point is a plain sweep of the state with its derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from qng.arrays import Array
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
    entries = _entries(jacobians[0])
    weights = np.array([jacobian.values for jacobian in jacobians])

    def fill(part: slice) -> None:
        at = _room(circuit, phi[part], weights[part], n_columns, entries)
        kernels.grams(*at, products[part], means[part])

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
    energies, variances = np.empty((2, len(phi)))
    slopes = np.empty((len(phi), n_rows))
    entries = np.arange(n_rows + 1), np.arange(n_rows)  # of the identity
    weights = np.ones((len(phi), n_rows))
    words = terms(observable)

    def fill(part: slice) -> None:
        at = _room(circuit, phi[part], weights[part], n_rows, entries)
        kernels.gradients(*at, words, energies[part], variances[part], slopes[part])

    mapped(fill, _stretches(len(phi)))
    return energies, variances, slopes


def _entries(jacobian: Slopes) -> tuple[Any, ...]:
    """Where the entries of each rotation start, and their columns."""
    return np.searchsorted(jacobian.rows, np.arange(jacobian.shape[0] + 1)), jacobian.columns


def _room(
    circuit: Circuit, phi: Array, weights: Array, rows: int, entries: tuple[Any, ...]
) -> tuple[Any, ...]:
    """What the kernels read, and their scratch."""
    program = compiled(circuit)
    fixed = np.broadcast_to(program.fixed, (len(phi), len(program.fixed)))
    kinds, a, b, slots, _, pool, offsets, scratch = program.arguments(phi[0])
    return (
        np.hstack([phi, fixed]),
        weights,
        np.empty(2**circuit.n_qubits, dtype=complex),
        np.empty((rows, 2**circuit.n_qubits), dtype=complex),
        np.empty(rows, dtype=bool),
        (kinds, a, b, slots, pool, offsets, scratch),
        entries,
    )


def _stretches(points: int) -> list[slice]:
    return [slice(start, start + _STRETCH) for start in range(0, points, _STRETCH)]
