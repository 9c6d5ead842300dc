"""Blocks and diagonal from counted bits: the exact limit, and what the errors promise."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, qaoa, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.estimate.fubini import blocks as counted
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini import overlaps
from qng.estimate.parts.products import SECOND
from qng.execute.statevector.executor import Statevector
from qng.geometry import Blocks, Dense, Diagonal
from qng.plan import calibrated
from qng.plan.counts import PRIOR, Counts
from qng.plan.lower import sampled
from qng.plan.plan import Plan
from qng.plan.readout import Readout
from qng.run.bench import answer
from qng.testing.strategies import cases, free
from tests import dense

EXACT = Statevector(threads=1)
REPEATS = 500


def rotations(*words: str) -> Circuit:
    """Rotations with parameters of their own."""
    names = [f"t{k}" for k in range(len(words))]
    ops = [Rotation(Pauli.parse(word), parameter(name)) for word, name in zip(words, names)]
    return Circuit(max(op.support for op in ops).bit_length(), ops, names)


def drawn(plan: Plan, shots: int, repeats: int = REPEATS) -> tuple[np.ndarray, np.ndarray]:
    """Matrices and standard errors of repetitions with so many shots a circuit."""
    total = shots * len(plan.requests)
    found = [answer(EXACT, plan, seed=seed, shots=total) for seed in range(repeats)]
    return np.array([m.dense() for m in found]), np.array([m.std_error for m in found])


class TestTheExactLimit:
    @pytest.mark.parametrize("rule", ["commuting", "wires"])
    @settings(max_examples=60)
    @given(cases(max_ops=12))
    def test_is_the_block_metric(self, rule, case):
        circuit, theta = case
        plan = counted.blocks(circuit, theta, rule)
        found, expected = answer(EXACT, plan), answer(EXACT, fubini.blocks(circuit, theta, rule))
        assert type(found) is type(expected)
        assert found.blocks == expected.blocks
        assert found.std_error is None
        dense.close(found.dense(), expected.dense(), 1e-12, 1.0)
        assert len(plan.requests) <= len(circuit.blocks(rule))
        diagonal = answer(EXACT, counted.diagonal(circuit, theta, rule))
        assert isinstance(diagonal, Diagonal)
        assert diagonal.std_error is None
        dense.close(diagonal.diagonal(), expected.diagonal(), 1e-12, 1.0)

    @settings(max_examples=40)
    @given(cases(max_ops=8))
    def test_is_the_diagonal_where_parameters_are_not_shared(self, case):
        circuit, theta = case
        alone, phi = free(circuit), circuit.angles(theta)
        found = answer(EXACT, counted.diagonal(alone, phi)).diagonal()
        dense.close(found, np.diag(dense.metric(alone, phi)))

    def test_signs_of_words_that_were_walked_back(self):
        """K = Z0 and -Z0 before the X gate: g_01 = -g_00."""
        circuit = rotations("Y0", "Z0", "Z0")
        ops = [*circuit.ops[:2], Gate("x", (0,)), circuit.ops[2]]
        plan = counted.blocks(Circuit(1, ops, circuit.parameters), [0.7, 0.1, 0.2])
        g = answer(EXACT, plan, shots=100).dense()
        assert g[1, 1] > 0
        np.testing.assert_allclose(g[1:, 1:], g[1, 1] * np.array([[1, -1], [-1, 1]]), rtol=1e-12)

    def test_shared_between_blocks_the_diagonal_is_that_of_the_blocks(self):
        t = parameter("t")
        ops = [Rotation(Pauli.parse(w), t) for w in ("Y0", "X0", "Z0")]
        circuit = Circuit(1, ops, ["t"])
        found = answer(EXACT, counted.diagonal(circuit, [0.7])).diagonal()
        assert found == pytest.approx(answer(EXACT, fubini.blocks(circuit, [0.7])).diagonal())
        full = answer(EXACT, fubini.diagonal(circuit, [0.7])).values
        assert found != pytest.approx(full)
        assert answer(EXACT, overlaps.diagonal(circuit, [0.7])).values == pytest.approx(full)


def sequences(counts: Counts, shots: int):
    """All sequences of outcomes with their probabilities."""
    for picked in product(range(len(counts.weights)), repeat=shots):
        chosen = list(picked)
        weight = float(np.prod(counts.weights[chosen]))
        yield weight, Counts.of(counts.outcomes[chosen], np.ones(shots))


class TestUnbiasedness:
    @pytest.mark.parametrize("shots", [2, 3, 5])
    def test_over_all_outcomes(self, shots):
        """The sum over all sequences of a few shots, not a simulation."""
        circuit, theta = rotations("Y0", "Y1", "Z0", "Z1", "Z0 Z1"), [0.7, 1.9, 0.1, 0.2, 0.3]
        plan = counted.blocks(circuit, theta)
        ((counts,),) = answer(EXACT, Plan(plan.requests, list))
        mean = sum(w * plan.reduce([(c,)]).dense() for w, c in sequences(counts, shots))
        expected = answer(EXACT, fubini.blocks(circuit, theta)).dense()
        np.testing.assert_allclose(mean, expected, rtol=0, atol=1e-12)

    def test_of_a_shared_parameter(self):
        cost = PauliSum({"Z0 Z1": 0.5, "Z1 Z2": 0.3, "Z0": 0.2})
        circuit = qaoa(cost, 1)
        plan = counted.blocks(circuit, [0.4, 0.3])
        ((counts,),) = answer(EXACT, Plan(plan.requests, list))
        mean = sum(w * plan.reduce([(c,)]).dense() for w, c in sequences(counts, 3))
        expected = answer(EXACT, fubini.blocks(circuit, [0.4, 0.3])).dense()
        np.testing.assert_allclose(mean, expected, rtol=0, atol=1e-12)


@given(st.integers(2, 300), st.integers(0, 10**6))
def test_the_variance_is_that_of_the_shots_and_a_few_more(shots, seed):
    """Of y_a = z_0 / 2 + z_1 and y_b = z_1, over 4 outcomes."""
    a, b, fixed = parameter("a"), parameter("b"), as_angle(0.4)
    ops = [Rotation(Pauli.parse(word), fixed) for word in ("Y0", "X1", "X0 Y1")]
    ops += [Rotation(Pauli.parse("Z0"), a / 2), Rotation(Pauli.parse("Z1"), a + b)]
    plan = counted.blocks(Circuit(2, ops, ["a", "b"]), [0.3, 0.2])
    rng = np.random.default_rng(seed)
    seen = rng.multinomial(shots, rng.dirichlet(np.ones(4)))
    found = plan.reduce([(Counts.of(np.arange(4), seen),)])

    z = np.array([[1, 1], [-1, 1], [1, -1], [-1, -1]])
    y = z @ np.array([[0.5, 0.0], [1.0, 1.0]])
    mean = seen @ y / shots
    d = y - mean
    p = (seen + PRIOR / 4) / (shots + PRIOR)
    sigma = np.einsum("k,ki,kj->ij", p, d, d)
    fourth = np.einsum("k,ki,kj->ij", p, d**2, d**2)
    own = np.diag(sigma)
    second = (np.outer(own, own) + sigma**2) / (shots * (shots - 1))
    variance = (fourth - sigma**2) / shots + SECOND * second
    np.testing.assert_allclose(
        found.dense(), np.einsum("k,ki,kj->ij", seen, d, d) / (shots - 1) / 4
    )
    np.testing.assert_allclose(found.std_error, np.sqrt(variance) / 4, rtol=1e-9)
    unit = np.eye(2)
    products = [[found.variance_of(v, w) for w in unit] for v in unit]
    np.testing.assert_allclose(products, variance / 16, rtol=1e-9)


PREPARED = hardware_efficient(3, 1)
QAOA = qaoa(PauliSum({"Z0 Z1": 0.5, "Z1 Z2": 0.5, "Z0 Z2": 0.3, "Z2 Z3": 0.7}), 2)
REAL = real_amplitudes(3, 2)
# <Y0> = <Y1> = 0 and <Y0 Y1> = -sin(-0.65) in the real state in front.
T = parameter("t")
FAMILY = Circuit(
    2,
    [
        Rotation(Pauli.parse("Y0"), as_angle(-0.65)),
        Gate("cx", (0, 1)),
        *(Rotation(Pauli.parse(word), T) for word in ("Y0", "Y1", "Y0 Y1")),
    ],
    ["t"],
)
SPREAD = Circuit(
    2,
    [
        Rotation(Pauli.parse(word), angle)
        for word, angle in [
            ("Y0", parameter("a")),
            ("Y1", as_angle(0.5)),
            ("X0 X1", T),
            ("Z0", T / 2 + 0.3),
            ("Z1", parameter("a") + T),
            ("Y0", T),
        ]
    ],
    ["a", "t"],
)
BELL = rotations("Y0", "Y1", "X0", "X1", "X0 X1", "Y0 Y1", "Z0 Z1")
# No measured mean of the prepared circuit is within 0.14 of 0 or of +-1 here.
SCATTERED = np.random.default_rng(222).uniform(-3, 3, 12)


@pytest.mark.parametrize(
    ("estimate", "circuit", "theta", "shots"),
    [
        (counted.blocks, PREPARED, SCATTERED, 4000),
        (counted.diagonal, PREPARED, SCATTERED, 4000),
        (counted.blocks, QAOA, [0.3, 0.4, 0.7, 0.5], 1000),
        (counted.diagonal, QAOA, [0.3, 0.4, 0.7, 0.5], 1000),
        (counted.blocks, REAL, SCATTERED[:9], 500),
        # Rotations of one parameter in different blocks.
        (counted.blocks, SPREAD, [0.7, 0.4], 2000),
        # Three words of which one is the product of the others, with one parameter.
        (counted.blocks, FAMILY, [0.1], 1000),
        # Words that commute, but not qubit by qubit.
        (counted.blocks, BELL, [0.7, 0.9, 0.8, 0.6, 0.1, 0.2, 0.3], 4000),
    ],
    ids=["blocks", "diagonal", "shared", "shared diagonal", "real", "spread", "family", "bell"],
)
def test_scores_are_unit_normal_at_generic_points(estimate, circuit, theta, shots):
    plan = estimate(circuit, theta)
    exact = answer(EXACT, fubini.blocks(circuit, theta)).dense()
    if estimate is counted.diagonal:
        exact = np.diag(np.diag(exact))
    values, errors = drawn(plan, shots)
    noisy = errors[0] > 0
    assert np.array_equal(np.all(errors > 0, axis=0), noisy)
    np.testing.assert_allclose((values - exact)[:, ~noisy], 0.0, rtol=0, atol=1e-12)
    difference = (values - exact)[:, noisy]
    bias = difference.mean(axis=0) * np.sqrt(REPEATS) / difference.std(axis=0)
    assert np.all(np.abs(bias) < 4)
    z = difference / errors[:, noisy]
    assert np.all(np.abs(z.mean(axis=0)) < 4.5 / np.sqrt(REPEATS))
    assert np.all(np.abs(z.std(axis=0) - 1) < 0.15)


@pytest.mark.parametrize("shots", [20, 100, 1000])
@pytest.mark.parametrize(
    ("circuit", "theta"),
    [
        *((rotations("X0", "Z0"), [t, 0.3]) for t in (0.0, 0.02, 1.47, np.pi / 2)),
        (BELL, np.zeros(7)),
        (BELL, np.array([1, 0, 1, 0, 0, 0, 0]) * np.pi / 2),
        (BELL, [np.pi / 2, 0.05, 0.0, 0.1, 0.3, 0.2, 0.1]),
        (PREPARED, np.zeros(12)),
    ],
    ids=["0", "0.02", "1.47", "pi/2", "bell 0", "bell pi/2", "bell 0.05", "zeros"],
)
def test_intervals_cover_where_the_first_order_vanishes(circuit, theta, shots):
    plan = counted.blocks(circuit, theta)
    exact = answer(EXACT, fubini.blocks(circuit, theta)).dense()
    values, errors = drawn(plan, shots, 400)
    noisy = errors[0] > 0
    assert np.all(errors[:, noisy] > 0)
    missed = np.abs(values - exact)[:, noisy] > 1.96 * errors[:, noisy]
    # At least 93 %, to two standard errors of 400 repetitions.
    assert np.all(missed.mean(axis=0) < 0.07 + 2 * math.sqrt(0.07 * 0.93 / 400))
    # The errors are not much too large where there is something to be seen.
    scatter = values.std(axis=0)[noisy]
    rms = np.sqrt(np.mean(errors[:, noisy] ** 2, axis=0))
    assert np.all(rms < 3.5 * np.maximum(scatter, 1.5 / shots))


@pytest.mark.parametrize("shots", [20, 100, 1000])
def test_coverage_of_a_single_word_at_any_mean(shots):
    """The sum over all numbers of ones, not a simulation."""
    plan = counted.diagonal(rotations("X0", "Z0"), [0.3, 0.2])
    found = [plan.reduce([(Counts.of([0, 1], [shots - ones, ones]),)]) for ones in range(shots + 1)]
    values = np.array([m.values[1] for m in found])
    errors = np.array([m.std_error[1, 1] for m in found])
    assert np.all(errors > 0)
    ones = np.arange(shots + 1)
    log = [math.lgamma(shots + 1) - math.lgamma(k + 1) - math.lgamma(shots - k + 1) for k in ones]
    for p in np.concatenate([np.linspace(0.005, 0.5, 100), [0.1 / shots, 1 / shots, 3 / shots]]):
        weight = np.exp(log + ones * np.log(p) + (shots - ones) * np.log1p(-p))
        assert weight @ values == pytest.approx(p * (1 - p), abs=1e-10)
        assert weight @ (np.abs(values - p * (1 - p)) <= 1.96 * errors) >= 0.925


class TestWhatStructureFixes:
    def test_a_first_layer_costs_nothing(self):
        circuit = rotations("X0", "Y1", "X2")
        plan = counted.blocks(circuit, [0.1, 0.2, 0.3])
        assert plan.requests == ()
        found = answer(EXACT, plan, shots=10)
        np.testing.assert_array_equal(found.dense(), np.eye(3) / 4)
        assert found.std_error is None

    def test_its_entries_have_no_error_beside_measured_ones(self):
        found = answer(
            EXACT, counted.blocks(rotations("X0", "Y1", "Z0"), [0.7, 0.2, 0.3]), shots=100
        )
        assert np.array_equal(found.std_error > 0, np.diag([False, False, True]))
        assert found.dense()[0, 0] == 0.25

    def test_product_states_are_uncorrelated(self):
        """Z0 and Z1 after RX rotations: only the diagonal is measured, in one circuit."""
        plan = counted.blocks(rotations("X0", "X1", "Z0", "Z1"), [0.7, 0.2, 0.3, 0.4])
        assert len(plan.requests) == 1
        found = answer(EXACT, plan, shots=100)
        assert found.dense()[2, 3] == found.std_error[2, 3] == 0.0
        assert found.std_error[2, 2] > 0 < found.std_error[3, 3]

    def test_a_real_state_has_an_exact_diagonal(self):
        circuit = real_amplitudes(4, 3)
        theta = np.linspace(-3, 3, 16)
        plan = counted.diagonal(circuit, theta)
        assert plan.requests == ()
        np.testing.assert_array_equal(answer(EXACT, plan).values, np.full(16, 0.25))
        found = answer(EXACT, counted.blocks(circuit, theta), shots=300)
        np.testing.assert_allclose(np.diag(found.dense()), 0.25, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(np.diag(found.std_error), 0.0)
        assert np.count_nonzero(found.std_error) > 0

    def test_means_that_vanish_at_one_angle_only_have_errors(self):
        found = answer(EXACT, counted.blocks(rotations("X0", "Z0"), [np.pi / 2, 0.3]), shots=50)
        assert found.std_error[1, 1] > 0

    def test_operations_outside_the_light_cone_are_left_out(self):
        circuit = rotations("Y0", "Z0", "Y1", "Y2", "X1 X2", "Z1")
        for request in counted.blocks(circuit, SCATTERED[:6]).requests:
            cone = request.measure.basis.support
            for op in reversed(request.circuit.ops):
                assert op.support & cone
                cone |= op.support


@settings(max_examples=40)
@given(cases(max_ops=12), st.integers(0, 10**6), st.sampled_from([2, 7, 50]))
def test_positive_semidefinite_from_few_shots(case, seed, shots):
    circuit, theta = case
    plan = counted.blocks(circuit, theta)
    weights = [float(request.shares[0]) for request in plan.requests]
    equal = Plan(tuple(r.weighted(1 / w) for r, w in zip(plan.requests, weights)), plan.reduce)
    found = answer(EXACT, equal, seed=seed, shots=max(shots * len(plan.requests), 1))
    dense.positive(found.dense(), 1e-11)
    if found.std_error is not None:
        assert found.std_error.shape == found.dense().shape
        np.testing.assert_allclose(found.std_error, found.std_error.T, rtol=1e-12)
        outside = np.ones_like(found.dense(), dtype=bool)
        for block in found.blocks:
            outside[np.ix_(block, block)] = False
        assert not found.std_error[outside].any()


class TestPairs:
    """Entries outside the blocks that the same shots give."""

    def test_of_one_qubit(self):
        """g = -<X><Z>/4, each mean before its rotation; blocks have a zero there."""
        a, b = 0.7, 0.4
        circuit = rotations("Y0", "X0", "Z0")
        plan = counted.blocks(circuit, [a, b, 0.1], pairs=True)
        found = answer(EXACT, plan)
        assert found.blocks == ((0,), (1,), (2,), (1, 2))
        assert found.dense()[1, 2] == pytest.approx(-np.sin(a) * np.cos(a) * np.cos(b) / 4)
        dense.close(found.dense()[1:, 1:], dense.metric(circuit, [a, b, 0.1])[1:, 1:])
        assert len(plan.requests) == len(counted.blocks(circuit, [a, b, 0.1]).requests)

    @settings(max_examples=60)
    @given(cases(max_ops=10, clifford=True))
    def test_are_exact(self, case):
        circuit, theta = case
        alone, phi = free(circuit), circuit.angles(theta)
        found = answer(EXACT, counted.blocks(alone, phi, pairs=True))
        inside = np.zeros((len(phi), len(phi)), dtype=bool)
        for block in found.blocks:
            inside[np.ix_(block, block)] = True
        exact = answer(EXACT, fubini.exact(alone, phi)).dense()
        dense.close(found.dense(), np.where(inside, exact, 0.0), 1e-12, 1.0)
        shared = answer(EXACT, counted.blocks(circuit, theta, pairs=True))
        a = circuit.jacobian(theta)
        dense.close(shared.dense(), a.T @ found.dense() @ a, 1e-12, 1.0)

    def test_errors(self):
        """Unit normal where parameters are not shared; bounds where they are."""
        circuit, names = rotations("Y0", "X0", "Z0", "Y0"), ["t0", "t1", "t2", "t1"]
        ops = [Rotation(op.pauli, parameter(name)) for op, name in zip(circuit.ops, names)]
        theta = [0.7, 0.4, -0.8, 0.4]
        for case, point in ((circuit, theta), (Circuit(1, ops, ["t0", "t1", "t2"]), theta[:3])):
            plan = counted.blocks(case, point, pairs=True)
            exact = answer(EXACT, plan).dense()
            values, errors = drawn(plan, 2000)
            noisy = errors[0] > 0
            difference = (values - exact)[:, noisy]
            bias = difference.mean(axis=0) * np.sqrt(REPEATS) / difference.std(axis=0)
            assert np.all(np.abs(bias) < 4)
            scatter = np.std(difference / errors[:, noisy], axis=0)
            assert np.all(scatter < 1.15)
            assert np.all(scatter > 0.85) or case is not circuit
            assert noisy[1, 2]


class TestKinds:
    def test_blocks_and_dense(self):
        found = answer(EXACT, counted.blocks(PREPARED, SCATTERED), shots=1000)
        assert isinstance(found, Blocks)
        shared = answer(EXACT, counted.blocks(QAOA, [0.3, 0.4, 0.7, 0.5]), shots=1000)
        assert shared.blocks == ((0,), (1,), (2,), (3,))
        t = parameter("t")
        mixed = Circuit(1, [Rotation(Pauli.parse(w), t) for w in ("X0", "Z0")], ["t"])
        plan = counted.blocks(mixed, [0.3])
        found = answer(EXACT, plan, shots=100)
        assert isinstance(found, Dense)
        assert found.blocks == ((0,), (0,))
        # Reducing keeps nothing.
        assert np.array_equal(answer(EXACT, plan, shots=100).dense(), found.dense())


class TestCost:
    @pytest.mark.parametrize(("before", "count"), [("X", 4), ("", 3)])
    def test_one_circuit_a_layer(self, before, count):
        """40 parameters in 4 layers of RY; 3 circuits where the first one acts on |0...0>."""
        fixed = as_angle(0.4)
        layers = hardware_efficient(10, 4, "ry", final_rotations=False)
        ops = [Rotation(Pauli.parse(f"{before}{q}"), fixed) for q in range(10) if before]
        circuit = Circuit(10, [*ops, *layers.ops], layers.parameters)
        plan = counted.blocks(circuit, np.linspace(-1, 1, 40))
        assert circuit.n_parameters == 40
        assert len(circuit.blocks()) == 4
        lowered = sampled(plan, 4000)
        assert lowered.cost.circuits == lowered.cost.points == count

    def test_shots_follow_the_sizes_of_blocks(self):
        plan = counted.blocks(QAOA, [0.3, 0.4, 0.7, 0.5])
        # Mixers of four qubits by 2 beta, and a cost layer by 2 c_k gamma in between.
        cost = 4 * (0.5**2 + 0.5**2 + 0.3**2 + 0.7**2)
        weights = [float(request.shares[0]) for request in plan.requests]
        assert weights == pytest.approx([16 / 4, cost / 4, 16 / 4])

    def test_a_single_shot_has_no_covariance(self):
        plan = counted.blocks(rotations("X0", "Z0"), [0.3, 0.2])
        with pytest.raises(InputError, match="1 shots cannot serve"):
            answer(EXACT, plan, shots=1)
        with pytest.raises(InputError, match="at least 2 shots of every block, one had 1"):
            plan.reduce([(Counts.of([0], [1]),)])


class Misread:
    """Counts as they are read with errors, and with the correction for them."""

    def __init__(self, rates: np.ndarray, calibration: float = np.inf) -> None:
        self.rates, self.calibration = rates, calibration

    def readout(self, seed: int = 0) -> Readout:
        if np.isinf(self.calibration):
            return Readout(self.rates[0], self.rates[1])
        rng = np.random.default_rng([seed, 1])
        found = rng.binomial(int(self.calibration), self.rates) / self.calibration
        return Readout(found[0], found[1], self.calibration)

    def exact(self, counts: Counts) -> Counts:
        outcomes, weights = counts.outcomes, counts.weights
        for q in range(self.rates.shape[1]):
            flip = np.where(outcomes >> q & 1, self.rates[1, q], self.rates[0, q])
            outcomes = np.concatenate([outcomes, outcomes ^ 1 << q])
            weights = np.concatenate([weights * (1 - flip), weights * flip])
        masks, where = np.unique(outcomes, return_inverse=True)
        return Counts(masks, np.bincount(where, weights), np.inf, self.readout())

    def drawn(self, exact: Counts, shots: int, seed: int) -> Counts:
        seen = np.random.default_rng(seed).multinomial(shots, exact.weights)
        some = seen > 0
        return Counts(exact.outcomes[some], seen[some] / shots, shots, self.readout(seed))


class TestReadoutErrors:
    THETA = np.array([0.7, 0.9, 0.8, 0.6, 0.1, 0.2, 0.3])
    RATES = np.array([[0.05, 0.02], [0.1, 0.15]])

    def exact(self, misread: Misread, plan: Plan) -> list[tuple[Counts]]:
        found = answer(EXACT, Plan(plan.requests, list))
        return [(misread.exact(counts),) for (counts,) in found]

    def test_known_ones_are_corrected(self):
        plan = counted.blocks(BELL, self.THETA)
        found = plan.reduce(self.exact(Misread(self.RATES), plan))
        assert found.std_error is None
        dense.close(found.dense(), answer(EXACT, plan).dense(), 1e-12, 1.0)

    def test_no_errors_change_nothing(self):
        plan = counted.blocks(QAOA, [0.3, 0.4, 0.7, 0.5])
        counts = [c for (c,) in answer(EXACT, Plan(plan.requests, list), seed=3, shots=900)]
        nothing = Readout(np.zeros(4), np.zeros(4))
        corrected = [(Counts(c.outcomes, c.weights, c.shots, nothing),) for c in counts]
        found, expected = plan.reduce(corrected), plan.reduce([(c,) for c in counts])
        np.testing.assert_allclose(found.dense(), expected.dense(), rtol=1e-12)
        np.testing.assert_allclose(found.std_error, expected.std_error, rtol=1e-9)

    @pytest.mark.parametrize("calibration", [np.inf, 300])
    def test_scores_are_unit_normal(self, calibration):
        misread = Misread(self.RATES, calibration)
        plan = counted.blocks(BELL, self.THETA)
        exact = answer(EXACT, fubini.blocks(BELL, self.THETA)).dense()
        distributions = self.exact(Misread(self.RATES), plan)
        z = []
        for seed in range(REPEATS):
            results = [(misread.drawn(c, 3000, seed),) for (c,) in distributions]
            found = calibrated.reduced(plan.reduce, results)
            noisy = found.std_error > 0
            z.append((found.dense() - exact)[noisy] / found.std_error[noisy])
        assert np.all(np.abs(np.mean(z, axis=0)) < 4.5 / np.sqrt(REPEATS))
        assert np.all(np.abs(np.std(z, axis=0) - 1) < 0.15)
