"""Several shifts of the linear method's matrix, and the step that has the lowest energy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Before, RitzStep
from qng.geometry.ritz.dense import Ritz
from qng.geometry.ritz.products import RitzProducts
from qng.optimize.accept import ROUNDING
from qng.optimize.method import State
from qng.optimize.search.descent import Descent, Move
from qng.optimize.search.length import bounded
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, Objective

if TYPE_CHECKING:
    from qng.optimize.optimizer import Optimizer

# Metrics that are made of energies on the tangent space.
_METRICS: Final = ("linear-method", "projected-inverse")

# Trials below the shift that was chosen last.
_BACK: Final = 2
# No shift is above so many times E - w: steps there are shorter than rounding lets be seen.
_HIGHEST: Final = 2.0**40


@dataclass(frozen=True)
class Shifts:
    """The step with the lowest energy among those of several shifts.

        M_k = 2 [K - (E - shift_k) g],    shift_k = (E - w) factor^(m + k),    k = 0, 1, ...

    m is 0 in the first step, then two below the trial that was taken last, and never negative: at
    shift E - w the step is that of the linear method, at long ones that of natural gradient with
    the rate 1 / (2 shift). Where no trial is below E no step is taken, and the next one begins
    where these trials end. From shots a trial counts as below E within the standard error of the
    difference.

    Args:
        trials: How many shifts, at least 2.
        radius: Longest step, an angle between states in radians; infinity: no limit.
        lr: What every step is multiplied by.
        damping: lambda of `RitzStep`.
        factor: From a shift to the next, above 1.

    Raises:
        InputError: Numbers out of range, or another metric than the linear method's.

    Cost: `trials` points in a further batch, with a fifth of the shots of a step; where M is a
    matrix one eigendecomposition for each.

    Reference: ours; Toulouse and Umrigar, J. Chem. Phys. 126, 084102 (2007), and arXiv:1412.0490
    choose a shift of K by energies.
    """

    trials: int
    radius: float = math.inf
    lr: float = 1.0
    damping: float = 0.03
    factor: float = 2.0
    reach: float = field(default=0.0, metadata={"later": True})

    def __post_init__(self) -> None:
        checks.whole("trials", self.trials, 2)
        if self.radius != math.inf:
            checks.positive("radius", self.radius)
        checks.positive("lr", self.lr)
        if not (math.isfinite(self.factor) and self.factor > 1):
            raise InputError(f"shifts need a factor above 1, not {self.factor}")

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the shots of a step: those of its rounds."""
        return (0.2,)

    @property
    def points(self) -> tuple[int, ...]:
        """Of its rounds."""
        return (self.trials,)

    def check(self, optimizer: Optimizer, objective: Objective | None, state: State | None) -> None:
        """Refuse a metric that has no energies.

        Raises:
            InputError: The method measures no metric, or one that is another by its name.
        """
        wanted = optimizer.precondition.wants(State.at(np.zeros(0)) if state is None else state)
        by = None if wanted is None else wanted.by.estimator
        if by is None or (isinstance(by, str) and by not in _METRICS):
            raise _other(repr(by) if by else repr(optimizer.precondition))

    def __call__(self, at: Descent, told: Sequence[Any]) -> Plan[Any] | Move:
        """The energies of all trials, then the move."""
        ritz = at.metric
        if not isinstance(ritz, (Ritz, RitzProducts)):
            raise _other(f"a {type(ritz).__name__}")
        first = int(at.state.memory.get("search", {}).get("first", 0))
        tried = [self._tried(at, ritz, first + k) for k in range(self.trials)]
        moves = [self._move(trial) for trial in tried]
        if not told:
            return at.objective.energy(at.state.theta + np.array([m.change for m in moves]))
        chosen = lowest(at.energy, told[0])
        if chosen is None:
            top = math.log(_HIGHEST, self.factor)
            return self._noted(at.stay(), min(first + self.trials, int(top)), at)
        return self._noted(moves[chosen], max(first + chosen - _BACK, 0), tried[chosen])

    def _tried(self, at: Descent, ritz: Ritz | RitzProducts, power: int) -> Descent:
        """The same place with the shift (E - w) factor^power."""
        if power == 0:
            return at
        least = max(ritz.mean - ritz.lowest, 0.0)
        metric = ritz.shifted(least * self.factor**power)
        solver = RitzStep(self.damping, self.reach)
        before = Before(at.state.change, covariance=at.covariance)

        def solve(v: ArrayLike) -> Any:
            return solver(metric, v, before)

        return at._replace(metric=metric, solution=solve(at.gradient), solve=solve)

    def _move(self, at: Descent) -> Move:
        return at.along(self.lr if self.radius == math.inf else bounded(self.lr, self.radius, at))

    def _noted(self, move: Move, first: int, at: Descent) -> Move:
        return Move(move.change, move.eta, {"first": np.array(float(first))}, at)


def _other(what: str) -> InputError:
    return InputError(
        f"shifts are those of the metric 'linear-method', not of {what}; take "
        "MeasuredMetric('linear-method')"
    )


def lowest(start: Energy[float], trials: Energy[Array]) -> int | None:
    """The trial of lowest energy; None where it is not below the start.

    From shots the last of those that are as low within the error of the difference: its step is
    the shortest, and least of it is noise.
    """
    values = np.where(np.isfinite(trials.value), trials.value, math.inf)
    found = trials.at(int(np.argmin(values)))
    noise = math.hypot(found.error, start.error)
    rounding = 0.0 if noise else ROUNDING * abs(start.value)
    if not found.value < start.value + noise - rounding:
        return None
    errors = 0.0 if trials.std_error is None else np.hypot(trials.std_error, found.error)
    return int(np.flatnonzero(values <= found.value + errors)[-1])
