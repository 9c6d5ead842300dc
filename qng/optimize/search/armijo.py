"""Backtracking: the longest of several steps with sufficient decrease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.optimize.search.descent import Descent, Move
from qng.plan.plan import Plan


@dataclass(frozen=True)
class Armijo:
    """The longest of lr, lr shrink, lr shrink^2, ... with sufficient decrease.

        E(theta - eta d) <= E(theta) - slope eta d . grad

    All trial lengths are points of one request; where none decreases the energy enough the step
    is not taken (eta = 0).

    Args:
        lr: The longest trial.
        shrink: Factor between trials, in (0, 1).
        slope: Sufficient decrease, in (0, 1).
        trials: How many lengths are tried.

    Cost: `trials` points in a further batch, with half of the shots of a step.

    Reference: Armijo, Pacific J. Math. 16, 1 (1966).
    """

    lr: float = 1.0
    shrink: float = 0.5
    slope: float = 1e-4
    trials: int = 10

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.whole("trials", self.trials, 1)
        checks.inside("shrink", self.shrink, 0, 1)
        checks.inside("slope", self.slope, 0, 1)

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the shots of a step: those of its rounds."""
        return (0.5,)

    @property
    def points(self) -> tuple[int, ...]:
        """Of its rounds."""
        return (self.trials,)

    @property
    def lengths(self) -> Array:
        """The trial step sizes, longest first, shape (trials,)."""
        return np.asarray(self.lr * self.shrink ** np.arange(self.trials), dtype=float)

    def __call__(self, at: Descent, told: Sequence[Any]) -> Plan[Any] | Move:
        """The energies at all trials, then the move."""
        if not told:
            changes = np.array([at.along(eta).change for eta in self.lengths])
            return at.objective.energy(at.state.theta + changes)
        slope = float(at.direction @ at.gradient)
        eta = self.chosen(at.energy.value, slope, told[0].value)
        return at.along(eta) if eta else at.stay()

    def chosen(self, energy: float, descent: float, energies: Array) -> float:
        """The step size; 0 where no trial will do.

        Args:
            energy: E(theta).
            descent: d . grad.
            energies: E(theta - eta d) at the trial lengths, shape (trials,).
        """
        # Where d points uphill, as with momentum it may, only a decrease will do.
        good = energies <= energy - self.slope * self.lengths * max(descent, 0.0)
        return float(self.lengths[np.argmax(good)]) if good.any() else 0.0
