"""Every gate of Qiskit's library: matrix, metric and gradient are Qiskit's."""

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
import qiskit.circuit.library as lib
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Gate,
    InverseModifier,
    Parameter,
    PowerModifier,
)
from qiskit.quantum_info import Pauli, SparseObservable, SparsePauliOp, random_unitary
from qiskit.synthesis import LieTrotter, MatrixExponential, QDrift, SuzukiTrotter

from qng.circuit.circuit import Circuit
from tests.circuit.convert import qiskit_oracle as oracle

# Not in the order of the alphabet, so that Qiskit's order and ours differ.
A, B, C, D = (Parameter(name) for name in "dbca")

COMMUTING = SparsePauliOp.from_sparse_list(
    [("ZZ", [0, 1], 0.7), ("XX", [0, 1], -0.4), ("Z", [2], 0.3), ("", [], 0.2)], 3
)
MIXED = SparsePauliOp.from_sparse_list(
    [("ZZ", [0, 1], 0.7), ("XX", [1, 2], -0.4), ("Y", [0], 0.3), ("", [], 0.2)], 3
)


def composite(*operations: tuple, n: int = 2, phase: object = 0.0) -> QuantumCircuit:
    qc = QuantumCircuit(n, name="composite", global_phase=phase)
    for name, *args in operations:
        getattr(qc, name)(*args)
    return qc


LADDER = composite(("h", 0), ("cx", 0, 1), ("rz", A, 1), ("cx", 0, 1), ("h", 0), phase=A * B)
LAYER = composite(("ry", A, 0), ("cx", 0, 1), ("p", 2 * B - A, 1), ("crx", A, 1, 0), phase=B)


