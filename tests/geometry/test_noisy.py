"""Solving with metrics that carry standard errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.errors import InputError
from qng.geometry import (
    AdaptiveTikhonov,
    Before,
    Blocks,
    Dense,
    Diagonal,
    Floored,
    Shrunk,
    Tikhonov,
    noise_report,
    shrunk,
)


def symmetric_noise(rng: np.random.Generator, errors: np.ndarray) -> np.ndarray:
    upper = np.triu(rng.normal(size=errors.shape) * errors)
    return upper + np.triu(upper, 1).T


def random_metric(rng: np.random.Generator, n: int, rank: int) -> np.ndarray:
    a = rng.normal(size=(n, rank))
    return a @ a.T / n


class TestFloored:
    def test_is_tikhonov_where_the_metric_is_exact(self):
        rng = np.random.default_rng(0)
        metric, s = Dense(random_metric(rng, 4, 4)), rng.normal(size=4)
        found, expected = Floored(1e-2)(metric, s), Tikhonov(1e-2)(metric, s)
        np.testing.assert_allclose(found.direction, expected.direction, rtol=1e-12)

    def test_no_parameter_freezes(self):
        # Measured as flat, but only to 0.01: the step along it is finite and not zero.
        metric = Dense(np.diag([0.25, 0.0]), np.array([[0.01, 0.0], [0.0, 0.01]]))
        solution = Floored(0.0)(metric, [1.0, 1.0])
        assert solution.direction == pytest.approx([4.0, 100.0])
        assert solution.rank == 1

    def test_negative_eigenvalues_are_raised(self):
        metric = Dense(np.diag([0.25, -0.02]), np.full((2, 2), 0.01))
        assert Floored(1e-3)(metric, [0.0, 1.0]).direction[1] == pytest.approx(
            1 / (0.01 + 1e-3), rel=1e-9
        )
        projected = Floored(1e-3, width=0.0)(metric, [0.0, 1.0])
        assert projected.direction[1] == pytest.approx(1 / 1e-3)

    def test_diagonal_and_block_metrics(self):
        s = np.array([1.0, 2.0, 3.0])
        values, errors = np.array([0.2, 0.0, -0.1]), np.array([0.01, 0.02, 0.05])
        one = Floored(0.0)(Diagonal(values, np.diag(errors)), s).direction
        assert one == pytest.approx(s / [0.2, 0.02, 0.05])
        blocks = Blocks(
            ((0,), (1,), (2,)), tuple(np.array([[v]]) for v in values), 3, np.diag(errors)
        )
        assert Floored(0.0)(blocks, s).direction == pytest.approx(one)

    def test_noise_of_the_signal_moves_nothing_further_than_the_radius(self):
        # Drawn 20,000 times: standard deviations to 0.5 %, held to 5 of these.
        rng = np.random.default_rng(3)
        q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        w, sigma, eta, radius = np.array([0.25, 1e-3, 0.0]), 0.02, 0.1, 0.05
        metric, before = Dense((q * w) @ q.T), Before(covariance=sigma**2 * np.eye(3))
        solver = Floored(1e-6, reach=eta / radius)
        noise = rng.normal(scale=sigma, size=(20_000, 3))
        inverse = np.array([solver(metric, e, before).direction for e in np.eye(3)])
        moved = np.std(eta * noise @ inverse @ q, axis=0)
        expected = [eta * sigma / 0.25, radius, radius]
        np.testing.assert_allclose(moved, expected, rtol=0.025)
        assert solver(metric, np.ones(3), before).rank == 2

    def test_a_signal_that_is_exact_or_a_reach_of_zero_is_tikhonovs(self):
        metric, s = Dense(np.diag([0.25, 1e-4])), np.ones(2)
        expected = Tikhonov(1e-3)(metric, s).direction
        noisy = Before(covariance=np.eye(2))
        assert np.array_equal(Floored(1e-3)(metric, s, noisy).direction, expected)
        assert np.array_equal(Floored(1e-3, reach=1.0)(metric, s).direction, expected)

    @pytest.mark.parametrize(
        "options", [{"damping": -1}, {"damping": np.nan}, {"width": -1}, {"reach": -1}]
    )
    def test_bad_numbers_are_refused(self, options):
        with pytest.raises(InputError, match="not negative"):
            Floored(**options)


class TestShrunk:
    @given(st.integers(0, 1000))
    def test_lies_between_the_metric_and_its_diagonal(self, seed):
        rng = np.random.default_rng(seed)
        matrix, errors = random_metric(rng, 3, 2), rng.uniform(0, 1, (3, 3))
        found = shrunk(Dense(matrix, errors)).dense()
        assert np.diag(found) == pytest.approx(np.diag(matrix))
        off = ~np.eye(3, dtype=bool)
        assert np.all(np.abs(found[off]) <= np.abs(matrix[off]) + 1e-15)

    def test_comes_closer_to_the_truth(self):
        rng = np.random.default_rng(2)
        truth = np.diag(rng.uniform(0.1, 0.25, 8)) + 0.01 * random_metric(rng, 8, 8)
        errors = np.full((8, 8), 0.03)
        worse = better = 0.0
        for _ in range(200):
            noisy = Dense(truth + symmetric_noise(rng, errors), errors)
            worse += np.linalg.norm(noisy.dense() - truth) ** 2
            better += np.linalg.norm(shrunk(noisy).dense() - truth) ** 2
        assert better < 0.5 * worse

    def test_solves_the_shrunk_system(self):
        metric = Dense([[0.2, 0.05], [0.05, 0.1]], np.full((2, 2), 0.05))
        expected = Floored(1e-3)(Dense([[0.2, 0.0], [0.0, 0.1]], np.diag([0.05, 0.05])), [1.0, 1.0])
        assert Shrunk(Floored(1e-3))(metric, [1.0, 1.0]).direction == pytest.approx(
            expected.direction
        )

    def test_leaves_alone_what_is_exact_or_diagonal(self):
        exact, errors = Dense(np.full((2, 2), 0.1)), np.diag([0.3, 0.4])
        assert shrunk(exact) is exact
        diagonal = shrunk(Diagonal(np.array([0.2, 0.1]), errors))
        assert (diagonal.is_diagonal, diagonal.values.tolist()) == (True, [0.2, 0.1])
        np.testing.assert_array_equal(diagonal.std_error, errors)

    def test_hands_on_what_was_before(self):
        """The damping of the solver inside follows the steps."""
        metric, solver = Dense(np.diag([0.2, 0.1])), Shrunk(AdaptiveTikhonov(0.1, factor=3.0))
        first = solver(metric, [1.0, 1.0])
        after = solver(metric, [1.0, 1.0], Before(gain=0.0, memory=first.memory))
        assert (first.damping, after.damping) == (0.1, pytest.approx(0.3))


class TestReport:
    def test_says_so_with_numbers(self):
        text = noise_report(Dense(np.diag([0.1, 0.01]), np.full((2, 2), 0.05)))
        assert "mostly noise" in text
        assert "its norm is 0.1" in text
        assert "1 of 2 eigenvalues" in text

    def test_is_silent_where_the_metric_is_known(self):
        assert noise_report(Dense(np.eye(2), np.full((2, 2), 0.05))) is None
        assert noise_report(Dense(np.eye(2))) is None

    def test_negative_curvature_is_no_noise(self):
        hessian = np.diag([-1.0, -0.01, 0.001])
        assert noise_report(Dense(hessian, np.full((3, 3), 0.05))) is None
