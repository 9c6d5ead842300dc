"""Where exact minimisations end that start at a point, and at random ones.

Where a minimisation ends at a slope that vanishes by symmetry, a small displacement leads on.

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

# It ends where no slope is larger, or where a step gains less than this part of the accuracy.
_SLOPE: Final = 1e-7
_PART: Final = 1e-4

# Radians by which an end is displaced, to see whether it is a saddle, and how often.
_KICK: Final = 0.05
_KICKS: Final = 4


@dataclass(frozen=True, eq=False)
class Basin:
    """Where a minimisation ends.

    Args:
        energy: There.
        theta: Shape (P,).
    """

    energy: float
    theta: Array


def bottom(asker: Asker, start: Array, accuracy: float) -> Basin:
    """Where SciPy's L-BFGS-B ends on exact energies and gradients.

    Args:
        asker: Without shots.
        start: Shape (P,).
        accuracy: Of the energy.

    Cost: some hundred gradients.
    """
    from scipy.optimize import minimize

    scale = max(abs(asker.energies(start[None])[0].value), 1.0)
    change = max(_PART * accuracy / scale, 1e-15)
    options: Any = {"maxiter": _ITERATIONS, "gtol": _SLOPE, "ftol": change, "maxcor": 20}
    # Threads of linear algebra wait for each other longer than these matrices take.
    with unthreaded():
        found = minimize(asker.valued, start, jac=True, method="L-BFGS-B", options=options)
    return Basin(float(found.fun), np.asarray(found.x))


def settled(asker: Asker, start: Array, accuracy: float, enough: float, seed: int) -> Basin:
    """Where a minimisation ends that no saddle holds.

    Args:
        asker: Without shots.
        start: Shape (P,).
        accuracy: Of the energy.
        enough: The energy at which it need not go on.
        seed: Of the displacements.
    """
    rng = np.random.default_rng([seed, 0x6B])
    here = bottom(asker, start, accuracy)
    for _ in range(_KICKS):
        if here.energy <= enough:
            return here
        moved = bottom(asker, here.theta + rng.normal(0, _KICK, len(start)), accuracy)
        if moved.energy > here.energy - accuracy:
            return min(here, moved, key=lambda basin: basin.energy)
        here = moved
    return here


def others(asker: Asker, starts: int, seed: int, accuracy: float) -> list[Basin]:
    """Where minimisations from random starts end, drawn as `qng.compare` draws them.

    Args:
        asker: Without shots.
        starts: How many.
        seed: Of the starts.
        accuracy: Of the energy.
    """
    points = draw_starts(asker.problem, starts + 1, seed)[1:]
    return [bottom(asker, start, accuracy) for start in points]
