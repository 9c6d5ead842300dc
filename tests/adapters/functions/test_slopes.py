"""Gradients from readings, against closed forms; what is no trigonometric polynomial is seen."""

import numpy as np
import pytest

from qng.adapters.functions import slopes
from qng.adapters.functions.readings import Readings


def polynomial(degree, c, seed):
    """A trigonometric polynomial of a degree in c x, and its derivative."""
    a, b = np.random.default_rng(seed).normal(size=(2, degree + 1))
    k = c * np.arange(degree + 1)
    value = lambda x: float(a @ np.cos(k * x) + b @ np.sin(k * x))  # noqa: E731
    slope = lambda x: float(k @ (b * np.cos(k * x) - a * np.sin(k * x)))  # noqa: E731
    return value, slope


@pytest.mark.parametrize("degree", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("c", [1.0, 0.5, 2.0])
def test_the_shift_rule_is_exact(degree, c):
    value, slope = polynomial(degree, c, degree)
    readings = Readings(lambda x: value(x[0]), noise=0.0)
    found = slopes.shifted(1, {0: (c, degree)}).at(readings, np.array([0.37]))
    assert found.value == pytest.approx([slope(0.37)], abs=1e-10 * degree**2)
    assert found.covariance is None
    assert readings.asked == 2 * degree


def test_a_parameter_that_moves_nothing_has_no_slope():
    rule = slopes.shifted(2, {0: (1.0, 0), 1: (1.0, 1)})
    readings = Readings(lambda x: np.sin(x[1]), noise=0.0)
    assert rule.at(readings, np.zeros(2)).value == pytest.approx([0.0, 1.0])
    assert readings.asked == 2
    assert slopes.shifted(1, {0: (1.0, 0)}).at(readings, np.zeros(1)).value.tolist() == [0.0]


def test_errors_are_those_of_the_combination():
    rng = np.random.default_rng(3)
    value, slope = polynomial(2, 1.0, 4)
    readings = Readings(lambda x: value(x[0]) + 0.1 * rng.normal(), noise=0.1)
    rule = slopes.shifted(1, {0: (1.0, 2)})
    found = [rule.at(readings, np.array([0.2])) for _ in range(1000)]
    scores = [(one.value[0] - slope(0.2)) / one.std_error[0] for one in found]
    # Both fail by chance once in 15,000: 4 standard errors.
    assert abs(np.mean(scores)) < 4 / np.sqrt(1000)
    assert abs(np.std(scores) - 1) < 4 / np.sqrt(2000)


def test_differences_and_random_signs():
    readings = Readings(lambda x: x[0] ** 2 + 3 * x[0] * x[1], noise=0.0)
    theta = np.array([0.5, -0.2])
    expected = [2 * 0.5 - 0.6, 1.5]
    assert slopes.differences(2, {0: 1e-5, 1: 1e-5}).at(readings, theta).value == pytest.approx(
        expected
    )
    assert readings.asked == 4
    mean = slopes.perturbed(2, 0.01, 4000, seed=1).at(readings, theta)
    assert mean.value == pytest.approx(expected, abs=0.2)  # more than 5 standard errors


RULES = {0: (1.0, 1), 1: (0.5, 3), 2: (1.0, 0)}
NOTHING = slopes.differences(3, {})


def whole(x):
    return np.cos(x[0]) * np.sin(1.5 * x[1] + 1) + 0.3 * np.cos(0.5 * x[1])


def checked(function, noise=0.0):
    readings = Readings(function, noise=noise)
    return slopes.checked(readings, np.array([0.1, 0.2, 0.3]), RULES, NOTHING)


def test_an_expectation_value_is_a_polynomial():
    readings = Readings(whole, noise=0.0)
    theta = np.array([0.1, 0.2, 0.3])
    found = slopes.checked(readings, theta, RULES, NOTHING)
    assert found is not None
    assert readings.asked == 2 + 6 + 3 + 1
    assert found.value == pytest.approx(slopes.shifted(3, RULES).at(readings, theta).value)


@pytest.mark.parametrize(
    "more",
    [
        lambda x: 0.01 * x @ x,
        lambda x: 0.01 * x[2],
        lambda x: 0.01 * np.cos(2 * x[0]),
        lambda x: 0.01 * np.cos(2 * x[1]),
        lambda x: 0.1 * abs(x[0]),
    ],
    ids=["a penalty", "an idle parameter", "twice the frequency", "degree 4", "a kink"],
)
def test_what_is_more_is_none(more):
    assert checked(lambda x: whole(x) + more(x)) is None


def test_what_is_not_finite_is_left_to_the_step():
    found = checked(lambda x: np.nan)
    assert found is not None
    assert np.isnan(found.value).any()


def test_a_polynomial_with_noise_is_one():
    """Eight standard errors: a false alarm is below 1e-13."""
    rng = np.random.default_rng(8)
    found = checked(lambda x: whole(x) + 0.1 * rng.normal(), noise=0.1)
    assert found is not None
    assert found.std_error is not None


@pytest.mark.parametrize("size", [0.02, 2.0])
def test_a_penalty_is_seen_through_noise(size):
    rng = np.random.default_rng(9)
    assert checked(lambda x: whole(x) + size * x @ x + 0.1 * rng.normal(), noise=0.1) is None


def test_what_ends_elsewhere_is_no_polynomial():
    """A function that is not finite further away than the rule asks."""
    assert checked(lambda x: whole(x) if np.abs(x).max() < 7.0 else np.inf) is None


def test_noise_of_a_fixed_seed_is_taken_for_noise():
    def rough(x):
        return whole(x) + 0.05 * np.random.default_rng(np.abs(x).view(np.uint32)).normal()

    readings = Readings(rough)
    found = slopes.checked(readings, np.array([0.1, 0.2, 0.3]), RULES, NOTHING)
    assert found is not None
    # Three differences: a factor of 10 off would be chance in one seed of 1000.
    assert 0.005 < readings.sigma(np.zeros(3)) < 0.5


def test_a_penalty_is_seen_through_noise_of_a_fixed_seed():
    def rough(x):
        noise = np.random.default_rng(np.abs(x).view(np.uint32)).normal()
        return whole(x) + x @ x + 0.01 * noise

    readings = Readings(rough)
    assert slopes.checked(readings, np.array([0.1, 0.2, 0.3]), RULES, NOTHING) is None
    # What the penalty misses is no noise.
    assert readings.sigma(np.zeros(3)) == 0.0
