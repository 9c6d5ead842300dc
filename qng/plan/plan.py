"""What has to be executed is data: the narrow waist between estimators and executors.

An estimator returns a `Plan`: the requests to be answered, and a pure function that reduces the
answers to a number, a gradient or a metric. Executors answer requests and know nothing of what
they are for. Optimizers consume what plans reduce to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from qng.errors import UnsupportedMeasureError
from qng.geometry.metric import Metric
from qng.plan.cost import Cost, cost
from qng.plan.request import Expectation, Gradient, Measure, Request, Result

Array = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Plan(Generic[T]):
    """Requests, and what to make of the results.

    Args:
        requests: What has to be executed; may be empty for a classical objective.
        reduce: A pure function of the results, one a request, in the same order.
    """

    requests: tuple[Request, ...]
    reduce: Callable[[Sequence[Result]], T]

    @property
    def evaluations(self) -> int:
        """Circuit evaluations: points, where an exact sweep over a circuit counts as one."""
        return sum(len(request.angles) for request in self.requests)

    @property
    def cost(self) -> Cost:
        """Circuits, points, shots and two-qubit depth of the requests as they stand."""
        return cost(self.requests)

    def map(self, f: Callable[[T], Any]) -> Plan[Any]:
        """The plan whose result is f of this one's."""
        return Plan(self.requests, lambda results: f(self.reduce(results)))

    def weighted(self, factor: float) -> Plan[T]:
        """The plan with a larger or smaller share of a batch's shots."""
        return Plan(tuple(request.weighted(factor) for request in self.requests), self.reduce)


def join(plans: Mapping[str, Plan[Any]]) -> Plan[dict[str, Any]]:
    """One plan that does the work of several, reducing to a dictionary.

    Requests that ask the same of the same points are executed once; an expectation value is read
    off a gradient of the same observable.
    """
    requests: list[Request] = []
    where: dict[str, list[int]] = {}
    for name, plan in plans.items():
        where[name] = [_placed(requests, request) for request in plan.requests]

    def reduce(results: Sequence[Result]) -> dict[str, Any]:
        return {
            name: plan.reduce([results[k] for k in where[name]]) for name, plan in plans.items()
        }

    return Plan(tuple(requests), reduce)


def _placed(requests: list[Request], request: Request) -> int:
    for k, other in enumerate(requests):
        if not other.same_point(request):
            continue
        if other.measure == request.measure or _includes(other.measure, request.measure):
            requests[k] = _heavier(other, request)
            return k
        if _includes(request.measure, other.measure):
            requests[k] = _heavier(request, other)
            return k
    requests.append(request)
    return len(requests) - 1


def _heavier(request: Request, other: Request) -> Request:
    if request.weights is None and other.weights is None:
        return request
    return replace(request, weights=np.maximum(request.shares, other.shares))


def _includes(larger: Measure, smaller: Measure) -> bool:
    return (
        isinstance(larger, Gradient)
        and isinstance(smaller, Expectation)
        and larger.observable == smaller.observable
    )


@dataclass(frozen=True)
class Handle:
    """What is needed to collect a submitted batch: basic types only, so that it can be stored."""

    executor: str
    key: str


@dataclass(frozen=True)
class Pending:
    """The answer of `collect` while a batch is not finished."""

    message: str


class Executor(Protocol):
    """Answers requests. `answers` lists the measures it can do."""

    @property
    def name(self) -> str:
        """How it is called on the command line."""

    @property
    def answers(self) -> frozenset[type]:
        """The measures that it answers."""

    @property
    def noise(self) -> str:
        """What disturbs the states it prepares, in a few words; empty where nothing does."""

    def submit(self, requests: Sequence[Request], key: str, seed: int) -> Handle:
        """Send a batch.

        Args:
            requests: A request with `shots` is sampled, with one independent draw a shot.
            key: Names the batch.
            seed: Of all that is drawn; equal seeds give equal results.
        """

    def collect(self, handle: Handle) -> list[Result] | Pending:
        """The results of a batch, one a request, or that they are not there yet."""


def check_supported(executor: Executor, requests: Iterable[Request]) -> None:
    """Refuse a batch that an executor cannot answer, before anything is sent.

    Raises:
        UnsupportedMeasureError: Naming the measure and what the executor does answer.
    """
    for request in requests:
        if type(request.measure) not in executor.answers:
            known = ", ".join(sorted(measure.__name__ for measure in executor.answers))
            raise UnsupportedMeasureError(
                f"the executor {executor.name} does not answer {type(request.measure).__name__}; "
                f"it answers {known}: choose estimators that need only these"
            )


@dataclass(frozen=True)
class Energy:
    """Energies at several points.

    Args:
        value: Shape (points,), in the units of the observable.
        spread: <H^2> - <H>^2, shape (points,), or None.
        std_error: Shape (points,); None where exact.
    """

    value: Array
    spread: Array | None = None
    std_error: Array | None = None


@dataclass(frozen=True)
class EnergyEstimate:
    """The energy at one point.

    Args:
        value: In the units of the observable.
        std_error: None where exact.
    """

    value: float
    std_error: float | None = None


@dataclass(frozen=True)
class GradientEstimate:
    """A gradient in the parameters.

    Args:
        value: Shape (P,), units of the observable per radian.
        covariance: Of the entries, shape (P, P); None where exact.
    """

    value: Array
    covariance: Array | None = None

    @property
    def std_error(self) -> Array | None:
        """Standard errors of the entries, shape (P,); None where exact."""
        if self.covariance is None:
            return None
        errors: Array = np.sqrt(np.diag(self.covariance))
        return errors


class Estimator(Protocol[T]):
    """theta -> Plan: how a quantity is obtained at a point."""

    def __call__(self, theta: Array, /) -> Plan[T]:
        """The plan at theta, shape (P,)."""


@dataclass(frozen=True)
class Objective:
    """What an optimizer may ask for: each a function of theta that returns a plan.

    Args:
        energy: At points of shape (points, P).
        gradient: At one point.
        metric: At one point, where the method has a measured metric.
        connection: (theta, v) -> Gamma_{i,jk} v^j v^k, where the method follows geodesics.
    """

    energy: Estimator[Energy]
    gradient: Estimator[GradientEstimate]
    metric: Estimator[Metric] | None = None
    connection: Callable[[Array, Array], Plan[GradientEstimate]] | None = None


@dataclass(frozen=True)
class Measured:
    """What one round of a step has seen; None is what was not asked for."""

    energy: Energy
    gradient: GradientEstimate | None = None
    metric: Metric | None = None
