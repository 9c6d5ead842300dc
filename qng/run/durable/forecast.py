"""What a run on a device costs, before anything is sent: jobs, executions, QPU time, limits.

A batch is one job. One step of each kind, with a metric and without, is planned and prepared as it
would be sent, and so is the energy at the end. Later steps split their shots anew between gradient
and metric, but not their number: they are dealt out to the last row (`plan/deal.py`), so that the
executions of all steps of a kind are those of the first, to less than a hundredth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Identity
from qng.optimize.method import Planned, State
from qng.optimize.methods import method as method_of
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.descent import rounds
from qng.plan.cloud import Cloud, Load, Shelf
from qng.plan.executor import Service, dealing_of, on
from qng.plan.plan import Plan
from qng.plan.shots import PerCircuit, Shots, part
from qng.plan.shots import checked as checked_shots
from qng.problem.problem import Problem
from qng.run.bench import closing_shots, lowered
from qng.run.minimize import with_gradient
from qng.run.objective import Circuits
from qng.run.preview import trials_of
from qng.run.stop import Rules
from qng.run.target import circuits_and_point, circuits_of
from qng.run.task import Task
from qng.seeds import Key, extended, key_of

EXECUTIONS: Final = 10_000_000
"""Of one job at most. Source: IBM, "Job limits"."""

PAYLOAD: Final = 300_000_000
"""Bytes that are sent with one job at most. Source: as above."""

LONGEST: Final = 10_800
"""Seconds of QPU time after which a job is ended. Source: IBM, "Maximum execution time"."""


class UnforeseenError(InputError):
    """A method asks as it goes: what a run costs is not known before."""


@dataclass(frozen=True)
class Forecast:
    """What a run is for a device.

    Args:
        problem: The problem's name.
        method: The method's name; "optimizer" for one of your own.
        backend: The device.
        shots: For all circuits of a step, or for each.
        steps: Updates.
        jobs: Of the whole run, that of the closing energy among them.
        step: The job of the first step.
        closing: The job of the energy at the end.
        executions: Of the whole run.
        seconds: QPU time of the whole run.
        left: QPU seconds that the account has left; None where nobody says.
        at_most: Whether steps may leave jobs out, or take fewer shots.
    """

    problem: str
    method: str
    backend: str
    shots: Shots
    steps: int
    jobs: int
    step: Load
    closing: Load
    executions: int
    seconds: float
    left: float | None
    at_most: bool

    @property
    def refused(self) -> str:
        """Why the run cannot be sent as it is; empty where it can."""
        if not self.exceeds and self.left is not None and self.seconds > self.left:
            return (
                f"the run is estimated at {self.seconds:.0f} s of QPU time, and the account has "
                f"{self.left:.0f} s left"
            )
        return self.exceeds

    @property
    def exceeds(self) -> str:
        """Which limit of the service a job exceeds; empty where there is none."""
        load = self.step if self.steps else self.closing
        for what, has, most in (
            ("executions", load.executions, EXECUTIONS),
            ("bytes", load.payload, PAYLOAD),
            ("seconds of QPU time", load.seconds, LONGEST),
        ):
            if has > most:
                return f"a step is a job of {_grouped(has)} {what}; {_grouped(most)} are allowed"
        return ""


def forecast(
    problem: Problem | str | Path | Any,
    method: str | Optimizer = "qng",
    *,
    cloud: Cloud,
    start: Any = None,
    steps: int = 100,
    seed: Key = 0,
    shots: Shots | None = None,
    gradient: Any = None,
    shelf: Shelf | None = None,
    **hyperparameters: Any,
) -> Forecast:
    """What `minimize` with the same arguments is for a device; nothing is sent.

    Args:
        problem: As in `minimize`.
        method: A name of `optimizers.METHODS`, or an optimizer.
        cloud: The device.
        start: As in `minimize`.
        steps: Updates.
        seed: As in `minimize`: it decides random directions.
        shots: For all circuits of a step, or for each.
        gradient: Gradient estimator.
        shelf: Where transpiled circuits are kept; they are thrown away by default.
        hyperparameters: Of the method; None is the method's own.

    Raises:
        UnforeseenError: A method whose next question depends on answers.
        InputError: Bad input, or a circuit that does not fit the device.
        UnsupportedMeasureError: The device cannot answer the step.
        ServiceError: The service does not tell what is needed.

    Cost: planning and transpiling the circuits of one step of each kind; none is run.
    """
    whole, base = circuits_and_point(problem, start, "a forecast of jobs")
    given = {key: value for key, value in hyperparameters.items() if value is not None}
    optimizer = method_of(method, given)
    if gradient is not None:
        optimizer = with_gradient(optimizer, gradient)
    checks.whole("steps", steps)
    task = Task(
        problem=whole,
        base=base,
        method=optimizer,
        rules=Rules(int(steps), None, None),
        device=cast(Service, cloud),
        shots=checked_shots(shots),
        seed=key_of(seed),
    )
    label = method if isinstance(method, str) else "optimizer"
    return foreseen(task, cloud, label, _Shelf() if shelf is None else shelf, cloud.left())


def foreseen(task: Task, cloud: Cloud, label: str, shelf: Shelf, left: float | None) -> Forecast:
    """What a run is for a device; nothing is sent.

    Args:
        task: The run.
        cloud: The device.
        label: What its method is called.
        shelf: Where transpiled circuits are kept.
        left: QPU seconds that the account has left; None where nobody says.

    Raises:
        As `forecast`.
    """
    optimizer, shots, steps = task.method, task.shots, task.rules.steps
    if not isinstance(optimizer, (Optimizer, Planned)):
        raise UnforeseenError(f"{label} asks as it goes: what a run costs is not known before")
    if shots is None:
        raise InputError(f"the executor {cloud.name} counts bits: give shots=, for a whole batch")
    ready = _Ready(cloud, shelf)
    problem = circuits_of(task.problem, "a forecast of jobs")
    inner = problem.reduced(task.base)
    goal = Circuits.of(inner, ready.planned, counting=True, key=extended(task.seed))
    first, jobs, at_most = _steps(ready, optimizer, goal, inner.initial, shots, steps)
    energy: Plan[Any] = on(ready.planned, goal.energy(inner.initial[None]))
    closing = ready.load(energy, closing_shots(energy, shots, dealing_of(cloud)))
    jobs = [*jobs, (closing, 1)]
    return Forecast(
        problem=task.problem.name,
        method=label,
        backend=cloud.name,
        shots=shots,
        steps=steps,
        jobs=sum(count for _, count in jobs),
        step=first or closing,
        closing=closing,
        executions=sum(load.executions * count for load, count in jobs),
        seconds=sum(load.seconds * count for load, count in jobs),
        left=left,
        at_most=at_most,
    )


def _steps(
    ready: _Ready,
    method: Optimizer | Planned,
    goal: Circuits,
    theta: Array,
    shots: Shots,
    steps: int,
) -> tuple[Load | None, list[tuple[Load, int]], bool]:
    """The job of the first step, all jobs with how often they are sent, and if steps take less."""
    if not isinstance(method, Optimizer):
        plans = method.batches(goal, theta) if steps else ()
        loads = [ready.load(plan, part(shots, plan.share)) for plan in plans]
        return next(iter(loads), None), [(load, steps) for load in loads], method.at_most
    shares = rounds(method.search)
    here = part(shots, 1 - sum(shares)) if shares else shots
    kinds = Counter(_kinds(method, theta, steps))
    known = {
        due: ready.load(_asked(method, goal, _state(theta, due)), here)
        for due in sorted(kinds, reverse=True)
    }
    jobs = [(known[due], count) for due, count in kinds.items()]
    further = _trials(ready, method, goal, theta, shots) if steps else []
    jobs += [(load, steps) for load in further]
    return (known[max(known)] if known else None), jobs, bool(shares)


def _trials(
    ready: _Ready, optimizer: Optimizer, goal: Circuits, theta: Array, shots: Shots
) -> list[Load]:
    """The jobs of the further rounds of a step."""
    if not isinstance(shots, PerCircuit):
        energy = on(ready.planned, goal.energy(theta[None]))
        return [ready.load(energy, part(shots, share)) for share in rounds(optimizer.search)]
    try:
        points = [np.tile(theta, (count, 1)) for count in trials_of(optimizer.search)]
    except InputError as error:
        raise UnforeseenError(str(error)) from error
    return [ready.load(on(ready.planned, goal.energy(each)), shots) for each in points]


@dataclass(frozen=True)
class _Ready:
    """Makes plans ready for a device, to see what they are for it."""

    cloud: Cloud
    shelf: Shelf

    @property
    def planned(self) -> Service:
        """The device as planning sees it: by its name, its answers, its noise and its dealing."""
        return cast(Service, self.cloud)

    def load(self, plan: Plan[Any], shots: Shots) -> Load:
        """What a plan with so many shots is for the device."""
        return self.cloud.prepare(lowered(self.planned, plan, shots).requests, 0, self.shelf).load


@dataclass(frozen=True)
class _Shelf:
    """A shelf in memory."""

    things: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> bytes | None:
        """What lies there."""
        return self.things.get(name)

    def put(self, name: str, data: bytes) -> None:
        """Keep it."""
        self.things[name] = data

    def put_all(self, items: Mapping[str, bytes]) -> None:
        """Keep them."""
        self.things.update(items)


def _asked(optimizer: Optimizer, goal: Circuits, state: State) -> Plan[Any]:
    """What a step asks first."""
    return cast(Plan[Any], optimizer.next(goal, state, ()))


def _kinds(optimizer: Optimizer, theta: Any, steps: int) -> Sequence[bool]:
    """Whether a metric is measured, for every step."""
    state, kinds = State.at(theta), []
    for step in range(steps):
        wanted = optimizer.precondition.wants(state)
        kinds.append(wanted is not None)
        kept = state.metric if wanted is None or not wanted.kept else Identity(len(theta))
        age = 1 if wanted is not None and wanted.anew else state.age + 1
        state = replace(state, step=step + 1, metric=kept, age=age)
    return kinds


def _state(theta: Any, due: bool) -> State:
    """A state in which a metric is due, or not."""
    state = State.at(theta)
    return state if due else replace(state, metric=Identity(len(theta)))


def _grouped(number: float) -> str:
    return f"{number:_.0f}".replace("_", " ")
