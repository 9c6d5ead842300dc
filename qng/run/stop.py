"""When a run ends: rules that are functions of the steps so far, judged in one place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.optimize.method import End, State, Step
from qng.plan.quantities import Energy

StopRule = Callable[[Sequence[float]], str | None]
"""The energies so far, one a step that was kept -> why to stop, or None."""

# A line search that fails so often in succession will not succeed.
_REJECTED: Final = 10

# Standard errors of its difference by which an energy must be higher to count as risen: of 1,000
# runs that end where they started, one does by chance.
_SIGMAS: Final = 3.0

# The same for exact energies, relative.
_EXACT: Final = 1e-9

# A step this long (radians) says nothing about where it leads.
_DIVERGED: Final = 1e4


@dataclass(frozen=True)
class Rules:
    """When a run ends; see `minimize`.

    Args:
        steps: Most updates.
        tol: Smallest change of the energy.
        stop: A rule of one's own.
    """

    steps: int
    tol: float | None = None
    stop: StopRule | None = None

    def met(self, rows: Sequence[Step], energy: Energy[float]) -> End | None:
        """Whether the energy at a point ends the run there.

        Args:
            rows: The steps that have led to it; those that were undone say nothing.
            energy: There.
        """
        if self._stuck(rows):
            return None
        reason = self._settled(rows, energy)
        if reason is None and self.stop is not None:
            seen = [row.energy for row in rows if row.accepted]
            reason = self.stop([*seen, energy.value])
        return End(reason, met=True) if reason else None

    def after(self, rows: Sequence[Step]) -> End | None:
        """Whether the steps that are done end the run."""
        fruitless = 0
        for row in reversed(rows[-_REJECTED:]):
            fruitless += row.eta == 0 and row.accepted
        if fruitless == _REJECTED:
            return End(f"stopped: the line search found no decrease in {_REJECTED} steps")
        return End(f"all {self.steps} steps done") if len(rows) >= self.steps else None

    def _settled(self, rows: Sequence[Step], energy: Energy[float]) -> str | None:
        """Whether the last change of the energy is within tol or its own standard error."""
        before = next((row for row in reversed(rows) if row.accepted), None)
        if self.tol is None or before is None:
            return None
        change = abs(energy.value - before.energy)
        noise = math.hypot(energy.error, before.std_error or 0.0)
        if change > max(self.tol, noise):
            return None
        limit = (
            f"tol is {self.tol:g}" if self.tol >= noise else f"its standard error is {noise:.1e}"
        )
        return f"converged: the energy changed by {change:.1e}, {limit}"

    def _stuck(self, rows: Sequence[Step]) -> bool:
        """Whether the last step was not taken although the gradient promises more than tol."""
        if not rows or self.tol is None:
            return False
        return rows[-1].eta == 0 and rows[-1].gradient_norm ** 2 > self.tol


def rise(first: Step, last: Step) -> float:
    """How far a run ended above its start; 0 where it did not, or where noise can be the reason."""
    risen = last.energy - first.energy
    error = math.hypot(first.std_error or 0.0, last.std_error or 0.0)
    floor = max(_SIGMAS * error, _EXACT * max(abs(first.energy), abs(last.energy)))
    return risen if risen > floor else 0.0


def diverged(state: State) -> End | None:
    """Whether a step was so long that it says nothing about where it leads."""
    length = float(np.linalg.norm(state.change))
    if length < _DIVERGED:
        return None
    return End(
        f"diverged at step {state.step - 1}: a step of {length:.1e} radians; "
        "lower the learning rate or raise the damping",
        failed=True,
    )
