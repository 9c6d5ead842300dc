"""Pictures of results: each function returns a Matplotlib figure, `save` writes it.

Figures are drawn without pyplot, so nothing is shown and no state is left behind. Methods keep
their colour and line style in every picture; the colours are those of Okabe and Ito, which
colour-blind readers can tell apart, and the line styles serve a black-and-white print.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, ParamSpec

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from qng.arrays import Array
from qng.errors import QngError
from qng.geometry import Metric
from qng.geometry.spectrum import measured, spectrum
from qng.report import statistics as report
from qng.run.results import Comparison, Run, StepReport

P = ParamSpec("P")

# What is written at the end of a line: text, step, height and colour.
_End = tuple[str, float, float, str]

FLOOR: Final = 1e-16
"""Errors below this are rounding and are drawn here."""

_STYLE: Final[list[Any]] = [
    "default",
    {
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.7,
        "lines.linewidth": 1.5,
        "hatch.linewidth": 0.4,
        "svg.hashsalt": "qng",
        "figure.dpi": 100,
        "savefig.dpi": 200,
    },
]

_COLOURS: Final = (
    "#d55e00",
    "#0072b2",
    "#009e73",
    "#555555",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#000000",
)
_DASHES: Final[tuple[Any, ...]] = ("-", (0, (6, 2)), (0, (4, 1.5, 1, 1.5)), (0, (1.5, 1.2)))
_FIRST: Final = ("qng", "ng", "adam", "gd")
"""The methods of the main comparison keep the first four styles."""

_MOST_BANDS: Final = 6
"""With more methods than this, bands of quartiles would hide each other."""

_LINE: Final = 0.19
"""Height of a line of text in inches."""

# A file that is made twice should be the same file.
_METADATA: Final[dict[str, dict[str, Any]]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}


def _drawn(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    @functools.wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with style.context(_STYLE):
            return draw(*args, **kwargs)

    return styled


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure; the suffix (.png, .svg or .pdf) says how.

    Raises:
        QngError: The file cannot be written.
    """
    file = Path(path)
    try:
        with style.context(_STYLE):
            figure.savefig(file, metadata=_METADATA.get(file.suffix.lower()))
    except OSError as error:
        raise QngError(f"the picture {file} cannot be saved: {error.strerror or error}") from error


@_drawn
def convergence(comparison: Comparison) -> Figure:
    """The error of every method against the step: median, quartiles and single runs.

    Without a reference energy it is the energy, on a linear axis.
    """
    known = comparison.reference is not None
    curves = report.curves(comparison)
    height = max(3.5, 1.2 + _LINE * len(curves))
    figure, (axes,) = _figure(5.2, height, 1)
    everything = np.concatenate([[c.lower, c.median, c.upper] for c in curves.values()], axis=None)
    finite = _drawable(everything[np.isfinite(everything)], known)
    last = max(len(curve.median) for curve in curves.values()) - 1
    n = len(comparison.starts)
    banded = n > 1 and len(curves) <= _MOST_BANDS
    ends: list[_End] = []
    for (method, curve), look in zip(curves.items(), _styles(list(curves)), strict=True):
        colour, dash = look
        lower, median, upper = (
            _drawable(values, known) for values in (curve.lower, curve.median, curve.upper)
        )
        # Where a quarter of the runs have failed the band is open upwards.
        upper = np.where(np.isfinite(upper), upper, finite.max(initial=FLOOR))
        if banded:
            axes.fill_between(range(last + 1), lower, upper, color=colour, alpha=0.12, linewidth=0)
            # Starts that end in different minima are seen one by one, and in no quartile.
            for values in map(report.distances, comparison.runs[method]):
                axes.plot(_drawable(values, known), color=colour, linewidth=0.5, alpha=0.45)
        axes.plot(median, color=colour, linestyle=dash)
        seen = np.flatnonzero(np.isfinite(median))
        if len(seen):
            ends.append((method, float(seen[-1]), float(median[seen[-1]]), colour))
    shown = "median, quartiles, single runs" if banded else "median"
    note = f"{n} starts: {shown}" if n > 1 else "one start"
    _title(axes, comparison.title or comparison.problem, note, comparison)
    _step_axis(axes, last)
    ends += _energy_axis(axes, comparison, last, finite.min(initial=np.inf))
    _label_ends(axes, ends, inches=height - 0.9)
    return figure


