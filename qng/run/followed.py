"""A run, a comparison or an evolution with a bar that says how far it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from qng.optimize.method import Step
from qng.problem.anyproblem import AnyProblem
from qng.run.evolution import Moment


@contextmanager
def followed(label: str, problem: AnyProblem, steps: int) -> Iterator[Callable[[Step], None]]:
    """A bar of the steps of a run and its energies.

    Args:
        label: What the run calls its method.
        problem: What is minimised.
        steps: Most updates.

    Yields:
        What is to be told of every step.
    """
    from qng.report.notebook import bar

    unit = f" {problem.unit}" if problem.unit else ""
    with bar(f"{label} on {problem.name or 'a problem'}", steps) as moved:

        def stepped(step: Step) -> None:
            moved(step.step + 1, f"{_in_words(step)}{unit}")

        yield stepped


def _in_words(step: Step) -> str:
    """The energy, to the digit of its error."""
    error = step.std_error
    if error is None or not 0 < error < math.inf:
        return f"{step.energy:.8g}"
    digits = min(max(1 - math.floor(math.log10(error)), 0), 12)
    return f"{step.energy:.{digits}f} ± {error:.{digits}f}"


@contextmanager
def timed(
    problem: AnyProblem, rows: int, watch: Callable[[Moment], Any] | None
) -> Iterator[Callable[[Moment], Any]]:
    """A bar of the rows of an evolution.

    Args:
        problem: What evolves.
        rows: Of the evolution.
        watch: Is told of every row, too.

    Yields:
        What is to be told of every row.
    """
    from qng.report.notebook import bar

    with bar(f"evolution of {problem.name or 'a problem'}", rows, "rows") as moved:
        number = count(1)

        def passed(row: Moment) -> None:
            moved(next(number), f"time {row.time:.3g}")
            if watch is not None:
                watch(row)

        yield passed


@contextmanager
def counted(label: str) -> Iterator[Callable[[int, int], Any]]:
    """A bar of the runs of a comparison.

    Args:
        label: Before the bar.

    Yields:
        What is to be told (runs done, runs).
    """
    from qng.report.notebook import bar

    with bar(label, None, "runs") as moved:
        yield lambda number, total: moved(number, "", total)
