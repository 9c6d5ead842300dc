"""Steps of a given divergence: a trust region in KL(p_theta || p_theta+dtheta)."""

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
from qng.optimize.search.post import AsIs
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Objective

if TYPE_CHECKING:
    from qng.optimize.optimizer import Optimizer

# Of a divergence, relative: the longest trial is not refused for the rounding of its length.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class DivergenceRegion:
    """The longest of eta, eta shrink, eta shrink^2, ... with KL <= delta and a lower loss.

    With M the Fisher matrix, KL = dtheta^T M dtheta / 2 to second order, so that

        eta = sqrt(2 delta / (s^T M^-1 s))

    makes a step of divergence delta. Losses and divergences at all trials are asked for at once;
    where the divergence of the objective cannot be had, as from shots, that of the quadratic model
    stands for it. Where no trial will do the step is not taken (eta = 0).

    Args:
        delta: The largest divergence, in nats.
        shrink: Factor between trials, in (0, 1).
        trials: How many lengths are tried.
        of: The metric whose distribution it is, which is that of the method.

    Raises:
        InputError: Numbers out of range.

    Cost: `trials` points, and `trials` divergences where they can be had, in a further batch, with
    half of the shots of a step.

    Reference: Schulman et al., arXiv:1502.05477, appendix C.
    """

    delta: float = 0.01
    shrink: float = 0.5
    trials: int = 10
    of: By | str = By("fisher")

    def __post_init__(self) -> None:
        checks.positive("delta", self.delta)
        checks.inside("shrink", self.shrink, 0, 1)
        checks.whole("trials", self.trials, 1)
        object.__setattr__(self, "of", By.of(self.of))

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the shots of a step: those of its rounds."""
        return (0.5,)

    @property
    def points(self) -> tuple[int, ...]:
        """Of its rounds."""
        return (self.trials,)

    def check(self, optimizer: Optimizer, objective: Objective | None, state: State | None) -> None:
        """Refuse an optimizer whose steps have no divergence of this form.

        Raises:
            InputError: It measures no metric, or adds the last step once more.
        """
        if optimizer.post != AsIs():
            raise InputError("DivergenceRegion bounds the whole step: it takes no other post")
        start = State.at(np.zeros(0)) if state is None else state
        if optimizer.precondition.wants(start) is None:
            raise InputError(
                "DivergenceRegion needs a measured Fisher matrix, such as "
                f"MeasuredMetric('fisher'), not {optimizer.precondition!r}"
            )

    def __call__(self, at: Descent, told: Sequence[Any]) -> Plan[Any] | Move:
        """The losses and divergences at all trials, then the move."""
        slope = float(at.direction @ at.gradient)
        if slope <= 0:
            return at.stay()
        longest = math.sqrt(2 * self.delta / slope)
        etas = longest * self.shrink ** np.arange(self.trials)
        if not told:
            points = at.state.theta - etas[:, None] * at.direction
            return self._asked(at, points)
        energies = told[0]["energy"]
        model = (etas * at.metric.length(at.direction)) ** 2 / 2
        known = told[0].get("divergence", np.full(len(etas), np.nan))
        inside = np.where(np.isnan(known), model, known) <= self.delta * (1 + _ROUNDING)
        errors = 0.0 if energies.std_error is None else energies.std_error
        lower = energies.value < at.energy.value + np.hypot(errors, at.energy.error)
        good = inside & lower
        return at.along(float(etas[np.argmax(good)])) if good.any() else at.stay()

    def _asked(self, at: Descent, points: Array) -> Plan[Any]:
        plans: dict[str, Plan[Any]] = {"energy": at.objective.energy(points)}
        measure = getattr(at.objective, "divergence", None)
        divergence = None if measure is None else measure(at.state.theta, points, self.of)
        if divergence is not None:
            plans["divergence"] = divergence
        return join(plans)
