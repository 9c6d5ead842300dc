"""From a direction to a step: what a search is given, and what it answers.

    dtheta = post(-eta d, dtheta_{t-1}),    M d = s

A search knows everything that is known where the direction is. It may ask for more, energies at
trial lengths for example, and in the end it answers with a move. A new kind of step is one
function, or one class with parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from qng.arrays import Array, Memory
from qng.errors import InputError
from qng.geometry import Metric, Solution
from qng.optimize.method import State
from qng.optimize.search.post import Post
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, Objective

if TYPE_CHECKING:
    from qng.optimize.optimizer import Optimizer


# The shares of rounds of which nothing is known: one after another, half of what is left.
_UNTOLD: Final = tuple(2.0**-k for k in range(2, 9))


@dataclass(frozen=True)
class Move:
    """A step that was chosen.

    Args:
        change: dtheta, shape (P,), radians.
        eta: The step size; 0 where no step is taken.
        memory: What the search is told in the next step, as `at.state.memory["search"]`.
        at: Where it was found, if that is with another metric or direction than the search got.
    """

    change: Array
    eta: float
    memory: Memory = field(default_factory=dict)
    at: Descent | None = None


class Descent(NamedTuple):
    """All that is known where a direction is.

    Args:
        objective: What may be asked for.
        state: At theta.
        energy: E(theta).
        gradient: Shape (P,).
        metric: M.
        solution: d, with the quality of its system.
        solve: Solves M x = v for another v of shape (P,), as M d = s was solved.
        post: What becomes of -eta d.
        covariance: Of s where s is the gradient, shape (P, P); None where it is exact or unknown.
    """

    objective: Objective
    state: State
    energy: Energy[float]
    gradient: Array
    metric: Metric
    solution: Solution
    solve: Callable[[Array], Solution]
    post: Post
    covariance: Array | None = None

    @property
    def direction(self) -> Array:
        """d, shape (P,)."""
        return self.solution.direction

    @property
    def number(self) -> int:
        """Of the step: 1, 2, ..."""
        return self.state.step + 1

    def along(self, eta: float) -> Move:
        """The move of step size eta along d, through `post`."""
        return Move(self.post(-eta * self.direction, self.state.change), eta)

    def stay(self) -> Move:
        """No step: it ends the motion of a heavy ball, too."""
        return Move(self.post(-0.0 * self.direction, 0 * self.state.change), 0.0)


class Search(Protocol):
    """Chooses the step along a direction.

    A search that does not go with every optimizer or objective has a further function
    `check(optimizer, objective, state)`. It is called when an optimizer is made, with None for
    the last two, and before the first step, when nothing has been asked yet.

    `shares` says what its rounds have of the shots of a step, as (0.4, 0.1) for two rounds at most
    and () for none; what they leave is for the point of the step. Where it is not said, the point
    has a half, and the rounds a quarter, an eighth, ...

    `points` says at how many points the rounds ask for energies, at most, as (10,) for one round of
    ten. Where it is not said, what a step costs is not known before if every circuit has so many
    shots.
    """

    def __call__(self, at: Descent, told: Sequence[Any], /) -> Plan[Any] | Move:
        """What to ask next, or the move.

        Args:
            at: All that is known where the direction is.
            told: What the plans of this search have reduced to so far, in order.
        """


def rounds(search: Search) -> tuple[float, ...]:
    """The shares of the rounds of a search in the shots of a step.

    Raises:
        InputError: They leave nothing for the point of the step.
    """
    shares = tuple(getattr(search, "shares", _UNTOLD))
    if shares and not (min(shares) > 0 and sum(shares) < 1):
        raise InputError(
            f"the shares of a search must be positive and sum to less than 1, not {shares}"
        )
    return shares


def trials(search: Search) -> tuple[int, ...] | None:
    """At how many points each round of a search asks for energies; None where nobody says."""
    if not rounds(search):
        return ()
    points = getattr(search, "points", None)
    return None if points is None else tuple(points)


def check(
    search: Search,
    optimizer: Optimizer,
    objective: Objective | None = None,
    state: State | None = None,
) -> None:
    """Let a search refuse what it does not go with.

    Raises:
        InputError: By the search.
    """
    refuse = getattr(search, "check", None)
    if refuse is not None:
        refuse(optimizer, objective, state)
