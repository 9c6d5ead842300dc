r"""Further shots for variances of sums of words: what outcomes may be that no shot has shown.

Half of them are spread evenly over the outcomes, half by the squares of y = sum_j c_j W_j there, so
that rare outcomes with a large y are among them: with M_k = <y^k> over evenly distributed outcomes,

    <y> = M_3 / (2 M_2),   <y^2> = (M_2 + M_4 / M_2) / 2.

For one word that is no difference. A projector is 1 with one half, as a bit is, however many words
it consists of, while M_2 = 2^-m; the sum of many independent words has M_4 = 3 M_2^2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_MOST_WORDS = 512


@lru_cache(maxsize=1024)
def further(masks: tuple[int, ...], coefficients: tuple[float, ...]) -> tuple[float, float, float]:
    """(<y>, M_2, M_4 / M_2).

    Args:
        masks: Supports of distinct words other than the identity, that commute qubit by qubit.
        coefficients: c_j.

    Cost: L^2 for L words; above 512 words their sum is taken to be normal.
    """
    unit = max(map(abs, coefficients), default=0.0)  # squares of small numbers vanish
    if not unit:
        return 0.0, 0.0, 0.0
    c = np.array(coefficients) / unit
    second = float(c @ c)
    if len(c) > _MOST_WORDS:
        return 0.0, unit**2 * second, 3 * unit**2 * second
    supports = np.array(masks, dtype=np.int64)
    # y^2 = sum_V q_V V, with q_V the sum of c_i c_j over W_i W_j = V.
    products, where = np.unique(supports[:, None] ^ supports, return_inverse=True)
    q = np.bincount(where.ravel(), np.outer(c, c).ravel(), len(products))
    squares = dict(zip(products.tolist(), q.tolist()))
    third = sum(x * squares.get(mask, 0.0) for mask, x in zip(masks, c.tolist()))
    return unit * third / (2 * second), unit**2 * second, unit**2 * float(q @ q) / second
