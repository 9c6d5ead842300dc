"""How the runs of a comparison reach the accuracy, and how far they are at equal cost.

A run that is cut by its limit of steps may have got there later: it is known up to what it has
spent. One that has ended by itself, because it failed or met its stop rule, will never be there,
however much is spent, and stays where it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from qng.report.inference import Reach, reach
from qng.report.spent import Axis, spent
from qng.report.statistics import distances, distinct
from qng.run.comparison import Comparison
from qng.run.results import Run


def profiles(comparison: Comparison, axis: Axis, accuracy: float | None = None) -> dict[str, Reach]:
    """The share of runs that are solved against what was spent: data profiles.

    Args:
        comparison: With a reference energy.
        axis: Of what was spent.
        accuracy: In the unit of the energies; the problem's own by default.

    Returns:
        By method; without those of which nobody knows what they cost, and none without a reference.

    Reference: Moré and Wild, SIAM J. Optim. 20, 172 (2009).
    """
    if comparison.reference is None:
        return {}
    known = {
        method: runs
        for method, runs in comparison.runs.items()
        if all(is_known(run, axis) for run in runs)
    }
    return {method: reached(distinct(runs), axis, accuracy) for method, runs in known.items()}


def reached(runs: Sequence[Run], axis: Axis, accuracy: float | None = None) -> Reach:
    """The share of runs that are solved against what was spent.

    Args:
        runs: Each is judged by its own goal.
        axis: Of what was spent.
        accuracy: As in `profiles`.
    """
    costs = [cost_to(run, axis, accuracy) for run in runs]
    return reach(costs, [known_until(run, axis) for run in runs])


def cost_to(run: Run, axis: Axis, accuracy: float | None = None) -> float:
    """What a run had spent when its error came within an accuracy; infinite where it did not."""
    step = run.steps_to(accuracy)
    return math.inf if step is None else float(spent(run, axis)[step])


def known_until(run: Run, axis: Axis) -> float:
    """Up to which cost it is known where a run is: infinite where it has ended by itself."""
    return math.inf if has_ended(run) else float(spent(run, axis)[-1])


def has_ended(run: Run) -> bool:
    """Whether a run has ended by itself: it failed or met a rule, or its method has converged."""
    if run.interrupted:
        return False
    return run.failed or (run.made is not None and run.nit < run.made.steps)


def is_known(run: Run, axis: Axis) -> bool:
    """Whether anybody knows what a run has spent."""
    return not bool(np.isnan(spent(run, axis)).any())


def equal_cost(runs: Iterable[Run], axis: Axis) -> float:
    """The largest cost at which it is known of all runs where they are.

    Where all have ended by themselves, the largest that one of them has spent.
    """
    everything = list(runs)
    least = min((known_until(run, axis) for run in everything), default=0.0)
    if math.isfinite(least):
        return least
    return max(float(spent(run, axis)[-1]) for run in everything)


def error_at(run: Run, axis: Axis, cost: float) -> float:
    """The error of a run once so much is spent, or E where there is no reference.

    Returns:
        That of the last point that it has reached by then; infinite once it has failed, NaN where
        it was cut before.
    """
    if cost > known_until(run, axis):
        return math.nan
    along = spent(run, axis)
    if run.failed and cost >= along[-1]:
        return math.inf
    return float(distances(run)[np.searchsorted(along, cost, side="right") - 1])
