"""What is chosen for every parameter, against means and variances of a QAOA computed here."""

import numpy as np
import pytest

import qng
from qng.adapters.functions import choice, slopes
from qng.adapters.functions.gradients import Slope
from qng.adapters.functions.readings import Readings
from qng.circuit.frequencies import Wave, waves
from qng.errors import InputError
from qng.plan.quantities import By

WEIGHTS = np.array([1.0, 0.7, 0.5, 0.3])
SPINS = 1 - 2 * ((np.arange(16)[:, None] >> np.arange(4)) & 1)
COST = sum(w * SPINS[:, k] * SPINS[:, (k + 1) % 4] for k, w in enumerate(WEIGHTS))


def qaoa(weights=WEIGHTS, reps=2):
    """A ring of four; parameters are all beta, then all gamma."""
    text = ["OPENQASM 3.0; include 'stdgates.inc'; qubit[4] q;"]
    text += [f"input float[64] b{k};" for k in range(reps)]
    text += [f"input float[64] g{k};" for k in range(reps)] + ["h q;"]
    for k in range(reps):
        for i, w in enumerate(weights):
            j = (i + 1) % 4
            text.append(
                f"cx q[{i}], q[{j}]; rz({2 * float(w)!r} * g{k}) q[{j}]; cx q[{i}], q[{j}];"
            )
        text.append(f"rx(2 * b{k}) q;")
    return qng.Circuit.from_qasm(" ".join(text))


def moments(x):
    """Mean and variance of one shot at points of shape (points, 4)."""
    psi = np.full((len(x), 16), 0.25, complex)
    for k in range(2):
        psi = psi * np.exp(-1j * x[:, 2 + k, None] * COST)
        c, s = np.cos(x[:, k])[:, None, None, None], 1j * np.sin(x[:, k])[:, None, None, None]
        for q in range(4):
            v = psi.reshape(len(x), -1, 2, 2**q)
            psi = (c * v - s * v[:, :, ::-1]).reshape(len(x), 16)
    p = np.abs(psi) ** 2
    return p @ COST, p @ COST**2 - (p @ COST) ** 2


POINTS = np.random.default_rng(17).uniform(-np.pi, np.pi, (40, 4))
SPREAD = float(np.std(moments(np.random.default_rng(18).uniform(-np.pi, np.pi, (2000, 4)))[0]))


def price(combination, i, shots):
    """Readings times mean squared error of the slope along i, over the points; no sampling."""
    mine = combination.weights[:, i] != 0
    moves, weights = combination.moves[mine], combination.weights[mine, i]
    error = 0.0
    for theta in POINTS:
        means, variances = moments(theta + moves)
        short = moments(theta + 1e-5 * np.outer([1, -1], np.eye(4)[i]))[0]
        exact = (short[0] - short[1]) / 2e-5
        error += weights**2 @ variances / shots + (weights @ means - exact) ** 2
    return mine.sum() * error / len(POINTS)


def reach(shots):
    sigma = np.sqrt(np.mean(moments(POINTS)[1]) / shots)
    return choice.reach_of(float(sigma), SPREAD)


def test_the_circuit_is_this_one():
    problem = qng.Problem(qaoa(), {f"Z{k} Z{(k + 1) % 4}": w for k, w in enumerate(WEIGHTS)})
    assert qng.energy(problem, POINTS[0]).value == pytest.approx(moments(POINTS[:1])[0][0])


def test_waves_of_weights():
    beta, _, gamma, _ = waves([qaoa()])
    assert beta == Wave(4.0, (2.0, 4))
    assert gamma.rule == (pytest.approx(0.2), 25)
    assert gamma.size == pytest.approx(2 * np.sqrt(WEIGHTS @ WEIGHTS))
    uneven = waves([qaoa([1.37, 0.71, 0.53, 0.31])])
    assert uneven[0] == beta
    assert uneven[2].rule is None
    assert uneven[2].size == pytest.approx(2 * np.linalg.norm([1.37, 0.71, 0.53, 0.31]))
    assert waves([]) == []


def test_an_angle_that_is_not_affine_has_no_wave():
    text = "OPENQASM 3.0; include 'stdgates.inc'; input float[64] a; input float[64] b; qubit q;"
    bent, straight = waves([qng.Circuit.from_qasm(text + "rx(a * a) q; rz(3 * b) q; rx(a) q;")])
    assert bent is None
    assert straight == Wave(3.0, (3.0, 1))


@pytest.mark.parametrize("shots", [100, 500, 5000, 10**6])
def test_what_is_chosen_is_the_better_one(shots):
    """The other one is better by no more than the margin that a bias is given."""
    known = waves([qaoa()])
    ways = choice.better(known, reach(shots))
    rule, short = choice.by_rule(known).combination, choice.by_differences(known, reach(shots))
    for i in range(4):
        by_rule, by_differences = price(rule, i, shots), price(short.combination, i, shots)
        if i in ways.rules:
            assert by_rule < 2.5 * by_differences
        else:
            assert by_differences < by_rule
    # beta has 4 frequencies, gamma 25.
    assert ({0, 1} <= set(ways.rules)) == (shots >= 5000)
    assert ({2, 3} <= set(ways.rules)) == (shots > 5000)


@pytest.mark.parametrize("shots", [500, 5000, 10**6])
def test_no_other_step_is_much_better(shots):
    known = waves([qaoa()])
    at = [price(choice.by_differences(known, reach(shots) * f).combination, 2, shots)
          for f in (1, 1 / 3, 1 / 2, 2, 3)]  # fmt: skip
    assert at[0] < 1.5 * min(at)


