"""Every operation of PennyLane: the unitary, its phase under control, and derivatives."""

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane import convert
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.errors import CircuitError
from qng.testing import strategies
from tests import dense
from tests.circuit.convert import pennylane_oracle as oracle

WIRES = ["a", "b", 0, 3]
RNG = np.random.default_rng(7)


def unitary_matrix(n: int) -> np.ndarray:
    return np.linalg.qr(RNG.normal(size=(n, n)) + 1j * RNG.normal(size=(n, n)))[0]


U2, U4, U8 = (unitary_matrix(n) for n in (2, 4, 8))
ORTHOGONAL = np.linalg.qr(RNG.normal(size=(2, 2)))[0]
VECTOR = RNG.normal(size=16)

COMMUTING = qml.dot([0.3, 0.5], [qml.X("a") @ qml.Y("b"), qml.Z("a") @ qml.Z("b") @ qml.Z(0)])
MIXED = qml.dot([0.3, 0.5, 0.2], [qml.X("a"), qml.Z("a") @ qml.Z(0), qml.Y(3)])


def one(name, wires):
    return 1, lambda t: getattr(qml, name)(t, wires=wires)


# name -> (number of angles, angles -> operations). Controls stand before and behind targets.
ROTATIONS = {
    **{name: one(name, "b") for name in ("RX", "RY", "RZ", "PhaseShift", "U1")},
    "U2": (2, lambda a, b: qml.U2(a, b, wires=3)),
    "U3": (3, lambda a, b, c: qml.U3(a, b, c, wires=3)),
    "Rot": (3, lambda a, b, c: qml.Rot(a, b, c, wires=3)),
    **{
        f"{name} {wires}": one(name, wires)
        for name in ("CRX", "CRY", "CRZ", "ControlledPhaseShift")
        for wires in ((0, "a"), ("a", 0))
    },
    **{
        name: one(name, [0, "a"])
        for name in (
            *("CPhaseShift00", "CPhaseShift01", "CPhaseShift10", "PSWAP", "FermionicSWAP"),
            *("IsingXX", "IsingYY", "IsingZZ", "IsingXY"),
            *("SingleExcitation", "SingleExcitationPlus", "SingleExcitationMinus"),
        )
    },
    "CRot": (3, lambda a, b, c: qml.CRot(a, b, c, wires=[3, "a"])),
    "MultiRZ": one("MultiRZ", [3, "a", 0]),
    "PauliRot": (1, lambda t: qml.PauliRot(t, "XYZ", [3, "a", 0])),
    "PauliRot IYI": (1, lambda t: qml.PauliRot(t, "IYI", [3, "a", 0])),
    "PauliRot II": (1, lambda t: qml.PauliRot(t, "II", [3, "a"])),
    **{
        name: one(name, [3, "b", "a", 0])
        for name in (
            *("DoubleExcitation", "DoubleExcitationPlus", "DoubleExcitationMinus"),
            "OrbitalRotation",
        )
    },
    **{
        f"PCPhase {dim}": (1, lambda t, dim=dim: qml.PCPhase(t, dim, wires=[0, "b"]))
        for dim in range(5)
    },
    "GlobalPhase": one("GlobalPhase", "a"),
    "GlobalPhase nowhere": (1, lambda t: qml.GlobalPhase(t)),
    "FermionicSingleExcitation": one("FermionicSingleExcitation", ["b", 0, 3]),
    "FermionicDoubleExcitation": (
        1,
        lambda t: qml.FermionicDoubleExcitation(t, ["a", "b"], [0, 3]),
    ),
    "exp": (1, lambda t: qml.exp(COMMUTING, -0.7j * t)),
    "exp Projector": (1, lambda t: qml.exp(qml.Projector([1, 0], ["a", 3]), 1j * t)),
    "evolve": (1, lambda t: qml.evolve(COMMUTING, t)),
    "evolve two": (
        2,
        lambda t, s: qml.evolve(
            qml.dot([t, s], [qml.X("a") @ qml.Y("b"), qml.Z("a") @ qml.X("b")])
        ),
    ),
}

