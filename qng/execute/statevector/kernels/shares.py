"""A pass in shares: each of several threads does one, and they touch different amplitudes.

What an amplitude becomes does not depend on which share it falls into, so the number of shares
leaves no trace in the results. Between passes, and wherever one touches what another has written,
the threads meet.
"""

from __future__ import annotations

from typing import Any, Final

from qng.execute.statevector.kernels.alone import ALONE as ALONE
from qng.execute.statevector.kernels.alone import FAILED as FAILED
from qng.execute.statevector.kernels.alone import PLACES as PLACES
from qng.execute.statevector.kernels.atomics import added, give_way, put, seen
from qng.execute.statevector.kernels.compiling.jit import inlined

GRAIN: Final = 64
"""Amplitudes that are not divided further; a multiple of every vector and cache line."""

# Places, a cache line apart, of how many have come, how often all have, and whether one failed.
_COME: Final = 0
_TIMES: Final = 8

# Looks at a number before another thread may have the core.
_PATIENCE: Final = 2000


@inlined
def own(size: int, grain: int, share: Any) -> Any:
    """From where to where a range of `size` is this share's, in whole grains but for the end."""
    part, of, _ = share
    grains = (size + grain - 1) // grain
    low, high = part * grains // of * grain, (part + 1) * grains // of * grain
    return min(low, size), min(high, size)


@inlined
def meet(share: Any) -> None:
    """Wait until all shares have come here; none goes on alone unless one has failed."""
    _, of, places = share
    if of == 1:
        return
    times = seen(places, _TIMES)
    if added(places, _COME, 1) == of - 1:
        put(places, _COME, 0)
        put(places, _TIMES, times + 1)
        return
    looks = 0
    while seen(places, _TIMES) == times and seen(places, FAILED) == 0:
        looks += 1
        if looks > _PATIENCE:
            give_way()
