"""Programs of the executor: decoded, identified by what they ask, run with Aer.

The noise of an item is drawn from its circuit, its values and the shots, never from the bytes of
the request: the client writes equal circuits differently every time. Equal items have equal
results, in every process, and are run once.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from tests.loopback.devices import fake

# Qiskit's circuits crash where the thread has ended that imported Qiskit, or loaded one before; so
# one thread does all of it.
_ALONE = ThreadPoolExecutor(1)


@dataclass
class Program:
    """A decoded program.

    Args:
        items: The client's own.
        shots: Of every row.
        role: "sampler_v2", as it was sent.
        passed: What is handed back as it was sent, already JSON.
        digests: What each item asks, with how often it stood there before.
    """

    items: list[Any]
    shots: int
    role: str | None
    passed: Any
    digests: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[int]:
        return [prod(item.shape) for item in self.items]

    @property
    def points(self) -> list[int]:
        """How many different rows each item has."""
        values = (np.atleast_2d(_angles(item)) for item in self.items)
        flat = (v.reshape(-1, v.shape[-1]) if v.size else np.zeros((1, 1)) for v in values)
        return [len(np.unique(np.round(rows, 12), axis=0)) for rows in flat]

    @property
    def executions(self) -> int:
        return self.shots * sum(self.rows)

    @property
    def qubits(self) -> list[tuple[int, ...]]:
        """The measured qubits of each item, in the order of its bits."""
        return [_measured(item.circuit) for item in self.items]

    @property
    def gates(self) -> set[tuple[str, tuple[int, ...]]]:
        return {gate for item in self.items for gate in _gates(item.circuit)}


def decode(params: dict[str, Any], device: str) -> Program:
    """The program in the body of a POST."""
    return _ALONE.submit(_decode, params, device).result()


def _decode(params: dict[str, Any], device: str) -> Program:
    from qiskit_ibm_runtime.quantum_program.params_converters import (
        QUANTUM_PROGRAM_PARAMS_CONVERTERS,
    )

    converter = QUANTUM_PROGRAM_PARAMS_CONVERTERS[params["schema_version"]]
    program, _ = converter.decoder(converter.model(**params))
    for item in program.items:
        if hasattr(item, "samplex"):
            item.samplex.finalize()
    raw = params["quantum_program"]
    decoded = Program(
        list(program.items), program.shots, raw.get("semantic_role"), raw.get("passthrough_data")
    )
    seen: Counter[str] = Counter()
    for item in decoded.items:
        digest = _digest(item, decoded.shots, device)
        seen[digest] += 1
        decoded.digests.append(f"{digest}-{seen[digest]}")
    return decoded


def warm() -> None:
    """Import what is needed, in a thread that stays."""
    _ALONE.submit(_import).result()


def _import() -> None:
    import qiskit_ibm_runtime.fake_provider.executor.run_quantum_program
    import qiskit_ibm_runtime.quantum_program.params_converters  # noqa: F401


def execute(program: Program, device: str, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """The arrays of every item: bits, and flips where it was twirled."""
    return _ALONE.submit(_execute, program, device, seed).result()


def _execute(program: Program, device: str, seed: int) -> list[dict[str, np.ndarray]]:
    return [
        _cached(item, program.shots, device, digest, seed)
        for item, digest in zip(program.items, program.digests)
    ]


def answer(program: Program, arrays: list[dict[str, np.ndarray]]) -> str:
    """The text of a result."""
    import ibm_quantum_schemas.executor.version_2_0 as schema
    from ibm_quantum_schemas.common import CompressedTensorModel

    items = [
        {
            "results": {
                name: CompressedTensorModel.from_numpy(array).model_dump(mode="json")
                for name, array in results.items()
            },
            "metadata": {},
        }
        for results in arrays
    ]
    model = schema.QuantumProgramResultModel(
        data=items,
        metadata={"chunk_timing": []},
        passthrough_data=program.passed,
        semantic_role=program.role,
    )
    return str(model.model_dump_json())


def _cached(item: Any, shots: int, device: str, digest: str, seed: int) -> dict[str, np.ndarray]:
    key = hashlib.sha256(f"{digest} {seed}".encode()).hexdigest()[:32]
    if key in _KNOWN:
        return _KNOWN[key]
    folder = os.environ.get("LOOPBACK_CACHE")
    kept = Path(folder) / key if folder else None
    if kept is not None and kept.exists():
        arrays = pickle.loads(kept.read_bytes())
    else:
        arrays = _run(item, shots, device, int(key[:8], 16))
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.with_suffix(f".{os.getpid()}").write_bytes(pickle.dumps(arrays))
            kept.with_suffix(f".{os.getpid()}").replace(kept)
    _KNOWN[key] = arrays
    return arrays


_KNOWN: dict[str, dict[str, np.ndarray]] = {}


def _run(item: Any, shots: int, device: str, seed: int) -> dict[str, np.ndarray]:
    from qiskit_ibm_runtime.fake_provider.executor.run_quantum_program import run_quantum_program
    from qiskit_ibm_runtime.options_models.simulator import SimulatorOptions
    from qiskit_ibm_runtime.quantum_program import QuantumProgram

    options = SimulatorOptions(seed_simulator=seed, angle_decimals=14)
    program = QuantumProgram(shots=shots, items=[item])
    used = frozenset(qubit for _, qubits in _gates(item.circuit) for qubit in qubits)
    result = run_quantum_program(_simulator(device, used), program, options)
    return {name: np.asarray(array) for name, array in result[0].items()}


@cache
def _simulator(device: str, qubits: frozenset[int]) -> Any:
    """A simulator with the noise of some qubits of a device: that of all of 156 takes seconds."""
    from qiskit.transpiler import Target
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel
    from qiskit_aer.noise.device import basic_device_gate_errors, basic_device_readout_errors

    whole = fake(device.removeprefix("ibm_")).target
    # Readout errors are counted from qubit 0.
    part = Target(num_qubits=whole.num_qubits, dt=whole.dt, qubit_properties=whole.qubit_properties)
    for name in whole.operation_names:
        places = whole[name]
        if places is None or None in places:
            continue
        wanted = {
            at: value for at, value in places.items() if qubits.issuperset(at) or name == "measure"
        }
        if wanted:
            part.add_instruction(whole.operation_from_name(name), wanted, name=name)
    noise = NoiseModel(basis_gates=[*whole.operation_names])
    for name, at, error in basic_device_gate_errors(target=part):
        noise.add_quantum_error(error, name, at, warnings=False)
    for at, error in basic_device_readout_errors(target=part):
        if qubits.issuperset(at):
            noise.add_readout_error(error, at, warnings=False)
    # The client copies it for every item, which takes longer than to run that.
    noise.__deepcopy__ = lambda _: noise
    return AerSimulator(noise_model=noise, max_parallel_threads=1)


def _digest(item: Any, shots: int, device: str) -> str:
    circuit = item.circuit
    places = {parameter: number for number, parameter in enumerate(circuit.parameters)}
    registers = [(register.name, register.size) for register in circuit.cregs]
    told = hashlib.sha256(f"{device} {shots} {tuple(item.shape)} {registers}".encode())
    for step in circuit.data:
        values = [
            f"p{places[value]}" if value in places else repr(value)
            for value in map(_plain, step.operation.params)
        ]
        qubits = [circuit.find_bit(bit).index for bit in step.qubits]
        bits = [circuit.find_bit(bit).index for bit in step.clbits]
        told.update(f"{step.operation.name} {values} {qubits} {bits};".encode())
    if hasattr(item, "samplex"):
        arguments = item.samplex_arguments
        for spec in arguments.specs:
            if spec.name in arguments:
                told.update(spec.name.encode() + _bytes(arguments[spec.name]))
    elif item.circuit_arguments is not None:
        told.update(_bytes(item.circuit_arguments))
    return told.hexdigest()


def _plain(value: Any) -> Any:
    """A parameter as what stands for it: itself where it is a name, else a number or a text."""
    from qiskit.circuit import Parameter, ParameterExpression

    if isinstance(value, Parameter):
        return value
    if isinstance(value, ParameterExpression):
        return str(value)
    return float(value) if isinstance(value, (int, float, np.number)) else str(value)


def _bytes(value: Any) -> bytes:
    array = np.asarray(value)
    if array.dtype == object:
        return repr(value).encode()
    return f"{array.shape} {array.dtype}".encode() + np.ascontiguousarray(array).tobytes()


def _angles(item: Any) -> np.ndarray:
    if not hasattr(item, "samplex"):
        return np.asarray(item.circuit_arguments)
    return np.asarray(item.samplex_arguments["parameter_values"])


def _gates(circuit: Any) -> set[tuple[str, tuple[int, ...]]]:
    return {
        (step.operation.name, tuple(circuit.find_bit(qubit).index for qubit in step.qubits))
        for step in circuit.data
        if step.operation.name != "barrier"
    }


def _measured(circuit: Any) -> tuple[int, ...]:
    return tuple(
        circuit.find_bit(step.qubits[0]).index
        for step in circuit.data
        if step.operation.name == "measure"
    )
