"""A circuit as flat arrays, the form in which the kernels read it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count
from typing import Any, Final

import numpy as np

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation, controlled
from qng.circuit.pauli import bits
from qng.execute.statevector.kernels.plain import MANY_QUBITS, ONE_QUBIT, ROTATION

_NUMBERS: Final = count()


@dataclass(frozen=True, eq=False)
class Program:
    """Operations of a circuit, one entry each.

    Args:
        kinds: ROTATION, ONE_QUBIT (with controls) or MANY_QUBITS.
        a: The x mask; the target bit; where in `offsets`.
        b: The z mask; the mask of the controls; how many offsets.
        slots: Which angle; the offset into `pool`. Angles are the R of the request, then `fixed`.
        fixed: Angles of the rotations without parameters.
        pool: Matrices, row by row.
        offsets: For many-qubit gates, the index that each of their 2^k local states adds.
        codes: A number for what each operation is, its angle apart: equal numbers in any programs
            of this process mean the same operation.
    """

    kinds: Integers
    a: Integers
    b: Integers
    slots: Integers
    fixed: Array
    pool: Amplitudes
    offsets: Integers
    codes: Integers

    def arguments(self, phi: Array, part: slice = slice(None)) -> tuple[Any, ...]:
        """What the kernels take, with scratch space of its own.

        Args:
            phi: The R angles of a point.
            part: Which of the operations.
        """
        return self.reading(np.concatenate([phi, self.fixed]), part)

    def reading(self, angles: Array, part: slice = slice(None)) -> tuple[Any, ...]:
        """The same from all angles, `fixed` among them, be it of a point or of many."""
        scratch = np.empty(self.largest, dtype=complex)
        ops = self.kinds[part], self.a[part], self.b[part], self.slots[part]
        return *ops, angles, self.pool, self.offsets, scratch

    def angles(self, phi: Array) -> Array:
        """All angles at some points, `fixed` among them, from phi of shape (points, R)."""
        if len(self.fixed):
            phi = np.hstack([phi, np.broadcast_to(self.fixed, (len(phi), len(self.fixed)))])
        # Adding zero makes -0 a 0: equal angles have equal bits.
        return phi + 0.0

    def write_steps(self, steps: Integers, angles: Array) -> None:
        """What every operation does, in numbers: its code and the bits of its angle.

        Args:
            steps: What is written, shape (points, operations, 2); zeros before.
            angles: As `angles` gives them.
        """
        turns, slots = self._turns
        steps[:, :, 0] = self.codes
        steps[:, turns, 1] = angles.view(np.int64)[:, slots]

    @cached_property
    def _turns(self) -> tuple[Integers, Integers]:
        """The places of the rotations, and which angles they have."""
        turns = np.flatnonzero(self.kinds == ROTATION)
        return turns, self.slots[turns]

    @cached_property
    def largest(self) -> int:
        """The most local states of a many-qubit gate."""
        return int(self.b[self.kinds == MANY_QUBITS].max(initial=0))


@derived
def compiled(circuit: Circuit) -> Program:
    """The program of a circuit."""
    rows: list[tuple[int, int, int, int]] = []
    fixed: list[float] = []
    pool: list[Amplitudes] = []
    offsets: list[int] = []
    length = 0
    r = 0
    for op in circuit.ops:
        if isinstance(op, Rotation):
            if op.is_fixed:
                slot = circuit.n_rotations + len(fixed)
                fixed.append(op.angle.value({}))
            else:
                slot, r = r, r + 1
            rows.append((ROTATION, op.pauli.x, op.pauli.z, slot))
            continue
        form = _one_qubit_form(op)
        if form is None:
            matrix = op.array()
            rows.append((MANY_QUBITS, len(offsets), len(matrix), length))
            offsets += [sum(1 << op.qubits[k] for k in bits(j)) for j in range(len(matrix))]
        else:
            matrix, target, controls = form
            rows.append((ONE_QUBIT, target, controls, length))
        pool.append(matrix)
        length += matrix.size
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    kinds, a, b, slots = (np.ascontiguousarray(column) for column in table.T)
    return Program(
        kinds,
        a,
        b,
        slots,
        np.array(fixed, dtype=float),
        _flat(pool),
        np.array(offsets, dtype=np.int64),
        np.array([_code(_kind_of(op)) for op in circuit.ops], dtype=np.int64),
    )


def joined(programs: Sequence[Program]) -> Program:
    """The operations of some programs, one after the other; angles stand where they stood."""
    lengths = [len(program.codes) for program in programs]

    def starts(sizes: list[int]) -> Integers:
        """For every operation where the entries of its program start."""
        return np.repeat(np.cumsum(sizes) - sizes, lengths)

    kinds, a, b, slots, pool, offsets, codes = (
        np.concatenate([getattr(program, name) for program in programs])
        for name in ("kinds", "a", "b", "slots", "pool", "offsets", "codes")
    )
    a = a + np.where(kinds == MANY_QUBITS, starts([len(p.offsets) for p in programs]), 0)
    slots = slots + np.where(kinds == ROTATION, 0, starts([len(p.pool) for p in programs]))
    return Program(kinds, a, b, slots, np.zeros(0), pool, offsets, codes)


def _kind_of(op: Rotation | Gate) -> Hashable:
    return (op.pauli.x, op.pauli.z) if isinstance(op, Rotation) else op


@lru_cache(maxsize=65536)
def _code(what: Hashable) -> int:
    return next(_NUMBERS)


@lru_cache(maxsize=4096)
def _one_qubit_form(gate: Gate) -> tuple[Amplitudes, int, int] | None:
    """(matrix, target bit, control mask) of a gate on one qubit, with any number of controls."""
    matrix = gate.array()
    n = len(gate.qubits)
    for k, target in enumerate(gate.qubits):
        # With all controls at one, the two indices differ in bit k alone.
        low = (2**n - 1) ^ (1 << k)
        core = matrix[np.ix_([low, low | 1 << k], [low, low | 1 << k])]
        order = [q for q in range(n) if q != k] + [k]
        if np.array_equal(_reordered(controlled(core, n - 1), order), matrix):
            return core, 1 << target, gate.support ^ (1 << target)
    return None


def _reordered(matrix: Amplitudes, order: list[int]) -> Amplitudes:
    """The matrix with its local qubit i renamed order[i]."""
    index = np.arange(len(matrix))
    image = np.zeros_like(index)
    for i, q in enumerate(order):
        image |= (index >> i & 1) << q
    result = np.empty_like(matrix)
    result[np.ix_(image, image)] = matrix
    return result


def _flat(matrices: list[Amplitudes]) -> Amplitudes:
    parts = [np.ascontiguousarray(matrix).ravel() for matrix in matrices]
    return np.concatenate(parts).astype(complex) if parts else np.zeros(0, dtype=complex)
