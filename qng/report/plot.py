"""Pictures of results: each function returns a Matplotlib figure, `save` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from qng.arrays import Array, Flags
from qng.errors import InputError
from qng.geometry import Metric
from qng.geometry.spectrum import measured, spectrum
from qng.report import look
from qng.report.look import COLOURS, Label
from qng.report.look import save as save
from qng.report.statistics import Curve, accuracy_name, curves, distances, ground_of
from qng.run.results import Comparison, Run, StepReport

FLOOR: Final = 1e-16
"""Errors below this are rounding and are drawn here."""

_MOST_BANDS: Final = 6
"""With more methods than this, bands of quartiles would hide each other."""


@look.styled
def convergence(comparison: Comparison) -> Figure:
    """The error of every method against the step: median, quartiles and single runs.

    It is |E - E_ref| of exact energies, or a bound where only readings are known.
    Without a reference energy it is E, on a linear axis. With one start, or with many methods, only
    medians are drawn.
    """
    known = comparison.reference is not None
    courses = curves(comparison)
    if not courses:
        raise InputError("there is no picture of a comparison without a run that is done")
    height = max(3.5, 1.2 + look.LINE * len(courses))
    figure, (axes,) = look.page(5.2, height, 1)
    values = np.concatenate([[c.lower, c.median, c.upper] for c in courses.values()], axis=None)
    finite = _drawable(values[np.isfinite(values)], known)
    n, last = len(comparison.starts), max(len(c.median) for c in courses.values()) - 1
    banded = n > 1 and len(courses) <= _MOST_BANDS
    labels: list[Label] = []
    looks = look.styles(list(courses))
    for (method, course), (colour, dash) in zip(courses.items(), looks, strict=True):
        median = _drawable(course.median, known)
        if banded:
            _band(axes, course, known, finite.max(initial=FLOOR), colour)
            # Starts that end in different minima are seen one by one, and in no quartile.
            for path in map(distances, comparison.runs[method]):
                axes.plot(_drawable(path, known), color=colour, linewidth=0.5, alpha=0.45)
        axes.plot(median, color=colour, linestyle=dash)
        seen = np.flatnonzero(np.isfinite(median))
        if len(seen):
            labels.append(Label(method, float(seen[-1]), float(median[seen[-1]]), colour))
    shown = "median, quartiles, single runs" if banded else "median"
    note = f"{n} starts: {shown}" if n > 1 else "one start"
    _title(axes, comparison.title or comparison.problem, note, comparison)
    _step_axis(axes, last)
    labels += _energy_axis(axes, comparison, last, finite.min(initial=np.inf))
    look.name_lines(axes, labels, inches=height - 0.9, last=last)
    return figure


@look.styled
def trace(run: Run) -> Figure:
    """The error, or E where there is no reference, and |grad E| of one run against the step."""
    figure, (top, bottom) = look.page(5.2, 4.6, 2, sharex=True)
    values = _drawable(distances(run), run.reference is not None)
    last = len(values) - 1
    ((colour, _),) = look.styles([run.method])
    marker = "." if last < 40 else ""
    top.plot(values, color=colour, marker=marker, clip_on=False)
    _title(top, f"{run.problem}: {run.method}", run.message.partition(":")[0], run)
    labels = _energy_axis(top, run, last, np.nanmin(values, initial=np.inf))
    norms = run.trace["gradient_norm"]
    bottom.plot(np.where(norms > 0, norms, np.nan), color=colour, marker=marker)
    bottom.set_yscale("log")
    look.few_decades(bottom)
    bottom.set_ylabel(f"gradient norm{f' ({run.unit}/rad)' if run.unit else ''}")
    _step_axis(bottom, last)
    look.name_lines(top, labels, inches=1.8, last=last)
    figure.align_ylabels()
    return figure


@look.styled
def metric(metric: Metric, parameters: Sequence[str], title: str = "") -> Figure:
    """The matrix M as a heat map, with its eigenvalues beside it.

    Hatched entries are zero by decision. Eigenvalues below the rounding floor are drawn open, on
    the floor.

    Args:
        metric: Of P parameters.
        parameters: Their names.
        title: Above it, one line or two.
    """
    figure, (left, right) = look.page(6.6, 3.3, 2, across=True, width_ratios=[1.35, 1.0])
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    known = measured(metric)
    left.set_xlabel("" if known.all() else "hatched: zero by decision")
    _entries(figure, left, metric.dense(), known)
    look.name_entries(left, parameters)
    _eigenvalues(right, *spectrum(metric))
    return figure


@look.styled
def steps(reports: Sequence[StepReport], title: str = "", unit: str = "") -> Figure:
    """The predicted and the actual decrease of every method, and the length of its step.

    Args:
        reports: One a method, at one point.
        title: Above it.
        unit: Of the energies.
    """
    figure, (left, right) = look.page(6.2, 0.9 + 0.42 * len(reports), 2, across=True, sharey=True)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    place = np.arange(len(reports))
    actual, predicted = [r.actual for r in reports], [r.predicted for r in reports]
    left.barh(place, actual, 0.6, color=COLOURS[1], label="actual")
    left.plot(predicted, place, "|", color="black", markersize=13, mew=1.5, label="predicted")
    left.axvline(0, color="black", linewidth=0.6)
    left.set_xlabel(f"decrease of the energy{f' ({unit})' if unit else ''}")
    left.set_yticks(place, [r.method for r in reports])
    left.invert_yaxis()
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper right", ncols=2,
                  frameon=False, fontsize=8)  # fmt: skip
    right.barh(place, [r.length for r in reports], 0.6, color=COLOURS[2])
    right.set_xlabel("Fubini-Study length (rad)")
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.tick_params(axis="y", length=0)
    return figure


def _band(axes: Axes, course: Curve, known: bool, top: float, colour: str) -> None:
    """The range between the quartiles."""
    lower, upper = _drawable(course.lower, known), _drawable(course.upper, known)
    # Where a quarter of the runs have failed the band is open upwards.
    upper = np.where(np.isfinite(upper), upper, top)
    axes.fill_between(range(len(lower)), lower, upper, color=colour, alpha=0.12, linewidth=0)


def _entries(figure: Figure, axes: Axes, matrix: Array, known: Flags) -> None:
    """The matrix in colours, those that are not known hatched."""
    size = len(matrix)
    largest = float(np.abs(matrix).max(initial=0.0)) or 1.0
    box = (-0.5, -0.5), size, size
    axes.add_patch(Rectangle(*box, facecolor="#e4e4e4", edgecolor="#aaaaaa", hatch="////", lw=0))
    image = axes.imshow(
        np.ma.masked_array(matrix, ~known), cmap="RdBu_r", vmin=-largest, vmax=largest, zorder=2
    )
    bar = figure.colorbar(image, ax=axes, shrink=0.85, pad=0.03)
    bar.outline.set_linewidth(0.5)


def _eigenvalues(axes: Axes, values: Array, floor: float) -> None:
    """Eigenvalues, descending, and the floor below which one is rounding."""
    index, kept = np.arange(1, len(values) + 1), values > floor
    lowest = max(floor, FLOOR)
    axes.set_yscale("log")
    if kept.any():
        axes.plot(index[kept], values[kept], "o", color=COLOURS[1], markersize=4)
    if not kept.all():
        axes.plot(index[~kept], np.full((~kept).sum(), lowest), "o", mfc="white",
                  color=COLOURS[1], markersize=4, clip_on=False)  # fmt: skip
        axes.axhline(lowest, color="#888888", linestyle=":", linewidth=0.8, zorder=0)
    axes.set_xlim(0, len(values) + 1)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    look.few_decades(axes)
    axes.set_xlabel("index")
    axes.set_ylabel("eigenvalue")
    axes.set_title(f"rank {int(kept.sum())} of {len(values)}", fontsize=9)


def _title(axes: Axes, text: str, note: str, of: Comparison | Run) -> None:
    if of.reference is not None:
        note = f"{note}; {accuracy_name(of.accuracy, of.unit)}"
        if ground_of(of) == "points":
            note += "; exact energies"
    axes.set_title(text, pad=18)
    look.write(axes, "axes fraction", (0, 1), note, 6)


def _step_axis(axes: Axes, last: int) -> None:
    axes.set_xlabel("step")
    axes.set_xlim(0, max(last, 1))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _drawable(values: Array, floored: bool) -> Array:
    """What is not finite is not drawn, and errors are not drawn below the floor."""
    finite = np.where(np.isfinite(values), values, np.nan)
    return np.maximum(finite, FLOOR) if floored else finite


def _energy_axis(axes: Axes, of: Comparison | Run, last: int, lowest: float) -> list[Label]:
    """Scale and labels; returns the label of the accuracy, where it is drawn."""
    suffix = f" ({of.unit})" if of.unit else ""
    if of.reference is None:
        axes.set_ylabel(f"energy{suffix}")
        return []
    axes.set_yscale("log")
    bound = r" + 2\sigma" if ground_of(of) == "bounds" else ""
    axes.set_ylabel(rf"$|E - E_\mathrm{{ref}}|{bound}${suffix}")
    axes.axhline(of.accuracy, color="black", linestyle="--", linewidth=0.8, zorder=1)
    if lowest <= FLOOR:
        axes.set_ylim(bottom=FLOOR / 2)
        look.write(axes, ("axes fraction", "data"), (0.01, FLOOR), "below 1e-16: drawn at 1e-16", 2)
    look.few_decades(axes)
    return [Label("accuracy", float(max(last, 1)), of.accuracy, "black")]
