"""Small statistical problems by name, with data from a seed and lowest values in closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import stats

from qng.arrays import Array
from qng.models.distributions.counts import Poisson
from qng.models.distributions.from_scipy import FromScipy
from qng.models.distributions.multivariate import MultivariateNormal
from qng.models.distributions.normal import Normal
from qng.models.problem import ModelProblem
from qng.models.statistics.fitting import fit, match
from qng.problem.problem import Reference
from qng.seeds import generator

_SEED = 14


def gaussian_toy() -> ModelProblem:
    """KL(N(0, 1) || N(mu, sigma^2)) from (5, 10), in (mu, sigma)."""
    return match(
        Normal(),
        [0.0, 1.0],
        [5.0, 10.0],
        name="gaussian-toy",
        title="A normal distribution to N(0, 1) by its divergence",
        source="Amari, Neural Computation 10, 251 (1998)",
        accuracy=1e-3,
    )


def poisson_fit() -> ModelProblem:
    """The rate of 200 counts; the most likely one is their mean."""
    model = Poisson()
    data = model.sample(np.array([4.0]), 200, generator(_SEED))
    return _with_reference(
        fit(model, data, [1.0], name="poisson-fit", title="The rate of 200 counts"),
        np.array([data.mean()]),
    )


def normal_fit() -> ModelProblem:
    """Mean and covariance, by its Cholesky factor, of 300 points of the plane."""
    model = MultivariateNormal(2)
    data = model.sample(np.array([1.0, -2.0, 2.0, 1.5, 0.5]), 300, generator(_SEED))
    lower = np.linalg.cholesky(np.cov(data.T, bias=True))
    return _with_reference(
        fit(
            model,
            data,
            [0.0, 0.0, 1.0, 0.0, 1.0],
            name="normal-fit",
            title="Mean and covariance of 300 points of the plane",
        ),
        np.concatenate([data.mean(axis=0), lower[np.tril_indices(2)]]),
    )


def gamma_fit() -> ModelProblem:
    """Shape and scale of 200 draws of a gamma distribution; the best value is SciPy's."""
    model = FromScipy("gamma")
    data = model.sample(np.array([3.0, 0.5]), 200, generator(_SEED))
    shape, _, scale = stats.gamma.fit(data, floc=0)
    return _with_reference(
        fit(model, data, [1.0, 1.0], name="gamma-fit", title="A gamma distribution of 200 draws"),
        np.array([shape, scale]),
    )


def _with_reference(problem: ModelProblem, best: Array) -> ModelProblem:
    """With the loss at the best point as its reference."""
    value = float(problem.loss.energy(best[None]).value[0])
    return replace(problem, reference=Reference(value, "the most likely parameters"))
