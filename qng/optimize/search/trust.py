"""A trust region whose step size follows the decreases that steps have brought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np

from qng import checks
from qng.arrays import Array, norm
from qng.optimize.accept import ROUNDING
from qng.optimize.method import State
from qng.optimize.search.descent import Descent, Move
from qng.optimize.search.many import Here, Many, Moves
from qng.optimize.search.post import AsIs
from qng.plan.quantities import Energy

# Decrease over its prediction to first order: of a quadratic energy it is 1/2 in the minimum along
# the step, and 0 where the step is so long that the energy is as high as before.
_LOW: Final = 0.25
_HIGH: Final = 0.75
_FACTOR: Final = 2.0
_BACK: Final = 1.2
# Standard errors by which a decrease must differ before the step size follows it.
_WIDTH: Final = 2.0


@dataclass(frozen=True)
class AdaptiveTrustRegion:
    """eta_t = min(lr_t, radius / |d|), |d|^2 = d^T (M + lambda) d, with lr_t by the last decrease.

        lr_1 = lr,    lr_{t+1} = 2 lr_t      where the decrease was above 3/4 of -dtheta . grad
                                 eta_t / 2   where it was below 1/4, or the step was undone
                                 lr_t        elsewhere

    From shots -dtheta . grad is too high by the noise of the gradient, so that only a step that was
    undone halves; lr_t doubles where the decrease is above two standard errors more, and goes back
    to lr by a fifth a step.

    A direction in which M is zero has no length in M, but the damping lambda gives it one. With a
    heavy ball the radius holds for the whole step, momentum included. Together with an `accept`
    that undoes a step up, such as `Blocking("noise")`, an exact run cannot end above its start.

    Args:
        radius: Longest step; with the Fubini-Study metric an angle in radians. Infinity: no limit.
        lr: First step size.
        euclidean: |d|^2 = d^T d instead, for an M whose lengths are no angles, such as a Hessian.

    Cost: nothing is measured for it.

    Reference: Nocedal and Wright, Numerical Optimization (2006), algorithm 4.1.
    """

    radius: float
    lr: float
    euclidean: bool = False

    shares: ClassVar[tuple[float, ...]] = ()

    def __post_init__(self) -> None:
        if self.radius != math.inf:
            checks.positive("radius", self.radius)
        checks.positive("lr", self.lr)

    def __call__(self, at: Descent, told: Sequence[Any]) -> Move:
        """The move of this size."""
        lr = self._followed(at.state, at.energy)
        length = self._length(at, at.direction)
        move = at.along(lr if lr * length <= self.radius else self.radius / length)
        change, eta = move.change, move.eta
        if not isinstance(at.post, AsIs) and (whole := self._length(at, change)) > self.radius:
            shorter = self.radius / whole
            change, eta = shorter * change, shorter * eta
        undone = np.array(float(at.state.undone))
        return Move(change, eta, {"lr": np.array(lr), "eta": np.array(eta), "undone": undone})

    def abreast(self, here: Here, many: Many) -> Moves:
        """The moves of many runs, each as it is alone."""
        lr = self._all_followed(here)
        with np.errstate(divide="ignore", invalid="ignore"):
            length = self._lengths(many, many.direction)
            eta = np.where(lr * length <= self.radius, lr, self.radius / length)
            change = many.along(eta)
            if not isinstance(many.post, AsIs):
                whole = self._lengths(many, change)
                over = whole > self.radius
                shorter = self.radius / whole[over]
                change[over] = shorter[:, None] * change[over]
                eta[over] = shorter * eta[over]
        undone = here.undone.astype(float)
        return Moves(change, eta, {"lr": lr, "eta": eta, "undone": undone})

    def _all_followed(self, here: Here) -> Array:
        """lr_t of many runs, whose energies are exact."""
        if not here.memory:
            return np.full(len(here.energy), self.lr)
        lr, eta = here.memory["lr"], here.memory["eta"]
        decrease, noise = here.before - here.energy, ROUNDING * np.abs(here.energy)
        good = (eta == lr) & (here.predicted > 0) & (decrease > _HIGH * here.predicted + noise)
        bad = decrease < _LOW * here.predicted - noise
        followed = np.where(good, lr * _FACTOR, np.where(bad, eta / _FACTOR, lr))
        return np.where(here.undone > here.memory["undone"], eta / _FACTOR, followed)

    def _followed(self, state: State, energy: Energy[float]) -> float:
        """lr_t."""
        before = state.memory.get("search", {})
        if not before:
            return self.lr
        lr, eta = float(before["lr"]), float(before["eta"])
        if state.undone > before["undone"]:
            return eta / _FACTOR
        decrease, predicted = state.energy - energy.value, state.predicted
        # The energy before had about the same error.
        noise = _WIDTH * math.sqrt(2) * energy.error + ROUNDING * abs(energy.value)
        if eta == lr and predicted > 0 and decrease > _HIGH * predicted + noise:
            return lr * _FACTOR
        if energy.error:
            # The errors of the gradient make the prediction too high: it cannot say that a
            # decrease is too low. Steps that are undone by chance are made good slowly.
            return max(lr, min(_BACK * lr, self.lr))
        return eta / _FACTOR if decrease < _LOW * predicted - noise else lr

    def _lengths(self, many: Many, v: Array) -> Array:
        turned: Array = np.sqrt(np.vecdot(v, v))
        if self.euclidean:
            return turned
        damped = math.sqrt(many.solution.damping) * turned
        return np.array(list(map(math.hypot, many.metric.length(v).tolist(), damped.tolist())))

    def _length(self, at: Descent, v: Array) -> float:
        turned = norm(v)
        if self.euclidean:
            return turned
        return math.hypot(at.metric.length(v), math.sqrt(at.solution.damping) * turned)
