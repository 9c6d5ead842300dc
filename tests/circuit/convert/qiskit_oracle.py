"""What Qiskit itself says about a circuit, and derivatives by differences of its statevector."""

from collections.abc import Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, Operation
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.execute.statevector import states as statevector
from qng.testing import strategies
from tests import dense


def same_unitary(circuit: Circuit, qc: QuantumCircuit, theta: Sequence[float]) -> None:
    """Our matrix is Qiskit's, up to the global phase."""
    ours = statevector.unitary(circuit, circuit.angles(theta))
    theirs = Operator(_bound(_written(qc), theta, circuit.parameters)).data
    phase = np.vdot(ours, theirs)
    assert abs(phase) > 0.5 * len(ours)
    np.testing.assert_allclose(ours * phase / abs(phase), theirs, rtol=0, atol=1e-9)


def same_derivatives(circuit: Circuit, qc: QuantumCircuit, theta: Sequence[float]) -> None:
    """Metric and gradient are those of Qiskit's statevector, and blocks are exact inside."""
    observable = _observable(circuit.n_qubits)
    point = np.asarray(theta, dtype=float)
    names = circuit.parameters
    psi = _states(qc, point, names)
    d = dense.differences(lambda t: _states(qc, t, names), point)
    mean = d.conj() @ psi
    g = d.conj() @ d.T - np.outer(mean, mean.conj())
    dense.close(qng.metric(circuit, theta).dense(), g.real)
    problem = qng.Problem(circuit, PauliSum.from_qiskit(observable), theta)
    slopes = 2 * (d.conj() @ (observable.to_matrix() @ psi)).real
    dense.close(qng.gradient(problem, theta).value, slopes)
    same_blocks(circuit, theta)


def same_blocks(circuit: Circuit, theta: Sequence[float]) -> None:
    """With one parameter a rotation, the blocks are the blocks of the exact metric."""
    free = strategies.free(circuit)
    phi = circuit.angles(theta)
    exact = qng.metric(free, phi).dense()
    expected = np.zeros_like(exact)
    for block in free.blocks():
        inside = np.ix_(block.rotations, block.rotations)
        expected[inside] = exact[inside]
    dense.close(qng.metric(free, phi, "blocks").dense(), expected, 1e-9)


def states(qc: QuantumCircuit) -> Statevector:
    """The state of a circuit without parameters, product formulas written out."""
    return Statevector(_written(qc))


def _observable(n: int) -> SparsePauliOp:
    """Words of weight 1 to 3 with every letter."""
    words = [("Z", [0], 0.7), ("X", [n - 1], -0.4), ("YZ", [0, n - 1], 0.9), ("XX", [0, 1], 0.3)]
    return SparsePauliOp.from_sparse_list([*words, ("ZYX", [0, 1, n - 1], 0.6)][: 4 + (n > 2)], n)


def _bound(qc: QuantumCircuit, theta: Sequence[float], names: Sequence[str]) -> QuantumCircuit:
    values = dict(zip(names, theta))
    return qc.assign_parameters({p: values[p.name] for p in qc.parameters})


def _states(qc: QuantumCircuit, theta: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Qiskit's states at points of shape (..., P): shape (..., 2^n)."""
    # Bound twice, a circuit that was written out keeps the phase of the first time.
    flat = [Statevector(_bound(_written(qc), t, names)).data for t in theta.reshape(-1, len(names))]
    return np.reshape(flat, (*theta.shape[:-1], -1))


def _written(qc: QuantumCircuit) -> QuantumCircuit:
    """With product formulas written out; Qiskit's own matrices are those of exact evolutions."""
    names = {item.operation.name for item in qc.data if _holds_evolution(item.operation)}
    return _written(qc.decompose(list(names))) if names else qc


def _holds_evolution(op: Operation) -> bool:
    if isinstance(op, PauliEvolutionGate):
        return True
    body = op.definition if type(op) in (Gate, Instruction) else None
    return body is not None and any(_holds_evolution(item.operation) for item in body.data)
