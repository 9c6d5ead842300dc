"""A circuit of few qubits as levels of commuting rotations, with dense matrices between them.

Fixed operations are drawn back to the start, F exp(-i phi P/2) = exp(-i phi F P F^dagger/2) F, as
long as words stay words. A rotation goes to the level after the last one with a word that it does
not commute with. The words of a level have a basis in common, the columns of W, in which they are
signs s_k, and h_k = -s_k/2:

    U(phi) = L E_G T_G ... E_2 T_2 E_1 T_1,    E_g = exp(i sum_k phi_k h_k),

with T_g = W_g^dagger F_g W_{g-1} and L = F W_G, F_g what stands fixed between two levels. So a
layer of rotations, on however many qubits, is one product with a fixed matrix and 2^n phases.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, bits
from qng.execute.statevector.small.products import by_point

# Entries of a matrix up to which one product is faster than one a level.
_LARGE: Final = 2**14

# Entries of a matrix are zero or of modulus 1, up to rounding of products of fixed operations.
_ROUNDING: Final = 1e-13


@dataclass(frozen=True, eq=False)
class Levels:
    """A circuit as levels; states are rows here, so matrices act on them from the right.

    Args:
        first: T_1|0...0>, shape (2^n,).
        between: T_2^T, ..., T_G^T, shape (G - 1, 2^n, 2^n).
        back: Their transposes.
        last: L^T, shape (2^n, 2^n).
        signs: s_k of the rotations of every level, zero where it has fewer than M, shape
            (G, M, 2^n).
        halves: h_k = -s_k/2.
        slots: Which rotation each of these is, shape (G, M).
        places: Where each rotation is among the G M places, shape (R,).
        together: h_k of every rotation at the place of its level, zero in other levels, shape
            (R, G 2^n); None where that is large.
        gathering: s_k in the same places, shape (G 2^n, R); None where that is large.
    """

    first: Amplitudes
    between: Amplitudes
    back: Amplitudes
    last: Amplitudes
    signs: Array
    halves: Array
    slots: Integers
    places: Integers
    together: Array | None
    gathering: Array | None

    def exponents(self, phi: Array) -> Array:
        """sum_k phi_k h_k of every level, shape (G, points, 2^n); phi of shape (points, R)."""
        if self.together is not None:
            return by_point(phi, self.together).reshape(len(phi), *self._shape).transpose(1, 0, 2)
        angles = phi.take(self.slots, axis=1).transpose(1, 0, 2)[:, :, None]
        return np.asarray(angles @ self.halves[:, None])[:, :, 0]

    def sums(self, values: Array) -> Array:
        """sum_j s_kj v_j over the level of every rotation, (points, R); v of (G, points, 2^n)."""
        points = values.shape[1]
        if self.gathering is not None:
            # Numbers with gaps between them are added up in another order.
            rows = np.ascontiguousarray(values.transpose(1, 0, 2))
            rows = rows.reshape(points, len(self.gathering))
            return by_point(rows, self.gathering)
        found = self.signs[:, None] @ values[..., None]
        return found.transpose(1, 0, 2, 3).reshape(points, -1).take(self.places, axis=1)

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.slots), len(self.first)


@dataclass(frozen=True)
class _Turn:
    """A rotation about a signed word, drawn forward through the fixed operations before it."""

    number: int
    sign: int
    word: Pauli


@derived
def levels(circuit: Circuit) -> Levels:
    """The levels of a circuit. Cost: products of 2^n times 2^n matrices, one an operation."""
    size = 2**circuit.n_qubits
    found: list[list[_Turn]] = [[]]
    fixed: dict[int, Amplitudes] = {}
    frame, lowest, number = np.eye(size, dtype=complex), 0, 0
    for op in circuit.ops:
        if isinstance(op, Gate) or op.is_fixed:
            frame = _operation(op, size) @ frame
            continue
        drawn = _as_word(frame.conj().T @ word_matrix(op.pauli, size) @ frame)
        if drawn is None:
            if found[-1]:
                found.append([])
            lowest, drawn = len(found) - 1, (1, op.pauli)
            fixed[lowest] = frame @ fixed[lowest] if lowest in fixed else frame
            frame = np.eye(size, dtype=complex)
        level = len(found)
        while level > lowest and all(t.word.commutes(drawn[1]) for t in found[level - 1]):
            level -= 1
        if level == len(found):
            found.append([])
        found[level].append(_Turn(number, *drawn))
        number += 1
    return _joined(found, fixed, frame, number)


def _joined(
    found: list[list[_Turn]], fixed: dict[int, Amplitudes], frame: Amplitudes, n_rotations: int
) -> Levels:
    """The levels with their bases.

    Args:
        found: The rotations of every level.
        fixed: What stands before a level, where it is not the identity.
        frame: What stands after all of them.
        n_rotations: R.
    """
    size = len(frame)
    widest = max(map(len, found))
    signs, slots = np.zeros((len(found), widest, size)), np.zeros((len(found), widest), np.int64)
    places = np.zeros(n_rotations, dtype=np.int64)
    basis, between = np.eye(size, dtype=complex), []
    for g, turns in enumerate(found):
        before = fixed[g] @ basis if g in fixed else basis
        basis, of_words = _diagonal(tuple(dict.fromkeys(t.word for t in turns)), size)
        between.append((basis.conj().T @ before).T)
        for k, turn in enumerate(turns):
            signs[g, k] = turn.sign * of_words[turn.word]
            slots[g, k], places[turn.number] = turn.number, g * widest + k
    stacked = np.array(between[1:], dtype=complex).reshape(-1, size, size)
    back = np.ascontiguousarray(stacked.transpose(0, 2, 1))
    last = (frame @ basis).T.copy()
    halves = -0.5 * signs
    whole = _together(halves, places)
    gathering = None if whole is None else np.ascontiguousarray(-2.0 * whole.T)
    return Levels(
        first=between[0][0],
        between=stacked,
        back=back,
        last=last,
        signs=signs,
        halves=halves,
        slots=slots,
        places=places,
        together=whole,
        gathering=gathering,
    )


def _together(halves: Array, places: Integers) -> Array | None:
    n_levels, widest, size = halves.shape
    if len(places) * n_levels * size > _LARGE:
        return None
    found = np.zeros((len(places), n_levels, size))
    for row, place in zip(found, places.tolist()):
        level, inside = divmod(place, widest)
        row[level] = halves[level, inside]
    return found.reshape(len(places), n_levels * size)


@lru_cache(maxsize=512)
def _diagonal(words: tuple[Pauli, ...], size: int) -> tuple[Amplitudes, dict[Pauli, Array]]:
    """A basis in which commuting words are signs, its vectors as columns, and these signs.

    A word B with X or Y on qubit j does not commute with Z_j, so that C = (B + Z_j)/sqrt(2) is a
    reflection that turns B into Z_j. It commutes with all words that are signs already.

    The product of sqrt(2) C is exact: scaled once, states of deep circuits keep their norm.
    """
    matrices = [word_matrix(word, size) for word in words]
    basis, reflections = np.eye(size, dtype=complex), 0
    for k in range(len(words)):
        flipped = int(np.argmax(np.abs(matrices[k][:, 0])))
        if flipped:
            z = word_matrix(Pauli(0, flipped & -flipped), size)
            reflection = matrices[k] + z
            basis, reflections = basis @ reflection, reflections + 1
            matrices = [0.5 * (reflection @ matrix @ reflection) for matrix in matrices]
    scaled = basis * 2.0 ** (-0.5 * reflections)
    return scaled, {word: np.rint(np.diag(m).real) for word, m in zip(words, matrices)}


@lru_cache(maxsize=1024)
def word_matrix(word: Pauli, size: int) -> Amplitudes:
    """P as a matrix, shape (2^n, 2^n): i^|x & z| (-1)^|j & z| in column j and row j ^ x."""
    j = np.arange(size)
    odd = np.zeros(size, dtype=np.int64)
    for q in bits(word.z):
        odd ^= j >> q & 1
    matrix = np.zeros((size, size), dtype=complex)
    matrix[j ^ word.x, j] = (1, 1j, -1, -1j)[(word.x & word.z).bit_count() % 4] * (1 - 2 * odd)
    matrix.flags.writeable = False
    return matrix


def _as_word(matrix: Amplitudes) -> tuple[int, Pauli] | None:
    """The sign and the word that a matrix is, None where it is none."""
    size = len(matrix)
    x = int(np.argmax(np.abs(matrix[:, 0])))
    z = 0
    for q in range(size.bit_length() - 1):
        if (matrix[x ^ 1 << q, 1 << q] / matrix[x, 0]).real < 0.0:
            z |= 1 << q
    word = Pauli(x, z)
    plain = word_matrix(word, size)
    sign = 1 if (matrix[x, 0] / plain[x, 0]).real > 0.0 else -1
    return (sign, word) if np.abs(matrix - sign * plain).max() < _ROUNDING else None


def _operation(op: Rotation | Gate, size: int) -> Amplitudes:
    """A fixed operation as a matrix, shape (2^n, 2^n)."""
    if isinstance(op, Rotation):
        half = 0.5 * op.angle.value({})
        turned: Amplitudes = np.cos(half) * np.eye(size) - 1j * np.sin(half) * (
            word_matrix(op.pauli, size)
        )
        return turned
    local = op.array()
    j = np.arange(size)
    own = np.zeros(size, dtype=np.int64)
    for k, q in enumerate(op.qubits):
        own |= (j >> q & 1) << k
    apart = (j[:, None] ^ j[None, :]) & ~op.support == 0
    matrix: Amplitudes = np.where(apart, local[own[:, None], own[None, :]], 0.0)
    return matrix
