"""Values at a point that say how they were made: a metric, and what methods would do there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from qng.arrays import Array
from qng.errors import InputError
from qng.estimate.table import metric_by
from qng.execute.names import executor as executor_of
from qng.geometry import Metric
from qng.optimize.method import Method
from qng.plan.executor import Executor
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.anyproblem import AnyProblem
from qng.run.objective import Exactness
from qng.run.point import metric
from qng.run.recipe import machine, now, settings_of, threads_of, versions
from qng.run.results import StepReport
from qng.run.saved import save_run
from qng.run.steps import compare_steps
from qng.run.sweep import resolved
from qng.run.target import device_for, is_of_models, problem_and_point
from qng.seeds import number_of


@dataclass(frozen=True, eq=False)
class Origin:
    """How values at a point were made.

    Args:
        problem: Circuits, observable, frozen parameters, reference.
        theta: The point, shape (P,), radians.
        executor: Its name.
        shots: For all circuits of a point or of a step, or `PerCircuit`; None: exact.
        seed: Of everything that was drawn.
        versions: Of Python and the packages that had a part in it.
        date: In UTC.
        threads: Of the executor and of linear algebra.
        machine: System and processor.
        settings: How the executor is made again; empty for an object of the user's.
    """

    problem: AnyProblem
    theta: Array
    executor: str
    shots: Shots | None
    seed: int
    versions: dict[str, str]
    date: str
    threads: int | None = None
    machine: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MetricResult:
    """A metric, and how it was made.

    Args:
        metric: At one point, (P, P).
        parameters: The names of its rows.
        name: Of its estimator, such as "exact" or "blocks".
        options: Of the estimator.
        made: How it was made.
    """

    metric: Metric
    parameters: tuple[str, ...]
    name: str
    options: Mapping[str, Any]
    made: Origin

    def save(self, path: str | PathLike[str]) -> None:
        """Keep it in a file, which `qng.load_run` reads.

        Raises:
            QngError: The file cannot be written.
            NotStorableError: A metric that is known by its products only.
        """
        save_run(self, path)


@dataclass(frozen=True, eq=False)
class StepsResult:
    """What several methods would do at one point, and how that was made.

    Args:
        reports: One a method.
        methods: By label, with all hyperparameters.
        made: How it was made.
    """

    reports: tuple[StepReport, ...]
    methods: Mapping[str, Method]
    made: Origin

    def save(self, path: str | PathLike[str]) -> None:
        """Keep it in a file, which `qng.load_run` reads.

        Raises:
            QngError: The file cannot be written.
        """
        save_run(self, path)


def metric_result(
    target: Any,
    theta: Any = None,
    estimator: str = "auto",
    *,
    executor: str | Executor | Any = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
    **options: Any,
) -> MetricResult:
    """The metric of a problem at one point, with how it was made; arguments as `qng.metric`.

    Raises:
        InputError: Several points, something that is no problem, or as `qng.metric`.

    Example:
        >>> found = metric_result("one-qubit", [0.0, 0.0])
        >>> found.name, found.metric.dense().round(12).tolist()
        ('exact', [[0.25, 0.0], [0.0, 0.25]])
    """
    problem, point, origin = _origin(target, theta, executor, shots, seed)
    name = _resolved(estimator, problem, executor, shots)
    found = metric(
        problem, point, estimator, executor=executor, shots=shots, seed=origin.seed, **options
    )
    return MetricResult(found, tuple(problem.parameters), name, options, origin)


def steps_result(
    problem: Any,
    theta: Any = None,
    methods: Sequence[str] | Mapping[str, str | Method] = ("gd", "adam", "ng", "qng"),
    *,
    lr: Mapping[str, float] | None = None,
    executor: str | Executor | Any = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> StepsResult:
    """What each method would do at one point, with how it was made; as `qng.compare_steps`.

    Raises:
        InputError: As `qng.compare_steps`.

    Example:
        >>> [report.method for report in steps_result("one-qubit", methods=["gd"]).reports]
        ['gd']
    """
    table = resolved(methods, lr or {})
    whole, point, origin = _origin(problem, theta, executor, shots, seed)
    reports = compare_steps(whole, point, table, executor=executor, shots=shots, seed=origin.seed)
    return StepsResult(tuple(reports), table, origin)


def _origin(
    target: Any, theta: Any, executor: Any, shots: Shots | None, seed: Any
) -> tuple[AnyProblem, Array, Origin]:
    """A problem, a point, and how values there are made."""
    problem, point = problem_and_point(target, theta)
    if point.ndim != 1:
        raise InputError(f"one point is expected, of shape (P,), not {point.shape}")
    device: Any = device_for(problem, executor, shots)
    origin = Origin(
        problem=problem,
        theta=point,
        executor=device.name,
        shots=checked_shots(shots),
        seed=number_of(seed),
        versions=versions(),
        date=now(),
        threads=threads_of(device),
        machine=machine(),
        settings=settings_of(executor, device),
    )
    return problem, point, origin


def _resolved(name: str, problem: AnyProblem, executor: Any, shots: Shots | None) -> str:
    """Which estimator "auto" is."""
    if name != "auto":
        return name
    if is_of_models(problem):
        return "exact"
    known = Exactness.of(executor_of(executor), shots is not None)
    return str(metric_by(By("auto"), known.tangents, known.densities).estimator)
