"""Room that a kernel works in; one way to ask for it, as numba compiles every other one anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.compiling.jit import allocating


@allocating
def zeros(size: int) -> Any:
    """Numbers, all of them zero."""
    found = np.empty(size)
    for j in range(size):
        found[j] = 0.0
    return found


@allocating
def wholes(size: int) -> Any:
    """Whole numbers, any."""
    return np.empty(size, dtype=np.int64)
