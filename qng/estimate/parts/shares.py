"""How many shots the points of a linear estimate deserve.

For x = sum_k w_k f(phi_k) with independent errors of equal variance a shot, tr Cov(x) =
sum_k |w_k|^2 / n_k is smallest, for sum_k n_k given, at n_k ~ |w_k|.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array

LEAST: Final = 1 / 8
"""Least share relative to the largest: shots are dealt out in multiples of one number."""


NEGLIGIBLE: Final = 1e-3
"""Least weight of a circuit relative to the largest: what cancels needs no accuracy, but a shot."""


def weights(norms: Array) -> Array:
    """Weights of points that are circuits of their own, |w_k| or a little; shape (points,).

    Args:
        norms: |w_k|, shape (points,).
    """
    largest = norms.max(initial=0.0)
    if not largest:
        return np.ones(len(norms))
    raised: Array = np.maximum(norms, NEGLIGIBLE * largest)
    return raised


def shares(norms: Array) -> Array | None:
    """Relative numbers of shots with mean 1, shape (points,); None where all are equal.

    Args:
        norms: |w_k|, shape (points,), not all zero.
    """
    raised = np.maximum(norms, LEAST * norms.max())
    if np.ptp(raised) <= 1e-9 * raised.max():
        return None
    relative: Array = raised / raised.mean()
    return relative
