"""A circuit as few passes over the amplitudes.

Operations are gathered, where they commute with what lies between, into passes of five kinds:

    TURN     one-qubit gates on different qubits
    PHASE    exp(-i/2 sum_k phi_k Z_k): a diagonal
    SHUFFLE  a permutation |j> -> |L j>, L linear over GF(2): any sequence of CX and SWAP
    PAIR     exp(-i/2 sum_k phi_k P_k) of commuting words that flip the same qubits: a rotation in
             every plane (j, j ^ x)
    MATRIX   any other gate

The rotations of a pass act at one time: the derivative state of each is a Hermitian operator on
the state in front of the pass, or on the state behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, bits
from qng.execute.statevector.kernels.kinds import MATRIX, PAIR, PHASE, SHUFFLE, TURN

_CX: Final = Gate("cx", (0, 1)).array()
_SWAP: Final = Gate("swap", (0, 1)).array()

# A diagonal gate on k qubits is 2^k words of Z.
_MOST_DIAGONAL: Final = 4


@dataclass(frozen=True, eq=False)
class Fused:
    """The passes of a circuit as flat arrays, the form in which the kernels read them.

    Args:
        n_qubits: n.
        is_real: Whether all amplitudes are real.
        kinds: Kind of each pass, shape (T,).
        starts: The elements of pass k are starts[k] to starts[k + 1], shape (T + 1,).
        elements: Shape (elements, 3). TURN: qubit; 1 or 2 for a rotation about X or Y, 0 for a
            fixed gate; slot of the angle or place in `pool`. PHASE: z mask,
            1, slot. PAIR: z mask, i^y as a sign, slot. SHUFFLE: number of the table. MATRIX:
            place in `offsets`, number of local states, place in `pool`.
        flips: The x mask of PAIR passes, shape (T,).
        odd: Whether the words of a PAIR pass have an odd number of Y, shape (T,).
        places: The pass and the element of each of the R rotations, shape (R, 2).
        fixed: Angles of the slots behind the R of the circuit.
        pool: Matrices, row by row.
        pool_inverse: Their inverses, at the same places.
        offsets: Index that each local state of a MATRIX adds.
        columns: Per shuffle, L as images of the n basis vectors, shape (shuffles, n).
    """

    n_qubits: int
    is_real: bool
    kinds: Integers
    starts: Integers
    elements: Integers
    flips: Integers
    odd: Integers
    places: Integers
    fixed: Array
    pool: Amplitudes
    pool_inverse: Amplitudes
    offsets: Integers
    columns: Integers

    @property
    def costs(self) -> Array:
        """Of the passes, in units of one sweep over a state with a one-qubit gate, shape (T,)."""
        counts = np.diff(self.starts)
        unit = {TURN: 1.0, PHASE: 0.0, SHUFFLE: 0.0, PAIR: 0.0, MATRIX: 4.0}
        once = {TURN: 0.0, PHASE: 1.0, SHUFFLE: 2.0, PAIR: 1.5, MATRIX: 0.0}
        kinds = [int(kind) for kind in self.kinds]
        return np.array([unit[k] * c + once[k] for k, c in zip(kinds, counts)], dtype=float)


@lru_cache(maxsize=256)
def fused(circuit: Circuit) -> Fused:
    """The passes of a circuit. Cost: passes times operations, at worst."""
    builder = _Builder(circuit.n_qubits, circuit.n_rotations)
    r = 0
    for op in circuit.ops:
        if isinstance(op, Gate):
            builder.gate(op)
        elif op.is_fixed:
            builder.rotation(op.pauli, builder.fixed_slot(op.angle.value({})))
        else:
            builder.rotation(op.pauli, r)
            r += 1
    return builder.flat(all(_is_real(op) for op in circuit.ops))


@dataclass
class _Pass:
    """A pass that is being gathered; `support` is where it acts."""

    kind: int
    support: int
    elements: list[tuple[int, int, int]] = field(default_factory=list)
    words: list[Pauli] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)

    def lets_through(self, word: Pauli) -> bool:
        """Whether it commutes with exp(-i phi/2 word), for what its kind shows at once."""
        if not self.support & word.support:
            return True
        return self.kind in (PHASE, PAIR) and all(word.commutes(own) for own in self.words)


@dataclass
class _Builder:
    n_qubits: int
    n_rotations: int
    passes: list[_Pass] = field(default_factory=list)
    fixed: list[float] = field(default_factory=list)
    pool: list[Amplitudes] = field(default_factory=list)
    pooled: int = 0
    offsets: list[int] = field(default_factory=list)

    def fixed_slot(self, angle: float) -> int:
        self.fixed.append(angle)
        return self.n_rotations + len(self.fixed) - 1

    def rotation(self, word: Pauli, slot: int) -> None:
        """exp(-i phi/2 word)."""
        if not word.x:
            self._phase([word], [slot])
        elif word.support & (word.support - 1) == 0:
            self._turn(word.support, 2 if word.z else 1, slot)
        else:
            self._pair(word, slot)

    def gate(self, gate: Gate) -> None:
        """A gate without parameters, up to a global phase."""
        matrix = gate.array()
        if np.array_equal(matrix, _CX):
            self._shuffle([gate.qubits])
        elif np.array_equal(matrix, _SWAP):
            a, b = gate.qubits
            self._shuffle([(a, b), (b, a), (a, b)])
        elif len(gate.qubits) <= _MOST_DIAGONAL and not np.any(matrix - np.diag(np.diag(matrix))):
            words = _words(np.diag(matrix), gate.qubits)
            self._phase(list(words), [self.fixed_slot(angle) for angle in words.values()])
        elif len(gate.qubits) == 1:
            self._turn(gate.support, 0, self._pooled(matrix))
        else:
            first = len(self.offsets)
            self.offsets += [sum(1 << gate.qubits[k] for k in bits(j)) for j in range(len(matrix))]
            element = first, len(matrix), self._pooled(matrix)
            self.passes.append(_Pass(MATRIX, gate.support, [element]))

    def flat(self, is_real: bool) -> Fused:
        """The arrays."""
        identity = [1 << q for q in range(self.n_qubits)]
        kept = [p for p in self.passes if not (p.kind == SHUFFLE and p.columns == identity)]
        tables: dict[tuple[int, ...], int] = {}
        rows: list[tuple[int, int, int]] = []
        starts = [0]
        places = np.zeros((self.n_rotations, 2), dtype=np.int64)
        for k, p in enumerate(kept):
            elements = p.elements
            if p.kind == SHUFFLE:
                elements = [(tables.setdefault(tuple(p.columns), len(tables)), 0, 0)]
            elif p.kind in (TURN, PHASE, PAIR):
                elements = sorted(elements, key=lambda element: element[0])
            for element in elements:
                turns = p.kind in (PHASE, PAIR) or (p.kind == TURN and element[1])
                if turns and element[2] < self.n_rotations:
                    places[element[2]] = k, len(rows)
                rows.append(element)
            starts.append(len(rows))
        pairs = [p.words[0] if p.kind == PAIR else None for p in kept]
        return Fused(
            self.n_qubits,
            is_real,
            np.array([p.kind for p in kept], dtype=np.int64),
            np.array(starts, dtype=np.int64),
            np.array(rows, dtype=np.int64).reshape(-1, 3),
            np.array([word.x if word else 0 for word in pairs], dtype=np.int64),
            np.array([_n_y(word) % 2 if word else 0 for word in pairs], dtype=np.int64),
            places,
            np.array(self.fixed, dtype=float),
            _flat(self.pool),
            _flat([matrix.conj().T for matrix in self.pool]),
            np.array(self.offsets, dtype=np.int64),
            np.array(list(tables), dtype=np.int64).reshape(-1, self.n_qubits),
        )

    def _turn(self, qubit: int, axis: int, slot: int) -> None:
        element = qubit.bit_length() - 1, axis, slot
        target = self._latest(TURN, lambda p: not p.support & qubit, lambda p: True)
        target.support |= qubit
        target.elements.append(element)

    def _phase(self, words: list[Pauli], slots: list[int]) -> None:
        """Words of one gate stay together: alone, those of a real gate are complex."""
        moved = words
        for p in reversed(self.passes):
            if p.kind == PHASE:
                break
            if p.kind == SHUFFLE:
                moved = [_behind(word, p.columns) for word in moved]
            elif not all(p.lets_through(word) for word in moved):
                p, moved = self._new(PHASE), words
                break
        else:
            p, moved = self._new(PHASE), words
        for word, slot in zip(moved, slots):
            p.support |= word.support
            p.words.append(word)
            p.elements.append((word.z, 1, slot))

    def _pair(self, word: Pauli, slot: int) -> None:
        y = _n_y(word)
        target = self._latest(
            PAIR,
            lambda p: p.lets_through(word),
            lambda p: p.words[0].x == word.x and (_n_y(p.words[0]) - y) % 2 == 0,
        )
        target.support |= word.support
        target.words.append(word)
        target.elements.append((word.z, 1 if y % 4 < 2 else -1, slot))

    def _shuffle(self, gates: Sequence[tuple[int, ...]]) -> None:
        support = sum({1 << q for gate in gates for q in gate})
        target: _Pass | None = None
        crossed: list[_Pass] = []
        for p in reversed(self.passes):
            if p.kind == SHUFFLE:
                target = p
                break
            if p.kind == PHASE:
                crossed.append(p)
            elif p.support & support:
                break
        if target is None:
            target, crossed = self._new(SHUFFLE), []
            target.columns = [1 << q for q in range(self.n_qubits)]
        for control, to in gates:
            target.columns = [c ^ ((c >> control & 1) << to) for c in target.columns]
            for p in crossed:
                # A word in front of CX is a word behind it.
                p.words = [Pauli(0, w.z ^ ((w.z >> to & 1) << control)) for w in p.words]
        target.support |= support
        for p in crossed:
            p.elements = [(w.z, 1, slot) for w, (_, _, slot) in zip(p.words, p.elements)]
            p.support = sum({1 << q for w in p.words for q in bits(w.support)})

    def _latest(
        self, kind: int, passes: Callable[[_Pass], bool], joins: Callable[[_Pass], bool]
    ) -> _Pass:
        """The latest pass of a kind that can be joined, behind which nothing is in the way."""
        for p in reversed(self.passes):
            if p.kind == kind and joins(p):
                return p
            if not passes(p):
                break
        return self._new(kind)

    def _new(self, kind: int) -> _Pass:
        self.passes.append(_Pass(kind, 0))
        return self.passes[-1]

    def _pooled(self, matrix: Amplitudes) -> int:
        start, self.pooled = self.pooled, self.pooled + matrix.size
        self.pool.append(matrix)
        return start


def _words(diagonal: Amplitudes, qubits: tuple[int, ...]) -> dict[Pauli, float]:
    """Words and angles with prod exp(-i angle/2 word) = diag, the identity included."""
    phases = -2.0 * np.angle(diagonal)
    size = len(phases)
    found = {}
    for z in range(size):
        signs = 1.0 - 2.0 * (np.bitwise_count(np.arange(size) & z) & 1)
        angle = float(signs @ phases) / size
        if angle:
            found[Pauli(0, sum(1 << qubits[k] for k in bits(z)))] = angle
    return found


def _behind(word: Pauli, columns: Sequence[int]) -> Pauli:
    """The word of Z in front of a shuffle that does what this one does behind it."""
    return Pauli(0, sum(((word.z & c).bit_count() & 1) << q for q, c in enumerate(columns)))


def _n_y(word: Pauli) -> int:
    return (word.x & word.z).bit_count()


def _is_real(op: Rotation | Gate) -> bool:
    if isinstance(op, Rotation):
        return _n_y(op.pauli) % 2 == 1
    return not np.any(op.array().imag)


def _flat(matrices: list[Amplitudes]) -> Amplitudes:
    parts = [np.ascontiguousarray(matrix).ravel() for matrix in matrices]
    return np.concatenate(parts).astype(complex) if parts else np.zeros(0, dtype=complex)
