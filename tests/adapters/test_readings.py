"""Functions of the user's as readings: how often they are asked, and what is said of their noise.

sigma has 15 degrees of freedom: for one seed in 3000 it is off by more than a factor of 2.
"""

import numpy as np
import pytest

from qng.adapters.readings import Readings
from qng.errors import InputError

POINTS = np.array([[0.1, 0.2], [0.3, 0.4], [1.0, -1.0]])


def smooth(x):
    return np.cos(x[0]) * np.sin(x[1] + 0.3)


def test_an_exact_function_has_no_error_and_is_tried_once():
    readings = Readings(smooth)
    found = readings.energy(POINTS)
    assert found.std_error is None
    assert found.value == pytest.approx([smooth(x) for x in POINTS], abs=1e-15)
    assert readings.asked == 3 + 6
    readings.energy(POINTS)
    assert readings.asked == 6 + 6


def test_the_noise_of_a_function_is_found():
    rng = np.random.default_rng(1)
    readings = Readings(lambda x: smooth(x) + 0.05 * rng.normal())
    found = readings.energy(POINTS)
    assert found.std_error == pytest.approx(np.full(3, found.std_error[0]))
    assert 0.025 < found.std_error[0] < 0.1
    assert readings.asked == 3 + 18


def test_noise_that_is_none_where_the_run_starts_is_found():
    """A basis state shows one outcome: at such a start all readings agree."""
    rng = np.random.default_rng(2)
    readings = Readings(lambda x: 1 - 2 * rng.binomial(100, np.sin(x[0] / 2) ** 2) / 100)
    assert readings.sigma(np.zeros(1)) > 0.01


def test_noise_of_a_fixed_seed_is_found_in_one_call():
    def function(flat):
        points = flat.reshape(-1, 2)
        return [smooth(x) for x in points] + 0.1 * np.random.default_rng(5).normal(size=len(points))

    readings = Readings(function, together=True)
    assert 0.05 < readings.sigma(np.zeros(2)) < 0.2


def test_values_keep_their_points_whatever_their_order_in_a_call():
    readings = Readings(lambda flat: [smooth(x) for x in flat.reshape(-1, 2)], together=True)
    assert readings.values(POINTS) == pytest.approx([smooth(x) for x in POINTS], abs=1e-15)
    one = Readings(lambda flat: smooth(flat), together=True)  # one point, one number
    assert one.values(POINTS[:1]) == pytest.approx([smooth(POINTS[0])])


def test_errors_may_be_given():
    readings = Readings(smooth, noise=0.1)
    assert readings.energy(POINTS).std_error.tolist() == [0.1] * 3
    assert readings.asked == 3
    assert Readings(smooth, noise=0.0).energy(POINTS).std_error is None
    by_point = Readings(smooth, noise=lambda x: abs(x[0]))
    assert by_point.energy(POINTS).std_error.tolist() == [0.1, 0.3, 1.0]


def test_what_jumps_is_rough_and_what_oscillates_is_not():
    def counted(x):
        return np.round(1000 * np.sin(x[0] / 2) ** 2) / 1000

    assert Readings(counted).is_rough(np.array([0.7]))
    assert not Readings(smooth).is_rough(np.array([0.7, 0.1]))
    assert not Readings(lambda x: np.cos(40 * x[0])).is_rough(np.array([0.7]))
    assert not Readings(lambda x: -1000.0 + 1e-3 * np.cos(x[0])).is_rough(np.array([0.7]))


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("much", "a real number"),
        (1j, "a real number"),
        (None, "a real number"),
        ([1.0, 2.0], "a real number"),
    ],
)
def test_what_is_no_number_is_refused(returned, said):
    with pytest.raises(InputError, match=said):
        Readings(lambda x: returned).values(POINTS)


def test_several_numbers_are_wanted_of_several_points():
    with pytest.raises(InputError, match="each of 3 points, not 1"):
        Readings(lambda flat: 1.0, together=True).values(POINTS)


@pytest.mark.parametrize("noise", [-0.1, np.nan, "some", None])
def test_noise_that_is_none_is_refused(noise):
    with pytest.raises(InputError, match="std_error"):
        Readings(smooth, noise=noise)


def test_a_function_is_wanted():
    with pytest.raises(InputError, match="fun must be a function, not 3"):
        Readings(3)


def test_what_is_asked_next_but_one_goes_with_the_next():
    calls = []

    def function(flat):
        calls.append(flat.size // 2)
        return [smooth(x) for x in flat.reshape(-1, 2)]

    readings = Readings(function, together=True, noise=0.0)
    readings.expect(POINTS[1:])
    first = readings.values(POINTS[:1])
    rest = readings.values(POINTS[1:])
    assert calls == [3]
    assert [*first, *rest] == pytest.approx([smooth(x) for x in POINTS])
    readings.values(POINTS[1:])  # a reading serves once
    assert calls == [3, 2]
    assert readings.asked == 5
    alone = Readings(smooth, noise=0.0)
    alone.expect(POINTS)
    alone.values(POINTS[:1])
    assert alone.asked == 1
