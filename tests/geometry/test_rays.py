"""Distances and geodesics of pure states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.errors import InputError
from qng.geometry.rays import between, chords, curve_length, distance


def random_states(seed, count, size):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, size)) + 1j * rng.normal(size=(count, size))


@given(st.integers(0, 2**32), st.integers(2, 9))
def test_the_distance_is_one_of_rays(seed, size):
    a, b, c = random_states(seed, 3, size)
    assert distance(a, a) == pytest.approx(0, abs=1e-12)
    assert distance(a, b) == pytest.approx(distance(b, a), abs=1e-12)
    assert distance(a, 3j * b) == pytest.approx(distance(a, b), abs=1e-12)
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-12
    overlap = abs(np.vdot(a, b)) / np.linalg.norm(a) / np.linalg.norm(b)
    assert distance(a, b) == pytest.approx(np.arccos(min(overlap, 1)), abs=1e-7)


def test_states_that_nearly_agree_have_a_distance():
    # arccos of the overlap is 0 here.
    assert distance([1, 0], [np.cos(1e-11), np.sin(1e-11)]) == pytest.approx(1e-11, rel=1e-9)


@given(st.integers(0, 2**32), st.integers(2, 9))
def test_a_geodesic_has_constant_speed_and_joins_its_ends(seed, size):
    a, b = random_states(seed, 2, size)
    path = between(a, b, np.linspace(0, 1, 6))
    steps = chords(path)
    np.testing.assert_allclose(steps, distance(a, b) / 5, atol=1e-9)
    assert distance(path[0], a) < 1e-9
    assert distance(path[-1], b) < 1e-9


def test_orthogonal_and_equal_states_have_a_geodesic():
    assert chords(between([1, 0], [0, 1], [0, 0.25, 1])).tolist() == pytest.approx(
        [np.pi / 8, 3 * np.pi / 8]
    )
    np.testing.assert_array_equal(between([0, 2], [0, 1j], [0, 1]), [[0, 1], [0, 1]])


def test_lengths_of_straight_steps():
    g = np.array([np.diag([1.0, 4.0])] * 3)
    assert curve_length([[3.0, 0.0], [0.0, 2.0]], g).tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda: distance([0, 0], [1, 0]),
        lambda: distance([1, 0], [1, 0, 0]),
        lambda: distance([np.nan, 0], [1, 0]),
        lambda: distance("up", [1, 0]),
        lambda: between([1, 0], [0, 1], [np.inf]),
        lambda: chords([1, 0]),
        lambda: curve_length([[1.0]], np.ones((1, 1, 1))),
    ],
)
def test_what_is_no_state_is_refused(call):
    with pytest.raises(InputError):
        call()
