"""Who looks at a comparison again and again while it grows sees a difference sooner or later.

The tests of a comparison have level alpha where its methods and starts were decided before anybody
saw a result. Where more are added because nothing has shown yet, every look is a chance of its own:
equal methods of which five starts more are run at a time, up to forty, are told apart at one of
eight looks in about 15 %. So the looks have levels of their own, which are spent one by one,

    alpha_1 = alpha,    alpha_k = alpha / (k (k - 1))  for k = 2, 3, ...,  which are alpha in all,

and p of look k counts k (k - 1) times: whenever somebody stops, at most a share alpha_1 + alpha of
such comparisons has ever had a wrong line. A first look from so few starts that it could not tell
anything has spent nothing. It holds whatever the looks have in common (Bonferroni), also where
methods are added.

Reference: Armitage, McPherson and Rowe, J. R. Stat. Soc. A 132, 235 (1969), on repeated tests;
Lan and DeMets, Biometrika 70, 659 (1983), on levels that are spent.
"""

from __future__ import annotations

import math

from qng.report import cells
from qng.report.inference import LEVEL
from qng.run.comparison import Looks
from qng.run.several import Comparisons

# Looks in a list.
_LISTED = 6


def counts(looks: Looks) -> int:
    """How many times p counts after so many looks.

    Example:
        >>> counts(()), counts(((2, 5),)), counts(((2, 5), (2, 10), (2, 15)))
        (1, 2, 12)
    """
    k = len(looks) + 1
    return max(k * (k - 1), 1)


def least_starts(tests: int) -> int:
    """How many starts can tell one pair of so many apart: where one method wins all of them.

    Args:
        tests: How many times the smallest p counts: pairs, times those of the looks.

    Example:
        >>> least_starts(1), least_starts(6)
        (6, 8)
    """
    return math.ceil(1 + math.log2(tests / (1 - LEVEL)))


def wrong(looks: Looks) -> float:
    """The share of comparisons in which a line is wrong at any look, at most.

    Example:
        >>> [wrong(looks) for looks in ((), ((2, 5),), ((2, 10),))]
        [0.05, 0.05, 0.1]
    """
    silent = not looks or looks[0][1] < least_starts(1)
    return round((1 if silent else 2) * (1 - LEVEL), 9)


def of_all(comparisons: Comparisons) -> Looks:
    """The looks at several problems together: those that are noted, or the most of one of them."""
    return max((comparisons.looks, *(of.looks for of in comparisons.problems.values())), key=len)


def in_words(looks: Looks) -> str:
    """What is said of the looks; empty of a comparison that was made at once."""
    if not looks:
        return ""
    before = [f"{methods} methods from {starts} starts" for methods, starts in looks]
    listed = ", ".join(cells.shortened(before, _LISTED))
    return (
        f"it has grown, and this is look {len(looks) + 1} (before: {listed}), at which p counts "
        f"{counts(looks)} times more; intervals are those of one look"
    )