COMPOSED = {
    "adjoint": (3, lambda a, b, c: qml.adjoint(qml.Rot(a, b, c, "a"))),
    "adjoint SingleExcitationPlus": (
        1,
        lambda t: qml.adjoint(qml.SingleExcitationPlus(t, ["a", 3])),
    ),
    "pow 3": (3, lambda a, b, c: qml.pow(qml.Rot(a, b, c, "a"), 3)),
    "pow -2": (3, lambda a, b, c: qml.pow(qml.U3(a, b, c, "a"), -2)),
    "pow 1/2": (1, lambda t: qml.pow(qml.CRX(t, ["a", 0]), 0.5)),
    "pow t": (1, lambda t: qml.pow(qml.X("a"), t)),
    "ctrl PhaseShift": (
        1,
        lambda t: qml.ctrl(qml.PhaseShift(t, "a"), [0, 3], control_values=[0, 1]),
    ),
    "nested": (
        2,
        lambda a, b: qml.adjoint(
            qml.ctrl(
                qml.pow(qml.prod(qml.RX(a, "a"), qml.PSWAP(b, ["a", 3]), qml.CRY(a, ["a", 3])), 2),
                ["b", 0],
                control_values=[0, 1],
            )
        ),
    ),
    "prod": (2, lambda a, b: qml.prod(qml.RX(a, "a"), qml.CRZ(b, [0, "a"]), qml.S("a"))),
    "s_prod": (1, lambda a: qml.s_prod(1j, qml.RX(a, "a"))),
    "ApproxTimeEvolution": (1, lambda t: qml.ApproxTimeEvolution(MIXED, t, 2)),
    "TrotterProduct": (1, lambda t: qml.TrotterProduct(MIXED, t, n=2, order=2)),
    "CommutingEvolution": (1, lambda t: qml.CommutingEvolution(COMMUTING, t)),
    "QDrift": (1, lambda t: qml.QDrift(MIXED, t, n=3, seed=3)),
    "SelectPauliRot": (
        2,
        lambda a, b: qml.SelectPauliRot(pnp.stack([a, b]), control_wires=["a"], target_wire=3),
    ),
    "Select": (
        2,
        lambda a, b: qml.Select([qml.RX(a, "a"), qml.IsingXY(b, ["a", 0])], control=["b"]),
    ),
    "ControlledSequence": (1, lambda t: qml.ControlledSequence(qml.U1(t, "a"), control=["b", 0])),
    "QuantumPhaseEstimation": (
        1,
        lambda t: qml.QuantumPhaseEstimation(qml.PhaseShift(t, "a"), estimation_wires=["b", 0]),
    ),
    "Reflection": (1, lambda t: qml.Reflection(qml.RX(t, "a"), 1.3)),
    "QSVT": (
        1,
        lambda t: qml.QSVT(
            qml.BlockEncode([[0.1, 0.2], [0.3, 0.4]], [3, "a"]),
            [qml.PCPhase(t, 2, [3, "a"]), qml.PCPhase(2 * t, 2, [3, "a"])],
        ),
    ),
}

