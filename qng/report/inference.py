r"""What follows from few runs, and how sure it is: intervals and tests that hold for small numbers.

    share solved       k of n, with Wilson's interval
    cost to a target   F(c), the share that has reached it by c, by Kaplan and Meier: runs that were
                       cut before are known up to there only; its median is the first c with
                       F(c) >= 1/2, between the costs at which a sign test gives it up
    two methods        on the same starts: exact tests under exchange of the two, Holm's correction

A share with cuts has the error of n' runs without, by its variance V (Greenwood, V = S^2 G):

    S = prod_i (1 - d_i / r_i),   G = sum_i d_i / (r_i (r_i - d_i)),   n' = S (1 - S) / V

with d_i of r_i runs getting there at the i-th cost.

Reference: Wilson, J. Am. Stat. Assoc. 22, 209 (1927); Kaplan and Meier, ibid. 53, 457 (1958); n':
Rothman, J. Chronic Dis. 31, 557 (1978); the median: Brookmeyer and Crowley, Biometrics 38, 29
(1982); Holm, Scand. J. Stat. 6, 65 (1979).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array

LEVEL: Final = 0.95
"""Of all intervals, and one minus the false alarms of all tests of a kind together."""

# Pairs from which on the signed-rank sum is taken for normal.
_MANY: Final = 300


@dataclass(frozen=True)
class Interval:
    """From where to where; infinite where there is no bound.

    Args:
        lower: From.
        upper: To.
    """

    lower: float
    upper: float


def wilson(k: float, n: float, level: float = LEVEL) -> Interval:
    """The interval of a share of k in n, by the score test.

    Args:
        k: In [0, n]; need not be whole, where n is an effective number.
        n: Of no trials nothing is known.
        level: Coverage.

    Example:
        >>> wilson(6, 10)
        Interval(lower=0.3126..., upper=0.8318...)
    """
    if n <= 0:
        return Interval(0.0, 1.0)
    z, share = NormalDist().inv_cdf(0.5 + level / 2), k / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    width = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Interval(
        0.0 if k <= 0 else max(centre - width, 0.0), 1.0 if k >= n else min(centre + width, 1.0)
    )


@dataclass(frozen=True, eq=False)
class Reach:
    """The share of runs that has reached a target, as a step function of what they spent.

    Args:
        cost: Where it grows, ascending, shape (K,); the first one is 0.
        share: From there on, shape (K,).
        lower: Of its pointwise interval, shape (K,).
        upper: Likewise.
        until: The largest cost at which something is known; infinite where all runs have ended, or
            are there.
        median: The first cost with a share of a half; infinite where it is not known or never.
        interval: Of the median; bounds that are not known are 0 and infinite.
        lost: Whether more than half of the runs have ended without it: the median is never.
    """

    cost: Array
    share: Array
    lower: Array
    upper: Array
    until: float
    median: float
    interval: Interval
    lost: bool

    def at(self, cost: float) -> float:
        """The share at a cost; NaN where nothing is known."""
        if cost > self.until:
            return math.nan
        return float(self.share[np.searchsorted(self.cost, cost, side="right") - 1])


def reach(reached: ArrayLike, ended: ArrayLike, level: float = LEVEL) -> Reach:
    """The share of runs that reach a target.

    Args:
        reached: What each run had spent when it was there, shape (runs,); NaN or infinity where it
            was not.
        ended: What the others had spent when they were cut; infinite where they ended by
            themselves, and will never be there.
        level: Coverage of the intervals.

    Example:
        >>> found = reach([1.0, 3.0, np.nan, np.nan], [np.inf, np.inf, 2.0, np.inf])
        >>> found.share.tolist(), found.median
        ([0.0, 0.25, 0.625], 3.0)
    """
    events = np.asarray(reached, dtype=float)
    events = np.where(np.isnan(events), math.inf, events)
    there = np.isfinite(events)
    left = np.where(there, events, np.asarray(ended, dtype=float))
    n = len(events)
    costs = np.unique(np.concatenate([[0.0], events[there]]))
    deaths = np.array([np.sum(events == c) for c in costs], dtype=float)
    # A run that is cut at the cost of an event was still there.
    at_risk = np.array([np.sum(left >= c) for c in costs], dtype=float)
    factors = np.divide(deaths, at_risk, out=np.zeros_like(deaths), where=at_risk > 0)
    survival = np.cumprod(1 - factors)
    terms = np.divide(
        deaths,
        at_risk * (at_risk - deaths),
        out=np.zeros_like(deaths),
        where=at_risk > deaths,
    )
    greenwood, sizes = np.cumsum(terms), at_risk.copy()
    for k, (s, g) in enumerate(zip(survival, greenwood)):
        if s <= 0:
            sizes[k] = deaths.sum()
        elif g > 0:
            sizes[k] = (1 - s) / (s * g)
    share = 1 - survival
    bands = [wilson(f * size, size, level) for f, size in zip(share, sizes)]
    until = math.inf if survival[-1] <= 0 else float(left.max(initial=0.0))
    half = share >= 0.5
    return Reach(
        cost=costs,
        share=share,
        lower=np.array([band.lower for band in bands]),
        upper=np.array([band.upper for band in bands]),
        until=until,
        median=float(costs[np.argmax(half)]) if half.any() else math.inf,
        interval=_median_interval(costs, share, sizes, level),
        lost=n > 0 and 2 * int(np.sum(np.isinf(left))) > n,
    )


def _median_interval(costs: Array, share: Array, sizes: Array, level: float) -> Interval:
    """The costs at which a sign test does not give up that half of all runs are there."""
    from scipy.special import betainc

    tail = (1 - level) / 2
    counts = share * sizes
    # P(k or more of n), and P(k or fewer), by fair coins: also where k and n are not whole.
    enough = np.where(counts > 0, betainc(np.maximum(counts, 1e-300), sizes - counts + 1, 0.5), 1.0)
    few = betainc(np.maximum(sizes - counts, 1e-300), counts + 1, 0.5)
    few = np.where(counts >= sizes, 1.0, few)
    above, below = enough <= tail, few > tail
    return Interval(
        lower=float(costs[np.argmax(below)]) if below.any() else math.inf,
        upper=float(costs[np.argmax(above)]) if above.any() else math.inf,
    )


# --- two methods on the same starts --------------------------------------------------------------


def mcnemar(first: int, second: int) -> float:
    """p that two methods succeed equally often: exact, by the starts where only one of them did.

    Args:
        first: Starts where only the first succeeded.
        second: Where only the second did.

    Reference: McNemar, Psychometrika 12, 153 (1947).

    Example:
        >>> mcnemar(6, 0), mcnemar(2, 2)
        (0.03125, 1.0)
    """
    return min(2 * _fewer(min(first, second), first + second), 1.0)


def signed_rank(differences: Iterable[float]) -> float:
    """p that exchanging the two members of every pair changes nothing: Wilcoxon's test, exact.

    Sum of the ranks of |d| with the signs of d, ties sharing theirs; the signs are fair coins.

    Args:
        differences: One a pair. Infinite: of known sign, larger than all others; 0 and NaN: nobody
            knows which is better, and they say nothing.

    Cost: the distribution of n ranks, n^3 additions; from 300 on it is taken for normal.

    Reference: Wilcoxon, Biometrics Bulletin 1, 80 (1945).

    Example:
        >>> signed_rank([1, 2, 3, 4, 5, np.inf]), signed_rank([1.0, -1.0, 0.0])
        (0.03125, 1.0)
    """
    d = np.array([x for x in differences if x != 0 and not math.isnan(x)], dtype=float)
    if not len(d):
        return 1.0
    _, which, ties = np.unique(np.abs(d), return_inverse=True, return_counts=True)
    # Twice the ranks are whole where ties share them.
    ranks = (2 * np.cumsum(ties) - ties + 1)[which]
    total, seen = int(ranks.sum()), int(ranks[d > 0].sum())
    if len(d) > _MANY:
        spread = math.sqrt(float(np.sum(ranks.astype(float) ** 2))) / 2
        z = max(abs(seen - total / 2) - 0.5, 0.0) / spread
        return min(2 * NormalDist().cdf(-z), 1.0)
    chances = np.zeros(total + 1)
    chances[0] = 1.0
    for rank in ranks:
        moved = np.zeros_like(chances)
        moved[rank:] = chances[: total + 1 - rank]
        chances = (chances + moved) / 2
    return float(min(2 * min(chances[: seen + 1].sum(), chances[seen:].sum()), 1.0))


def holm(chances: Sequence[float]) -> list[float]:
    """p of several tests, so that at most 5 % of all such lists have a false one below 5 %.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(chances)), key=lambda k: chances[k])
    found, largest = [1.0] * len(chances), 0.0
    for place, k in enumerate(order):
        largest = max(largest, min((len(chances) - place) * chances[k], 1.0))
        found[k] = largest
    return found


def middle(values: Iterable[float], level: float = LEVEL) -> tuple[float, Interval]:
    """The median of values with its interval by the sign test; they may be infinite.

    Args:
        values: Of six or more the interval has bounds.
        level: Coverage.

    Returns:
        (median, interval); NaN and no bounds of no values.

    Example:
        >>> middle([1.0, 2.0, 3.0, 4.0, 5.0, math.inf])
        (3.5, Interval(lower=1.0, upper=inf))
    """
    x = np.sort(np.array([v for v in values if not math.isnan(v)], dtype=float))
    n = len(x)
    if n == 0:
        return math.nan, Interval(-math.inf, math.inf)
    low, high = float(x[(n - 1) // 2]), float(x[n // 2])
    centre = low if low == high else (low + high) / 2
    # The largest k with P(fewer than k of n) within the tail.
    k = 0
    while _fewer(k, n) <= (1 - level) / 2:
        k += 1
    if k < 1:
        return centre, Interval(-math.inf, math.inf)
    return centre, Interval(float(x[k - 1]), float(x[n - k]))


def _fewer(k: int, n: int) -> float:
    """P(k or fewer of n fair coins)."""
    return float(sum(math.comb(n, j) for j in range(k + 1)) / 2**n)
