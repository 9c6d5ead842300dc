"""Which methods are better than which, in words, or that nobody can say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from qng.report import cells, looks
from qng.report.paired import Pair, pairs
from qng.report.spent import Axis
from qng.run.comparison import Comparison, Looks

QUESTIONS: Final = {
    "cost": "cheaper to the accuracy",
    "solved": "more starts solved at equal cost",
    "error": "closer by the accuracy or more at equal cost",
}
"""What two methods are asked, in words."""

HOW: Final = "compared on the same starts, by exact tests"
"""How methods are told apart."""

# Names in a list.
_NAMES: Final = 5


def conclusions(comparison: Comparison, axis: Axis) -> list[str]:
    """Which methods are better than which, as far as their runs from the same starts say so."""
    found = pairs(comparison, axis)
    if not found:
        return []
    starts = max(pair.starts for pair in found)
    lines = [f"{words}: {better}" for q, words in QUESTIONS.items() if (better := ranked(found, q))]
    grown = [words] if (words := looks.in_words(comparison.looks)) else []
    if lines:
        sure = f"{HOW}; each such line is wrong {at_most(comparison.looks)} of comparisons"
        return [*lines, sure, *grown]
    least = looks.least_starts(len(found) * looks.counts(comparison.looks))
    if starts < least:
        few = f"{starts} start{'s' if starts > 1 else ''}"
        return [
            f"{few} cannot tell {len(comparison.runs)} methods apart: it takes {least} at least",
            *grown,
        ]
    again = f"another {starts} starts may order them otherwise"
    return [f"no two methods are told apart; {HOW}: {again}", *grown]


def at_most(of: Looks) -> str:
    """In how many comparisons a line may be wrong, as "in at most 5 %"."""
    whenever = "at any look " if of else ""
    return f"{whenever}in at most {100 * looks.wrong(of):.0f} %"


def ranked(found: Sequence[Pair], question: str) -> str:
    """Who is better than whom, as "qng than gd and adam, ng than gd"; empty where nobody is."""
    worse: defaultdict[str, list[str]] = defaultdict(list)
    for pair in found:
        better, other = pair.better(question), pair.worse(question)
        if better is not None and other is not None:
            worse[better].append(other)
    order = sorted(worse, key=lambda method: -len(worse[method]))
    listed = [f"{method} than {_listed(worse[method])}" for method in order]
    return ", ".join(cells.shortened(listed, _NAMES))


def _listed(names: Sequence[str]) -> str:
    """As "gd and adam", or "gd and adam and 7 more"."""
    more = [f"{len(names) - _NAMES + 1} more"] if len(names) > _NAMES else []
    return " and ".join([*names[: _NAMES - len(more)], *more])
