"""Whether a method does what every method must do: its steps are pure, and a run can be cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qng.optimize.method import Done, End, Method, State, Step
from qng.plan.plan import Plan
from qng.plan.quantities import Energy
from qng.problem.library import load
from qng.problem.problem import Problem
from qng.run.bench import answer
from qng.run.codec import dumps, loads
from qng.run.journal import Journal
from qng.run.minimize import minimize
from qng.run.objective import Circuits
from qng.testing.subject import require


def check_method(
    method: Method, *, problem: Problem | str = "textbook-2", steps: int = 3, seed: int = 0
) -> None:
    """Run the tests that every method of the package passes.

    A step counts up by one and leads from theta to theta + change; asking twice gives the same; a
    state is arrays and numbers, and one that was stored and read leads to the same step; a run
    that is cut after any batch, stored and continued has the same steps, bit for bit.

    Args:
        method: It steps on an exact simulator.
        problem: A problem, or its name.
        steps: How many are taken.
        seed: Of random directions.

    Raises:
        AssertionError: What failed, in one line.

    Cost: about steps^2 steps on the problem.

    Example:
        >>> import qng
        >>> check_method(qng.optimizers.qng())
    """
    chosen = load(problem) if isinstance(problem, str) else problem
    _steps(method, chosen, steps, seed)
    _cuts(method, chosen, steps, seed)


def _steps(method: Method, problem: Problem, steps: int, seed: int) -> None:
    from qng.execute.names import executor

    device = executor("statevector", threads=1)
    start = problem.initial
    state = method.init(start)
    require(isinstance(state, State), f"init must return a State, not {state!r}")
    require(state.step == 0 and np.array_equal(state.theta, start), "init must start at theta")
    require(state.theta is not start, "a state must have its own copy of the start")
    batch = 0
    for number in range(steps):
        told: tuple[Any, ...] = ()
        goal = Circuits.of(problem, device, counting=False, key=seed).at(batch)
        while isinstance(found := _pure(method, goal, state, told), Plan):
            told = (*told, answer(device, found))
            batch += 1
        if isinstance(found, End):
            return
        require(isinstance(found, Done), f"next must return a Plan, a Done or an End, not {found}")
        _consistent(state, found, number)
        state = found.state
        noted = method.noted(state, Energy(found.step.energy))
        require(isinstance(noted, State), f"noted must return a State, not {noted!r}")


def _pure(method: Method, goal: Circuits, state: State, told: Sequence[Any]) -> Any:
    """What the method answers, after it was asked twice and by a state that was stored."""
    before = dumps(state)
    found, again = (method.next(goal, state, told) for _ in range(2))
    require(dumps(state) == before, "next must leave the state as it is")
    elsewhere = method.next(goal, loads(before), told)
    for other, who in ((again, "asked twice"), (elsewhere, "with a state that was stored")):
        require(type(other) is type(found), f"{who} the method answers otherwise")
        if isinstance(found, Done) and isinstance(other, Done):
            require(dumps(other.state) == dumps(found.state), f"{who} its step is another one")
        if isinstance(found, Plan) and isinstance(other, Plan):
            same = other.cost == found.cost and all(
                a.same_point(b) for a, b in zip(other.requests, found.requests)
            )
            require(same, f"{who} the method asks for something else")
    return found


def _consistent(state: State, done: Done, number: int) -> None:
    after, step = done.state, done.step
    require(isinstance(step, Step), f"a Done has a Step, not {step!r}")
    require(step.step == state.step == number, f"step {number} reports itself as {step.step}")
    require(after.step == number + 1, f"after step {number} the state counts {after.step}")
    require(np.array_equal(step.theta, state.theta), "a step reports the point where it started")
    if step.accepted:
        moved = np.allclose(after.theta, state.theta + after.change, rtol=0, atol=1e-12)
        require(moved, "theta must move by the change that the state says")


def _cuts(method: Method, problem: Problem, steps: int, seed: int) -> None:
    texts: list[str] = []

    def run(journal: Journal) -> Any:
        found = minimize(problem, method, steps=steps, seed=seed, journal=journal)
        if found.interrupted:
            raise KeyboardInterrupt
        return found.trace

    whole = run(Journal(written=lambda journal: texts.append(dumps(journal))))
    for text in texts:
        again = run(loads(text))
        for column in ("theta", "energy", "eta", "evaluations"):
            require(
                np.array_equal(whole[column], again[column], equal_nan=True),
                f"a run that was cut and continued has another {column}",
            )
