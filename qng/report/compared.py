"""Comparisons as tables for people, with what has to be known of them."""

from __future__ import annotations

import math
from typing import Final

from rich.console import RenderableType

from qng.optimize.search.trust import AdaptiveTrustRegion
from qng.report import cells, tex
from qng.report.conclusions import conclusions
from qng.report.grid import Cell, Grid, amount, number, quartiles, rich, row, said
from qng.report.inference import LEVEL, Interval, Reach
from qng.report.spent import Axis, counting, default_axis, in_words, of_models
from qng.report.statistics import accuracy_name, ground_in_words, repeated
from qng.report.summary import Summary, budget_of, summaries
from qng.run.comparison import Comparison
from qng.run.results import Run
from qng.run.tuning import in_words as tuned_in_words

HEADS: Final[dict[Axis, str]] = {
    "steps": "steps",
    "circuits": "circuits",
    "shots": "shots",
    "qpu": "QPU s",
    "seconds": "seconds",
    "evaluations": "evaluations",
}
"""What cost is called in the head of a column."""

# Costs in all that differ by less than this factor are equal.
_EQUAL: Final = 1.1
# Methods of which errors at equal cost are listed.
_LISTED: Final = 8


def comparison_table(comparison: Comparison, axis: Axis | None = None) -> RenderableType:
    """The statistics of a comparison for a terminal, one row a method.

    Args:
        comparison: The comparison.
        axis: What cost is counted in; shots or circuits by default (`spent.default_axis`).
    """
    return rich(comparison_grid(comparison, axis))


def comparison_grid(comparison: Comparison, axis: Axis | None = None) -> Grid:
    """The statistics of a comparison, one row a method.

    Args:
        comparison: The comparison.
        axis: What cost is counted in; shots or circuits by default (`spent.default_axis`).
    """
    axis = default_axis(comparison) if axis is None else axis
    known = comparison.reference is not None
    unit = f" ({comparison.unit})" if comparison.unit else ""
    level, cost = f"{100 * LEVEL:.0f} %", HEADS[axis]
    heads = ["lr", *((f"solved\n[{level}]", f"{cost}\nto it [{level}]") if known else ())]
    what = "final error" if known else f"final {'loss' if of_models(comparison) else 'energy'}"
    heads += [f"{what}{unit}\nmedian [quartiles]", f"{cost}\nin all"]
    heads += [] if axis == "seconds" else ["time\n(s)"]
    rows = []
    for summary in summaries(comparison, axis):
        cells_of = _row(summary, known)
        rows.append(
            cells_of if axis == "seconds" else (*cells_of, number(summary.seconds.median, "{:.2f}"))
        )
    return Grid(
        title=cells.headed(comparison.title or comparison.problem, extent(comparison)),
        heads=("method", *heads),
        rows=tuple(rows),
        name=f"comparison-{comparison.problem}",
    )


def extent(comparison: Comparison) -> str:
    """From how many starts, and how far.

    Example: "10 starts, at most 200 steps".
    """
    n = len(comparison.starts)
    limits = {run.made.steps for run in _runs(comparison) if run.made is not None}
    least, most = min(limits, default=comparison.steps), max(limits, default=comparison.steps)
    steps = f"{most}" if least == most else f"{least} to {most}"
    return f"{n} start{'s' if n > 1 else ''}, at most {steps} steps"


def _row(summary: Summary, known: bool) -> tuple[Cell, ...]:
    """The cells of one method, but for the time.

    Args:
        summary: Of it.
        known: Whether there is a reference energy.
    """
    error = summary.error
    return row(
        summary.method,
        number(summary.learning_rate, "{:g}"),
        *((solved_in_words(summary), cost_cell(summary.reach)) if known else ()),
        quartiles(error.lower, error.median, error.upper, relative=known),
        amount(summary.spent.median, "-"),
    )


def solved_in_words(summary: Summary) -> str:
    """So many of so many, with the interval of the share in percent.

    Example: "5/10 [24, 76]".
    """
    share = Interval(0.0, 1.0) if summary.share is None else summary.share
    low, high = 100 * share.lower, 100 * share.upper
    return f"{summary.reached}/{summary.starts} [{low:.0f}, {high:.0f}]"


def cost_cell(reach: Reach | None) -> Cell:
    """The median cost with its interval; ">" where it is beyond what was spent.

    Example: "3.20k [1.92k, inf]", ">25.0k [21.8k, inf]", "never", or "-" where nobody knows it.
    """
    if reach is None or reach.lost:
        return median_cell(reach)
    low, high = reach.interval.lower, reach.interval.upper
    if (low <= 0 and math.isinf(high)) or math.isinf(low):
        return median_cell(reach)
    sign, median = _median(reach)
    return Cell(
        f"{sign}{cells.amount(median)} [{cells.amount(low)}, {cells.amount(high)}]",
        tex.interval(median, low, high, sign=sign),
    )


