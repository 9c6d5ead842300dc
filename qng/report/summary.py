"""What a comparison says of each method: computed once, for the table and the JSON.

Everything is over all starts: a run that failed ends at an infinite error, and one that never gets
to the accuracy counts in the median cost of getting there (`profile.py`). Errors at the end are
after different costs where steps cost differently; so there are those at equal cost, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qng.report.inference import Interval, Reach, wilson
from qng.report.profile import equal_cost, error_at, is_known, reached
from qng.report.spent import Axis, total
from qng.report.statistics import Spread, distinct, final_error
from qng.run.comparison import Comparison
from qng.run.results import Run


@dataclass(frozen=True, eq=False)
class Summary:
    """What a comparison says of one method.

    Args:
        method: Its name.
        learning_rate: eta, where it is constant.
        starts: How many runs.
        failed: Runs that had to stop.
        reached: Starts from which the error came within the accuracy; None without a reference.
        share: The interval of their share; None without a reference.
        reach: Their share against what was spent; None without a reference, or where nobody knows
            what was spent.
        error: At the end, or the energy where there is no reference.
        equal: Likewise, at the cost to which all runs of the comparison are known.
        spent: In all, on the axis; infinite where nobody knows it.
        evaluations: Circuit evaluations in all, as the executor counts them.
        shots: Shots in all; 0 where exact.
        seconds: Wall time of a run.
    """

    method: str
    learning_rate: float | None
    starts: int
    failed: int
    reached: int | None
    share: Interval | None
    reach: Reach | None
    error: Spread
    equal: Spread
    spent: Spread
    evaluations: Spread
    shots: Spread
    seconds: Spread


def summaries(comparison: Comparison, axis: Axis) -> list[Summary]:
    """What a comparison says of each method.

    Args:
        comparison: The comparison.
        axis: What cost is counted in.

    Returns:
        One summary a method, in the order of the comparison.
    """
    rates, budget = comparison.learning_rates, budget_of(comparison, axis)
    return [
        _summary(method, distinct(runs), rates[method], axis, budget)
        for method, runs in comparison.runs.items()
    ]


def budget_of(comparison: Comparison, axis: Axis) -> float:
    """The cost at which it is known of all runs where they are, of methods whose cost is known."""
    every = [run for runs in comparison.runs.values() for run in runs if is_known(run, axis)]
    return equal_cost(every, axis) if every else math.nan


def _summary(
    method: str, runs: Sequence[Run], rate: float | None, axis: Axis, budget: float
) -> Summary:
    known = runs[0].reference is not None
    counted = all(is_known(run, axis) for run in runs)
    solved = sum(bool(run.solved) for run in runs)
    return Summary(
        method=method,
        learning_rate=rate,
        starts=len(runs),
        failed=sum(run.failed for run in runs),
        reached=solved if known else None,
        share=wilson(solved, len(runs)) if known else None,
        reach=reached(runs, axis) if known and counted else None,
        error=Spread.of(math.inf if run.failed else final_error(run) for run in runs),
        equal=Spread.of(error_at(run, axis, budget) if counted else None for run in runs),
        spent=Spread.of(total(run, axis) for run in runs),
        evaluations=Spread.of(run.nfev for run in runs),
        shots=Spread.of(run.shots for run in runs),
        seconds=Spread.of(run.seconds for run in runs),
    )
