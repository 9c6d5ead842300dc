"""A circuit as few passes over the amplitudes.

Operations are gathered, where they commute with what lies between (`gather.py`), into passes of
five kinds:

    TURN     one-qubit gates on different qubits
    PHASE    exp(-i/2 sum_k phi_k Z_k): a diagonal
    SHUFFLE  a permutation |j> -> |L j>, L linear over GF(2): any sequence of CX and SWAP
    PAIR     exp(-i/2 sum_k phi_k P_k) of commuting words that flip the same qubits: a rotation in
             every plane (j, j ^ x)
    MATRIX   any other gate

The rotations of a pass act at one time: the derivative state of each is a Hermitian operator on
the state before the pass, or on the state after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.execute.statevector.fused.gather import Element, Pass, n_y
from qng.execute.statevector.fused.mixers import gathered
from qng.execute.statevector.fused.patterns import Patterns, patterns
from qng.execute.statevector.fused.spectra import Spectra, spectra
from qng.execute.statevector.kernels import phases as of_phases
from qng.execute.statevector.kernels.kinds import MATRIX, PAIR, PHASE, SHUFFLE, TURN


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
        fixed: Angles of the slots after the R of the circuit.
        pool: Matrices, row by row.
        pool_inverse: Their inverses, at the same places.
        offsets: Index that each local state of a MATRIX adds.
        columns: Per shuffle, L as images of the n basis vectors, shape (shuffles, n).
        patterns: The planes of PAIR passes.
        spectra: What is known of PHASE passes up to a scale.
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
    patterns: Patterns
    spectra: Spectra

    @cached_property
    def n_gates(self) -> int:
        """How many gates the TURN passes have together."""
        return int(np.diff(self.starts)[self.kinds == TURN].sum())

    @cached_property
    def widths(self) -> Integers:
        """How many cosines each pass has: one a pattern of a PAIR, and one an amplitude of a PHASE.

        Two short tables are enough where the words of a PHASE act on one qubit each.
        """
        size = 2**self.n_qubits
        stretch = min(size, of_phases.STRETCH)
        widths: Integers = self.patterns.bounds[:, 1] - self.patterns.bounds[:, 0]
        for k in np.flatnonzero(self.kinds == PHASE):
            z = self.elements[self.starts[k] : self.starts[k + 1], 0]
            widths[k] = size if np.any(z & (z - 1)) else stretch + size // stretch
        return widths

    @cached_property
    def width(self) -> int:
        """The cosines of all passes together."""
        return int(self.widths.sum())

    @cached_property
    def widest(self) -> int:
        """The most cosines that a pass has."""
        return int(self.widths.max(initial=0))

    @property
    def costs(self) -> Array:
        """Of the passes, in units of one sweep over a state with a one-qubit gate, shape (T,)."""
        counts = np.diff(self.starts)
        each = np.array([_EACH[int(kind)] for kind in self.kinds])
        once = np.array([_ONCE[int(kind)] for kind in self.kinds])
        costs: Array = each * counts + once
        return costs


# Costs of an element of a pass, and of a pass, by kind.
_EACH: Final = {TURN: 1.0, PHASE: 0.0, SHUFFLE: 0.0, PAIR: 0.0, MATRIX: 4.0}
_ONCE: Final = {TURN: 0.0, PHASE: 1.0, SHUFFLE: 2.0, PAIR: 1.5, MATRIX: 0.0}


@derived
def fused(circuit: Circuit) -> Fused:
    """The passes of a circuit. Cost: passes times operations, at worst."""
    found = gathered(circuit)
    identity = [1 << q for q in range(circuit.n_qubits)]
    passes = [p for p in found.passes if p.columns != identity]
    shuffles = list(dict.fromkeys(tuple(p.columns) for p in passes if p.kind == SHUFFLE))
    elements = [_elements(p, shuffles) for p in passes]
    words = [p.words[0] if p.kind == PAIR else Pauli(0, 0) for p in passes]
    return Fused(
        n_qubits=circuit.n_qubits,
        is_real=all(_is_real(op) for op in circuit.ops),
        kinds=_integers([p.kind for p in passes]),
        starts=_integers(np.cumsum([0, *map(len, elements)])),
        elements=_integers([row for rows in elements for row in rows]).reshape(-1, 3),
        flips=_integers([word.x for word in words]),
        odd=_integers([n_y(word) % 2 for word in words]),
        places=_places(passes, elements, circuit.n_rotations),
        fixed=np.array(found.fixed, dtype=float),
        pool=found.pool.flat(),
        pool_inverse=found.pool.inverses(),
        offsets=_integers(found.offsets),
        columns=_integers(shuffles).reshape(-1, circuit.n_qubits),
        patterns=patterns([p.words if p.kind == PAIR else [] for p in passes], circuit.n_qubits),
        spectra=spectra(circuit, [p.kind for p in passes], elements),
    )


def _elements(p: Pass, shuffles: Sequence[tuple[int, ...]]) -> list[Element]:
    """The rows of a pass, by qubit or by z; that of a shuffle is the number of its table."""
    if p.kind == SHUFFLE:
        return [(shuffles.index(tuple(p.columns)), 0, 0)]
    return sorted(p.elements, key=lambda element: element[0])


def _places(
    passes: Sequence[Pass], elements: Sequence[Sequence[Element]], n_rotations: int
) -> Integers:
    """The pass and the element of every rotation, shape (R, 2)."""
    places = np.zeros((n_rotations, 2), dtype=np.int64)
    row = 0
    for k, (p, rows) in enumerate(zip(passes, elements)):
        for _, axis_or_sign, slot in rows:
            if p.kind in (TURN, PHASE, PAIR) and axis_or_sign and slot < n_rotations:
                places[slot] = k, row
            row += 1
    return places


def _is_real(op: Rotation | Gate) -> bool:
    if isinstance(op, Rotation):
        return n_y(op.pauli) % 2 == 1
    return not np.any(op.array().imag)


def _integers(numbers: object) -> Integers:
    return np.array(numbers, dtype=np.int64)
