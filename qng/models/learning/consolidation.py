"""Learning one task after another without forgetting: elastic weight consolidation.

    L(theta) = L_B(theta) + (alpha/2) sum_A sum_i I_ii(theta_A) (theta_i - theta_A,i)^2

I_ii(theta_A) is the diagonal of the Fisher matrix of an old task A where its learning ended: what
that task does not care for may move. The penalty is minus the logarithm of a normal distribution
around theta_A, so it is in the loss, in "hessian" and in "gauss-newton", but in no Fisher matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.geometry import Dense, Metric
from qng.models.loss import Divergent, Judged, Loss
from qng.models.objective import metric_of
from qng.models.problem import ModelProblem
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.problem.anyproblem import point_among
from qng.seeds import Key


@dataclass(frozen=True, eq=False)
class Anchor:
    """Where an old task was learned, and how much it minds each parameter.

    Args:
        theta: theta_A, shape (P,).
        importance: I_ii(theta_A), shape (P,).

    Example:
        >>> Anchor(np.array([2.0]), np.array([0.5])).importance.tolist()
        [0.5]
    """

    theta: Array
    importance: Array


@dataclass(frozen=True, eq=False)
class Anchored:
    """A loss with the penalties of old tasks.

    Args:
        loss: Of the new task.
        anchors: Of the old ones.
        alpha: The weight of the penalties.
    """

    loss: Loss
    anchors: tuple[Anchor, ...]
    alpha: float

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the loss."""
        return self.loss.parameters

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the loss."""
        return self.loss.arrays

    def drawn(self, theta: Array, key: Key) -> Anchored:
        """With the samples of a key."""
        drawn = self.loss.drawn(theta, key)
        return self if drawn is self.loss else replace(self, loss=drawn)

    def energy(self, points: Array) -> Energy[Array]:
        """The loss and the penalties at points of shape (points, P)."""
        found = self.loss.energy(points)
        return replace(found, value=found.value + self._penalty(points))

    def gradient(self, theta: Array) -> GradientEstimate:
        """The gradient of both."""
        found = self.loss.gradient(theta)
        pull = sum(a.importance * (theta - a.theta) for a in self.anchors)
        return replace(found, value=found.value + self.alpha * pull)

    def metric(self, theta: Array, by: By) -> Metric:
        """That of the loss; with alpha I_ii on the diagonal where it is of the whole function."""
        metric = metric_of(self.loss, theta, by)
        if by.estimator not in ("hessian", "gauss-newton"):
            return metric
        shifted = metric.dense() + np.diag(self.alpha * sum(a.importance for a in self.anchors))
        return Dense(shifted, metric.std_error, noise=metric.noise)

    def exact(self, points: Array) -> Array | None:
        """The exact values, where the loss has them."""
        found = self.loss.exact(points) if isinstance(self.loss, Judged) else None
        return None if found is None else found + self._penalty(points)

    def divergence(self, theta: Array, points: Array) -> Array:
        """KL of the distributions; NaN where the loss does not know it."""
        if not isinstance(self.loss, Divergent):
            return np.full(len(points), np.nan)
        return self.loss.divergence(theta, points)

    def _penalty(self, points: Array) -> Array:
        each = [(points - a.theta) ** 2 @ a.importance for a in self.anchors]
        penalty: Array = self.alpha / 2 * np.sum(each, axis=0)
        return penalty


def anchor(problem: ModelProblem, theta: Any, importance: str = "fisher") -> Anchor:
    """What a task leaves behind when it has been learned.

    Args:
        problem: The task; all its data are seen.
        theta: Where its learning ended, shape (P,).
        importance: "fisher", the diagonal of its Fisher matrix; "uniform", the mean of that for all
            parameters, which is plain L2.

    Raises:
        UnknownNameError: Another importance, or a task that has no Fisher matrix.

    Example:
        >>> from qng import models
        >>> old = models.fit(models.Poisson(), [1, 2, 3], start=[2.0])
        >>> anchor(old, [2.0]).importance.round(4).tolist()
        [0.5]
    """
    point = point_among("theta", theta, problem.parameters)
    if importance not in _IMPORTANCES:
        raise UnknownNameError("importance", importance, _IMPORTANCES)
    found = metric_of(problem.loss, point, By("fisher-diagonal")).diagonal()
    mean = np.full(len(found), found.mean())
    return Anchor(point, mean if importance == "uniform" else found)


def ewc(
    problem: ModelProblem, anchors: Sequence[Anchor], alpha: float, start: Any = None
) -> ModelProblem:
    """A task with the penalties of old ones.

    Args:
        problem: The new task.
        anchors: Of the old ones (`anchor`).
        alpha: The weight of the penalties.
        start: Shape (P,); by default where the last of the old tasks ended.

    Raises:
        InputError: No anchors, or one of another number of parameters.

    Reference: Kirkpatrick et al., PNAS 114, 3521 (2017), arXiv:1612.00796.

    Example:
        >>> from qng.models import function
        >>> task = function(lambda x: (x[0] - 1) ** 2 + (x[1] - 1) ** 2, start=[0.0, 0.0])
        >>> old = Anchor(np.zeros(2), np.array([1.0, 0.0]))
        >>> ewc(task, [old], alpha=2.0).loss.energy(np.array([[0.5, 1.0]])).value.tolist()
        [0.5]
    """
    checks.not_negative("alpha", alpha)
    kept = tuple(anchors)
    if not kept:
        raise InputError("there is no old task: give anchors, such as anchor(problem, run.x)")
    for one in kept:
        for what, values in {"theta": one.theta, "importance": one.importance}.items():
            point_among(f"the {what} of an anchor", values, problem.parameters)
        if np.any(one.importance < 0):
            raise InputError("the importance of a parameter is not negative")
    loss = Anchored(problem.loss, kept, float(alpha))
    return replace(problem, loss=loss, start=kept[-1].theta if start is None else start)


@dataclass(frozen=True, eq=False)
class Learned:
    """What is left of tasks that were learned one after another.

    Args:
        points: Where the learning of each ended, shape (T, P).
        scores: Of task j after task i was learned, shape (T, T).
    """

    points: Array
    scores: Array

    @property
    def final(self) -> Array:
        """The scores of all tasks in the end, shape (T,)."""
        final: Array = self.scores[-1]
        return final

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(self.final.mean())

    @property
    def forgotten(self) -> Array:
        """How far the scores of tasks fell after they were learned, shape (T,)."""
        fallen: Array = np.diag(self.scores) - self.final
        return fallen


def continual(
    tasks: Sequence[ModelProblem],
    train: Callable[[ModelProblem], Any],
    alpha: float = 0.0,
    importance: str = "fisher",
    score: Callable[[Array, int], float] | None = None,
) -> Learned:
    """Learn tasks one after another.

    Args:
        tasks: Problems of the same parameters; the first starts at its start, every other where
            the one before ended.
        train: Minimises a problem and returns the point, such as
            `lambda problem: qng.minimize(problem, "adam", steps=100).x`.
        alpha: Of the penalties of all tasks before; 0: they are forgotten about.
        importance: As in `anchor`.
        score: How good a point is at a task, by its index; by default `loss.score`.

    Returns:
        Points and scores.

    Raises:
        InputError: No tasks.

    Example:
        >>> import qng
        >>> from qng import models
        >>> counts = [[1, 2, 3], [4, 6]]
        >>> tasks = [models.fit(models.Poisson(), data, start=[1.0]) for data in counts]
        >>> train = lambda task: qng.minimize(task, "ng", steps=50).x
        >>> continual(tasks, train, score=lambda *_: 0.0).points.round(2).tolist()
        [[2.0], [5.0]]
    """
    if not tasks:
        raise InputError("there are no tasks")
    measure = _own_score(tasks) if score is None else score
    point, anchors = tasks[0].initial, list[Anchor]()
    points, scores = [], []
    for k, task in enumerate(tasks):
        whole = replace(task, start=point)
        problem = ewc(whole, anchors, alpha) if anchors and alpha else whole
        point = point_among("the point of training", train(problem), task.parameters)
        points.append(point)
        scores.append([measure(point, j) for j in range(len(tasks))])
        if alpha and k + 1 < len(tasks):
            anchors.append(anchor(task, point, importance))
    return Learned(np.array(points), np.array(scores))


_IMPORTANCES: Final = ("fisher", "uniform")


def _own_score(tasks: Sequence[ModelProblem]) -> Callable[[Array, int], float]:
    losses: list[Any] = [task.loss for task in tasks]
    for loss in losses:
        if not hasattr(loss, "score"):
            raise InputError("a task of this kind has no score: give score=")
    return lambda theta, k: float(losses[k].score(theta))
