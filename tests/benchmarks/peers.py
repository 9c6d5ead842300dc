"""The same computations by others. Each function imports its package and returns what to call.

A missing package is an ImportError, which the table turns into a note.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.workloads import gates, ising, random_angles

Compute = Callable[[], np.ndarray]


def tensorcircuit_metric(n_qubits: int, layers: int) -> Compute:
    """The metric by forward derivatives in double precision, jitted; the first call compiles."""
    import tensorcircuit as tc
    from tensorcircuit import experimental

    backend = tc.set_backend("jax")
    tc.set_dtype("complex128")
    theta = backend.convert_to_tensor(random_angles(2 * n_qubits * layers))

    def state(params: Any) -> Any:
        circuit = tc.Circuit(n_qubits)
        for name, qubits, k in gates(n_qubits, layers):
            if name == "cx":
                circuit.cnot(*qubits)
            else:
                getattr(circuit, name)(*qubits, theta=params[k])
        return circuit.state()

    # Their default adds 1e-5 to the diagonal.
    metric = backend.jit(experimental.qng(state, postprocess=backend.real))
    return lambda: np.asarray(metric(theta))


def pennylane_tape(n_qubits: int, layers: int) -> Any:
    """The reference circuit with the energy of the chain as a tape."""
    import pennylane as qml

    theta = random_angles(2 * n_qubits * layers)
    kinds = {"ry": qml.RY, "rz": qml.RZ}
    ops = [
        qml.CNOT(qubits) if name == "cx" else kinds[name](theta[k], qubits[0])
        for name, qubits, k in gates(n_qubits, layers)
    ]
    energy = qml.expval(ising(n_qubits).to_pennylane(range(n_qubits)))
    return qml.tape.QuantumScript(ops, [energy], trainable_params=list(range(len(theta))))


def pennylane_qnode(n_qubits: int, layers: int, device: str, shots: int | None = None) -> Any:
    """A QNode of one array of angles."""
    import pennylane as qml

    observable = ising(n_qubits).to_pennylane(range(n_qubits))
    observable.compute_grouping()  # two bases; without it they measure three
    kinds = {"ry": qml.RY, "rz": qml.RZ}

    def energy(theta: Any) -> Any:
        for name, qubits, k in gates(n_qubits, layers):
            if name == "cx":
                qml.CNOT(qubits)
            else:
                kinds[name](theta[k], qubits[0])
        return qml.expval(observable)

    how = "parameter-shift" if shots else "best"
    node = qml.QNode(energy, qml.device(device, wires=n_qubits), diff_method=how)
    return qml.set_shots(node, shots) if shots else node


def pennylane_metric(n_qubits: int, layers: int) -> Compute:
    import pennylane as qml

    node = pennylane_qnode(n_qubits, layers, "default.qubit")
    theta = qml.numpy.array(random_angles(2 * n_qubits * layers), requires_grad=True)
    metric = qml.adjoint_metric_tensor(node)
    return lambda: np.asarray(metric(theta))


def qiskit_metric(n_qubits: int, layers: int) -> Compute:
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector
    from qiskit_algorithms.gradients import DerivativeType, ReverseQGT

    theta = random_angles(2 * n_qubits * layers)
    names = ParameterVector("t", len(theta))
    circuit = QuantumCircuit(n_qubits)
    for name, qubits, k in gates(n_qubits, layers):
        getattr(circuit, name)(*(() if k < 0 else (names[k],)), *qubits)
    qgt = ReverseQGT(derivative_type=DerivativeType.REAL)
    return lambda: np.real(qgt.run([circuit], [theta]).result().qgts[0])


def lightning_gradient(n_qubits: int, layers: int) -> Compute:
    """Adjoint derivatives by the device itself, without QNode and transforms."""
    import pennylane as qml

    device = qml.device("lightning.qubit", wires=n_qubits)
    tape = pennylane_tape(n_qubits, layers)
    return lambda: np.array(device.compute_derivatives([tape])[0], dtype=float)


def qulacs_gradient(n_qubits: int, layers: int) -> Compute:
    from qulacs import Observable, ParametricQuantumCircuit

    theta = random_angles(2 * n_qubits * layers)
    circuit = ParametricQuantumCircuit(n_qubits)
    for name, qubits, k in gates(n_qubits, layers):
        if name == "cx":
            circuit.add_CNOT_gate(*qubits)
        else:
            # Their rotations are exp(+i phi P/2).
            getattr(circuit, f"add_parametric_{name.upper()}_gate")(*qubits, -theta[k])
    observable = Observable(n_qubits)
    for word, c in ising(n_qubits):
        text = " ".join(f"{word.letter(q)} {q}" for q in word.qubits)
        observable.add_operator(c.real, text)
    return lambda: -np.array(circuit.backprop(observable))


def lightning_step(n_qubits: int, layers: int, shots: int) -> Callable[[], tuple[Any, Any]]:
    """Block metric and shift gradient from shots: (metric, gradient), circuits of PennyLane."""
    import pennylane as qml

    node = pennylane_qnode(n_qubits, layers, "lightning.qubit", shots)
    theta = qml.numpy.array(random_angles(2 * n_qubits * layers), requires_grad=True)
    metric, slope = qml.metric_tensor(node, approx="block-diag"), qml.grad(node)
    return lambda: (np.asarray(metric(theta)), np.asarray(slope(theta)))


def circuits_run(n_qubits: int, layers: int, shots: int) -> int:
    """How many circuits one `lightning_step` runs."""
    import pennylane as qml

    node = pennylane_qnode(n_qubits, layers, "lightning.qubit", shots)
    theta = qml.numpy.array(random_angles(2 * n_qubits * layers), requires_grad=True)
    with qml.Tracker(node.device) as tracker:
        qml.metric_tensor(node, approx="block-diag")(theta)
        qml.grad(node)(theta)
    return int(tracker.totals["executions"])
