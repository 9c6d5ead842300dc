"""The lowest levels of an observable, degenerate ones as often as they are, exactly.

In a sector, S_i = s_i, they are those of V^dagger H V with the states of the sector as the columns
of V: determinants where the symmetries are diagonal, and where they are not the eigenvectors of
sum_i (S_i - s_i)^2 without eigenvalue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qng import checks
from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, shown
from qng.problem.ground import diagonal, lowest, real_if_possible
from qng.problem.problem import Problem
from qng.problem.symmetries import check_conserved, symmetry_of

Sector = Mapping[PauliSum, float]
"""Symmetries with their values."""

# States of which a matrix is diagonalised densely, and qubits that are looked at at all.
_DENSE: Final = 1024
_QUBITS: Final = 12

# How far from its value a symmetry may be for rounding.
_ROUNDING: Final = 1e-7


def levels(
    observable: PauliSum, states: int, n_qubits: int | None = None, within: Sector | None = None
) -> Array | None:
    """The lowest eigenvalues, ascending, each as often as it has states.

    Args:
        observable: H, Hermitian.
        states: k, how many.
        n_qubits: n, at least as many as H acts on (the default): idle qubits double all levels.
        within: Symmetries of H with the values that are wanted, such as
            {particle_number(4): 2, spin_z(4): 0}.

    Returns:
        Shape (k,), in the unit of H; None above 12 qubits.

    Raises:
        InputError: A symmetry that H does not conserve, values that no state has, or fewer than k
            states.

    Cost: dense up to 1024 states, k Lanczos runs beyond.

    Example:
        >>> levels(PauliSum({"Z0 Z1": 1.0}), 3).tolist()
        [-1.0, -1.0, 1.0]
    """
    k = checks.whole("states", states, 1)
    within = checked_sector(within)
    n = max(1, observable.n_qubits if n_qubits is None else n_qubits)
    if n > _QUBITS:
        return None
    basis = np.arange(2**n) if not within else _determinants(observable, within, n)
    if len(basis) < k:
        raise InputError(f"{k} levels are asked for, and there are {len(basis)} state(s)")
    inner = [] if not within else [(s, v) for s, v in within.items() if not s.is_diagonal]
    matrix = real_if_possible(observable.matrix(n))
    if len(basis) > _DENSE:
        if inner:
            return None
        return _one_by_one(matrix[basis][:, basis], k)
    dense = matrix[basis][:, basis].toarray()
    if inner:
        vectors = _inside(inner, basis, n)
        if vectors.shape[1] < k:
            raise InputError(
                f"{k} levels are asked for, and the sector has {vectors.shape[1]} state(s)"
            )
        dense = vectors.conj().T @ dense @ vectors
    return np.asarray(np.linalg.eigvalsh(dense)[:k])


def determinants(observable: PauliSum, n_qubits: int, within: Sector | None = None) -> list[int]:
    """The computational states of a sector, the lowest <x|H|x> first.

    Args:
        observable: H.
        n_qubits: n, at most 20.
        within: Symmetries; of those that are not diagonal <x|S|x> has to be the value, too.

    Raises:
        InputError: Too many qubits, or no such state.
    """
    if n_qubits > 20:
        raise InputError(
            f"references are looked for on at most 20 qubits, not {n_qubits}: give them as bits"
        )
    within = checked_sector(within)
    on_diagonal = diagonal(_diagonal_part(observable), n_qubits)
    kept = np.arange(2**n_qubits)
    for symmetry, value in within.items():
        means = diagonal(_diagonal_part(symmetry), n_qubits)
        kept = kept[np.abs(means[kept] - value) < _ROUNDING]
    if not len(kept):
        raise InputError("no computational state has these symmetries: give references as bits")
    # Equal ones in the order of their numbers.
    order = np.argsort(np.round(on_diagonal[kept], 9), kind="stable")
    return [int(x) for x in kept[order]]


def upper_bound(observable: PauliSum, k: int, n_qubits: int, within: Sector | None = None) -> float:
    """What the level e_k does not exceed, the lowest one being e_0.

    The highest eigenvalue of H in the span of the k + 1 lowest determinants: levels of a part are
    not below those of the whole in their order (Cauchy).

    Args:
        observable: H.
        k: Which.
        n_qubits: n, at most 20.
        within: Symmetries with their values.

    Raises:
        InputError: Too many qubits, or fewer determinants.

    Example:
        >>> upper_bound(PauliSum({"Z0": 1.0, "X0": 0.5}), 1, 1) >= 1.25**0.5 - 1e-12
        True
    """
    chosen = determinants(observable, n_qubits, within)[: k + 1]
    if len(chosen) <= k:
        raise InputError(f"there are {len(chosen)} determinants, and {k + 1} are asked for")
    place = {x: row for row, x in enumerate(chosen)}
    matrix = np.zeros((k + 1, k + 1), dtype=complex)
    for word, c in observable:
        for x, column in place.items():
            # P|x> = i^|Y| (-1)^{z . x} |x + flips>
            if (row := place.get(x ^ word.x)) is not None:
                turns = (word.x & word.z).bit_count() + 2 * (word.z & x).bit_count()
                matrix[row, column] += c * 1j ** (turns % 4)
    return float(np.linalg.eigvalsh(matrix)[-1])


def checked_sector(within: Any, problem: Problem | None = None) -> dict[PauliSum, float]:
    """Symmetries with their values; none where nothing is given.

    Args:
        within: What was given.
        problem: That knows symmetries by their names.

    Raises:
        InputError: No mapping from symmetries, or from names that the problem has.
    """
    given = {} if within is None else within
    known = PauliSum if problem is None else (PauliSum, str)
    if not isinstance(given, Mapping) or not all(isinstance(s, known) for s in given):
        raise InputError(
            "within is a mapping from symmetries (PauliSum) to values, such as "
            f"{{qng.symmetries.particle_number(4): 2}}, not {shown(given)}"
        )
    found = {}
    for s, value in given.items():
        symmetry = symmetry_of(problem, s) if isinstance(s, str) and problem is not None else s
        found[symmetry] = checks.real("the value of a symmetry", value)
    return found


def _determinants(observable: PauliSum, within: Sector, n: int) -> NDArray[np.intp]:
    """The computational states that have the values of all diagonal symmetries."""
    kept = np.arange(2**n)
    for symmetry, value in within.items():
        check_conserved(observable, symmetry)
        if symmetry.is_diagonal:
            kept = kept[np.abs(diagonal(symmetry, n)[kept] - value) < _ROUNDING]
            if not len(kept):
                raise InputError(f"no state has these symmetries: none has {value:g} of {symmetry}")
    return kept


def _inside(symmetries: list[tuple[PauliSum, float]], basis: NDArray[np.intp], n: int) -> Any:
    """An orthonormal basis of what has all values, shape (len(basis), states)."""
    total = np.zeros((len(basis), len(basis)), dtype=complex)
    for symmetry, value in symmetries:
        off = symmetry.matrix(n)[basis][:, basis].toarray() - value * np.eye(len(basis))
        total += off @ off
    squares, vectors = np.linalg.eigh(real_if_possible(total))
    return vectors[:, squares < _ROUNDING]


def _one_by_one(matrix: Any, k: int) -> Array:
    """Levels from Lanczos, which sees one state of a degenerate level: found ones are lifted."""
    found: list[float] = []
    vectors: list[Array] = []
    basis = None
    for _ in range(k):
        level, vector = lowest(matrix, basis)
        found.append(level)
        vectors.append(vector)
        basis = np.linalg.qr(np.array(vectors).T)[0]
    return np.sort(found)


def _diagonal_part(observable: PauliSum) -> PauliSum:
    return PauliSum([(word, c) for word, c in observable if word.x == 0])
