"""Metric and Berry curvature against differences of the state, and closed forms."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import qng
from qng import PerCircuit
from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation, unitary
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnknownNameError
from qng.estimate.fubini import exact as fubini
from qng.geometry import Tikhonov
from qng.testing.strategies import CLIFFORD, cases, circuits, free, gates, points, radians, words
from tests import dense


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), angle)


T, P = parameter("t"), parameter("p")
BLOCH = Circuit(1, [rotation("Y0", T), rotation("Z0", P)], ["t", "p"])


@settings(max_examples=150)
@given(cases())
def test_metric_and_curvature_are_differences_of_the_state(case):
    circuit, theta = case
    expected = dense.tensor(circuit, theta)
    g = qng.metric(circuit, theta).dense()
    dense.close(g, expected.real)
    dense.positive(g)
    f = qng.berry_curvature(circuit, theta)
    dense.close(f, 2 * expected.imag)
    assert np.array_equal(f, -f.T)


@settings(max_examples=50)
@given(cases())
def test_diagonal_is_that_of_the_full_metric(case):
    circuit, theta = case
    diagonal = qng.metric(circuit, theta, "diagonal").diagonal()
    dense.close(diagonal, np.diag(qng.metric(circuit, theta).dense()), 1e-12, 1.0)


@settings(max_examples=40)
@given(cases(), st.sampled_from(["commuting", "wires"]))
def test_blocks_are_the_full_metric_of_the_rotations_with_a_mask(case, rule):
    circuit, theta = case
    by_prefix = qng.metric(circuit, theta, "blocks", rule=rule, masked=False)
    masked = qng.metric(circuit, theta, "blocks", rule=rule, masked=True)
    assert type(masked) is type(by_prefix)
    assert masked.blocks == by_prefix.blocks
    dense.close(masked.dense(), by_prefix.dense(), 1e-12, 1.0)
    g = qng.metric(free(circuit), circuit.angles(theta)).dense()
    inside = np.zeros_like(g)
    for block in circuit.blocks(rule):
        own = np.ix_(block.rotations, block.rotations)
        inside[own] = g[own]
    a = circuit.jacobian(theta)
    dense.close(masked.dense(), a.T @ inside @ a, 1e-12, 1.0)
    # A run that has it can be made from shots, too, and its cost on a device is known.
    for name in ("blocks", "blocks-diagonal"):
        by_shots = [
            qng.metric(circuit, theta, name, rule=rule, shots=PerCircuit(20), **more).dense()
            for more in ({}, {"masked": True})
        ]
        np.testing.assert_array_equal(*by_shots)
    diagonal = qng.metric(circuit, theta, "blocks-diagonal", rule=rule, masked=True)
    dense.close(diagonal.diagonal(), np.diag(masked.dense()), 1e-12, 1.0)


@settings(max_examples=50)
@given(cases(max_ops=8))
def test_pullback_to_the_parameters(case):
    """g_theta = A^T g_phi A, and the same for the Berry curvature."""
    circuit, theta = case
    a, phi = circuit.jacobian(theta), circuit.angles(theta)
    g = qng.metric(free(circuit), phi)
    dense.close(g.pullback(a).dense(), qng.metric(circuit, theta).dense(), 1e-12, 1.0)
    f = qng.berry_curvature(free(circuit), phi)
    dense.close(a.T @ f @ a, qng.berry_curvature(circuit, theta), 1e-12, 1.0)


@settings(max_examples=50)
@given(cases(max_ops=7))
def test_metric_from_overlaps_at_shifted_angles(case):
    """The parameter-shift rule of Mari et al., arXiv:2008.06517."""
    circuit, theta = case
    phi = circuit.angles(theta)
    circuit = free(circuit)
    psi = dense.state(circuit, phi)
    e = np.eye(len(phi)) * np.pi / 2

    def f(x):
        return np.abs(dense.state(circuit, phi + x) @ psi.conj()) ** 2

    plus, minus = e[:, None] + e[None], e[:, None] - e[None]
    g = -(f(plus) - f(minus) - f(-minus) + f(-plus)) / 8
    np.testing.assert_allclose(np.diag(g), (1 - f(2 * e)) / 4, rtol=0, atol=1e-12)
    dense.close(qng.metric(circuit, phi).dense(), g, 1e-12, 1.0)


@settings(max_examples=50)
@given(st.data())
def test_one_rotation_has_the_variance_of_its_word(data):
    """g = (1 - <P>^2) / 4 in the state before the rotation."""
    n = data.draw(st.integers(1, 4))
    before = data.draw(st.lists(gates(n), max_size=6))
    word, after = data.draw(words(n)), data.draw(st.lists(gates(n), max_size=3))
    circuit = Circuit(n, [*before, Rotation(word, T), *after], ["t"])
    psi = dense.state(Circuit(n, before), np.zeros(0))
    mean = np.vdot(psi, dense.word(str(word), n) @ psi).real
    dense.close(qng.metric(circuit, [0.7]).dense(), [[(1 - mean**2) / 4]], 1e-12, 1.0)


@settings(max_examples=30)
@given(cases(), st.floats(-3, 3), st.data())
def test_global_phase_and_appended_clifford_change_nothing(case, phase, data):
    circuit, theta = case
    n = circuit.n_qubits
    tail = data.draw(st.lists(gates(n, CLIFFORD), max_size=4))
    changed = circuit.then([unitary(np.exp(1j * phase) * np.eye(2), (0,)), *tail])
    for estimator in ("exact", "blocks", "diagonal"):
        found = qng.metric(changed, theta, estimator).dense()
        dense.close(found, qng.metric(circuit, theta, estimator).dense(), 1e-12, 1.0)
    f = qng.berry_curvature(changed, theta)
    dense.close(f, qng.berry_curvature(circuit, theta), 1e-12, 1.0)


@st.composite
def turned(draw):
    """(number of qubits, Clifford gates, words, angles about them)."""
    n = draw(st.integers(1, 4))
    pauli = draw(st.lists(words(n), min_size=1, max_size=6))
    theta = draw(st.lists(radians, min_size=len(pauli), max_size=len(pauli)))
    return n, draw(st.lists(gates(n, CLIFFORD), max_size=6)), pauli, theta


BLOCKS_OF_WIRES_ON_ONE_SIDE = (
    2,
    [Gate("cz", (0, 1)), Gate("sx", (1,))],
    [Pauli.parse(word) for word in ("Z0", "X0 Y1", "Z0 X1", "Y1", "X0", "X1")],
    [0.0, 0.001, 0.001, 0.0, 0.0, 0.0],
)


@settings(max_examples=30)
@example(BLOCKS_OF_WIRES_ON_ONE_SIDE)
@given(turned())
def test_prepended_clifford_conjugates_the_rotations(case):
    """exp(-i phi P/2) C = C exp(-i phi C^dagger P C / 2), so C at the end does not matter.

    Which rotations are measured in one block may depend on C, as wires do: blocks are compared
    where both circuits have measured.
    """
    n, clifford, ops, theta = case
    names = [f"p{k}" for k in range(len(ops))]
    there = Circuit(n, [*clifford, *(Rotation(p, parameter(s)) for p, s in zip(ops, names))], names)
    moved = []
    for pauli, name in zip(ops, names):
        sign = 1
        for gate in reversed(clifford):
            s, pauli = gate.conjugate(pauli)
            sign *= s
        moved.append(Rotation(pauli, sign * parameter(name)))
    here = Circuit(n, moved, names)
    dense.close(qng.metric(here, theta).dense(), qng.metric(there, theta).dense(), 1e-12, 1.0)
    one, other = qng.metric(here, theta, "blocks"), qng.metric(there, theta, "blocks")
    both = measured(one) & measured(other)
    dense.close(one.dense()[both], other.dense()[both], 1e-12, 1.0)


def measured(metric):
    """Which entries are inside a block, shape (P, P)."""
    inside = np.zeros((metric.size,) * 2, dtype=bool)
    for block in metric.blocks:
        inside[np.ix_(block, block)] = True
    return inside


@settings(max_examples=40)
@given(circuits(max_ops=6, affine=True), st.data())
def test_sharing_scaling_and_offset(circuit, data):
    """theta_i = sum_j T_ij psi_j + o_i written into the angles: g_psi = T^T g_theta T."""
    count = data.draw(st.integers(1, 3))
    entries = st.lists(st.integers(-2, 2), min_size=count, max_size=count)
    size = circuit.n_parameters
    t = np.array(data.draw(st.lists(entries, min_size=size, max_size=size)), dtype=float)
    offset = data.draw(points(circuit))
    fresh = [f"s{j}" for j in range(count)]
    values = {
        name: sum((t[i, j] * parameter(fresh[j]) for j in range(count)), as_angle(offset[i]))
        for i, name in enumerate(circuit.parameters)
    }
    ops = [
        Rotation(op.pauli, op.angle.substitute(values)) if isinstance(op, Rotation) else op
        for op in circuit.ops
    ]
    psi = np.array(data.draw(st.lists(st.floats(-1, 1), min_size=count, max_size=count)))
    expected = t.T @ qng.metric(circuit, t @ psi + offset).dense() @ t
    found = qng.metric(Circuit(circuit.n_qubits, ops, fresh), psi).dense()
    dense.close(found, expected, 1e-10, 1.0)


@pytest.mark.parametrize("t", [0.0, 0.3, np.pi / 2, 2.0, np.pi])
def test_bloch_sphere(t):
    """g = diag(1, sin^2 t)/4; |psi> = (cos t/2, e^ip sin t/2): F_tp = 2 Im <d_t|d_p> = sin(t)/2."""
    g = qng.metric(BLOCH, [t, 0.8]).dense()
    np.testing.assert_allclose(g, np.diag([1, np.sin(t) ** 2]) / 4, atol=1e-12)
    f = qng.berry_curvature(BLOCH, [t, 0.8])
    np.testing.assert_allclose(f, np.sin(t) / 2 * np.array([[0, 1], [-1, 0]]), atol=1e-12)


def test_product_state():
    names = [f"t{q}" for q in range(5)]
    circuit = Circuit(5, [rotation(f"Y{q}", parameter(s)) for q, s in enumerate(names)], names)
    g = qng.metric(circuit, np.arange(5.0)).dense()
    np.testing.assert_allclose(g, np.eye(5) / 4, atol=1e-12)


def test_parameters_keep_their_declared_order():
    swapped = Circuit(1, BLOCH.ops, ["p", "t"])
    g, f = qng.metric(BLOCH, [0.7, 0.2]).dense(), qng.berry_curvature(BLOCH, [0.7, 0.2])
    order = np.ix_([1, 0], [1, 0])
    np.testing.assert_allclose(qng.metric(swapped, [0.2, 0.7]).dense(), g[order], atol=1e-12)
    np.testing.assert_allclose(qng.berry_curvature(swapped, [0.2, 0.7]), f[order], atol=1e-12)


@pytest.mark.parametrize("estimator", ["exact", "blocks", "diagonal", "fisher", "fisher-diagonal"])
@pytest.mark.parametrize(
    ("circuit", "theta"),
    [
        (Circuit(2, [Gate("h", (0,))]), []),
        (Circuit(1, [Gate("h", (0,))], ["t"]), [0.4]),
        (Circuit(1, [rotation("Z0", T)], ["t", "p"]), [0.4, 0.1]),
    ],
    ids=["no parameters", "an unused parameter", "a phase and an unused parameter"],
)
def test_nothing_to_measure(circuit, theta, estimator):
    found = qng.metric(circuit, theta, estimator)
    assert found.size == len(theta)
    np.testing.assert_allclose(found.dense(), np.zeros((len(theta),) * 2), atol=1e-12)


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ([0.1], "1 value"),
        ([0.1, np.nan], "p is not"),
        ([[[0.1, 0.2]]], r"the shape \(1, 1, 2\)"),
        (["a", 0.1], "numbers"),
    ],
)
@pytest.mark.parametrize("estimator", ["exact", "blocks", "fisher"])
def test_points_that_cannot_be_used(theta, message, estimator):
    with pytest.raises(InputError, match=message):
        qng.metric(BLOCH, theta, estimator)


def test_unknown_names():
    with pytest.raises(UnknownNameError, match="did you mean blocks"):
        qng.metric(BLOCH, [0, 0], "block")
    with pytest.raises(UnknownNameError, match="did you mean wires"):
        qng.metric(BLOCH, [0, 0], "blocks", rule="wire")
    with pytest.raises(InputError, match="rul"):
        qng.metric(BLOCH, [0, 0], "blocks", rul="wires")


@settings(max_examples=40)
@given(st.data())
def test_natural_gradient_step_is_covariant(data):
    """theta = T psi: the undamped steps are the same, d_theta = T d_psi."""
    circuit, theta = data.draw(cases(max_parameters=3, affine=True))
    size = circuit.n_parameters
    observable = qng.PauliSum({"Z0": 1.0, "X0": 0.5})
    t = np.array(data.draw(st.lists(points(circuit), min_size=size, max_size=size)))
    g = qng.metric(circuit, theta).dense()
    assume(np.linalg.cond(t) < 1e2)
    assume(np.linalg.eigvalsh(g)[0] > 1e-4)
    psi = [f"s{j}" for j in range(size)]
    values = {
        name: sum((t[i, j] * parameter(psi[j]) for j in range(size)), as_angle(0))
        for i, name in enumerate(circuit.parameters)
    }
    ops = [
        Rotation(op.pauli, op.angle.substitute(values)) if isinstance(op, Rotation) else op
        for op in circuit.ops
    ]
    changed = Circuit(circuit.n_qubits, ops, psi)

    def step(circuit, point):
        gradient = qng.gradient(qng.Problem(circuit, observable), point).value
        return Tikhonov(0.0)(qng.metric(circuit, point), gradient).direction

    there = np.linalg.solve(t, theta)
    dense.close(t @ step(changed, there), step(circuit, theta), 1e-7, 1e-3)


def test_blocks_are_taken_from_what_is_less_work():
    """One batch of derivative states on few qubits; prefixes where these are many."""
    for circuit, requests in {
        hardware_efficient(4, 2): 1,
        hardware_efficient(9, 3): 1,
        hardware_efficient(13, 3): 8,
        qaoa(PauliSum({f"Z{q} Z{(q + 1) % 12}": 1.0 for q in range(12)}), 4): 1,
    }.items():
        theta = np.linspace(-1, 1, circuit.n_parameters)
        assert len(fubini.blocks(circuit, theta).requests) == requests
        assert len(fubini.blocks(circuit, theta, masked=True).requests) == 1
        blocks = len(circuit.blocks())
        assert len(fubini.blocks(circuit, theta, masked=False).requests) == blocks


def test_blocks_of_rotations_by_many_parameters():
    """Fewer rotations than pairs of a block and a parameter."""
    names = [f"t{k}" for k in range(5)]
    both = parameter("t0") * parameter("t1") + parameter("t2") * parameter("t3") + parameter("t4")
    circuit = Circuit(1, [Rotation(Pauli.parse(w), both) for w in ("X0", "Y0", "X0")], names)
    theta = [0.3, -0.7, 0.2, 1.1, 0.4]
    masked, by_prefix = (
        qng.metric(circuit, theta, "blocks", masked=masked) for masked in (True, False)
    )
    assert masked.blocks == by_prefix.blocks == ((0, 1, 2, 3, 4),) * 3
    dense.close(masked.dense(), by_prefix.dense(), 1e-12, 1.0)
