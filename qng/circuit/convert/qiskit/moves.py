"""Qubits that are carried across others by swaps: routing, undone where its qubits are in |0>.

Fixed gates on a qubit a and a qubit b in |0> that end with one of the two in |0> again,

    U |psi>_a |0>_b  =  |0>_a (V |psi>)_b    or    (V |psi>)_a |0>_b,

are the gate V on one qubit, which has changed its place or not. So the qubits across which others
are carried stay idle, in whatever gates the swaps are written.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from qng.arrays import Amplitudes
from qng.circuit.angle import as_angle
from qng.circuit.circuit import Circuit, Op
from qng.circuit.convert.lowering import Element, Turn, dense
from qng.circuit.convert.matrices import matrix_gate
from qng.circuit.gate import Gate
from qng.circuit.idle import moved_op

_ZERO = 1e-9


def without_moves(circuit: Circuit) -> tuple[Circuit, dict[int, int]]:
    """The circuit with such gates contracted.

    Returns:
        The circuit, equal up to a global phase and to names of qubits; and for every qubit of the
        one that was given where it is at the end.

    Cost: one pass; matrices of 4 x 4 where a qubit is first touched.
    """
    walk = _Walk(circuit.ops)
    for k, op in enumerate(circuit.ops):
        if k not in walk.done:
            walk.step(k, op)
    for q in list(walk.waiting):
        walk.wake(q)
    ops = Circuit(circuit.n_qubits, walk.written, circuit.parameters)
    return ops, {q: walk.where.get(q, q) for q in range(circuit.n_qubits)}


@dataclass
class _Walk:
    """Where the walk is.

    Args:
        ops: All operations.
        written: Those of the new circuit.
        done: The places of operations that are contracted.
        awake: Qubits that may have left |0>.
        waiting: Fixed gates on qubits in |0>, not written yet, by qubit.
        where: The new names of qubits that have others.
    """

    ops: tuple[Op, ...]
    written: list[Op] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    awake: set[int] = field(default_factory=set)
    waiting: dict[int, list[Op]] = field(default_factory=dict)
    where: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.acting: dict[int, list[int]] = {}
        for k, op in enumerate(self.ops):
            for q in op.qubits:
                self.acting.setdefault(q, []).append(k)

    def step(self, k: int, op: Op) -> None:
        """The next operation."""
        asleep = [q for q in op.qubits if q not in self.awake]
        fixed = _is_fixed(op)
        if fixed and asleep and len(op.qubits) == 1:
            self.waiting.setdefault(asleep[0], []).append(op)
            return
        for q in asleep[1:]:
            self.wake(q)
        if fixed and asleep and len(op.qubits) == 2 and self.contract(k, op, asleep[0]):
            return
        for q in asleep[:1]:
            self.wake(q)
        self.write(op)

    def wake(self, q: int) -> None:
        """Write what waits for a qubit, which leaves |0>."""
        self.awake.add(q)
        for op in self.waiting.pop(q, []):
            self.write(op)

    def write(self, op: Op) -> None:
        """Write an operation under the new names."""
        self.written.append(moved_op(op, {q: self.where.get(q, q) for q in op.qubits}))

    def contract(self, k: int, op: Op, b: int) -> bool:
        """Contract the longest run on two qubits, b in |0>, after which one is in |0>; if any."""
        (a,) = (q for q in op.qubits if q != b)
        run: list[Op] = list(self.waiting.get(b, []))
        seen: list[int] = []
        best: tuple[Amplitudes, bool, list[int]] | None = None
        for j in self.together(k, a, b):
            run.append(self.ops[j])
            seen.append(j)
            u = dense([_element(one) for one in run], (a, b))[:, :2]
            for moves, zero, kept in ((True, [1, 3], [0, 2]), (False, [2, 3], [0, 1])):
                if np.abs(u[zero]).max() < _ZERO:
                    best = u[kept], moves, list(seen)
        if best is None:
            return False
        v, moves, contracted = best
        self.done.update(contracted)
        self.waiting.pop(b, None)
        if moves:
            name_a, name_b = self.where.get(a, a), self.where.get(b, b)
            self.where[a], self.where[b] = name_b, name_a
            self.awake.add(b)
            self.awake.discard(a)
        largest = v.flat[int(np.argmax(np.abs(v) > 0.5))]
        v = v * (abs(largest) / largest)
        if np.abs(v - np.eye(2)).max() > _ZERO:
            self.written.append(
                matrix_gate(v, (self.where.get(b if moves else a, b if moves else a),))
            )
        return True

    def together(self, k: int, a: int, b: int) -> Iterator[int]:
        """The places, from k on, of fixed operations on the two qubits alone, up to any other."""
        pair, last = 1 << a | 1 << b, -1
        places = sorted(
            {j for q in (a, b) for j in self.acting[q] if j >= k and j not in self.done}
        )
        for j in places:
            op = self.ops[j]
            if op.support & ~pair or not _is_fixed(op):
                return
            if j != last:
                yield j
            last = j

    def after(self, k: int, q: int) -> Iterator[int]:
        """The places, from k on, of what acts on a qubit."""
        acting = self.acting[q]
        for place in range(bisect_left(acting, k), len(acting)):
            if acting[place] not in self.done:
                yield acting[place]


def _is_fixed(op: Op) -> bool:
    return isinstance(op, Gate) or op.is_fixed


def _element(op: Op) -> Element:
    if isinstance(op, Gate):
        return op
    return Turn(op.pauli, as_angle(op.angle), None)
