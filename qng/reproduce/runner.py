"""From an entry to a reproduction: run, count, judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from qng.problem.problem import Problem
from qng.reproduce.check import Verdict, judge
from qng.reproduce.entry import Entry, Study
from qng.reproduce.results import Reproduction, Results
from qng.run.compare import compare
from qng.run.recipe import now, versions
from qng.run.results import Comparison

Told = Callable[[str, int, int], None]
"""Called with (study, runs done, runs)."""


def reproduce(
    entry: Entry,
    *,
    workers: int | None = None,
    ledger: str | Path | None = None,
    progress: Told | None = None,
) -> Reproduction:
    """Run an entry and judge it.

    Args:
        entry: It.
        workers: Processes; by default as many as there are cores.
        ledger: Where finished runs are kept: they are not done again when this is repeated.
        progress: Called with (study, runs done, runs of it).

    Raises:
        InputError: A check of what is not there, or a setting that cannot be used; before anything
            is run where that can be known.
        KeyboardInterrupt: Before all runs were done.
    """
    begun, date = time.perf_counter(), now()
    comparisons: dict[str, Comparison] = {}
    for name, study in entry.planned().items():
        found = _compared(name, study, workers, ledger, progress)
        if found.interrupted:
            raise KeyboardInterrupt(f"{entry.id}: {found.interrupted}")
        comparisons[name] = found
    values = {}
    if entry.values is not None:
        made = entry.values(Results(comparisons, {}))
        values = {name: np.asarray(value) for name, value in dict(made).items()}
    results = Results(comparisons, values)
    verdicts: list[Verdict] = []
    for check in entry.checks:
        verdicts += judge(check, results)
    return Reproduction(
        id=entry.id,
        title=entry.title,
        source=entry.source,
        comparisons=comparisons,
        values=values,
        verdicts=tuple(verdicts),
        seconds=time.perf_counter() - begun,
        versions=versions(),
        date=date,
        note=entry.note,
    )


def _compared(
    name: str, study: Study, workers: int | None, ledger: str | Path | None, told: Told | None
) -> Comparison:
    """The comparison of a study."""
    problem: Any = study.problem
    if callable(problem) and not isinstance(problem, Problem):
        problem = problem()
    given: dict[str, Any] = {
        "steps": study.steps,
        "start": study.start,
        "starts": study.starts,
        "tol": study.tol,
        "stop": study.stop,
        "shots": study.shots,
        "spread": study.spread,
        "workers": workers,
        "ledger": ledger,
    }
    settings = {key: value for key, value in given.items() if value is not None}
    if "start" not in settings or np.ndim(study.start) < 2:
        settings.setdefault("starts", 1)
    return compare(
        problem,
        study.methods,
        seed=study.seed,
        executor=study.executor,
        progress=None if told is None else lambda done, of: told(name, done, of),
        **settings,
    )