def test_the_formulas_are_those_of_the_combinations():
    for c, degree in ((1.0, 1), (0.5, 3), (2.0, 10)):
        rule = slopes.shifted(1, {0: (c, degree)}).weights
        assert np.sum(rule**2) == pytest.approx(c**2 * (2 * degree**2 + 1) / 6)
    assert np.sum(slopes.differences(1, {0: 0.2}).weights ** 2) == pytest.approx(1 / (2 * 0.04))


@pytest.mark.parametrize(
    ("degree", "least"), [(2, np.inf), (3, 1 / 9.2), (5, 1 / 41), (10, 1 / 320)]
)
def test_where_equal_rotations_go_over(degree, least):
    known = [Wave(np.sqrt(degree), (1.0, degree))]
    for sigma in (least * 0.95, min(least * 1.05, 10.0)):
        ways = choice.better(known, choice.reach_of(min(sigma, 10.0), 1.0))
        assert bool(ways.steps) == (sigma > least)


def test_without_noise_many_frequencies_are_differences():
    known = [Wave(1.0, (1.0, 1)), Wave(np.sqrt(3), (1.0, 3)), Wave(0.0, (1.0, 0)), None]
    ways = choice.better(known, None)
    assert list(ways.rules) == [0, 2]
    assert ways.steps == {1: pytest.approx(1e-5 / np.sqrt(3)), 3: 1e-5}
    assert ways.readings == 2 + 2 + 2
    assert ways.named == "parameter-shift and finite-difference"
    assert choice.by_differences(known, None).named == "finite-difference"
    assert choice.better(known[::2], None).named == "parameter-shift"
    with pytest.raises(InputError, match="a shift rule needs"):
        choice.by_rule(known)


@pytest.mark.parametrize("sigma", [1e-9, 1e-6, 2e-5])
def test_little_noise_is_as_none(sigma):
    known = waves([qaoa()])
    reach = choice.reach_of(sigma, SPREAD)
    assert list(choice.better(known, reach).steps) == list(choice.better(known, None).steps)
    way, shots = choice.by_differences(known, reach).combination, np.mean(moments(POINTS)[1])
    for i in range(4):
        error = price(way, i, shots / sigma**2) / 2
        assert np.sqrt(error) < 1e-3 * known[i].size * SPREAD


def test_steps_with_noise():
    assert choice.reach_of(0.01, 1.0) == pytest.approx(0.03 ** (1 / 3))
    # At most 1; a function that is flat, or is not finite, has no scale.
    for sigma, spread in ((1.0, 1.0), (0.1, 0.0), (0.1, np.nan)):
        assert choice.reach_of(sigma, spread) == 1.0
    assert choice.step_of(Wave(4.0, None), 0.5) == 0.125
    assert choice.step_of(Wave(0.0, (1.0, 0)), 0.5) == 0.3
    assert choice.step_of(None, 0.5) == 0.3


def slope(noise, weights=WEIGHTS, std_error="auto"):
    rng = np.random.default_rng(4)
    readings = Readings(
        lambda x: float(moments(x[None])[0][0] + noise * rng.normal()), noise=std_error
    )
    return Slope(readings, waves([qaoa(weights)]), None)


def exact(theta):
    ends = moments(theta + 1e-5 * np.concatenate([np.eye(4), -np.eye(4)]))[0]
    return (ends[:4] - ends[4:]) / 2e-5


@pytest.mark.parametrize("std_error", ["auto", 0.004])
def test_a_gradient_of_both_kinds_with_noise(std_error):
    asked = slope(0.004, std_error=std_error)
    found = [asked.at(POINTS[0], By("auto"), 0) for _ in range(200)]
    assert asked.how == "parameter-shift and finite-difference"
    assert asked.readings.asked <= 18 + 3 + 200 * (2 * 8 + 2 * 2)
    mean = np.mean([one.value for one in found], axis=0)
    error = np.mean([one.std_error for one in found], axis=0)
    # sigma is known to a fifth; of the mean 5 standard errors, and the bias of differences.
    assert np.std([one.value for one in found], axis=0) / error == pytest.approx(1, abs=0.6)
    assert np.all(np.abs(mean - exact(POINTS[0]))[:2] < 5 * error[:2] / np.sqrt(200))
    assert np.all(np.abs(mean - exact(POINTS[0])) < 1.5 * error)


def test_weights_without_a_common_measure_need_no_rule():
    asked = slope(0.0, [1.0, 0.7, 0.5, 0.3 + 1e-7])
    found = asked.at(POINTS[0], By("auto"), 0)
    assert found.value == pytest.approx(exact(POINTS[0]), abs=1e-5)
    assert asked.readings.asked == 6 + 4 + 8
    assert asked.how == "finite-difference"


def test_plans_say_what_both_kinds_take():
    asked = slope(0.0)
    for by in (By("auto"), By("auto"), By("finite-difference"), By("parameter-shift")):
        asked.readings.sigma(POINTS[0])
        said, before = asked.readings_of(by, 4), asked.readings.asked
        asked.at(POINTS[0], by, 0)
        assert asked.readings.asked - before == said


def test_noise_of_a_fixed_seed_is_measured_by_one_rule_and_then_had_by_differences():
    def fixed(x):
        draw = np.random.default_rng(np.abs(x).view(np.uint32))
        return float(moments(x[None])[0][0] + 0.1 * draw.normal())

    asked = Slope(Readings(fixed), waves([qaoa()]), None)
    asked.at(POINTS[0], By("auto"), 0)
    assert asked.how == "parameter-shift"
    # From 4 differences: a factor of 5 off would be chance in one seed of 1000.
    assert 0.02 < asked.readings.sigma(POINTS[0]) < 0.5
    before = asked.readings.asked
    found = asked.at(POINTS[0], By("auto"), 0)
    assert asked.how == "finite-difference"
    assert asked.readings.asked - before == 8
    assert found.std_error is not None
