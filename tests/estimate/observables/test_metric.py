"""Metrics of the means of words: against dense matrices, g, and what shots say of themselves."""

import re
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import assume, given, settings

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import METRICS, chosen
from qng.execute.statevector.executor import Statevector
from qng.geometry import mixed
from qng.plan.lower import sampled
from qng.plan.quantities import By
from qng.plan.readout import Readout
from qng.run.bench import answer
from qng.testing.strategies import problems
from tests import dense
from tests.mixed import Mixed, density
from tests.scores import covered, in_the_limit, repeated

HEADER = 'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; input float c; '
# Shared and scaled parameters, and a gate that is not Clifford.
CIRCUIT = Circuit.from_qasm(
    HEADER + "qubit[3] q; ry(0.4) q[0]; rx(a) q[0]; ry(b) q[1]; cx q[0], q[1]; t q[1];"
    "rz(2*a) q[1]; ry(c) q[2]; cz q[1], q[2]; rx(b-c) q[2]; ry(c) q[1];"
)
THETA = np.array([0.9, -0.7, 0.6])
H = PauliSum({"I": 0.3, "Z0 Z1": 1.0, "X1": -0.4, "Y1 Z2": 0.7, "X0 X2": 0.2})
WORDS = ("Z0 Z1", "X1", "Y1 Z2", "X0 X2")
ALL = tuple(
    " ".join(f"{letter}{q}" for q, letter in enumerate(letters) if letter != "I")
    for letters in product("IXYZ", repeat=3)
    if set(letters) != {"I"}
)
NOT_NEXT = re.compile(r"^.0 .2$").match
G = dense.metric(CIRCUIT, THETA)


def by_hand(words, theta=THETA, circuit=CIRCUIT):
    """(J, C) by differences of a dense state and from dense matrices."""
    matrices = [dense.word(word, circuit.n_qubits) for word in words]
    j = np.array([dense.gradient(circuit, [(word, 1.0)], theta) for word in words])
    psi = dense.state(circuit, theta)
    m = [(psi.conj() @ p @ psi).real for p in matrices]
    both = [[(psi.conj() @ p @ q @ psi).real for q in matrices] for p in matrices]
    return j, np.array(both) - np.outer(m, m)


def metric(words=None, **options):
    target = qng.Problem(CIRCUIT, H, THETA) if words is None else CIRCUIT
    given = {} if words is None else {"words": words}
    return qng.metric(target, THETA, "observables", **given, **options)


def in_order(smaller, larger, tolerance=1e-9):
    assert np.linalg.eigvalsh(larger - smaller)[0] > -tolerance


def drawn_from(rng, exact, shots):
    """Counts of a distribution."""
    return replace(exact, weights=rng.multinomial(shots, exact.weights) / shots, shots=shots)


def held(values, errors, exact):
    """1.96 errors hold what is exact in 93 % of all cases, four standard deviations of that aside:

    one entry in 30,000 fails by chance.
    """
    share = np.mean(np.abs(values - exact) <= 1.96 * errors, axis=0)
    assert np.all(share >= 0.93 - 4 * np.sqrt(0.93 * 0.07 / len(values))), share


