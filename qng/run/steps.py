"""What several methods would do at one point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.estimate import gradient as gradients
from qng.estimate.fubini import exact as fubini
from qng.execute.names import executor as executor_named
from qng.geometry import Metric
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.optimize.optimizer import Optimizer
from qng.plan.executor import Executor
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.plan.request import Probabilities, Request
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.bench import Bench, answer
from qng.run.driver import steps as steps_of
from qng.run.idle import Kept
from qng.run.objective import objective_of
from qng.run.results import StepReport
from qng.run.sweep import resolved
from qng.run.target import device_for, problem_and_point
from qng.seeds import number_of


def compare_steps(
    problem: Problem | str | Path | Any,
    theta: Any = None,
    methods: Sequence[str] | Mapping[str, str | Method] = ("gd", "adam", "ng", "qng"),
    *,
    lr: Mapping[str, float] | None = None,
    executor: str | Executor | Any = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> list[StepReport]:
    """What each method would do at one point, as the first step of a run.

    The steps are those of the executor; what is said of them (length, decrease, ...) is exact.

    Args:
        problem: A problem, its name in the library, a folder, or a QNode.
        theta: Shape (P,), radians, or a mapping from parameters to values; the problem's start
            by default. For a QNode its argument, or a tuple of its arguments.
        methods: Names of `optimizers.METHODS`, or optimizers by a label of your own.
        lr: Learning rates by method.
        executor: By name or as an object.
        shots: For all circuits of one step together, or `PerCircuit(N)`: N for each; None: exact.
        seed: Of everything that is drawn.

    Returns:
        One report a method, in order.

    Raises:
        InputError: Bad input, before anything is computed.
        SingularMetricError: A method without damping at a point where its metric is singular.

    Example:
        >>> import qng
        >>> reports = qng.compare_steps("one-qubit", methods=["gd", "qng"])
        >>> [report.method for report in reports], round(reports[1].angle)
        (['gd', 'qng'], 0)
    """
    whole, base = problem_and_point(problem, theta)
    shots, seed = checked_shots(shots), number_of(seed)
    device = device_for(whole, executor, shots)
    table = resolved(methods, lr or {})
    inner = whole.reduced(base)
    scene = _of_circuit(inner) if isinstance(inner, Problem) else _of_model(inner, seed)
    for method, optimizer in table.items():
        if not isinstance(optimizer, Optimizer):
            raise InputError(f"{method} has no first step to compare: it asks as it goes")
    reports = []
    for method, optimizer in table.items():
        step, eta = _first_step(inner, optimizer, Bench(device, shots, (seed,)), seed)
        energy, kl = scene.there(inner.initial + step)
        reports.append(
            StepReport(
                method=method,
                step=whole.expand(step, np.zeros_like(base)),
                eta=eta,
                length=math.nan if scene.metric is None else scene.metric.length(step),
                angle=_degrees(step, scene.toward),
                kl=kl,
                predicted=-float(step @ scene.gradient),
                actual=scene.energy - energy,
            )
        )
    return reports


@dataclass(frozen=True)
class _Scene:
    """What is known exactly of a point and of others, by which steps are described.

    Args:
        energy: At the point.
        gradient: There, shape (P,).
        metric: The Fubini-Study metric there; None where there is none.
        toward: The step of `qng`, shape (P,); NaN where there is no metric.
        there: Another point -> the energy there, and KL(p_here || p_there).
    """

    energy: float
    gradient: Array
    metric: Metric | None
    toward: Array
    there: Callable[[Array], tuple[float, float]]


def _of_circuit(inner: Problem) -> _Scene:
    """The scene of one circuit, on the statevector.

    Raises:
        InputError: There are several circuits.
    """
    if len(inner.ensemble) > 1:
        raise InputError("steps are compared on one circuit, not on an ensemble")
    exact = executor_named("statevector")
    point, kept = inner.initial, Kept.of(inner.ensemble, exact, inner.observable)
    circuit, observable = kept.circuit(inner.circuit), kept.observable(inner.observable)

    def seen(x: Array) -> dict[str, Plan[Any]]:
        energy = energies.expectation(circuit, observable, x)
        return {"energy": energy, "p": _probabilities(circuit, x)}

    more: dict[str, Plan[Any]] = {
        "g": fubini.exact(circuit, point),
        "gradient": gradients.exact(circuit, observable, point),
    }
    here = answer(exact, join(more | seen(point)))

    def there(x: Array) -> tuple[float, float]:
        found = answer(exact, join(seen(x)))
        return float(found["energy"].value[0]), _kl(here["p"], found["p"])

    toward = _first_step(inner, method_of("qng", {}), Bench(exact), 0)[0]
    energy = float(here["energy"].value[0])
    return _Scene(energy, here["gradient"].value, here["g"], toward, there)


def _of_model(inner: AnyProblem, seed: int) -> _Scene:
    """The scene of a model, or of a problem in other coordinates; without shots."""
    device, point = device_for(inner, "statevector"), inner.initial
    objective = objective_of(inner, device, False, (seed,))
    energy = answer(device, objective.energy(point[None])).at(0).value
    gradient = answer(device, objective.gradient(point, By("auto"))).value
    metric, toward = None, np.full(len(point), math.nan)
    try:
        metric = answer(device, objective.metric(point, By("auto")))
        toward = _first_step(inner, method_of("qng", {}), Bench(device), seed)[0]
    except InputError:
        pass  # a function that has no metric

    def there(x: Array) -> tuple[float, float]:
        value = answer(device, objective.energy(x[None])).at(0).value
        plan = objective.divergence(point, x[None], By("fisher"))
        return value, math.nan if plan is None else float(answer(device, plan)[0])

    return _Scene(energy, gradient, metric, toward, there)


def _first_step(
    problem: AnyProblem, method: Method, bench: Bench, seed: int
) -> tuple[Array, float]:
    # The random directions are those of a run with this seed.
    goal = objective_of(problem, bench.device, counting=bench.shots is not None, key=(seed,))
    going = steps_of(method, goal, bench, method.init(problem.initial))
    state, step = next(going)
    return state.change, step.eta


def _probabilities(circuit: Circuit, theta: Array) -> Plan[Array]:
    request = Request(circuit, circuit.angles(theta)[None], Probabilities())
    return Plan((request,), lambda results: results[0][0])


def _degrees(a: Array, b: Array) -> float:
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return math.degrees(math.acos(np.clip(a @ b / norms, -1, 1))) if norms else math.nan


def _kl(p: Array, q: Array) -> float:
    """sum p ln(p/q); probabilities below 1e-24 are rounding."""
    seen = p > 1e-24
    if np.any(q[seen] <= 0):
        return math.inf
    return max(float(np.sum(p[seen] * np.log(p[seen] / q[seen]))), 0.0)
