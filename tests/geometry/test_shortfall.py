"""What a metric is short of g, by hand and over repetitions."""

import numpy as np
import pytest

from qng.errors import InputError
from qng.geometry import Dense, Diagonal, deficit


def test_of_a_projection():
    """g = X^T X, M = X^T Pi X: a direction is short by the share of it that Pi leaves out."""
    x = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    angle = 0.3
    axis = np.array([np.cos(angle), np.sin(angle), 0.0])
    pi = np.outer(axis, axis)
    found = deficit(Dense(x.T @ x), Dense(x.T @ pi @ x))
    assert found.trace == pytest.approx((5 - np.cos(angle) ** 2 - 4 * np.sin(angle) ** 2) / 5)
    # On the range of g, where pi has the eigenvalues 1 and 0.
    assert found.largest == pytest.approx(1.0)
    assert (found.trace_error, found.largest_error) == (None, None)


def test_of_nothing():
    assert deficit(Dense(np.zeros((2, 2))), Dense(np.zeros((2, 2)))).largest == 0.0
    whole = deficit(Dense(np.eye(2)), Dense(np.eye(2)))
    assert (whole.trace, whole.largest) == (0.0, 0.0)


def test_errors_are_those_of_repetitions():
    rng, g = np.random.default_rng(3), np.diag([1.0, 0.5, 0.1])
    m, sigma = np.diag([0.9, 0.2, 0.1]), np.full((3, 3), 0.004)
    found = []
    for _ in range(400):
        noise = np.triu(sigma * rng.normal(size=(3, 3)))
        found.append(deficit(Dense(g), Dense(m + noise + np.triu(noise, 1).T, sigma)))
    for name in ("trace", "largest"):
        values = np.array([getattr(one, name) for one in found])
        claimed = np.mean([getattr(one, f"{name}_error") for one in found])
        assert 0.85 < claimed / values.std(ddof=1) < 1.15


def test_what_is_refused():
    with pytest.raises(InputError, match="not of 3"):
        deficit(Diagonal(np.ones(3)), Diagonal(np.ones(2)))
    with pytest.raises(InputError, match="with errors"):
        deficit(Diagonal(np.ones(2), np.eye(2)), Diagonal(np.ones(2)))


def test_arrays_are_no_metrics():
    for given in ((np.eye(2), Dense(np.eye(2))), (Dense(np.eye(2)), np.eye(2))):
        with pytest.raises(
            InputError, match=r"not of ndarray: make one .* by qng\.geometry\.Dense"
        ):
            deficit(*given)
