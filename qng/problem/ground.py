"""The lowest level of an observable, exactly.

Dense up to 8 qubits, Lanczos up to 12; a diagonal observable is read off its diagonal.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.circuit.pauli import PauliSum, bits
from qng.threads import limited

_DENSE: Final = 8
_SPARSE: Final = 12
_DIAGONAL: Final = 20
_DIAGONAL_VECTORS: Final = 16

# Ground spaces are returned as dense vectors: at most 256 MiB of them, and at most so many from
# the iterative solver, which finds them one at a time.
_LARGEST_SPACE: Final = 2**24
_LARGEST_SPARSE_SPACE: Final = 32

# Two levels are one within this fraction of sum |c_k|.
_DEGENERATE: Final = 1e-9


@lru_cache(maxsize=16)
def ground_energy(observable: PauliSum) -> tuple[float, str] | None:
    """(the ground energy, how it was found).

    Args:
        observable: Hermitian. Only the qubits on which it acts count.

    Returns:
        None above 12 qubits, and above 20 where the observable is diagonal.
    """
    observable = _on_its_qubits(observable)
    n = max(1, observable.n_qubits)
    if observable.is_diagonal:
        if n > _DIAGONAL:
            return None
        least = float(diagonal(observable, n).min())
        return least, "exact: the lowest entry of the diagonal observable"
    if n > _SPARSE:
        return None
    if n <= _DENSE:
        levels = np.linalg.eigvalsh(real_if_possible(observable.dense(n)))
        return float(levels[0]), "exact diagonalisation"
    least = lowest(real_if_possible(observable.matrix(n)), None)[0]
    return least, "exact diagonalisation (Lanczos)"


@lru_cache(maxsize=16)
def ground_space(observable: PauliSum, n_qubits: int) -> tuple[float, Amplitudes] | None:
    """The ground energy and an orthonormal basis of all its states.

    Args:
        observable: Hermitian.
        n_qubits: n, at least `observable.n_qubits`.

    Returns:
        (energy, vectors of shape (k, 2^n)); None beyond 12 qubits (16 where the observable is
        diagonal), above 32 states where n exceeds 8 and the observable is not diagonal, and where
        the vectors would fill more than 256 MiB.

    Cost: computed once an observable; dense up to 8 qubits, k + 1 Lanczos runs up to 12.
    """
    n = n_qubits
    width = _DEGENERATE * sum(abs(c) for word, c in observable if word.support)
    if observable.is_diagonal:
        return _diagonal_space(observable, n, width) if n <= _DIAGONAL_VECTORS else None
    if n > _SPARSE:
        return None
    if n > _DENSE:
        return _sparse_space(real_if_possible(observable.matrix(n)), width)
    levels, vectors = np.linalg.eigh(real_if_possible(observable.dense(n)))
    ground = levels <= levels[0] + width
    return float(levels[0]), np.ascontiguousarray(vectors[:, ground].T, dtype=complex)


def _on_its_qubits(observable: PauliSum) -> PauliSum:
    """The observable with the qubits on which it acts numbered 0, 1, ..."""
    mask = 0
    for word, _ in observable:
        mask |= word.support
    places = {q: k for k, q in enumerate(bits(mask))}
    return PauliSum([(word.moved(places), c) for word, c in observable])


def diagonal(observable: PauliSum, n: int) -> Array:
    """The entries <i|H|i> of a sum without X and Y, shape (2^n,)."""
    index = np.arange(2**n)
    total = np.zeros(2**n)
    for word, c in observable:
        total += c.real * (1.0 - 2.0 * (np.bitwise_count(index & word.z) & 1))
    return total


def _diagonal_space(observable: PauliSum, n: int, width: float) -> tuple[float, Amplitudes] | None:
    levels = diagonal(observable, n)
    ground = np.flatnonzero(levels <= levels.min() + width)
    if len(ground) * len(levels) > _LARGEST_SPACE:
        return None
    vectors = np.zeros((len(ground), len(levels)), dtype=complex)
    vectors[np.arange(len(ground)), ground] = 1.0
    return float(levels.min()), vectors


def _sparse_space(matrix: Any, width: float) -> tuple[float, Amplitudes] | None:
    # What was found is lifted out of the way, since Lanczos sees one state of a degenerate level.
    found: list[Array] = []
    ground, vector = lowest(matrix, None)
    level = ground
    while level <= ground + max(width, 1e-9):
        found.append(vector)
        if len(found) > _LARGEST_SPARSE_SPACE:
            return None
        basis = np.linalg.qr(np.array(found).T)[0]
        level, vector = lowest(matrix, basis)
    return ground, np.ascontiguousarray(basis.T, dtype=complex)


def lowest(matrix: Any, lifted: Array | None) -> tuple[float, Array]:
    """The lowest level of a sparse matrix by Lanczos, with a state of it.

    Args:
        matrix: Hermitian, shape (size, size).
        lifted: An orthonormal basis, as columns, of what is moved above all levels.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    size = matrix.shape[0]
    height = 2.0 * float(abs(matrix).sum(axis=1).max()) + 1.0

    def apply(v: Array) -> Array:
        w: Array = matrix @ v
        if lifted is not None:
            w += height * (lifted @ (lifted.conj().T @ v))
        return w

    operator = LinearOperator((size, size), matvec=apply, dtype=matrix.dtype)
    # Of a degenerate level a vector reaches one state only: every call has another.
    seed = 0 if lifted is None else lifted.shape[1]
    v0 = np.random.default_rng(seed).standard_normal(size).astype(matrix.dtype)
    # At tol=0 complex matrices can take a hundred times longer for the last digit. Products of the
    # 40 vectors are too short for threads, which wait for each other where the cores are busy.
    with limited(1):
        levels, vectors = eigsh(operator, k=1, which="SA", v0=v0, ncv=40, tol=1e-12)
    return float(levels[0]), vectors[:, 0]


def real_if_possible(matrix: Any) -> Any:
    """A matrix without its imaginary part where that is zero."""
    return matrix if abs(matrix.imag).max() else matrix.real
