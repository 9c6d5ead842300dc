"""The shares of gradient and metric in the shots, against brute force."""

import numpy as np
import pytest

from qng.geometry import Dense
from qng.optimize.shots import LEAST, metric_share
from qng.plan.quantities import GradientEstimate


def symmetric_noise(rng: np.random.Generator, errors: np.ndarray) -> np.ndarray:
    upper = np.triu(rng.normal(size=errors.shape) * errors)
    return upper + np.triu(upper, 1).T


class TestBudget:
    """The split is the one at which tr Cov(d) is smallest, found by brute force."""

    def case(self):
        rng = np.random.default_rng(5)
        factor = rng.normal(size=(4, 6))
        g = factor @ factor.T / 4 + 0.05 * np.eye(4)
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

    def test_neither_is_starved_and_exact_ones_change_nothing(self):
        exact = Dense(np.eye(2))
        noisy = GradientEstimate(np.ones(2), np.eye(2))
        assert metric_share(0.3, noisy, exact, np.ones(2), 0.0) == 0.3
        tiny = Dense(np.eye(2), np.full((2, 2), 1e-9))
        assert metric_share(0.3, noisy, tiny, np.ones(2), 0.0) == pytest.approx(LEAST)
