"""A run as a fold: ask what the method wants to know, tell it, until its step is done."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import numpy as np

from qng.errors import InputError
from qng.optimize.method import Done, End, Method, State, Step
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, Measured, Objective
from qng.run.bench import Bench
from qng.run.stop import diverged

Met = Callable[[Measured], End | None]
"""Told of what was measured at the point of a step, once it is; why the run ends there, if so."""


def steps(
    method: Method,
    objective: Objective,
    bench: Bench,
    state: State,
    met: Met = lambda _: None,
) -> Generator[tuple[State, Step], None, End]:
    """The steps of a method from a state, one after another, without end of their own.

    Args:
        method: What steps.
        objective: What it may ask for.
        bench: What answers; a step that is done is noted in its journal.
        state: Where to begin.
        met: A rule that may end the run at a point, before the step from there is taken. It is
            not asked about a point that is about to be left again.

    Yields:
        (state after the step, what is reported of it).

    Returns:
        Why there are no more steps: the rule's reason, the method's, or a divergence.

    Raises:
        QngError: A step could not be done; everything before it is in the journal.
    """
    while True:
        told: tuple[Any, ...] = ()
        judged = False
        while not isinstance(found := method.next(objective.at(bench.batch), state, told), Done):
            if isinstance(found, End):
                return found
            if not isinstance(found, Plan):
                raise InputError(
                    f"a method answers with a Plan, a Done or an End, and a search with a Plan or "
                    f"a Move, not with {found!r}"
                )
            told = (*told, bench.ask(found))
            if len(told) == 1 and isinstance(told[0], Measured):
                judged = True
                noted = method.noted(state, told[0].energy.at(0))
                if noted.undone == state.undone and (end := met(told[0])):
                    return end
        step = found.step
        if not judged and (end := met(_measured(step))):
            return end
        if end := diverged(found.state):
            return end
        step = replace(
            step, evaluations=bench.evaluations, shots=bench.spent, seconds=bench.seconds
        )
        state = found.state
        bench.journal.stepped(state, step, bench.batch)
        yield state, step


def _measured(step: Step) -> Measured:
    error = None if step.std_error is None else np.array([step.std_error])
    return Measured(Energy(np.array([step.energy]), std_error=error))
