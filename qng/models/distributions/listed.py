"""The outcomes of a discrete distribution of scipy.stats, as far as they matter."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from qng.arrays import Array

RARE: Final = 1e-22
"""The probability of what is not listed."""

_MOST: Final = 2**20


def listed(frozen: Any, rare: float = RARE) -> Array | None:
    """All outcomes but those beyond which less than `rare` is left.

    Args:
        frozen: A frozen `rv_discrete`.
        rare: The probability that is left on either side.

    Returns:
        Numbers one apart, ascending; None where there is no such distribution, or where a million
        would not do.
    """
    with np.errstate(all="ignore"):
        low, high = (float(end) for end in frozen.support())
        middle = float(frozen.median())
        if np.isnan([low, high, middle]).any():
            return None
        # Within 2^k of the median: ends of the support may be far from where the probability is.
        for reach in 2.0 ** np.arange(5, 20):
            if middle + reach < high and frozen.sf(middle + reach) < rare:
                high = middle + reach
            if middle - reach > low and frozen.cdf(middle - reach) < rare:
                low = middle - reach
    return np.arange(low, high + 1) if high - low < _MOST else None
