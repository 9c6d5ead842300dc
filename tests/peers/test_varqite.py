"""Imaginary and real time against qiskit-algorithms' VarQITE and VarQRTE with Euler's steps."""

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

import qng
from qng.geometry import LeastSquares

evolvers = pytest.importorskip("qiskit_algorithms.time_evolvers.variational")

STEPS, TIME = 8, 0.4


def ansatz() -> QuantumCircuit:
    """Two qubits, six rotations, all directions but none twice; R gates that they can derive."""
    v = ParameterVector("v", 6)
    circuit = QuantumCircuit(2)
    circuit.ry(v[0], 0)
    circuit.ry(v[1], 1)
    circuit.rz(v[2], 0)
    circuit.cx(0, 1)
    circuit.rx(v[3], 0)
    circuit.rz(v[4], 1)
    circuit.cx(1, 0)
    circuit.ry(v[5], 1)
    return circuit


@pytest.mark.parametrize("kind", ["imaginary", "real"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_steps_of_euler_agree(kind: str) -> None:
    from qiskit_algorithms import TimeEvolutionProblem
    from qiskit_algorithms.gradients import DerivativeType, ReverseEstimatorGradient, ReverseQGT

    start = np.array([0.4, 0.9, -0.3, 0.5, 0.2, 0.7])
    h = SparsePauliOp.from_list([("ZZ", 1.0), ("IX", 0.7), ("YI", 0.3)])
    imaginary = kind == "imaginary"
    part: Any = DerivativeType.REAL if imaginary else DerivativeType.IMAG
    qgt, gradient = ReverseQGT(), ReverseEstimatorGradient(derivative_type=part)
    principle_of, evolver_of = (
        (evolvers.ImaginaryMcLachlanPrinciple, evolvers.VarQITE)
        if imaginary
        else (evolvers.RealMcLachlanPrinciple, evolvers.VarQRTE)
    )

    def solver(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(a, b, rcond=1e-8)[0]

    principle = principle_of(qgt, gradient)
    theirs = evolver_of(
        ansatz(),
        start,
        principle,
        ode_solver=evolvers.ForwardEulerSolver,
        lse_solver=solver,
        num_timesteps=STEPS,
    )
    found = theirs.evolve(TimeEvolutionProblem(h, TIME))
    own = qng.evolve(
        qng.Problem(ansatz(), h, start),
        TIME,
        kind=kind,
        integrator="euler",
        step=TIME / STEPS,
        solve=LeastSquares(1e-8),
    )
    # Its clock adds up steps, and goes one further where their sum rounds below the end.
    theirs_at = np.array([list(row) for row in found.parameter_values])[: STEPS + 1]
    np.testing.assert_allclose(theirs_at, own.points, atol=1e-8)
