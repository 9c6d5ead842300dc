"""A step that follows the geodesic of the metric to second order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from qng import checks
from qng.errors import InputError
from qng.optimize.method import State
from qng.optimize.search.descent import Descent, Move, Search, rounds
from qng.plan.plan import Plan
from qng.plan.quantities import Objective

if TYPE_CHECKING:
    from qng.optimize.optimizer import Optimizer


# Share of the connection in the shots of a step; it corrects a small part of the step.
_CONNECTION: Final = 0.25


@dataclass(frozen=True)
class Geodesic:
    """dtheta = u - a/2, u the step of another search: it is bent along the geodesic.

    M a = Gamma_{.,jk} u^j u^k with the Christoffel symbols of the metric at theta, solved as
    M d = s is. To second order in eta the state moved to does not depend on the parametrisation,
    where that of u alone agrees to first order.

    Args:
        search: It chooses u.
        limit: The correction is shortened to this fraction of u, by their lengths in the metric:
            where it is longer the expansion has not converged.

    Cost: a further batch with the connection, by which the step is corrected, with a quarter of the
    shots of a step.

    Reference: Halla, arXiv:2409.03638; the limit is that of Transtrum and Sethna,
    arXiv:1201.5885.
    """

    search: Search
    limit: float = 0.75

    def __post_init__(self) -> None:
        if not callable(self.search):
            raise InputError(
                f"Geodesic bends the step of another search, such as Constant(0.1), "
                f"not of {self.search!r}"
            )
        checks.positive("limit", self.limit)

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the shots of a step: those of the search that is bent, and of the connection."""
        inner = tuple((1 - _CONNECTION) * share for share in rounds(self.search))
        return (*inner, _CONNECTION)

    @property
    def lr(self) -> float | None:
        """Step size of the search that is bent, where it has one."""
        return getattr(self.search, "lr", None)

    def check(self, optimizer: Optimizer, objective: Objective | None, state: State | None) -> None:
        """Refuse a metric whose connection is not known.

        Raises:
            InputError: The method measures no metric, or one that is no Fubini-Study metric.
        """
        wanted = optimizer.precondition.wants(State.at(np.zeros(0)) if state is None else state)
        if wanted is None:
            raise InputError(
                "Geodesic needs a measured Fubini-Study metric, whose connection is known, "
                f"not {optimizer.precondition!r}"
            )
        if objective is not None and state is not None:
            objective.connection(state.theta, np.zeros_like(state.theta), wanted.by)

    def __call__(self, at: Descent, told: Sequence[Any]) -> Plan[Any] | Move:
        """First what the search asks for, then the connection along its step."""
        for asked in range(len(told) + 1):
            move = self.search(at, told[:asked])
            if isinstance(move, Move):
                break
        else:
            return move
        if asked == len(told):
            # Where the search has left rounds out, their shares are left over.
            return at.objective.connection(at.state.theta, move.change).of_step(_CONNECTION)
        # Gamma_{i,jk} u^j u^k is a covector, as a gradient is.
        acceleration = at.solve(told[asked].value).direction
        bend = -acceleration / 2
        allowed, length = self.limit * at.metric.length(move.change), at.metric.length(bend)
        shortened = bend * (1.0 if length <= allowed else allowed / length)
        return replace(move, change=move.change + np.asarray(shortened))
