"""What a device can do: which instructions on which of its qubits."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit import QuantumCircuit
from qiskit.transpiler import Target

from qng.errors import InputError


def check_isa(circuit: QuantumCircuit, target: Target, name: str) -> None:
    """Refuse a circuit that a device does not take as it is; not all services check before a job.

    Args:
        circuit: On physical qubits.
        target: What the device can do.
        name: Of the device, for the message.

    Raises:
        InputError: Naming the first instruction that it cannot do.
    """
    fault = first_fault(circuit, target, name)
    if fault:
        raise InputError(f"{fault}; is it the backend that the sampler runs on?")


def first_fault(circuit: QuantumCircuit, target: Target, name: str) -> str:
    """What a device cannot do of a circuit, in a few words; empty where it can do it.

    Args:
        circuit: On physical qubits.
        target: What the device can do.
        name: Of the device.
    """
    if target.num_qubits is not None and circuit.num_qubits > target.num_qubits:
        return (
            f"a circuit on {circuit.num_qubits} physical qubits was made for {name}, which has "
            f"{target.num_qubits}"
        )
    index = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    for instruction in circuit.data:
        gate, where = instruction.operation, tuple(index[q] for q in instruction.qubits)
        if gate.name != "barrier" and not target.instruction_supported(gate.name, where):
            return f"{name} has no {gate.name} on its qubits {where}"
        if _is_bounded(target, gate.name):
            return f"{name} has {gate.name} for some angles only, which an angle that varies leaves"
    return ""


def unbounded(target: Target) -> Target:
    """The target without gates that it has for some angles only, such as rzz in [0, pi/2].

    Angles are bound after transpiling, and those of shift rules would leave any such range.
    """
    kept = [name for name in target.operation_names if not _is_bounded(target, name)]
    if len(kept) == len(target.operation_names):
        return target
    return _reduced(target, kept, None)


def restricted(target: Target, qubits: Sequence[int]) -> Target:
    """The target of some qubits alone, which are called 0, 1, ... in their order."""
    return _reduced(target, list(target.operation_names), qubits)


def _is_bounded(target: Target, name: str) -> bool:
    # Targets know of bounds since Qiskit 2.2.
    return hasattr(target, "gate_has_angle_bounds") and bool(target.gate_has_angle_bounds(name))


def _reduced(target: Target, names: Sequence[str], qubits: Sequence[int] | None) -> Target:
    """Some instructions on some qubits, None: on all of them."""
    known = target.qubit_properties
    if qubits is not None and known is not None:
        known = [known[q] for q in qubits]
    reduced = Target(
        num_qubits=target.num_qubits if qubits is None else len(qubits),
        dt=target.dt,
        granularity=target.granularity,
        min_length=target.min_length,
        pulse_alignment=target.pulse_alignment,
        acquire_alignment=target.acquire_alignment,
        qubit_properties=known,
    )
    index = None if qubits is None else {q: k for k, q in enumerate(qubits)}
    for name in names:
        operation = target.operation_from_name(name)
        # Control flow is known by its class, without qubits.
        properties = None if isinstance(operation, type) else target[name]
        if properties is not None and index is not None:
            properties = {
                where if where is None else tuple(index[q] for q in where): how
                for where, how in properties.items()
                if where is None or all(q in index for q in where)
            }
            if not properties:
                continue
        reduced.add_instruction(operation, properties, name=name)
    return reduced
