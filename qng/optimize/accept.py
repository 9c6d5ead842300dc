"""Whether a step is kept: always, or only where the energy at its end says so."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import UnknownNameError
from qng.plan.quantities import Energy


@dataclass(frozen=True)
class Always:
    """Every step is kept."""


@dataclass(frozen=True)
class Accepted:
    """The last point that was kept.

    Args:
        theta: Shape (P,), radians.
        energies: The last energies at kept points, the newest last.
        std_error: Of the newest; 0 where exact.
    """

    theta: Array
    energies: Array
    std_error: float


@dataclass(frozen=True)
class Blocking:
    """A step is kept where the energy at its end is at most E + tolerance.

    E is the last energy at a kept point. A step is judged by the energy that the next step
    measures anyway, so that blocking costs no batch of its own; where it is undone, what was
    measured at its end is not used, and the next step measures at the kept point again, with
    new random directions where the method has any. (A method without randomness proposes the
    same step again, unless its damping adapts.)

    The step before the end of a run is judged by the energy that is measured freshly there; where
    it is undone, the run ends at the point kept before, measured once more.

    Args:
        tolerance: A number, in the units of the energy; or "spread", `factor` times the standard
            deviation of the last `window` energies at kept points; or "noise", `factor` times the
            standard error of the difference, which is 0 where energies are exact.
        factor: See `tolerance`.
        window: See `tolerance`.

    Raises:
        InputError: A tolerance or factor that is negative, a window below 1.
        UnknownNameError: Another word as tolerance.

    Reference: Spall, IEEE Trans. Autom. Control 45, 1839 (2000); the spread of five energies:
    Gacon, Zoufal, Carleo, Woerner, arXiv:2103.09232.
    """

    tolerance: float | str = "spread"
    factor: float = 2.0
    window: int = 5

    def __post_init__(self) -> None:
        if isinstance(self.tolerance, str):
            if self.tolerance not in ("spread", "noise"):
                raise UnknownNameError("tolerance", self.tolerance, ("spread", "noise"))
        else:
            checks.not_negative("tolerance", self.tolerance)
        checks.not_negative("factor", self.factor)
        checks.whole("window", self.window, 1)

    def rejects(self, kept: Accepted, energy: Energy[Array]) -> bool:
        """Whether the step to the point with this energy is undone."""
        if self.tolerance == "spread":
            tolerance = self.factor * float(np.std(kept.energies))
        elif isinstance(self.tolerance, str):
            tolerance = self.factor * math.hypot(kept.std_error, _error(energy))
        else:
            tolerance = self.tolerance
        return float(energy.value[0]) > float(kept.energies[-1]) + tolerance

    def kept(self, before: Accepted | None, theta: Array, energy: Energy[Array]) -> Accepted:
        """The record with a further point that is kept."""
        energies = energy.value[:1] if before is None else [*before.energies, energy.value[0]]
        return Accepted(theta, np.array(energies, dtype=float)[-self.window :], _error(energy))


def _error(energy: Energy[Array]) -> float:
    return 0.0 if energy.std_error is None else float(energy.std_error[0])
