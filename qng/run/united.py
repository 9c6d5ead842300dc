"""Comparisons on the same terms as one: their methods, and the starts of the longest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qng.errors import InputError
from qng.run.again import missing
from qng.run.comparison import Comparison
from qng.run.into import There, place_of
from qng.run.results import Run
from qng.run.several import Comparisons


def merged(first: Comparison, *others: Comparison) -> Comparison:
    """The methods of comparisons on the same terms, as one.

    Args:
        first: Its methods come first.
        others: From the same starts; runs that are in several are equal.

    Raises:
        InputError: They are on other terms, or have other runs of one method; or one is none.
    """
    whole = first
    for other in others:
        if not isinstance(other, Comparison):
            raise InputError(
                f"a {type(other).__name__} cannot be merged with a comparison: give another "
                "comparison, such as qng.load_run(FILE)"
            )
        found = united(whole, other)
        if len(whole.starts) != len(other.starts):
            raise InputError(
                f"the starts differ: {len(whole.starts)} and {len(other.starts)}; "
                "compare(..., into=) runs what is missing"
            )
        for label in whole.runs.keys() & other.runs.keys():
            if _shown(whole.runs[label]) != _shown(other.runs[label]):
                raise InputError(
                    f"{label} is in both, with other runs: give one of them another label"
                )
        whole = found
    looks = first.looks
    if whole.runs.keys() > first.runs.keys():
        looks = tuple(look for of in (first, *others) for look in of.looked)
    return replace(
        whole,
        interrupted=next((of.interrupted for of in (first, *others) if of.interrupted), ""),
        unfinished=tuple(run for of in (first, *others) for run in of.unfinished),
        looks=looks,
    )


def united(first: Comparison, second: Comparison) -> Comparison:
    """All runs of two comparisons; of those that are in both the ones of the first.

    Returns:
        It says that it was interrupted where methods have run from fewer starts than others.

    Raises:
        InputError: They are on other terms.
    """
    known, other = There.of(first), There.of(second)
    made = other.made
    known.check(
        other.problem, (made.executor, made.settings), other.seed, other.terms, second.starts
    )
    problem = other.problem if missing(known.problem) else known.problem
    starts = max(first.starts, second.starts, key=len)
    runs: dict[str, tuple[Run, ...]] = {}
    for label in dict.fromkeys((*first.runs, *second.runs)):
        found = {
            place_of(run, k): replace(
                run, goal=first.goal, made=run.made and replace(run.made, problem=problem)
            )
            for of in (second, first)
            for k, run in enumerate(of.runs.get(label, ()))
        }
        runs[label] = tuple(found[k] for k in sorted(found))
    done, total = sum(map(len, runs.values())), len(runs) * len(starts)
    return replace(
        first,
        runs=runs,
        starts=starts,
        steps=max(first.steps, second.steps),
        interrupted="" if done == total else _cut(done, total),
        unfinished=(),
        looks=first.looked,
    )


def united_over(first: Comparisons, second: Comparisons) -> Comparisons:
    """The same of several problems.

    Raises:
        InputError: They are on other terms.
    """
    problems = dict(first.problems)
    for label, one in second.problems.items():
        problems[label] = united(problems[label], one) if label in problems else one
    found = Comparisons(problems, looks=first.looked)
    done = sum(len(runs) for of in problems.values() for runs in of.runs.values())
    total = len(found.methods) * sum(len(of.starts) for of in problems.values())
    return replace(found, interrupted="" if done == total else _cut(done, total))


def _cut(done: int, total: int) -> str:
    return f"interrupted after {done} of {total} runs"


def _shown(runs: tuple[Run, ...]) -> list[Any]:
    """What tells runs apart."""
    return [(run.nit, run.fun, run.x.tolist()) for run in runs]
