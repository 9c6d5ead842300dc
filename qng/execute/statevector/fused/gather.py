"""Operations of a circuit gathered into few passes; `fuse.py` says of which kinds they are.

An operation joins the latest pass of its kind if it commutes with all later ones, and starts a new
pass otherwise. Two rules let more of them through:

    a word of Z moves through a shuffle |j> -> |L j> as the word z -> L^T z
    a shuffle moves through phases, whose words change likewise
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from qng.arrays import Amplitudes
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli, bits
from qng.execute.statevector.kernels.kinds import MATRIX, PAIR, PHASE, SHUFFLE, TURN

_CX: Final = Gate("cx", (0, 1)).array()
_SWAP: Final = Gate("swap", (0, 1)).array()

# A diagonal gate on k qubits is 2^k words of Z.
_MOST_DIAGONAL: Final = 4

Element = tuple[int, int, int]


@dataclass
class Pass:
    """A pass that is being gathered.

    Args:
        kind: TURN, PHASE, SHUFFLE, PAIR or MATRIX.
        support: The qubits on which it acts.
        elements: As in `Fused`; none for a SHUFFLE.
        words: Of a PHASE or PAIR, one an element.
        columns: Of a SHUFFLE: L as images of the basis vectors.
    """

    kind: int
    support: int
    elements: list[Element] = field(default_factory=list)
    words: list[Pauli] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)

    def lets_through(self, word: Pauli) -> bool:
        """Whether it commutes with exp(-i phi/2 word), for what its kind shows at once."""
        if not self.support & word.support:
            return True
        return self.kind in (PHASE, PAIR) and all(word.commutes(own) for own in self.words)


@dataclass
class Pool:
    """Matrices one after the other, row by row."""

    matrices: list[Amplitudes] = field(default_factory=list)
    size: int = 0

    def add(self, matrix: Amplitudes) -> int:
        """Where the matrix begins."""
        start, self.size = self.size, self.size + matrix.size
        self.matrices.append(matrix)
        return start

    def flat(self) -> Amplitudes:
        """All entries."""
        return _concatenated(self.matrices)

    def inverses(self) -> Amplitudes:
        """Those of the inverses, at the same places."""
        return _concatenated([matrix.conj().T for matrix in self.matrices])


@dataclass
class Gathering:
    """The passes of the operations so far.

    Args:
        n_qubits: n.
        n_rotations: R.
        passes: In their order.
        fixed: Angles that the circuit fixes; their slots come after the R of its rotations.
        pool: Matrices of gates.
        offsets: Index that each local state of a MATRIX adds.
    """

    n_qubits: int
    n_rotations: int
    passes: list[Pass] = field(default_factory=list)
    fixed: list[float] = field(default_factory=list)
    pool: Pool = field(default_factory=Pool)
    offsets: list[int] = field(default_factory=list)

    def rotation(self, word: Pauli, slot: int) -> None:
        """exp(-i phi/2 word), with its angle in a slot."""
        if not word.x:
            self._phase([word], [slot])
        elif word.support & (word.support - 1) == 0:
            self._turn(word.support, 2 if word.z else 1, slot)
        else:
            self._pair(word, slot)

    def fixed_slot(self, angle: float) -> int:
        """A slot for an angle that the circuit fixes."""
        self.fixed.append(angle)
        return self.n_rotations + len(self.fixed) - 1

    def gate(self, gate: Gate) -> None:
        """A gate without parameters, up to a global phase."""
        matrix = gate.array()
        if np.array_equal(matrix, _CX):
            self._shuffle([gate.qubits])
        elif np.array_equal(matrix, _SWAP):
            a, b = gate.qubits
            self._shuffle([(a, b), (b, a), (a, b)])
        elif is_phase(gate):
            words = _words(np.diag(matrix), gate.qubits)
            self._phase(list(words), [self.fixed_slot(angle) for angle in words.values()])
        elif len(gate.qubits) == 1:
            self._turn(gate.support, 0, self.pool.add(matrix))
        else:
            element = len(self.offsets), len(matrix), self.pool.add(matrix)
            self.offsets += [sum(1 << gate.qubits[k] for k in bits(j)) for j in range(len(matrix))]
            self.passes.append(Pass(MATRIX, gate.support, [element]))

    def tidy(self) -> None:
        """Fixed angles of equal words of a PHASE are added, and words without an angle go."""
        for p in self.passes:
            if p.kind == PHASE:
                self._tidy_phase(p)
        self.passes = [p for p in self.passes if p.kind != PHASE or p.elements]

    def _tidy_phase(self, p: Pass) -> None:
        first: dict[Pauli, int] = {}
        for word, (_, _, slot) in zip(p.words, p.elements):
            place = slot - self.n_rotations
            if place >= 0 and first.setdefault(word, place) != place:
                self.fixed[first[word]] += self.fixed[place]
                self.fixed[place] = 0.0
        left = [
            (word, element)
            for word, element in zip(p.words, p.elements)
            if element[2] < self.n_rotations or self.fixed[element[2] - self.n_rotations]
        ]
        p.words, p.elements = [word for word, _ in left], [element for _, element in left]

    def _turn(self, qubit: int, axis: int, slot: int) -> None:
        target = self._latest(TURN, lambda p: not p.support & qubit, lambda p: True)
        target.support |= qubit
        target.elements.append((qubit.bit_length() - 1, axis, slot))

    def _pair(self, word: Pauli, slot: int) -> None:
        y = n_y(word)
        target = self._latest(
            PAIR,
            lambda p: p.lets_through(word),
            lambda p: p.words[0].x == word.x and (n_y(p.words[0]) - y) % 2 == 0,
        )
        target.support |= word.support
        target.words.append(word)
        target.elements.append((word.z, 1 if y % 4 < 2 else -1, slot))

    def _phase(self, words: list[Pauli], slots: list[int]) -> None:
        """Words of one gate stay together: alone, those of a real gate are complex."""
        moved = words
        for p in reversed(self.passes):
            if p.kind == PHASE:
                break
            if p.kind == SHUFFLE:
                moved = [_before_shuffle(word, p.columns) for word in moved]
            elif not all(p.lets_through(word) for word in moved):
                p, moved = self._new(PHASE), words
                break
        else:
            p, moved = self._new(PHASE), words
        for word, slot in zip(moved, slots):
            p.support |= word.support
            p.words.append(word)
            p.elements.append((word.z, 1, slot))

    def _shuffle(self, gates: Sequence[tuple[int, ...]]) -> None:
        """CX gates, each (control, target): to the latest shuffle, through phases on the way."""
        support = sum({1 << q for gate in gates for q in gate})
        found, crossed = self._latest_shuffle(support)
        for control, to in gates:
            found.columns = [c ^ ((c >> control & 1) << to) for c in found.columns]
            for p in crossed:
                # A word before CX is a word after it.
                p.words = [Pauli(0, w.z ^ ((w.z >> to & 1) << control)) for w in p.words]
        found.support |= support
        for p in crossed:
            p.elements = [(w.z, 1, slot) for w, (_, _, slot) in zip(p.words, p.elements)]
            p.support = sum({1 << q for w in p.words for q in bits(w.support)})

    def _latest_shuffle(self, support: int) -> tuple[Pass, list[Pass]]:
        """The shuffle that gates on some qubits can join, and the phases after it."""
        crossed: list[Pass] = []
        for p in reversed(self.passes):
            if p.kind == SHUFFLE:
                return p, crossed
            if p.kind == PHASE:
                crossed.append(p)
            elif p.support & support:
                break
        new = self._new(SHUFFLE)
        new.columns = [1 << q for q in range(self.n_qubits)]
        return new, []

    def _latest(
        self, kind: int, passes: Callable[[Pass], bool], joins: Callable[[Pass], bool]
    ) -> Pass:
        """The latest pass of a kind that can be joined, with nothing after it in the way."""
        for p in reversed(self.passes):
            if p.kind == kind and joins(p):
                return p
            if not passes(p):
                break
        return self._new(kind)

    def _new(self, kind: int) -> Pass:
        self.passes.append(Pass(kind, 0))
        return self.passes[-1]


def is_phase(gate: Gate) -> bool:
    """Whether a gate becomes words of Z."""
    matrix = gate.array()
    return len(gate.qubits) <= _MOST_DIAGONAL and not np.any(matrix - np.diag(np.diag(matrix)))


def n_y(word: Pauli) -> int:
    """How many letters of a word are Y."""
    return (word.x & word.z).bit_count()


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


def _before_shuffle(word: Pauli, columns: Sequence[int]) -> Pauli:
    """The word of Z that does before a shuffle what this one does after it."""
    return Pauli(0, sum(((word.z & c).bit_count() & 1) << q for q, c in enumerate(columns)))


def _concatenated(matrices: Sequence[Amplitudes]) -> Amplitudes:
    parts = [np.ascontiguousarray(matrix).ravel() for matrix in matrices]
    return np.concatenate(parts).astype(complex) if parts else np.zeros(0, dtype=complex)
