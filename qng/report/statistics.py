"""Statistics of runs and comparisons: computed once, for the table, the JSON and the picture.

    error = |E - E_ref|, or E where there is no reference

The energies are exact ones; where only readings with errors are known it is a bound,
|E - E_ref| + 2 standard errors. `qng.run.judge` says which, and what is solved; `ground_of` says it
in words.

Final errors are over all starts, a run that failed counting as infinite. Steps to the accuracy are
over the starts that get there, and stand beside how many these are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qng.arrays import Array
from qng.problem.problem import CHEMICAL_ACCURACY
from qng.run.judge import FALSE_ALARM, Ground
from qng.run.results import Comparison, Run


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


@dataclass(frozen=True)
class Summary:
    """What a comparison says of one method.

    Args:
        method: Its name.
        learning_rate: eta, where it is constant.
        starts: How many runs.
        failed: Runs that had to stop.
        reached: Starts from which the error came within the accuracy; None without a reference.
        steps: Updates until then, over the starts that get there.
        cost: Circuit evaluations spent until then, likewise.
        error: At the end, or the energy where there is no reference.
        evaluations: Circuit evaluations in all.
        shots: Shots in all; 0 where exact.
        shots_to_it: Shots spent until the error came within the accuracy, as `cost`.
        seconds: Wall time of a run.
    """

    method: str
    learning_rate: float | None
    starts: int
    failed: int
    reached: int | None
    steps: Spread
    cost: Spread
    error: Spread
    evaluations: Spread
    shots: Spread
    shots_to_it: Spread
    seconds: Spread


@dataclass(frozen=True)
class Curve:
    """Quartiles over starts at every step: of the error, or of E where there is no reference.

    Args:
        lower: Shape (rows of the longest run,).
        median: Likewise.
        upper: Likewise.
    """

    lower: Array
    median: Array
    upper: Array


def summaries(comparison: Comparison) -> list[Summary]:
    """What a comparison says of each method.

    Returns:
        One summary a method, in the order of the comparison.
    """
    rates = comparison.learning_rates
    return [_summary(method, runs, rates[method]) for method, runs in comparison.runs.items()]


def curves(comparison: Comparison) -> dict[str, Curve]:
    """The course of every method: quartiles of the errors at every step.

    A run that met its stop rule stays where it is; one that failed is infinite from there on.

    Returns:
        By method, in the order of the comparison; all of the length of the longest run.
    """
    found: dict[str, Curve] = {}
    lengths = [len(run.trace) for runs in comparison.runs.values() for run in runs]
    length = max(lengths, default=0)
    for method, runs in comparison.runs.items():
        paths = []
        for run in runs:
            values = distances(run)
            last = math.inf if run.failed else values[-1]
            paths.append([*values, *[last] * (length - len(values))])
        columns = [Spread.of(column) for column in zip(*paths, strict=True)]
        found[method] = Curve(
            np.array([c.lower for c in columns]),
            np.array([c.median for c in columns]),
            np.array([c.upper for c in columns]),
        )
    return found


def distances(run: Run) -> Array:
    """The errors along a run, or E where there is no reference.

    Returns:
        Shape (nit + 1,), in the unit of the energies; NaN counts as infinite.
    """
    errors = run.judgement.errors
    values = errors if run.reference is None else np.abs(errors)
    return np.where(np.isnan(values), math.inf, values)


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


def cost_to_accuracy(run: Run) -> int | None:
    """Circuit evaluations spent before the first point whose error is within the accuracy.

    Returns:
        Those of all steps before it; 0 where the start is within it, None where no point is.
    """
    step = run.steps_to()
    if step is None:
        return None
    return run.trace.rows[step - 1].evaluations if step else 0


def shots_to_accuracy(run: Run) -> int | None:
    """Shots spent before the first point whose error is within the accuracy, as evaluations."""
    step = run.steps_to()
    if step is None:
        return None
    return run.trace.rows[step - 1].shots if step else 0


def counted(comparison: Comparison) -> bool:
    """Whether shots are what the runs cost."""
    return any(run.shots for runs in comparison.runs.values() for run in runs)


def ground_in_words(of: Run | Comparison) -> str:
    """What errors are known by, and when something is solved; empty where energies are exact."""
    ground = ground_of(of)
    if ground == "points":
        return "by the exact energies of the points, without shots and noise"
    if ground == "bounds":
        return (
            f"by energy + {deviations_of(of):.1f} standard errors, so that at most "
            f"{100 * FALSE_ALARM:.1f} % of runs that do not get there are called solved; errors "
            "are |E - E_ref| + 2 standard errors"
        )
    return ""


def accuracy_name(accuracy: float, unit: str) -> str:
    """What the accuracy is called, with its value.

    Example:
        >>> accuracy_name(0.01, "Ha")
        'accuracy, 0.01 Ha'
    """
    name = "chemical accuracy" if unit == "Ha" and accuracy == CHEMICAL_ACCURACY else "accuracy"
    return f"{name}, {accuracy:g}{f' {unit}' if unit else ''}"


def _summary(method: str, runs: Sequence[Run], rate: float | None) -> Summary:
    reached = [run.steps_to() for run in runs]
    costs = [cost_to_accuracy(run) for run in runs]
    known = runs[0].reference is not None
    return Summary(
        method=method,
        learning_rate=rate,
        starts=len(runs),
        failed=sum(run.failed for run in runs),
        reached=sum(step is not None for step in reached) if known else None,
        steps=Spread.of(step for step in reached if step is not None),
        cost=Spread.of(cost for cost in costs if cost is not None),
        error=Spread.of(math.inf if run.failed else final_error(run) for run in runs),
        evaluations=Spread.of(run.nfev for run in runs),
        shots=Spread.of(run.shots for run in runs),
        shots_to_it=Spread.of(spent for spent in map(shots_to_accuracy, runs) if spent is not None),
        seconds=Spread.of(run.seconds for run in runs),
    )


def _quantile(ordered: Sequence[float], q: float) -> float:
    """x_k + (p - k) (x_{k+1} - x_k) at the place p = q (n - 1), k = floor(p)."""
    place = q * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    # inf - inf would be NaN.
    return high if math.isinf(high) or low == high else low + (place % 1) * (high - low)
