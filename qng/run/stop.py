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
        seen = [Energy(row.energy, std_error=row.std_error) for row in rows if row.accepted]
        reason = _settled([*seen[-1:], energy], self.tol)
        if reason is None and self.stop is not None:
            reason = self.stop([each.value for each in (*seen, energy)])
        return End(reason, met=True) if reason else None

    def after(self, rows: Sequence[Step]) -> End | None:
        """Whether the steps that are done end the run."""
        fruitless = 0
        for row in reversed(rows[-_REJECTED:]):
            fruitless += row.eta == 0 and row.accepted
        if fruitless == _REJECTED:
            return End(f"stopped: the line search found no decrease in {_REJECTED} steps")
        return End(f"all {self.steps} steps done") if len(rows) >= self.steps else None

    def _stuck(self, rows: Sequence[Step]) -> bool:
        """Whether the last step was not taken although the gradient promises more than tol."""
        if not rows or self.tol is None:
            return False
        return rows[-1].eta == 0 and rows[-1].gradient_norm ** 2 > self.tol


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


def _settled(seen: Sequence[Energy[float]], tol: float | None) -> str | None:
    """Whether the last change of the energy is within tol or its own standard error."""
    if tol is None or len(seen) < 2:
        return None
    before, now = seen[-2:]
    change, noise = abs(now.value - before.value), math.hypot(now.error, before.error)
    if change > max(tol, noise):
        return None
    limit = f"tol is {tol:g}" if tol >= noise else f"its standard error is {noise:.1e}"
    return f"converged: the energy changed by {change:.1e}, {limit}"