class TestProjection:
    @pytest.mark.parametrize("words", [None, WORDS[:2], "local-1", "local-2"])
    def test_is_that_of_the_words(self, words):
        found = metric(words).dense()
        listed = WORDS if words is None else words
        if isinstance(words, str):
            listed = [w for w in ALL if len(w.split()) <= int(words[-1]) and not NOT_NEXT(w)]
        j, c = by_hand(listed)
        dense.close(found, j.T @ np.linalg.pinv(c, rcond=1e-9, hermitian=True) @ j / 4)
        in_order(found, G)

    @settings(max_examples=25)
    @given(problems(max_qubits=3, max_ops=8))
    def test_is_the_gram_matrix_of_projected_derivatives(self, case):
        """On the real span of (P - <P>) psi, by an orthonormal basis of it; never above g, and g
        where the words are all."""
        circuit, theta, observable = case
        n, g = circuit.n_qubits, dense.metric(circuit, theta)
        words = [str(word) for word, _ in observable if str(word) != "I"]
        every = [w for w in ALL if all(int(letter[1:]) < n for letter in w.split())]
        if words:
            psi = dense.state(circuit, theta)
            rows = dense.differences(lambda t: dense.state(circuit, t), theta)
            rows = rows - np.outer(rows @ psi.conj(), psi)
            seen = np.array([dense.word(w, n) @ psi for w in words])
            seen = seen - np.outer((seen @ psi.conj()).real, psi)
            real = [np.concatenate([x.real, x.imag], axis=1) for x in (rows, seen)]
            _, sizes, axes = np.linalg.svd(real[1], full_matrices=False)
            assume(not np.any((sizes > 1e-8) & (sizes < 1e-3)))
            inside = real[0] @ axes[sizes > 1e-3].T
            found = qng.metric(circuit, theta, "observables", words=words).dense()
            dense.close(found, inside @ inside.T, 1e-5)
            in_order(found, g, 1e-7)
        dense.close(qng.metric(circuit, theta, "observables", words=every).dense(), g, 1e-5)

    def test_a_floor_is_added_to_the_variances(self):
        j, c = by_hand(WORDS)
        expected = j.T @ np.linalg.inv(c + 0.3 * np.eye(4)) @ j / 4
        dense.close(metric(floor=0.3).dense(), expected)
        estimate = chosen(
            "metric", By("observables", words=WORDS, floor=0.3), METRICS, counting=True
        )
        counted = answer(Statevector(1), in_the_limit(estimate(CIRCUIT, THETA)))
        dense.close(counted.dense(), expected)
        with pytest.raises(InputError, match="of weight='projection'"):
            metric(weight="coefficients", floor=0.3)

    def test_is_g_where_the_words_span_enough(self):
        dense.close(metric(ALL).dense(), G)
        dense.close(metric("light-cone").dense(), G)

    def test_grows_with_the_words(self):
        sizes = [metric(ALL[:k]).dense() for k in (1, 5, 12, 30, 63)]
        for fewer, more in pairwise(sizes):
            in_order(fewer, more)

    def test_words_that_say_nothing(self):
        """Their means are fixed, or all of them are, as in an eigenstate."""
        circuit = Circuit.from_qasm(HEADER + "qubit[2] q; ry(a) q[0]; rz(b) q[1]; rz(c) q[1];")
        found = qng.metric(circuit, THETA, "observables", words=("Z1", "Z0", "X1")).dense()
        dense.close(found, np.diag([0.25, 0.0, 0.0]))
        nothing = qng.metric(circuit, THETA, "observables", words="Z1, Y1")
        np.testing.assert_allclose(nothing.dense(), np.zeros((3, 3)), atol=1e-12)
        counted = qng.metric(circuit, THETA, "observables", words="Z1", shots=1000)
        assert not counted.dense().any()

    def test_a_mean_that_is_fixed_still_helps_another(self):
        """<X0 X1> = 0 at every angle, and yet the projection on both words is larger."""
        circuit = Circuit.from_qasm(
            HEADER + "qubit[2] q; ry(a) q[0]; rz(b) q[0]; ry(c) q[1]; cx q[0], q[1];"
        )
        words = [w for w in ALL if "2" not in w]
        for counting in (False, True):
            estimate = chosen(
                "metric", By("observables", words=tuple(words), floor=0), METRICS, counting=counting
            )
            plan = estimate(circuit, THETA)
            found = answer(Statevector(1), in_the_limit(plan) if counting else plan).dense()
            dense.close(found, dense.metric(circuit, THETA))

    def test_noise_makes_it_no_more_than_the_sld_metric(self):
        """The method of moments, through an executor whose states are known."""
        rho = density(CIRCUIT, CIRCUIT.angles(THETA))
        moved = dense.differences(
            lambda x: np.array(
                [density(CIRCUIT, CIRCUIT.angles(t)) for t in x.reshape(-1, 3)]
            ).reshape(*x.shape[:-1], 8, 8),
            THETA,
        )
        sld = mixed.sld(rho, moved) / 4
        for words in (WORDS, "local-2", ALL):
            estimate = chosen(
                "metric", By("observables", words=words, floor=0), METRICS, counting=True
            )
            plan = sampled(estimate(CIRCUIT.with_noise(), THETA), 10**6)
            found = plan.reduce(Mixed().run(plan.requests, 0)).dense()
            in_order(found, sld)
        # All words see all of a density matrix.
        dense.close(found, sld)


