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
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.report.statistics import ground_of
from qng.run.results import Run, StepReport

if TYPE_CHECKING:
    from qng.run.preview import Preview


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
            **outcome(run),
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


def problem_data(problem: AnyProblem, details: bool = False) -> dict[str, Any]:
    """A problem: what the list of problems shows.

    Args:
        problem: Of the library or not. A model has neither qubits nor terms, gates and observable.
        details: Add its source, gates, parameters, start (of circuits in radians), and observable.

    Cost: that of `Problem.reference_energy`.
    """
    reference = problem.reference_energy()
    circuit = problem.circuit if isinstance(problem, Problem) else None
    data: dict[str, Any] = {
        "name": problem.name,
        "title": problem.title,
        "kind": "model" if circuit is None else "circuit",
        "qubits": None if circuit is None else circuit.n_qubits,
        "parameters": len(problem.parameters),
        "terms": len(problem.observable) if isinstance(problem, Problem) else None,
        "reference": {"energy": reference.energy, "how": reference.how} if reference else None,
        "accuracy": problem.accuracy,
        "unit": problem.unit,
    }
    if details:
        data |= {
            "source": problem.source,
            "parameter_names": list(problem.parameters),
            "start": problem.initial,
            "frozen": list(problem.frozen),
        }
    if details and circuit is not None and isinstance(problem, Problem):
        data |= {
            "symmetries": [name for name, _ in problem.symmetries],
            "rotations": circuit.n_rotations,
            "gates": len(circuit.ops) - circuit.n_rotations,
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


def outcome(run: Run) -> dict[str, Any]:
    """How a run ended, as data."""
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
