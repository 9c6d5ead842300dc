"""By how much one method is better than the others, start by start.

The cost of getting to the accuracy is compared on each start by its ratio: starts differ by more
than methods do, so that a ratio of medians over starts says less than a median of ratios.
"""

from __future__ import annotations

import math

from rich.console import RenderableType
from rich.text import Text

from qng.errors import InputError, UnknownNameError
from qng.report import cells
from qng.report.compared import HEADS
from qng.report.inference import LEVEL, Interval
from qng.report.paired import Pair, pairs
from qng.report.spent import Axis, default_axis
from qng.run.results import Comparison


def ratio_table(
    comparison: Comparison, method: str | None = None, axis: Axis | None = None
) -> RenderableType:
    """What the others cost, over what one method costs, on the same starts.

    Args:
        comparison: With a reference energy.
        method: Over which; the first of the comparison by default.
        axis: What cost is counted in; shots or circuits by default.

    Returns:
        One row a method: its cost over that of `method`, the median over the starts where one of
        them gets to the accuracy by the cost to which both are known, with its interval; the starts
        that each of them wins, and that neither does; p, corrected for all pairs.

    Raises:
        InputError: No run is done.
        UnknownNameError: There is no such method.
    """
    axis = default_axis(comparison) if axis is None else axis
    if not comparison.runs:
        raise InputError("no run is done, so that no method costs anything")
    first = next(iter(comparison.runs)) if method is None else method
    if first not in comparison.runs:
        raise UnknownNameError("method", first, comparison.runs)
    table = cells.frame()
    table.add_column("method")
    heads = (f"{HEADS[axis]} over {first}'s\nmedian [{100 * LEVEL:.0f} %]", "won by it")
    for head in (*heads, f"won by\n{first}", "neither", "p"):
        table.add_column(Text(head), justify="right")
    for pair in pairs(comparison, axis):
        if first in (pair.first, pair.second) and "cost" in pair.answers:
            cells.add(table, _row(pair, first))
    return cells.titled(f"cost to the accuracy on the same starts, over that of {first}", table)


def over(pair: Pair, method: str) -> tuple[float, Interval]:
    """The cost of the other method over that of one of the two, with its interval."""
    if method == pair.first:
        return pair.ratio, pair.between
    between = Interval(_inverse(pair.between.upper), _inverse(pair.between.lower))
    return _inverse(pair.ratio), between


def _row(pair: Pair, method: str) -> list[str]:
    answer, forward = pair.answers["cost"], method == pair.first
    ratio, between = over(pair, method)
    won = (answer.second, answer.first) if forward else (answer.first, answer.second)
    bounds = f"[{cells.shown(between.lower, '{:.2g}')}, {cells.shown(between.upper, '{:.2g}')}]"
    unbounded = between.lower == 0 and math.isinf(between.upper)
    median = cells.shown(ratio, "{:.2g}")
    return [
        pair.second if forward else pair.first,
        median if unbounded else f"{median} {bounds}",
        *(str(count) for count in (*won, answer.neither)),
        f"{answer.corrected:.2g}",
    ]


def _inverse(ratio: float) -> float:
    return math.inf if ratio == 0 else 1 / ratio
