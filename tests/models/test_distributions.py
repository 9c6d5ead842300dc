"""Closed forms of all distributions against sums, quadrature and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.models import (
    Bernoulli,
    Binomial,
    Categorical,
    Exponential,
    MultivariateNormal,
    Normal,
    Poisson,
    expectation,
    fisher,
    kl,
    score,
)
from qng.models.statistics.divergence import kl_gradient
from qng.models.statistics.slopes import slopes

positive = st.floats(0.05, 20.0)
chance = st.floats(0.02, 0.98)
number = st.floats(-5.0, 5.0)

MODELS = {
    "normal": (Normal(), (number, positive)),
    "normal in ln sigma": (Normal("mean-log-sigma"), (number, st.floats(-2, 2))),
    "normal in variance": (Normal("mean-variance"), (number, positive)),
    "normal mean": (Normal("mean", sigma=0.3), (number,)),
    "normal width": (Normal("sigma", mu=2.0), (positive,)),
    "poisson": (Poisson(), (positive,)),
    "poisson in ln": (Poisson("log"), (st.floats(-2, 2),)),
    "binomial": (Binomial(6), (chance,)),
    "binomial in log-odds": (Binomial(6, "log-odds"), (number,)),
    "bernoulli": (Bernoulli(), (chance,)),
    "exponential": (Exponential(), (positive,)),
    "exponential rate": (Exponential("rate"), (positive,)),
    "exponential in ln": (Exponential("log"), (number,)),
    "categorical": (Categorical(3), (st.floats(0.02, 0.45), st.floats(0.02, 0.45))),
    "softmax": (Categorical(3, "softmax"), (number, number, number)),
    "logits": (Categorical(3, "logits"), (number, number)),
    "multivariate, one axis": (MultivariateNormal(1), (number, positive)),
}


def closed_and_other(
    name: str, draw: Callable[[st.SearchStrategy[float]], float]
) -> tuple[Any, ...]:
    model, ranges = MODELS[name]
    return (model, *(np.array([draw(r) for r in ranges]) for _ in range(2)))


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=3)
@given(data=st.data())
def test_closed_forms_are_those_of_the_density(name: str, data: st.DataObject) -> None:
    model, theta, other = closed_and_other(name, data.draw)
    way = "sum" if hasattr(model, "support") else "quadrature"
    closed = fisher(model, theta).dense()
    root = np.sqrt(np.maximum(np.diag(closed), 1e-9))
    unit = np.outer(root, root)
    np.testing.assert_allclose(fisher(model, theta, way).dense() / unit, closed / unit, atol=1e-7)
    exact = float(kl(model, theta, other, how="closed"))
    assert float(kl(model, theta, other, how=way)) == pytest.approx(exact, rel=1e-6, abs=1e-7)
    slope = kl_gradient(model, theta, other)
    mean = expectation(model, theta, lambda x: score(model, other, x), way).value
    np.testing.assert_allclose(slope, -mean, rtol=1e-6, atol=1e-6 * np.max(np.abs(mean)) + 1e-8)
    x = model.sample(theta, 3, np.random.default_rng(0))
    plain = slopes(lambda t: model.log_density(t, x), theta)
    np.testing.assert_allclose(score(model, theta, x) / root, plain / root, rtol=1e-6, atol=1e-6)
