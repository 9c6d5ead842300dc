"""A step in the plane of the natural gradient and the last step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.optimize.method import State
from qng.optimize.search.descent import Descent, Move
from qng.optimize.search.length import bounded
from qng.optimize.search.post import AsIs
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, Objective

if TYPE_CHECKING:
    from qng.optimize.optimizer import Optimizer

# The last step's share in the new one: on the grid, and the widest that a fit may propose.
_BETAS: Final = (0.0, 0.5, 1.0)
_WIDEST: Final = (-0.5, 1.5)


@dataclass(frozen=True)
class Trial:
    """A point of the plane with its energy.

    Args:
        place: (alpha, beta).
        energy: There.
        std_error: Of the energy; 0 where exact.
        fit: (alpha, beta) of a lower energy, to be measured.
    """

    place: Array
    energy: float
    std_error: float
    fit: Array


@dataclass(frozen=True)
class PlaneSearch:
    """dtheta = -alpha d + beta dtheta_{t-1} with the lowest energy: conjugate natural gradient.

    First a grid is measured as one request: alpha in a, a shrink, a shrink^2, ... and 0, beta in
    0, 1/2, 1, with a = min(lr, radius/|d|) and |d| = sqrt(d^T M d). Then a quadratic model is
    fitted around the lowest energy, by least squares with weights 1/error^2. Where it has a
    minimum, a second request measures there, and the lower of the two points is taken; no step
    is, where neither is below the energy of the start. Energies with errors count as lower within
    the standard error of the difference.

    Args:
        lr: The longest alpha.
        radius: The longest step in the metric, with beta = 0; with the Fubini-Study metric an
            angle in radians.
        shrink: Factor between trials, in (0, 1).
        trials: How many alphas, at least 3.

    Raises:
        InputError: Numbers out of range.

    Cost: 3 trials + 2 points and 1 point a step, in two further batches, with 40 % and 10 % of the
    shots of a step.

    Reference: Halla, arXiv:2501.05847.
    """

    lr: float = 1.0
    radius: float = 1.0
    shrink: float = 0.5
    trials: int = 5

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.positive("radius", self.radius)
        checks.inside("shrink", self.shrink, 0, 1)
        checks.whole("trials", self.trials, 3)

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the shots of a step: those of its rounds."""
        return (0.4, 0.1)

    @property
    def points(self) -> tuple[int, ...]:
        """Of its rounds, at most."""
        return (len(_BETAS) * self.trials + len(_BETAS) - 1, 1)

    def check(self, optimizer: Optimizer, objective: Objective | None, state: State | None) -> None:
        """Refuse an optimizer that adds the last step once more.

        Raises:
            InputError: Its `post` is another one than `AsIs`.
        """
        if optimizer.post != AsIs():
            raise InputError("PlaneSearch has the last step in it: it takes no other post")

    def __call__(self, at: Descent, told: Sequence[Any]) -> Plan[Any] | Move:
        """The energies on the grid, then that of the fit, then the move."""
        moving = bool(np.any(at.state.change))
        alphas = self.alphas(at)
        axes = np.array([-at.direction, at.state.change])
        if not told:
            return at.objective.energy(at.state.theta + self.grid(alphas, moving) @ axes)
        trial, fits = self.proposed(alphas, moving, at.energy, told[0])
        if fits and len(told) == 1:
            return at.objective.energy(at.state.theta + trial.fit[None] @ axes)
        place = chosen(at.energy, trial, told[1].at(0) if fits else None)
        return Move(place @ axes, float(place[0]))

    def alphas(self, at: Descent) -> Array:
        """The alphas of the grid, ascending from 0, shape (trials + 1,)."""
        longest = bounded(self.lr, self.radius, at)
        powers = self.shrink ** np.arange(self.trials)[::-1]
        return np.concatenate([[0.0], longest * powers])

    def grid(self, alphas: Array, moving: bool) -> Array:
        """The first trials (alpha, beta), shape (points, 2); beta = 0 where there is no motion."""
        places = [(a, b) for a in alphas for b in (_BETAS if moving else (0.0,))]
        return np.array([place for place in places if any(place)])

    def proposed(
        self, alphas: Array, moving: bool, start: Energy[float], energies: Energy[Array]
    ) -> tuple[Trial, bool]:
        """The lowest point of the grid, and whether its fit is to be measured.

        Args:
            alphas: Of the grid.
            moving: As in `grid`.
            start: The energy at (0, 0).
            energies: On the grid.
        """
        places = np.concatenate([np.zeros((1, 2)), self.grid(alphas, moving)])
        values = np.append(start.value, energies.value)
        errors = np.zeros_like(values)
        if start.std_error is not None and energies.std_error is not None:
            errors = np.append(start.std_error, energies.std_error)
        lowest = 1 + int(np.argmin(values[1:]))
        place = places[lowest]
        around = np.clip(np.searchsorted(alphas, place[0]), 1, len(alphas) - 2)
        low, high = float(alphas[around - 1]), float(alphas[around + 1])
        near = (places[:, 0] >= low) & (places[:, 0] <= high)
        fit = _minimum(places[near], values[near], errors[near], (low, high), moving)
        at = place if fit is None else fit
        return Trial(place, float(values[lowest]), float(errors[lowest]), at), fit is not None


def chosen(start: Energy[float], trial: Trial, fitted: Energy[float] | None) -> Array:
    """(alpha, beta) of the step; zeros where no trial is below the start.

    Args:
        start: The energy at (0, 0).
        trial: The lowest point of the grid.
        fitted: The energy at its fit; None where there is none.
    """
    place, energy, error = trial.place, trial.energy, trial.std_error
    if fitted is not None and fitted.value < energy + math.hypot(fitted.error, error):
        place, energy, error = trial.fit, fitted.value, fitted.error
    return place if energy < start.value + math.hypot(error, start.error) else np.zeros(2)


def _minimum(
    places: Array, values: Array, errors: Array, bounds: tuple[float, float], moving: bool
) -> Array | None:
    """The minimum of a quadratic model within bounds of alpha; None where it is not convex."""
    low, high = bounds
    a, b = places[:, 0] / high, places[:, 1]
    columns = [np.ones_like(a), a, a**2 / 2] + ([b, a * b, b**2 / 2] if moving else [])
    weights = 1 / errors if np.all(errors > 0) else np.ones_like(a)
    design = np.stack(columns, axis=1) * weights[:, None]
    found, _, rank, _ = np.linalg.lstsq(design, values * weights, rcond=None)
    if rank < len(columns):
        return None
    if not moving:
        found = np.concatenate([found, [0.0, 0.0, 1.0]])
    curvature = np.array([[found[2], found[4]], [found[4], found[5]]])
    w = np.linalg.eigvalsh(curvature)
    if w[0] <= 1e-10 * abs(w[1]):
        return None
    alpha, beta = np.linalg.solve(curvature, -found[[1, 3]])
    return np.array([np.clip(alpha * high, low, high), np.clip(beta, *_WIDEST)])
