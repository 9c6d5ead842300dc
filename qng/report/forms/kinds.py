"""Which kind of result a value is, and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Metric
from qng.report.forms.documents import made_data
from qng.run.ansatz.summary import Geometry
from qng.run.comparison import Comparison
from qng.run.diagnosis.diagnosis import Diagnosis
from qng.run.evolution import Evolution
from qng.run.excited.results import ExcitedStates
from qng.run.relations import AdamReport
from qng.run.results import Run, StepReport
from qng.run.scanned import Scan
from qng.run.several import Comparisons

_CLASSES: Final[dict[str, type]] = {
    "Run": Run,
    "Comparison": Comparison,
    "Comparisons": Comparisons,
    "Evolution": Evolution,
    "Scan": Scan,
    "ExcitedStates": ExcitedStates,
    "Diagnosis": Diagnosis,
    "AdamReport": AdamReport,
    "Geometry": Geometry,
}

_OF_METRICS: Final = ("dense", "spectrum", "matvec")
"""By what a metric is seen, whatever its class."""


def kind_of(value: Any) -> str:
    """Run, Comparison, Comparisons, Scan, Evolution, Metric, Steps, Geometry and so on.

    Raises:
        InputError: Something else.
    """
    for name, cls in _CLASSES.items():
        if isinstance(value, cls):
            return name
    if isinstance(getattr(value, "geometry", None), Geometry):
        return "Geometry"
    if all(hasattr(getattr(value, "metric", value), member) for member in _OF_METRICS):
        return "Metric"
    reports = getattr(value, "reports", value)
    several = isinstance(reports, (list, tuple)) and bool(reports)
    if several and all(isinstance(report, StepReport) for report in reports):
        return "Steps"
    name = type(value).__name__
    # Its numbers stand beside a picture, where they are easily taken for the result.
    kept = "; --save FILE keeps the result that it was drawn from" if name == "Picture" else ""
    raise InputError(
        f"this is a {name}, and what has tables and columns are runs, comparisons, evolutions, "
        f"scans, metrics, step reports, diagnoses, reports of Adam and geometries{kept}"
    )


def several_of(value: Any) -> dict[str, Comparison]:
    """A run, a comparison or several as comparisons by problem."""
    if isinstance(value, Comparisons):
        return dict(value.problems)
    if isinstance(value, Comparison):
        return {value.problem: value}
    run: Run = value
    steps = run.nit if run.made is None else run.made.steps
    alone = Comparison(run.goal, {run.method: (run,)}, begin(run)[None], steps)
    return {run.problem: alone}


def begin(run: Run) -> Array:
    """Where a run has begun, shape (P,)."""
    if run.made is not None:
        return run.made.start
    return run.trace.rows[0].theta if len(run.trace) else run.x


def metric_parts(value: Any) -> tuple[Metric, Sequence[str], dict[str, Any]]:
    """A metric, the names of its parameters, and what is known of how it was made."""
    metric: Metric = getattr(value, "metric", value)
    known = getattr(value, "parameters", None)
    names = tuple(f"theta_{k}" for k in range(metric.size)) if known is None else tuple(known)
    return metric, names, made_data(getattr(value, "made", None))


def steps_parts(value: Any) -> tuple[Sequence[StepReport], dict[str, Any]]:
    """Step reports, and what is known of how they were made."""
    reports: Sequence[StepReport] = getattr(value, "reports", value)
    return reports, made_data(getattr(value, "made", None))
