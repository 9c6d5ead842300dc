"""Names to things: executors, estimators and methods, and what "auto" means.

The only place that knows problem, estimators, optimizers and executors at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from qng import optimizers
from qng.errors import InputError, UnknownNameError
from qng.estimate import energy as energies
from qng.estimate import fisher, fubini, hessian
from qng.estimate import gradient as gradients
from qng.execute.statevector import Statevector
from qng.folder import load
from qng.metrics import Metric
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.plan import Executor, GradientEstimate, Objective, Pending, Plan, check_supported
from qng.problem import Problem
from qng.request import Expectation, Gradient, Tangent
from qng.sampling import sampled

Array = NDArray[np.float64]
T = TypeVar("T")

EXECUTORS: Final[dict[str, Callable[..., Executor]]] = {"statevector": Statevector}

METRICS: Final[dict[str, Callable[..., Plan[Metric]]]] = {
    "exact": fubini.exact,
    "blocks": fubini.blocks,
    "diagonal": fubini.diagonal,
    "fisher": fisher.born,
    "fisher-diagonal": fisher.diagonal,
}

GRADIENTS: Final[dict[str, Callable[..., Plan[GradientEstimate]]]] = {
    "exact": gradients.exact,
    "parameter-shift": gradients.parameter_shift,
    "finite-difference": gradients.finite_difference,
}


def executor(name: str | Executor = "statevector", **options: Any) -> Executor:
    """An executor by name, or the one given.

    Args:
        name: "statevector", or an executor.
        options: Arguments of the executor.

    Raises:
        UnknownNameError: No such executor.
    """
    if not isinstance(name, str):
        return name
    if name not in EXECUTORS:
        raise UnknownNameError("executor", name, EXECUTORS)
    return EXECUTORS[name](**options)


def answer(
    device: Executor, plan: Plan[T], key: str = "", seed: int = 0, shots: int | None = None
) -> T:
    """Execute a plan's requests and reduce the results.

    Args:
        device: What answers.
        plan: What to ask.
        key: Names the batch; a new one by default.
        seed: Of all that the executor draws.
        shots: For all requests together; None: exact.

    Raises:
        UnsupportedMeasureError: Before anything is sent.
        InputError: No shots for an executor that counts bits, or too few.
    """
    if shots is not None:
        plan = sampled(plan, shots)
    elif Expectation not in device.answers:
        raise InputError(
            f"the executor {device.name} counts bits: give shots=, the number for a whole batch"
        )
    check_supported(device, plan.requests)
    handle = device.submit(plan.requests, key or uuid4().hex, seed)
    results = device.collect(handle)
    while isinstance(results, Pending):
        time.sleep(1.0)
        results = device.collect(handle)
    return plan.reduce(results)


def as_problem(target: Problem | str | Path) -> Problem:
    """A problem, or the one of a name or folder.

    Raises:
        InputError: Neither.
    """
    if isinstance(target, Problem):
        return target
    if isinstance(target, (str, Path)):
        return load(target)
    raise InputError(
        f"a problem, its name or a folder is expected, not {type(target).__name__}; "
        "make one with qng.Problem(circuit, observable)"
    )


def method(given: str | Optimizer, hyperparameters: dict[str, Any]) -> Optimizer:
    """An optimizer from a name and its hyperparameters, or the one given.

    Raises:
        UnknownNameError: No such method or hyperparameter.
        InputError: Hyperparameters for an optimizer that is complete.
    """
    if isinstance(given, str):
        return optimizers.named(given, **hyperparameters)
    if not isinstance(given, Optimizer):
        raise InputError(
            f"a method is a name such as 'qng' or an Optimizer, not {type(given).__name__}"
        )
    if hyperparameters:
        raise InputError(
            f"{', '.join(hyperparameters)} can be given for a method by name; "
            "an optimizer is complete, set them in its constructor"
        )
    return given


def objective(problem: Problem, optimizer: Optimizer, device: Executor) -> Objective:
    """What the optimizer may ask for; "auto" is exact where the executor can do it.

    Raises:
        UnknownNameError: No such gradient or metric estimator.
    """
    circuit, observable = problem.circuit, problem.observable
    name = optimizer.gradient
    if name == "auto":
        name = "exact" if Gradient in device.answers else "parameter-shift"
    estimate = looked_up("gradient", name, GRADIENTS)
    measured: Callable[..., Plan[Any]] | None = None
    if isinstance(optimizer.precondition, MeasuredMetric):
        wanted = optimizer.precondition.metric
        options = dict(optimizer.precondition.options)
        if wanted == "auto":
            wanted = "exact" if Tangent in device.answers else "blocks"
        if wanted == "hessian":
            measured = partial(hessian.exact, circuit, observable)
        elif isinstance(wanted, str):
            measured = partial(metric_estimator(wanted, options), circuit)
        else:
            measured = partial(wanted, circuit, **options)
    return Objective(
        energy=partial(energies.expectation, circuit, observable),
        gradient=partial(estimate, circuit, observable),
        metric=measured,
    )


def metric_estimator(name: str, options: dict[str, Any]) -> Callable[..., Plan[Metric]]:
    """A metric estimator, (circuit, theta) -> Plan, with its options.

    Raises:
        UnknownNameError: No such estimator, or an option that it does not have.
    """
    estimate = looked_up("metric", name, METRICS)
    known = _options(estimate)
    for key in options:
        if key not in known:
            raise UnknownNameError(f"option of the metric {name}", key, known or ("none",))
    return partial(estimate, **options)


def _options(estimate: Callable[..., Any]) -> tuple[str, ...]:
    code = estimate.__code__
    return code.co_varnames[2 : code.co_argcount]


def looked_up(kind: str, name: str, table: dict[str, T]) -> T:
    """The entry of a table.

    Raises:
        UnknownNameError: No such entry.
    """
    if name not in table:
        raise UnknownNameError(kind, name, table)
    return table[name]