def controlled(gate: Gate, controls: int, state: int | None = None) -> Gate:
    """A ControlledGate; old versions of Qiskit warn of methods that they use themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gate.control(controls, ctrl_state=state, annotated=False)


class OnlyNamed(Gate):
    """A gate that is called rx and is something else."""

    def __init__(self, angle: Parameter) -> None:
        super().__init__("rx", 1, [angle])

    def _define(self) -> None:
        self.definition = composite(("rz", 3 * self.params[0], 0), n=1)


class Derived(lib.RXGate):
    """A library gate with another definition, which Qiskit itself does not look at."""

    def _define(self) -> None:
        self.definition = composite(("ry", self.params[0], 0), n=1)


PARAMETRISED = {
    "rx": lib.RXGate(A),
    "ry": lib.RYGate(2 * A + 0.3),
    "rz": lib.RZGate(A),
    "p": lib.PhaseGate(A),
    "r": lib.RGate(A, B),
    "r about y": lib.RGate(A, np.pi / 2),
    "r about x": lib.RGate(A, 0.0),
    "r with a free axis": lib.RGate(0.8, B),
    "u": lib.UGate(A, B, C),
    "u1": lib.U1Gate(A),
    "u2": lib.U2Gate(A, B),
    "u3": lib.U3Gate(A, B, C),
    "u with numbers": lib.UGate(0.7, B, 0.2),
    "rxx": lib.RXXGate(A),
    "ryy": lib.RYYGate(A),
    "rzz": lib.RZZGate(A),
    "rzx": lib.RZXGate(A),
    "ms": lib.MSGate(3, A),
    "xx_plus_yy": lib.XXPlusYYGate(A, B),
    "xx_minus_yy": lib.XXMinusYYGate(A, B),
    "xx_plus_yy without a phase": lib.XXPlusYYGate(A),
    "cp": lib.CPhaseGate(A),
    "crx": lib.CRXGate(A),
    "cry": lib.CRYGate(A),
    "crz": lib.CRZGate(A),
    "cu": lib.CUGate(A, B, C, D),
    "cu1": lib.CU1Gate(A),
    "cu3": lib.CU3Gate(A, B, C),
    "crx on 0": lib.CRXGate(A, ctrl_state=0),
    "cu on 0": lib.CUGate(A, B, C, D, ctrl_state=0),
    "mcphase": lib.MCPhaseGate(A, 2),
    "mcrx": controlled(lib.RXGate(A), 2),
    "mcry on 01": controlled(lib.RYGate(A), 2, 1),
    "mcrz on 10": controlled(lib.RZGate(A), 2, 2),
    "mcu": controlled(lib.UGate(A, B, C), 2),
    "mcmt": lib.MCMTGate(lib.RYGate(A), 1, 2),
    "controlled rxx": controlled(lib.RXXGate(A), 1),
    "controlled r": controlled(lib.RGate(A, B), 1),
    "controlled xx_plus_yy": controlled(lib.XXPlusYYGate(A, B), 1),
    "controlled phase": controlled(lib.GlobalPhaseGate(A), 2),
    "annotated crx": lib.RXGate(A).control(2, annotated=True),
    "annotated cu": AnnotatedOperation(
        lib.UGate(A, B, C), [InverseModifier(), ControlModifier(1, 0), ControlModifier(1, 1)]
    ),
    "a power": AnnotatedOperation(lib.RYGate(A), [PowerModifier(0.5), ControlModifier(1)]),
    "a power of a controlled gate": AnnotatedOperation(
        lib.CRYGate(A), [PowerModifier(3), InverseModifier()]
    ),
    "a ladder": LADDER.to_gate(),
    "the inverse of a ladder": LADDER.to_gate().inverse(),
    "a layer": LAYER.to_gate(),
    "a controlled ladder": LADDER.to_gate().control(1, annotated=True),
    "a controlled layer": LAYER.to_gate().control(1, ctrl_state=0, annotated=True),
    "nested": composite(
        ("append", LAYER.to_gate(), [1, 0]), ("append", LADDER.to_gate(), [0, 1])
    ).to_gate(),
    "a power of a ladder": LADDER.to_gate().power(2, annotated=True),
    "only named rx": OnlyNamed(A),
    "derived from rx": Derived(A),
    **(
        {
            "pauli rotation": lib.PauliProductRotationGate(Pauli("-XIZ"), A),
            "controlled pauli rotation": lib.PauliProductRotationGate(Pauli("YZ"), A).control(1),
        }
        if hasattr(lib, "PauliProductRotationGate")
        else {}
    ),
    "evolution of a word": lib.PauliEvolutionGate(Pauli("XYZ"), A),
    "evolution, commuting": lib.PauliEvolutionGate(COMMUTING, A * B),
    "evolution, repeated": lib.PauliEvolutionGate(COMMUTING, A, synthesis=LieTrotter(reps=3)),
    "evolution, exact": lib.PauliEvolutionGate(COMMUTING, A, synthesis=MatrixExponential()),
    "evolution, controlled": lib.PauliEvolutionGate(COMMUTING[:2], A).control(1, ctrl_state=0),
    "evolution, projectors": lib.PauliEvolutionGate(SparseObservable("1+l"), A),
    "lie-trotter": lib.PauliEvolutionGate(MIXED, A + B),
    "lie-trotter, reordered": lib.PauliEvolutionGate(
        MIXED, A, synthesis=LieTrotter(reps=2, preserve_order=False, wrap=True)
    ),
    "lie-trotter, groups": lib.PauliEvolutionGate([MIXED[:2], MIXED[2:]], A),
    "lie-trotter, controlled": lib.PauliEvolutionGate(
        SparsePauliOp(["XY", "ZI", "II"], [0.3, -0.8, 0.4]), A
    ).control(1),
    "suzuki": lib.PauliEvolutionGate(MIXED, A, synthesis=SuzukiTrotter(order=2, reps=2)),
    "suzuki of fourth order": lib.PauliEvolutionGate(MIXED, A, synthesis=SuzukiTrotter(order=4)),
    "hamiltonian": lib.HamiltonianGate(COMMUTING.to_matrix(), A),
    "hamiltonian, diagonal": lib.HamiltonianGate(np.diag([1.0, 2.0, 4.0, 8.0]), A),
    "controlled hamiltonian": lib.HamiltonianGate(
        SparsePauliOp(["XX", "YY"], [0.3, 0.2]).to_matrix(), A
    ).control(1, annotated=True),
}

FIXED = {
    **{
        gate.name: gate
        for gate in (
            *[lib.XGate(), lib.YGate(), lib.ZGate(), lib.HGate(), lib.SGate(), lib.SdgGate()],
            *[lib.TGate(), lib.TdgGate(), lib.SXGate(), lib.SXdgGate(), lib.IGate()],
            *[lib.CXGate(), lib.CYGate(), lib.CZGate(), lib.CHGate(), lib.CSGate()],
            *[lib.CSdgGate(), lib.CSXGate(), lib.SwapGate(), lib.iSwapGate(), lib.DCXGate()],
            *[lib.ECRGate(), lib.CCXGate(), lib.CCZGate(), lib.CSwapGate(), lib.RCCXGate()],
            *[lib.RC3XGate(), lib.C3XGate(), lib.C3SXGate(), lib.QFTGate(3), lib.RVGate(1, 2, 3)],
        )
    },
    "cx on 0": lib.CXGate(ctrl_state=0),
    "ccx on 01": lib.CCXGate(ctrl_state=1),
    "cp": lib.CPhaseGate(0.7),
    "rv of nothing": lib.RVGate(0, 0, 0),
    "pauli": lib.PauliGate("XYIZ"),
    "controlled pauli": lib.PauliGate("XY").control(1, annotated=True),
    "unitary": lib.UnitaryGate(random_unitary(8, seed=1)),
    "controlled unitary": controlled(lib.UnitaryGate(random_unitary(4, seed=1)), 1),
    "isometry": lib.Isometry(random_unitary(8, seed=3).data[:, :2], 0, 0),
    "diagonal": lib.DiagonalGate(np.exp(1j * np.arange(8)).tolist()),
    "permutation": lib.PermutationGate([2, 0, 1]),
    "linear function": lib.LinearFunction([[1, 1], [0, 1]]),
    "multiplexed": lib.UCGate([random_unitary(2, seed=k).data for k in range(4)]),
    "multiplexed ry": lib.UCRYGate([0.1, 0.2, 0.3, 0.4]),
    "state preparation": lib.StatePreparation(random_unitary(8, seed=2).data[0]),
    "power of h": AnnotatedOperation(lib.HGate(), [PowerModifier(0.3), ControlModifier(1)]),
    "evolution": lib.PauliEvolutionGate(MIXED, 0.7, synthesis=MatrixExponential()),
    "hamiltonian": lib.HamiltonianGate(MIXED.to_matrix(), 0.7),
    "qdrift": lib.PauliEvolutionGate(MIXED, 0.7, synthesis=QDrift(reps=2, seed=3)),
}


def between(gate: Gate, n: int = 3) -> QuantumCircuit:
    """The gate between entangling gates and two parameters, s before and t after it."""
    n = max(n, gate.num_qubits)
    s, t = Parameter("s"), Parameter("t")
    qc = QuantumCircuit(n)
    for q in range(n):
        qc.ry(0.3 + 0.2 * q, q)
        qc.rz(0.5 - 0.3 * q, q)
    qc.ry(s, n - 1)
    for q in range(n - 1):
        qc.cx(q, q + 1)
    qc.append(gate, [2, 0, 1, 3][: gate.num_qubits] if gate.num_qubits < 5 else range(n))
    qc.ch(n - 1, 0)
    qc.rx(t, 1)
    for q in range(n):
        qc.rx(0.4 + 0.1 * q, q)
    return qc


def point(count: int) -> Sequence[float]:
    return [0.83, -1.37, 0.59, 2.21, -0.46, 1.04][:count]


@pytest.mark.parametrize("name", PARAMETRISED)
def test_parametrised_gates(name: str) -> None:
    qc = between(PARAMETRISED[name])
    circuit = Circuit.from_qiskit(qc)
    assert sorted(circuit.parameters) == sorted(p.name for p in qc.parameters)
    theta = point(circuit.n_parameters)
    oracle.same_unitary(circuit, qc, theta)
    oracle.same_derivatives(circuit, qc, theta)


@pytest.mark.parametrize("name", FIXED)
def test_fixed_gates(name: str) -> None:
    qc = between(FIXED[name])
    circuit = Circuit.from_qiskit(qc)
    assert circuit.parameters == ("s", "t")
    assert circuit.n_rotations == 2
    oracle.same_unitary(circuit, qc, point(2))
