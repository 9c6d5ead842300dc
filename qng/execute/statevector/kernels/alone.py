"""Where threads of one sweep meet, as numbers; `shares.py` says how."""

from typing import Any, Final

import numpy as np

FAILED: Final = 16
PLACES: Final = 24

ALONE: Final[tuple[int, int, Any]] = (0, 1, np.zeros(PLACES, dtype=np.int64))
"""The share of a thread that does everything: which share, of how many, and where they meet."""
