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
        Whole numbers, ascending; None where there is no such distribution, or where a million
        would not do.
    """
    with np.errstate(all="ignore"):
        low, high = (float(end) for end in frozen.support())
        middle = float(frozen.median())
        if np.isnan([low, high, middle]).any():
            return None
        reach = 16.0
        while np.isinf(high) and reach < _MOST:
            reach *= 2
            high = middle + reach if frozen.sf(middle + reach) < rare else high
        reach = 16.0
        while np.isinf(low) and reach < _MOST:
            reach *= 2
            low = middle - reach if frozen.cdf(middle - reach) < rare else low
    return np.arange(low, high + 1) if high - low < _MOST else None
