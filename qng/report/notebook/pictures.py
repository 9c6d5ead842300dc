"""Which pictures there are of a result, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from qng.errors import InputError, MissingPackageError, UnknownNameError
from qng.geometry.metric import Metric

try:
    from qng.report import plots
except MissingPackageError:
    raise
except ImportError as error:
    if (error.name or "").partition(".")[0] != "matplotlib":
        raise
    raise InputError("a picture needs the package matplotlib: pip install matplotlib") from error


def kinds(value: Any) -> dict[str, Callable[..., plots.Picture]]:
    """The pictures of a result by name; the first one is the usual."""
    from qng.run.evolution import Evolution
    from qng.run.results import Comparison, Run
    from qng.run.several import Comparisons

    if isinstance(value, Comparison):
        return {
            "compared": plots.compared,
            "convergence": plots.convergence,
            "share": plots.share,
            "rates": plots.rates,
        }
    if isinstance(value, Comparisons):
        return {"several": plots.several, "success": plots.success, "cost": plots.cost}
    if isinstance(value, Run):
        return {"trace": plots.trace, "landscape": _landscape, "bloch": _bloch}
    if isinstance(value, Evolution):
        return {"evolution": plots.evolution}
    return {}


def plot(value: Any, kind: str | None = None, **options: Any) -> plots.Picture:
    """A picture of a result; see `qng.report.notebook.plot`."""
    table = kinds(value)
    if not table:
        raise InputError(f"there is no picture of a {type(value).__name__}")
    chosen = next(iter(table)) if kind is None else kind
    if not isinstance(chosen, str) or chosen not in table:
        raise UnknownNameError("kind of picture", chosen, table)
    draw = table[chosen]
    known = list(inspect.signature(draw).parameters)[1:]
    for name in options:
        if name not in known:
            raise UnknownNameError(f"option of the picture {chosen}", name, known or ["none"])
    return draw(value, **options)


def of_metric(metric: Metric, parameters: Sequence[str] = (), title: str = "") -> plots.Picture:
    """The heat map of a metric with its eigenvalues."""
    names = (parameters,) if isinstance(parameters, str) else tuple(map(str, parameters))
    names = names or tuple(map(str, range(metric.size)))
    if len(names) != metric.size:
        raise InputError(f"{len(names)} name(s) for {metric.size} rows of a metric")
    return plots.metric(metric, names, title)


def _landscape(run: Any) -> plots.Picture:
    if run.made is None:
        raise InputError("the run does not say how it was made, so its energies are not known")
    return plots.landscape(run.made.problem, {run.method: run})


def _bloch(run: Any) -> plots.Picture:
    return plots.bloch({run.method: run})
