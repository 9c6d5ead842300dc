"""Quantum natural gradient against gradient descent on H2, in a few lines."""

import qng

problem = qng.load("h2")
print(f"{problem.title}: {problem.circuit.n_qubits} qubits, {problem.circuit.n_parameters} angles")

for method in ("gd", "qng"):
    run = qng.minimize(problem, method, lr=0.5, steps=500, tol=1e-6)
    print(
        f"{method:>4}: {run.fun:.8f} Ha after {run.nit} steps, {run.error:.1e} above the exact one"
    )