LAYERS = {
    "StronglyEntanglingLayers": (
        12,
        lambda *w: qml.StronglyEntanglingLayers(pnp.stack(w).reshape(2, 2, 3), ["b", 0]),
    ),
    "BasicEntanglerLayers": (
        4,
        lambda *w: qml.BasicEntanglerLayers(pnp.stack(w).reshape(2, 2), ["a", "b"]),
    ),
    "SimplifiedTwoDesign": (
        4,
        lambda *w: qml.SimplifiedTwoDesign(
            pnp.stack(w[:2]), pnp.stack(w[2:]).reshape(1, 1, 2), ["a", "b"]
        ),
    ),
    "RandomLayers": (
        4,
        lambda *w: qml.RandomLayers(pnp.stack(w).reshape(2, 2), ["a", "b"], seed=3),
    ),
    "AngleEmbedding": (
        3,
        lambda *x: qml.AngleEmbedding(pnp.stack(x), ["a", "b", 0], rotation="Y"),
    ),
    "IQPEmbedding": (3, lambda *x: qml.IQPEmbedding(pnp.stack(x), ["a", "b", 0])),
    "QAOAEmbedding": (
        4,
        lambda x, *w: qml.QAOAEmbedding(
            pnp.stack([x, 2 * x]), pnp.stack(w).reshape(1, 3), ["a", "b"]
        ),
    ),
    "ArbitraryUnitary": (15, lambda *w: qml.ArbitraryUnitary(pnp.stack(w), ["b", 0])),
    "AllSinglesDoubles": (
        2,
        lambda *w: qml.AllSinglesDoubles(
            pnp.stack(w), WIRES, np.array([1, 1, 0, 0]), [["a", 0]], [["a", "b", 0, 3]]
        ),
    ),
    "UCCSD": (
        3,
        lambda *w: qml.UCCSD(
            pnp.stack(w),
            WIRES,
            s_wires=[["a", "b", 0], ["b", 0, 3]],
            d_wires=[[["a", "b"], [0, 3]]],
            init_state=np.array([1, 1, 0, 0]),
        ),
    ),
    "kUpCCGSD": (
        6,
        lambda *w: qml.kUpCCGSD(
            pnp.stack(w).reshape(1, 6), WIRES, k=1, delta_sz=0, init_state=np.array([1, 1, 0, 0])
        ),
    ),
    "GateFabric": (
        2,
        lambda *w: qml.GateFabric(
            pnp.stack(w).reshape(1, 1, 2), WIRES, init_state=np.array([1, 0, 1, 0])
        ),
    ),
    "ParticleConservingU1": (
        6,
        lambda *w: qml.ParticleConservingU1(
            pnp.stack(w).reshape(1, 3, 2), WIRES, init_state=np.array([1, 0, 1, 0])
        ),
    ),
    "ParticleConservingU2": (
        7,
        lambda *w: qml.ParticleConservingU2(
            pnp.stack(w).reshape(1, 7), WIRES, init_state=np.array([1, 0, 1, 0])
        ),
    ),
    "MPS": (
        4,
        lambda *w: qml.MPS(
            ["a", "b", 0],
            2,
            lambda weights, wires: (qml.RX(weights[0], wires[0]), qml.CRY(weights[1], wires)),
            2,
            template_weights=pnp.stack(w).reshape(2, 2),
        ),
    ),
    "qaoa layers": (
        2,
        lambda g, b: (
            qml.qaoa.cost_layer(
                g, qml.Hamiltonian([0.3, 0.5], [qml.Z("a") @ qml.Z("b"), qml.Z(0)])
            ),
            qml.qaoa.mixer_layer(b, qml.Hamiltonian([1.0, 1.0], [qml.X("a"), qml.X(0)])),
        ),
    ),
    "Hadamard test": (
        2,
        lambda a, b: (
            qml.Hadamard(3),
            qml.ctrl(
                lambda: (qml.Rot(a, b, a * b, "a"), qml.GlobalPhase(b), qml.IsingXY(a, ["a", "b"])),
                3,
            )(),
            qml.Hadamard(3),
        ),
    ),
}


def fixed(name, wires):
    return 0, lambda: getattr(qml, name)(wires=wires)


