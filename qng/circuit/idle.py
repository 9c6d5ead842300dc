"""Qubits on which nothing acts stay in |0>: a circuit is the same without them.

U |0...0> = (U_used |0...0>) |0...0>_idle
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qng.circuit.circuit import Circuit, Op
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import bits


@derived
def used(circuit: Circuit) -> int:
    """Mask of the qubits on which an operation acts."""
    mask = 0
    for op in circuit.ops:
        mask |= op.support
    return mask


@derived
def restricted(circuit: Circuit, kept: int) -> Circuit:
    """The circuit on some of its qubits, in their order.

    Args:
        circuit: The circuit.
        kept: Mask of the qubits that are kept: all that are used, and maybe more.
    """
    places = {q: k for k, q in enumerate(bits(kept))}
    return relabelled(circuit, places, len(places))


def relabelled(
    circuit: Circuit, places: Sequence[int] | Mapping[int, int], n_qubits: int
) -> Circuit:
    """The circuit with what acts on qubit k on qubit places[k].

    Args:
        circuit: The circuit.
        places: The new number of every qubit on which it acts.
        n_qubits: How many qubits it has then.
    """
    ops = [moved_op(op, places) for op in circuit.ops]
    return Circuit(n_qubits, ops, circuit.parameters, circuit.noisy, circuit.origin)


def moved_op(op: Op, places: Sequence[int] | Mapping[int, int]) -> Op:
    """An operation with what acts on qubit k on qubit places[k]."""
    if isinstance(op, Gate):
        return Gate(op.name, tuple(places[q] for q in op.qubits), op.matrix)
    return Rotation(op.pauli.moved(places), op.angle, op.same_gate)
