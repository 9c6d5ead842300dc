"""What the source texts say of the metric of distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.models import (
    Categorical,
    Exponential,
    Normal,
    fisher,
    fisher_rao_length,
    kl,
    score,
)
from qng.models.statistics.model import hessian

NORMAL = Normal()


@settings(max_examples=10)
@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=2).filter(lambda g: max(map(abs, g)) > 1e-3),
    st.integers(0, 99),
)
def test_natural_gradient_is_steepest(gradient: list[float], seed: int) -> None:
    """Of all steps of one Fisher-Rao length it goes down most (seed 000, eq. 7)."""
    metric, g = fisher(NORMAL, [0.3, 0.5]), np.array(gradient)
    natural = -np.linalg.solve(metric.dense(), g)
    other = np.random.default_rng(seed).normal(size=(200, 2))
    lengths = np.array([metric.length(step) for step in other])
    assert np.min(other @ g / lengths) >= g @ natural / metric.length(natural) - 1e-12


def test_divergence_is_no_distance() -> None:
    """It is neither symmetric nor bound by triangles (seed 000, below eq. 1)."""
    narrow, middle, wide = [0.0, 1.0], [0.0, 2.0], [0.0, 4.0]
    assert float(kl(NORMAL, narrow, wide)) != pytest.approx(float(kl(NORMAL, wide, narrow)))
    detour = float(kl(NORMAL, wide, middle)) + float(kl(NORMAL, middle, narrow))
    assert float(kl(NORMAL, wide, narrow)) > detour


def test_hessian_is_fisher_only_over_the_model() -> None:
    """Seed 000, the note of section 1.2."""
    theta, rng = np.array([0.0, 1.0]), np.random.default_rng(0)
    information = fisher(NORMAL, theta).dense()
    matched = -hessian(NORMAL, theta, rng.normal(0.0, 1.0, 20_000)).mean(axis=0)
    other = -hessian(NORMAL, theta, rng.normal(0.0, 2.0, 20_000)).mean(axis=0)
    np.testing.assert_allclose(matched, information, atol=0.1)
    assert other[1, 1] == pytest.approx(3 * 4 - 1, rel=0.1)


def test_length_does_not_depend_on_coordinates() -> None:
    straight = fisher_rao_length(NORMAL, lambda t: [0.0, np.exp(t)])
    assert straight == pytest.approx(np.sqrt(2))
    moved = fisher_rao_length(Normal("mean-log-sigma"), lambda t: [0.0, t])
    assert moved == pytest.approx(straight)
    quarter = fisher_rao_length(Categorical(2), lambda t: [np.sin(t) ** 2], 0.1, 0.6)
    assert quarter == pytest.approx(2 * 0.5)


def test_sampled_divergences_cover() -> None:
    """500 intervals of 1.96 errors around a divergence hold it 0.91 to 0.98 of the time."""
    exact = float(kl(Exponential(), [1.0], [1.4]))
    hits = 0
    for k in range(500):
        found = kl(Exponential(), [1.0], [1.4], how="monte-carlo", n=300, seed=k)
        assert found.std_error is not None
        hits += abs(float(found) - exact) < 1.96 * float(found.std_error)
    assert 455 <= hits <= 490


def test_score_is_larger_where_information_is() -> None:
    """Seed 002, figure 1: the narrower, the more a sample tells of the mean."""
    found = [fisher(Normal("mean", sigma=s), [0.0]).dense()[0, 0] for s in (0.5, 1.0, 2.0)]
    np.testing.assert_allclose(found, [4.0, 1.0, 0.25])
    np.testing.assert_allclose(score(Normal("mean", sigma=2.0), [0.5], [2.5]), 0.5)