FIXED = {
    **{name: fixed(name, "b") for name in ("Hadamard", "X", "Y", "Z", "S", "T", "SX", "Identity")},
    **{
        name: fixed(name, [3, "b"])
        for name in (
            *("SWAP", "ISWAP", "SISWAP", "SQISW", "ECR"),
            *("CNOT", "CZ", "CY", "CH"),
        )
    },
    **{name: fixed(name, [3, "b", "a"]) for name in ("Toffoli", "CSWAP", "CCZ", "QFT")},
    "GroverOperator": fixed("GroverOperator", [3, "b", "a"]),
    "MultiControlledX": (0, lambda: qml.MultiControlledX([3, "b", "a", 0], [1, 0, 0])),
    "Permute": (0, lambda: qml.Permute([0, 3, "a"], ["a", 0, 3])),
    "pow X": (0, lambda: qml.pow(qml.X("a"), 0.3)),
    "pow SWAP": (0, lambda: qml.pow(qml.SWAP(["a", 3]), 0.3)),
    "QubitUnitary 1": (0, lambda: qml.QubitUnitary(U2, "a")),
    "QubitUnitary 2": (0, lambda: qml.QubitUnitary(U4, [3, "a"])),
    "QubitUnitary 3": (0, lambda: qml.QubitUnitary(U8, [3, "a", "b"])),
    "ControlledQubitUnitary": (
        0,
        lambda: qml.ControlledQubitUnitary(U4, [3, "a", "b"], control_values=[0]),
    ),
    "DiagonalQubitUnitary": (
        0,
        lambda: qml.DiagonalQubitUnitary(np.exp(1j * VECTOR[:8]), [3, "a", "b"]),
    ),
    "BlockEncode": (0, lambda: qml.BlockEncode([[0.1, 0.2], [0.3, 0.4]], [3, "a"])),
    "SpecialUnitary": (0, lambda: qml.SpecialUnitary(VECTOR[:15], ["a", 0])),
    "BasisRotation": (0, lambda: qml.BasisRotation(["a", "b"], unitary_matrix=ORTHOGONAL)),
    "evolve words that do not commute": (0, lambda: qml.evolve(MIXED, 0.4)),
    "PrepSelPrep": (
        0,
        lambda: qml.PrepSelPrep(qml.dot([0.3, 0.5], [qml.X("a"), qml.Z("a")]), control="b"),
    ),
    "Elbow": (0, lambda: qml.TemporaryAND(["a", "b", 0])),
}

ALL = {**ROTATIONS, **COMPOSED, **LAYERS, **FIXED}
assert len(ALL) == len(ROTATIONS) + len(COMPOSED) + len(LAYERS) + len(FIXED)


def converted(function, theta, wires) -> Circuit:
    return Circuit.from_pennylane(
        function, theta, argnum=[0] if theta.size else [], wire_order=wires
    )


@pytest.mark.parametrize("name", ALL)
def test_unitary_and_its_phase_under_control(name):
    size, operations = ALL[name]
    theta = np.random.default_rng(1).normal(size=size)

    def function(x):
        operations(*x)

    expected = oracle.unitary(lambda: operations(*theta), WIRES)
    oracle.same_up_to_phase(oracle.our_unitary(converted(function, theta, WIRES), theta), expected)

    def controlled(x):
        qml.ctrl(lambda: operations(*x), control="c")()

    circuit = converted(controlled, theta, ["c", *WIRES])
    grown = np.eye(32, dtype=complex)
    grown[1::2, 1::2] = expected
    oracle.same_up_to_phase(oracle.our_unitary(circuit, theta), grown)


OBSERVABLE = qml.dot(
    [0.7, -0.4, 1.1, 0.3],
    [qml.Z("a") @ qml.X("b"), qml.Y(0), qml.Z(3) @ qml.Z(0), qml.X("a") @ qml.Y(3)],
)
# Derivatives of long templates add time, and nothing to those of their gates.
LONG = (
    *("StronglyEntanglingLayers", "ArbitraryUnitary", "UCCSD", "kUpCCGSD"),
    *("ParticleConservingU1", "ParticleConservingU2", "pow 1/2"),
)
DIFFERENTIABLE = {name: ALL[name] for name in ALL if ALL[name][0] and name not in LONG}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_metric_and_gradient_are_differences_of_the_state(name):
    size, operations = DIFFERENTIABLE[name]
    theta = np.random.default_rng(2).uniform(0.3, 1.5, size=size + 1)

    def function(x):
        for k, wire in enumerate(WIRES):
            qml.Rot(0.3 + 0.2 * k, 0.8 - 0.1 * k, 0.5, wires=wire)
        qml.RX(x[0], wires="a")
        qml.CNOT(["a", 0])
        operations(*x[1:])
        # The last parameter occurs twice.
        qml.RY(x[-1] / 2, wires=0)

    circuit = converted(function, theta, WIRES)
    g, gradient = oracle.metric_and_gradient(function, WIRES, theta, OBSERVABLE)
    dense.close(qng.metric(circuit, theta).dense(), g)
    observable = qng.PauliSum.from_pennylane(OBSERVABLE, WIRES)
    found = qng.gradient(qng.Problem(circuit, observable), theta).value
    dense.close(found, gradient)


