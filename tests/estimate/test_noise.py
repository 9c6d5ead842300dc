"""Where there is noise nothing follows from a circuit's structure, and all is that of the noise.

Truth is that of density matrices (`tests.mixed`) or of a device on which every outcome is equally
likely. Where an estimator runs other circuits than the given one, it is the truth of those.
"""

import numpy as np
import pytest

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.circuit.uncompute import return_trip
from qng.errors import NoisyMetricWarning, SurrogateWarning
from qng.estimate.fubini import blocks, connection, subspace
from qng.estimate.fubini.ancilla import imaginary_probes, real_probes
from qng.estimate.fubini.division import divided
from qng.execute.function import Function
from qng.plan.lower import sampled
from qng.plan.request import Expectation, Overlap, Request
from qng.run.bench import answer
from tests import dense, mixed
from tests.mixed import Mixed

pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind.__module__}.{kind.__name__}")
    for kind in (SurrogateWarning, NoisyMetricWarning)
]

SHOTS = 10**6
T = [parameter(f"t{k}") for k in range(4)]
# Without noise <Z0> = -1 before rotation 0, which moves nothing.
CIRCUIT = Circuit(
    2,
    [
        Gate("x", (0,)),
        Gate("x", (1,)),
        Rotation(Pauli.parse("Z0"), T[0]),
        Rotation(Pauli.parse("X1"), T[1]),
        Gate("cz", (0, 1)),
        Rotation(Pauli.parse("Y0"), T[2]),
        Rotation(Pauli.parse("Z1"), 2 * T[3]),
        Gate("cx", (0, 1)),
        Rotation(Pauli.parse("Y1"), T[1]),
    ],
    ["t0", "t1", "t2", "t3"],
)
THETA = np.array([0.3, 0.8, -0.5, 0.4])
OBSERVABLE = PauliSum({"I": 0.3, "Z0": 1.0, "Z0 Z1": -0.6, "X0 Y1": 0.7, "Y0": 0.2})
PROBLEM = qng.Problem(CIRCUIT, OBSERVABLE)
NOISY = CIRCUIT.with_noise()
JACOBIAN, PHI = CIRCUIT.jacobian(THETA), CIRCUIT.angles(THETA)


def coins(circuit, qubits, shots, rng):
    """Every outcome is equally likely."""
    drawn = rng.multinomial(shots, np.full(2 ** len(qubits), 2.0 ** -len(qubits)))
    return {format(k, f"0{len(qubits)}b"): int(n) for k, n in enumerate(drawn) if n}


COINS = Function(coins, name="coins", noise="fully depolarising")


def along(f, *directions):
    """The mixed derivative of f(theta), shape (points, P) to (points,), along directions."""
    if not directions:
        return lambda theta: f(theta)
    inner, v = along(f, *directions[:-1]), np.asarray(directions[-1], dtype=float)
    places = dense.STEP * dense.PLACES
    return lambda theta: sum(
        w * inner(theta + x * v) for w, x in zip(dense.WEIGHTS / dense.STEP, places)
    )


def energy(theta) -> float:
    rho = mixed.density(CIRCUIT, CIRCUIT.angles(theta))
    return sum((c * mixed.mean(rho, w) if w.support else c) for w, c in OBSERVABLE).real


UNIT = np.eye(4)


def test_energies_and_their_derivatives():
    device = Mixed()
    assert qng.energy(PROBLEM, THETA, executor=device, shots=SHOTS).value == pytest.approx(
        energy(THETA), abs=1e-12
    )
    gradient = [along(energy, e)(THETA) for e in UNIT]
    found = qng.gradient(PROBLEM, THETA, executor=device, shots=SHOTS)
    assert found.value == pytest.approx(np.array(gradient), abs=1e-8)
    hessian = [[along(energy, e, f)(THETA) for e in UNIT] for f in UNIT]
    found = qng.hessian(PROBLEM, THETA, executor=device, shots=SHOTS)
    assert found.dense() == pytest.approx(np.array(hessian), abs=1e-6)


@pytest.mark.parametrize("whole", [True, False])
def test_blocks(whole):
    """Cov(K_r, K_s) / 4 on the circuits of the blocks."""
    expected = np.zeros((4, 4))
    for block in divided(NOISY, "commuting", not whole).counted:
        rho = mixed.density(block.circuit, PHI[list(block.inherited)])
        for part in block.parts:
            words = [np.diag(dense.word(str(w), 2)) for w in part.bits.words]
            z = np.array(words).real * part.bits.signs[:, None]
            p = np.diag(rho).real
            covariance = (z * p) @ z.T - np.outer(z @ p, z @ p)
            rows = JACOBIAN[list(part.rotations)]
            expected += rows.T @ covariance @ rows / 4
    estimate = blocks.blocks if whole else blocks.diagonal
    found = answer(Mixed(), estimate(NOISY, THETA), shots=SHOTS)
    expected = expected if whole else np.diag(np.diag(expected))
    assert found.dense() == pytest.approx(expected, abs=1e-12)
    assert expected[0, 0] > 0.01  # 0 without noise


