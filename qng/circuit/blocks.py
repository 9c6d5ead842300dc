r"""Blocks of rotations on which one prefix state gives the metric exactly.

With V everything between the prefix state |chi> and rotation r, and K_r = V^\dagger P_r V,

    g_rs = (<K_r K_s> - <K_r><K_s>) / 4   in |chi>,

exact for every pair of rotations that share the prefix. A rotation may join a block if its K, its
word walked back through V (`heisenberg`), is a single word that commutes with every K of the
block, so that one measurement gives them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from qng.circuit.circuit import Circuit, Op
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation
from qng.circuit.heisenberg import back
from qng.circuit.pauli import Pauli, bits
from qng.errors import UnknownNameError


@dataclass(frozen=True)
class Block:
    """One prefix state and the rotations that are measured on it.

    Args:
        prefix: Indices of the operations that prepare the prefix state, ascending.
        rotations: Indices r of the parametrised rotations in the block, ascending.
        words: K_r, one a rotation.
        signs: The sign of each K_r, +1 or -1.
    """

    prefix: tuple[int, ...]
    rotations: tuple[int, ...]
    words: tuple[Pauli, ...]
    signs: tuple[int, ...]


@dataclass
class _Growing:
    """A block while the circuit is read: the operations after its prefix are its suffix."""

    prefix: list[int]
    suffix: list[Op] = field(default_factory=list)
    wires: int = 0
    rotations: list[int] = field(default_factory=list)
    words: list[Pauli] = field(default_factory=list)
    signs: list[int] = field(default_factory=list)

    def done(self) -> Block:
        return Block(
            tuple(self.prefix), tuple(self.rotations), tuple(self.words), tuple(self.signs)
        )

    def take(self, r: int, sign: int, word: Pauli) -> None:
        self.rotations.append(r)
        self.signs.append(sign)
        self.words.append(word)

    def follow(self, position: int, op: Op) -> None:
        """Put an operation into the prefix if it can move there, else after the rotations."""
        if op.support & self.wires == 0:
            self.prefix.append(position)
        else:
            self.push(op)

    def push(self, op: Op) -> None:
        self.suffix.append(op)
        self.wires |= op.support


@derived
def blocks(circuit: Circuit, rule: str) -> tuple[Block, ...]:
    """The blocks of a circuit by a rule, "commuting" or "wires".

    Raises:
        UnknownNameError: An unknown rule.
    """
    if rule not in RULES:
        raise UnknownNameError("block rule", rule, RULES)
    return RULES[rule](circuit.ops)


def commuting_blocks(ops: Sequence[Op]) -> tuple[Block, ...]:
    """Blocks by commutation, or those of the wire rule: which of the two hold more of the metric.

    A rotation joins the latest block that it fits. Operations that share no qubit with what
    stands after a prefix move into the prefix, so that whatever the wire rule would let join a
    given block joins it here too.

    This choice is greedy: a rotation that joins one block is missing from another, and on some
    circuits the wire rule measures more entries in all; then all blocks are the wire rule's. So
    which entries are measured may change with operations that leave the metric as it is, such as
    a Clifford gate at the beginning. What is measured is exact in either case.

    Args:
        ops: The operations of a circuit.

    Cost: number of blocks times the length of the walk, for every rotation.
    """
    blocks: list[_Growing] = []
    r = 0
    for position, op in enumerate(ops):
        if isinstance(op, Gate) or op.is_fixed:
            for block in blocks:
                block.follow(position, op)
            continue
        home = _fitting(blocks, op)
        if home is None:
            block = _Growing(prefix=list(range(position)))
            sign, word = 1, op.pauli
            blocks.append(block)
        else:
            block, sign, word = home
        block.take(r, sign, word)
        for other in blocks:
            if other is block:
                other.push(op)
            else:
                other.follow(position, op)
        r += 1
    found = tuple(block.done() for block in blocks)
    by_wires = wire_blocks(ops)
    return by_wires if _measured(by_wires) > _measured(found) else found


def wire_blocks(ops: Sequence[Op]) -> tuple[Block, ...]:
    """Blocks by wires, as PennyLane's "block-diag".

    A parametrised gate opens a new layer if a gate of the current layer can have influenced one
    of its wires. The rotations of one gate stay together (`Rotation.same_gate`) if they commute.
    """
    past: dict[int, set[int]] = {}
    layers: list[list[int]] = []
    gate_of: list[int] = []
    paulis: list[Pauli] = []
    positions: list[int] = []
    # The source gate at hand: where it begins, and its words so far.
    gate, words = -1, list[Pauli]()
    for position, op in enumerate(ops):
        if not (isinstance(op, Rotation) and op.same_gate and all(map(op.pauli.commutes, words))):
            gate, words = position, []
        qubits = bits(_gate_support(ops, position))
        before: set[int] = set().union(*(past.get(q, set()) for q in qubits))
        if isinstance(op, Rotation) and not op.is_fixed:
            r = len(paulis)
            current = {gate_of[s] for s in layers[-1]} if layers else set()
            if not layers or (before & current) - {gate}:
                layers.append([])
            layers[-1].append(r)
            gate_of.append(gate)
            paulis.append(op.pauli)
            positions.append(position)
            before = before | {gate}
        if isinstance(op, Rotation):
            words.append(op.pauli)
        for q in qubits:
            past[q] = before
    return tuple(
        Block(
            tuple(_prefix(ops, [positions[r] for r in layer])),
            tuple(layer),
            tuple(paulis[r] for r in layer),
            (1,) * len(layer),
        )
        for layer in layers
    )


def _gate_support(ops: Sequence[Op], position: int) -> int:
    """The qubits of the source gate that begins at a position."""
    support = ops[position].support
    for op in ops[position + 1 :]:
        if not (isinstance(op, Rotation) and op.same_gate):
            break
        support |= op.support
    return support


def _prefix(ops: Sequence[Op], members: Sequence[int]) -> list[int]:
    """The operations up to the last member that no member can have influenced."""
    wires = 0
    prefix = []
    chosen = set(members)
    for position in range(members[-1]):
        support = ops[position].support
        if position in chosen or support & wires:
            wires |= support
        else:
            prefix.append(position)
    return prefix


def _fitting(blocks: Sequence[_Growing], rotation: Rotation) -> tuple[_Growing, int, Pauli] | None:
    """The latest block that a rotation may join, and its K there as sign and word."""
    for block in reversed(blocks):
        walked = back(block.suffix, rotation.pauli)
        if walked is not None and all(walked[1].commutes(word) for word in block.words):
            return block, *walked
    return None


def _measured(blocks: Sequence[Block]) -> int:
    """How many entries of g they hold."""
    return sum(len(block.rotations) ** 2 for block in blocks)


RULES: Final[dict[str, Callable[[Sequence[Op]], tuple[Block, ...]]]] = {
    "commuting": commuting_blocks,
    "wires": wire_blocks,
}
