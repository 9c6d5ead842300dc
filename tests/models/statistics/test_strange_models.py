"""Distributions of no document, densities with poles, kinks and holes, and models written badly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln, digamma, polygamma

import qng
from qng.errors import InputError, UnknownNameError
from qng.models import (
    Bernoulli,
    Born,
    FromScipy,
    Mixture,
    Normal,
    Poisson,
    Transformed,
    cramer_rao,
    expectation,
    fisher,
    fit,
    kl,
    kl_expansion,
    score,
    supervised,
)

EULER = np.euler_gamma


def of_beta(a: float, b: float) -> Any:
    both = polygamma(1, a + b)
    return [[polygamma(1, a) - both, -both], [-both, polygamma(1, b) - both]]


def of_weibull(k: float, s: float) -> Any:
    mixed = -(1 - EULER) / s
    return [[(np.pi**2 / 6 + (1 - EULER) ** 2) / k**2, mixed], [mixed, k**2 / s**2]]


@pytest.mark.parametrize(
    ("name", "fixed", "theta", "known", "near"),
    [
        ("beta", {}, [0.3, 5.0], of_beta(0.3, 5.0), 1e-10),
        ("weibull_min", {}, [0.4, 2.5], of_weibull(0.4, 2.5), 1e-10),
        ("gamma", {}, [0.05, 1.0], [[polygamma(1, 0.05), 1.0], [1.0, 0.05]], 1e-10),
        ("vonmises", {}, [2.5, 0.4], [[0.1087812793, 0.0], [0.0, 1.912491872]], 1e-8),
        ("nbinom", {"n": 5}, [0.3], [[5 / (0.09 * 0.7)]], 1e-10),
        ("levy", {}, [2.0], [[1 / 8]], 1e-10),
        ("genpareto", {}, [0.3, 1.0], [[2 / 2.08, 1 / 2.08], [1 / 2.08, 1 / 1.6]], 1e-9),
    ],
)
def test_fisher_of_the_literature(
    name: str, fixed: dict[str, float], theta: list[float], known: Any, near: float
) -> None:
    found = fisher(FromScipy(name, fixed=fixed), theta).dense()
    assert np.max(np.abs(found - known)) < near * np.max(np.abs(known))


def test_what_rounding_hides_is_said() -> None:
    def squares(x: Any) -> Any:
        return np.log1p(-x) ** 2

    # E[ln^2(1 - X)], as in the Fisher matrix, where 1 - X has no digits left.
    found = expectation(FromScipy("beta"), [0.5, 0.5], squares).value
    assert found == pytest.approx(np.pi**2 / 3 + np.log(4) ** 2, rel=1e-5)
    with pytest.raises(InputError, match="rounding hides a share of about"):
        expectation(FromScipy("beta"), [0.6, 0.4], squares)


def test_divergences_of_the_literature() -> None:
    a, b, c, d = 2.0, 3.0, 1.5, 4.0
    known = betaln(c, d) - betaln(a, b) + (a - c) * digamma(a) + (b - d) * digamma(b)
    known += (c - a + d - b) * digamma(a + b)
    assert float(kl(FromScipy("beta"), [a, b], [c, d])) == pytest.approx(known, rel=1e-10)
    kinked = float(kl(FromScipy("laplace"), [0.0, 1.0], [0.1, 1.0]))
    assert kinked == pytest.approx(0.1 + np.expm1(-0.1), rel=1e-6)


def test_a_density_below_any_number_is_not_impossible() -> None:
    logistic, laplace = FromScipy("logistic"), FromScipy("laplace")
    found = float(kl(logistic, [0.0, 1.0], [0.3, 0.2], into=laplace))
    sampled = kl(logistic, [0.0, 1.0], [0.3, 0.2], into=laplace, how="monte-carlo", n=4000)
    assert abs(found - float(sampled)) < 5 * sampled.std_error
    assert kl(Normal(), [3.0, 1.0], [2.0, 3.0], into=FromScipy("gamma")).value == np.inf
    assert kl(Normal(), [0.0, 1.0], [2.0], into=Poisson()).value == np.inf


class Heavy:
    """A model with what a test puts in."""

    parameters = ("m",)

    def __init__(self, **more: Any) -> None:
        for name, value in more.items():
            setattr(self, name, value)

    def log_density(self, theta: Any, x: Any) -> Any:
        return stats.norm.logpdf(x, theta[0])

    def sample(self, theta: Any, n: int, rng: Any) -> Any:
        return rng.normal(theta[0], 1.0, n).tolist()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Heavy, "not the class itself"),
        ("normal", "a model has parameters"),
        (Heavy(parameters="m"), "a tuple of names"),
        (Heavy(score=lambda t, x: np.full((len(x), 1), np.nan)), "score of m is not finite"),
        (Heavy(fisher=lambda t: -np.eye(1)), "no negative eigenvalue"),
        (Heavy(parameters=("m", "n"), fisher=lambda t: [[1, 2], [3, 9]]), "a symmetric matrix"),
    ],
)
def test_models_written_badly_are_refused(model: Any, message: str) -> None:
    theta = np.zeros(len(getattr(model, "parameters", ("m",))) if message[-6:] == "matrix" else 1)
    with pytest.raises(InputError, match=message):
        fisher(model, theta)


def test_lists_do_for_tuples() -> None:
    assert fisher(Heavy(parameters=["m"]), [0.0]).dense() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    "estimator", [3, lambda x: "a", lambda x: None, lambda x: list(range(int(x[0])))]
)
def test_estimators_written_badly_are_refused(estimator: Any) -> None:
    with pytest.raises(InputError, match="an estimator"):
        cramer_rao(Poisson(), [3.0], estimator)


def test_names_and_seeds_are_checked() -> None:
    with pytest.raises(UnknownNameError, match="closed"):
        fisher(Normal(), [0.0, 1.0], "exactly")
    with pytest.raises(UnknownNameError, match="closed"):
        kl(Normal(), [0.0, 1.0], [0.0, 1.0], how="exactly")
    wrong: Any = "a"
    with pytest.raises(InputError, match="seed"):
        fisher(Normal(), [0.0, 1.0], "monte-carlo", seed=wrong)
    with pytest.raises(InputError, match="no outcomes at"):
        fisher(Bernoulli(), [0.0], "sum")
    with pytest.raises(InputError, match="weights of a mixture"):
        fisher(Mixture([Normal(), Normal()]), [1.5, 0.0, 1.0, 2.0, 1.0])


def test_a_metric_outside_the_model_is_refused() -> None:
    problem = fit(FromScipy("weibull_min"), [1.0, 2.0, 4.0], [1.0, 2.0])
    with pytest.raises(InputError, match="not finite there"):
        qng.metric(problem, [1.0, -1.0])
    with pytest.raises(InputError, match="known: auto, blocks"):
        qng.metric(problem, [1.0, 1.0], "gauss-newton")


def test_outcomes_that_a_circuit_does_not_have() -> None:
    born = Born(qng.load("textbook-2"))
    found = score(born, np.full(4, 0.3), [0, 7, -1, 0.5])
    assert np.isfinite(found).all(axis=1).tolist() == [True, False, False, False]
    # At 0 three outcomes are impossible, and next to it possible: not regular.
    assert kl_expansion(born, np.zeros(4), np.ones(4)).order == pytest.approx(2.0, abs=1e-3)


def test_fisher_scoring_is_a_natural_gradient_step() -> None:
    data = stats.cauchy.rvs(1.0, 2.0, size=100, random_state=1)
    problem = fit(FromScipy("cauchy"), data, [0.5, 1.5])
    run = qng.minimize(problem, "ng", lr=1.0, trust=np.inf, damping=0.0, steps=1)
    s = score(FromScipy("cauchy"), [0.5, 1.5], data).mean(axis=0)
    assert run.x == pytest.approx(np.array([0.5, 1.5]) + s * 2 * 1.5**2, abs=1e-7)


class Line:
    """y = a x."""

    parameters = ("a",)
    arrays = ((1,),)
    likelihood = "gaussian"

    def __init__(self, axes: int, slopes: int) -> None:
        self.shapes = (axes, slopes)

    def outputs(self, theta: Any, x: Any) -> Any:
        return (x[:, 0] * theta[0]).reshape(-1, *(1,) * self.shapes[0])

    def jacobian(self, theta: Any, x: Any) -> Any:
        return x.reshape(-1, *(1,) * self.shapes[1])


@pytest.mark.parametrize(("axes", "slopes", "message"), [(0, 2, "outputs"), (1, 1, "jacobian")])
def test_regressions_written_badly_are_refused(axes: int, slopes: int, message: str) -> None:
    x = np.arange(3.0)[:, None]
    right = supervised(Line(1, 2), x, [0.0, 1.0, 2.0], start=[0.0])
    assert qng.minimize(right, "newton", lr=1.0, steps=2).x == pytest.approx(1.0)
    with pytest.raises(InputError, match=message):
        supervised(Line(axes, slopes), x, [0.0, 1.0, 2.0], start=[0.0])


def test_squares_are_integrated_fast() -> None:
    # Y = X^2 has a pole at 0, next to which the branches +-sqrt(y) are steep.
    squared = Transformed(Normal("mean"), np.square, (np.sqrt, lambda y: -np.sqrt(y)), (0, np.inf))
    assert squared.log_density(np.zeros(1), np.array([1e-200])) == pytest.approx(
        stats.chi2.logpdf(1e-200, 1), rel=1e-10
    )
    assert fisher(squared, [0.8]).dense() == pytest.approx(0.604353, abs=1e-6)
