"""What figures of a page are made of: their views, and curves and axes as data for Plotly.

All curves of a method have its colour, and one entry in the legend, which hides them all.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.report.plots.look import looks

Trace = dict[str, Any]

_MANY: Final = 8
"""Names, with which a legend takes more than two lines."""


_LONGEST: Final = 40
"""Of a name in a legend; points have the whole of it."""

_DASHES: Final = {
    str(dash): name
    for (_, dash), name in zip(
        looks(["qng", "ng", "adam", "gd"]).values(), ("solid", "dash", "dashdot", "dot")
    )
}
"""Plotly's names of the dashes of the house."""


@dataclass(frozen=True)
class Style:
    """How a curve looks.

    Args:
        colour: As "#d55e00".
        dash: As Plotly calls it.
    """

    colour: str
    dash: str


@dataclass(frozen=True)
class View:
    """One way to see a figure.

    Args:
        name: In the list of views.
        traces: Of Plotly.
        layout: Likewise.
        note: What a reader has to know of it.
    """

    name: str
    traces: list[Trace]
    layout: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """Something that is drawn.

    Args:
        title: Above it.
        note: Below it: what a reader has to know.
        views: At least one; the first is seen at first.
        choice: What is chosen between the views.
        narrow: Whether it is about as wide as high.
    """

    title: str
    note: str
    views: tuple[View, ...]
    choice: str = "against"
    narrow: bool = False

    @property
    def is_crowded(self) -> bool:
        """Whether its legend has many lines."""
        names = {
            trace.get("name") for trace in self.views[0].traces if trace.get("showlegend", True)
        }
        return len(names) > _MANY


def styles_of(methods: Iterable[str]) -> dict[str, Style]:
    """The colours and dashes of the house."""
    found = looks(list(methods))
    return {name: Style(colour, _DASHES[str(dash)]) for name, (colour, dash) in found.items()}


def curve(
    method: str,
    style: Style,
    xs: Sequence[float] | Array,
    ys: Sequence[float] | Array,
    hover: str,
    step: bool = False,
) -> Trace:
    """A curve.

    Args:
        method: Its name.
        style: Of it.
        xs: Shape (n,).
        ys: Likewise; what is not finite is not drawn.
        hover: What is said of a point, in Plotly's words.
        step: Whether it stays where it is until the next point.
    """
    shape = {"shape": "hv"} if step else {}
    trace: Trace = plain(
        {
            "type": "scatter",
            "mode": "lines" if len(xs) > 1 else "lines+markers",
            # A point alone may lie on the axis.
            "cliponaxis": len(xs) > 1,
            "name": text(method if len(method) <= _LONGEST else f"{method[: _LONGEST - 1]}…"),
            "legendgroup": text(method),
            "x": list(xs),
            "y": list(ys),
            "line": {"color": style.colour, "dash": style.dash, "width": 2, **shape},
            "hovertemplate": f"{text(method)}, {hover}<extra></extra>",
        }
    )
    return trace


def between(
    method: str,
    style: Style,
    xs: Sequence[float] | Array,
    lower: Sequence[float] | Array,
    upper: Sequence[float] | Array,
    step: bool = False,
) -> list[Trace]:
    """What lies between two curves, hidden with the line of its method."""
    edge = {"width": 0, "color": style.colour, **({"shape": "hv"} if step else {})}
    shared = {
        "type": "scatter",
        "mode": "lines",
        "legendgroup": text(method),
        "showlegend": False,
        "hoverinfo": "skip",
        "line": edge,
        "x": list(xs),
    }
    red, green, blue = (int(style.colour[k : k + 2], 16) for k in (1, 3, 5))
    below = {**shared, "y": list(lower)}
    above = {**shared, "y": list(upper), "fill": "tonexty"}
    above["fillcolor"] = f"rgba({red},{green},{blue},0.15)"
    return [plain(below), plain(above)]


def log_axis(title: str) -> dict[str, Any]:
    """A logarithmic axis."""
    return {
        "title": {"text": title},
        "type": "log",
        "exponentformat": "power",
    }


def decades(axis: dict[str, Any], traces: Sequence[Trace]) -> dict[str, Any]:
    """A logarithmic axis with a tick at powers of ten only, where there are several of them."""
    if axis.get("type") != "log":
        return axis
    values = [v for trace in traces for v in trace["y"] if v is not None and v > 0]
    decades = math.log10(max(values) / min(values)) if values else 0.0
    return axis if decades < 1.5 else {**axis, "dtick": math.ceil(decades / 8)}


def titled(label: str) -> dict[str, Any]:
    """An axis that begins at zero."""
    return {"title": {"text": label}, "rangemode": "tozero"}


def laid_out(x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """A layout with a legend."""
    return {"xaxis": x, "yaxis": y, "showlegend": True, "hovermode": "closest"}


def text(words: str) -> str:
    """Words as Plotly shows them: it reads some tags."""
    return html.escape(words, quote=False)


def plain(value: Any) -> Any:
    """Numbers as JSON has them, with ten digits; what is not finite is null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.integer)):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    return value
