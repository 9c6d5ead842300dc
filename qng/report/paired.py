"""Which of several methods is better, by their runs from the same starts.

Starts differ more than methods do: one of them is in a local minimum for all. So runs are paired
by their starts, and a test says how easily a difference like that comes about by chance where the
two methods could as well be exchanged. Three questions, each of all pairs of methods,

    solved    does one solve more starts, by the cost to which both are known?       McNemar
    cost      does one reach the accuracy at a lower cost?                            signed ranks
    error     is one closer by the accuracy or more, at that cost?                    signed ranks

A start where only one method gets there, by the cost to which both are known, is won by it, and by
more than any other; where neither does, nobody has won. The chances of each question are
corrected after Holm: of the answers to one question, one or more is wrong in at most 5 % of
comparisons. One that has grown is looked at again, and p counts more often (`looks.py`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from qng.arrays import Array
from qng.report.inference import LEVEL, Interval, holm, mcnemar, middle, signed_rank
from qng.report.looks import counts
from qng.report.profile import cost_to, equal_cost, error_at, is_known, known_until
from qng.report.spent import Axis
from qng.report.statistics import distinct
from qng.run.comparison import Comparison, Looks
from qng.run.results import Run


@dataclass(frozen=True)
class Answer:
    """One question about two methods.

    Args:
        first: Starts that the first method has won.
        second: Starts that the second has won.
        neither: Starts that say nothing.
        chance: p that a difference like that comes about by chance.
        corrected: p with all other pairs and all looks before in mind.
    """

    first: int
    second: int
    neither: int
    chance: float
    corrected: float = 1.0

    @property
    def winner(self) -> int | None:
        """0 or 1 where one method is better; None where nobody can say."""
        if self.corrected > 1 - LEVEL or self.first == self.second:
            return None
        return int(self.second > self.first)


@dataclass(frozen=True)
class Pair:
    """Two methods from the same starts.

    Args:
        first: A method.
        second: Another one.
        starts: From how many starts both were run.
        budget: The cost to which both are known.
        answers: By question; without a reference "error" alone.
        ratio: Cost to the accuracy of the second over that of the first, the median over starts
            where at least one gets there; infinite where the second mostly does not, NaN where
            nobody knows.
        between: Its interval, from 0 to infinity where it has no bounds.
    """

    first: str
    second: str
    starts: int
    budget: float
    answers: Mapping[str, Answer]
    ratio: float = math.nan
    between: Interval = Interval(0.0, math.inf)

    def better(self, question: str) -> str | None:
        """The method that is better by a question; None where nobody can say."""
        answer = self.answers.get(question)
        won = None if answer is None else answer.winner
        return None if won is None else (self.first, self.second)[won]

    def worse(self, question: str) -> str | None:
        """The other one."""
        better = self.better(question)
        return None if better is None else self.second if better == self.first else self.first


def pairs(comparison: Comparison, axis: Axis) -> list[Pair]:
    """All pairs of methods whose costs are known, in the order of the comparison.

    Args:
        comparison: Of any number of methods; one that was cut is paired by the starts that both
            methods have done.
        axis: Of what was spent.
    """
    known = [m for m, runs in comparison.runs.items() if all(is_known(run, axis) for run in runs)]
    found = [_pair(comparison, one, other, axis) for one, other in combinations(known, 2)]
    return corrected(found, comparison.looks)


def corrected(found: Sequence[Pair], looks: Looks) -> list[Pair]:
    """Pairs with p for all of them together, and for the looks before."""
    done = list(found)
    for question in {question: None for pair in found for question in pair.answers}:
        places = [k for k, pair in enumerate(done) if question in pair.answers]
        chances = holm([done[k].answers[question].chance for k in places])
        for k, p in zip(places, chances):
            answer = replace(done[k].answers[question], corrected=min(counts(looks) * p, 1.0))
            done[k] = replace(done[k], answers={**done[k].answers, question: answer})
    return done


def matched(first: Sequence[Run], second: Sequence[Run]) -> list[tuple[Run, Run]]:
    """Runs of two methods from the same starts.

    Runs that do not say where they began are paired by their order, where there are as many.
    """
    if any(run.made is None for run in (*first, *second)):
        return list(zip(first, second)) if len(first) == len(second) else []
    waiting: defaultdict[object, list[Run]] = defaultdict(list)
    for run in reversed(second):
        waiting[_start(run)].append(run)
    return [(run, waiting[_start(run)].pop()) for run in first if waiting[_start(run)]]


def _start(run: Run) -> object:
    """Where a run began, and on what; references computed anew may differ by rounding."""
    assert run.made is not None
    goal = run.goal
    known = "" if goal.reference is None else f"{goal.reference:.10g}"
    return (replace(goal, reference=None), known, np.asarray(run.made.start).tobytes())


def _pair(comparison: Comparison, first: str, second: str, axis: Axis) -> Pair:
    # The same two runs over again are no second start.
    both = distinct(matched(comparison.runs[first], comparison.runs[second]))
    budget = equal_cost((run for pair in both for run in pair), axis) if both else 0.0
    errors = _table(both, lambda run: error_at(run, axis, budget))
    error = _answer(_closer(errors, comparison.accuracy))
    if comparison.reference is None:
        return Pair(first, second, len(both), budget, {"error": error})
    logs = np.array([_log_ratio(one, other, axis) for one, other in both])
    solved = _solved(_table(both, lambda run: float(cost_to(run, axis) <= budget)))
    centre, interval = middle(logs)
    return Pair(
        first=first,
        second=second,
        starts=len(both),
        budget=budget,
        answers={"solved": solved, "cost": _answer(logs), "error": error},
        ratio=math.exp(centre),
        between=Interval(math.exp(interval.lower), math.exp(interval.upper)),
    )


def _table(both: Sequence[tuple[Run, Run]], of: Callable[[Run], float]) -> Array:
    """A number of every run, shape (starts, 2)."""
    return np.array([[of(run) for run in pair] for pair in both]).reshape(-1, 2)


def _closer(errors: Array, accuracy: float) -> Array:
    """By how much the first is closer; 0 where that is less than the accuracy, or both failed."""
    both = np.isinf(errors).all(axis=1)
    by = np.subtract(errors[:, 1], errors[:, 0], out=np.zeros(len(errors)), where=~both)
    return np.where(np.abs(by) < accuracy, 0.0, by)


def _log_ratio(first: Run, second: Run, axis: Axis) -> float:
    """log(cost of the second / cost of the first) to the accuracy; NaN where nobody knows.

    What lies beyond the cost to which both are known counts for neither: who is cut earlier would
    lose by more than he can win.
    """
    until = min(known_until(first, axis), known_until(second, axis))
    one, other = (
        cost if (cost := cost_to(run, axis)) <= until else math.inf for run in (first, second)
    )
    if one == other:
        return 0.0 if math.isfinite(one) else math.nan
    if math.isinf(other) or one == 0:
        return math.inf
    if math.isinf(one) or other == 0:
        return -math.inf
    return math.log(other / one)


def _answer(differences: Array) -> Answer:
    """Signed ranks; positive differences are won by the first."""
    first, second = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    return Answer(first, second, len(differences) - first - second, signed_rank(differences))


def _solved(solved: Array) -> Answer:
    first = int(np.sum(solved[:, 0] > solved[:, 1]))
    second = int(np.sum(solved[:, 1] > solved[:, 0]))
    return Answer(first, second, len(solved) - first - second, mcnemar(first, second))
