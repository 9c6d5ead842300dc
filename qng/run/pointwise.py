"""Values at points of what is no plain circuit: models, and problems in other coordinates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Dense, Metric
from qng.models.amplitudes.rayleigh import Rayleigh
from qng.models.amplitudes.state import StateFunction
from qng.models.library import MODELS
from qng.models.problem import ModelProblem
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.plan.shots import Shots
from qng.problem.anyproblem import AnyProblem
from qng.run.bench import answer
from qng.run.library import load
from qng.run.objective import Asked, objective_of
from qng.run.target import device_for, is_model, problem_and_point
from qng.seeds import of_point

T = TypeVar("T")


def model_of(target: Any) -> AnyProblem | None:
    """What was given, where it is no circuit and no problem of circuits."""
    if isinstance(target, str) and target in MODELS:
        target = load(target)
    if not is_model(target):
        return None
    found: AnyProblem = target
    return found


def with_metric(target: Any, theta: Any) -> AnyProblem | None:
    """The same, or a state of one's own, which has a metric without being a problem.

    Raises:
        InputError: A state, and no point.
    """
    return _alone(target, theta) if isinstance(target, StateFunction) else model_of(target)


def curvature(state: StateFunction, theta: Any, executor: Any, shots: Shots | None) -> Array:
    """The Berry curvature of a state of one's own.

    Raises:
        InputError: No point, or shots, or an executor.
    """
    device_for(_alone(state, theta), executor, shots)
    return state.berry_curvature(theta)


def _alone(state: StateFunction, theta: Any) -> ModelProblem:
    """A state without an observable, as a problem that has metrics only."""
    size = len(state.parameters)
    if theta is None:
        raise InputError(f"theta is needed: {size} numbers for the state")
    return ModelProblem(Rayleigh(state), np.zeros(size), name="the state")


def metric(
    problem: AnyProblem, theta: Any, by: By, executor: Any, shots: Shots | None, seed: int
) -> Metric | tuple[Metric, ...]:
    """The metric at a point, or at each of many; as `qng.metric`."""
    found, many = _asked(problem, theta, lambda o, x: o.metric(x, by), executor, shots, seed)
    if not all(np.all(np.isfinite(one.diagonal())) for one in found):
        raise InputError(
            f"the metric of {problem.name or 'the model'} is not finite there: that is no point "
            "of it, or its loss is not finite"
        )
    return tuple(found) if many else found[0]


def gradient(
    problem: AnyProblem, theta: Any, by: By, executor: Any, shots: Shots | None, seed: int
) -> GradientEstimate:
    """The gradient at a point, or at each of many; as `qng.gradient`."""
    found, many = _asked(problem, theta, lambda o, x: o.gradient(x, by), executor, shots, seed)
    if not many:
        return found[0]
    noises = [one.covariance for one in found]
    known = [noise for noise in noises if noise is not None]
    values = np.array([one.value for one in found]).reshape(-1, len(problem.parameters))
    return GradientEstimate(values, np.array(known) if known else None)


def hessian(
    problem: AnyProblem, theta: Any, executor: Any, shots: Shots | None, seed: int
) -> Dense:
    """The Hessian at a point; as `qng.hessian`."""
    by = By("hessian")
    found, many = _asked(problem, theta, lambda o, x: o.metric(x, by), executor, shots, seed)
    if many:
        raise InputError("the Hessian is had at one point at a time")
    return Dense(found[0].dense(), found[0].std_error, noise=found[0].noise)


def energy(
    problem: AnyProblem, theta: Any, executor: Any, shots: Shots | None, seed: int
) -> Energy[Any]:
    """The loss at a point, or at each of many; as `qng.energy`."""
    found, many = _asked(problem, theta, lambda o, x: o.energy(x[None]), executor, shots, seed)
    if not many:
        return found[0].at(0)
    errors = [one.std_error for one in found]
    known = [error[0] for error in errors if error is not None]
    return Energy(
        np.array([one.value[0] for one in found]), std_error=np.array(known) if known else None
    )


def _asked(
    problem: AnyProblem,
    theta: Any,
    ask: Callable[[Asked, Array], Plan[T]],
    executor: Any,
    shots: Shots | None,
    seed: int,
) -> tuple[list[T], bool]:
    """What is had at every point, each with draws of its own, and whether there were several."""
    device = device_for(problem, executor, shots)
    point = problem_and_point(problem, theta, many=True)[1]
    found = []
    for k, x in enumerate(np.atleast_2d(point)):
        objective = objective_of(problem, device, shots is not None, of_point(seed, k))
        found.append(answer(device, ask(objective, x), seed, shots))
    return found, point.ndim == 2
