"""Statistics of runs and comparisons: computed once, for the table, the JSON and the picture.

    error = |E - E_ref|, or E where there is no reference

The energies are exact ones; where only readings with errors are known it is a bound,
|E - E_ref| + 2 standard errors. `qng.run.judge` says which, and what is solved; `ground_of` says it
in words.

A run that failed counts as infinite. What is said of methods stands in `summary.py`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from qng.arrays import Array
from qng.problem.problem import CHEMICAL_ACCURACY
from qng.run.comparison import Comparison
from qng.run.judge import FALSE_ALARM, Ground
from qng.run.results import Run
from qng.run.target import is_of_models


@dataclass(frozen=True)
class Spread:
    """Quartiles over starts; infinite where so many starts have no value, or where there are none.

    Args:
        lower: First quartile.
        median: Second quartile.
        upper: Third quartile.
    """

    lower: float
    median: float
    upper: float

    @staticmethod
    def of(values: Iterable[float | None]) -> Spread:
        """The quartiles of values, interpolated linearly between two of them.

        Args:
            values: In any order; None and NaN count as infinite. Of no values, all are infinite.

        Example:
            >>> Spread.of([4.0, 1.0, None])
            Spread(lower=2.5, median=4.0, upper=inf)
        """
        numbers = [math.inf if v is None or math.isnan(v) else float(v) for v in values]
        numbers = numbers or [math.inf]
        return Spread(*(_quantile(sorted(numbers), q) for q in (0.25, 0.5, 0.75)))


Together = TypeVar("Together", Run, tuple[Run, Run])
"""A run, or two of which one says how the other is to be taken."""


def distinct(runs: Sequence[Together]) -> list[Together]:
    """Runs, or pairs of them, without those that are an earlier one over again.

    Exact runs of one method from equal starts are equal to the last bit, and say nothing more.
    """
    first: dict[Hashable, Together] = {}
    for k, given in enumerate(runs):
        several = given if isinstance(given, tuple) else (given,)
        known = all(run.made is not None for run in several)
        first.setdefault(tuple(map(_same, several)) if known else k, given)
    return list(first.values())


def _same(run: Run) -> Hashable:
    """What is equal of runs that are one over again: problem, start and energies."""
    start = np.zeros(0) if run.made is None else np.asarray(run.made.start)
    return run.goal, start.tobytes(), run.trace["energy"].tobytes()


def repeated(comparison: Comparison) -> dict[str, int]:
    """How many runs are an earlier one over again, of the methods that have such runs."""
    found = {m: len(runs) - len(distinct(runs)) for m, runs in comparison.runs.items()}
    return {method: many for method, many in found.items() if many}


def distances(run: Run) -> Array:
    """The errors along a run, or E where there is no reference.

    Where a step was undone it is that of the point before, which was kept: there the run is.

    Returns:
        Shape (nit + 1,), in the unit of the energies; NaN counts as infinite.
    """
    errors = run.judgement.errors
    values = errors if run.reference is None else np.abs(errors)
    values = np.where(np.isnan(values), math.inf, values)
    kept = np.array([row.accepted for row in run.trace.rows])
    return values[np.maximum.accumulate(np.where(kept, np.arange(len(kept)), 0))]


def final_error(run: Run) -> float:
    """The error at the end of a run, or E where there is no reference; NaN counts as infinite."""
    return float(distances(run)[-1])


def ground_of(of: Run | Comparison) -> Ground:
    """The ground on which errors are known: of a comparison the weakest one of its runs."""
    runs = [of] if isinstance(of, Run) else [run for runs in of.runs.values() for run in runs]
    found = {run.judgement.ground for run in runs}
    return next((ground for ground in ("bounds", "points") if ground in found), "energies")


def deviations_of(of: Run | Comparison) -> float:
    """z of the bounds by which something is called solved; 0 where energies are exact."""
    runs = [of] if isinstance(of, Run) else [run for runs in of.runs.values() for run in runs]
    return max((run.judgement.deviations for run in runs), default=0.0)


def false_alarm_of(of: Run | Comparison) -> float:
    """The probability, at most, that by these bounds a run is called solved that is not."""
    runs = [of] if isinstance(of, Run) else [run for runs in of.runs.values() for run in runs]
    return max((run.judgement.false_alarm for run in runs), default=FALSE_ALARM)


def ground_in_words(of: Run | Comparison) -> str:
    """What errors are known by, and when something is solved; empty where energies are exact."""
    ground = ground_of(of)
    if ground == "points" and _of_models(of):
        return "by the exact values of the points, without samples"
    if ground == "points":
        return "by the exact energies of the points, without shots and noise"
    if ground == "bounds":
        return (
            f"by energy + {deviations_of(of):.1f} standard errors, so that at most "
            f"{100 * false_alarm_of(of):.1f} % of runs that do not get there are called solved; "
            "errors are |E - E_ref| + 2 standard errors"
        )
    return ""


def _of_models(of: Run | Comparison) -> bool:
    runs = [of] if isinstance(of, Run) else [run for runs in of.runs.values() for run in runs]
    return all(run.made is not None and is_of_models(run.made.problem) for run in runs)


def accuracy_name(accuracy: float, unit: str) -> str:
    """What the accuracy is called, with its value.

    Example:
        >>> accuracy_name(0.01, "Ha")
        'accuracy, 0.01 Ha'
    """
    name = "chemical accuracy" if unit == "Ha" and accuracy == CHEMICAL_ACCURACY else "accuracy"
    return f"{name}, {accuracy:g}{f' {unit}' if unit else ''}"


def _quantile(ordered: Sequence[float], q: float) -> float:
    """x_k + (p - k) (x_{k+1} - x_k) at the place p = q (n - 1), k = floor(p)."""
    place = q * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    # inf - inf would be NaN.
    return high if math.isinf(high) or low == high else low + (place % 1) * (high - low)
