"""What `print` says of a metric and of comparisons: the tables of the terminal as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Console, RenderableType

from qng.geometry.metric import Metric
from qng.geometry.spectrum import measured
from qng.report.compared import comparison_notes, comparison_table
from qng.report.notebook.heat import MOST_NUMBERS, number, shares_of
from qng.report.several import by_problem, several_notes, several_table
from qng.run.comparison import Comparison
from qng.run.several import Comparisons

_WIDTH: Final = 200
"""Wide enough for every table, so that nothing is cut."""


def of_metric(metric: Metric) -> str:
    """The line that tells it from others, and its numbers where it is small.

    Example:
        >>> from qng.geometry import Diagonal
        >>> import numpy as np
        >>> print(Diagonal(np.array([0.25, 0.125])))
        Diagonal(size=2, exact, digest='e69e715c6a1f')
          0.25      .
             .  0.125
    """
    if not metric.has_matrix or metric.size > MOST_NUMBERS:
        return repr(metric)
    values, errors, known = metric.dense(), metric.std_error, measured(metric)
    size, shares = range(metric.size), shares_of(values)
    words = [
        [
            number(values[i, j], None if errors is None else errors[i, j], shares[i, j])
            if known[i, j]
            else "."
            for j in size
        ]
        for i in size
    ]
    widths = [max(len(words[i][j]) for i in size) for j in size]
    rows = ["  " + "  ".join(w.rjust(n) for w, n in zip(row, widths)) for row in words]
    return "\n".join([repr(metric), *rows])


def of_comparison(comparison: Comparison) -> str:
    """The table, and what has to be known of it."""
    if not any(comparison.runs.values()):
        return repr(comparison)
    return _text(comparison_table(comparison), *comparison_notes(comparison))


def of_comparisons(comparisons: Comparisons) -> str:
    """Who is ahead over all problems, and on each of them."""
    if not comparisons.methods:
        return repr(comparisons)
    tables = several_table(comparisons), by_problem(comparisons)
    return _text(*tables, *several_notes(comparisons))


def _text(*parts: RenderableType) -> str:
    return "\n".join(_lines(parts))


def _lines(parts: Iterable[RenderableType]) -> Iterable[str]:
    """Lines without colours; those of a table without what fills them up."""
    console = Console(width=_WIDTH, no_color=True, highlight=False, force_terminal=False)
    for part in parts:
        if isinstance(part, str):
            yield part
            continue
        with console.capture() as captured:
            console.print(part)
        yield from (line.rstrip() for line in captured.get().splitlines())
