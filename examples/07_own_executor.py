"""A device of your own as an executor: one Python function that runs a circuit and counts bits."""

import numpy as np
from qiskit.quantum_info import Statevector
from qiskit.transpiler import generate_preset_pass_manager

import qng
from qng.execute.function import Function
from qng.testing import check_executor

# Higher levels may permute qubits: the check below would tell.
to_gates_of_the_device = generate_preset_pass_manager(1, basis_gates=["rz", "sx", "x", "cx"])


def run(circuit, qubits, shots, rng):
    """Your hardware's call goes here; this one lets Qiskit draw the bits."""
    state = Statevector(to_gates_of_the_device.run(circuit.to_qiskit()))
    p = state.probabilities(list(qubits))  # the first of the qubits is the least significant bit
    drawn = rng.multinomial(shots, p / p.sum())
    return {format(k, f"0{len(qubits)}b"): int(n) for k, n in enumerate(drawn) if n}


device = Function(run, name="mine", noise="")  # exact states; say what disturbs your own
check_executor(device)  # the suite that every executor passes

problem = qng.load("one-qubit")
M = qng.metric(problem, [0.3, 0.8], "blocks", executor=device, shots=20_000)
print("metric", np.round(M.dense(), 4).tolist(), "+-", np.round(M.std_error, 4).tolist())
result = qng.minimize(problem, "qng", steps=30, lr=0.1, executor=device, shots=4_000)
print(f"{result.fun:.4f} +- {result.std_error:.4f}, exact ground energy {result.reference:.4f}")
