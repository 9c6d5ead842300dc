"""A comparison that is there, in memory or in a file, with what is asked for added to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from qng.errors import InputError
from qng.problem.anyproblem import AnyProblem
from qng.run.comparison import Comparison
from qng.run.contest import Contest, Progress
from qng.run.into import There
from qng.run.partial import partial_of
from qng.run.saved import read_saved, save_run, writable
from qng.run.several import Comparisons
from qng.run.target import as_problem

Compared = Comparison | Comparisons


def grown(
    contest: Contest,
    into: Any,
    problem: Any,
    several: Mapping[str, AnyProblem] | None,
    progress: Progress | None,
) -> Compared:
    """What is there and what is asked for; of it only what is missing is run.

    Args:
        contest: What is asked for.
        into: What is there, or the file that has it and is written anew; or one that is to be.
        problem: The problem.
        several: Problems by label, where there are several.
        progress: Told (runs done, runs).

    Raises:
        InputError: It is on other terms.
        Exception: As `compare`; the file has what is done.
    """
    file = writable(into) if isinstance(into, (str, PathLike)) else None
    there = into if file is None else _read(file)
    if there is not None and not isinstance(there, (Comparison, Comparisons)):
        where = into if file is None else f"{file}, which holds"
        raise InputError(f"into is a comparison or its file, not {where} a {type(there).__name__}")
    try:
        found = _grown(contest, there, problem, several, progress)
    except Exception as error:
        partial = partial_of(error)
        if file is not None and isinstance(partial, (Comparison, Comparisons)):
            save_run(partial, file)
        raise
    if file is not None:
        save_run(found, file)
    return found


def _read(file: Path) -> Any:
    """What a file holds; None where there is none."""
    return read_saved(file) if file.exists() else None


def _grown(
    contest: Contest,
    there: Compared | None,
    problem: Any,
    several: Mapping[str, AnyProblem] | None,
    progress: Progress | None,
) -> Compared:
    if there is None:
        if several is None:
            return contest.on(problem, progress)
        return contest.on_all(several, progress)
    if contest.tune is not None:
        raise InputError(
            "methods are tuned together: leave tune out where something is added to a comparison"
        )
    if isinstance(there, Comparison):
        if several is not None:
            raise InputError(
                f"it compares on {there.problem} alone: add to it with that problem, or give "
                "another file"
            )
        return replace(contest, into={"": there}).on(problem, progress)
    known = {label: There.of(one) for label, one in there.problems.items()}
    asked = dict(several) if several is not None else _one(as_problem(problem))
    problems = {**{label: of.problem for label, of in known.items()}, **asked}
    terms = {label: of for there_ in known.values() for label, of in there_.terms.items()}
    old = {label: of for label, of in terms.items() if label not in contest.methods}
    whole = replace(
        contest,
        methods={**{label: of.method for label, of in old.items()}, **contest.methods},
        rules={**{label: of.rules for label, of in old.items()}, **contest.rules},
        shots={**{label: of.shots for label, of in old.items()}, **contest.shots},
        into=dict(there.problems),
    )
    return whole.on_all(problems, progress)


def _one(problem: AnyProblem) -> dict[str, AnyProblem]:
    return {problem.name: problem}
