"""A comparison that is there, in memory or in a file, with what is asked for added to it.

A file may be grown by several at once. What is run is added to what the file has by then, and what
both together lack is run, too; nothing that somebody has saved is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from qng.errors import InputError, QngError
from qng.problem.anyproblem import AnyProblem
from qng.run.alone import alone, beside
from qng.run.comparison import Comparison
from qng.run.contest import Contest, Progress
from qng.run.into import There
from qng.run.partial import keep_partial, partial_of
from qng.run.saved import content_of, of_content, save_run, writable
from qng.run.several import Comparisons
from qng.run.target import as_problem
from qng.run.united import united, united_over

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
        QngError: The file has become one on other terms meanwhile; what is done is in another one.
        Exception: As `compare`; the file has what is done.
    """
    if not isinstance(into, (str, PathLike)):
        _check(into, into)
        return _grown(contest, into, problem, several, progress)
    file = writable(into)
    content = content_of(file)
    there = None if content is None else of_content(file, content)
    if there is not None:
        _check(there, f"{file}, which holds")
    meanwhile: Compared | None = None
    while True:
        try:
            found = _grown(contest, there, problem, several, progress)
        except Exception as error:
            partial = partial_of(error)
            if isinstance(partial, (Comparison, Comparisons)):
                _kept(file, content, partial)
            elif isinstance(error, InputError) and meanwhile is not None:
                return meanwhile  # what somebody else has added cannot be run here
            raise
        if meanwhile is not None:
            found = replace(found, looks=meanwhile.looks)  # nobody has looked at it
        whole = _kept(file, content, found)
        if whole is found or found.interrupted or not whole.interrupted:
            return whole
        there = meanwhile = whole
        content = content_of(file)


def _kept(file: Path, before: bytes | None, found: Compared) -> Compared:
    """What is in a file once something is added to it: more, where somebody else has been there.

    Args:
        file: It is written as a whole.
        before: What was in it when `found` was begun.
        found: What is added.

    Raises:
        QngError: It cannot be written, or what is there now is on other terms.
    """
    with alone(file):
        now = content_of(file)
        whole = found
        try:
            if now is not None and now != before:
                whole = _both(file, now, found)
            save_run(whole, file)
        except QngError as error:
            keep_partial(error, whole)
            raise
        return whole


def _both(file: Path, content: bytes, found: Compared) -> Compared:
    """All that is in a file, and what was found.

    Raises:
        QngError: It is on other terms; what was found is in another file.
    """
    try:
        now = of_content(file, content)
        if isinstance(now, Comparison) and isinstance(found, Comparison):
            return united(now, found)
        if isinstance(now, Comparisons) and isinstance(found, Comparisons):
            return united_over(now, found)
        raise InputError(f"it holds a {type(now).__name__}")
    except InputError as error:
        other = beside(file)
        save_run(found, other)
        raise QngError(
            f"{file} has changed meanwhile, and what was run cannot be added to it ({error}): it "
            f"is in {other}"
        ) from error


def _check(there: Any, where: Any) -> None:
    """Refuse what is no comparison."""
    if not isinstance(there, (Comparison, Comparisons)):
        raise InputError(f"into is a comparison or its file, not {where} a {type(there).__name__}")


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
    try:
        return _noted(whole.on_all(problems, progress), there)
    except Exception as error:
        if isinstance(partial := partial_of(error), Comparisons):
            vars(error)["partial"] = _noted(partial, there)
        raise


def _noted(found: Comparisons, there: Comparisons) -> Comparisons:
    """With the looks of what was there."""
    more = sum(map(_runs, found.problems.values())) > sum(map(_runs, there.problems.values()))
    return replace(found, looks=there.looked if more else there.looks)


def _runs(of: Comparison) -> int:
    return sum(map(len, of.runs.values()))


def _one(problem: AnyProblem) -> dict[str, AnyProblem]:
    return {problem.name: problem}