@_drawn
def trace(run: Run) -> Figure:
    """The error (or the energy) and the gradient norm of one run against the step."""
    figure, (top, bottom) = _figure(5.2, 4.6, 2, sharex=True)
    energies = run.trace["energy"]
    known = run.reference is not None
    values = _drawable(np.abs(energies - run.reference) if known else energies, known)
    last = len(values) - 1
    ((colour, _),) = _styles([run.method])
    marker = "." if last < 40 else ""
    top.plot(values, color=colour, marker=marker, clip_on=False)
    _title(top, f"{run.problem}: {run.method}", run.message.partition(":")[0], run)
    ends = _energy_axis(top, run, last, np.nanmin(values, initial=np.inf))
    norms = run.trace["gradient_norm"]
    bottom.plot(np.where(norms > 0, norms, np.nan), color=colour, marker=marker)
    bottom.set_yscale("log")
    _few_decades(bottom)
    bottom.set_ylabel(f"gradient norm{f' ({run.unit}/rad)' if run.unit else ''}")
    _step_axis(bottom, last)
    _label_ends(top, ends, inches=1.8)
    figure.align_ylabels()
    return figure


@_drawn
def metric(metric: Metric, parameters: Sequence[str], title: str = "") -> Figure:
    """The matrix as a heat map, with its eigenvalues beside it.

    Hatched entries are zero by decision. Eigenvalues below the rounding floor are drawn open, on
    the floor.
    """
    figure, (left, right) = _figure(6.6, 3.3, 2, across=True, width_ratios=[1.35, 1.0])
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    matrix, size = metric.dense(), metric.size
    known = measured(metric)
    largest = float(np.abs(matrix).max(initial=0.0)) or 1.0
    box = (-0.5, -0.5), size, size
    left.add_patch(Rectangle(*box, facecolor="#e4e4e4", edgecolor="#aaaaaa", hatch="////", lw=0))
    image = left.imshow(
        np.ma.masked_array(matrix, ~known), cmap="RdBu_r", vmin=-largest, vmax=largest, zorder=2
    )
    bar = figure.colorbar(image, ax=left, shrink=0.85, pad=0.03)
    bar.outline.set_linewidth(0.5)
    _name_ticks(left, parameters)
    if not known.all():
        left.set_xlabel("hatched: zero by decision")
    values, floor = spectrum(metric)
    index = np.arange(1, size + 1)
    kept = values > floor
    right.set_yscale("log")
    if kept.any():
        right.plot(index[kept], values[kept], "o", color=_COLOURS[1], markersize=4)
    if not kept.all():
        right.plot(index[~kept], np.full((~kept).sum(), max(floor, FLOOR)), "o", mfc="white",
                   color=_COLOURS[1], markersize=4, clip_on=False)  # fmt: skip
        right.axhline(max(floor, FLOOR), color="#888888", linestyle=":", linewidth=0.8, zorder=0)
    right.set_xlim(0, size + 1)
    right.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _few_decades(right)
    right.set_xlabel("index")
    right.set_ylabel("eigenvalue")
    right.set_title(f"rank {int(kept.sum())} of {size}", fontsize=9)
    return figure


@_drawn
def steps(reports: Sequence[StepReport], title: str = "", unit: str = "") -> Figure:
    """The predicted and the actual decrease of every method, and the length of its step."""
    figure, (left, right) = _figure(6.2, 0.9 + 0.42 * len(reports), 2, across=True, sharey=True)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    place = np.arange(len(reports))
    actual, predicted = [r.actual for r in reports], [r.predicted for r in reports]
    left.barh(place, actual, 0.6, color=_COLOURS[1], label="actual")
    left.plot(predicted, place, "|", color="black", markersize=13, mew=1.5, label="predicted")
    left.axvline(0, color="black", linewidth=0.6)
    left.set_xlabel(f"decrease of the energy{f' ({unit})' if unit else ''}")
    left.set_yticks(place, [r.method for r in reports])
    left.invert_yaxis()
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper right", ncols=2,
                  frameon=False, fontsize=8)  # fmt: skip
    right.barh(place, [r.length for r in reports], 0.6, color=_COLOURS[2])
    right.set_xlabel("Fubini-Study length (rad)")
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.tick_params(axis="y", length=0)
    return figure


def _figure(
    width: float, height: float, n: int, across: bool = False, **options: Any
) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    rows, columns = (1, n) if across else (n, 1)
    width_ratios = options.pop("width_ratios", None)
    axes = figure.subplots(rows, columns, squeeze=False, width_ratios=width_ratios, **options)
    return figure, tuple(axes.ravel())


