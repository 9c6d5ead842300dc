"""Metrics of noisy states through Aer, against density matrices of our own."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit_aer import AerSimulator
from qiskit_aer.noise import (
    NoiseModel,
    amplitude_damping_error,
    depolarizing_error,
    kraus_error,
    phase_damping_error,
)

import qng
from qng.circuit.angle import apply, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, SurrogateWarning, UnsupportedMeasureError
from qng.execute.qiskit.primitives import Primitives
from qng.execute.statevector.executor import Statevector
from qng.geometry import mixed
from qng.plan.plan import Plan
from qng.plan.request import Density, Expectation, Overlap, Request
from qng.run.bench import answer
from qng.testing.strategies import cases
from tests import dense
from tests.mixed import density

A, B, C = (parameter(name) for name in "abc")
# Shared, scaled and bent angles; operations that Aer keeps as they are.
CIRCUIT = Circuit(
    2,
    [
        Rotation(Pauli.parse("Y0"), A),
        Rotation(Pauli.parse("X1"), 0.5 * A + B),
        Gate("cz", (0, 1)),
        Rotation(Pauli.parse("Y1"), apply("sin", C)),
        Rotation(Pauli.parse("X0"), C - B),
        Gate("cx", (1, 0)),
        Rotation(Pauli.parse("Y0"), 0.3 * B),
    ],
    ["a", "b", "c"],
)
THETA = np.array([0.7, -0.4, 1.1])
H = PauliSum({"I": 0.2, "Z0 Z1": 1.0, "X0": -0.5, "Y1": 0.3})
PROBLEM = qng.Problem(CIRCUIT, H, start=THETA)


def noisy(kraus, readout=0.0, **options):
    """Aer with a channel on every qubit of an operation, and readout errors."""
    error = kraus_error([np.asarray(k, dtype=complex) for k in kraus])
    model = NoiseModel(basis_gates=["rx", "ry", "rz", "cz", "cx"])
    model.add_all_qubit_quantum_error(error, ["rx", "ry", "rz"])
    model.add_all_qubit_quantum_error(error.tensor(error), ["cz", "cx"])
    if readout:
        model.add_all_qubit_readout_error([[1 - readout, readout], [2 * readout, 1 - 2 * readout]])
    return Primitives(AerSimulator(noise_model=model), optimization_level=0, **options)


DAMPED = [np.diag([1, np.sqrt(0.8)]), np.array([[0, np.sqrt(0.2)], [0, 0]])]
DEPHASED = [np.sqrt(0.9) * dense.I2, np.sqrt(0.1) * dense.Z]
DEPOLARISED = [np.sqrt(w) * p for w, p in zip((0.94, 0.02, 0.02, 0.02), dense.LETTERS.values())]


def random_channel(seed, number=3):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(2 * number, 2)) + 1j * rng.normal(size=(2 * number, 2))
    a[:2] += 4 * np.eye(2)
    return np.linalg.qr(a)[0].reshape(number, 2, 2)


def states(kraus, theta=THETA, step=1e-5):
    """rho and its derivatives by differences."""

    def at(x):
        return density(CIRCUIT, CIRCUIT.angles(x), kraus)

    moves = step * np.eye(len(theta))
    return at(theta), np.array([(at(theta + m) - at(theta - m)) / (2 * step) for m in moves])


def reduced(matrix, qubit):
    """Of one of two qubits."""
    kept, traced = ("abcb", "ac") if qubit else ("abac", "bc")
    return np.einsum(f"{kept}->{traced}", matrix.reshape(2, 2, 2, 2))


@pytest.mark.parametrize(
    "kraus",
    [DAMPED, DEPHASED, DEPOLARISED, random_channel(1), random_channel(2, 2)],
    ids=["damped", "dephased", "depolarised", "random", "random of two"],
)
def test_metrics_through_aer(kraus):
    rho, d = states(kraus)
    device = noisy(kraus, readout=0.05)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SurrogateWarning)
        found = {n: qng.metric(PROBLEM, THETA, n, executor=device).dense() for n in METRICS}
        bkm = qng.metric(CIRCUIT, THETA, "petz", executor=device, function="bkm").dense()
        auto = qng.metric(CIRCUIT, THETA, executor=device).dense()
    assert np.allclose(found["sld"], mixed.sld(rho, d) / 4, atol=1e-7)
    assert np.array_equal(auto, found["sld"])
    assert np.allclose(found["hilbert-schmidt"], mixed.hilbert_schmidt(rho, d) / 4, atol=1e-7)
    assert np.allclose(found["petz"], mixed.petz(rho, d, "wigner-yanase") / 4, atol=1e-7)
    assert np.allclose(bkm, mixed.petz(rho, d, "bkm") / 4, atol=1e-6)
    both = mixed.hilbert_schmidt(rho, d) / 4
    one, other = (
        mixed.hilbert_schmidt(reduced(rho, q), np.array([reduced(x, q) for x in d])) / 4
        for q in (0, 1)
    )
    weighted = (1.0 * both + 0.25 * one + 0.09 * other) / 1.34
    assert np.allclose(found["wa"], weighted, atol=1e-7)
    # I <= SLD of the bits that are counted, with readout errors and without.
    p = np.array([[0.95, 0.05], [0.1, 0.9]]).T
    exact, read = mixed.born(rho, d), mixed.born(rho, d, readout=np.kron(p, p))
    assert np.linalg.eigvalsh(4 * found["sld"] - exact)[0] > -1e-8
    assert np.linalg.eigvalsh(exact - read)[0] > -1e-8


METRICS = ("sld", "hilbert-schmidt", "petz", "wa")


def test_channels_of_aer_by_their_names():
    gamma = 0.2
    for error, kraus in (
        (amplitude_damping_error(gamma), DAMPED),
        (phase_damping_error(gamma), [DAMPED[0], np.diag([0, np.sqrt(gamma)])]),
        (depolarizing_error(0.08, 1), DEPOLARISED),
    ):
        model = NoiseModel(basis_gates=["rx", "ry", "rz", "cz", "cx"])
        model.add_all_qubit_quantum_error(error, ["rx", "ry", "rz"])
        model.add_all_qubit_quantum_error(error.tensor(error), ["cz", "cx"])
        device = Primitives(AerSimulator(noise_model=model), optimization_level=0)
        expected = mixed.sld(*states(kraus)) / 4
        assert np.allclose(qng.metric(CIRCUIT, THETA, "sld", executor=device).dense(), expected)


@given(cases(max_qubits=3, max_ops=8))
@settings(max_examples=8)
def test_all_are_g_where_nothing_disturbs(case):
    circuit, theta = case
    g = qng.metric(circuit, theta, "exact").dense()
    word = PauliSum({" ".join(f"Z{q}" for q in range(circuit.n_qubits)): 2.0})
    for name in ("sld", "hilbert-schmidt"):
        assert np.allclose(qng.metric(circuit, theta, name).dense(), g, atol=1e-10)
    if circuit.n_parameters:
        problem = qng.Problem(circuit, word, start=theta)
        assert np.allclose(qng.metric(problem, theta, "wa").dense(), g, atol=1e-10)
    wigner_yanase = qng.metric(circuit, theta, "petz").dense()
    assert np.allclose(wigner_yanase, 2 * g, atol=1e-10)


def test_nothing_to_move():
    fixed = Circuit(2, [Gate("h", (0,))])
    for name in ("sld", "hilbert-schmidt", "petz"):
        for executor in ("statevector", AerSimulator()):
            assert qng.metric(fixed, [], name, executor=executor).dense().shape == (0, 0)
    assert qng.metric(fixed, [], "sld", around=True).dense().shape == (0, 0)


def test_aer_without_noise_is_the_statevector():
    device = Primitives(AerSimulator())
    for name in METRICS:
        exact = qng.metric(PROBLEM, THETA, name).dense()
        assert np.allclose(qng.metric(PROBLEM, THETA, name, executor=device).dense(), exact)
    points = np.array([CIRCUIT.angles(THETA), CIRCUIT.angles(-THETA)])
    for measure in (Density((1,)), Density(), Expectation(H), Overlap(points[::-1] + 0.1)):
        plan = Plan((Request(CIRCUIT, points, measure),), lambda results: results[0])
        found, exact = (answer(on, plan) for on in (device, Statevector()))
        assert np.allclose(getattr(found, "value", found), getattr(exact, "value", exact))
        if isinstance(measure, Expectation):
            assert np.allclose(found.variance, exact.variance)


def test_energies_without_shots_are_those_of_the_state():
    device = noisy(DAMPED, readout=0.1)
    rho, d = states(DAMPED)
    h = dense.pauli_sum(H, 2)
    energy = qng.energy(PROBLEM, THETA, executor=device)
    assert energy.std_error is None
    assert energy.value == pytest.approx(np.trace(rho @ h).real)
    slopes = [np.trace(x @ h).real for x in d]
    assert np.allclose(qng.gradient(PROBLEM, THETA, executor=device).value, slopes, atol=1e-7)


@pytest.mark.parametrize("name", ["blocks", "diagonal", "hadamard", "fisher"])
def test_without_shots_others_are_measured_exactly(name):
    """What an executor without derivatives is asked for is what bits would be counted for."""
    exact = qng.metric(CIRCUIT, THETA, name).dense()
    found = qng.metric(CIRCUIT, THETA, name, executor=AerSimulator())
    assert found.std_error is None
    assert np.allclose(found.dense(), exact, atol=1e-12)


def test_surrogates_and_fishers_of_noisy_states():
    device = noisy(DAMPED, readout=0.1)
    rho, d = states(DAMPED)
    fisher = qng.metric(CIRCUIT, THETA, "fisher", executor=device).dense()
    read = np.array([[0.9, 0.2], [0.1, 0.8]])
    known = mixed.born(rho, d, readout=np.kron(read, read))
    assert np.allclose(fisher, known, atol=1e-7)
    counted = qng.metric(CIRCUIT, THETA, "fisher", executor=device, shots=300_000)
    assert np.all(np.abs(counted.dense() - fisher) < 5 * counted.std_error + 1e-12)
    corrected = noisy(DAMPED, readout=0.1, mitigate=1000)
    right = qng.metric(CIRCUIT, THETA, "fisher", executor=corrected).dense()
    assert np.allclose(right, mixed.born(rho, d), atol=1e-7)
    assert np.linalg.eigvalsh(right - fisher)[0] > 0
    with pytest.warns(SurrogateWarning, match="the metric 'blocks' is that of a pure state"):
        surrogate = qng.metric(CIRCUIT, THETA, "blocks", executor=device).dense()
    sld = qng.metric(CIRCUIT, THETA, "sld", executor=device).dense()
    assert np.linalg.norm(surrogate - sld) > 0.05 * np.linalg.norm(sld)


def test_around_a_point_where_the_rank_changes():
    """RY(a) RY(b) in front of dephasing; both metrics agree elsewhere."""
    circuit = Circuit(
        2,
        [Rotation(Pauli.parse("Y0"), A + 2 * B), Rotation(Pauli.parse("Y1"), B)],
        ["a", "b"],
    )
    device = noisy(DEPHASED)
    at, near = np.zeros(2), np.array([2e-3, 1e-3])
    jumped, around, beside = (
        qng.metric(circuit, x, "sld", executor=device, **more).dense()
        for x, more in ((at, {}), (at, {"around": True}), (near, {}))
    )
    g = qng.metric(circuit, at, "exact").dense()
    assert np.allclose(around, beside, atol=1e-4)
    assert np.allclose(around, g, atol=1e-9)
    assert np.allclose(jumped, 0.64 * g, atol=1e-9)
    generic = [
        qng.metric(CIRCUIT, THETA, "sld", executor=device, around=x).dense() for x in (False, True)
    ]
    assert np.allclose(*generic, atol=1e-9)


class TestRuns:
    def test_without_shots(self):
        device = noisy(DEPOLARISED)
        with warnings.catch_warnings():
            warnings.simplefilter("error", SurrogateWarning)
            runs = [
                qng.minimize(PROBLEM, "qng", metric=name, executor=device, steps=4)
                for name in ("sld", "hilbert-schmidt", "wa", "auto")
            ]
        for run in runs:
            assert run.fun < run.trace["energy"][0] - 0.05
        assert np.array_equal(runs[0].x, runs[3].x)

    def test_with_shots_the_metric_spends_none(self):
        device = noisy(DEPOLARISED, readout=0.02)
        exact = qng.metric(PROBLEM, THETA, "sld", executor=device)
        counted = qng.metric(PROBLEM, THETA, "sld", executor=device, shots=1000)
        assert counted.std_error is None
        assert np.allclose(counted.dense(), exact.dense(), atol=1e-12)
        run = qng.minimize(PROBLEM, "qng", metric="sld", executor=device, shots=8000, steps=3)
        assert run.fun < run.trace["energy"][0]
        assert run.trace["shots"][-2] <= 3 * 8000


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: qng.metric(CIRCUIT, THETA, "sld", executor="aer:matrix_product_state"),
            UnsupportedMeasureError,
            "does not answer Density; it answers Samples",
        ),
        (
            lambda: qng.metric(CIRCUIT, THETA, "wa"),
            InputError,
            "a problem, its name",
        ),
        (
            lambda: qng.metric(
                qng.Problem(CIRCUIT, PauliSum({"I": 1.0}), start=THETA), THETA, "wa"
            ),
            InputError,
            "wa is that of the terms of H, and H is a constant",
        ),
        (
            lambda: qng.metric(CIRCUIT, THETA, "petz", function="bkm"),
            InputError,
            "bkm is infinite here",
        ),
        (
            lambda: qng.metric(WIDE, [0.1], "sld", executor="aer"),
            InputError,
            "the derivatives of a density matrix at 31 points needs .* GiB, the limit is 8 GiB",
        ),
        (
            lambda: qng.minimize(PROBLEM, "qngg", metric="sld", steps=1),
            InputError,
            "a geodesic needs a Fubini-Study metric, whose connection is known; the metric sld",
        ),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


WIDE = Circuit(15, [Rotation(Pauli.parse(f"Y{q}"), A) for q in range(15)], ["a"])


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=5)
def test_random_channels(seed):
    rng = np.random.default_rng(seed)
    kraus, theta = random_channel(seed, rng.integers(1, 5)), rng.uniform(-3, 3, 3)
    rho, d = states(kraus, theta)
    found = qng.metric(CIRCUIT, theta, "sld", executor=noisy(kraus)).dense()
    assert np.allclose(found, mixed.sld(rho, d) / 4, atol=1e-6)
    shown = mixed.born(rho, d)
    assert np.linalg.eigvalsh(4 * found - shown)[0] > -1e-6


def test_bits_say_no_more_than_the_state_behind_gates_that_they_cannot_see():
    # Diagonal gates before a measurement, which the transpiler leaves out where bits are counted.
    a, b = parameter("a"), parameter("b")
    rotations = [("Y0", a), ("Y1", b), ("Z0", b), ("Z1", a)]
    circuit = Circuit(2, [Rotation(Pauli.parse(w), x) for w, x in rotations], ["a", "b"])
    model = NoiseModel(basis_gates=["rx", "ry", "rz", "cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.3, 1), ["rz"])
    aer, at = AerSimulator(noise_model=model), np.array([0.5, 0.9])
    bound = 4 * qng.metric(circuit, at, "sld", executor=aer).dense()
    for basis in ("Z0 Z1", "X0 Z1", "Y0 X1"):
        seen = qng.metric(circuit, at, "fisher", basis=basis, executor=aer).dense()
        assert np.linalg.eigvalsh(bound - seen)[0] > -1e-10
    rho = (1 - 0.3) * np.diag([np.cos(0.25) ** 2, np.sin(0.25) ** 2]) + 0.3 * np.eye(2) / 2
    slope = 0.7 * np.sin(0.5) / 2
    first = qng.metric(circuit, at, "fisher", basis="Z0", executor=aer).dense()[0, 0]
    assert first == pytest.approx(slope**2 / rho[0, 0] + slope**2 / rho[1, 1])
