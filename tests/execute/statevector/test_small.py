"""Circuits of few qubits in levels of commuting rotations, against dense matrices and kernels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.angle import Angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import Pauli, PauliSum
from qng.execute.statevector import many
from qng.execute.statevector.executor import Statevector
from qng.execute.statevector.small import together, walks
from qng.execute.statevector.small.feeds import fed
from qng.execute.statevector.small.levels import levels
from qng.execute.statevector.tangents import derivatives
from qng.plan.request import Expectation, Gradient, Request, Tangent
from qng.testing.strategies import cases, problems
from tests import dense


def in_turn(f, items):
    return [f(item) for item in items]


@settings(max_examples=40)
@given(cases(max_ops=14), st.integers(0, 2**32 - 1))
def test_derivative_states_are_those_of_the_plain_sweep(case, seed):
    circuit, theta = case
    points = theta + np.random.default_rng(seed).normal(scale=0.1, size=(3, len(theta)))
    phi = circuit.angles(points)
    slopes = [circuit.slopes(x) for x in points]
    at = walks.walk(circuit, phi)
    found = fed(circuit, slopes, slice(None))
    psi, rows = at.state, at.derivatives(found)
    products, means = at.gram(found)
    for ours, theirs in zip((products, means), many.grams(circuit, phi, slopes, in_turn)):
        bound = 1e-13 * (1 + np.abs(products).max(initial=0.0)) * 2**circuit.n_qubits
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound)
    for k, x in enumerate(points):
        np.testing.assert_allclose(psi[k], dense.state(circuit, x), rtol=0, atol=1e-12)
        expected = derivatives.pushed(circuit, phi[k], slopes[k])
        bound = 1e-12 * (1 + np.abs(expected).max(initial=0.0))
        np.testing.assert_allclose(rows[k], expected, rtol=0, atol=bound)


@settings(max_examples=40)
@given(problems(max_ops=12))
def test_gradients_are_those_of_the_fused_sweep(case):
    """Which circuits of few qubits take only where they are asked to."""
    circuit, theta, h = case
    phi = circuit.angles(theta)
    every = Slopes.of(np.eye(len(phi)))
    fused = derivatives.Derivatives(circuit, phi, every, kept=True).gradient(h)
    for ours, theirs in zip(walks.walk(circuit, phi[None]).gradient(h), fused):
        np.testing.assert_allclose(ours[0], theirs, rtol=0, atol=1e-11)


@settings(max_examples=15)
@given(problems(max_ops=12), st.integers(0, 2**32 - 1))
def test_a_point_is_the_same_in_any_batch(case, seed):
    """Bit by bit, whatever is asked beside it and however points are cut into stretches."""
    circuit, theta, h = case
    points = theta + np.random.default_rng(seed).normal(size=(7, len(theta)))

    def asked(x):
        phi = np.atleast_2d(circuit.angles(x))
        tangents = [Tangent(circuit.slopes(y), True) for y in np.atleast_2d(x)]
        requests = [
            *(Request(circuit, at[None], tangent) for at, tangent in zip(phi, tangents)),
            Request(circuit, phi, Gradient(h)),
            Request(circuit, phi, Expectation(h)),
        ]
        *maps, swept, plain = Statevector().run(requests, 0)
        grams = [np.array(each) for each in zip(*(found.gram() for found in maps))]
        states = np.array([found.dense() for found in maps])
        values = swept.value, swept.variance, swept.gradient, plain.value, plain.variance
        return [*grams, states, *values]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks, "_STRETCH", 64 << circuit.n_qubits)
        whole = asked(points)
        for k in (0, 3, 6):
            for ours, alone in zip(whole, asked(points[k])):
                np.testing.assert_array_equal(ours[k], alone[0])


@settings(max_examples=15)
@given(problems(max_ops=12))
def test_a_step_asks_at_one_point_as_others_do(case):
    """Bit by bit; where it does not fit into the memory, that is said."""
    circuit, theta, h = case
    phi = circuit.angles(theta)[None]
    measures = [Gradient(h), Tangent(circuit.slopes(theta), gram=True)]
    asked = [Request(circuit, phi, measure) for measure in measures]
    others = [Request(circuit, phi.copy(), measure) for measure in measures]
    assert together.at_one_point(others, 2**20) is None
    assert together.at_one_point(asked, 64) is None
    (ours, tangent), (theirs, other) = (Statevector().run(each, 0) for each in (asked, others))
    for name in ("value", "variance", "gradient"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    for one, two in zip((*tangent.gram(), tangent.state), (*other.gram(), other.state)):
        np.testing.assert_array_equal(one, two)


def test_layers_are_levels():
    """However gates and qubits are ordered; a gate that makes sums of words is between two."""
    assert levels(qng.load("h2").circuit).signs.shape == (3, 4, 16)
    t, turn = parameter("t"), {w: Pauli.parse(w) for w in ("X0", "Z0", "Z0 Z1", "X1", "Y0 Y1")}

    def of(*ops):
        gates = [Rotation(turn[o], t) if isinstance(o, str) else Gate(*o) for o in ops]
        return levels(Circuit(2, gates, ["t"])).signs.shape[:2]

    assert of("Z0 Z1", "Y0 Y1") == (1, 2)
    assert of("X0", "X1", "Z0", "X1") == (2, 3)
    assert of("Z0", ("h", (0,)), "X0", ("cx", (0, 1)), "Z0") == (2, 2)
    assert of("Z0", ("t", (0,)), "Z0", "X1") == (1, 3)
    assert of("X0", ("t", (0,)), "X0") == (2, 1)
    assert of(("t", (0,)), "X0") == (1, 1)


def test_directions_that_nothing_feeds_or_many_levels_do():
    circuit = Circuit(
        2,
        [
            Rotation(Pauli.parse(word), angle)
            for word, angle in (
                ("X0", parameter("b")),
                ("Y1", parameter("c")),
                ("Z0", parameter("a") - 2 * parameter("c")),
                ("X0 X1", parameter("b")),
            )
        ],
        ["none", "a", "b", "c", "last"],
    )
    theta = np.array([0.1, 0.2, -0.7, 1.1, 0.3])
    phi, slopes = circuit.angles(theta)[None], circuit.slopes(theta)
    found = walks.walk(circuit, phi).derivatives(fed(circuit, [slopes], slice(None)))[0]
    expected = dense.differences(lambda x: dense.state(circuit, x), theta)
    dense.close(found, expected)
    assert not found[[0, 4]].any()


def test_what_does_not_fit_takes_the_kernels():
    circuit = qng.load("h2").circuit
    theta = np.linspace(0.0, 1.0, circuit.n_parameters)
    request = Request(circuit, circuit.angles(theta)[None], Tangent(circuit.slopes(theta), True))
    assert together.held(request) < 16_000
    for memory, kind in ((16_000, together.SmallTangent), (5_000, derivatives.Derivatives)):
        (found,) = Statevector(memory=memory).run([request], 0)
        assert type(found) is kind
        np.testing.assert_allclose(
            found.gram()[0],
            qng.metric(circuit, theta).dense() + np.outer(*[found.gram()[1]] * 2),
            atol=1e-13,
        )


def test_observables_on_amplitudes():
    h = PauliSum({"Y0 Z1": 0.5, "X1": 2.0, "I": -1.0})
    np.testing.assert_allclose(walks.matrix_of(h, 2), dense.pauli_sum(h, 2), rtol=0, atol=0)


def test_many_levels_and_fixed_angles_beside_right_ones():
    """To rounding: the norm of a deep circuit, and words drawn through what is nearly Clifford."""
    size = 5
    layers = [[Pauli.parse(f"{letter}{q}") for q in range(size)] for letter in "YX"]
    ops = [Rotation(word, parameter("t")) for layer in layers * 40 for word in layer]
    (state,) = walks.states(Circuit(size, ops, ["t"]), np.full((1, len(ops)), 0.3))
    assert abs(np.linalg.norm(state) - 1.0) < 1e-13
    turned = Rotation(Pauli.parse("X0"), Angle("number", (np.pi / 2 + 1e-10,)))
    circuit = Circuit(1, [turned, Rotation(Pauli.parse("Z0"), parameter("t"))] * 20, ["t"])
    found = walks.states(circuit, circuit.angles([[0.3]]))
    np.testing.assert_allclose(found, dense.state(circuit, [[0.3]]), rtol=0, atol=1e-13)


def test_nothing_is_found_at_no_points():
    h2 = qng.load("h2")
    nowhere = np.zeros((0, h2.circuit.n_rotations))
    asked = [Request(h2.circuit, nowhere, kind(h2.observable)) for kind in (Gradient, Expectation)]
    gradient, energy = Statevector().run(asked, 0)
    assert gradient.gradient.shape == nowhere.shape
    assert len(gradient.value) == len(energy.value) == 0
