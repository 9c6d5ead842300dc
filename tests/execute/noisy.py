"""What a noisy simulator would count with infinitely many shots, from density matrices.

A device is a `Primitives` on Aer: a simulator with a noise model, a fake backend.
"""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qng.circuit.circuit import Circuit
from qng.circuit.convert.qiskit import angles_circuit
from qng.circuit.pauli import PauliSum
from qng.execute.qiskit.calibration import physical_qubits
from qng.execute.qiskit.packet import packed
from qng.execute.qiskit.primitives import Primitives
from qng.execute.qiskit.transpile import Measured
from qng.plan.counts import Counts
from qng.plan.lower import sampled
from qng.plan.plan import Plan
from qng.plan.request import Expectation, Request, Samples
from qng.run.bench import answer


class Limit:
    """Answers `Samples` with the exact distributions of a device.

    Args:
        device: Its transpiled circuits and its noise are used.
        readout: Whether its readout errors are.
    """

    noise, answers = "density matrices", frozenset({Samples})

    def __init__(self, device: Primitives, readout: bool = True) -> None:
        self.device, self.readout, self.name = device, readout, f"limit of {device.name}"

    def run(self, requests, seed):
        packet = packed(requests, seed, self.device.transpiler, uniform=False)
        parts = list(zip(requests, packet.measured))
        bound = [_at(m, phi) for r, m in parts for phi in r.angles]
        found = iter(_run(self.device, [circuit for circuit, _ in bound]))
        physical = iter(where for _, where in bound)
        return [
            tuple(self._counts(m, next(found)["probabilities"], next(physical)) for _ in r.angles)
            for r, m in parts
        ]

    def _counts(self, measured: Measured, p: np.ndarray, physical: list[int]) -> Counts:
        if self.readout:
            p = _misread(self.device, p, physical)
        return Counts(*_merged(measured.masks(np.arange(len(p))), p), np.inf)


def measured_energy(
    device: Primitives, circuit: Circuit, observable: PauliSum, phi, readout: bool = True
) -> float:
    """The energy that the device's counts have in the mean, changes of basis included.

    Args:
        device: A device.
        circuit: The circuit.
        observable: H.
        phi: Angles, shape (R,).
        readout: Whether with its readout errors.
    """
    request = Request(circuit, np.atleast_2d(phi), Expectation(observable))
    plan = Plan((request,), lambda results: float(results[0].value[0]))
    return answer(Limit(device, readout), sampled(plan, 10**6))


def density_matrix_energy(device: Primitives, circuit: Circuit, observable: PauliSum, phi) -> float:
    """Tr(rho H) of the state that the device prepares, before any change of basis and readout.

    From Aer's expectation values on the transpiled circuit, with H moved to physical qubits.
    """
    written, _ = angles_circuit(circuit)
    written.measure_all()
    sent = device.transpiler.run(written, device.transpiler.placed([circuit]))
    sent = sent.assign_parameters([phi[p.index] for p in sent.parameters])
    physical, sent = list(physical_qubits(sent)), unmeasured(sent)
    # Labels of Qiskit begin with the last qubit.
    n = circuit.n_qubits
    labels = [
        ("".join(w.letter(q) if w.support >> q & 1 else "I" for q in range(n)[::-1]), c)
        for w, c in observable
    ]
    sent.save_expectation_value(SparsePauliOp.from_list(labels), physical)
    return float(_run(device, [sent])[0]["expectation_value"])


def unmeasured(sent: QuantumCircuit) -> QuantumCircuit:
    """The gates of a circuit alone."""
    bare = QuantumCircuit(*sent.qregs, global_phase=sent.global_phase)
    for one in sent.data:
        if one.operation.name not in ("measure", "barrier"):
            bare.append(one)
    return bare


def _at(measured: Measured, phi: np.ndarray) -> tuple[QuantumCircuit, list[int]]:
    """The circuit at a point with its probabilities saved, and the physical qubit of every bit."""
    sent = measured.circuit.assign_parameters(measured.values(phi[None])[0])
    where = {
        sent.find_bit(i.clbits[0]).index: sent.find_bit(i.qubits[0]).index
        for i in sent.get_instructions("measure")
    }
    physical = [where[k] for k in range(len(where))]
    bare = unmeasured(sent)
    bare.save_probabilities(physical)
    return bare, physical


def _run(device: Primitives, circuits: list[QuantumCircuit]) -> list[dict]:
    backend = device.transpiler.backend
    result = backend.run(circuits, shots=1, method="density_matrix").result()
    assert result.success, result.status
    return [result.data(k) for k in range(len(circuits))]


def _misread(device: Primitives, p: np.ndarray, physical: list[int]) -> np.ndarray:
    """Probabilities after every qubit was read with its own errors."""
    if not device.noise:
        return p
    backend = device.transpiler.backend
    # A fake backend has made its model by now.
    model = backend.options.noise_model
    n = len(physical)
    for error in model.to_dict()["errors"]:
        if error["type"] != "roerror":
            continue
        where = [q for gate in error.get("gate_qubits", [(q,) for q in physical]) for q in gate]
        for k, q in enumerate(physical):
            if q in where:
                assigned = np.array(error["probabilities"])  # row: what it was
                axis = n - 1 - k
                p = np.moveaxis(
                    np.tensordot(assigned.T, p.reshape((2,) * n), (1, axis)), 0, axis
                ).ravel()
    return p


def _merged(masks: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    outcomes, inverse = np.unique(masks, return_inverse=True)
    return outcomes, np.bincount(inverse.ravel(), p, len(outcomes))
