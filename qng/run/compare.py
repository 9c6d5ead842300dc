"""Several methods from the same starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qng import checks
from qng.errors import InputError
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.problem.given import problem_and_point
from qng.problem.problem import Problem
from qng.run.many import Runs, here, there
from qng.run.results import Comparison, Goal, Run
from qng.run.starts import draw_starts
from qng.threads import cores


def compare(
    problem: Problem | str | Path | Any,
    methods: Sequence[str] | Mapping[str, str | Method] = ("gd", "adam", "ng", "qng"),
    *,
    start: Any = None,
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
        problem: A problem, its name in the library, a folder, or a QNode.
        methods: Names of `optimizers.METHODS` or `optimizers.CONTROLS`, or methods by a label
            of your own.
        start: The first start, shape (P,), radians; the problem's own by default. For a QNode its
            argument, or a tuple of its arguments.
        starts: How many. The others are uniform on [-pi, pi).
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
    whole, base = problem_and_point(problem, start)
    whole, table = replace(whole, start=base), resolved(methods, lr or {})
    for what, value in {"starts": starts, "workers": workers, "threads": threads}.items():
        if value is not None:
            checks.whole(what, value, 1)
    if dask is not None and workers is not None:
        raise InputError("give workers or dask, not both: a cluster has workers of its own")
    points = draw_starts(whole, starts, seed, spread)
    whole.circuit.angles(points)  # an angle may not be defined at a random start
    tasks = [(method, k) for k in range(starts) for method in table]
    processes = min(workers or cores(), len(tasks))
    runs = Runs(
        problem=whole,
        methods=table,
        points=points,
        steps=steps,
        tol=tol,
        seed=seed,
        executor=executor,
        shots=shots,
        threads=threads or (1 if dask is not None else max(cores() // processes, 1)),
    )
    found = here(runs, tasks, processes) if dask is None else there(runs, tasks, dask)
    done: dict[tuple[str, int], Run] = {}
    for method, k, run in found:
        done[method, k] = run
        if progress:
            progress(len(done), len(tasks))
    return Comparison(
        goal=Goal.of(whole),
        runs={method: tuple(done[method, k] for k in range(starts)) for method in table},
        starts=points,
        steps=steps,
    )


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
