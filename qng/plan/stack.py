"""Many plans as one: requests for the same of the same circuit become points of one request."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from qng.plan.plan import Plan
from qng.plan.request import Overlap, Request, Result, Tangent, Values

T = TypeVar("T")


@dataclass(frozen=True)
class _Place:
    """Some points of a request of the stack; all that it answers where there is no slice."""

    request: int
    points: slice | None

    def of(self, results: Sequence[Result]) -> Result:
        result = results[self.request]
        return result if self.points is None else _part(result, self.points)


def stacked(plans: Sequence[Plan[T]]) -> Plan[tuple[T, ...]]:
    """One plan that does the work of several, reducing to their results in order.

    Args:
        plans: Such as those of one quantity at many points. Sampled ones (`lower.sampled`) keep
            their shots, and every point has a stream of its own.

    Cost: that of all, in as few requests as there are circuits and measures.
    """
    groups: dict[Hashable, list[Request]] = {}
    lengths: dict[Hashable, int] = {}
    keys: list[list[tuple[Hashable, slice]]] = []
    for number, plan in enumerate(plans):
        keys.append([])
        for own, request in enumerate(plan.requests):
            key = _kind(request) or (number, own)
            start = lengths.get(key, 0)
            lengths[key] = start + len(request.angles)
            groups.setdefault(key, []).append(request)
            keys[-1].append((key, slice(start, lengths[key])))
    order = {key: k for k, key in enumerate(groups)}
    alone = {key for key, group in groups.items() if len(group) == 1}
    places = [
        [_Place(order[key], None if key in alone else points) for key, points in of_plan]
        for of_plan in keys
    ]

    def reduce(results: Sequence[Result]) -> tuple[T, ...]:
        return tuple(
            plan.reduce([place.of(results) for place in own]) for plan, own in zip(plans, places)
        )

    return Plan(tuple(_stack(group, k) for k, group in enumerate(groups.values())), reduce)


def _kind(request: Request) -> Hashable:
    """What requests have in common that become one; None for one that stays alone."""
    measure: Hashable = request.measure
    if isinstance(measure, Tangent):  # takes a single point
        return None
    if isinstance(measure, Overlap):
        if measure.kept is not None:
            return None
        measure = Overlap
    return request.circuit, measure, request.shots is None


def _stack(group: Sequence[Request], number: int) -> Request:
    first = group[0]
    measure = first.measure
    if isinstance(measure, Overlap):
        others = [r.measure.others for r in group if isinstance(r.measure, Overlap)]
        measure = Overlap(np.concatenate(others))
    weighted = any(request.weights is not None for request in group)
    shots = [request.shots for request in group if request.shots is not None]
    whole = replace(
        first,
        angles=np.concatenate([request.angles for request in group]),
        measure=measure,
        weights=np.concatenate([request.shares for request in group]) if weighted else None,
        shots=np.concatenate(shots) if shots else None,
        draws=None,
    )
    return whole if first.draws is None else whole.drawn(number)


def _part(result: Result, points: slice) -> Result:
    """What a result says of some of its points."""
    if not isinstance(result, Values):
        return result[points]
    columns: dict[str, Any] = {
        name: None if column is None else column[points] for name, column in vars(result).items()
    }
    return Values(**columns)
