"""A run as a fold: ask what the method wants to know, tell it, until its step is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from qng.errors import InputError
from qng.geometry import Metric
from qng.log import logger
from qng.optimize.abreast.rows import Foreseen
from qng.optimize.method import Done, End, Method, State, Step
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, Measured, Objective
from qng.run.asking import Asking, Turn, alone
from qng.run.bench import Bench
from qng.run.stop import diverged

_LOG: Final = logger(__name__)

Met = Callable[[Energy[float], Metric | None, Callable[[], bool], Callable[[], bool]], End | None]
"""Told of the energy and the metric that were measured at the point of a step, and how to know
whether all numbers are finite, and whether the point is kept: a rule is not to judge one that is
about to be left again. Why the run ends there, if so."""


def step(
    method: Method,
    objective: Objective,
    bench: Bench,
    state: State,
    met: Met = lambda *_: None,
    most: int = 1,
) -> Asking[tuple[State, Step] | End | Foreseen]:
    """A step of a method, or some that were taken together with those of other runs.

    Args:
        method: What steps.
        objective: What it may ask for.
        bench: What counts; a step that is done is noted in its journal.
        state: Where to begin.
        met: A rule that may end the run at a point, before the step from there is taken.
        most: How many steps may be taken ahead.

    Returns:
        The state after it with what is reported of it; the steps that were taken ahead, which
        nobody has counted or judged; or why there are no more steps: the
        rule's reason, the method's, or a divergence.

    Raises:
        QngError: The step could not be done; everything before it is in the journal.
    """
    told: tuple[Any, ...] = ()
    judged = False
    while not isinstance(
        found := (yield Turn(method, objective, bench.batch, state, told, most)), Done
    ):
        if isinstance(found, Foreseen):
            return found
        if isinstance(found, End):
            return found
        if not isinstance(found, Plan):
            raise InputError(
                f"a method answers with a Plan, a Done or an End, and a search with a Plan or "
                f"a Move, not with {found!r}"
            )
        told = (*told, (yield from bench.asking(found)))
        if len(told) == 1 and isinstance(told[0], Measured):
            judged = True
            here = told[0].energy.at(0)
            kept = partial(is_kept, method, state, here)
            if end := met(here, told[0].metric, told[0].is_finite, kept):
                return end
    if not judged and (end := met(_energy(found.step), None, yes, yes)):
        return end
    if end := diverged(found.state):
        return end
    if found.state.undone > state.undone:
        _LOG.debug("step %d: the step that led here went up and is undone", state.step)
    counted = bench.counted(found.step)
    return bench.journal.stepped(found.state, counted, bench.batch), counted


def is_kept(method: Method, state: State, here: Energy[float]) -> bool:
    """Whether the point of a state is kept, now that its energy is known."""
    return method.noted(state, here).undone == state.undone


def steps(
    method: Method, objective: Objective, bench: Bench, state: State
) -> Iterator[tuple[State, Step]]:
    """The steps of a method from a state, one after another, as long as there are any.

    Args:
        method: What steps.
        objective: What it may ask for.
        bench: What answers; a step that is done is noted in its journal.
        state: Where to begin.

    Yields:
        (state after the step, what is reported of it).
    """
    while isinstance(found := alone(step(method, objective, bench, state), bench.send), tuple):
        state = found[0]
        yield found


def yes() -> bool:
    """Yes."""
    return True


def _energy(step: Step) -> Energy[float]:
    return Energy(step.energy, std_error=step.std_error)
