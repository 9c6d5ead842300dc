"""Statistics of results, and results as plain data for machines.

The statistics of a comparison are computed here once, for the table, the JSON and the plot. Final
errors are over all starts, a run that failed counting as infinite. Steps to the accuracy are over
the starts that get there, and stand beside how many these are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qng.arrays import Array
from qng.geometry import Metric
from qng.geometry.spectrum import measured, spectrum
from qng.problem.problem import CHEMICAL_ACCURACY, Problem
from qng.run.results import Comparison, Run, StepReport

if TYPE_CHECKING:
    from qng.run.preview import Preview


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
        """The quartiles of values, of which None and NaN count as infinite."""
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
        error: |E - E_ref| at the end, or the energy where there is no reference.
        evaluations: Circuit evaluations in all.
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
    seconds: Spread


@dataclass(frozen=True)
class Curve:
    """Quartiles over starts at every step: of |E - E_ref|, or of E where there is no reference.

    Args:
        lower: Shape (rows of the longest run,).
        median: Likewise.
        upper: Likewise.
    """

    lower: Array
    median: Array
    upper: Array


def summaries(comparison: Comparison) -> list[Summary]:
    """One summary a method, in the order of the comparison."""
    rates = comparison.learning_rates
    return [_summary(method, runs, rates[method]) for method, runs in comparison.runs.items()]


def curves(comparison: Comparison) -> dict[str, Curve]:
    """The course of every method.

    A run that met its stop rule stays where it is; one that failed is infinite from there on.
    """
    found: dict[str, Curve] = {}
    length = max(len(run.trace) for runs in comparison.runs.values() for run in runs)
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
    """|E - E_ref| along a run, or E where there is no reference; NaN counts as infinite."""
    return _distance(run.trace["energy"], run.reference)


def final_error(run: Run) -> float:
    """|E - E_ref| at the end, or E where there is no reference; NaN counts as infinite."""
    return float(_distance(np.array([run.fun]), run.reference)[0])


def cost_to_accuracy(run: Run) -> int | None:
    """Circuit evaluations spent until the error is within the accuracy; None if never."""
    step = run.steps_to()
    if step is None:
        return None
    return run.trace.rows[step - 1].evaluations if step else 0


def accuracy_name(accuracy: float, unit: str) -> str:
    """What the accuracy is called, with its value."""
    name = "chemical accuracy" if unit == "Ha" and accuracy == CHEMICAL_ACCURACY else "accuracy"
    return f"{name}, {accuracy:g}{f' {unit}' if unit else ''}"


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Everything but the parameters along the way."""
    methods = {}
    for s in summaries(comparison):
        runs = comparison.runs[s.method]
        methods[s.method] = {
            "lr": s.learning_rate,
            "starts": s.starts,
            "failed": s.failed,
            "reached": s.reached,
            "steps_to_accuracy": _quartiles(s.steps),
            "evaluations_to_accuracy": _quartiles(s.cost),
            "error" if comparison.reference is not None else "energy": _quartiles(s.error),
            "evaluations": _quartiles(s.evaluations),
            "seconds": _quartiles(s.seconds),
            "runs": [
                {
                    **_outcome(run),
                    "steps_to_accuracy": run.steps_to(),
                    "evaluations_to_accuracy": cost_to_accuracy(run),
                    "energies": run.trace["energy"],
                }
                for run in runs
            ],
        }
    return plain(
        {
            "problem": comparison.problem,
            "title": comparison.title,
            "unit": comparison.unit,
            "accuracy": comparison.accuracy,
            "reference": comparison.reference,
            "steps": comparison.steps,
            "starts": comparison.starts,
            "methods": methods,
        }
    )


def run_data(run: Run) -> dict[str, Any]:
    """Everything, the trace as one list a column."""
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
            "steps_to_accuracy": run.steps_to(),
            "x": run.x,
            "trace": {column: run.trace[column] for column in run.trace.columns},
        }
    )


def steps_data(reports: Sequence[StepReport], problem: str, theta: Array) -> dict[str, Any]:
    """Everything."""
    names = ("method", "eta", "length", "angle", "kl", "predicted", "actual", "step")
    rows = [{name: getattr(report, name) for name in names} for report in reports]
    return plain({"problem": problem, "theta": theta, "steps": rows})


def metric_data(metric: Metric, parameters: Sequence[str]) -> dict[str, Any]:
    """Everything; `computed` says which entries are not zero by decision."""
    values, floor = spectrum(metric)
    kept = values[values > floor]
    return plain(
        {
            "parameters": list(parameters),
            "matrix": metric.dense(),
            "std_error": metric.std_error,
            "computed": measured(metric),
            "blocks": [[parameters[k] for k in block] for block in metric.blocks],
            "eigenvalues": values,
            "rank": len(kept),
            "condition": kept[0] / kept[-1] if len(kept) else None,
        }
    )


def preview_data(preview: Preview, steps: int) -> dict[str, Any]:
    """Everything, with the totals of a run of so many steps."""
    return plain(
        {
            "problem": preview.problem,
            "method": preview.method,
            "executor": preview.executor,
            "parts": {name: asdict(cost) for name, cost in preview.parts.items()},
            "step": asdict(preview.step),
            "steps": steps,
            "shots": steps * preview.step.shots,
        }
    )


def problem_data(problem: Problem, details: bool = False) -> dict[str, Any]:
    """What the list shows; with details, start, observable and source too."""
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
    """Lists, dictionaries, strings and finite numbers: NaN and infinity become None."""
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
        seconds=Spread.of(run.seconds for run in runs),
    )


def _outcome(run: Run) -> dict[str, Any]:
    return {
        "energy": run.fun,
        "error": run.error,
        "nit": run.nit,
        "nfev": run.nfev,
        "seconds": run.seconds,
        "success": run.success,
        "failed": run.failed,
        "message": run.message,
    }


def _distance(energies: Array, reference: float | None) -> Array:
    values = energies if reference is None else np.abs(energies - reference)
    return np.where(np.isnan(values), math.inf, values)


def _quantile(ordered: Sequence[float], q: float) -> float:
    place = q * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    # inf - inf would be NaN.
    return high if math.isinf(high) or low == high else low + (place % 1) * (high - low)


def _quartiles(spread: Spread) -> list[float]:
    return [spread.lower, spread.median, spread.upper]