@pytest.mark.parametrize(
    "name", ["CRX (0, 'a')", "PSWAP", "CRot", "OrbitalRotation", "SingleExcitationPlus"]
)
def test_blocks_are_the_exact_metric_inside_blocks(name):
    size, operations = ALL[name]
    theta = np.random.default_rng(3).uniform(0.3, 1.5, size=size + 4)

    def function(x):
        for k, wire in enumerate(WIRES):
            qml.RY(x[k], wires=wire)
        operations(*x[4:])
        qml.RX(x[0], wires="a")

    circuit = converted(function, theta, WIRES)
    phi = circuit.angles(theta)
    # Every rotation with an angle of its own, in PennyLane's own gates.
    apart = strategies.free(circuit)
    g, _ = oracle.metric_and_gradient(apart.to_pennylane(), range(4), phi, qml.Z(0))
    for rule in ("commuting", "wires"):
        blocks = qng.metric(apart, phi, "blocks", rule=rule).dense()
        inside = np.zeros_like(g)
        for block in apart.blocks(rule):
            index = np.ix_(block.rotations, block.rotations)
            inside[index] = g[index]
        dense.close(blocks, inside)


@pytest.mark.parametrize(
    "name",
    [
        "PhaseShift",
        "CRX (0, 'a')",
        "CRY ('a', 0)",
        "U2",
        "U3",
        "PSWAP",
        "ControlledPhaseShift (0, 'a')",
    ],
)
def test_adjoint_metric_tensor(name):
    """Gates on which metric_tensor of PennyLane is wrong, and adjoint_metric_tensor right."""
    size, operations = ALL[name]
    theta = np.random.default_rng(4).uniform(0.3, 1.5, size=size + 1)

    @qml.qnode(qml.device("default.qubit", wires=WIRES))
    def node(x):
        qml.RX(x[0], wires="a")
        qml.RY(0.4, wires=0)
        qml.RY(0.9, wires=3)
        qml.RZ(0.3, wires="b")
        operations(*x[1:])
        qml.RY(x[0], wires="a")
        return qml.expval(qml.Z("a"))

    circuit = Circuit.from_pennylane(node, theta)
    expected = qml.adjoint_metric_tensor(node)(pnp.array(theta, requires_grad=True))
    dense.close(qng.metric(circuit, theta).dense(), expected, 1e-10)


@pytest.mark.parametrize(
    "gate",
    [
        lambda t: qml.FermionicSingleExcitation(t, [4, 1, 0, 5]),
        lambda t: qml.FermionicDoubleExcitation(t, [0, 3, 2], [5, 4, 1]),
    ],
)
def test_fermionic_excitations_with_orbitals_between(gate):
    def function(x):
        for wire in range(6):
            qml.RY(0.4 + 0.3 * wire, wires=wire)
        gate(x[0])

    theta = np.array([0.7])
    circuit = Circuit.from_pennylane(function, theta)
    expected = oracle.state(function, range(6), theta)
    oracle.same_up_to_phase(oracle.our_state(circuit, theta), expected)
    assert all(op.same_gate for op in circuit.ops[7:])


