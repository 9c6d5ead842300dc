"""Losses of regressions: derivatives, metrics by name, mini-batches, and known minima."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from scipy.special import softmax

import qng
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.models import pieces
from qng.models.learning.labels import LABELS, GaussianLabels
from qng.models.learning.perceptron import (
    Perceptron,
    linear_regression,
    logistic_regression,
    softmax_regression,
)
from qng.models.learning.regression import tangent_kernel
from qng.models.learning.supervised import Supervised, supervised
from qng.models.library import model as named
from qng.plan.quantities import By

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
CLASSES = RNG.integers(0, 3, 40)
LOSSES: dict[str, Supervised] = {
    "bernoulli": Supervised(logistic_regression(2), X, CLASSES > 0),
    "gaussian": Supervised(Perceptron((2, 3, 2), "tanh", likelihood="gaussian"), X, X[:, ::-1]),
    "softmax": Supervised(Perceptron((2, 3, 3), "tanh"), X, CLASSES, decay=0.1),
    "circuit": cast(Supervised, named("circuit-classifier").loss),
}


def point(loss: Supervised, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(size=len(loss.parameters))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_gradient_is_that_of_the_loss(loss: Supervised) -> None:
    theta = point(loss)
    found = pieces.finite_difference(loss, theta).value
    np.testing.assert_allclose(loss.gradient(theta).value, found, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_fubini_study_metric_is_a_quarter_of_the_fisher_matrix(loss: Supervised) -> None:
    theta = point(loss)
    fisher = loss.metric(theta, By("fisher")).dense()
    np.testing.assert_allclose(loss.metric(theta, By("exact")).dense(), fisher / 4, atol=1e-14)
    np.testing.assert_allclose(
        loss.metric(theta, By("fisher-diagonal")).diagonal(), fisher.diagonal(), atol=1e-14
    )


@pytest.mark.parametrize("name", ["softmax", "circuit"])
def test_the_fisher_matrix_is_a_sum_over_labels_and_the_empirical_one_is_not(name: str) -> None:
    loss = LOSSES[name]
    theta, outputs = point(loss), loss.model.outputs(point(loss), loss.x)
    p = softmax(outputs, axis=1) if name == "softmax" else outputs
    jacobian, mean = loss.model.jacobian(theta, loss.x), 0.0
    for c in range(p.shape[1]):
        slopes = loss.labels.slopes(outputs, np.full(len(p), float(c)))
        s = np.einsum("nk,nkp->np", slopes, jacobian)
        mean = mean + (p[:, c, None] * s).T @ s / len(p)
    np.testing.assert_allclose(loss.metric(theta, By("fisher")).dense(), mean, atol=1e-12)
    each = np.einsum("nk,nkp->np", loss.labels.slopes(outputs, loss.y), jacobian)
    empirical = loss.metric(theta, By("empirical-fisher")).dense()
    np.testing.assert_allclose(empirical, each.T @ each / len(each), atol=1e-12)
    assert np.abs(empirical - mean).max() > 0.01


@pytest.mark.parametrize("name", ["bernoulli", "gaussian", "softmax"])
def test_gauss_newton_is_the_fisher_matrix_of_these_likelihoods(name: str) -> None:
    loss, theta = LOSSES[name], point(LOSSES[name])
    found = loss.metric(theta, By("gauss-newton")).dense() - loss.decay * np.eye(len(theta))
    np.testing.assert_allclose(found, loss.metric(theta, By("fisher")).dense(), atol=1e-13)


def test_gauss_newton_of_probabilities_is_the_empirical_fisher_matrix() -> None:
    loss, theta = LOSSES["circuit"], point(LOSSES["circuit"])
    found = loss.metric(theta, By("gauss-newton")).dense()
    np.testing.assert_allclose(found, loss.metric(theta, By("empirical-fisher")).dense())


def test_the_hessian_of_a_linear_model_is_exact() -> None:
    loss = Supervised(softmax_regression(2, 3), X, CLASSES, decay=0.3)
    theta = point(loss)
    np.testing.assert_allclose(
        loss.metric(theta, By("hessian")).dense(), pieces.hessian(loss, theta).dense(), atol=1e-8
    )


def test_divergence_is_half_the_fisher_form() -> None:
    for loss in LOSSES.values():
        theta = point(loss)
        step = 1e-4 * point(loss, 2)
        form = loss.metric(theta, By("fisher")).length(step) ** 2 / 2
        assert loss.divergence(theta, (theta + step)[None])[0] == pytest.approx(form, rel=1e-2)


def test_a_linear_model_of_normal_errors_is_least_squares() -> None:
    y = RNG.normal(size=40)
    problem = supervised(linear_regression(2), X, y, likelihood=GaussianLabels(2.0))
    design = np.column_stack([X, np.ones(40)])
    solution, squares, *_ = np.linalg.lstsq(design, y)
    reference = problem.reference_energy()
    assert reference is not None
    assert reference.energy == pytest.approx(squares[0] / 40 / 8, abs=1e-12)
    run = qng.minimize(problem, qng.optimizers.ng(1.0, damping=0.0), steps=3)
    np.testing.assert_allclose(run.x, solution, atol=1e-8)


def test_logistic_regression_is_scikit_learns() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    problem: Any = named("logistic")
    x, y = problem.loss.x, problem.loss.y[:, 0]
    fitted = linear.LogisticRegression(C=np.inf, tol=1e-10, solver="newton-cholesky").fit(x, y)
    run = qng.minimize(problem, "ng", steps=30)
    np.testing.assert_allclose(run.x[:2], fitted.coef_[0], rtol=1e-4)
    assert run.x[2] == pytest.approx(fitted.intercept_[0], rel=1e-3)
    assert run.solved


def test_classes_that_can_be_told_apart_have_no_minimum() -> None:
    x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    assert supervised(logistic_regression(1), x, [0, 0, 1, 1]).reference_energy() is None
    assert supervised(logistic_regression(1), x, [0, 1, 0, 1]).reference_energy() is not None
    shrunk = supervised(logistic_regression(1), x, [0, 0, 1, 1], decay=0.1)
    assert shrunk.reference_energy() is not None


def test_natural_gradient_ends_where_no_gradient_is_left() -> None:
    problem: Any = named("softmax")
    run = qng.minimize(problem, "ng", steps=30)
    assert run.solved
    assert not qng.minimize(problem, "gd", steps=30).solved


def test_a_mini_batch_is_that_of_its_key() -> None:
    loss = Supervised(softmax_regression(2, 3), X, CLASSES, batch=8)
    theta = point(loss)
    one, again, other = (loss.drawn(theta, key) for key in ((1, 2), (1, 2), (1, 3)))
    assert one.energy(theta[None]).value == again.energy(theta[None]).value
    assert one.energy(theta[None]).value != other.energy(theta[None]).value
    assert len(np.unique(one.x, axis=0)) == 8
    whole = Supervised(softmax_regression(2, 3), X, CLASSES, batch=40)
    assert whole.drawn(theta, (1,)) is whole
    assert loss.exact(theta[None]) == pytest.approx(whole.energy(theta[None]).value)
    assert loss.energy(theta[None]).std_error is None


def test_errors_of_mini_batches_are_those_that_are_made() -> None:
    """Over 600 mini-batches of 60 among 200: root mean squares, and 95 intervals of 100.

    The share of intervals that hold has a standard deviation of 0.009, a spread one of 0.03 of it.
    Squares of slopes are skew (2.3), so that intervals of the metric hold 92 times in 100 only.
    """
    x, y = np.random.default_rng(5).uniform(-1, 1, (200, 2)), np.arange(200) % 3
    loss = Supervised(softmax_regression(2, 3), x, y, batch=60)
    theta, v = 0.5 * point(loss), point(loss, 3)
    exact = np.array(
        [
            loss.energy(theta[None]).value[0],
            loss.gradient(theta).value @ v,
            loss.metric(theta, By("fisher")).length(v) ** 2,
        ]
    )
    found, errors = np.zeros((2, 600, 3))
    for k in range(600):
        drawn = loss.drawn(theta, (9, k))
        energy, gradient = drawn.energy(theta[None]), drawn.gradient(theta)
        metric = drawn.metric(theta, By("fisher"))
        assert energy.std_error is not None
        assert gradient.covariance is not None
        found[k] = energy.value[0], gradient.value @ v, metric.length(v) ** 2
        errors[k, :2] = energy.std_error[0], np.sqrt(v @ gradient.covariance @ v)
        errors[k, 2] = np.sqrt(metric.variance_of(v, v))
    apart = found - exact
    ratio = np.sqrt(np.mean(apart**2, axis=0) / np.mean(errors**2, axis=0))
    np.testing.assert_allclose(ratio, 1.0, atol=0.12)
    inside = np.mean(np.abs(apart) < 2.001 * errors, axis=0)
    assert np.all(inside[:2] > 0.914)
    assert np.all(inside[:2] < 0.986)
    assert inside[2] > 0.88


def test_errors_of_the_entries_are_those_of_unit_vectors() -> None:
    loss = Supervised(softmax_regression(2, 3), X, CLASSES, batch=10).drawn(np.zeros(9), (1,))
    theta = point(loss)
    for name in ("fisher", "gauss-newton", "empirical-fisher"):
        metric, unit = loss.metric(theta, By(name)), np.eye(9)
        assert metric.std_error is not None
        assert metric.variance_of(unit[1], unit[4]) == pytest.approx(metric.std_error[1, 4] ** 2)
    diagonal = loss.metric(theta, By("fisher-diagonal"))
    whole = loss.metric(theta, By("fisher"))
    assert diagonal.std_error is not None
    assert whole.std_error is not None
    np.testing.assert_allclose(np.diag(diagonal.std_error), np.diag(whole.std_error))


def test_stochastic_descent_comes_near_the_minimum() -> None:
    problem: Any = named("logistic")
    loss = problem.loss
    batches = supervised(logistic_regression(2), loss.x, loss.y, batch=50)
    run = qng.minimize(batches, "ng", steps=60, seed=1)
    assert run.std_error is not None
    assert run.std_error > 0.0
    exact = loss.energy(run.x[None]).value[0]
    assert exact - problem.reference_energy().energy < 0.02


def test_the_tangent_kernel_has_the_eigenvalues_of_the_gram_matrix() -> None:
    model = Perceptron((2, 3, 2), "tanh")
    theta = np.random.default_rng(3).normal(size=len(model.parameters))
    kernel = tangent_kernel(model, theta, X[:5])
    jacobian = model.jacobian(theta, X[:5]).reshape(10, -1)
    spectrum = np.linalg.eigvalsh(jacobian.T @ jacobian)[-10:]
    np.testing.assert_allclose(np.linalg.eigvalsh(kernel), spectrum, atol=1e-10)
    np.testing.assert_allclose(tangent_kernel(model, theta, X[:5], X[5:6]).shape, (10, 2))


def test_a_model_of_ones_own_has_outputs_and_their_jacobian() -> None:
    class Line:
        parameters = ("slope",)
        arrays = ((1,),)
        likelihood = "gaussian"

        def outputs(self, theta: Array, x: Array) -> Array:
            return theta[0] * x

        def jacobian(self, theta: Array, x: Array) -> Array:
            return x[:, :, None]

    x = np.array([[1.0], [2.0]])
    run = qng.minimize(supervised(Line(), x, 3.0 * x, start=[0.0]), "newton", steps=20)
    assert run.x[0] == pytest.approx(3.0)
    with pytest.raises(InputError, match="start="):
        supervised(Line(), x, x)


def test_what_cannot_be_learned_is_refused() -> None:
    model = softmax_regression(2, 3)
    with pytest.raises(InputError, match="finite"):
        supervised(model, [[np.nan, 1.0]], [0])
    with pytest.raises(InputError, match="a batch of 50"):
        supervised(model, X, CLASSES, batch=50)
    with pytest.raises(InputError, match="at least 2"):
        supervised(model, X, CLASSES, batch=1)
    with pytest.raises(InputError, match="decay"):
        supervised(model, X, CLASSES, decay=-1.0)
    with pytest.raises(UnknownNameError, match="gauss-newton"):
        LOSSES["softmax"].metric(np.zeros(21), By("gauss-newtonn"))
    with pytest.raises(InputError, match="no probabilities of classes"):
        supervised(model, X, CLASSES, likelihood="categorical")
    with pytest.raises(UnknownNameError, match="likelihood"):
        supervised(model, X, CLASSES, likelihood="soft")


def test_scores_are_shares_that_are_right() -> None:
    problem: Any = named("perceptron")
    run = qng.minimize(problem, "ng", steps=30)
    assert problem.loss.score(run.x) > 0.9
    other = np.array([[0.0, 0.0], [3.0, 3.0]])
    assert problem.loss.score(run.x, other, [1, 0]) == 1.0
    assert LABELS["gaussian"].scores(np.zeros((1, 2)), np.ones((1, 2))).tolist() == [-2.0]
