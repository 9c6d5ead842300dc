"""Ratios of means over bases, and their errors, on numbers whose mean is known."""

import numpy as np
import pytest

from qng.estimate.designs.pooled import Purities, pooled
from qng.geometry.noise import Terms


def numbers(rng, k):
    """T and pi that err together: T = 0.3 +- 0.1, pi = 0.6 +- 0.15."""
    common, own = rng.normal(size=(2, k))
    return 0.3 + 0.1 * (0.8 * own - 0.6 * common), 0.6 + 0.15 * common


def test_the_bias_of_a_ratio_is_taken_off():
    """Without that it is 10 standard errors of the mean away."""
    rng, found, plain = np.random.default_rng(0), [], []
    for _ in range(2000):
        t, pi = numbers(rng, 8)
        known = Purities(pi, np.zeros(8), 0.0)
        found.append(pooled(t[:, None, None], None, known, 0.0).dense()[0, 0])
        plain.append(t.mean() / pi.mean())
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - 0.5) < 4 * error
    assert abs(np.mean(plain) - 0.5) > 4 * error


def test_errors_of_shots_and_bases():
    """With a share f of all bases, (1 - f) of the scatter and f of the shots."""
    t = np.array([0.1, 0.3, 0.2, 0.5, 0.4, 0.2, 0.3, 0.1])
    shots = [Terms(np.ones((1, 1, 1)), np.array([0.2]))] * 8
    alone, of_shots = (
        pooled(t[:, None, None], given, None, share).std_error[0, 0]
        for given, share in ((None, 0.0), (shots, 1.0))
    )
    assert of_shots == pytest.approx(0.2 / np.sqrt(8))
    assert alone > t.std(ddof=1) / np.sqrt(8)
    found = pooled(t[:, None, None], shots, None, 0.25).std_error[0, 0]
    mixed = np.sqrt(0.75 * alone**2 + 0.25 * of_shots**2)
    assert found == pytest.approx(max(mixed, of_shots))


def test_a_purity_that_is_lost_in_noise():
    """It is not below 1/N, and the error says that nothing is known."""
    pi, variances = np.linspace(-0.5, 0.4, 8), np.full(8, 0.3)
    shots = [Terms(np.ones((1, 1, 1)), np.array([0.1]))] * 8
    found = pooled(np.full((8, 1, 1), 0.2), shots, Purities(pi, variances, 0.25), 0.0)
    assert found.dense()[0, 0] == pytest.approx(0.8)
    assert found.std_error[0, 0] > 0.5
