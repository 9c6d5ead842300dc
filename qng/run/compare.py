"""Several methods from the same starts."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qng import checks
from qng.errors import InputError, shown
from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.problem.given import problem_and_point
from qng.problem.problem import Problem
from qng.run.many import Runs, here, there
from qng.run.partial import error_in_words, keep_partial, partial_of
from qng.run.results import Comparison, Goal, Run
from qng.run.starts import draw_starts
from qng.seeds import number_of
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
    executor: Any = "statevector",
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
        seed: Of the starts and of everything that is drawn. A run draws from a stream named by its
            start and its label: other methods, and their order, change none of its numbers.
        executor: By name, every run has its own then; or an object, also a device of Qiskit or
            PennyLane. One that cannot be sent to other processes does all runs in this one.
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
        All runs, those that failed among them; after Ctrl-C those that are done by then
        (`interrupted`).

    Raises:
        InputError: Bad input, before anything is computed.
        KeyboardInterrupt: Before a run was begun.
        QngError: The cluster was lost.
        Exception: Whatever a function of yours raises, such as `progress`. Of this and of a lost
            cluster, the runs that are done are the attribute `partial` of the exception.
    """
    whole, base = problem_and_point(problem, start)
    whole, table = replace(whole, start=base), resolved(methods, lr or {})
    checks.whole("starts", starts, 1)
    checks.function("progress", progress)
    for what, value in {"workers": workers, "threads": threads}.items():
        if value is not None:
            checks.whole(what, value, 1)
    if dask is not None and workers is not None:
        raise InputError("give workers or dask, not both: a cluster has workers of its own")
    shots, seed = checks.shots(shots), number_of(seed)
    device = executor if isinstance(executor, str) else executor_of(executor, most_threads=threads)
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
        executor=device,
        shots=shots,
        threads=threads or (1 if dask is not None else max(cores() // processes, 1)),
    )
    done: dict[tuple[str, int], Run] = {}
    unfinished: list[Run] = []

    def compared(interrupted: str = "") -> Comparison:
        of = {m: tuple(done[m, k] for k in range(starts) if (m, k) in done) for m in table}
        return Comparison(
            goal=Goal.of(whole),
            runs={method: found for method, found in of.items() if found},
            starts=points,
            steps=steps,
            interrupted=interrupted,
            unfinished=tuple(unfinished),
        )

    found = here(runs, tasks, processes) if dask is None else there(runs, tasks, dask)
    try:
        for method, k, run in found:
            if run.interrupted:
                unfinished.append(run)
                break
            done[method, k] = run
            if progress:
                progress(len(done), len(tasks))
        else:
            return compared()
    except KeyboardInterrupt:
        if not done:
            raise
    except Exception as error:
        left = partial_of(error)
        if isinstance(left, Run):
            unfinished.append(left)
        if done or unfinished:
            words = error_in_words(error)
            keep_partial(error, compared(f"{words}, after {len(done)} of {len(tasks)} runs"))
        raise
    finally:
        if isinstance(found, Generator):
            found.close()  # it ends its processes
    return compared(f"interrupted after {len(done)} of {len(tasks)} runs")


def resolved(
    methods: Sequence[str] | Mapping[str, str | Method], lr: Mapping[str, float]
) -> dict[str, Method]:
    """The methods of a comparison by label.

    Raises:
        InputError: No method, a label that is given twice or is no text, a rate for one that is
            not compared, no such method.
    """
    if not isinstance(lr, Mapping):
        raise InputError(f"lr must give a rate by method, as {{'qng': 0.1}}, not {lr!r}")
    named: list[tuple[str, str | Method]]
    if isinstance(methods, Mapping):
        named = list(methods.items())
    else:
        several = [methods] if isinstance(methods, str) else methods
        if not isinstance(several, Iterable):
            raise InputError(f"methods are names, as ['gd', 'qng'], not {shown(methods)}")
        named = [(name, name) for name in several]
    labels = [label for label, _ in named]
    for label in labels:
        if not isinstance(label, str):
            raise InputError(
                f"a method is compared by its name or a label, as {{'mine': method}}, "
                f"not by {label!r}"
            )
        if labels.count(label) > 1:
            raise InputError(
                f"{label!r} is given twice: give labels of your own, as "
                f"{{'{label} 1': '{label}', '{label} 2': '{label}'}}"
            )
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
