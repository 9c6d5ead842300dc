"""Prefix states of blocks as circuits: what prepares them, and what makes their words bits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from qng.circuit.blocks import Block
from qng.circuit.circuit import Circuit, Op
from qng.circuit.clifford import diagonalising
from qng.circuit.gate import Gate
from qng.circuit.heisenberg import light_cone

Step = tuple[Op, int | None]
"""An operation, with the rotation r whose angle it takes where it is one of the circuit's."""

_diagonalising = lru_cache(maxsize=256)(diagonalising)


def prefix_steps(circuit: Circuit, block: Block) -> list[Step]:
    """The operations that prepare the prefix state of a block, in order."""
    rotation_at = {position: r for r, position in enumerate(circuit.positions)}
    return [(circuit.ops[position], rotation_at.get(position)) for position in block.prefix]


def influencing(steps: Sequence[Step], wires: int) -> list[Step]:
    """The operations that can influence the qubits of a mask at the end: their light cone.

    With noise too, if it acts on the qubits of an operation: what is left out then changes nothing
    that is measured.
    """
    return [steps[k] for k in light_cone([op for op, _ in steps], wires)]


def as_circuit(whole: Circuit, steps: Sequence[Step], ancillas: int = 0) -> Circuit:
    """Operations as a circuit with the parameters of the whole one, and further qubits."""
    ops = [op for op, _ in steps]
    return Circuit(whole.n_qubits + ancillas, ops, whole.parameters, whole.noisy)


def inherited(steps: Sequence[Step]) -> tuple[int, ...]:
    """The rotations r whose angles the steps take, in their order."""
    return tuple(r for _, r in steps if r is not None)


def as_bits(
    block: Block, rotations: Sequence[int]
) -> tuple[tuple[Gate, ...], dict[int, tuple[int, int]]]:
    """Gates after which words K_r of a block are products of Z.

    Args:
        block: The block.
        rotations: Those of its rotations whose words are measured.

    Returns:
        The gates, and for every rotation r the sign and the mask of the qubits: K_r has become
        the sign times the product of Z over the mask.
    """
    where = {r: k for k, r in enumerate(block.rotations)}
    gates, images = _diagonalising(tuple(block.words[where[r]] for r in rotations))
    return gates, {
        r: (sign * block.signs[where[r]], word.z) for r, (sign, word) in zip(rotations, images)
    }
