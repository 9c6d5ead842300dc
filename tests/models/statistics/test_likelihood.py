"""Likelihoods and divergences as problems, by the driver of circuits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.errors import InputError
from qng.geometry import Direct
from qng.models import (
    Born,
    Exponential,
    FromScipy,
    Mixture,
    Model,
    MultivariateNormal,
    Normal,
    Poisson,
    copies,
    fit,
    match,
    reparametrised,
)
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.plan.quantities import By
from qng.run.codec import dumps, loads


def by(metric: str, lr: float) -> qng.Optimizer:
    """Natural gradient without damping or a bound on the step."""
    return qng.Optimizer(Constant(lr), MeasuredMetric(By(metric)), solve=Direct())


def test_amari_toy_as_published() -> None:
    """Benchmarks, section 13: natural gradient with lr 0.1, and gradient descent."""
    problem = qng.load("gaussian-toy")
    trace = qng.minimize(problem, by("fisher", 0.1), steps=200).trace["energy"]
    np.testing.assert_allclose(trace[[0, 10, 50]], [1.93, 1.42, 0.0623], rtol=5e-3)
    assert trace[100] == pytest.approx(3.56e-6, rel=2e-3)
    assert trace[200] == pytest.approx(2.6e-15, rel=0.05)
    assert np.argmax(trace < 1e-3) == 73
    descent = qng.minimize(problem, "gd", lr=0.1, steps=200).trace["energy"]
    np.testing.assert_allclose(descent[[10, 50, 100, 200]], [1.92, 1.89, 1.85, 1.74], atol=6e-3)


@pytest.mark.parametrize("name", ["poisson-fit", "normal-fit"])
def test_fits_reach_the_closed_optimum(name: str) -> None:
    error = qng.minimize(qng.load(name), "ng", steps=30).error
    assert error is not None
    assert abs(error) < 1e-6


def test_same_steps_by_g_and_by_i() -> None:
    one, other = (
        qng.minimize(qng.load("gaussian-toy"), by(metric, lr), steps=5)
        for metric, lr in (("fisher", 0.4), ("exact", 0.1))
    )
    np.testing.assert_allclose(one.x, other.x, rtol=1e-12)


def test_runs_are_stored(tmp_path: Path) -> None:
    data = FromScipy("gamma").sample(np.array([2.0, 1.0]), 20, np.random.default_rng(0))
    run = qng.minimize(fit(FromScipy("gamma"), data, [1.5, 1.0], batch=10), "gd", steps=2, seed=3)
    run.save(tmp_path / "run.json")
    again = qng.load_run(tmp_path / "run.json")
    assert again.x.tolist() == run.x.tolist()
    assert again.made.problem.loss.model == FromScipy("gamma")


def test_mini_batches_have_errors_that_cover() -> None:
    """500 batches of 20 of 60 data: intervals of 1.96 errors hold the full loss and gradient."""
    data = np.random.default_rng(0).poisson(3.0, 60)
    whole = fit(Poisson(), data, [2.0]).loss
    loss = fit(Poisson(), data, [2.0], batch=20).loss
    theta, hits = np.array([2.0]), np.zeros(2)
    energy, slope = whole.energy(theta[None]).value[0], whole.gradient(theta).value[0]
    for key in range(500):
        now = loss.drawn(theta, key)
        measured, gradient = now.energy(theta[None]), now.gradient(theta)
        hits[0] += abs(measured.value[0] - energy) < 1.96 * measured.std_error[0]
        hits[1] += abs(gradient.value[0] - slope) < 1.96 * gradient.std_error[0]
    assert np.all((hits > 450) & (hits < 495))
    assert loss.drawn(theta, 1).exact(theta[None])[0] == pytest.approx(energy)


def test_metrics_by_name() -> None:
    problem = fit(Normal(), [0.0, 1.0, 3.0], [0.5, 2.0])
    loss, theta = problem.loss, problem.initial
    fisher = np.diag([1 / 4, 2 / 4])
    for name, expected in {
        "auto": fisher / 4,
        "exact": fisher / 4,
        "blocks": fisher / 4,
        "diagonal": fisher / 4,
        "fisher": fisher,
        "fisher-diagonal": fisher,
    }.items():
        np.testing.assert_allclose(loss.metric(theta, By(name)).dense(), expected)
    s = np.array([[(x - 0.5) / 4, ((x - 0.5) ** 2 / 4 - 1) / 2] for x in (0.0, 1.0, 3.0)])
    np.testing.assert_allclose(loss.metric(theta, By("empirical-fisher")).dense(), s.T @ s / 3)
    sampled = loss.metric(theta, By("fisher-diagonal", how="monte-carlo", n=200))
    assert sampled.std_error is not None
    assert np.all(np.abs(sampled.diagonal() - np.diag(fisher)) < 5 * np.diag(sampled.std_error))


def test_a_run_that_leaves_the_model_stops_with_what_it_has() -> None:
    run = qng.minimize(match(Normal(), [0.0, 1.0], [0.0, 0.3]), "gd", lr=1.0, steps=5)
    assert len(run.trace["energy"]) >= 1


def test_wrong_input() -> None:
    with pytest.raises(InputError, match="datum 1"):
        fit(FromScipy("gamma"), [1.0, -1.0], [1.0, 1.0])
    with pytest.raises(InputError, match="a model has parameters"):
        fit("normal", [1.0], [1.0])
    with pytest.raises(InputError, match="must be outcomes"):
        fit(Poisson(), [], [1.0])
    with pytest.raises(InputError, match="cannot be drawn"):
        fit(Poisson(), [1, 2], [1.0], batch=3)
    with pytest.raises(InputError, match="is inf at the start"):
        match(Normal(), [0.0, 1.0], [0.0, -1.0])


@dataclass(frozen=True)
class Laplace:
    """A user's model with nothing but the three members that it must have."""

    parameters = ("middle", "width")

    def log_density(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        return -np.abs(x - theta[0]) / theta[1] - np.log(2 * theta[1])

    def sample(self, theta: np.ndarray, n: int, rng: Generator) -> np.ndarray:
        return rng.laplace(theta[0], theta[1], n)


def test_a_model_of_ones_own() -> None:
    data = Laplace().sample(np.array([1.0, 2.0]), 101, np.random.default_rng(5))
    problem = fit(Laplace(), data, [0.0, 1.0])
    run = qng.minimize(problem, "ng", steps=25, seed=1)
    middle = float(np.median(data))
    assert run.x[0] == pytest.approx(middle, abs=0.3)
    assert run.x[1] == pytest.approx(np.mean(np.abs(data - middle)), abs=0.2)


@pytest.mark.parametrize(
    "model",
    [
        MultivariateNormal(2, "mean", np.diag([1.0, 2.0])),
        Exponential("log"),
        FromScipy("binom", fixed={"n": 3}),
        Mixture((Normal(), Normal("mean"))),
        copies(Poisson(), 2),
        Born(real_amplitudes(2, 1), "X"),
    ],
)
def test_models_are_stored(model: Model) -> None:
    again = loads(dumps(model))
    assert type(again) is type(model)
    assert again.parameters == model.parameters


def test_runs_on_mini_batches_are_judged_by_all_data():
    """Values of a few data are skew: bounds from them would call one run in seven solved.

    The point stays where it is, just outside the accuracy; in other coordinates, too.
    """
    data = np.random.default_rng(0).normal(size=500)
    mean, accuracy = data.mean(), 0.02
    lowest = np.mean((data - mean) ** 2) / 2 + np.log(2 * np.pi) / 2
    start = mean + np.sqrt(2 * 1.02 * accuracy)
    problem = fit(Normal("mean"), data, [start], batch=100, reference=lowest, accuracy=accuracy)
    elsewhere = reparametrised(problem, lambda x: 2 * x, start=[start / 2])
    for case in (problem, elsewhere):
        runs = [qng.minimize(case, "gd", lr=1e-9, steps=10, seed=k) for k in range(50)]
        assert {run.judgement.ground for run in runs} == {"points"}
        assert not any(run.solved for run in runs)
        assert runs[0].trace["exact"] == pytest.approx(lowest + 1.02 * accuracy, abs=1e-6)
