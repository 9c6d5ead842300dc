"""Where the runs of a state have ended, from all starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qng.errors import InputError
from qng.run.results import Run


@dataclass(frozen=True, eq=False)
class Ended:
    """Where the runs of a state have ended.

    Args:
        run: The one that ended lowest.
        nfev: Evaluations of all of them.
        shots: Likewise.
        cut: Whether one was interrupted, and those after it were not begun.
    """

    run: Run
    nfev: int
    shots: int
    cut: bool = False


def lowest_of(found: Sequence[Run], cut: bool) -> Ended:
    """The best of several runs, with what all of them cost.

    Args:
        found: From different starts.
        cut: Whether the last one was interrupted, or those after it were not begun.

    Raises:
        InputError: None has a finite energy.
    """
    ends = [run.fun for run in found]
    if not np.any(np.isfinite(ends)):
        raise InputError(f"no run has ended at a finite energy: {found[0].message}")
    return Ended(
        found[int(np.nanargmin(ends))],
        sum(run.nfev for run in found),
        sum(int(run.trace["shots"][-1]) for run in found),
        cut,
    )
