"""How often a point is run where all circuits of a job have the same number of shots.

A point of weight w has n = b r shots: r rows of the base b. The estimates of a plan have about the
variance

    V = sum_i w_i^2 / n_i = 1/b sum_i w_i^2 / r_i

which shots as wanted, n_i = S w_i / W, make W^2 / S. For any number of rows the best r_i are those
of the greedy choice, a row more where it takes most from V: the largest w^2 / (r (r + 1)). All its
choices are r_i(t) = the least r with r (r + 1) >= (w_i t)^2, for t from zero on, and what lies
between two of these.

Of the shots as few as possible are left over: a base b has S / b rows, however the weights are, so
that all steps of a run have the same number of shots to less than a row or a hundredth.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array, Integers

MOST_VARIANCE: Final = 1.15
"""V over that of the shots as wanted, at most, where the shots allow it."""

# Fewer rows are preferred where they make V larger by this factor at most.
_AS_GOOD: Final = 1.01

# Bases that leave more than this of the shots over are taken where all do.
_LEFT_OVER: Final = 0.004

_CANDIDATES: Final = 64

# Numbers that are computed together stay in the cache.
_AT_ONCE: Final = 2**15


def repeats(
    weights: Array, shots: int, multiple: int, least: int, rows: int
) -> tuple[int, Integers]:
    """The base and the numbers of rows, which together have at most `shots`.

    Args:
        weights: Positive, shape (points,).
        shots: For all points together, `least` a point at least.
        multiple: Of which the base is a multiple.
        least: What the base is at least, a multiple of `multiple`.
        rows: A point, at most, on average over the points; more only where these leave V above
            `MOST_VARIANCE` and more make it smaller.

    Returns:
        b, and r of shape (points,).
    """
    w, most = weights / weights.sum(), rows * len(weights)
    best = _best(w, shots, multiple, least, most)
    while excess(w, shots, best) > MOST_VARIANCE and most * least < shots:
        most *= 2
        better = _best(w, shots, multiple, least, most)
        if excess(w, shots, better) > excess(w, shots, best) / _AS_GOOD:
            break
        best = better
    return best


def excess(w: Array, shots: int, dealt: tuple[int, Integers]) -> float:
    """V over that of the shots as wanted.

    Args:
        w: Weights with the sum 1, shape (points,).
        shots: That there were.
        dealt: b and r.
    """
    base, r = dealt
    return float(np.sum(w**2 / r)) * shots / base


def _best(w: Array, shots: int, multiple: int, least: int, most: int) -> tuple[int, Integers]:
    """The least V with so many rows in all at most, and the fewest of those that are as good."""
    largest = shots // len(w) // multiple * multiple
    smallest = min(max(least, -(-shots // most // multiple) * multiple), largest)
    bases = {
        int(base) // multiple * multiple for base in np.geomspace(smallest, largest, _CANDIDATES)
    } | {largest}
    tried = sorted(base for base in bases if base >= least)
    totals = np.array([min(shots // base, most) for base in tried])
    parts = np.array_split(totals, -(-len(totals) * len(w) // _AT_ONCE))
    found = list(zip(tried, np.concatenate([_rows(w, part) for part in parts])))
    left = [1 - base * int(r.sum()) / shots for base, r in found]
    used = max(min(left), _LEFT_OVER)
    found = [one for one, over in zip(found, left) if over <= used]
    values = [excess(w, shots, one) for one in found]
    good = [one for one, value in zip(found, values) if value <= _AS_GOOD * min(values)]
    return min(good, key=lambda one: (int(one[1].sum()), -one[0]))


def _rows(w: Array, totals: Integers) -> Integers:
    """The greedy choices of so many rows each, one a point at least, shape (totals, points).

    Args:
        w: Positive, shape (points,).
        totals: Of one row a point at least, shape (totals,).
    """
    below, above = np.zeros(len(totals)), (totals + 1) / float(w.min())
    for _ in range(60):
        middle = (below + above) / 2
        few = _at(w, middle).sum(axis=1) <= totals
        below, above = np.where(few, middle, below), np.where(few, above, middle)
    r = _at(w, below)
    dearest = np.argsort(-(w**2) / (r * (r + 1)), kind="stable", axis=1)
    missing = totals - r.sum(axis=1)
    more = (np.arange(len(w)) < missing[:, None]).astype(np.int64)
    np.put_along_axis(r, dearest, np.take_along_axis(r, dearest, axis=1) + more, axis=1)
    return r


def _at(w: Array, t: Array) -> Integers:
    """r_i(t), shape (ts, points)."""
    r = np.ceil(np.sqrt((w * t[:, None]) ** 2 + 0.25) - 0.5 - 1e-9)
    return np.maximum(r, 1).astype(np.int64)
