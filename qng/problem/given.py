"""What a user hands over, as a problem, circuits and a point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.problem.foreign import Ensemble, ensemble_of, origin, point_of, problem_of
from qng.problem.library import load
from qng.problem.problem import Problem

__all__ = ["Ensemble", "as_problem", "ensemble_and_point", "problem_and_point"]


def as_problem(target: Any, theta: Any = None) -> Problem:
    """A problem, or the one of a name, a folder or a QNode.

    Args:
        target: What was given.
        theta: The point that was given with it; a QNode's arguments.

    Raises:
        InputError: None of these.
    """
    if isinstance(target, Problem):
        return target
    if isinstance(target, (str, Path)):
        return load(target)
    if origin(target) is not None:
        return problem_of(target, theta)
    what = target.__name__ if isinstance(target, type) else type(target).__name__
    raise InputError(
        f"a problem, its name, a folder or a QNode is expected, not {what}; {_how(target)}"
    )


def _how(target: Any) -> str:
    """How a problem is made of what was given."""
    if hasattr(target, "log_density"):
        return (
            "a statistical model becomes one with data, as qng.models.fit(model, data, start), or "
            "with a target, as qng.models.match(model, target, start)"
        )
    if hasattr(target, "tangents"):
        return "a state becomes one as state.problem(hamiltonian, start)"
    if hasattr(target, "log_psi"):
        return "a wave function becomes one as qng.models.vmc(hamiltonian, wave)"
    if hasattr(target, "energy") and hasattr(target, "gradient"):
        return "a loss becomes one as qng.models.ModelProblem(loss, start)"
    return "make one with qng.Problem(circuit, observable)"


def problem_and_point(target: Any, theta: Any = None, many: bool = False) -> tuple[Problem, Array]:
    """A problem and a point, of shape (P,): its start where none is given.

    Args:
        target: What was given.
        theta: The point.
        many: Whether it may be several points, of shape (points, P).

    Raises:
        InputError: Neither, or a point of the wrong shape.
    """
    problem = as_problem(target, theta)
    if theta is None or origin(target) is not None:
        return problem, problem.initial
    return problem, point_of(problem.circuit, theta, many)


def ensemble_and_point(
    target: Any, theta: Any = None, many: bool = False
) -> tuple[Ensemble, Array]:
    """Weighted circuits and a point, of shape (P,), from a circuit of any kind or a problem.

    Args:
        target: What was given.
        theta: The point.
        many: As in `problem_and_point`.

    Raises:
        InputError: Neither, no point, or one of the wrong shape.
    """
    if isinstance(target, Circuit):
        if theta is None:
            raise InputError(f"theta is needed: {target.n_parameters} numbers for the circuit")
        return ((target, 1.0),), point_of(target, theta, many)
    if origin(target) is not None:
        return ensemble_of(target, theta)
    problem, point = problem_and_point(target, theta, many)
    return problem.ensemble, point
