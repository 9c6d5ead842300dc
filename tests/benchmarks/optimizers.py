"""Natural gradient steps by others, on any problem. Each function imports its package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import qng
from qng.circuit.gate import Rotation
from qng.circuit.pauli import PauliSum

Step = Callable[[Any], Any]

# Qubits up to which a dense Hamiltonian is the faster one for them.
_DENSE = 6


def repeated(step: Step, theta: np.ndarray, count: int) -> np.ndarray:
    """Theta after so many steps."""
    at: Any = theta
    for _ in range(count):
        at = step(at)
    return np.asarray(at)


def tensorcircuit_step(problem: qng.Problem, method: str, lr: float, damping: float) -> Step:
    """theta - lr (g + damping)^-1 grad E, or without the metric for "gd": one jitted function.

    Double precision; the first call compiles. Angles of the circuit are linear in theta.
    """
    import tensorcircuit as tc
    from tensorcircuit import experimental

    backend = tc.set_backend("jax")
    tc.set_dtype("complex128")
    circuit = problem.circuit
    zero = np.zeros(circuit.n_parameters)
    slopes = backend.convert_to_tensor(circuit.jacobian(zero))
    offsets = backend.convert_to_tensor(circuit.angles(zero))
    # An argument, and no constant, which the compiler would look at for minutes.
    hamiltonian = _tensorcircuit_matrix(problem.observable, circuit.n_qubits)
    dense = circuit.n_qubits <= _DENSE
    image = backend.matmul if dense else backend.sparse_dense_matmul

    def built(theta: Any) -> Any:
        angles = slopes @ theta + offsets
        made, r = tc.Circuit(circuit.n_qubits), 0
        for op in circuit.ops:
            if not isinstance(op, Rotation):
                known = {"cx": "cnot", "x": "x", "cz": "cz", "h": "h"}[op.name]
                getattr(made, known)(*op.qubits)
                continue
            angle = op.angle.value({}) if op.is_fixed else angles[r]
            r += not op.is_fixed
            letters = "".join(op.pauli.letter(q) for q in op.pauli.qubits).lower()
            getattr(made, f"r{letters}")(*op.pauli.qubits, theta=angle)
        return made

    def energy(theta: Any, matrix: Any) -> Any:
        psi = backend.reshape(built(theta).state(), [-1, 1])
        return backend.real(backend.sum(backend.conj(psi) * image(matrix, psi)))

    slope = backend.grad(energy)
    # Their default adds 1e-5 to the diagonal.
    metric = experimental.qng(lambda theta: built(theta).state(), postprocess=backend.real)

    def step(theta: Any, matrix: Any) -> Any:
        s = slope(theta, matrix)
        if method == "qng":
            s = backend.solve(metric(theta) + damping * backend.eye(len(zero), "float64"), s)
        return theta - lr * s

    jitted = backend.jit(step)
    return lambda theta: jitted(backend.convert_to_tensor(theta), hamiltonian).block_until_ready()


def _tensorcircuit_matrix(observable: PauliSum, n_qubits: int) -> Any:
    """H for states of theirs, whose first qubit is the most significant bit of an index."""
    import tensorcircuit as tc

    theirs = [int(f"{j:0{n_qubits}b}"[::-1], 2) for j in range(2**n_qubits)]
    matrix = observable.matrix(n_qubits)[theirs][:, theirs]
    if n_qubits <= _DENSE:
        return tc.backend.convert_to_tensor(matrix.toarray().astype(complex))
    entries = matrix.tocoo()
    places = np.stack([entries.row, entries.col], axis=1)
    return tc.backend.coo_sparse_matrix(places, entries.data.astype(complex), matrix.shape)


def pennylane_run(
    problem: qng.Problem, steps: int, lr: float, damping: float
) -> Callable[[], float]:
    """The energy after steps of QNGOptimizer with the full metric by `adjoint_metric_tensor`."""
    import pennylane as qml

    wires = range(problem.circuit.n_qubits)
    observable = problem.observable.to_pennylane(wires)
    circuit = problem.circuit.to_pennylane(wires)

    @qml.qnode(qml.device("default.qubit", wires=problem.circuit.n_qubits))
    def energy(theta: Any) -> Any:
        circuit(theta)
        return qml.expval(observable)

    def run() -> float:
        optimizer = qml.QNGOptimizer(lr, lam=damping)
        theta = qml.numpy.array(problem.initial, requires_grad=True)
        metric = qml.adjoint_metric_tensor(energy)
        for _ in range(steps):
            theta = optimizer.step(energy, theta, metric_tensor_fn=metric)
        return float(energy(theta))

    return run


def var_qite_run(
    problem: qng.Problem, steps: int, lr: float, damping: float
) -> Callable[[], float]:
    """The energy after Euler steps of VarQITE, with their fastest exact metric and gradient.

    Imaginary time is g dtheta/dtau = -grad E / 2: a step of dtau is one of QNG at the rate dtau/2.
    """
    from qiskit.primitives import StatevectorEstimator
    from qiskit_algorithms import TimeEvolutionProblem, VarQITE
    from qiskit_algorithms.gradients import ReverseEstimatorGradient, ReverseQGT
    from qiskit_algorithms.time_evolvers.variational import ImaginaryMcLachlanPrinciple

    n = problem.circuit.n_qubits
    observable, ansatz = problem.observable.to_qiskit(n), problem.circuit.to_qiskit()
    start = dict(zip(problem.circuit.parameters, problem.initial))
    principle = ImaginaryMcLachlanPrinciple(ReverseQGT(), ReverseEstimatorGradient())

    def solve(matrix: np.ndarray, force: np.ndarray) -> np.ndarray:
        # They solve with the metric of the rotation angles times 1, as we do.
        return np.linalg.solve(matrix + damping * np.eye(len(matrix)), force)

    def run() -> float:
        evolver = VarQITE(
            ansatz,
            {parameter: start[parameter.name] for parameter in ansatz.parameters},
            principle,
            estimator=StatevectorEstimator(),
            lse_solver=solve,
            num_timesteps=steps,
        )
        evolution = TimeEvolutionProblem(observable, 2 * lr * steps)
        result = evolver.evolve(evolution)
        estimator = StatevectorEstimator()
        job = estimator.run([(result.evolved_state, observable)])
        return float(job.result()[0].data.evs)

    return run
