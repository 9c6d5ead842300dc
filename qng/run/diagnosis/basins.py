"""Where exact minimisations end that start at a point, and at random ones.

Of K starts that end no lower, a share p of all starts that would have ended lower is missed with
probability (1 - p)^K: ten starts miss 26 % of all in 5 % of cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.run.diagnosis.asked import Asker
from qng.run.starts import draw_starts
from qng.threads import unthreaded

_ITERATIONS: Final = 1000

# Of SciPy's L-BFGS-B: an entry of the gradient, and a change relative to the energy.
_GRADIENT: Final = 1e-7
_CHANGE: Final = 1e-15


@dataclass(frozen=True, eq=False)
class Basin:
    """Where a minimisation ends.

    Args:
        energy: There.
        theta: Shape (P,).
    """

    energy: float
    theta: Array


def bottom(asker: Asker, start: Array) -> Basin:
    """Where SciPy's L-BFGS-B ends on exact energies and gradients.

    Args:
        asker: Without shots.
        start: Shape (P,).

    Cost: some hundred gradients.
    """
    from scipy.optimize import minimize

    options: Any = {"maxiter": _ITERATIONS, "gtol": _GRADIENT, "ftol": _CHANGE, "maxcor": 20}
    # Threads of linear algebra wait for each other longer than these matrices take.
    with unthreaded():
        found = minimize(asker.valued, start, jac=True, method="L-BFGS-B", options=options)
    return Basin(float(found.fun), np.asarray(found.x))


def others(asker: Asker, starts: int, seed: int) -> list[Basin]:
    """Where minimisations from random starts end, drawn as `qng.compare` draws them.

    Args:
        asker: Without shots.
        starts: How many.
        seed: Of the starts.
    """
    return [bottom(asker, start) for start in draw_starts(asker.problem, starts + 1, seed)[1:]]
