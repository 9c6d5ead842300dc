"""Ranks, and the effective dimension with its error."""

import numpy as np
import pytest

from qng.errors import InputError
from qng.geometry.capacity import counted, effective_dimension, singular


def test_a_rank_says_how_clear_it_is():
    clear = counted([0.25, 1e-3, 1e-30])
    assert (clear.rank, clear.is_clear) == (2, True)
    assert not counted([1.0, 1e-12, 1e-14]).is_clear
    assert counted([]).rank == counted([0.0, 0.0]).rank == 0
    assert counted([1.0, 1.0]).gap == np.inf
    assert counted([1.0, 0.0, 0.0, 0.0]).redundancy == 0.75


def test_eigenvalues_far_below_rounding_are_known():
    rows = np.array([[1, 0, 0], [1, 1e-9j, 0], [1, 0, 0]], dtype=complex)
    # By the matrix the second one would be rounding, 1e-16.
    assert singular(rows) == pytest.approx([3, 2 / 3 * 1e-18, 0], rel=1e-6, abs=1e-25)


def test_of_a_constant_fisher_matrix_it_has_a_closed_form():
    values = np.array([4.0, 1.0, 0.0])
    rng = np.random.default_rng(0)
    q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    fisher = q @ np.diag(values) @ q.T
    n = np.array([100.0, 1e4])
    kappa = n / (2 * np.pi * np.log(n))
    expected = np.log(1 + kappa[:, None] * 3 * values / 5).sum(axis=1) / np.log(kappa)
    found = effective_dimension([fisher] * 5, n)
    np.testing.assert_allclose(found.value, expected, rtol=1e-12)
    np.testing.assert_allclose(found.std_error, 0, atol=1e-9)
    # A common factor is none.
    np.testing.assert_allclose(effective_dimension([7 * fisher], n).value, expected, rtol=1e-12)


def test_with_many_data_it_is_the_rank():
    fisher = np.diag([1.0, 0.5, 0.0])
    value = effective_dimension([fisher], [1e60]).value[0]
    assert value == pytest.approx(2, abs=0.02)


def test_the_error_covers_what_more_points_give():
    """Over 500 draws of 15 points the interval of two standard errors holds in about 95 %."""
    rng = np.random.default_rng(1)

    def draws(count):
        scale = rng.uniform(0.5, 1.5, (count, 2))
        return np.apply_along_axis(np.diag, 1, scale)

    truth = effective_dimension(draws(20_000)[:2000], [1e4]).value[0]
    found = [effective_dimension(draws(15), [1e4]) for _ in range(500)]
    inside = [abs(f.value[0] - truth) < 2 * f.std_error[0] for f in found]
    assert 0.9 < np.mean(inside) < 0.985


@pytest.mark.parametrize(
    ("fishers", "data", "gamma", "said"),
    [
        ([np.eye(2)], [10], 1.0, "too few"),
        ([np.eye(2)], [1e4], 0.0, "gamma"),
        ([np.zeros((2, 2))], [1e4], 1.0, "all Fisher matrices are zero"),
        ([-np.eye(2)], [1e4], 1.0, "positive semidefinite"),
        ([[[1.0, 2.0], [0.0, 1.0]]], [1e4], 1.0, "symmetric"),
        (np.eye(2), [1e4], 1.0, "shape"),
        ([np.eye(2)], [1.0], 1.0, "above 1"),
    ],
)
def test_what_has_no_effective_dimension_is_refused(fishers, data, gamma, said):
    with pytest.raises(InputError, match=said):
        effective_dimension(fishers, data, gamma)


def test_the_fewest_data_that_are_said_are_enough():
    with pytest.raises(InputError, match="takes 19 or more"):
        effective_dimension([np.eye(1)], [17])
    assert effective_dimension([np.eye(1)], [19]).value[0] > 0
