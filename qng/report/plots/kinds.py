"""The pictures of a result by name: what `qng plot` and notebooks draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from qng.errors import InputError, UnknownNameError
from qng.report.metrics import in_words, symbol_of
from qng.report.plots import ansatz
from qng.report.plots.courses import compared, convergence, several, share
from qng.report.plots.diagnosis import diagnosis
from qng.report.plots.evolutions import evolution
from qng.report.plots.levels import levels
from qng.report.plots.paths import bloch, landscape
from qng.report.plots.picture import Picture, together
from qng.report.plots.points import eigenvalues_of, heat_map_of, metric, steps
from qng.report.plots.scans import scan
from qng.report.plots.squares import adam
from qng.report.plots.sweeps import cost, rates, success
from qng.report.plots.traces import trace
from qng.run.ansatz.report import GeometryReport
from qng.run.ansatz.summary import Geometry
from qng.run.comparison import Comparison
from qng.run.diagnosis.diagnosis import Diagnosis
from qng.run.evolution import Evolution
from qng.run.excited.results import ExcitedStates
from qng.run.made import MetricResult, StepsResult
from qng.run.relations import AdamReport
from qng.run.results import Run, StepReport
from qng.run.scanned import Scan
from qng.run.several import Comparisons

AGAINST: Final = ("compared", "convergence", "share", "cost", "several")
"""The kinds that have an axis to choose."""


def drawn(value: Any, kind: str | None = None, against: str | None = None) -> Picture:
    """The picture of a result.

    Args:
        value: Whatever `save` keeps.
        kind: Of those that there are of it, the first by default.
        against: The axis of cost, where the kind has one.

    Raises:
        InputError: There is none of it, or not of this kind.
    """
    table = kinds(value)
    if not table:
        raise InputError(f"a {type(value).__name__} has no picture")
    chosen = kind or next(iter(table))
    if chosen not in table:
        raise UnknownNameError("kind of picture", chosen, table)
    if against is None:
        return table[chosen](value)
    if chosen not in AGAINST:
        raise InputError(f"the picture {chosen!r} has no axis to choose")
    return table[chosen](value, against=against)


def kinds(value: Any) -> dict[str, Callable[..., Picture]]:
    """What draws a result, by the name of the picture, the usual one first; empty: nothing."""
    table: dict[str, Callable[..., Picture]] = {}
    if isinstance(value, Comparison):
        table = {"compared": compared, "convergence": convergence, "share": share, "rates": rates}
    elif isinstance(value, Comparisons):
        table = {"several": several, "success": success, "cost": cost}
    elif isinstance(value, Run):
        table = {
            "trace": trace,
            "landscape": _landscape,
            "bloch": _bloch,
        }
    elif isinstance(value, Evolution):
        table = {"evolution": evolution}
    elif isinstance(value, Scan):
        table = {"scan": scan}
    elif isinstance(value, ExcitedStates):
        table = {"levels": levels}
    elif isinstance(value, Diagnosis):
        table = {"diagnosis": diagnosis}
    elif isinstance(value, AdamReport):
        table = {"adam": adam}
    elif isinstance(value, (Geometry, GeometryReport)):
        table = {"geometry": geometry}
    elif isinstance(value, StepsResult) or _are_steps(value):
        table = {"steps": _steps}
    elif isinstance(value, MetricResult) or hasattr(value, "matvec"):
        table = {"metric": _metric, "heat-map": _heat_map, "eigenvalues": _eigenvalues}
    return table


def geometry(value: Geometry | GeometryReport) -> Picture:
    """The geometry of an ansatz, with all else that was asked of it."""
    if isinstance(value, Geometry):
        return ansatz.geometry(value, "geometry of the ansatz")
    pictures = [ansatz.geometry(value.geometry, value.title)]
    if value.depths:
        pictures.append(ansatz.ranks(value.depths).headed("rank against depth"))
    if value.curvature is not None:
        pictures.append(ansatz.curvature_map(value.curvature).headed("Berry curvature"))
    if value.geodesic is not None:
        names = tuple(value.geometry.parameters)
        pictures.append(ansatz.path(value.geodesic, names).headed("geodesic"))
    if value.length is not None:
        pictures.append(ansatz.length(value.length).headed(value.path_of.partition(": ")[2]))
    return together(*pictures, title=value.title) if len(pictures) > 1 else pictures[0]


def _metric(value: Any) -> Picture:
    if not isinstance(value, MetricResult):
        return metric(value, _names(value))
    problem = value.made.problem
    title = f"{problem.title or problem.name}\n{in_words(value)}"
    return metric(value.metric, value.parameters, title, _label(value))


def _heat_map(value: Any) -> Picture:
    found, names = (value.metric, value.parameters) if isinstance(value, MetricResult) else (
        value, _names(value)
    )  # fmt: skip
    panel, whole = heat_map_of(found, names, _label(value)), _metric(value)
    return Picture("heat_map", (panel,), whole.title, whole.caption)


def _eigenvalues(value: Any) -> Picture:
    found = value.metric if isinstance(value, MetricResult) else value
    whole = _metric(value)
    return Picture("eigenvalues", (eigenvalues_of(found),), whole.title, whole.caption)


def _label(value: Any) -> str:
    return f"entry of ${symbol_of(value)}$" if isinstance(value, MetricResult) else "entry"


def _names(value: Any) -> tuple[str, ...]:
    return tuple(f"theta_{k}" for k in range(value.size))


def _steps(value: Any) -> Picture:
    if not isinstance(value, StepsResult):
        return steps(value, "one step")
    problem = value.made.problem
    return steps(value.reports, f"{problem.title or problem.name}: one step", problem.unit)


def _are_steps(value: Any) -> bool:
    several = isinstance(value, (list, tuple)) and bool(value)
    return several and all(isinstance(report, StepReport) for report in value)


def _landscape(run: Run) -> Picture:
    if run.made is None:
        raise InputError("the run does not say how it was made, so its energies are not known")
    return landscape(run.made.problem, {run.method: run})


def _bloch(run: Any) -> Picture:
    return bloch({run.method: run})