def overlap(r, s):
    """The overlap as a function of shifts of two rotations, on the circuit of their trip."""
    trip = return_trip(CIRCUIT, tuple(sorted({r, s})))

    def f(shift):
        here = PHI.copy()
        here[r] += shift[0]
        here[s] += shift[1]
        rho = mixed.density(trip.circuit, trip.angles(here, PHI))
        return mixed.probabilities(rho, trip.basis)[
            [k for k in range(4) if not k & trip.basis.support]
        ].sum()

    return f


def of_overlaps():
    g = np.zeros((5, 5))
    for r in range(5):
        g[r, r] = -along(overlap(r, r), [1, 0], [1, 0])(np.zeros(2)) / 2
        for s in range(r):
            g[r, s] = g[s, r] = -along(overlap(r, s), [1, 0], [0, 1])(np.zeros(2)) / 2
    return JACOBIAN.T @ g @ JACOBIAN


def test_overlaps():
    """-F''/2 of the overlaps with noise, where F(0) is not 1."""
    expected = of_overlaps()
    found = qng.metric(CIRCUIT, THETA, "overlaps", executor=Mixed(), shots=SHOTS)
    assert found.dense() == pytest.approx(expected, abs=1e-6)
    found = qng.metric(CIRCUIT, THETA, "subspace", size=4, executor=Mixed(), shots=SHOTS)
    assert found.dense() == pytest.approx(expected, abs=1e-6)
    f = overlap(0, 0)
    assert f(np.zeros(2)) < 0.9
    request = Request(NOISY, PHI[None], Overlap(PHI[None], np.eye(5, dtype=bool)[:1]))
    plan = qng.plan.Plan((request,), lambda results: results[0].value[0])
    assert answer(Mixed(), plan, shots=100) == pytest.approx(f(np.zeros(2)), abs=1e-12)


def test_hadamard():
    """(Re c_rs - p_r p_s) / 4 with c and p as the ancilla shows them."""
    p, c = np.zeros(5), np.eye(5)
    for probe in real_probes(NOISY):
        rho = mixed.density(probe.circuit, PHI[list(probe.inherited)])
        for word, sign, r, s in zip(probe.words, probe.signs, probe.first, probe.second):
            value = sign * mixed.mean(rho, word)
            if r == s:
                p[r] = value
            else:
                c[r, s] = c[s, r] = value
    expected = JACOBIAN.T @ (c - np.outer(p, p)) @ JACOBIAN / 4
    found = qng.metric(CIRCUIT, THETA, "hadamard", executor=Mixed(), shots=SHOTS)
    assert found.dense() == pytest.approx(expected, abs=1e-12)
    measured = {(r, s) for probe in real_probes(NOISY) for r, s in zip(probe.first, probe.second)}
    assert len(measured) == 5 + 10  # every mean and every pair
    crossed = {(r, s) for q in imaginary_probes(NOISY) for r, s in zip(q.first, q.second)}
    assert crossed >= {(0, 2), (1, 2), (0, 4), (1, 4)}


@pytest.mark.parametrize("basis", ["Z", "X0 Y1"])
def test_fisher(basis):
    word = Pauli.parse("Z0 Z1" if basis == "Z" else basis)

    def p(theta):
        return mixed.probabilities(mixed.density(CIRCUIT, CIRCUIT.angles(theta)), word)

    d = np.array([along(p, e)(THETA) for e in UNIT])
    expected = (d / p(THETA)) @ d.T
    found = qng.metric(CIRCUIT, THETA, "fisher", basis=basis, executor=Mixed(), shots=SHOTS)
    assert found.dense() == pytest.approx(expected, abs=1e-8)


# --- every outcome equally likely ----------------------------------------------------------------

# Two values a score has at most, of those that are not far out: 4.9 errors in 1500 numbers is a
# false alarm in a thousand runs.
FAR = 4.9


def scores(value, expected, errors):
    known = errors > 0
    assert np.all((np.abs(value - expected) < 1e-12) | known)
    return ((value - expected)[known] / errors[known]).ravel()


