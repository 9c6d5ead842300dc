"""Names to things: executors, estimators and methods, and what "auto" means.

The only place that knows problem, estimators, optimizers and executors at once.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, SurrogateWarning, UnknownNameError
from qng.estimate import energy as energies
from qng.estimate.ensemble import weighted
from qng.estimate.fubini import connection as connections
from qng.estimate.fubini.form import cheapest
from qng.estimate.table import GRADIENTS, METRICS, Chosen, chosen, gradient_by, metric_by
from qng.execute.statevector.executor import Statevector
from qng.geometry.metric import Metric
from qng.geometry.noisy import Floored
from qng.geometry.solve import AdaptiveTikhonov, Tikhonov
from qng.optimize import controls
from qng.optimize import methods as optimizers
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.post import Geodesic
from qng.plan.executor import Executor, Pending, check_supported
from qng.plan.lower import sampled
from qng.plan.plan import Plan
from qng.plan.quantities import AtPoint, By, GradientEstimate, Objective
from qng.plan.request import Expectation, Gradient, Tangent
from qng.problem.foreign import circuit_of, origin, problem_of
from qng.problem.library import load
from qng.problem.problem import Problem
from qng.seeds import DIRECTIONS, Key, extended

T = TypeVar("T")
Method = Optimizer | controls.Control
Ensemble = tuple[tuple[Circuit, float], ...]

EXECUTORS: Final = (
    "statevector",
    "statevector:single",
    "aer",
    "aer:density_matrix",
    "aer:matrix_product_state",
    "fake_manila",
    "generic:5",
    "pennylane:default.qubit",
    "pennylane:lightning.qubit",
)
"""Names of executors; more backends and devices are known by names of the same kind."""


def executor(name: str | Executor = "statevector", **options: Any) -> Executor:
    """An executor by name, or the one given.

    Args:
        name: "statevector", "statevector:single"; "aer", "aer:density_matrix",
            "aer:matrix_product_state", "fake_manila" and IBM's other fake backends, "generic:5"
            (`execute/backends.py`); "pennylane" or "pennylane:lightning.qubit", any device of
            PennyLane; or an executor.
        options: Arguments of the executor.

    Raises:
        UnknownNameError: No such executor.
        InputError: A package is missing, or an option that the executor does not have.
    """
    if not isinstance(name, str):
        return name
    kind, _, detail = name.partition(":")
    make: Callable[..., Executor]
    if name == "statevector":
        make = Statevector
    elif name == "statevector:single":
        make = partial(Statevector, single=True)
    elif kind == "pennylane":
        from qng.execute.pennylane import device

        make = partial(device, detail or "default.qubit")
    elif kind in ("aer", "generic") or kind.lower().startswith("fake"):
        from qng.execute.qiskit.backends import backend

        make = partial(backend, name)
    else:
        raise UnknownNameError("executor", name, EXECUTORS)
    try:
        return make(**options)
    except TypeError as error:
        raise InputError(f"the executor {name} cannot be made: {error}") from error


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
    elif Expectation not in device.answers and any(r.shots is None for r in plan.requests):
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
    raise InputError(
        f"a problem, its name, a folder or a QNode is expected, not {type(target).__name__}; "
        "make one with qng.Problem(circuit, observable)"
    )


def problem_and_point(target: Any, theta: Any = None) -> tuple[Problem, Array]:
    """A problem and a point, of shape (P,): its start where none is given.

    Raises:
        InputError: Neither, or a point of the wrong shape.
    """
    problem = as_problem(target, theta)
    if theta is None or origin(target) is not None:
        return problem, problem.initial
    return problem, problem.circuit.check_point(theta)


def ensemble_and_point(target: Any, theta: Any = None) -> tuple[Ensemble, Array]:
    """Weighted circuits and a point, of shape (P,), from a circuit of any kind or a problem.

    Raises:
        InputError: Neither, no point, or one of the wrong shape.
    """
    if isinstance(target, Circuit):
        if theta is None:
            raise InputError(f"theta is needed: {target.n_parameters} numbers for the circuit")
        return ((target, 1.0),), target.check_point(theta)
    if origin(target) is not None:
        circuit, point = circuit_of(target, theta)
        return ((circuit, 1.0),), point
    problem, point = problem_and_point(target, theta)
    return problem.ensemble, point


def over(ensemble: Ensemble, estimate: Callable[[Circuit, Array], Plan[T]]) -> AtPoint[T]:
    """The weighted sum of what is estimated on every circuit, as a function of theta."""
    if len(ensemble) == 1 and ensemble[0][1] == 1.0:
        return partial(estimate, ensemble[0][0])
    weights = [weight for _, weight in ensemble]
    return lambda theta: weighted([estimate(c, theta) for c, _ in ensemble], weights)


def method(given: str | Method, hyperparameters: dict[str, Any]) -> Method:
    """A method from a name and its hyperparameters, or the one given.

    Raises:
        UnknownNameError: No such method or hyperparameter.
        InputError: Hyperparameters for a method that is complete.
    """
    if isinstance(given, str):
        if given in controls.CONTROLS:
            return controls.named(given, **hyperparameters)
        if given not in optimizers.METHODS:
            raise UnknownNameError("method", given, (*optimizers.METHODS, *controls.CONTROLS))
        return optimizers.named(given, **hyperparameters)
    if not isinstance(given, (Optimizer, controls.Rotosolve, controls.SciPy)):
        raise InputError(
            f"a method is a name such as 'qng' or an Optimizer, not {type(given).__name__}"
        )
    if hyperparameters:
        raise InputError(
            f"{', '.join(hyperparameters)} can be given for a method by name; "
            "this one is complete, set them in its constructor"
        )
    return given


def objective(
    problem: Problem,
    method: Method,
    device: Executor,
    counting: bool = False,
    seed: Key = 0,
) -> Objective:
    """What the method may ask for; "auto" is exact where the executor can do it.

    An exact metric for a solver that can do without its matrix is had in the cheapest form
    (`estimate/form.py`).

    Args:
        problem: What is minimised.
        method: It names its gradient and its metric.
        device: What will answer.
        counting: Whether from shots.
        seed: Of random directions, a new one for every batch.

    Raises:
        UnknownNameError: No such gradient or metric estimator.
        UnsupportedMeasureError: One that cannot be had from shots.
    """
    ensemble, observable = problem.ensemble, problem.observable
    options: dict[str, Any] = {}
    metric = connection = None
    if isinstance(method, Optimizer):
        options = dict(method.gradient_options)
        measured = measured_metric(problem, method, device, counting)
        if measured is not None:
            metric = over(ensemble, _drawing(measured, observable, extended(seed, DIRECTIONS, 1)))
        if isinstance(method.post, Geodesic):
            bend = connections.overlaps if counting else connections.exact
            connection = _connection(ensemble, bend)
    slope = gradient_estimator(By(method.gradient or "auto", **options), device, counting)
    return Objective(
        energy=over(ensemble, lambda c, theta: energies.expectation(c, observable, theta)),
        gradient=over(ensemble, _drawing(slope, observable, extended(seed, DIRECTIONS, 0))),
        metric=metric,
        connection=connection,
    )


def _drawing(
    estimate: Chosen[T], observable: PauliSum, seed: Key
) -> Callable[[Circuit, Array], Plan[T]]:
    return partial(estimate, observable=observable, seed=seed)


def _connection(
    ensemble: Ensemble, bend: Callable[..., Plan[GradientEstimate]]
) -> Callable[[Array, Array], Plan[GradientEstimate]]:
    return lambda theta, v: over(ensemble, lambda c, x: bend(c, x, v))(theta)


def warn_of_surrogate(device: Executor, metric: Chosen[Metric], stacklevel: int = 3) -> None:
    """Say so where a noisy executor is asked for a metric of pure states.

    The classical Fisher matrix is that of what was measured, with noise too.
    """
    if device.noise and metric.pure:
        warnings.warn(
            f"the executor {device.name} has noise ({device.noise}): the metric {metric.name!r} is "
            "that of a pure state, here a surrogate",
            SurrogateWarning,
            stacklevel=stacklevel,
        )


def measured_metric(
    problem: Problem, optimizer: Optimizer, device: Executor, counting: bool
) -> Chosen[Metric] | None:
    """The metric that a method measures; None where it measures none.

    Raises:
        UnknownNameError: No such estimator, or an option that it does not have.
        UnsupportedMeasureError: One that cannot be had from shots.
    """
    if not isinstance(optimizer.precondition, MeasuredMetric):
        return None
    given = By.of(optimizer.precondition.metric)
    by = By(given.estimator, **dict(given.options), **dict(optimizer.precondition.options))
    products = _exactly(device, counting) and _needs_no_matrix(problem, optimizer)
    if by.estimator == "auto" and products:
        by = by.named(cheapest(problem.circuit))
    return metric_estimator(by, device, counting)


def _exactly(device: Executor, counting: bool) -> bool:
    return Tangent in device.answers and not counting


def _needs_no_matrix(problem: Problem, optimizer: Optimizer) -> bool:
    """Whether all that is done with the metric can be done by products.

    Averages of metrics, sums over circuits and most solvers need the matrix.
    """
    solve = optimizer.solve
    return (
        len(problem.ensemble) == 1
        and getattr(optimizer.precondition, "average", None) is None
        and isinstance(solve, (Tikhonov, AdaptiveTikhonov, Floored))
        and solve.damping > 0
    )


def gradient_estimator(by: By, device: Executor, counting: bool) -> Chosen[GradientEstimate]:
    """A gradient estimator with its options; arguments as below.

    "auto" is exact where the device knows gradients, the parameter shift otherwise.
    """
    by = gradient_by(by, Gradient in device.answers and not counting)
    return chosen("gradient", by, GRADIENTS, counting=counting)


def metric_estimator(by: By, device: Executor, counting: bool) -> Chosen[Metric]:
    """A metric estimator with its options.

    Args:
        by: A name of `estimate.table.METRICS`, or an estimator; "auto" is "exact" where the device
            knows derivatives of its state, "blocks" otherwise.
        device: What will answer.
        counting: Whether from shots.

    Raises:
        UnknownNameError: No such estimator, or an option that it does not have.
        UnsupportedMeasureError: One that cannot be had from shots.
    """
    return chosen("metric", metric_by(by, _exactly(device, counting)), METRICS, counting=counting)
