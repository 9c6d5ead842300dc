"""Runs made again from their recipes: one, or all of a comparison as that has made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from qng.errors import InputError
from qng.optimize.method import Step
from qng.plan.cloud import is_cloud
from qng.run.again import Given, threads_as_then
from qng.run.comparison import Comparison
from qng.run.durable.driven import begun
from qng.run.many import Pair, Runs, here
from qng.run.recipe import Recipe
from qng.run.remade import AGAIN
from qng.run.results import Run
from qng.run.scanned import Scan
from qng.run.several import Comparisons
from qng.run.stop import Rules, StopRule
from qng.run.target import is_of_models
from qng.run.task import Task
from qng.seeds import Key, extended
from qng.threads import cores

Progress = Callable[[int, int], Any]
"""Told (runs done, runs)."""


def runs_in(value: Run | Comparison | Comparisons | Scan) -> dict[str, Run]:
    """All runs of a result by what they are called."""
    if isinstance(value, Run):
        return {"": value}
    if isinstance(value, Scan):
        return {
            f"{point.value:g}, {way}": run for point in value for way, run in point.runs.items()
        }
    if isinstance(value, Comparison):
        return {
            f"{label}, start {_place(run, k)}": run
            for label, runs in value.runs.items()
            for k, run in enumerate(runs)
        }
    return {
        f"{problem}, {name}": run
        for problem, one in value.problems.items()
        for name, run in runs_in(one).items()
    }


def again_of_runs(value: Any, given: Given, progress: Progress | None = None) -> Any:
    """All runs of a result once more, as a result of the same kind.

    Raises:
        InputError: One does not say how it was made, or something has to be given again.
    """
    total = len(runs_in(value))
    told = told_of(progress, total)
    if isinstance(value, Run):
        return told(again_of_run(value, given))
    if isinstance(value, Scan):
        return value.mapped(lambda run: told(again_of_run(run, given)))
    if isinstance(value, Comparison):
        return _comparison(value, given, told)
    done = {label: _comparison(one, given, told) for label, one in value.problems.items()}
    return replace(value, problems=done)


def told_of(progress: Progress | None, total: int) -> Callable[[Run], Run]:
    """Counts the runs that are done, and hands them on."""
    done = 0

    def told(run: Run) -> Run:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, max(done, total))
        return run

    return told


def again_of_run(run: Run, given: Given, seed: Key | None = None) -> Run:
    """A run once more, with its own seed or with another one.

    One that a function of the user's or an interrupt has ended ends where that was.

    Raises:
        InputError: It does not say how it was made, or something has to be given again.
    """
    made = _made(run)
    device = given.executor_of(made, made.threads)
    if is_cloud(device) and not getattr(device, "local", False):
        raise InputError(f"{device.name} charges for its jobs: give a simulator as executor=")
    recipe = replace(
        made,
        problem=given.problem_of(made.problem),
        method=given.method_of(made.method, run.method),
        seed=made.seed if seed is None else seed,
    )
    cut, ruled = _is_cut(run), _is_ruled(run, given)
    task = Task(
        problem=recipe.problem,
        base=recipe.start,
        method=recipe.method,
        rules=Rules(
            steps=0 if cut and not run.nit else made.steps,
            tol=made.tol,
            stop=_ends_at(run) if ruled else given.stop,
        ),
        device=device,
        shots=made.shots,
        seed=recipe.seed,
        watchers=(_ends_after(run.nit),) if cut else (),
        settings=made.settings,
    )
    with threads_as_then(made):
        if not (made.jobs and given.executor is None):
            return task.run(run.method)
        with TemporaryDirectory() as folder:
            return begun(task, run.method, Path(folder) / "again.db", device, None)


def fresh_of_run(run: Run, given: Given, first: int, end: int) -> Iterator[Run]:
    """Runs of the same law, each with a seed of its own, from one number to another."""
    for k in range(first, end):
        yield again_of_run(run, given, extended(_made(run).seed, AGAIN, k))


def _made(run: Run) -> Recipe:
    if run.made is None:
        raise InputError("the run does not say how it was made, so it cannot be made again")
    return run.made


def _is_cut(run: Run) -> bool:
    """Whether somebody, or a function that is told of steps, has ended the run."""
    return run.interrupted or run.message.startswith("stopped by the callback")


def _is_ruled(run: Run, given: Given) -> bool:
    """Whether a rule may have ended the run that is not given again."""
    made = _made(run)
    return bool(made.stop) and given.stop is None and run.nit < made.steps


def check_law(run: Run, given: Given) -> None:
    """Refuse to draw fresh runs where nobody knows when they would end.

    Raises:
        InputError: What has ended the run is not in the file.
    """
    if _is_ruled(run, given):
        raise InputError(
            f"other counts, and fresh ones end by the rule {_made(run).stop}, which a file cannot "
            "keep: give it again from Python, as stop="
        )
    if _is_cut(run):
        raise InputError(
            "other counts, and fresh ones cannot be drawn of a run that was cut by hand: go on "
            "with it first (`qng run --resume`)"
        )


def _ends_at(run: Run) -> StopRule:
    """A rule that ends a run where a rule has ended it before."""
    kept = sum(row.accepted for row in run.trace.rows[: run.nit])
    message = run.message
    return lambda energies: message if len(energies) > kept else None


def _ends_after(steps: int) -> Callable[[Step], None]:
    def watch(step: Step) -> None:
        if step.step + 1 >= steps:
            raise StopIteration

    return watch


def _place(run: Run, k: int) -> int:
    """The number of the start of a run of a comparison, as its seed names it."""
    seed = None if run.made is None else run.made.seed
    return seed[1] if isinstance(seed, tuple) and len(seed) == 3 else k


def _comparison(value: Comparison, given: Given, told: Callable[[Run], Run]) -> Comparison:
    """A comparison once more: as it was made where it is whole, else run by run."""
    pairs = {
        (label, _place(run, k)): run
        for label, runs in value.runs.items()
        for k, run in enumerate(runs)
    }
    runs = _together(value, pairs, given)
    if runs is None:
        found = {pair: told(again_of_run(run, given)) for pair, run in pairs.items()}
    else:
        workers = min(cores(), len(pairs))
        found = {}
        for label, k, run in here(runs, list(pairs), workers):
            if run.interrupted:
                raise KeyboardInterrupt
            found[label, k] = told(runs.owned(run))
    order: Mapping[str, list[Pair]] = {
        label: [pair for pair in pairs if pair[0] == label] for label in value.runs
    }
    return replace(
        value, runs={label: tuple(found[pair] for pair in of) for label, of in order.items()}
    )


def _together(value: Comparison, pairs: Mapping[Pair, Run], given: Given) -> Runs | None:
    """All runs as `compare` does them; None where they are not those of one comparison."""
    if any(_is_cut(run) or _is_ruled(run, given) for run in pairs.values()):
        return None
    firsts = {label: _made(runs[0]) for label, runs in value.runs.items() if runs}
    made = next(iter(firsts.values()))
    seed = made.seed[0] if isinstance(made.seed, tuple) else 0
    device: Any = given.executor_of(made, made.threads)
    if (
        given.executor is None
        and made.settings.keys() == {"name"}
        and not is_of_models(made.problem)
    ):
        device = made.settings["name"]
    runs = Runs(
        problem=given.problem_of(made.problem),
        methods={label: given.method_of(recipe.method, label) for label, recipe in firsts.items()},
        points=value.starts,
        rules={
            label: Rules(recipe.steps, recipe.tol, given.stop) for label, recipe in firsts.items()
        },
        seed=seed,
        executor=device,
        shots={label: recipe.shots for label, recipe in firsts.items()},
        threads=made.threads or 1,
        settings=made.settings,
    )
    for pair, run in pairs.items():
        recipe, first = _made(run), firsts[pair[0]]
        alike = (
            pair[1] < len(value.starts)
            and recipe.problem is made.problem
            and recipe.method is first.method
            and tuple(np.atleast_1d(recipe.seed)) == runs.seed_of(pair)
            and np.array_equal(recipe.start, value.starts[pair[1]])
            and (recipe.steps, recipe.tol, recipe.shots) == (first.steps, first.tol, first.shots)
            and (recipe.executor, recipe.threads) == (made.executor, made.threads)
        )
        if not alike:
            return None
    return runs