@pytest.mark.parametrize(
    "prepare",
    [
        lambda: qml.BasisState(np.array([1, 0, 1]), wires=["b", 0, 3]),
        lambda: qml.BasisEmbedding(5, wires=["b", 0, 3]),
        lambda: qml.StatePrep(VECTOR[:8] + 1j * VECTOR[8:], ["a", 3, 0], normalize=True),
        lambda: qml.AmplitudeEmbedding(VECTOR[:5], ["a", 3, 0], normalize=True, pad_with=0.1),
        lambda: qml.MottonenStatePreparation(VECTOR / np.linalg.norm(VECTOR), WIRES),
    ],
)
def test_fixed_preparations(prepare):
    def function(x):
        prepare()
        qml.CRX(x[0], wires=["a", 3])
        qml.IsingYY(x[1], wires=["b", 0])

    theta = np.array([0.4, 1.1])
    circuit = converted(function, theta, WIRES)
    expected = oracle.state(function, WIRES, theta)
    oracle.same_up_to_phase(oracle.our_state(circuit, theta), expected)
    g, _ = oracle.metric_and_gradient(function, WIRES, theta, OBSERVABLE)
    dense.close(qng.metric(circuit, theta).dense(), g)


def test_a_gate_is_its_commuting_words():
    """The basis changes and CNOT ladders of a decomposition cancel."""

    class Evolved(qml.operation.Operation):
        num_params = 1

        @staticmethod
        def compute_decomposition(t, wires):
            basis = [qml.Hadamard(wires[0]), qml.RX(np.pi / 2, wires[1]), qml.CNOT(wires)]
            back = [qml.CNOT(wires), qml.RX(-np.pi / 2, wires[1]), qml.Hadamard(wires[0])]
            return [*basis, qml.RZ(t, wires[1]), *back]

    circuit = Circuit.from_pennylane(lambda t: Evolved(t, [0, 1]), 0.3)
    assert circuit.ops == (Rotation(Pauli.parse("X0 Y1"), parameter("t")),)


def test_named_gates_keep_their_names():
    def function():
        qml.CNOT([1, 0])
        qml.adjoint(qml.S(0))
        qml.ctrl(qml.adjoint(qml.S(0)), 1)
        qml.Toffoli([2, 0, 1])
        qml.Barrier([0, 1])
        qml.Snapshot()

    assert Circuit.from_pennylane(function).ops == (
        Gate("cx", (1, 0)),
        Gate("sdg", (0,)),
        Gate("csdg", (1, 0)),
        Gate("ccx", (2, 0, 1)),
    )


def test_more_controls_than_a_matrix_holds():
    """PennyLane's own decomposition takes over, work wires included."""
    theta = np.array([0.3])

    def function(x):
        for wire in range(9):
            qml.RY(1.3 + 0.1 * wire, wires=wire)
        qml.MultiControlledX(wires=range(10), work_wires=[10])
        qml.RX(x[0], wires=9)

    circuit = Circuit.from_pennylane(function, theta)
    expected = oracle.state(function, range(circuit.n_qubits), theta)
    oracle.same_up_to_phase(oracle.our_state(circuit, theta), expected)


