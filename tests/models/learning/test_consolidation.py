"""Elastic weight consolidation: the penalty, and what it does to perceptrons and circuits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import qng
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.models import pieces
from qng.models.learning.consolidation import Anchor, Anchored, anchor, continual, ewc
from qng.models.learning.perceptron import Perceptron, softmax_regression
from qng.models.learning.supervised import Supervised, supervised
from qng.models.learning.teachers import circuit_tasks
from qng.models.library import model as named
from qng.models.problem import ModelProblem
from qng.plan.quantities import By

RNG = np.random.default_rng(0)


def task(seed: int, batch: int | None = None) -> ModelProblem:
    """Three classes in the plane."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(30, 2)), rng.integers(0, 3, 30)
    return supervised(softmax_regression(2, 3), x, y, batch=batch)


def minimised(method: str, steps: int) -> Callable[[ModelProblem], Array]:
    return lambda problem: qng.minimize(problem, method, steps=steps).x


def test_the_penalty_is_the_sum_of_all_old_tasks() -> None:
    first, second = (Anchor(RNG.normal(size=9), RNG.uniform(size=9)) for _ in range(2))
    problem, theta = ewc(task(0), [first, second], 3.0), RNG.normal(size=9)
    plain = task(0).loss.energy(theta[None]).value[0]
    penalty = sum(1.5 * np.sum(a.importance * (theta - a.theta) ** 2) for a in (first, second))
    assert problem.loss.energy(theta[None]).value[0] == pytest.approx(plain + penalty)
    np.testing.assert_allclose(
        problem.loss.gradient(theta).value,
        pieces.finite_difference(problem.loss, theta).value,
        atol=1e-7,
    )
    np.testing.assert_array_equal(problem.initial, second.theta)


def test_only_what_is_of_the_whole_function_has_the_penalty() -> None:
    old = Anchor(np.zeros(9), np.arange(9.0))
    problem, plain, theta = ewc(task(0), [old], 2.0), task(0), RNG.normal(size=9)
    for name in ("hessian", "gauss-newton"):
        apart = problem.loss.metric(theta, By(name)).dense()
        apart = apart - plain.loss.metric(theta, By(name)).dense()
        np.testing.assert_allclose(apart, np.diag(2.0 * np.arange(9.0)), atol=1e-8)
    np.testing.assert_array_equal(
        problem.loss.metric(theta, By("fisher")).dense(),
        plain.loss.metric(theta, By("fisher")).dense(),
    )


def test_the_importance_is_the_diagonal_of_the_fisher_matrix_of_all_data() -> None:
    problem, theta = task(1), RNG.normal(size=9)
    fisher = problem.loss.metric(theta, By("fisher")).diagonal()
    np.testing.assert_allclose(anchor(problem, theta).importance, fisher, atol=1e-13)
    np.testing.assert_allclose(anchor(task(1, batch=10), theta).importance, fisher, atol=1e-13)
    np.testing.assert_allclose(anchor(problem, theta, "uniform").importance, fisher.mean())


def test_it_is_the_loss_of_both_tasks_to_second_order() -> None:
    """Near its minimum a task is theta^T I theta / 2, of which the diagonal is kept."""
    first = named("logistic")
    best = qng.minimize(first, "ng", steps=40).x
    move = 1e-3 * np.eye(3)[0]
    rise = first.loss.energy(best[None] + move).value - first.loss.energy(best[None]).value
    old = anchor(first, best)
    penalty = Anchored(first.loss, (old,), 1.0).energy(best[None] + move).value
    penalty = penalty - first.loss.energy(best[None] + move).value
    np.testing.assert_allclose(penalty, rise, rtol=0.01)


def test_mini_batches_and_their_errors_go_through() -> None:
    problem = ewc(task(0, batch=8), [Anchor(np.zeros(9), np.ones(9))], 1.0)
    loss, theta = problem.loss, np.ones(9)
    drawn = loss.drawn(theta, (3,))
    assert isinstance(drawn, Anchored)
    assert isinstance(drawn.loss, Supervised)
    assert drawn.loss.count == 30
    assert drawn.energy(theta[None]).std_error is not None
    assert drawn.gradient(theta).covariance is not None
    assert qng.minimize(problem, "ng", steps=3).std_error is not None
    assert isinstance(loss, Anchored)
    assert loss.exact(theta[None]) == pytest.approx(loss.energy(theta[None]).value)


def test_a_circuit_forgets_and_with_the_penalty_it_keeps() -> None:
    """Means of three starts: the old task falls from 1 to 0.64, or stays at 0.97."""
    plain, kept = (
        [continual(circuit_tasks(seed), minimised("ng", 30), alpha) for seed in range(3)]
        for alpha in (0.0, 3.0)
    )
    first = [np.mean([one.final[0] for one in several]) for several in (plain, kept)]
    assert first[0] < 0.72
    assert first[1] > 0.85
    assert np.mean([one.mean for one in kept]) > np.mean([one.mean for one in plain]) + 0.04
    assert np.mean([one.forgotten[0] for one in plain]) > 0.25


def test_a_perceptron_forgets_and_with_the_penalty_it_keeps() -> None:
    """A short form of entry P32: the pixels in another order after the digits."""
    pytest.importorskip("sklearn")
    from qng.models.learning.handwriting import permuted_digits

    model, data = Perceptron((64, 10, 10), "tanh"), permuted_digits(2)
    tasks = [supervised(model, one.x[:200], one.y[:200]) for one in data]
    plain, kept = (continual(tasks, minimised("adam", 60), alpha) for alpha in (0.0, 10.0))
    assert plain.scores[0, 0] > 0.95
    assert plain.final[0] < kept.final[0] - 0.1


def test_what_is_no_old_task_is_refused() -> None:
    problem = task(0)
    with pytest.raises(InputError, match="no old task"):
        ewc(problem, [], 1.0)
    with pytest.raises(InputError, match="theta of an anchor"):
        ewc(problem, [Anchor(np.zeros(3), np.ones(3))], 1.0)
    with pytest.raises(InputError, match="not negative"):
        ewc(problem, [Anchor(np.zeros(9), -np.ones(9))], 1.0)
    with pytest.raises(InputError, match="alpha"):
        ewc(problem, [Anchor(np.zeros(9), np.ones(9))], -1.0)
    with pytest.raises(UnknownNameError, match="fisher"):
        anchor(problem, np.zeros(9), "fischer")
    with pytest.raises(InputError, match="no tasks"):
        continual([], minimised("gd", 1))
    bowl = ModelProblem(Anchored(problem.loss, (), 0.0), np.zeros(9))
    with pytest.raises(InputError, match="score="):
        continual([bowl], minimised("gd", 1))
