"""Pictures of `qng.report.plots` as figures of a page: the same numbers, to be looked into.

Spheres and bars are left to the image that is saved beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array, Flags
from qng.report.html.traces import (
    Figure,
    Style,
    Trace,
    View,
    between,
    curve,
    decades,
    laid_out,
    log_axis,
    plain,
    styles_of,
    text,
    titled,
)
from qng.report.plots.lines import Line, Lines
from qng.report.plots.matrix import Eigenvalues, HeatMap
from qng.report.plots.picture import Picture
from qng.report.plots.plane import Landscape

DIVERGING: Final = [[0, "#2166ac"], [0.5, "#f7f7f7"], [1, "#b2182b"]]
"""Zero is white."""

_LETTERS: Final = {
    "sigma": "σ",
    "theta": "θ",
    "eta": "η",
    "tau": "τ",
    "lambda": "λ",
    "rangle": "⟩",
    "langle": "⟨",
}


def of_picture(picture: Picture) -> list[Figure]:
    """A figure for each panel that can be looked into."""
    styles = styles_of(dict.fromkeys(name for panel in picture.panels for name in panel.names))
    made = [_of_panel(panel, styles) for panel in picture.panels]
    found = [figure for figure in made if figure is not None]
    if len(found) == 1 and not found[0].title:
        return [replace(found[0], title=words(picture.title))]
    return found


def _of_panel(panel: Any, styles: dict[str, Style]) -> Figure | None:
    if isinstance(panel, Lines):
        view = _lines(panel, styles)
    elif isinstance(panel, HeatMap):
        view = heat_map(panel.values, panel.parameters, formula(panel.label), panel.known)
    elif isinstance(panel, Eigenvalues):
        view = spectrum(panel.values[panel.values > panel.floor], panel.std_error)
    elif isinstance(panel, Landscape):
        view = _landscape(panel, styles)
    else:
        return None
    square = not isinstance(panel, Lines)
    return Figure(words(panel.title), words(panel.note), (view,), "show", square)


def heat_map(
    values: Array, parameters: Sequence[str], label: str, known: Flags | None = None
) -> View:
    """A matrix in colours.

    Args:
        values: Shape (P, P).
        parameters: Names of rows and columns.
        label: Of the colour bar, in Plotly's words.
        known: Which entries were computed, shape (P, P); the others are empty. None: all.
    """
    shown = np.asarray(values, dtype=float)
    if known is not None:
        shown = np.where(known, shown, np.nan)
    largest = float(np.nanmax(np.abs(shown), initial=0.0)) or 1.0
    names = [text(name) for name in parameters]
    heat: Trace = {
        "type": "heatmap",
        "z": shown,
        "x": names,
        "y": names,
        "zmin": -largest,
        "zmax": largest,
        "colorscale": DIVERGING,
        "colorbar": {"title": {"text": label, "side": "right"}, "thickness": 14},
        "hovertemplate": "%{y}, %{x}: %{z:.6g}<extra></extra>",
    }
    # As wide as high, the first row on top.
    square = {"type": "category", "showgrid": False, "constrain": "domain"}
    layout = {
        "xaxis": {**square, "title": {"text": "parameter"}},
        "yaxis": {**square, "autorange": "reversed", "scaleanchor": "x"},
        "showlegend": False,
    }
    return View("matrix", [plain(heat)], layout)


def spectrum(values: Array, std_error: Array | None = None) -> View:
    """Eigenvalues, descending.

    Args:
        values: Those that are not rounding, shape (n,).
        std_error: Of all of them, the first n of which are drawn; None: exact.
    """
    dots: Trace = {
        "type": "scatter",
        "mode": "markers",
        "name": "eigenvalue",
        "x": np.arange(1, len(values) + 1),
        "y": values,
        "marker": {"color": "#0072b2", "size": 8},
        "hovertemplate": "eigenvalue %{x}: %{y:.6g}<extra></extra>",
    }
    if std_error is not None:
        dots["error_y"] = {"array": 2 * std_error[: len(values)], "thickness": 1}
    layout = laid_out(titled("index"), log_axis("eigenvalue"))
    return View("eigenvalues", [plain(dots)], {**layout, "showlegend": False})


def _lines(panel: Lines, styles: dict[str, Style]) -> View:
    traces = [trace for line in panel.lines for trace in _line(line, panel, styles)]
    traces += [_level(level.name, level.y, panel) for level in panel.levels]
    x: dict[str, Any] = {"title": {"text": formula(panel.x_label)}}
    y: dict[str, Any] = {"title": {"text": formula(panel.y_label)}}
    if panel.log_x:
        x = log_axis(formula(panel.x_label))
    if panel.log_y:
        y = decades(log_axis(formula(panel.y_label)), traces)
    return View("", traces, laid_out(x, y))


def _line(line: Line, panel: Lines, styles: dict[str, Style]) -> Iterator[Trace]:
    """A line with its band or bars, and the single runs."""
    name = line.name or line.like
    style = styles.get(line.like or line.name, Style("#555555", "dot"))
    if line.lower is not None and line.upper is not None and not line.bars:
        ends = _floored(line.lower, panel), _floored(line.upper, panel)
        yield from between(name, style, line.x, *ends, line.mark == "stairs")
    for x, y in line.singles:
        thin = curve(name, style, x, _floored(y, panel), "%{x:.6~g}: %{y:.6~g}")
        yield {**thin, "showlegend": False, "opacity": 0.4, "line": {**thin["line"], "width": 1}}
    said = "published, " if line.mark == "open" else ""
    hover = f"{said}%{{x:.6~g}}: %{{y:.8~g}}"
    heights = _floored(line.y, panel)
    main = curve(name or " ", style, line.x, heights, hover, line.mark == "stairs")
    if line.mark in ("points", "both", "open"):
        symbol = "circle-open" if line.mark == "open" else "circle"
        main["mode"] = "lines+markers" if line.mark == "both" else "markers"
        main["marker"] = {"symbol": symbol, "size": 8, "color": style.colour}
    if line.bars and line.lower is not None and line.upper is not None:
        main["error_y"] = plain(
            {"array": line.upper - line.y, "arrayminus": line.y - line.lower, "thickness": 1}
        )
    main["showlegend"] = bool(line.name)
    yield main


def _floored(values: Array, panel: Lines) -> Array:
    """What lies below the floor of a panel is drawn on it."""
    found: Array = np.maximum(values, panel.floor) if panel.floor else values
    return found


def _level(name: str, y: float, panel: Lines) -> Trace:
    ends = [line.x for line in panel.lines if len(line.x)]
    x = [min(float(np.min(xs)) for xs in ends), max(float(np.max(xs)) for xs in ends)]
    style = Style("#000000", "dash")
    return curve(name, style, x if ends else [0, 1], [y, y], "%{y:.6~g}")


def _landscape(panel: Landscape, styles: dict[str, Style]) -> View:
    x_label, y_label = formula(panel.x_label), formula(panel.y_label)
    ground: Trace = {
        "type": "contour",
        "x": panel.x,
        "y": panel.y,
        "z": panel.values,
        "colorscale": "Greys",
        "reversescale": True,
        "contours": {"coloring": "heatmap"},
        "line": {"width": 0.5},
        "colorbar": {"title": {"text": formula(panel.label), "side": "right"}, "thickness": 14},
        "hovertemplate": "%{x:.4f}, %{y:.4f}: %{z:.6g}<extra></extra>",
    }
    traces = [plain(ground)]
    for trail in panel.trails:
        style = styles[trail.name]
        path = curve(
            trail.name, style, trail.points[:, 0], trail.points[:, 1], "%{x:.4f}, %{y:.4f}"
        )
        traces.append(path)
    layout = laid_out({"title": {"text": x_label}}, {"title": {"text": y_label}})
    return View("", traces, layout)


def formula(label: str) -> str:
    r"""A label in Plotly's words: what stands between dollar signs is a formula.

    Example:
        >>> formula(r"$|E - E_\mathrm{ref}| + 2\sigma$ (Ha)"), formula(r"cost in \$ < 5")
        ('|E - E<sub>ref</sub>| + 2σ (Ha)', 'cost in $ &lt; 5')
    """
    parts = re.split(r"(?<!\\)\$", label)
    shown = [_formula(part) if k % 2 else text(part) for k, part in enumerate(parts)]
    return "".join(shown).replace(r"\$", "$")


def _formula(part: str) -> str:
    found = re.sub(r"\\(?:mathrm|mathbf|text)\{([^{}]*)\}", r"{\1}", text(part))
    found = re.sub(r"\\([A-Za-z]+)", lambda match: _LETTERS.get(match[1], match[1]), found)
    # Once or twice in braces, or a single letter.
    found = re.sub(r"_(?:\{+([^{}]*)\}+|(\w))", _lowered, found)
    found = re.sub(r"\^(?:\{+([^{}]*)\}+|(\w))", _raised, found)
    return found.replace("{", "").replace("}", "")


def _lowered(match: re.Match[str]) -> str:
    return f"<sub>{match[1] or match[2]}</sub>"


def _raised(match: re.Match[str]) -> str:
    return f"<sup>{match[1] or match[2]}</sup>"


def words(said: str) -> str:
    """A title or a note without the marks of formulas, as text."""
    plain_words = re.sub(r"<[^>]*>", "", formula(said))
    return plain_words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
