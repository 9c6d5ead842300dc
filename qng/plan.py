"""What has to be executed is data: the narrow waist between estimators and executors.

An estimator returns a `Plan`: the requests to be answered, and a pure function that reduces the
answers to a number, a gradient or a metric. Executors answer requests and know nothing of what
they are for. Optimizers consume what plans reduce to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from qng.circuit import Circuit
from qng.errors import InputError, UnsupportedMeasureError
from qng.metrics import Metric
from qng.pauli import PauliSum

Array = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Expectation:
    """<H> at every point; answered by `Values`."""

    observable: PauliSum


@dataclass(frozen=True)
class Gradient:
    """<H> and d<H>/d phi at every point; answered by `Values` with `gradient`."""

    observable: PauliSum


@dataclass(frozen=True, eq=False)
class Tangent:
    """The state and its derivatives along given directions; answered by a `TangentMap`.

    Args:
        jacobian: A = d phi / d theta, shape (R, P).
    """

    jacobian: Array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tangent) and np.array_equal(self.jacobian, other.jacobian)

    def __hash__(self) -> int:
        return hash(self.jacobian.tobytes())


@dataclass(frozen=True)
class State:
    """The statevector at every point; answered by an array (points, 2^n)."""


@dataclass(frozen=True)
class Probabilities:
    """Born probabilities of the computational basis; answered by an array (points, 2^n)."""


Measure = Expectation | Gradient | Tangent | State | Probabilities


@dataclass(frozen=True, eq=False)
class Request:
    """One circuit, an array of points and what to measure there.

    Args:
        circuit: The circuit.
        angles: phi at every point, shape (points, R), radians.
        measure: What to measure at every point. `Tangent` takes a single point.
    """

    circuit: Circuit
    angles: Array
    measure: Measure

    def __post_init__(self) -> None:
        if self.angles.ndim != 2 or self.angles.shape[1] != self.circuit.n_rotations:
            raise InputError(
                f"a request needs angles of shape (points, {self.circuit.n_rotations}), "
                f"not {self.angles.shape}"
            )
        if isinstance(self.measure, Tangent):
            rows = len(self.measure.jacobian)
            if (len(self.angles), rows) != (1, self.circuit.n_rotations):
                raise InputError(
                    f"derivative states need a single point and a Jacobian of "
                    f"{self.circuit.n_rotations} rows, not {len(self.angles)} and {rows}"
                )

    def same_point(self, other: Request) -> bool:
        """Whether circuit and angles are the same."""
        return (self.circuit is other.circuit or self.circuit == other.circuit) and np.array_equal(
            self.angles, other.angles
        )


@dataclass(frozen=True)
class Values:
    """Expectation values at the points of a request.

    Args:
        value: <H>, shape (points,).
        spread: <H^2> - <H>^2 of the state, shape (points,), or None where it is not known.
        gradient: d<H>/d phi, shape (points, R), where it was asked for.
        std_error: Standard error of `value`, shape (points,); None where it is exact.
    """

    value: Array
    spread: Array | None = None
    gradient: Array | None = None
    std_error: Array | None = None


class TangentMap(Protocol):
    """J = d psi / d theta as a linear map, and the state itself.

    It is never stored; products are computed when they are asked for.
    """

    @property
    def state(self) -> NDArray[np.complex128]:
        """psi, shape (2^n,)."""

    def jvp(self, v: Array) -> NDArray[np.complex128]:
        """J v, shape (2^n,)."""

    def vjp(self, w: NDArray[np.complex128]) -> Array:
        """Re(J^dagger w), shape (P,)."""

    def dense(self) -> NDArray[np.complex128]:
        """All derivative states as rows, shape (P, 2^n)."""


Result = Any  # Values | TangentMap | array: what the measure's docstring says


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

    def map(self, f: Callable[[T], Any]) -> Plan[Any]:
        """The plan whose result is f of this one's."""
        return Plan(self.requests, lambda results: f(self.reduce(results)))


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
            return k
        if _includes(request.measure, other.measure):
            requests[k] = request
            return k
    requests.append(request)
    return len(requests) - 1


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

    def submit(self, requests: Sequence[Request], key: str, seed: int) -> Handle:
        """Send a batch."""

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
class GradientEstimate:
    """A gradient in the parameters.

    Args:
        value: Shape (P,), units of the observable per radian.
        std_error: Shape (P,); None where exact.
    """

    value: Array
    std_error: Array | None = None


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
    """

    energy: Estimator[Energy]
    gradient: Estimator[GradientEstimate]
    metric: Estimator[Metric] | None = None


@dataclass(frozen=True)
class Measured:
    """What one round of a step has seen; None is what was not asked for."""

    energy: Energy
    gradient: GradientEstimate | None = None
    metric: Metric | None = None
