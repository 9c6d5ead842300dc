"""Values at one point: energy, gradient, Hessian, metric and Berry curvature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.circuit import Circuit
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.estimate import fubini
from qng.estimate import hessian as hessians
from qng.metrics import Dense, Metric
from qng.plan import Executor, GradientEstimate
from qng.problem import Problem
from qng.resolve import GRADIENTS, answer, as_problem, looked_up, metric_estimator
from qng.resolve import executor as executor_of

Array = NDArray[np.float64]


def metric(
    target: Circuit | Problem | str | Path,
    theta: ArrayLike | None = None,
    estimator: str = "exact",
    *,
    executor: str | Executor = "statevector",
    **options: Any,
) -> Metric:
    """The metric of a circuit at a point.

    Args:
        target: A circuit, a problem, or a problem's name.
        theta: Shape (P,), radians; the start of a problem by default.
        estimator: "exact", "blocks", "diagonal" (Fubini-Study g; QFI = 4 g), "fisher" or
            "fisher-diagonal" (classical Fisher matrix, I <= 4 g).
        executor: By name or as an object.
        options: Of the estimator: rule="commuting" or "wires" for "blocks"; basis="Z", "X0 Y1",
            ... for "fisher".

    Returns:
        A metric; `dense()` has shape (P, P), in the order of `circuit.parameters`.

    Raises:
        UnknownNameError: No such estimator or option.
        InputError: theta of the wrong length or not finite.

    Example:
        >>> import qng
        >>> qng.metric("one-qubit", [0.0, 0.0]).dense().round(3).tolist()
        [[0.25, 0.0], [0.0, 0.25]]
    """
    circuit, point = _circuit_and_point(target, theta)
    plan = metric_estimator(estimator, options)(circuit, point)
    return answer(executor_of(executor), plan)


def gradient(
    target: Problem | str | Path,
    theta: ArrayLike | None = None,
    estimator: str = "exact",
    *,
    executor: str | Executor = "statevector",
) -> GradientEstimate:
    """The gradient of a problem's energy at a point.

    Args:
        target: A problem, or its name.
        theta: Shape (P,), radians; the start by default.
        estimator: "exact", "parameter-shift" or "finite-difference".
        executor: By name or as an object.

    Returns:
        `value` of shape (P,), in the order of `circuit.parameters`.

    Raises:
        UnknownNameError: No such estimator.
        InputError: theta of the wrong length or not finite.
    """
    problem = as_problem(target)
    point = problem.initial if theta is None else theta
    estimate = looked_up("gradient", estimator, GRADIENTS)
    plan = estimate(problem.circuit, problem.observable, point)
    return answer(executor_of(executor), plan)


def hessian(
    target: Problem | str | Path,
    theta: ArrayLike | None = None,
    *,
    executor: str | Executor = "statevector",
) -> Dense:
    """The Hessian of a problem's energy at a point, symmetric, maybe indefinite.

    Args:
        target: A problem, or its name.
        theta: Shape (P,), radians; the start by default.
        executor: By name or as an object.

    Returns:
        `dense()` has shape (P, P), in the order of `circuit.parameters`.

    Cost: 2R + 1 gradients for R rotations.
    """
    problem = as_problem(target)
    point = problem.initial if theta is None else theta
    plan = hessians.exact(problem.circuit, problem.observable, point)
    return answer(executor_of(executor), plan)


def berry_curvature(
    target: Circuit | Problem | str | Path,
    theta: ArrayLike | None = None,
    *,
    executor: str | Executor = "statevector",
) -> Array:
    """F_ij = 2 Im <d_i psi|d_j psi> at a point, antisymmetric, shape (P, P).

    F = dA with A = Im <psi|d psi>, the opposite sign of A = i <psi|d psi>.

    Args:
        target: A circuit, a problem, or a problem's name.
        theta: Shape (P,), radians; the start of a problem by default.
        executor: By name or as an object.
    """
    circuit, point = _circuit_and_point(target, theta)
    return answer(executor_of(executor), fubini.berry_curvature(circuit, point))


def energy(
    target: Problem | str | Path,
    theta: ArrayLike | None = None,
    *,
    executor: str | Executor = "statevector",
) -> float:
    """The energy of a problem at a point, in the units of its observable.

    Args:
        target: A problem, or its name.
        theta: Shape (P,), radians; the start by default.
        executor: By name or as an object.
    """
    problem = as_problem(target)
    point = problem.initial if theta is None else theta
    one = problem.circuit.check_point(point)
    plan = energies.expectation(problem.circuit, problem.observable, one)
    return float(answer(executor_of(executor), plan).value[0])


def _circuit_and_point(
    target: Circuit | Problem | str | Path, theta: ArrayLike | None
) -> tuple[Circuit, Array]:
    if isinstance(target, Circuit):
        if theta is None:
            raise InputError(f"theta is needed: {target.n_parameters} numbers for the circuit")
        return target, target.check_point(theta)
    problem = as_problem(target)
    return problem.circuit, problem.circuit.check_point(problem.initial if theta is None else theta)
