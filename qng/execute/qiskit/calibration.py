"""Readout errors of physical qubits, measured with the batch that they correct.

Two circuits prepare all measured qubits in |0> and in |1>; what is read instead gives the two
error rates of every qubit (`readout.py`). Qubits are taken as independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from qng.arrays import Integers
from qng.execute.qiskit.transpile import REGISTER, Measured
from qng.plan.readout import UNREAD, Readout


@dataclass(frozen=True)
class Calibration:
    """Which physical qubits are calibrated.

    Args:
        qubits: Ascending.
        places: For every transpiled circuit of the batch the physical qubit of every bit.
    """

    qubits: tuple[int, ...]
    places: tuple[tuple[int, ...], ...]

    @staticmethod
    def of(measured: Sequence[Measured]) -> Calibration:
        """Of all qubits that the circuits of a batch measure."""
        places = tuple(physical_qubits(sent.circuit) for sent in measured)
        return Calibration(tuple(sorted({q for place in places for q in place})), places)

    def circuits(self) -> tuple[QuantumCircuit, QuantumCircuit]:
        """All qubits in |0>, and all in |1>; then measured. Qubit k of them is that of place k."""
        found, all_of_them = [], range(len(self.qubits))
        for flip in (False, True):
            register = ClassicalRegister(len(self.qubits), REGISTER)
            circuit = QuantumCircuit(QuantumRegister(len(self.qubits), "q"), register)
            if flip:
                circuit.x(all_of_them)
            circuit.measure(all_of_them, register)
            found.append(circuit)
        return found[0], found[1]

    def readouts(
        self,
        measured: Sequence[Measured],
        n_qubits: Sequence[int],
        zeros: tuple[Integers, Integers],
        ones: tuple[Integers, Integers],
    ) -> tuple[Readout, ...]:
        """The error rates of the qubits of every circuit of the batch.

        Args:
            measured: The circuits, as for `of`.
            n_qubits: How many qubits our circuit has, for each.
            zeros: Values of the register and how often each was seen, with all qubits in |0>.
            ones: The same with all qubits in |1>.
        """
        rates = []
        for (values, numbers), wrong in ((zeros, 1), (ones, 0)):
            bits = values[:, None] >> np.arange(len(self.qubits)) & 1
            rates.append(numbers @ (bits == wrong) / numbers.sum())
        index = {q: k for k, q in enumerate(self.qubits)}
        found = []
        for sent, n, place in zip(measured, n_qubits, self.places):
            false_one, false_zero, names = np.zeros(n), np.zeros(n), [UNREAD] * n
            for q, physical in zip(sent.qubits, place):
                false_one[q], false_zero[q] = (rate[index[physical]] for rate in rates)
                names[q] = physical
            found.append(Readout(false_one, false_zero, float(zeros[1].sum()), tuple(names)))
        return tuple(found)


def physical_qubits(circuit: QuantumCircuit) -> tuple[int, ...]:
    """The physical qubit that every bit of the register is read from."""
    where: dict[int, int] = {}
    for instruction in circuit.data:
        if instruction.operation.name == "measure":
            bit = circuit.find_bit(instruction.clbits[0]).index
            where[bit] = circuit.find_bit(instruction.qubits[0]).index
    return tuple(where[bit] for bit in sorted(where))
