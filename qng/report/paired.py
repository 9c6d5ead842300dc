"""Which of several methods is better, by their runs from the same starts.

Starts differ more than methods do: one of them is in a local minimum for all. So runs are paired
by their starts, and a test says how easily a difference like that comes about by chance where the
two methods could as well be exchanged. Three questions, each of all pairs of methods,

    solved    does one solve more starts, by the cost to which both are known?       McNemar
    cost      does one reach the accuracy at a lower cost?                            signed ranks
    error     is one closer by the accuracy or more, at that cost?                    signed ranks

A start where only one method gets there is won by it, by more than any other; where neither does,
or one was cut before the other got there, nobody has won. The chances of each question are
corrected after Holm: of the answers to one question, one or more is wrong in at most 5 % of
comparisons.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from qng.arrays import Array
from qng.report.inference import LEVEL, Interval, holm, mcnemar, middle, signed_rank
from qng.report.profile import cost_to, equal_cost, error_at, is_known, known_until
from qng.report.spent import Axis
from qng.run.results import Comparison, Run


@dataclass(frozen=True)
class Answer:
    """One question about two methods.

    Args:
        first: Starts that the first method has won.
        second: Starts that the second has won.
        neither: Starts that say nothing.
        chance: p that a difference like that comes about by chance.
        corrected: p with all other pairs in mind.
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
        solved: Who solves more starts by then; None without a reference.
        cost: Who gets there at a lower cost; None without a reference.
        error: Who is closer at that cost, by the accuracy or more.
        ratio: Cost to the accuracy of the second over that of the first, the median over starts
            where at least one gets there; infinite where the second mostly does not, NaN where
            nobody knows.
        between: Its interval, from 0 to infinity where it has no bounds.
    """

    first: str
    second: str
    starts: int
    budget: float
    solved: Answer | None
    cost: Answer | None
    error: Answer
    ratio: float = math.nan
    between: Interval = Interval(0.0, math.inf)

    def winner(self, question: str) -> tuple[str, str] | None:
        """(better, worse) in "solved", "cost" or "error"; None where nobody can say."""
        answer: Answer | None = getattr(self, question)
        won = None if answer is None else answer.winner
        if won is None:
            return None
        return (self.second, self.first) if won else (self.first, self.second)


def pairs(comparison: Comparison, axis: Axis) -> list[Pair]:
    """All pairs of methods whose costs are known, in the order of the comparison.

    Args:
        comparison: Of any number of methods; one that was cut is paired by the starts that both
            methods have done.
        axis: Of what was spent.
    """
    known = [m for m, runs in comparison.runs.items() if all(is_known(run, axis) for run in runs)]
    found = [_pair(comparison, one, other, axis) for one, other in combinations(known, 2)]
    for question in ("solved", "cost", "error"):
        asked = [k for k, pair in enumerate(found) if getattr(pair, question) is not None]
        corrected = holm([getattr(found[k], question).chance for k in asked])
        for k, p in zip(asked, corrected):
            answer = replace(getattr(found[k], question), corrected=p)
            found[k] = replace(found[k], **{question: answer})
    return found


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


def least_chance(starts: int, tests: int) -> float:
    """The smallest p, corrected, that so many starts can have: one method wins all of them."""
    return min(tests * 2.0 ** (1 - starts), 1.0)


def _start(run: Run) -> object:
    assert run.made is not None
    return (run.goal, np.asarray(run.made.start).tobytes())


def _pair(comparison: Comparison, first: str, second: str, axis: Axis) -> Pair:
    both = matched(comparison.runs[first], comparison.runs[second])
    budget = equal_cost((run for pair in both for run in pair), axis) if both else 0.0
    errors = _table(both, lambda run: error_at(run, axis, budget))
    closer = _closer(errors, comparison.accuracy)
    found = Pair(first, second, len(both), budget, None, None, _answer(closer))
    if comparison.reference is None:
        return found
    logs = np.array([_log_ratio(one, other, axis) for one, other in both])
    centre, interval = middle(logs)
    solved = _table(both, lambda run: float(cost_to(run, axis) <= budget))
    return replace(
        found,
        solved=_solved(solved),
        cost=_answer(logs),
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
    """log(cost of the second / cost of the first) to the accuracy; NaN where nobody knows."""
    costs = cost_to(first, axis), cost_to(second, axis)
    if costs[0] == costs[1]:
        return 0.0 if math.isfinite(costs[0]) else math.nan
    if math.isinf(costs[1]):
        return math.inf if known_until(second, axis) >= costs[0] else math.nan
    if math.isinf(costs[0]):
        return -math.inf if known_until(first, axis) >= costs[1] else math.nan
    return (
        math.inf if costs[0] == 0 else -math.inf if costs[1] == 0 else math.log(costs[1] / costs[0])
    )


def _answer(differences: Array) -> Answer:
    """Signed ranks; positive differences are won by the first."""
    first, second = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    return Answer(first, second, len(differences) - first - second, signed_rank(differences))


def _solved(solved: Array) -> Answer:
    first = int(np.sum(solved[:, 0] > solved[:, 1]))
    second = int(np.sum(solved[:, 1] > solved[:, 0]))
    return Answer(first, second, len(solved) - first - second, mcnemar(first, second))
