"""Circuits in the gates and couplings of a device: what is sent there.

A circuit and a measurement basis are transpiled together, once, with one parameter a rotation;
points are bound to the result. Bits belong to the qubits of the circuit whatever physical qubits
the transpiler chose, as it moves the measurements along.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.transpiler import PassManager, Target, generate_preset_pass_manager

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.convert.qiskit import angles_circuit
from qng.circuit.gate import basis_change
from qng.circuit.pauli import Pauli
from qng.errors import InputError

REGISTER: Final = "bits"
"""The classical register that holds what was measured."""

_CACHED: Final = 4096

# What any simulator without a target of its own is expected to know.
_USUAL: Final = (
    *("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u"),
    *("cx", "cy", "cz", "swap", "rxx", "ryy", "rzz"),
)


@dataclass(frozen=True)
class Measured:
    """A circuit with its measurements, as it is run.

    Args:
        circuit: In the device's gates, with one parameter for some of the rotations.
        columns: Which rotations: the transpiler drops what no measurement can see.
        qubits: Which qubit of our circuit bit k of the register belongs to.
    """

    circuit: QuantumCircuit
    columns: tuple[int, ...]
    qubits: tuple[int, ...]

    def values(self, angles: Array) -> Array:
        """The values of its parameters, shape (points, U), from angles, shape (points, R)."""
        return angles[:, list(self.columns)]

    def masks(self, values: Integers) -> Integers:
        """Values of the register as masks over the qubits of our circuit."""
        masks = np.zeros_like(values)
        for k, q in enumerate(self.qubits):
            masks |= (values >> k & 1) << q
        return masks


@dataclass(frozen=True)
class Transpiler:
    """Transpiles for one target and remembers what it has transpiled.

    Args:
        backend: Whose target; None for a sampler that says nothing about its gates.
        optimization_level: Of Qiskit's preset passes, 0 to 3.
        seed: Of layout and routing.
    """

    backend: Any
    optimization_level: int
    seed: int
    _done: dict[tuple[Circuit, Pauli], Measured] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what it remembers: that is found again, and Qiskit's passes do not pickle."""
        return Transpiler, (self.backend, self.optimization_level, self.seed)

    @property
    def name(self) -> str:
        """Of the device, for messages."""
        return "the sampler" if self.backend is None else str(self.backend.name)

    @cached_property
    def target(self) -> Target | None:
        """What the device can do."""
        return None if self.backend is None else self.backend.target

    @cached_property
    def passes(self) -> PassManager:
        """Qiskit's passes for the target."""
        device: dict[str, Any] = {"basis_gates": list(_USUAL)}
        if self.target is not None:
            device = {"target": _unbounded(self.target)}
        return generate_preset_pass_manager(
            self.optimization_level, seed_transpiler=self.seed, **device
        )

    def measured(self, circuit: Circuit, basis: Pauli) -> Measured:
        """A circuit whose qubits in `basis` are measured in its letters.

        Raises:
            InputError: More qubits than the device has, or gates that it cannot do.

        Cost: milliseconds, the first time that circuit and basis are seen.
        """
        known = self._done.get((circuit, basis))
        if known is None:
            known = self._transpiled(circuit, basis)
            if len(self._done) >= _CACHED:
                del self._done[next(iter(self._done))]
            self._done[circuit, basis] = known
        return known

    def in_place(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """A circuit on physical qubits in the gates of the device, on the same qubits."""
        if self.target is None:
            return circuit
        places = list(range(circuit.num_qubits))
        passes = generate_preset_pass_manager(
            0, target=_unbounded(self.target), initial_layout=places
        )
        with quiet():
            sent: QuantumCircuit = passes.run(circuit)
        check_isa(sent, self.target, self.name)
        return sent

    def _transpiled(self, circuit: Circuit, basis: Pauli) -> Measured:
        available = None if self.target is None else self.target.num_qubits
        if available is not None and circuit.n_qubits > available:
            raise InputError(
                f"the circuit has {circuit.n_qubits} qubits, {self.name} has {available}: choose a "
                "larger backend or a smaller problem"
            )
        # Something is measured always; what the basis does not name is masked out afterwards.
        qubits = basis.qubits or (0,)
        written, _ = angles_circuit(circuit.then(basis_change(basis)))
        register = ClassicalRegister(len(qubits), REGISTER)
        written.add_register(register)
        written.measure(qubits, register)
        try:
            with quiet():
                sent = self.passes.run(written)
        except Exception as error:
            raise InputError(
                f"a circuit of {circuit.n_qubits} qubits cannot be transpiled for {self.name}: "
                f"{one_line(error)}"
            ) from error
        if self.target is not None:
            check_isa(sent, self.target, self.name)
        # A ParameterVector keeps its order in `parameters`.
        return Measured(sent, tuple(p.index for p in sent.parameters), qubits)


def check_isa(circuit: QuantumCircuit, target: Target, name: str) -> None:
    """Refuse a circuit that a device does not take as it is; not all services check before a job.

    Args:
        circuit: On physical qubits.
        target: What the device can do.
        name: Of the device, for the message.

    Raises:
        InputError: Naming the first instruction that it cannot do.
    """
    if target.num_qubits is not None and circuit.num_qubits > target.num_qubits:
        raise InputError(
            f"a circuit on {circuit.num_qubits} physical qubits was made for {name}, which has "
            f"{target.num_qubits}"
        )
    index = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    for instruction in circuit.data:
        gate, where = instruction.operation, tuple(index[q] for q in instruction.qubits)
        if gate.name != "barrier" and not target.instruction_supported(gate.name, where):
            raise InputError(
                f"{name} has no {gate.name} on its qubits {where}; is it the backend that the "
                "sampler runs on?"
            )
        if _is_bounded(target, gate.name):
            raise InputError(
                f"{name} has {gate.name} for some angles only, which an angle that varies leaves"
            )


def _is_bounded(target: Target, name: str) -> bool:
    # Targets know of bounds since Qiskit 2.2.
    return hasattr(target, "gate_has_angle_bounds") and bool(target.gate_has_angle_bounds(name))


def _unbounded(target: Target) -> Target:
    """The target without gates that it has for some angles only, such as rzz in [0, pi/2].

    Angles are bound after transpiling, and those of shift rules would leave any such range.
    """
    kept = [name for name in target.operation_names if not _is_bounded(target, name)]
    if len(kept) == len(target.operation_names):
        return target
    reduced = Target(
        num_qubits=target.num_qubits, dt=target.dt, qubit_properties=target.qubit_properties
    )
    for name in kept:
        operation = target.operation_from_name(name)
        # Control flow is known by its class, without qubits.
        properties = None if isinstance(operation, type) else target[name]
        reduced.add_instruction(operation, properties, name=name)
    return reduced


def one_line(error: Exception) -> str:
    """What an SDK says, for a message of ours."""
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Deprecations inside an SDK are not the user's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
