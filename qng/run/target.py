"""What a user hands over as a problem, of circuits or of anything else, and what answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qng.arrays import Array
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.execute.nothing import NAME
from qng.models.charts import Reparametrised
from qng.models.problem import ModelProblem
from qng.plan.executor import Executor, Service
from qng.problem import given
from qng.problem.anyproblem import AnyProblem, point_among
from qng.problem.problem import Problem
from qng.run.library import load
from qng.run.objective import Counted, is_own


def as_problem(target: Any, theta: Any = None) -> AnyProblem:
    """A problem, or the one of a name, a folder or a QNode.

    Args:
        target: What was given.
        theta: The point that was given with it; a QNode's arguments.

    Raises:
        InputError: None of these.
    """
    if isinstance(target, (str, Path)):
        named: AnyProblem = load(target)
        return named
    if isinstance(target, Problem) or not is_model(target):
        return given.as_problem(target, theta)
    model: AnyProblem = target
    return model


def is_model(target: Any) -> bool:
    """Whether something is a problem other than one of circuits and an observable."""
    return isinstance(target, (ModelProblem, Reparametrised)) or is_own(target)


def is_of_models(problem: AnyProblem) -> bool:
    """Whether nothing of a problem is executed, in whatever coordinates it is."""
    while isinstance(problem, Reparametrised):
        problem = problem.problem
    return isinstance(problem, ModelProblem)


def problem_and_point(
    target: Any, theta: Any = None, many: bool = False
) -> tuple[AnyProblem, Array]:
    """A problem and a point, of shape (P,): its start where none is given.

    Args:
        target: What was given.
        theta: The point.
        many: Whether it may be several points, of shape (points, P).

    Raises:
        InputError: Neither, or a point of the wrong shape.
    """
    if isinstance(target, (str, Path)):
        target = load(target)
    if not is_model(target):
        return given.problem_and_point(target, theta, many)
    problem: AnyProblem = target
    if theta is None:
        return problem, problem.initial
    return problem, point_among("theta", theta, problem.parameters, many)


def circuits_of(problem: AnyProblem, what: str) -> Problem:
    """The problem, where it is one of circuits.

    Args:
        problem: Any problem.
        what: What is asked of it, as the subject of a sentence: "the Berry curvature".

    Raises:
        InputError: It is not.
    """
    if isinstance(problem, Problem):
        return problem
    if is_own(problem):
        raise InputError(
            f"{what} is of a circuit and an observable, and {problem.name or 'the problem'} asks "
            "for more: give the problem that it was made of"
        )
    raise InputError(
        f"{what} is of a circuit, and {problem.name or 'the problem'} has none: it is a "
        "model; give a problem with a circuit"
    )


def counted(problem: AnyProblem, what: str) -> AnyProblem:
    """The problem, where all that a run asks of it is answered by circuits.

    Args:
        problem: Any problem.
        what: What is asked of it, as the subject of a sentence.

    Raises:
        InputError: It is not.
    """
    return problem if isinstance(problem, Counted) else circuits_of(problem, what)


def circuits_and_point(
    target: Any, theta: Any, what: str, many: bool = False
) -> tuple[Problem, Array]:
    """A problem of circuits and a point; see `circuits_of` and `problem_and_point`.

    Raises:
        InputError: It is a model, or as `problem_and_point`.
    """
    problem, point = problem_and_point(target, theta, many)
    return circuits_of(problem, what), point


def device_for(
    problem: AnyProblem, executor: Any, shots: Any = None, most_threads: int | None = None
) -> Executor | Service:
    """What answers the plans of a problem: nothing, where it is a model.

    Args:
        problem: The problem.
        executor: By name or as an object; for a model the default.
        shots: That were asked for, or None.
        most_threads: Of an executor, where it has a choice.

    Raises:
        InputError: A model, and an executor or shots.
    """
    if not is_of_models(problem):
        found: Executor | Service = executor_of(executor, most_threads=most_threads)
        return found
    name = problem.name or "the problem"
    if shots is not None:
        raise InputError(
            f"{name} is a model, which has no circuits to repeat: leave shots out (samples and "
            "mini-batches are arguments of the model)"
        )
    if executor not in ("statevector", NAME) and getattr(executor, "name", "") != NAME:
        raise InputError(f"{name} is a model, of which nothing is executed: leave executor out")
    nothing: Executor = executor_of(NAME)
    return nothing
