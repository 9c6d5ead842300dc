r"""The circuits of Hadamard tests, and which entries of the tensor are read off their bits.

In the state |chi> after rotation r, with W everything between r and a later rotation s,

    p_r = <P_r>,   c_rs = <W^\dagger P_s W P_r>

An ancilla a in |+> that controls P_r after rotation r makes (|0> W|chi> + |1> W P_r|chi>)/sqrt(2),
and in this state, before rotation s,

    <X_a P_s> = Re c_rs,   <Y_a P_s> = Im c_rs :

measuring P_s there with the ancilla spares the second controlled gate. All s of one block are read
off its prefix state as the words K_s (`circuit.blocks`), and where r is in the block as well, the
product K_r K_s is, without ancilla.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from math import prod
from operator import or_, xor
from typing import Final

import numpy as np

from qng.arrays import Array, Flags, Integers
from qng.circuit.blocks import Block
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli
from qng.circuit.structure import structure
from qng.estimate.fubini.prefixes import (
    Step,
    as_bits,
    as_circuit,
    influencing,
    inherited,
    prefix_steps,
)

_NO_LETTER: Final = Pauli(0, 0)


@dataclass(frozen=True, eq=False)
class Probe:
    """A circuit, and the entries that are read off its bits: p_r, Re c_rs or Im c_rs.

    Args:
        circuit: Without what does not influence the outcome; qubit n is the ancilla.
        inherited: The rotations r whose angles it takes, in its order.
        words: In the letters in which qubits are measured; one entry each.
        signs: Of the words, shape (entries,).
        first: r, shape (entries,).
        second: s of c_rs, r for p_r; shape (entries,).
    """

    circuit: Circuit
    inherited: tuple[int, ...]
    words: tuple[Pauli, ...]
    signs: Array
    first: Integers
    second: Integers

    @property
    def is_mean(self) -> Flags:
        """Which entries are means p_r, shape (entries,)."""
        return np.asarray(self.first == self.second)

    @property
    def basis(self) -> Pauli:
        """The word that measures them all."""
        x = z = 0
        for word in self.words:
            x, z = x | word.x, z | word.z
        return Pauli(x, z)


@dataclass(frozen=True)
class _Entry:
    """c_rs, or p_r where r = s: the mean of a product of words K, beside the ancilla's letter.

    Args:
        first: r.
        second: s.
        factors: The rotations whose K are multiplied.
    """

    first: int
    second: int
    factors: tuple[int, ...]


@derived
def real_probes(circuit: Circuit) -> tuple[Probe, ...]:
    """Probes of Re c_rs and p_r, wherever the structure of the circuit does not fix the metric."""
    fixed = structure(circuit)
    wanted = np.isnan(fixed.metric) & np.isnan(fixed.products)
    probes = list(_across_blocks(circuit, wanted, Pauli(1 << circuit.n_qubits, 0)))
    for block in circuit.blocks():
        means = [_Entry(r, r, (r,)) for r in block.rotations if np.isnan(fixed.means[r])]
        pairs = [_Entry(r, s, (r, s)) for r, s in combinations(block.rotations, 2) if wanted[r, s]]
        if means or pairs:
            probes.append(_probe(circuit, block, [*means, *pairs]))
    return tuple(probes)


@derived
def imaginary_probes(circuit: Circuit) -> tuple[Probe, ...]:
    """Probes of Im c_rs, wherever the structure of the circuit does not fix it to be zero."""
    letter = Pauli(1 << circuit.n_qubits, 1 << circuit.n_qubits)
    return tuple(_across_blocks(circuit, ~structure(circuit).flat, letter))


def _across_blocks(circuit: Circuit, wanted: Flags, letter: Pauli) -> Iterator[Probe]:
    """Probes for the wanted pairs r < s of different blocks.

    Args:
        circuit: The circuit.
        wanted: Shape (R, R).
        letter: X or Y of the ancilla.
    """
    for block in circuit.blocks():
        prefix = set(block.prefix)
        together: dict[int, list[_Entry]] = {}
        for s in block.rotations:
            earlier = np.flatnonzero(wanted[:s, s]).tolist()
            for r in set(earlier).difference(block.rotations):
                entry = _Entry(r, s, (s,))
                if circuit.positions[r] in prefix:
                    together.setdefault(r, []).append(entry)
                else:
                    # The words of the block pass rotation r, which its prefix does not hold.
                    yield _probe(circuit, _alone(circuit, s), [entry], r, letter)
        for r, entries in sorted(together.items()):
            yield _probe(circuit, block, entries, r, letter)


def _alone(circuit: Circuit, s: int) -> Block:
    """Rotation s as a block of its own, on all that comes before it."""
    return Block(tuple(range(circuit.positions[s])), (s,), (circuit.rotations[s].pauli,), (1,))


def _probe(
    circuit: Circuit,
    block: Block,
    entries: Sequence[_Entry],
    control: int | None = None,
    letter: Pauli = _NO_LETTER,
) -> Probe:
    """The probe of some entries on the prefix state of a block.

    Args:
        circuit: The circuit.
        block: Its prefix, and words of the rotations in the entries.
        entries: What is read off.
        control: The rotation whose word the ancilla controls; None for no ancilla.
        letter: Of the ancilla, in which it is measured.
    """
    used = sorted({r for entry in entries for r in entry.factors})
    gates, bits = as_bits(block, used)
    words, signs = [], []
    for entry in entries:
        factors = [bits[r] for r in entry.factors]
        words.append(Pauli(letter.x, letter.z | reduce(xor, (mask for _, mask in factors))))
        signs.append(float(prod(sign for sign, _ in factors)))
    steps = [*_prepared(circuit, block, control), *((gate, None) for gate in gates)]
    steps = influencing(steps, reduce(or_, (word.support for word in words)))
    return Probe(
        as_circuit(circuit, steps, ancillas=int(control is not None)),
        inherited(steps),
        tuple(words),
        np.array(signs),
        np.array([entry.first for entry in entries]),
        np.array([entry.second for entry in entries]),
    )


def _prepared(circuit: Circuit, block: Block, control: int | None) -> list[Step]:
    """The prefix of a block, with the word of a rotation controlled by the ancilla after it."""
    steps = prefix_steps(circuit, block)
    if control is None:
        return steps
    ancilla, word = circuit.n_qubits, circuit.rotations[control].pauli
    controlled = [Gate(f"c{word.letter(q).lower()}", (ancilla, q)) for q in word.qubits]
    after = [r for _, r in steps].index(control) + 1
    between: list[Step] = [(gate, None) for gate in controlled]
    return [(Gate("h", (ancilla,)), None), *steps[:after], *between, *steps[after:]]
