"""Solving with metrics that carry standard errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.geometry import Blocks, Dense, Diagonal, Floored, Shrunk, Tikhonov, noise_report, shrunk
from qng.geometry.spectrum import decomposed as spectrum
from qng.optimize.shots import LEAST, metric_share
from qng.plan.deal import split
from qng.plan.plan import Plan
from qng.plan.quantities import GradientEstimate
from qng.plan.request import Request, Samples


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
        assert np.array_equal(found.direction, expected.direction)

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

    @pytest.mark.parametrize("options", [{"damping": -1}, {"damping": np.nan}, {"width": -1}])
    def test_bad_numbers_are_refused(self, options):
        with pytest.raises(InputError, match="not negative"):
            Floored(**options)


def test_errors_of_eigenvalues_are_those_of_repeated_noise():
    rng = np.random.default_rng(1)
    matrix = random_metric(rng, 4, 4) + np.diag([0.0, 0.5, 1.0, 2.0])
    errors = 1e-3 * rng.uniform(0.5, 2, (4, 4))
    errors = (errors + errors.T) / 2
    found = spectrum(Dense(matrix, errors))[2]
    samples = [np.linalg.eigvalsh(matrix + symmetric_noise(rng, errors)) for _ in range(4000)]
    assert found == pytest.approx(np.std(samples, axis=0), rel=0.05)


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


class TestReport:
    def test_says_so_with_numbers(self):
        text = noise_report(Dense(np.diag([0.1, 0.01]), np.full((2, 2), 0.05)))
        assert "mostly noise" in text
        assert "its norm is 0.1" in text
        assert "1 of 2 eigenvalues" in text

    def test_is_silent_where_the_metric_is_known(self):
        assert noise_report(Dense(np.eye(2), np.full((2, 2), 0.05))) is None
        assert noise_report(Dense(np.eye(2))) is None


class TestBudget:
    """The split is the one at which tr Cov(d) is smallest, found by brute force."""

    def case(self):
        rng = np.random.default_rng(5)
        g = random_metric(rng, 4, 6) + 0.05 * np.eye(4)
        errors = rng.uniform(0.2, 1.0, (4, 4))
        errors = (errors + errors.T) / 2
        s = rng.normal(size=4)
        return rng, g, errors, s, rng.uniform(0.5, 3.0, 4)

    def test_against_simulated_steps(self):
        rng, g, errors, s, noise = self.case()
        damping = 0.01
        inverse = np.linalg.inv(g + damping * np.eye(4))
        d = inverse @ s
        total, share = 1e8, 0.3  # so many shots that the step is linear in the errors
        metric = Dense(g, errors / np.sqrt(share * total))
        gradient = GradientEstimate(s, np.diag(noise**2) / ((1 - share) * total))
        found = metric_share(share, gradient, metric, d, damping)
        one = [inverse @ (noise * rng.normal(size=4)) for _ in range(4000)]
        other = [inverse @ (symmetric_noise(rng, errors) @ d) for _ in range(4000)]
        v_s, v_g = (np.sum(np.var(x, axis=0)) for x in (one, other))
        shares = np.linspace(0.01, 0.99, 981)
        best = shares[np.argmin(v_s / (1 - shares) + v_g / shares)]
        assert found == pytest.approx(best, abs=0.02)

    def test_does_not_depend_on_the_split_at_hand(self):
        _, g, errors, s, noise = self.case()
        d = np.linalg.solve(g + 0.01 * np.eye(4), s)
        found = [
            metric_share(
                share,
                GradientEstimate(s, np.diag(noise**2) / (1 - share) * 1e-8),
                Dense(g, errors / np.sqrt(share) * 1e-4),
                d,
                0.01,
            )
            for share in (0.2, 0.5, 0.9)
        ]
        assert found == pytest.approx([found[0]] * 3, rel=1e-3)

    def test_the_split_of_a_batch(self):
        circuit = hardware_efficient(2, 1)
        request = Request(circuit, np.zeros((3, 8)), Samples(Pauli.parse("Z0")))
        plan = Plan((request, request), lambda results: results)
        parts = split({"energy": plan, "gradient": plan, "metric": plan}, 0.25)
        totals = {k: sum(r.shares.sum() for r in p.requests) for k, p in parts.items()}
        assert totals == pytest.approx({"energy": 0.1, "gradient": 0.675, "metric": 0.225})
        parts = split({"energy": plan, "gradient": plan}, 0.25)
        assert sum(r.shares.sum() for r in parts["gradient"].requests) == pytest.approx(0.9)

    def test_neither_is_starved_and_exact_ones_change_nothing(self):
        exact = Dense(np.eye(2))
        noisy = GradientEstimate(np.ones(2), np.eye(2))
        assert metric_share(0.3, noisy, exact, np.ones(2), 0.0) == 0.3
        tiny = Dense(np.eye(2), np.full((2, 2), 1e-9))
        assert metric_share(0.3, noisy, tiny, np.ones(2), 0.0) == LEAST
