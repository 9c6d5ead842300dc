"""Results as numbers by column, in long form: what data frames, CSV and Parquet are made of.

    each = "step"      a row a point of a run: problem, method, start, step, energy, ..., theta_0
    each = "run"       a row a run: how it ended, and what it has spent
    each = "method"    a row a method: the numbers of the table

Angles are in radians, energies in the unit of the problem. `cost` is what was spent before a point
on one axis, on which methods are compared: shots, or circuits of exact runs on a device.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

import numpy as np

from qng.errors import InputError, UnknownNameError
from qng.geometry.spectrum import measured
from qng.optimize.method import Step
from qng.plan.shots import PerCircuit
from qng.report.data import plain
from qng.report.diagnosis import evidence_rows
from qng.report.forms.kinds import begin, kind_of, metric_parts, several_of, steps_parts
from qng.report.profile import cost_to, is_known
from qng.report.spent import Axis, axis_of, default_axis, spent, total
from qng.report.statistics import Spread
from qng.report.summary import Summary, summaries
from qng.run.comparison import Comparison
from qng.run.results import Run

Each = Literal["step", "run", "method"]

EACH: Final[tuple[Each, ...]] = get_args(Each)
"""Of what there may be a row each."""

_STEP: Final = tuple(f.name for f in fields(Step) if f.name not in ("step", "theta"))


@dataclass(frozen=True, eq=False)
class Sheet:
    """Numbers and words by column.

    Args:
        columns: Of one length each; what is missing is None, in a column of floats NaN.
        about: What holds for all rows: problem, unit, reference, how it was made.
    """

    columns: dict[str, list[Any]]
    about: dict[str, Any]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))


def sheet(
    value: Any, each: str | None = None, against: str | None = None, points: bool = True
) -> Sheet:
    """A result by column.

    Args:
        value: Whatever `save` keeps.
        each: A row for each "step", "run" or "method"; the first by default. Of an evolution there
            is a row a time, of a metric one an entry, of step reports one a method.
        against: The axis of `cost`; shots or circuits by default.
        points: Whether points have columns, theta_0, theta_1, ...

    Raises:
        InputError: A value that has no such form, or rows that it does not have.
    """
    axis = None if against is None else axis_of(against)
    if each is not None and each not in EACH:
        raise UnknownNameError("kind of row", each, EACH)
    kind = kind_of(value)
    if kind in ("Run", "Comparison", "Comparisons"):
        return _of_runs(several_of(value), "step" if each is None else each, axis, points)
    if each is not None or against is not None:
        what = "each=" if each is not None else "against="
        raise InputError(
            f"{what} is for runs and comparisons, and this is {_a(kind)}: leave it away"
        )
    return _OTHERS[kind](value, points)


def csv_text(of: Sheet) -> str:
    """A sheet as CSV, with a line of names.

    Numbers have all their digits, so that they are read back as they were; what is missing is
    empty, infinity is inf.
    """
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(of.columns)
    out.writerows([_cell(x) for x in row] for row in zip(*of.columns.values()))
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)


# --- runs and comparisons ------------------------------------------------------------------------


def _of_runs(several: dict[str, Comparison], each: str, axis: Axis | None, points: bool) -> Sheet:
    rows: list[dict[str, Any]] = []
    for compared in several.values():
        chosen = default_axis(compared) if axis is None else axis
        if each == "method":
            rows += [_method(of, compared, chosen) for of in summaries(compared, chosen)]
            continue
        for method, runs in compared.runs.items():
            for start, run in zip(_starts(compared, runs), runs):
                head = {"problem": run.problem, "method": method, "start": start}
                if each == "run":
                    rows.append(head | _run(run, chosen) | (_theta(run.x) if points else {}))
                else:
                    rows += _steps(head, run, chosen, points)
    about = plain(
        {
            "problems": {
                name: {
                    "title": of.title,
                    "unit": of.unit,
                    "accuracy": of.accuracy,
                    "reference": of.reference,
                    "cost": default_axis(of) if axis is None else axis,
                    "parameters": _parameters(of),
                }
                for name, of in several.items()
            }
        }
    )
    return Sheet(_by_column(rows), about)


def _starts(compared: Comparison, runs: Sequence[Run]) -> list[int | None]:
    """Which start of a comparison each run has begun from; runs that are missing leave a gap."""
    if len(runs) == len(compared.starts):
        return list(range(len(runs)))
    known = [np.asarray(start) for start in compared.starts]
    return [
        next((k for k, start in enumerate(known) if np.array_equal(start, begin(run))), None)
        for run in runs
    ]


def _steps(head: dict[str, Any], run: Run, axis: Axis, points: bool) -> list[dict[str, Any]]:
    cost = spent(run, axis).tolist()
    known = run.reference is not None
    errors = run.judgement.errors.tolist() if known else [math.nan] * len(run.trace)
    return [
        {
            **head,
            "step": row.step,
            "cost": cost[k],
            "error": errors[k],
            **{name: getattr(row, name) for name in _STEP},
            **(_theta(row.theta) if points else {}),
        }
        for k, row in enumerate(run.trace.rows)
    ]


def _run(run: Run, axis: Axis) -> dict[str, Any]:
    made, known = run.made, run.reference is not None
    shots = None if made is None else made.shots
    seed: Any = None if made is None else made.seed
    return {
        "lr": run.learning_rate,
        "executor": None if made is None else made.executor,
        "shots_per_step": None if isinstance(shots, PerCircuit) else shots,
        "shots_per_circuit": shots.shots if isinstance(shots, PerCircuit) else None,
        "seed": seed if isinstance(seed, int) or seed is None else next(iter(seed), None),
        "energy": run.fun,
        "std_error": run.std_error,
        "error": run.error,
        "best": run.best,
        "reference": run.reference,
        "accuracy": run.accuracy,
        "solved": run.solved,
        "steps_to_accuracy": run.steps_to() if known else None,
        "cost_to_accuracy": cost_to(run, axis) if known and is_known(run, axis) else None,
        "cost": total(run, axis),
        "steps": run.nit,
        "evaluations": run.nfev,
        "shots": run.shots,
        "seconds": run.seconds,
        "success": run.success,
        "failed": run.failed,
        "interrupted": run.interrupted,
        "message": run.message,
        "date": None if made is None else made.date,
    }


def _method(of: Summary, compared: Comparison, axis: Axis) -> dict[str, Any]:
    share, reach = of.share, of.reach
    what = "error" if compared.reference is not None else "energy"

    def quartiles(name: str, spread: Spread) -> dict[str, float]:
        return {
            f"{name}_lower": spread.lower, name: spread.median, f"{name}_upper": spread.upper
        }  # fmt: skip

    return {
        "problem": compared.problem,
        "method": of.method,
        "lr": of.learning_rate,
        "starts": of.starts,
        "failed": of.failed,
        "solved": of.reached,
        "share_lower": None if share is None else share.lower,
        "share_upper": None if share is None else share.upper,
        "cost_to_accuracy": None if reach is None else reach.median,
        "cost_to_accuracy_lower": None if reach is None else reach.interval.lower,
        "cost_to_accuracy_upper": None if reach is None else reach.interval.upper,
        "cost_known_to": None if reach is None else reach.until,
        **quartiles(what, of.error),
        **quartiles(f"{what}_at_equal_cost", of.equal),
        "cost": of.spent.median,
        "cost_axis": axis,
        "evaluations": of.evaluations.median,
        "shots": of.shots.median,
        "seconds": of.seconds.median,
    }


def _parameters(compared: Comparison) -> list[str] | None:
    runs = (run for runs in compared.runs.values() for run in runs if run.made is not None)
    first = next(runs, None)
    return None if first is None or first.made is None else list(first.made.problem.parameters)


# --- other results -------------------------------------------------------------------------------


def _of_evolution(found: Any, points: bool) -> Sheet:
    columns: dict[str, list[Any]] = {
        name: found[name].tolist() for name in found.columns if name != "theta"
    }
    columns |= {f"mean {name}": np.asarray(of).tolist() for name, of in found.means.items()}
    if found.exact is not None:
        columns["exact energy"] = found.exact.energies.tolist()
        columns["infidelity"] = found.infidelities.tolist()
        columns |= {
            f"exact mean {n}": np.asarray(of).tolist() for n, of in found.exact.means.items()
        }
    if points:
        columns |= {f"theta_{k}": column.tolist() for k, column in enumerate(found.points.T)}
    about = {"problem": found.goal.name, "unit": found.goal.unit, "kind": found.made.kind}
    return Sheet(columns, plain(about | {"parameters": list(found.made.problem.parameters)}))


def _of_metric(value: Any, _: bool) -> Sheet:
    metric, names, about = metric_parts(value)
    i, j = np.indices((metric.size, metric.size)).reshape(2, -1)
    errors = metric.std_error
    columns: dict[str, list[Any]] = {
        "i": i.tolist(),
        "j": j.tolist(),
        "row": [names[k] for k in i],
        "column": [names[k] for k in j],
        "value": metric.dense().ravel().tolist(),
        "std_error": [math.nan] * len(i) if errors is None else errors.ravel().tolist(),
        "computed": measured(metric).ravel().tolist(),
    }
    return Sheet(columns, plain(about))


def _of_steps(value: Any, points: bool) -> Sheet:
    reports, about = steps_parts(value)
    names = ("method", "eta", "length", "angle", "kl", "predicted", "actual")
    rows = [
        {name: getattr(report, name) for name in names}
        | ({f"step_{k}": float(x) for k, x in enumerate(report.step)} if points else {})
        for report in reports
    ]
    return Sheet(_by_column(rows), plain(about))


def _of_adam(report: Any, _: bool) -> Sheet:
    size = len(report.parameters)

    def spread(values: Any) -> list[Any]:
        return (
            [math.nan] * (len(report.steps) * size) if values is None else values.ravel().tolist()
        )

    columns: dict[str, list[Any]] = {
        "step": [int(step) for step in report.steps for _ in range(size)],
        "energy": [float(energy) for energy in report.energies for _ in range(size)],
        "parameter": list(report.parameters) * len(report.steps),
        **{
            name: spread(getattr(report, name))
            for name in ("vhat", "fisher", "empirical", "hessian", "curvature")
        },
    }
    return Sheet(columns, plain({"problem": report.problem, "beta2": report.beta}))


def _of_excited(found: Any, _: bool) -> Sheet:
    about = {"problem": found.goal.name, "method": found.method, "message": found.message}
    return Sheet(_by_column(found.rows()), plain(about))


def _of_diagnosis(found: Any, _: bool) -> Sheet:
    about = {
        "problem": found.made.problem.name,
        "unit": found.evidence.unit,
        "verdict": found.verdict,
        "held": [finding.name for finding in found.held],
        "open": [finding.name for finding in found.open],
    }
    return Sheet(_by_column(evidence_rows(found.evidence)), plain(about))


def _of_geometry(value: Any, _: bool) -> Sheet:
    found = value.geometry if hasattr(value, "geometry") else value
    rows = [
        {"point": name, "number": k, "eigenvalue_number": n, "eigenvalue": float(x)}
        for name, spectra in (("given", found.here), ("random", found.anywhere))
        for k, values in enumerate(spectra.values)
        for n, x in enumerate(values)
    ]
    about = {"parameters": list(found.parameters), "qubits": found.n_qubits, "seed": found.seed}
    return Sheet(_by_column(rows), plain(about | {"theta": found.theta}))


def _of_scan(value: Any, points: bool) -> Sheet:
    rows = [
        {
            "value": point.value,
            "start": way,
            "lowest": way == point.way,
            "energy": run.fun,
            "std_error": run.std_error,
            "exact": run.reference,
            "hartree_fock": point.hartree_fock,
            "steps": run.nit,
            "evaluations": run.nfev,
            **(_levels_of(value, k) if run is point.run else {}),
            **(_theta(run.x) if points else {}),
        }
        for k, point in enumerate(value)
        for way, run in point.runs.items()
    ]
    setting = value.setting
    about = {"title": value.title, "unit": value.unit, "coordinate": setting.coordinate}
    return Sheet(_by_column(rows), plain(about | {"method": setting.label, "of": setting.of}))


def _levels_of(scan: Any, k: int) -> dict[str, float]:
    """The levels at a point of a scan of several, of its best run."""
    if scan.setting.levels == 1:
        return {}
    found = {f"level_{i}": float(x) for i, x in enumerate(scan.levels[k])}
    return found | {f"exact_{i}": float(x) for i, x in enumerate(scan.exact_levels[k])}


_OTHERS: Final[dict[str, Callable[[Any, bool], Sheet]]] = {
    "Evolution": _of_evolution,
    "ExcitedStates": _of_excited,
    "Metric": _of_metric,
    "Scan": _of_scan,
    "Steps": _of_steps,
    "AdamReport": _of_adam,
    "Geometry": _of_geometry,
    "Diagnosis": _of_diagnosis,
}


def _a(kind: str) -> str:
    words = {"Steps": "step reports", "AdamReport": "a report of Adam"}
    return words.get(kind, f"{'an' if kind[0] in 'AEIO' else 'a'} {kind.lower()}")


def _theta(theta: Iterable[Any]) -> dict[str, float]:
    return {f"theta_{k}": float(x) for k, x in enumerate(theta)}


def _by_column(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """By column, in the order in which they come first; what a row does not have is None."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}