class TestWeights:
    def test_coefficients_are_those_of_h_qng(self):
        j, _ = by_hand(WORDS)
        a = np.array([1.0, -0.4, 0.7, 0.2])
        expected = (j.T * a**2) @ j / (2 * np.linalg.norm(a))
        dense.close(metric(weight="coefficients").dense(), expected)

    def test_h_qng_of_all_words_is_qng(self):
        """T = sqrt(4^n) tr(d_i rho d_j rho) / 2 with the identity, whose derivative is 0."""
        found = metric(ALL, weight="coefficients").dense() * np.sqrt(63 / 64)
        dense.close(found, G)

    def test_steps_of_h_qng_are_those_of_its_equation(self):
        problem = qng.Problem(CIRCUIT, H, THETA)
        run = qng.minimize(problem, "h-qng", lr=0.2, damping=0.05, trust=np.inf, steps=1)
        j, _ = by_hand(WORDS)
        a = np.array([1.0, -0.4, 0.7, 0.2])
        m = (j.T * a**2) @ j / (2 * np.linalg.norm(a)) + 0.05 * np.eye(3)
        step = -0.2 * np.linalg.solve(m, dense.gradient(CIRCUIT, H, THETA))
        np.testing.assert_allclose(run.x - THETA, step, atol=1e-7)

    def test_terms_are_those_of_the_reduced_states(self):
        """The metric wa, which is of density matrices."""
        expected = qng.metric(qng.Problem(CIRCUIT, H, THETA), THETA, "wa").dense()
        dense.close(metric(weight="terms").dense(), expected)
        estimate = chosen("metric", By("observables", weight="terms"), METRICS, counting=True)
        plan = estimate(CIRCUIT, THETA, observable=H)
        dense.close(answer(Statevector(1), in_the_limit(plan)).dense(), expected)
        values, errors = repeated(plan, 20_000, repetitions=100)
        held(values, errors, expected)

    @pytest.mark.parametrize("shots", [None, 4000])
    def test_numbers(self, shots):
        weights = [1.0, 0.4, 0.7, 0.2]
        problem = qng.Problem(CIRCUIT, H, THETA)
        newton = qng.metric(problem, THETA, "gauss-newton", shots=shots, seed=5).dense()
        listed = metric(weight=weights, shots=shots, seed=5).dense()
        named = dict(zip(reversed(WORDS), reversed(weights)))
        np.testing.assert_array_equal(listed, newton)
        np.testing.assert_array_equal(metric(weight=named, shots=shots, seed=5).dense(), newton)

    @pytest.mark.parametrize("slope", [0.0, 0.16, 0.2])
    def test_errors_of_a_square_whose_slope_is_hardly_seen(self, slope):
        """A slope of zero and of two or three of its errors (0.07): by first order alone the
        intervals hold in 88 % of all cases."""
        circuit = Circuit.from_qasm(HEADER + "qubit q; ry(a) q; h q; ry(b) q; rz(c) q;")
        estimate = chosen("metric", By("observables", weight=[1.0]), METRICS, counting=True)
        theta = [np.arcsin(slope), -np.pi / 2, 0.0]
        plan = estimate(circuit, theta, observable=PauliSum({"Z0": 1.0}))
        values, errors = repeated(plan, 100 * plan.evaluations, lambda m: m.dense())
        exact = np.outer(*[dense.gradient(circuit, [("Z0", 1.0)], np.array(theta))] * 2)
        first = (slice(None), 0, 0)
        covered(values[first][:, None], errors[first][:, None], exact[0, :1])


class TestFromShots:
    def test_with_many_it_is_the_exact_one(self):
        for words in (WORDS, "local-2"):
            estimate = chosen(
                "metric", By("observables", words=words, floor=0), METRICS, counting=True
            )
            found = answer(Statevector(1), in_the_limit(estimate(CIRCUIT, THETA)))
            assert found.std_error is None
            dense.close(found.dense(), metric(words).dense())

    @pytest.mark.parametrize(
        ("words", "floor", "shots", "readout"),
        [
            (WORDS, 0.1, 8_000, None),
            (
                WORDS,
                0.0,
                10**6,
                Readout(np.array([0.02, 0.03, 0.01]), np.array([0.05, 0.04, 0.06])),
            ),
            # C is singular: words depend on each other in the state.
            ("local-1", 0.1, 16_000, None),
        ],
    )
    def test_errors_hold_the_exact_one(self, words, floor, shots, readout):
        by = By("observables", words=words, floor=floor)
        plan = chosen("metric", by, METRICS, counting=True)(CIRCUIT, THETA)
        values, errors = repeated(plan, shots, readout=readout, repetitions=200)
        held(values, errors, metric(words, floor=floor).dense())
        assert np.all(errors.mean(axis=0) < 3 * values.std(axis=0))

    def test_errors_hold_on_a_noisy_executor(self):
        by = By("observables", words=WORDS, floor=0.1)
        plan = chosen("metric", by, METRICS, counting=True)(CIRCUIT.with_noise(), THETA)
        limit, lowered = in_the_limit(plan, 8_000), sampled(plan, 8_000)
        exact, rng = Mixed().run(limit.requests, 0), np.random.default_rng(5)
        found = []
        for _ in range(200):
            drawn = [
                tuple(drawn_from(rng, one, int(n)) for one, n in zip(points, request.shots))
                for points, request in zip(exact, lowered.requests)
            ]
            found.append(lowered.reduce(drawn))
        values, errors = (np.array(x) for x in zip(*((f.dense(), f.std_error) for f in found)))
        held(values, errors, limit.reduce(exact).dense())


def test_rounding_of_an_eigenstate_is_no_direction():
    """The state is an eigenstate of Z0 up to rounding, which says nothing about its derivatives."""
    circuit = Circuit.from_qasm(
        HEADER + "qubit[2] q; rx(a*b) q[0]; ry(sin(a)) q[1]; cz q[0], q[1]; rx(b*b) q[1]; t q[0];"
        "rx(a) q[0]; rx(c) q[1];"
    )
    found = qng.metric(circuit, [0.0, np.pi / 2, 0.4], "observables", words=["Z0"])
    np.testing.assert_allclose(found.dense(), 0.0, atol=1e-12)
