"""What IBM's documents say a job may be ("Job limits" of IBM Quantum's guides)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from qiskit import QuantumCircuit

from qng.errors import InputError
from qng.plan.cloud import Load

EXECUTIONS: Final = 10_000_000
"""Of a job: shots of all rows."""

PAYLOAD: Final = 300_000_000
"""Bytes of what is sent."""

TWO_QUBIT_GATES: Final = 400_000
"""Of a circuit."""

GATES: Final = {"rz": 2_400_000, "sx": 1_600_000}
"""Of a circuit, by name."""

CONTROLS: Final = 26_800_000
"""Control instructions of a qubit in a circuit."""

_CONTROLS_OF: Final = {"rz": 1, "sx": 2, "x": 2, "measure": 10, "reset": 17, "barrier": 0}
_OF_TWO_QUBITS: Final = 5
_INIT: Final = 50


def check(load: Load, circuits: Sequence[QuantumCircuit], name: str) -> None:
    """Refuse a batch that is larger than the documents allow.

    Args:
        load: What it is for the device.
        circuits: As they are sent, each once.
        name: Of the device.

    Raises:
        InputError: Naming the limit, and what to change.
    """
    if load.executions > EXECUTIONS:
        raise InputError(
            f"a job on {name} has at most {EXECUTIONS:,} executions, this batch has "
            f"{load.executions:,}: give fewer shots"
        )
    if load.payload > PAYLOAD:
        raise InputError(
            f"a job on {name} has at most {PAYLOAD:,} bytes, this batch has {load.payload:,}: "
            "choose cheaper estimators"
        )
    for circuit in circuits:
        _check_circuit(circuit, name)


def _check_circuit(circuit: QuantumCircuit, name: str) -> None:
    counts: Counter[str] = Counter()
    controls: Counter[int] = Counter()
    pairs = 0
    for instruction in circuit.data:
        gate, qubits = instruction.operation.name, instruction.qubits
        counts[gate] += 1
        pairs += len(qubits) == 2 and gate != "barrier"
        each = _CONTROLS_OF.get(gate, _OF_TWO_QUBITS if len(qubits) > 1 else 2)
        for qubit in qubits:
            controls[circuit.find_bit(qubit).index] += each
    found = [("two-qubit gates", pairs, TWO_QUBIT_GATES)]
    found += [(f"{gate} gates", counts[gate], most) for gate, most in GATES.items()]
    most_controls = max(controls.values(), default=0) + _INIT
    found += [("control instructions on a qubit", most_controls, CONTROLS)]
    for what, number, most in found:
        if number > most:
            raise InputError(
                f"a circuit on {name} has at most {most:,} {what}, one of this batch has "
                f"{number:,}: choose a shallower circuit"
            )
