"""What has to be executed is data: the narrow waist between estimators and executors.

An estimator returns a `Plan`: the requests to be answered, and a pure function that reduces the
answers to a number, a gradient or a metric. Executors answer requests and know nothing of what
they are for. Optimizers consume what plans reduce to.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

import numpy as np

from qng.arrays import Array
from qng.plan.cost import Cost, cost
from qng.plan.request import Expectation, Gradient, Measure, Request, Result

T = TypeVar("T")

# An expectation value is read off a gradient.
_READ_OFF: Final = {Gradient, Expectation}


@dataclass(frozen=True)
class Plan(Generic[T]):
    """Requests, and what to make of the results.

    Args:
        requests: What has to be executed; may be empty for a classical objective.
        reduce: A pure function of the results, one a request, in the same order.
        share: Of the shots of a step, where the step asks in several rounds; NaN: of a round for
            which there are none.
        values: How often a function is evaluated to reduce it, for a classical objective.
        rigid: Whether it is at one point theta, and all but the angles phi(theta) of its requests
            is the same at every other: then it can be moved there (`at`).
    """

    requests: tuple[Request, ...]
    reduce: Callable[[Sequence[Result]], T]
    share: float = 1.0
    values: int = 0
    rigid: bool = False

    @property
    def evaluations(self) -> int:
        """Evaluations: points, where an exact sweep over a circuit counts as one."""
        found = self.values
        for request in self.requests:
            found += len(request.angles)
        return found

    @property
    def cost(self) -> Cost:
        """Circuits, points, shots and two-qubit depth of the requests as they stand."""
        return cost(self.requests)

    def map(self, f: Callable[[T], Any], rigid: bool = False) -> Plan[Any]:
        """The plan whose result is f of this one's.

        Args:
            f: A pure function.
            rigid: Whether it is the same at every theta.
        """
        reduce = self.reduce

        def mapped(results: Sequence[Result]) -> Any:
            return f(reduce(results))

        return Plan(self.requests, mapped, self.share, self.values, self.rigid and rigid)

    def at(self, theta: Array) -> Plan[T]:
        """The plan at another point, where it is `rigid`; shape (P,), radians."""
        circuit = self.requests[0].circuit
        phi = circuit.angles(theta)[None]
        requests = []
        for request in self.requests:
            own = request.circuit
            requests.append(request.at(phi if own is circuit else own.angles(theta)[None]))
        return Plan(tuple(requests), self.reduce, self.share, self.values, True)

    def of_step(self, share: float) -> Plan[T]:
        """The plan as one round of a step, with this share of the shots of the step."""
        return Plan(self.requests, self.reduce, share, self.values, self.rigid)

    def weighted(self, factor: float) -> Plan[T]:
        """The plan with a larger or smaller share of a batch's shots."""
        return replace(self, requests=tuple(r.weighted(factor) for r in self.requests))

    def kept_apart(self, name: str) -> Plan[T]:
        """The plan with shots of its own: its errors are independent of those of other names."""
        return replace(self, requests=tuple(r.kept_apart(name) for r in self.requests))


def join(plans: Mapping[str, Plan[Any]]) -> Plan[dict[str, Any]]:
    """One plan that does the work of several, reducing to a dictionary.

    Requests that ask the same of the same points are executed once, unless they are kept apart;
    an expectation value is read off a gradient of the same observable.
    """
    asked = _Asked()
    where = {name: [asked.placed(one) for one in plan.requests] for name, plan in plans.items()}

    parts = [(name, plan.reduce, where[name]) for name, plan in plans.items()]

    def reduce(results: Sequence[Result]) -> dict[str, Any]:
        return {name: of([results[k] for k in places]) for name, of, places in parts}

    return Plan(
        tuple(asked.requests),
        reduce,
        values=sum(plan.values for plan in plans.values()),
        rigid=all(plan.rigid for plan in plans.values()),
    )


class _Asked:
    """The requests of several plans, each asked once.

    Attributes:
        requests: In the order in which they came.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._places: dict[Hashable, list[int]] = {}

    def placed(self, request: Request) -> int:
        """Where the one stands that answers a request; it is added where none does."""
        # Only requests of equal keys need comparing: there may be thousands, of as many circuits.
        first = (request.angles[:1] + 0.0).tobytes()  # -0 becomes 0
        key = request.circuit, request.apart, request.angles.shape, first
        places = self._places.setdefault(key, [])
        for k in places:
            other = self.requests[k]
            if not _comparable(other, request) or not other.same_point(request):
                continue
            if other.measure == request.measure or _includes(other.measure, request.measure):
                self.requests[k] = _heavier(other, request)
                return k
            if _includes(request.measure, other.measure):
                self.requests[k] = _heavier(request, other)
                return k
        places.append(len(self.requests))
        self.requests.append(request)
        return places[-1]


def _comparable(request: Request, other: Request) -> bool:
    """Whether one may answer the other, their points and observables apart."""
    kinds = {type(request.measure), type(other.measure)}
    return len(kinds) == 1 or kinds == _READ_OFF


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