@pytest.mark.parametrize("shots", [4_000, 200_000])
def test_a_fully_depolarising_device_has_no_energies(shots):
    for name in ("h2", "one-qubit", "textbook-2"):
        problem = qng.load(name)
        theta = np.zeros(problem.circuit.n_parameters)
        expected = problem.observable.constant.real
        found = qng.energy(problem, theta, executor=COINS, shots=shots)
        assert abs(found.value - expected) < FAR * found.std_error
        assert found.std_error > 0
        found = qng.gradient(problem, theta, executor=COINS, shots=shots)
        z = scores(found.value, np.zeros_like(theta), found.std_error)
        assert np.all(np.abs(z) < FAR)


# Words of rotations that differ show independent bits: Cov(K) is the identity.
WITH_OWN = JACOBIAN.T @ JACOBIAN / 4


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("blocks", {}, WITH_OWN),
        ("blocks", {"pairs": True}, WITH_OWN),
        ("hadamard", {}, WITH_OWN),
        ("overlaps", {}, np.zeros((4, 4))),
        ("blocks+overlaps", {}, WITH_OWN),
        ("subspace", {"size": 4}, np.zeros((4, 4))),
        ("spsa", {"draws": 3, "step": 0.3}, np.zeros((4, 4))),
        ("stein", {"draws": 3}, np.zeros((4, 4))),
        ("stein", {"draws": 20}, np.zeros((4, 4))),
        ("fisher", {}, np.zeros((4, 4))),
    ],
)
def test_a_fully_depolarising_device_has_no_geometry(name, options, expected):
    """All errors hold, and none of them is zero by structure but that of P_r^2 = 1."""
    z = []
    for seed in range(60):
        found = qng.metric(CIRCUIT, THETA, name, executor=COINS, shots=60_000, seed=seed, **options)
        z.append(scores(found.dense(), expected, found.std_error))
    z = np.concatenate(z)
    assert len(z) >= 60 * 4
    assert np.all(np.abs(z) < FAR + 1)
    assert np.mean(np.abs(z) < 1.96) > 0.85


def test_a_fully_depolarising_device_has_no_curvature_and_no_connection():
    found = qng.berry_curvature(CIRCUIT, THETA, executor=COINS, shots=SHOTS)
    z = scores(found.value, np.zeros((4, 4)), found.std_error)
    assert np.all(np.abs(z) < FAR)
    found = answer(COINS, connection.overlaps(NOISY, THETA, np.ones(4)), shots=SHOTS)
    assert np.all(np.abs(scores(found.value, np.zeros(4), found.std_error)) < FAR)
    assert np.all(found.std_error > 0)


# --- which circuits are run ----------------------------------------------------------------------


def test_words_that_are_known_without_noise_are_measured_with_it():
    flat = Circuit(2, [Gate("x", (0,))])
    request = Request(flat, np.zeros((1, 0)), Expectation(PauliSum({"Z0": 1.0, "X1": 2.0})))
    plan = qng.plan.Plan((request,), lambda results: results[0])
    assert sampled(plan, 100).requests == ()
    # Also where whoever made the plan knew nothing of noise.
    found = answer(COINS, plan, shots=10_000)
    assert abs(found.value[0]) < FAR * found.std_error[0]
    assert found.std_error[0] == pytest.approx(np.sqrt(5 / 10_000), rel=0.5)


def test_the_identity_is_known_everywhere():
    problem = qng.Problem(CIRCUIT, {"I": 0.7})
    found = qng.energy(problem, THETA, executor=COINS, shots=100)
    assert (found.value, found.std_error) == (0.7, 0.0)


@pytest.mark.parametrize("metric", ["blocks", "overlaps", "hadamard", "fisher", "stein"])
def test_the_preview_is_of_what_is_run(metric):
    cost = qng.step_cost(
        PROBLEM, "qng", start=THETA, metric=metric, executor=COINS, shots=50_000
    ).step
    free = qng.step_cost(PROBLEM, "qng", start=THETA, metric=metric, shots=50_000).step
    run = qng.minimize(
        PROBLEM, "qng", start=THETA, steps=1, metric=metric, executor=COINS, shots=50_000
    )
    assert cost.points > free.points or metric == "fisher"
    assert int(run.trace["evaluations"][0]) == cost.points


def test_subspace_of_no_noise_is_as_before():
    """The same circuits as ever where nothing disturbs them."""
    plan = subspace.overlaps(CIRCUIT, THETA, size=4)
    assert len(plan.requests[0].angles) < len(
        subspace.overlaps(NOISY, THETA, size=4).requests[0].angles
    )
