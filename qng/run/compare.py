"""Several methods from the same starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.execute.cluster import connected
from qng.execute.names import executor as executor_named
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.problem.given import as_problem
from qng.problem.problem import Problem
from qng.run.minimize import minimize
from qng.run.results import Comparison, Goal, Run
from qng.threads import cores, limited

# Radians; beyond, a spread says nothing that the whole circle does not.
_WIDEST: Final = 1e3

# Seconds of work below which starting processes costs more than it saves.
_WORTH_A_POOL: Final = 10.0

# What a process has compiled, so that times are of runs: comparisons and their methods.
_WARM: Final[set[tuple[str, str]]] = set()


def compare(
    problem: Problem | str | Path,
    methods: Sequence[str] | Mapping[str, str | Method] = ("gd", "adam", "ng", "qng"),
    *,
    starts: int = 10,
    steps: int = 200,
    spread: float | None = None,
    tol: float | None = None,
    seed: int = 0,
    executor: str = "statevector",
    shots: int | None = None,
    lr: Mapping[str, float] | None = None,
    workers: int | None = None,
    threads: int | None = None,
    dask: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run several methods from the same starts.

    Args:
        problem: A problem, its name in the library, or a folder.
        methods: Names of `optimizers.METHODS` or `controls.CONTROLS`, or such methods by a label
            of your own.
        starts: How many. The first is the problem's own, the others are uniform on [-pi, pi).
        steps: Most updates of a run.
        spread: Draw the other starts uniformly within this distance (radians) of the first
            instead.
        tol: As in `minimize`.
        seed: Of the starts and of everything that is drawn.
        executor: By name; every run has its own.
        shots: For all circuits of one step together; None: exact.
        lr: Learning rates by method.
        workers: Processes, started where the runs take longer than starting them; by default as
            many as there are cores, or runs where these are fewer.
        threads: Of one run, for the executor and for linear algebra; by default the cores that
            there are for a worker, and 1 on a cluster. Results are equal to the last bit at equal
            threads, whatever the workers.
        dask: Do the runs on a dask.distributed cluster instead: the address of its scheduler
            ("tcp://host:8786"), a scheduler file, or a `distributed.Client`. A run whose worker
            dies is done again on another one.
        progress: Called with (runs done, runs).

    Returns:
        All runs, those that failed among them.

    Raises:
        InputError: Bad input, before anything is computed.
        QngError: The cluster was lost.
    """
    whole = as_problem(problem)
    table = resolved(methods, lr or {})
    numbers = {"starts": starts, "workers": workers, "threads": threads}
    for what, value in numbers.items():
        if value is not None:
            checks.whole(what, value, 1)
    if dask is not None and workers is not None:
        raise InputError("give workers or dask, not both: a cluster has workers of its own")
    executor_named(executor)
    points = draw_starts(whole, starts, seed, spread)
    whole.circuit.angles(points)  # an angle may not be defined at a random start
    tasks = [(method, k) for k in range(starts) for method in table]
    processes = min(workers or cores(), len(tasks))
    share = 1 if dask is not None else max(cores() // processes, 1)
    runs = _Runs(
        problem=whole,
        methods=table,
        points=points,
        steps=steps,
        tol=tol,
        seed=seed,
        executor=executor,
        shots=shots,
        threads=threads or share,
        key=uuid4().hex,
    )
    done: dict[tuple[str, int], Run] = {}
    for method, k, run in (
        _here(runs, tasks, processes) if dask is None else _there(runs, tasks, dask)
    ):
        done[method, k] = run
        if progress:
            progress(len(done), len(tasks))
    return Comparison(
        goal=Goal.of(whole),
        runs={method: tuple(done[method, k] for k in range(starts)) for method in table},
        starts=points,
        steps=steps,
    )


@dataclass(frozen=True, eq=False)
class _Runs:
    """All runs of a comparison; called with a method and the number of a start, it does one."""

    problem: Problem
    methods: Mapping[str, Method]
    points: Array
    steps: int
    tol: float | None
    seed: int
    executor: str
    shots: int | None
    threads: int
    key: str

    def __call__(self, task: tuple[str, int]) -> tuple[str, int, Run]:
        """(method, number of the start, the run)."""
        method, k = task
        with limited(self.threads):
            if (self.key, method) not in _WARM:
                self.run(method, k, min(self.steps, 1))
                _WARM.add((self.key, method))
            return method, k, self.run(method, k, self.steps)

    def run(self, method: str, k: int, steps: int) -> Run:
        """The first steps of a run."""
        done = minimize(
            self.problem,
            self.methods[method],
            steps=steps,
            start=self.points[k],
            tol=self.tol,
            seed=(self.seed, k, list(self.methods).index(method)),
            shots=self.shots,
            executor=executor_named(self.executor, most_threads=self.threads),
        )
        return replace(done, method=method)


def _here(
    runs: _Runs, tasks: Sequence[tuple[str, int]], workers: int
) -> Iterator[tuple[str, int, Run]]:
    """The runs on this machine: one after another, in processes once they are worth it."""
    from joblib import Parallel, delayed, parallel_config

    spent = 0.0
    for number, task in enumerate(tasks):
        rest = tasks[number:]
        if number and min(workers, len(rest)) > 1 and spent / number * len(rest) > _WORTH_A_POOL:
            with parallel_config("loky", inner_max_num_threads=runs.threads):
                pool = Parallel(min(workers, len(rest)), return_as="generator_unordered")
            yield from pool(delayed(runs)(task) for task in rest)
            return
        found = runs(task)
        spent += found[2].seconds
        yield found


def _there(
    runs: _Runs, tasks: Sequence[tuple[str, int]], cluster: Any
) -> Iterator[tuple[str, int, Run]]:
    """The runs on a cluster, in the order in which they are done."""
    with connected(cluster) as workers:
        for method in runs.methods:
            runs.run(method, 0, min(runs.steps, 0))  # what is refused is refused before it is sent
        for _, found in workers.map(runs, tasks):
            yield found


def draw_starts(problem: Problem, starts: int, seed: int, spread: float | None = None) -> Array:
    """The problem's own start, then random ones; shape (starts, P). Frozen parameters stay.

    Args:
        problem: The problem.
        starts: How many.
        seed: Every start has its own stream, so that more starts do not change the first ones.
        spread: Radians around the first start; None: uniform on [-pi, pi).
    """
    if spread is not None and not 0 <= spread <= _WIDEST:
        raise InputError(f"spread must be between 0 and {_WIDEST:g} radians, not {spread}")
    checks.whole("seed", seed)
    points = np.tile(problem.initial, (starts, 1))
    free = problem.free
    for k in range(1, starts):
        rng = np.random.default_rng([seed, k])
        if spread is None:
            points[k, free] = rng.uniform(-np.pi, np.pi, len(free))
        else:
            points[k, free] += rng.uniform(-spread, spread, len(free))
    return points


def resolved(
    methods: Sequence[str] | Mapping[str, str | Method], lr: Mapping[str, float]
) -> dict[str, Method]:
    """The methods of a comparison by label.

    Raises:
        InputError: No method, a rate for one that is not compared, no such method.
    """
    if not isinstance(lr, Mapping):
        raise InputError(f"lr must give a rate by method, as {{'qng': 0.1}}, not {lr!r}")
    named: Iterable[tuple[str, str | Method]]
    named = methods.items() if isinstance(methods, Mapping) else [(name, name) for name in methods]
    table = {
        label: method_of(method, {"lr": lr[label]} if label in lr else {})
        for label, method in named
    }
    if not table:
        raise InputError("a comparison needs at least one method")
    for label in lr:
        if label not in table:
            raise InputError(f"lr is given for {label!r}, which is not compared: {list(table)}")
    return table
