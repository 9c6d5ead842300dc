"""Many runs: one after another, in processes, or on a cluster."""

from __future__ import annotations

import math
import os
import signal
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property
from logging import LogRecord
from threading import current_thread, main_thread
from typing import Any, Final
from uuid import uuid4

from qng.arrays import Array
from qng.errors import QngError
from qng.execute.cluster import connected
from qng.execute.names import executor as executor_of
from qng.log import gathered, levels, tell
from qng.optimize.method import Method
from qng.plan.executor import Executor, Service
from qng.plan.shots import Shots
from qng.problem.anyproblem import AnyProblem
from qng.run.abreast import Team
from qng.run.bench import Bench, check_at_once
from qng.run.going import Going
from qng.run.journal import Journal
from qng.run.lockstep import Lockstep, Pace
from qng.run.minimize import minimize
from qng.run.objective import objective_of
from qng.run.results import Run
from qng.run.stop import Rules
from qng.run.target import problem_and_point
from qng.run.task import Task
from qng.seeds import key_of, of_name
from qng.threads import limited

Pair = tuple[str, int]
"""Which run it is: its method, and the number of its start."""

Group = tuple[Pair, ...]
"""Runs of one method that are done together."""

Done = tuple[str, int, Run]
"""A run that is done, after its method and the number of its start."""

# Runs that go in lockstep: more of them are no faster, and are done later.
_ABREAST: Final = 50

# Seconds of work below which starting processes costs more than it saves.
_WORTH_A_POOL: Final = 10.0

# What a process has compiled, so that times are of runs: comparisons and their methods.
_WARM: Final[set[tuple[str, str]]] = set()


