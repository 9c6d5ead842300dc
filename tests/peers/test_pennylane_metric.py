"""The metric against PennyLane: adjoint_metric_tensor, and its block diagonal for the wire rule.

Wires carry the numbers of our qubits; the metric does not depend on the order of amplitudes.
"""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane import numpy as pnp

import qng
from qng.circuit.angle import as_angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from tests import dense

FIXED = {"h": qml.Hadamard, "t": qml.T, "s": qml.S, "cx": qml.CNOT, "cz": qml.CZ, "sx": qml.SX}
NAMED = {"X": qml.RX, "Y": qml.RY, "Z": qml.RZ, "XX": qml.IsingXX, "ZZ": qml.IsingZZ}


@st.composite
def cases(draw, max_ops: int = 10):
    """(n, operations written (letters or gate, wires, parameter or None), theta)."""
    n = draw(st.integers(2, 4))
    size = draw(st.integers(1, 4))
    ops = []
    for _ in range(draw(st.integers(1, max_ops))):
        if draw(st.integers(0, 3)) == 0:
            name = draw(st.sampled_from(list(FIXED)))
            count, index = (2 if name in ("cx", "cz") else 1), None
        else:
            count = draw(st.integers(1, n))
            name = draw(st.text("XYZ", min_size=count, max_size=count))
            index = draw(st.integers(0, size - 1))
        wires = tuple(draw(st.permutations(range(n)))[:count])
        ops.append((name, wires, index))
    theta = draw(st.lists(st.integers(-3000, 3000), min_size=size, max_size=size))
    return n, ops, np.array(theta) / 1000


def ours(n, ops, size) -> Circuit:
    built: list[Rotation | Gate] = []
    for name, wires, index in ops:
        if index is None:
            built.append(Gate(name, wires))
        else:
            word = " ".join(f"{letter}{q}" for letter, q in zip(name, wires))
            built.append(Rotation(Pauli.parse(word), parameter(f"w{index}")))
    return Circuit(n, built, [f"w{k}" for k in range(size)])


def theirs(n, ops) -> qml.QNode:
    @qml.qnode(qml.device("default.qubit", wires=n))
    def node(w):
        for name, wires, index in ops:
            if index is None:
                FIXED[name](wires=wires)
            elif name in NAMED:
                NAMED[name](w[index], wires=wires)
            else:
                qml.PauliRot(w[index], name, wires=wires)
        return qml.expval(qml.PauliZ(0))

    return node


def trainable(theta) -> pnp.tensor:
    return pnp.array(theta, requires_grad=True)


@settings(max_examples=40)
@given(cases())
def test_adjoint_metric_tensor(case):
    n, ops, theta = case
    if all(index is None for *_, index in ops):
        ops = [*ops, ("X", (0,), 0)]
    expected = qml.adjoint_metric_tensor(theirs(n, ops))(trainable(theta))
    found = qng.metric(ours(n, ops, len(theta)), theta).dense()
    dense.close(found, expected, 1e-10, 1.0)


@settings(max_examples=25)
@given(cases(max_ops=8))
def test_block_diagonal_is_the_wire_rule(case):
    n, ops, theta = case
    ops = [(name.replace("XX", "ZZ"), wires, index) for name, wires, index in ops]
    if all(index is None for *_, index in ops):
        ops = [*ops, ("X", (0,), 0)]
    expected = qml.metric_tensor(theirs(n, ops), approx="block-diag")(trainable(theta))
    circuit = ours(n, ops, len(theta))
    found = qng.metric(circuit, theta, "blocks", rule="wires").dense()
    dense.close(found, expected, 1e-10, 1.0)


def test_blocks_of_two_qaoa_layers():
    """Every rotation with its own parameter, so that the layers themselves are compared."""
    n = 4
    angles = 4 * n
    fresh = iter(range(angles))
    ops = [("h", (q,), None) for q in range(n)]
    for _ in range(2):
        ops += [("ZZ", (q, (q + 1) % n), next(fresh)) for q in range(n)]
        ops += [("X", (q,), next(fresh)) for q in range(n)]
    theta = np.linspace(0.2, 1.3, angles)
    expected = qml.metric_tensor(theirs(n, ops), approx="block-diag")(trainable(theta))
    found = qng.metric(ours(n, ops, angles), theta, "blocks", rule="wires").dense()
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("gate", "ops"),
    [
        (qml.PhaseShift, [("Z1", 1.0)]),
        (qml.CRX, [("X1", 0.5), ("Z0 X1", -0.5)]),
        (qml.CRY, [("Y1", 0.5), ("Z0 Y1", -0.5)]),
        (qml.CRZ, [("Z1", 0.5), ("Z0 Z1", -0.5)]),
        (qml.ControlledPhaseShift, [("Z0", 0.5), ("Z1", 0.5), ("Z0 Z1", -0.5)]),
    ],
)
def test_gates_made_of_rotations(gate, ops):
    """Where metric_tensor is wrong and adjoint_metric_tensor is right."""
    theta = [0.7, 0.4, 1.1, 0.3]

    @qml.qnode(qml.device("default.qubit", wires=2))
    def node(w):
        qml.RX(w[0], wires=0)
        qml.RY(w[1], wires=1)
        qml.Hadamard(0)
        gate(w[2], wires=[0, 1][-gate.num_wires :])
        qml.RY(w[3], wires=0)
        qml.CNOT([1, 0])
        return qml.expval(qml.PauliZ(0))

    t = [parameter(f"w{k}") for k in range(4)]
    circuit = Circuit(
        2,
        [
            Rotation(Pauli.parse("X0"), t[0]),
            Rotation(Pauli.parse("Y1"), t[1]),
            Gate("h", (0,)),
            *(Rotation(Pauli.parse(word), as_angle(c) * t[2]) for word, c in ops),
            Rotation(Pauli.parse("Y0"), t[3]),
            Gate("cx", (1, 0)),
        ],
        ["w0", "w1", "w2", "w3"],
    )
    expected = qml.adjoint_metric_tensor(node)(trainable(theta))
    np.testing.assert_allclose(qng.metric(circuit, theta).dense(), expected, atol=1e-12)
