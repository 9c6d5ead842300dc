"""Results as plain data for machines: dictionaries that strict JSON can hold.

Numbers that are not finite become null: JSON has no others. Arrays become lists, in the order of
the parameters that the circuit declares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from qng.arrays import Array
from qng.geometry import Metric
from qng.geometry.spectrum import decomposed, measured, spectrum
from qng.problem.problem import Problem
from qng.report.inference import LEVEL, Interval, Reach
from qng.report.paired import Pair, pairs
from qng.report.profile import is_known, reached
from qng.report.several import axis_over, pairs_over, standings
from qng.report.spent import AXES, Axis, counting, default_axis, spent, total
from qng.report.statistics import Spread, ground_of
from qng.report.summary import Summary, budget_of, summaries
from qng.run.results import Comparison, Run, StepReport
from qng.run.several import Comparisons
from qng.run.tuning import Tuning

if TYPE_CHECKING:
    from qng.run.preview import Preview


def comparison_data(comparison: Comparison, axis: Axis | None = None) -> dict[str, Any]:
    """A comparison: everything but the parameters along the way.

    Args:
        comparison: The comparison.
        axis: What cost is counted in; shots or circuits by default.

    Returns:
        The goal, the starts, shape (starts, P) in radians, `cost` with how it is known: by
        `on_a_device` for methods whose runs are exact; and

        `methods`: by name its statistics, quartiles as lists [lower, median, upper], intervals as
        [lower, upper]; `to_accuracy` by axis the median cost of getting there over all starts, with
        the cost to which it is known; `profile` the share solved against cost; `runs`, one a start:
        how it ended, its energies and errors, one a point, and what was spent before each;

        `pairs`: two methods each from the same starts. Of each question the starts that either has
        won, p, and p corrected for all pairs, with 1 - level the chance of one wrong answer or more
        to each question.

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
                name: _reach(reached(runs, name)) if _are_known(runs, name) else None
                for name in AXES
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
        "spent": {name: _quartiles(Spread.of(total(run, name) for run in runs)) for name in AXES},
        "evaluations": _quartiles(summary.evaluations),
        "shots": _quartiles(summary.shots),
        "seconds": _quartiles(summary.seconds),
        "runs": [
            {
                **_outcome(run),
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


def run_data(run: Run) -> dict[str, Any]:
    """A run: everything.

    Returns:
        How it ended, the goal, the last point `x` in radians, its errors with the ground on which
        they are known, and `trace`: one list of nit + 1 values a column of `Step`.
    """
    return plain(
        {
            "problem": run.problem,
            "method": run.method,
            "lr": run.learning_rate,
            **_outcome(run),
            "std_error": run.std_error,
            "best": run.best,
            "reference": run.reference,
            "accuracy": run.accuracy,
            "unit": run.unit,
            "judged_by": ground_of(run),
            "steps_to_accuracy": run.steps_to(),
            "errors": run.judgement.errors if run.reference is not None else None,
            "x": run.x,
            "trace": {column: run.trace[column] for column in run.trace.columns},
        }
    )


def steps_data(reports: Sequence[StepReport], problem: str, theta: Array) -> dict[str, Any]:
    """What each method would do at one point: everything.

    Args:
        reports: One a method.
        problem: Its name.
        theta: The point, shape (P,), radians.

    Returns:
        The point, and `steps`: one `StepReport` a method.
    """
    names = ("method", "eta", "length", "angle", "kl", "predicted", "actual", "step")
    rows = [{name: getattr(report, name) for name in names} for report in reports]
    return plain({"problem": problem, "theta": theta, "steps": rows})


def metric_data(metric: Metric, parameters: Sequence[str]) -> dict[str, Any]:
    """A metric: its entries and its spectrum.

    Args:
        metric: Of P parameters.
        parameters: Their names.

    Returns:
        `matrix` and `std_error` (None where exact), shape (P, P); `computed`, which entries are not
        zero by decision; `blocks` by names; `eigenvalues`, descending, with their standard errors
        (None where exact), the `rank` and the `condition` of those that are not rounding.

    Cost: one eigenvalue decomposition, two where the metric has errors.
    """
    values, floor = spectrum(metric)
    errors = None if metric.std_error is None else decomposed(metric)[2][::-1]
    kept = values[values > floor]
    return plain(
        {
            "parameters": list(parameters),
            "matrix": metric.dense(),
            "std_error": metric.std_error,
            "computed": measured(metric),
            "blocks": [[parameters[k] for k in block] for block in metric.blocks],
            "eigenvalues": values,
            "eigenvalue_errors": errors,
            "rank": len(kept),
            "condition": kept[0] / kept[-1] if len(kept) else None,
        }
    )


def preview_data(preview: Preview, steps: int) -> dict[str, Any]:
    """What a step costs: everything.

    Args:
        preview: Of one step.
        steps: Of the run.

    Returns:
        The costs of the parts, of the whole first round of a step and of the energy at the end, the
        shots of further rounds, and those of so many steps.
    """
    return plain(
        {
            "problem": preview.problem,
            "method": preview.method,
            "executor": preview.executor,
            "parts": {name: asdict(cost) for name, cost in preview.parts.items()},
            "step": asdict(preview.step),
            "search": preview.search,
            "closing": asdict(preview.closing),
            "steps": steps,
            "shots": preview.total(steps),
        }
    )


def problem_data(problem: Problem, details: bool = False) -> dict[str, Any]:
    """A problem: what the list of problems shows.

    Args:
        problem: Of the library or not.
        details: Add its source, gates, parameters, start in radians, and observable.

    Cost: that of `Problem.reference_energy`.
    """
    circuit, reference = problem.circuit, problem.reference_energy()
    data: dict[str, Any] = {
        "name": problem.name,
        "title": problem.title,
        "qubits": circuit.n_qubits,
        "parameters": circuit.n_parameters,
        "terms": len(problem.observable),
        "reference": {"energy": reference.energy, "how": reference.how} if reference else None,
        "accuracy": problem.accuracy,
        "unit": problem.unit,
    }
    if details:
        data |= {
            "source": problem.source,
            "rotations": circuit.n_rotations,
            "gates": len(circuit.ops) - circuit.n_rotations,
            "parameter_names": list(circuit.parameters),
            "start": problem.initial,
            "frozen": list(problem.frozen),
            "observable": {str(word): c.real for word, c in problem.observable},
        }
    return plain(data)


def plain(data: dict[str, Any]) -> dict[str, Any]:
    """The data as lists, dictionaries, strings and finite numbers.

    Args:
        data: It may hold arrays and numbers of NumPy, tuples, and keys of any kind.

    Returns:
        The same with None for NaN and infinity.

    Example:
        >>> plain({"energies": np.array([-1.0, np.nan]), 2: (1, 2)})
        {'energies': [-1.0, None], '2': [1, 2]}
    """
    return {str(key): _plain(value) for key, value in data.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return plain(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _outcome(run: Run) -> dict[str, Any]:
    """How a run ended."""
    return {
        "energy": run.fun,
        "error": run.error,
        "nit": run.nit,
        "nfev": run.nfev,
        "shots": run.shots,
        "seconds": run.seconds,
        "success": run.success,
        "failed": run.failed,
        "rise": run.rise,
        "interrupted": run.interrupted,
        "message": run.message,
    }


def _bounds(interval: Interval) -> list[float]:
    return [interval.lower, interval.upper]


def _quartiles(spread: Spread) -> list[float]:
    return [spread.lower, spread.median, spread.upper]
