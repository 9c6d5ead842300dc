"""From an entry to a reproduction: run, count, judge."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, Final, TypeVar

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, NoisyMetricWarning, QngError, SurrogateWarning
from qng.reproduce.entry import Entry, Study
from qng.reproduce.judging import judge
from qng.reproduce.results import Reproduction, Results
from qng.run.compare import compare
from qng.run.comparison import Comparison
from qng.run.many import pooled_after
from qng.run.recipe import now, versions
from qng.run.target import problem_and_point

T = TypeVar("T")

LONG: Final = 15.0
"""Seconds of an entry, as it says, from which its studies are done in processes ..."""

WORTH: Final = 1.0
"""... where they take so many."""

Told = Callable[[int, int, str], None]
"""Told (runs done, runs, study)."""


def reproduce(
    entry: Entry,
    *,
    planned: Mapping[str, Study] | None = None,
    workers: int | None = None,
    ledger: str | Path | None = None,
    required: bool = True,
    progress: Told | None = None,
) -> Reproduction:
    """Run an entry and judge it.

    Args:
        entry: It.
        planned: Its studies, where `plan` has made them.
        workers: Processes; by default as many as there are cores.
        ledger: Where finished runs are kept: they are not done again when this is repeated.
        required: Whether runs that a ledger could not know again, because of functions without
            names, are refused; False: they are not kept.
        progress: Told (runs done, runs, study).

    Raises:
        InputError: A check of what is not there, or a setting that cannot be used; before anything
            is run where that can be known.
        QngError: A function of the entry failed.
        KeyboardInterrupt: Before all runs were done.
    """
    begun, date = time.perf_counter(), now()
    planned = plan(entry) if planned is None else planned
    worth = WORTH if entry.seconds > LONG else math.inf
    total = n_runs(planned)
    comparisons: dict[str, Comparison] = {}
    before = 0
    for name, study in planned.items():
        told = _told(progress, before, n_runs({name: study}), total, name)
        what = f"study {name!r}"
        with warnings.catch_warnings(), pooled_after(worth):
            # A published run is as noisy as it was.
            warnings.simplefilter("ignore", NoisyMetricWarning)
            warnings.simplefilter("ignore", SurrogateWarning)
            try:
                found = _guarded(entry, what, partial(_compared, study, workers, ledger, told))
            except InputError:
                if ledger is None or required:
                    raise
                found = _guarded(entry, what, partial(_compared, study, workers, None, told))
        if found.interrupted:
            done = before + sum(map(len, found.runs.values()))
            raise KeyboardInterrupt(f"{entry.id} interrupted after {done} of {total} runs")
        comparisons[name] = found
        before += n_runs({name: study})
    results = Results(comparisons, _values(entry, comparisons))
    verdicts = [verdict for check in entry.checks for verdict in judge(check, results)]
    return Reproduction(
        id=entry.id,
        title=entry.title,
        source=entry.source,
        comparisons=comparisons,
        values=dict(results.values),
        verdicts=tuple(verdicts),
        seconds=time.perf_counter() - begun,
        versions=versions(),
        date=date,
        note=entry.note,
        resumed=sum(
            run.made is not None and run.made.date < date
            for comparison in comparisons.values()
            for runs in comparison.runs.values()
            for run in runs
        ),
    )


def plan(entry: Entry) -> dict[str, Study]:
    """The studies of an entry by name, with their problems and starts; nothing is run.

    Raises:
        QngError: A study that cannot be run, or a function of the entry that failed.
    """
    planned = _guarded(entry, "the function of the studies", entry.planned)
    return {name: _settled(entry, study) for name, study in planned.items()}


def n_runs(planned: Mapping[str, Study]) -> int:
    """How many runs planned studies have."""
    return sum(len(study.methods) * (study.starts or 1) for study in planned.values())


def _settled(entry: Entry, study: Study) -> Study:
    """With its problem made, and one start where nothing is said of starts."""
    problem: Any = study.problem
    if isinstance(problem, (FunctionType, MethodType, partial)):
        problem = _guarded(entry, "the function of the problem", problem)
    whole, base = problem_and_point(problem, study.start, many=True)
    given = len(base) if base.ndim == 2 else 1
    return replace(study, problem=whole, start=base, starts=study.starts or given)


def _compared(
    study: Study,
    workers: int | None,
    ledger: str | Path | None,
    told: Callable[[int, int], None] | None,
) -> Comparison:
    """The comparison of a planned study."""
    given = study.settings | {"workers": workers, "ledger": ledger}
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    problem: Any = study.problem
    found: Comparison = compare(problem, study.methods, progress=told, **settings)
    return found


def _values(entry: Entry, comparisons: dict[str, Comparison]) -> dict[str, Array]:
    """The further numbers of an entry.

    Raises:
        QngError: They are none, or their function failed.
    """
    count = entry.values
    if count is None:
        return {}
    found = _guarded(entry, "the function of the values", lambda: count(Results(comparisons, {})))
    if not isinstance(found, Mapping):
        raise QngError(f"the values of {entry.id} are no mapping from names to numbers: {found!r}")
    values = {}
    for name, value in found.items():
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise QngError(f"the value {name!r} of {entry.id} is no number: {value!r}")
        values[str(name)] = array.astype(float)
    return values


def _guarded(entry: Entry, what: str, call: Callable[[], T]) -> T:
    """What a call returns that runs functions of an entry.

    Raises:
        QngError: It raised something; an entry may be anybody's.
    """
    try:
        return call()
    except QngError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())
        raise QngError(f"{what} of {entry.id} failed: {type(error).__name__}: {why}") from error


def _told(
    progress: Told | None, before: int, own: int, total: int, name: str
) -> Callable[[int, int], None] | None:
    """Tells the part of a study, whose runs may be preceded by those of tuning, in its own runs."""
    if progress is None:
        return None
    return lambda done, of: progress(before + done * own // max(of, 1), total, name)
