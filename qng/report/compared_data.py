"""Comparisons as plain data for machines: the numbers of the tables, and those behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qng.report import looks
from qng.report.data import outcome, plain
from qng.report.inference import LEVEL, Interval, Reach
from qng.report.paired import Pair, pairs
from qng.report.profile import is_known, reached
from qng.report.several import axis_over, pairs_over, standings
from qng.report.spent import Axis, axes_of, counting, default_axis, spent, total
from qng.report.statistics import Spread, distinct, ground_of
from qng.report.summary import Summary, budget_of, summaries
from qng.run.comparison import Comparison, Looks
from qng.run.results import Run
from qng.run.several import Comparisons
from qng.run.tuning import Tuning


def comparison_data(comparison: Comparison, axis: Axis | None = None) -> dict[str, Any]:
    """A comparison: everything but the parameters along the way.

    Args:
        comparison: The comparison.
        axis: What cost is counted in; shots or circuits by default.

    Returns:
        The goal, the starts, shape (starts, P) in radians, `cost` with how it is known
        (`on_a_device`: the methods whose runs are exact, counted as they would be there), and

        `methods`: by name its statistics, quartiles as lists [lower, median, upper], intervals as
        [lower, upper]; `to_accuracy` by axis the median cost of getting there over all starts, with
        the cost to which it is known; `profile` the share solved against cost; `runs`, one a start:
        how it ended, its energies and errors, one a point, and what was spent before each;

        `pairs`: two methods each from the same starts. Of each question the starts that either has
        won, p, and p corrected for all pairs, with 1 - level the chance of one wrong answer or more
        to each question; where it has grown, `looks` says how often before, how many times more p
        counts for that, and that chance at all looks together.

        `tuning` says of each method what was tried before, from which starts, and chosen.

        `judged_by` is the ground of errors and of what is solved (`qng.run.judge`): exact
        "energies", exact energies of the "points", or "bounds".
    """
    axis = default_axis(comparison) if axis is None else axis
    known = counting(comparison, axis)
    return plain(
        {
            "problem": comparison.problem,
            "title": comparison.title,
            "unit": comparison.unit,
            "accuracy": comparison.accuracy,
            "reference": comparison.reference,
            "judged_by": ground_of(comparison),
            "interrupted": comparison.interrupted or None,
            "steps": comparison.steps,
            "starts": comparison.starts,
            "tuning": {label: _tuning(of) for label, of in comparison.tuning.items()} or None,
            "cost": {
                "axis": axis,
                "on_a_device": list(known.exact) if axis in ("circuits", "shots", "qpu") else [],
                "full_metric_as": list(known.counted_as),
                "unknown": known.unknown,
                "equal": budget_of(comparison, axis),
            },
            "level": LEVEL,
            "looks": looks_data(comparison.looks),
            "methods": {
                s.method: _method(s, comparison, axis) for s in summaries(comparison, axis)
            },
            "pairs": [_pair(pair) for pair in pairs(comparison, axis)],
        }
    )


def _tuning(tuning: Tuning) -> dict[str, Any]:
    """How a method was tuned: everything but its runs."""
    return {
        "tuner": tuning.tuner or None,
        "why_not": tuning.why or None,
        "space": {key: [of.low, of.high] for key, of in tuning.space.items()},
        "starts": tuning.starts,
        "trials": [asdict(trial) for trial in tuning.trials],
        "chosen": tuning.chosen,
        "runs": tuning.runs,
        "evaluations": tuning.nfev,
        "shots": tuning.shots,
    }


def comparisons_data(comparisons: Comparisons, axis: Axis | None = None) -> dict[str, Any]:
    """Comparisons on several problems: everything.

    Args:
        comparisons: The comparisons.
        axis: What cost is counted in; shots or circuits by default.

    Returns:
        `problems`: one comparison each; `methods`: what all problems say of one, as in the table;
        `pairs` by problem, corrected for those of all problems together.
    """
    axis = axis_over(comparisons) if axis is None else axis
    return plain(
        {
            "interrupted": comparisons.interrupted or None,
            "looks": looks_data(looks.of_all(comparisons)),
            "axis": axis,
            "problems": {
                name: comparison_data(compared, axis)
                for name, compared in comparisons.problems.items()
            },
            "methods": {
                standing.method: {
                    "problems": standing.problems,
                    "starts": standing.starts,
                    "solved": standing.solved,
                    "mean_share": standing.share,
                    "share": _bounds(standing.within),
                    "mean_rank": standing.rank,
                    "cost_over_the_best": standing.ratio,
                }
                for standing in standings(comparisons, axis)
            },
            "pairs": {
                name: [_pair(pair) for pair in of]
                for name, of in pairs_over(comparisons, axis).items()
            },
        }
    )


def looks_data(of: Looks) -> dict[str, Any]:
    """What a comparison had before it grew, and what that does to p."""
    return {
        "before": [{"methods": methods, "starts": starts} for methods, starts in of],
        "counts": looks.counts(of),
        "wrong_at_most": looks.wrong(of),
    }


def _method(summary: Summary, comparison: Comparison, axis: Axis) -> dict[str, Any]:
    """One method of a comparison."""
    runs = comparison.runs[summary.method]
    what = "error" if comparison.reference is not None else "energy"
    solved: dict[str, Any] = {}
    if summary.share is not None:
        solved = {
            "reached": summary.reached,
            "share": _bounds(summary.share),
            "to_accuracy": {
                name: _reach(reached(distinct(runs), name)) if _are_known(runs, name) else None
                for name in axes_of(comparison)
            },
            "profile": None if summary.reach is None else _profile(summary.reach),
        }
    return {
        "lr": summary.learning_rate,
        "starts": summary.starts,
        "failed": summary.failed,
        **solved,
        what: _quartiles(summary.error),
        f"{what}_at_equal_cost": _quartiles(summary.equal),
        "spent": {
            name: _quartiles(Spread.of(total(run, name) for run in runs))
            for name in axes_of(comparison)
        },
        "evaluations": _quartiles(summary.evaluations),
        "shots": _quartiles(summary.shots),
        "seconds": _quartiles(summary.seconds),
        "runs": [
            {
                **outcome(run),
                "steps_to_accuracy": run.steps_to(),
                "energies": run.trace["energy"],
                "errors": run.judgement.errors if run.reference is not None else None,
                "spent": spent(run, axis),
            }
            for run in runs
        ],
    }


def _are_known(runs: Sequence[Run], axis: Axis) -> bool:
    return all(is_known(run, axis) for run in runs)


def _reach(reach: Reach) -> dict[str, Any]:
    """A median cost; None where it is not known, with what is known instead."""
    return {
        "median": reach.median,
        "interval": _bounds(reach.interval),
        "known_to": reach.until,
        "never": reach.lost,
    }


def _profile(reach: Reach) -> dict[str, Any]:
    """The share solved against cost, as a step function with its pointwise band."""
    return {name: getattr(reach, name) for name in ("cost", "share", "lower", "upper")}


def _pair(pair: Pair) -> dict[str, Any]:
    """Two methods from the same starts."""
    questions = {
        name: asdict(answer) | {"better": pair.better(name)}
        for name, answer in pair.answers.items()
    }
    return {
        "first": pair.first,
        "second": pair.second,
        "starts": pair.starts,
        "equal_cost": pair.budget,
        **questions,
        "ratio_of_cost": pair.ratio,
        "ratio_interval": _bounds(pair.between),
    }


def _bounds(interval: Interval) -> list[float]:
    return [interval.lower, interval.upper]


def _quartiles(spread: Spread) -> list[float]:
    return [spread.lower, spread.median, spread.upper]