def _styles(methods: Sequence[str]) -> list[tuple[str, Any]]:
    others = [method for method in methods if method not in _FIRST]
    order = [*_FIRST, *others]
    places = [order.index(method) for method in methods]
    return [
        (_COLOURS[k % len(_COLOURS)], _DASHES[(k + k // len(_COLOURS)) % len(_DASHES)])
        for k in places
    ]


def _title(axes: Axes, text: str, note: str, of: Comparison | Run) -> None:
    if of.reference is not None:
        note = f"{note}; {report.accuracy_name(of.accuracy, of.unit)}"
    axes.set_title(text, pad=18)
    _beside(axes, "axes fraction", (0, 1), note, 6)


def _step_axis(axes: Axes, last: int) -> None:
    axes.set_xlabel("step")
    axes.set_xlim(0, max(last, 1))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _drawable(values: Array, floored: bool) -> Array:
    finite = np.where(np.isfinite(values), values, np.nan)
    return np.maximum(finite, FLOOR) if floored else finite


def _energy_axis(axes: Axes, of: Comparison | Run, last: int, lowest: float) -> list[_End]:
    """Scale and labels; returns the label of the accuracy, where it is drawn."""
    suffix = f" ({of.unit})" if of.unit else ""
    if of.reference is None:
        axes.set_ylabel(f"energy{suffix}")
        return []
    axes.set_yscale("log")
    axes.set_ylabel(rf"$|E - E_\mathrm{{ref}}|${suffix}")
    axes.axhline(of.accuracy, color="black", linestyle="--", linewidth=0.8, zorder=1)
    if lowest <= FLOOR:
        axes.set_ylim(bottom=FLOOR / 2)
        _beside(axes, ("axes fraction", "data"), (0.01, FLOOR), "below 1e-16: drawn at 1e-16", 2)
    _few_decades(axes)
    return [("accuracy", float(max(last, 1)), of.accuracy, "black")]


def _beside(
    axes: Axes, system: str | tuple[str, str], place: tuple[float, float], text: str, above: float
) -> None:
    axes.annotate(text, place, (0, above), xycoords=system, textcoords="offset points",
                  color="#555555", fontsize=8)  # fmt: skip


def _name_ticks(axes: Axes, parameters: Sequence[str]) -> None:
    every = max(1, -(-len(parameters) // 16))
    ticks = range(0, len(parameters), every)
    labels = [parameters[k] for k in ticks]
    upright = max(map(len, labels), default=0) * len(labels) < 30
    axes.set_xticks(ticks, labels, rotation=0 if upright else 90, fontsize=7.5)
    axes.set_yticks(ticks, labels, fontsize=7.5)
    axes.tick_params(length=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def _few_decades(axes: Axes) -> None:
    low, high = axes.get_ylim()
    # One labelled tick alone does not say what the scale is.
    if high < 100 * low:
        axes.set_ylim(10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high)))
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _label_ends(axes: Axes, ends: Sequence[_End], inches: float) -> None:
    """Names right of the lines, moved apart where they would overlap.

    Args:
        axes: Complete but for the names.
        ends: What to write where.
        inches: Height of the axes on paper.
    """
    # The limits must be final, because the places are worked out on the page.
    axes.set_ylim(axes.get_ylim())
    to_axes = axes.transScale + axes.transLimits
    spots = [to_axes.transform((x, y)) for _, x, y, _ in ends]
    places = _apart([float(height) for _, height in spots], _LINE / inches)
    for (text, x, y, colour), spot, place in zip(ends, spots, places, strict=True):
        line = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 1}
        # The pointer of a line that ends early would cross the others.
        early = spot[0] < 1 - 1e-9
        if early:
            axes.plot(x, y, "x", color=colour, markersize=5, zorder=5, clip_on=False)
        axes.annotate(f"{text} (fails)" if early else text, tuple(spot), (1.04, place),
                      "axes fraction", "axes fraction",
                      None if early else {**line, "relpos": (0.0, 0.5)},
                      color=colour, va="center")  # fmt: skip


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """Heights moved as little as need be to lie in [0, 1] and at least a gap apart."""
    gap = min(gap, 1 / max(len(heights) - 1, 1))
    order = sorted(range(len(heights)), key=lambda k: heights[k])
    groups: list[tuple[float, int]] = []  # (centre, members) of labels that touch
    for k in order:
        groups.append((float(np.clip(heights[k], 0, 1)), 1))
        while len(groups) > 1:
            (a, n), (b, m) = groups[-2:]
            if b - a >= gap * (n + m) / 2:
                break
            half = gap * (n + m - 1) / 2
            groups[-2:] = [(float(np.clip((a * n + b * m) / (n + m), half, 1 - half)), n + m)]
    moved = [
        centre + gap * (i - (members - 1) / 2) for centre, members in groups for i in range(members)
    ]
    return [place for _, place in sorted(zip(order, moved, strict=True))]
