"""How often a point is run where all circuits of a job have the same number of shots.

A point of weight w has n = b r shots: r rows of the base b. The estimates of a plan have about the
variance

    V = sum_i w_i^2 / n_i = 1/b sum_i w_i^2 / r_i

which shots as wanted, n_i = S w_i / W, make W^2 / S. For any number of rows the best r_i are those
of the greedy choice, a row more where it takes most from V: the largest w^2 / (r (r + 1)). All its
choices are r_i(t) = the least r with r (r + 1) >= (w_i t)^2, for t from zero on.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array, Integers

MOST_VARIANCE: Final = 1.15
"""V over that of the shots as wanted, at most, where the shots allow it."""

# Fewer rows are preferred where they make V larger by this factor at most.
_AS_GOOD: Final = 1.01

_CANDIDATES: Final = 400


def repeats(weights: Array, shots: int, multiple: int, rows: int) -> tuple[int, Integers]:
    """The base and the numbers of rows, which together have at most `shots`.

    Args:
        weights: Positive, shape (points,).
        shots: For all points together, `multiple` a point at least.
        multiple: Of which the base is a multiple.
        rows: Of a point, at most; more only where these leave V above `MOST_VARIANCE`.
    """
    w = weights / weights.sum()
    best, most = _best(w, shots, multiple, rows), rows
    while _excess(w, shots, best) > MOST_VARIANCE and most * multiple < shots:
        most *= 2
        better = _best(w, shots, multiple, most)
        if _excess(w, shots, better) < _excess(w, shots, best):
            best = better
    return best


def _best(w: Array, shots: int, multiple: int, most: int) -> tuple[int, Integers]:
    """The least V, and the fewest rows of those that are as good."""
    found = []
    # Below the first t all have one row, above the last all have the most.
    for t in np.geomspace(1.4 / w.max(), (most + 0.5) / w.min(), _CANDIDATES):
        r = np.ceil(np.sqrt((w * t) ** 2 + 0.25) - 0.5 - 1e-9)
        r = np.clip(r, 1, most).astype(np.int64)
        base = shots // int(r.sum()) // multiple * multiple
        if base:
            found.append((base, r))
    variances = [_excess(w, shots, one) for one in found]
    good = [k for k, v in enumerate(variances) if v <= _AS_GOOD * min(variances)]
    return found[min(good, key=lambda k: (int(found[k][1].sum()), -found[k][0]))]


def _excess(w: Array, shots: int, dealt: tuple[int, Integers]) -> float:
    """V over that of the shots as wanted."""
    base, r = dealt
    return float(np.sum(w**2 / r)) * shots / base