def median_cell(reach: Reach | None) -> Cell:
    """The median cost alone, for a table."""
    if reach is None or reach.lost:
        return said("-" if reach is None else "never")
    sign, median = _median(reach)
    before = f"{{{sign}}}" if sign else ""
    return Cell(f"{sign}{cells.amount(median)}", f"${before}{tex.scientific(median)}$")


def _median(reach: Reach) -> tuple[str, float]:
    """The median, or what it is beyond: where some have ended for good, the last success."""
    if math.isfinite(reach.median):
        return "", reach.median
    return ">", reach.until if math.isfinite(reach.until) else float(reach.cost[-1])


def comparison_notes(comparison: Comparison, axis: Axis | None = None) -> list[str]:
    """What a reader of `comparison_table` has to know, one line each.

    Args:
        comparison: The comparison.
        axis: As of the table.
    """
    axis = default_axis(comparison) if axis is None else axis
    notes = [comparison.interrupted] if comparison.interrupted else []
    notes += tuned_in_words(comparison.tuning)
    notes += [_missing(comparison)] if comparison.interrupted and comparison.runs else []
    if comparison.reference is not None:
        name = accuracy_name(comparison.accuracy, comparison.unit)
        reference = comparison.reference
        own = f"of E_ref = {reference:.10g}" if math.isfinite(reference) else "of their own E_ref"
        notes.append(
            f"solved: within the {name}, {own} at some step; in brackets the share in percent, by "
            f"Wilson; {HEADS[axis]} to it: the median over all starts, where those that never get "
            "there count as beyond (Kaplan and Meier)"
        )
        if words := ground_in_words(comparison):
            notes.append(f"judged: {words}")
    notes += in_words(counting(comparison, axis))
    notes += at_equal_cost(comparison, axis)
    notes += conclusions(comparison, axis)
    return notes + _of_methods(comparison)


def _missing(comparison: Comparison) -> str:
    """Which methods have fewer runs than there are starts."""
    n = len(comparison.starts)
    done = ", ".join(f"{len(runs)} of {method}" for method, runs in comparison.runs.items())
    return f"runs that are done, of {n} starts: {done}; methods are compared by starts of both"


def at_equal_cost(comparison: Comparison, axis: Axis) -> list[str]:
    """The errors at equal cost, where those at the end are not."""
    found = [s for s in summaries(comparison, axis) if math.isfinite(s.spent.median)]
    costs = [s.spent.median for s in found]
    if len(found) < 2 or max(costs) <= _EQUAL * min(costs):
        return []
    known = comparison.reference is not None
    what = "error" if known else "energy"
    medians = {s.method: s.equal.median for s in found}
    listed = [
        f"{method} {cells.error(median) if known else cells.shown(median, '{:.6g}')}"
        for method, median in medians.items()
    ]
    budget = cells.amount(budget_of(comparison, axis))
    return [
        f"final {what}: not at equal cost; at {budget} {HEADS[axis]}, to which all are known, the "
        f"median is {', '.join(cells.shortened(listed, _LISTED))}"
    ]


def _of_methods(comparison: Comparison) -> list[str]:
    """What has to be known of rates, and of runs that did not go well."""
    notes = []
    natural = not {"ng", "diag-ng"}.isdisjoint(comparison.runs)
    if natural and of_models(comparison):
        notes.append(
            "lr: comparable rates are lr_ng = 4 lr_qng where the Fisher matrix is I = 4 g, as of "
            "probabilities (g: Fubini-Study metric of the amplitudes)"
        )
    elif natural:
        notes.append(
            "lr: comparable rates are lr_ng = 4 lr_qng where the classical Fisher matrix is "
            "I = 4 g, its upper bound (real amplitudes); the mean of I over random bases is 2 g "
            "(g: Fubini-Study metric)"
        )
    followed = [name for name, runs in comparison.runs.items() if _follows(runs[0])]
    if followed:
        notes.append(
            f"lr of {', '.join(followed)}: the first one; steps follow their decreases and none "
            "goes up (trust=inf: steps as published)"
        )
    if more := repeated(comparison):
        of = ", ".join(f"{many} of {len(comparison.runs[m])} of {m}" for m, many in more.items())
        notes.append(f"equal starts: runs that are others over again count once ({of})")
    for method, runs in comparison.runs.items():
        failed = [run for run in runs if run.failed]
        if failed:
            notes.append(
                f"failed: {len(failed)} of {len(runs)} runs of {method}; {failed[0].message}"
            )
        risen = [run for run in runs if run.rise]
        if risen:
            notes.append(f"rose: {len(risen)} of {len(runs)} runs of {method}; {risen[0].message}")
    return notes


def _follows(run: Run) -> bool:
    """Whether its step size follows the decreases."""
    search = getattr(getattr(run.made, "method", None), "search", None)
    return isinstance(getattr(search, "search", search), AdaptiveTrustRegion)


def _runs(comparison: Comparison) -> list[Run]:
    return [run for runs in comparison.runs.values() for run in runs]