@dataclass(frozen=True, eq=False)
class Runs:
    """All runs of a comparison; called with a method and the number of a start, it does one.

    Args:
        problem: What is minimised.
        methods: By label.
        points: The starts, shape (starts, P).
        rules: When runs end, by label.
        seed: Of the comparison: every run has a stream of its own, by its start and its label.
        executor: By name, every run has its own then, or an object.
        shots: As in `minimize`, by label.
        threads: Of one run.
        key: Tells comparisons apart.
        settings: How the executor is made again.
    """

    problem: AnyProblem
    methods: Mapping[str, Method]
    points: Array
    rules: Mapping[str, Rules]
    seed: int
    executor: str | Executor | Service
    shots: Mapping[str, Shots | None]
    threads: int
    key: str = field(default_factory=lambda: uuid4().hex)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # One that cannot be made, or charges for jobs, is refused before anything is run.
        check_at_once(executor_of(self.executor))

    @property
    def pairs(self) -> list[Pair]:
        """What is to be done: all methods from the first start, then from the second."""
        return [(method, k) for k in range(len(self.points)) for method in self.methods]

    @property
    def most_steps(self) -> int:
        """The largest limit on updates."""
        return max(rules.steps for rules in self.rules.values())

    def __call__(self, task: Pair) -> Done:
        """(method, number of the start, the run)."""
        method, k = task
        with limited(self.threads):
            if (self.key, method) not in _WARM:
                first = self.run(method, k, min(self.rules[method].steps, 1))
                if first.interrupted:
                    return method, k, first
                _WARM.add((self.key, method))
            return method, k, self.run(method, k)

    def groups(self, tasks: Sequence[Pair]) -> list[Group]:
        """The runs in groups that are done together, the first starts first."""
        found: dict[tuple[int, str], list[Pair]] = {}
        abreast = {method: self._abreast(method) for method in dict(tasks)}
        for method, k in tasks:
            found.setdefault((k // abreast[method], method), []).append((method, k))
        return [tuple(group) for group in found.values()]

    def together(self, group: Group) -> Iterator[Done]:
        """The runs of a group, each as it is done; what an interrupt cuts is among them."""
        if len(group) == 1:
            yield self(group[0])
            return
        method = group[0][0]
        with limited(self.threads):
            device, pace, tasks = self._device(), Pace(), {}
            for pair in group:
                task = self._task(pair, device)
                going = Going(task, Journal(), pace)
                tasks[pair] = task.asking(going, method, task.recipe())
            bench = Bench(device)
            for (label, k), run in Lockstep(tasks, device, bench.send, pace).done():
                yield label, k, run

    def _abreast(self, method: str) -> int:
        """How many runs of a method go in lockstep: several on small circuits, exactly, else 1."""
        if self.shots[method] is not None:
            return 1
        device, inner = self._device(), self.problem.reduced(self.points[0])
        try:
            team = Team.of(self.methods[method], objective_of(inner, device, False), device)
        except QngError:
            return 1  # the run says it
        return 1 if team is None else min(device.gathers(team.circuit), _ABREAST)

    def _device(self) -> Any:
        return executor_of(self.executor, most_threads=self.threads)

    def _task(self, pair: Pair, device: Any) -> Task:
        method, k = pair
        return Task(
            problem=self.problem,
            base=problem_and_point(self.problem, self.points[k])[1],
            method=self.methods[method],
            rules=self.rules[method],
            device=device,
            shots=self.shots[method],
            seed=key_of(self.seed_of(pair)),
            settings=self.settings,
        )

    @cached_property
    def can_be_sent(self) -> bool:
        """Whether other processes can have its parts; there is a warning where they cannot."""
        import cloudpickle

        parts: dict[str, Any] = {
            f"the stop rule of {label}": rules.stop
            for label, rules in self.rules.items()
            if rules.stop is not None
        }
        if not isinstance(self.executor, str):
            parts[f"the executor {self.executor.name}"] = self.executor
        for what, part in parts.items():
            try:
                cloudpickle.loads(cloudpickle.dumps(part))
            except Exception as error:
                warnings.warn(
                    f"{what} cannot be sent to other processes "
                    f"({' '.join(str(error).split())}): all runs are done in this one",
                    stacklevel=7,
                )
                return False
        return True

    def run(self, method: str, k: int, steps: int | None = None) -> Run:
        """A run, or the first steps of it."""
        rules = self.rules[method]
        done = minimize(
            self.problem,
            self.methods[method],
            steps=rules.steps if steps is None else steps,
            start=self.points[k],
            tol=rules.tol,
            stop=rules.stop,
            seed=self.seed_of((method, k)),
            shots=self.shots[method],
            executor=executor_of(self.executor, most_threads=self.threads),
        )
        assert done.made is not None
        return replace(done, method=method, made=replace(done.made, settings=self.settings))

    def seed_of(self, pair: Pair) -> tuple[int, int, int]:
        """The stream of a run, named by its start and its label."""
        method, k = pair
        return self.seed, k, of_name(method)

    def owned(self, run: Run) -> Run:
        """A run that was done elsewhere, with the problem and the method of this process."""
        if run.made is None or run.made.problem is self.problem:
            return run
        made = replace(run.made, problem=self.problem, method=self.methods[run.method])
        return replace(run, made=made)


_pooled_after: ContextVar[float] = ContextVar("pooled_after", default=math.inf)


@contextmanager
def pooled_after(seconds: float) -> Iterator[None]:
    """Here less work is worth processes: they wait for the next comparison when one is done.

    Args:
        seconds: Of work.
    """
    before = _pooled_after.set(seconds)
    try:
        yield
    finally:
        _pooled_after.reset(before)


def here(runs: Runs, tasks: Sequence[Pair], workers: int) -> Iterator[Done]:
    """The runs on this machine: one after another, in processes once they are worth it."""
    spent, number, left = 0.0, 0, runs.groups(tasks)
    while left:
        rest = sum(map(len, left))
        worth = number and spent / number * rest > min(_WORTH_A_POOL, _pooled_after.get())
        if worth and min(workers, len(left)) > 1 and runs.can_be_sent:
            yield from _pooled(runs, left, min(workers, len(left)))
            return
        cut = False
        for found in runs.together(left.pop(0)):
            spent += found[2].seconds
            number += 1
            cut |= found[2].interrupted
            yield found
        if cut:
            return


def _pooled(runs: Runs, groups: Sequence[Group], workers: int) -> Iterator[Done]:
    """The runs in processes, in the order in which they are done; they end when this ends."""
    from joblib import Parallel, delayed, parallel_config

    with parallel_config("loky", inner_max_num_threads=runs.threads):
        pool = Parallel(workers, return_as="generator_unordered")
    with _deaf():
        heard = levels()
        found = pool(delayed(_quietly)(runs, group, os.getpid(), heard) for group in groups)
    try:
        for done, warned, logged in found:
            for message in warned:
                warnings.warn(message, stacklevel=6)
            tell(logged)
            yield from done
            if any(run.interrupted for _, _, run in done):
                return
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib's, that tasks were left
            found.close()


def _quietly(
    runs: Runs, group: Group, parent: int, heard: Mapping[str, int]
) -> tuple[list[Done], list[Warning | str], list[LogRecord]]:
    """Runs in a process of a pool, with warnings and what it logs, told by who started it.

    So it does with Ctrl-C.
    """
    with warnings.catch_warnings(record=True) as caught, ExitStack() as elsewhere:
        logged: list[LogRecord] = []
        # Inside another pool there are no processes of one's own.
        if os.getpid() != parent:
            if current_thread() is main_thread():
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            logged = elsewhere.enter_context(gathered(heard))
        done = list(runs.together(group))
    return done, [warning.message for warning in caught], logged


@contextmanager
def _deaf() -> Iterator[None]:
    """Do not hear Ctrl-C, nor let processes that are started here, until they can be told."""
    if current_thread() is not main_thread():
        yield  # only a main thread hears it
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


def there(runs: Runs, tasks: Sequence[Pair], cluster: Any) -> Iterator[Done]:
    """The runs on a cluster, in the order in which they are done."""
    with connected(cluster) as workers:
        for method in runs.methods:
            # What is refused is refused before it is sent.
            if runs.run(method, 0, 0).interrupted:
                raise KeyboardInterrupt
        for _, found in workers.map(runs, tasks):
            yield found
            if found[2].interrupted:
                return
