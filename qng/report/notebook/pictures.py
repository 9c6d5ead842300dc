"""Which pictures there are of a result, by name."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from qng.errors import InputError, MissingPackageError, UnknownNameError
from qng.geometry.metric import Metric

try:
    from qng.report import plots
    from qng.report.plots.kinds import kinds as kinds
except MissingPackageError:
    raise
except ImportError as error:
    if (error.name or "").partition(".")[0] != "matplotlib":
        raise
    raise InputError("a picture needs the package matplotlib: pip install matplotlib") from error


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