def rotation_matrix(t):
    return qml.math.stack(
        [pnp.stack([pnp.cos(t), -pnp.sin(t)]), pnp.stack([pnp.sin(t), pnp.cos(t)])]
    )


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (
            lambda x: qml.measure(0),
            "MidMeasure on wire 0 is not supported; a circuit here is a uni",
        ),
        (lambda x: qml.cond(qml.measure(0), qml.RX)(x[0], 1), "MidMeasure on wire 0 is not"),
        (lambda x: qml.AmplitudeDamping(x[0], 0), "AmplitudeDamping on wire 0 is not supported"),
        (lambda x: qml.ResetError(0.1, 0.2, 0), "ResetError on wire 0 is not supported"),
        (lambda x: qml.QubitDensityMatrix(np.eye(2) / 2, 0), "QubitDensityMatrix on wire 0 is not"),
        (
            lambda x: qml.Displacement(x[0], x[1], 0),
            "Displacement on wire 0 does not act on qubits",
        ),
        (lambda x: qml.TRX(x[0], 0), "TRX on wire 0 does not act on qubits"),
        (lambda x: qml.RX(x, 0), "RX on wire 0 is a batch of 2 operations; .* one circuit a set"),
        (lambda x: qml.RX(np.array([0.1, 0.2, 0.3]), 0), "RX on wire 0 is a batch of 3"),
        (
            lambda x: qml.QubitUnitary(rotation_matrix(x[0]), 0),
            "QubitUnitary on wire 0 holds a matrix or a state that depends on a parameter",
        ),
        (
            lambda x: qml.AmplitudeEmbedding(x, [0], normalize=True),
            "AmplitudeEmbedding on wire 0 holds .* requires_grad=False",
        ),
        (lambda x: qml.SpecialUnitary(pnp.hstack([x, x[0]]), 0), "SpecialUnitary on wire 0 holds"),
        (
            lambda x: qml.evolve(qml.X(0) + qml.Z(0), x[0]),
            "Evolution on wire 0: the Pauli words of the exponent do not commute.*TrotterProduct",
        ),
        (lambda x: qml.exp(qml.X(0), x[0]), "Exp on wire 0 is not unitary: the coefficient of X0"),
        (lambda x: qml.pow(qml.U3(x[0], x[1], 0.1, 0), 0.5), r"U3\*\*0.5 on wire 0: the power 0.5"),
    ],
)
def test_what_cannot_be_lowered_is_refused_by_name(operations, message):
    with pytest.raises(CircuitError, match=message):
        Circuit.from_pennylane(lambda x: (operations(x), None)[1], np.array([0.3, 0.4]))


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (qml.s_prod(2.0, qml.RX(0.1, 0)), "on wire 0 is not unitary: the factor must be a number"),
        (qml.X(0) + qml.Z(0), "Sum on wire 0: the matrix .* is not unitary"),
    ],
)
def test_operators_that_are_no_gates(operation, message):
    with pytest.raises(CircuitError, match=message):
        Circuit.from_pennylane(qml.tape.QuantumScript([operation]))


@pytest.mark.parametrize("name", [*LAYERS, "nested", "evolve", "exp", "Select"])
def test_tapes_take_expressions_as_parameters(name):
    """Parameters are put into the operations of a tape."""
    size, operations = ALL[name]
    theta = np.random.default_rng(6).normal(size=size)
    tape = qml.tape.make_qscript(lambda: operations(*theta))()
    circuit = Circuit.from_pennylane(tape, wire_order=WIRES)
    assert circuit.n_rotations >= size
    point = convert(tape, wire_order=WIRES).theta
    expected = oracle.unitary(lambda: operations(*theta), WIRES)
    oracle.same_up_to_phase(oracle.our_unitary(circuit, point), expected)


def test_matrices_of_a_tape_are_left_out_of_its_trainable_parameters():
    theta = np.array([0.7])
    tape = qml.tape.make_qscript(lambda: ALL["QSVT"][1](*theta))()
    with pytest.raises(CircuitError, match=r"BlockEncode .* or out of tape\.trainable_params"):
        Circuit.from_pennylane(tape)
    tape.trainable_params = [1, 2]
    found = convert(tape)
    np.testing.assert_array_equal(found.theta, [0.7, 1.4])
    assert found.circuit.n_rotations == 2


@pytest.mark.parametrize("name", ["T", "RX", "Rot", "PauliRot", "Barrier", "LabelledOp"])
@pytest.mark.parametrize("controlled", [False, True])
def test_classes_that_are_called_like_pennylanes(name, controlled):
    """A gate is told by its class, not by what this is called."""
    parts = {"compute_decomposition": staticmethod(lambda t, wires: [qml.RY(3 * t, wires)])}
    kind = type(name, (qml.operation.Operation,), {"num_params": 1, "num_wires": 1, **parts})
    theta = np.array([0.4])

    def function(x):
        qml.ctrl(kind(x[0], wires=0), 1) if controlled else kind(x[0], wires=0)
        qml.Hadamard(1)

    circuit = Circuit.from_pennylane(function, theta, wire_order=[0, 1])
    expected = oracle.unitary(lambda: function(theta), [0, 1])
    oracle.same_up_to_phase(oracle.our_unitary(circuit, theta), expected)
