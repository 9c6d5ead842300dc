"""Whether a step is kept: always, or only where the energy at its end says so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from qng import checks
from qng.arrays import Array, equal
from qng.errors import UnknownNameError
from qng.optimize.method import Accepted, State
from qng.plan.quantities import Energy

ROUNDING: Final = 1e-13
"""Of an exact energy, relative: smaller differences say nothing."""


class Accept(Protocol):
    """Judges the step that has led to a point."""

    def noted(self, state: State, energy: Energy[float], /) -> State:
        """The state once the energy at theta is known: another one where the step is undone."""


@dataclass(frozen=True)
class Always:
    """Every step is kept."""

    def noted(self, state: State, energy: Energy[float]) -> State:
        """The state as it is."""
        return state


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
            standard error of the difference; rounding where energies are exact.
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

    def noted(self, state: State, energy: Energy[float]) -> State:
        """The state with theta among the kept points, or back at the last one of them."""
        kept = state.accepted
        if (
            kept is None
            or energy.value <= self._limit(kept, energy)
            or equal(kept.theta, state.theta)
        ):
            before = [] if kept is None else kept.energies.tolist()
            energies = np.array([*before, energy.value][-self.window :], dtype=float)
            return state.but(accepted=Accepted(state.theta, energies, energy.error))
        return state.but(
            theta=kept.theta,
            step=state.step + 1,
            change=np.zeros_like(state.theta),
            energy=energy.value,
            predicted=math.nan,
            age=state.age + 1,
            undone=state.undone + 1,
        )

    def limits(self, energies: Array) -> Array:
        """The same of many runs whose energies are exact, shape (runs,).

        Args:
            energies: At their last kept points, shape (runs, window), the newest last, NaN where
                there are fewer. The tolerance is not "spread".
        """
        if isinstance(self.tolerance, str):
            rounding = ROUNDING * np.nanmax(np.abs(energies), axis=1)
            return np.asarray(energies[:, -1] + rounding)
        return np.asarray(energies[:, -1] + self.tolerance)

    def _limit(self, kept: Accepted, energy: Energy[float]) -> float:
        """The highest energy at which a step is kept."""
        if self.tolerance == "spread":
            tolerance = self.factor * float(np.std(kept.energies))
        elif isinstance(self.tolerance, str):
            rounding = ROUNDING * max(map(abs, kept.energies.tolist()))
            tolerance = self.factor * math.hypot(kept.std_error, energy.error) + rounding
        else:
            tolerance = self.tolerance
        return float(kept.energies[-1]) + tolerance
