"""Stop rules of published runs: functions of the energies so far, one a step that was kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def repeats(seen: Sequence[float]) -> str | None:
    """The energy repeats to five decimals (tutorial of arXiv:2409.01978)."""
    same = len(seen) > 1 and round(seen[-1], 5) == round(seen[-2], 5)
    return "the energy repeats to five decimals" if same else None


def stalled(seen: Sequence[float]) -> str | None:
    """Four times in a row within 0.01 of the best before (vertex cover of arXiv:2409.01978)."""
    best = np.minimum.accumulate(seen)[-5:-1]
    near = np.abs(best - seen[-4:]) < 0.01 if len(best) == 4 else np.array(False)
    return "within 0.01 of the best four times in a row" if near.all() else None
