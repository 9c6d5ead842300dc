"""Several threads in one sweep over a state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng.execute.statevector.kernels.alone import ALONE, FAILED, PLACES
from qng.threads import mapped

# Amplitudes of a state from which on threads share its sweeps, as measured.
_WORTH_SHARING: Final = 1 << 17

# Amplitudes of the smallest share.
_LEAST: Final = 1 << 14


def useful(threads: int, size: int) -> int:
    """How many of the threads that are free a sweep over a state of `size` amplitudes takes."""
    return min(threads, size // _LEAST) if size >= _WORTH_SHARING else 1


def together(work: Callable[[Any], None], shares: int) -> None:
    """Call a sweep once a share, each in a thread of its own: they wait for each other.

    Args:
        work: Takes the share, as the kernels read it.
        shares: How many.
    """
    if shares <= 1:
        work(ALONE)
        return
    places = np.zeros(PLACES, dtype=np.int64)

    def one(part: int) -> None:
        try:
            work((part, shares, places))
        except BaseException:
            places[FAILED] = 1  # nobody waits for this one
            raise

    try:
        mapped(one, range(shares), shares)
    except BaseException:
        places[FAILED] = 1
        raise
