"""The metric against qiskit-algorithms' quantum geometric tensor: QFI = 4 g."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

import qng

gradients = pytest.importorskip("qiskit_algorithms.gradients")


def random_circuit(seed: int) -> QuantumCircuit:
    """Gates that qiskit-algorithms can differentiate, parameters in the order of their names."""
    rng = np.random.default_rng(seed)
    v = ParameterVector("v", 6)
    circuit = QuantumCircuit(3)
    for k in range(6):
        q = int(rng.integers(3))
        gate = rng.choice(["rx", "ry", "rz", "rzz", "rxx"])
        where = (q,) if len(gate) == 2 else (q, (q + 1) % 3)
        getattr(circuit, gate)(v[k], *where)
        circuit.h((q + 1) % 3)
        circuit.cx(q, (q + 2) % 3)
    return circuit


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_reverse_qgt(seed):
    circuit = random_circuit(seed)
    theta = np.random.default_rng(seed).uniform(-np.pi, np.pi, 6)
    qgt = gradients.ReverseQGT(derivative_type=gradients.DerivativeType.REAL)
    expected = np.real(qgt.run([circuit], [theta]).result().qgts[0])
    assert qng.metric(circuit, theta).dense() == pytest.approx(expected, abs=1e-9)
