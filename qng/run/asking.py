"""What a run asks, one question after another: whoever drives it answers it alone, or with others.

A run is a generator. It yields what it wants to know, is sent the answer, and returns what it has
come to. What goes wrong in answering is thrown into it, where it is handled as if the run had
done the work itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from inspect import GEN_CLOSED, getgeneratorstate
from typing import Any, NamedTuple, TypeVar

from qng.optimize.method import Done, End, Method, State
from qng.plan.plan import Plan
from qng.plan.quantities import Objective
from qng.plan.request import Request
from qng.seeds import seed as seed_of

T = TypeVar("T")


class Sent(NamedTuple):
    """A batch for the executor; answered by its results, one a request.

    Args:
        requests: What is asked.
        batch: The name of the batch.
        key: Of all that is drawn.
    """

    requests: Sequence[Request]
    batch: str
    key: tuple[int, ...]

    @property
    def seed(self) -> int:
        """The key as one number, which takes as long as a small batch: only for who draws."""
        return seed_of(*self.key)


class Turn(NamedTuple):
    """It is the method's turn; answered by what it asks next, or by the finished step.

    Args:
        method: What steps.
        objective: What it may ask for.
        batch: The number of the next batch.
        state: Where the step starts.
        told: What the plans of this step have reduced to so far.
        most: How many steps may be answered at once, as `Foreseen`.
    """

    method: Method
    objective: Objective
    batch: int
    state: State
    told: tuple[Any, ...]
    most: int = 1

    def taken(self) -> Plan[Any] | Done | End:
        """What the method says."""
        return self.method.next(self.objective.at(self.batch), self.state, self.told)


Question = Sent | Turn

Asking = Generator[Question, Any, T]
"""Asks, and comes to a value."""


def alone(asking: Asking[T], send: Callable[[Sent], Any]) -> T:
    """What somebody comes to, with nobody else beside.

    Args:
        asking: Asks.
        send: Answers its batches.
    """
    reply: Any = None
    error: BaseException | None = None
    while True:
        try:
            question = asking.send(reply) if error is None else asking.throw(error)
            error = None
            reply = question.taken() if isinstance(question, Turn) else send(question)
        except BaseException as raised:
            if getgeneratorstate(asking) != GEN_CLOSED:
                error = throwable(raised)
            elif isinstance(raised, StopIteration):
                found: T = raised.value
                return found
            else:
                raise


def throwable(error: BaseException) -> BaseException:
    """What is raised in somebody who asks: no StopIteration, which a generator cannot be told."""
    if not isinstance(error, StopIteration):
        return error
    told = RuntimeError(
        "StopIteration was raised by what a run calls, such as its function: only a callback ends "
        "a run by it; raise another exception, whose `partial` will be the run so far"
    )
    told.__cause__ = error
    return told
