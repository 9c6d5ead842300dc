"""A Qiskit user's first step: the metric of a QuantumCircuit, and VQE with the natural gradient."""

import numpy as np
from qiskit.circuit.library import efficient_su2
from qiskit.quantum_info import SparsePauliOp

import qng

ansatz = efficient_su2(3, reps=2)
hamiltonian = SparsePauliOp(["IZZ", "ZZI", "IIX", "IXI", "XII"], [-1.0, -1.0, -0.7, -0.7, -0.7])

theta = np.random.default_rng(7).uniform(-np.pi, np.pi, ansatz.num_parameters)
g = qng.metric(ansatz, theta)  # in the order of ansatz.parameters
print(f"rank of the metric: {np.linalg.matrix_rank(g.dense(), tol=1e-9)} of {g.size}")

problem = qng.Problem(ansatz, hamiltonian, start=theta)
run = qng.minimize(problem, "qng", steps=200, tol=1e-9)
print(f"{run.fun:.6f} after {run.nit} steps, exact {run.reference:.6f}: {run.message}")

# The circuit that is run, for looking at, drawing and transpiling.
print(problem.circuit.to_qiskit().draw(fold=100, idle_wires=False))
