"""The Hadamard tests of the linear method as circuits, and the words that they measure.

See `counted` for what is read off them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli, PauliSum
from qng.estimate.fubini.prefixes import Step, as_circuit, influencing, inherited


@dataclass(frozen=True)
class Probe:
    """A circuit of which <X_a> and <X_a W> are read off.

    Args:
        circuit: Without what does not influence the outcome; qubit n is the ancilla.
        inherited: The rotations whose angles it takes, in its order.
        first: r.
        second: s, or r itself where psi stands for s.
        group: Which of the groups of words it measures.
    """

    circuit: Circuit
    inherited: tuple[int, ...]
    first: int
    second: int
    group: int

    def angles(self, phi: Array) -> Array:
        """Of its rotations, shape (1, number); phi has shape (R,)."""
        turned = phi.copy()
        if self.second != self.first:
            turned[self.second] += np.pi
        return turned[None, list(self.inherited)]


@derived
def probes(
    circuit: Circuit, moving: tuple[int, ...], bases: tuple[Pauli, ...]
) -> tuple[Probe, ...]:
    """Those of all pairs of moving rotations, for every basis of the system."""
    return tuple(
        _probe(circuit, r, s, basis, group)
        for k, r in enumerate(moving)
        for s in moving[k:]
        for group, basis in enumerate(bases)
    )


def _probe(circuit: Circuit, r: int, s: int, basis: Pauli, group: int) -> Probe:
    ancilla = circuit.n_qubits
    steps: list[Step] = [(Gate("h", (ancilla,)), None)]
    rotation_at = {position: k for k, position in enumerate(circuit.positions)}
    for position, op in enumerate(circuit.ops):
        rotation = rotation_at.get(position)
        steps.append((op, rotation))
        if rotation is not None and rotation in (r, s):
            word = circuit.rotations[rotation].pauli
            controlled = [Gate(f"c{word.letter(q).lower()}", (ancilla, q)) for q in word.qubits]
            steps += [(gate, None) for gate in controlled]
    steps = influencing(steps, basis.support | 1 << ancilla)
    return Probe(as_circuit(circuit, steps, ancillas=1), inherited(steps), r, s, group)


@dataclass(frozen=True)
class Words:
    """The words of H in groups that one basis serves, and its constant.

    Args:
        constant: The coefficient of the identity.
        groups: Words and coefficients.
    """

    constant: float
    groups: tuple[tuple[tuple[Pauli, ...], Array], ...]

    @staticmethod
    def of(observable: PauliSum) -> Words:
        """Those of H."""
        constant = sum(complex(c).real for word, c in observable if not word.support)
        groups = [
            (tuple(word for word, _ in group), np.array([complex(c).real for _, c in group]))
            for group in observable.qubitwise_groups()
        ]
        return Words(float(constant), tuple(groups))

    @property
    def bases(self) -> tuple[Pauli, ...]:
        """What measures each group."""
        return tuple(_joined(words) for words, _ in self.groups)

    @property
    def sizes(self) -> Array:
        """The root of the sum of squared coefficients of each group."""
        return np.array([np.linalg.norm(c) for _, c in self.groups])

    @property
    def bound(self) -> float:
        """What no energy is below."""
        return self.constant - sum(float(np.abs(c).sum()) for _, c in self.groups)


def _joined(words: Sequence[Pauli]) -> Pauli:
    """The word with all their letters; they agree where they overlap."""
    x = z = 0
    for word in words:
        x, z = x | word.x, z | word.z
    return Pauli(x, z)


def with_ancilla(circuit: Circuit, word: Pauli) -> Pauli:
    """X of the ancilla beside a word."""
    return Pauli(word.x | 1 << circuit.n_qubits, word.z)
