"""Regressions as statistical models: three ways to the Fisher matrix, score, divergence."""

from __future__ import annotations

import numpy as np
import pytest

import qng
from qng import models
from qng.circuit.ansatz import real_amplitudes
from qng.errors import InputError
from qng.models.learning.labelled import Labelled
from qng.models.learning.labels import GaussianLabels
from qng.models.learning.regression import Regression
from qng.models.statistics.slopes import slopes

X = np.random.default_rng(0).normal(size=(6, 2))
REGRESSIONS: dict[str, Regression] = {
    "logistic": models.logistic_regression(2),
    "softmax": models.softmax_regression(2, 3),
    "perceptron": models.Perceptron((2, 3, 2), "tanh"),
    "linear": models.linear_regression(2, 2),
    "circuit": models.CircuitClassifier(models.angle_encoding(2), real_amplitudes(2, 1)),
}


def labelled(name: str) -> tuple[Labelled, np.ndarray]:
    model = Labelled(REGRESSIONS[name], X)
    return model, np.random.default_rng(1).normal(size=len(model.parameters))


@pytest.mark.parametrize("name", REGRESSIONS)
def test_three_ways_to_the_fisher_matrix(name: str) -> None:
    """The last within 5 standard errors, of which none of some hundred entries goes beyond."""
    model, theta = labelled(name)
    closed = models.fisher(model, theta, "closed").matrix
    if model.support(theta) is not None:
        np.testing.assert_allclose(models.fisher(model, theta, "sum").matrix, closed, atol=1e-12)
    sampled = models.fisher(model, theta, "monte-carlo", n=4000, seed=2)
    assert sampled.std_error is not None
    assert np.all(np.abs(sampled.matrix - closed) < 5 * sampled.std_error + 1e-12)


@pytest.mark.parametrize("name", REGRESSIONS)
def test_the_score_is_the_slope_of_the_log_density(name: str) -> None:
    model, theta = labelled(name)
    x = model.sample(theta, 5, np.random.default_rng(3))
    found = slopes(lambda at: model.log_density(at, x), theta)
    np.testing.assert_allclose(model.score(theta, x), found, atol=1e-7)


@pytest.mark.parametrize("name", ["logistic", "softmax", "perceptron", "circuit"])
def test_probabilities_sum_to_one_and_divergences_agree(name: str) -> None:
    model, theta = labelled(name)
    outcomes = model.support(theta)
    assert outcomes is not None
    assert np.exp(model.log_density(theta, outcomes)).sum() == pytest.approx(1.0)
    closed, summed = (models.kl(model, theta, theta + 0.1, how=how) for how in ("closed", "sum"))
    assert float(closed.value) == pytest.approx(float(summed.value), abs=1e-14)


def test_a_density_of_normal_errors_is_normalised() -> None:
    model = Labelled(models.linear_regression(2), X[:1])
    y = np.linspace(-9.0, 9.0, 2001)
    rows = np.column_stack([np.zeros(len(y)), y])
    assert np.exp(model.log_density(np.zeros(3), rows)).sum() * (y[1] - y[0]) == pytest.approx(1.0)
    wide = Labelled(models.Perceptron((2, 1), likelihood=GaussianLabels(2.0)), X)
    narrow = Labelled(models.linear_regression(2), X)
    np.testing.assert_allclose(wide.fisher(np.zeros(3)), narrow.fisher(np.zeros(3)) / 4)
    assert GaussianLabels(2.0).constant(3) == pytest.approx(3 * np.log(2 * np.sqrt(2 * np.pi)))


def test_what_is_known_of_statistical_models_is_known_of_regressions() -> None:
    """Least squares: the most likely point, and an estimator of as small a variance as can be."""
    model, theta = Labelled(models.linear_regression(2, bias=False), X), np.array([1.0, -0.5])
    rows = model.sample(theta, 60, np.random.default_rng(4))

    def solved(sample: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(X[sample[:, 0].astype(int)], sample[:, 1], rcond=None)[0]

    run = qng.minimize(models.fit(model, rows, start=[0.0, 0.0]), "newton", steps=8)
    np.testing.assert_allclose(run.x, solved(rows), atol=1e-6)
    empirical = models.empirical_fisher(model, theta, rows).matrix
    scores = model.score(theta, rows)
    np.testing.assert_allclose(empirical, scores.T @ scores / 60, atol=1e-12)
    known = np.linalg.inv(40 * model.fisher(theta))
    found = models.cramer_rao(model, theta, solved, samples=40, n=400)
    assert found.covariance_error is not None
    apart = np.diag(found.covariance - known) / np.diag(found.covariance_error)
    assert np.all(apart > -4.5)
    assert np.all(apart < 6.0)  # by as much as 40 data are not infinitely many


def test_no_data_are_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        Labelled(models.logistic_regression(2), [1.0, 2.0])
