r"""QUIVER: descent along random directions, with as many shots as pay.

With V random directions v of signs, N parameters and slopes D = v . grad, each measured with
standard error sigma / sqrt(M) from M shots, the step is

    dtheta = -eta F,    F = (1/V) sum_l D_l v_l,    E F = grad,
    E |F|^2 = |grad|^2 (N + V - 1) / V + (N / V^2) sum_l sigma^2 / M

For an energy whose gradient has the Lipschitz constant L the descent lemma is
f(theta - eta F) <= f - eta grad . F + (L eta^2 / 2) |F|^2. Its mean over the directions, with the
noise of a slope counted as its square is (N <= N + V - 1: still a bound), is a gain of

    G(M) = eta |grad|^2 - (eta / C) (|grad|^2 + sigma^2 / M),    C = 2 V / (L eta (N + V - 1))

at least, and G(M) / M is largest at

    M = 2 sigma^2 / ((C - 1) |grad|^2)

The published number has C |grad|^2 - D_l^2 below the fraction, the square of the slope of that
direction, which nobody knows before the shots are spent. Here its mean |grad|^2 stands for it,
which also gains more a shot: of directions that are drawn already the steep ones gain whatever the
noise, and it is not they that deserve more shots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array, Memory, norm
from qng.errors import InputError
from qng.optimize.method import Done, NotFiniteError, State, Step
from qng.plan.deal import PILOT, split
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Energy, GradientEstimate, Measured, Objective

# C at the step that the bound makes best, eta = V / (L (N + V - 1)).
_BEST: Final = 2.0


@dataclass(frozen=True)
class Quiver:
    """Descent along random signs, whose shots follow slopes and noise.

    The shots of a run are the most that a step takes. The first step takes the least, the others
    what maximises the gain a shot, by means over the steps so far of |grad|^2 and of the variance
    of a slope. Shots of every circuit (`PerCircuit`) are those of all steps, and exact steps have
    none to choose.

    Args:
        lr: eta.
        step: h, of the differences along a direction, radians.
        draws: V, how many directions.
        smoothness: L, in units of the energy per radian^2; None: that for which `lr` is the best
            step of the bound, C = 2; "bound": what is true of all circuits like this one
            (`estimate.smoothness`), far above what the energy shows.
        beta: Memory of the means, in [0, 1).
        least: The fewest shots of a step, as a fraction of those of the run.

    Raises:
        InputError: Settings out of range.

    Cost: 2 draws + 1 energies a step, one batch; a tenth of its shots are those of the energy at
    theta, which is reported and not used.

    Reference: Coyle, Raj, Umathe, Cherrat, Kashefi, arXiv:2606.09734; what stands for the slope of
    a direction, and L by `lr`, are ours.
    """

    lr: float = 0.1
    step: float = 0.1
    draws: int = 4
    smoothness: float | str | None = None
    beta: float = 0.9
    least: float = 0.1

    at_most: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        checks.positive("step", self.step)
        checks.whole("draws", self.draws, 1)
        checks.fraction("beta", self.beta)
        if self.smoothness is not None and self.smoothness != "bound":
            if isinstance(self.smoothness, str):
                raise InputError(
                    "smoothness must be a positive number, 'bound' or None, "
                    f"not {self.smoothness!r}"
                )
            checks.positive("smoothness", self.smoothness)
        if not 0 < checks.real("least", self.least) <= 1:
            raise InputError(f"least must be a fraction in (0, 1], not {self.least!r}")

    def init(self, theta: ArrayLike) -> State:
        """The state before the first step; theta has shape (P,)."""
        return State.at(np.asarray(theta, dtype=float))

    def next(self, objective: Objective, state: State, told: Sequence[Any]) -> Plan[Any] | Done:
        """Energy and slopes at theta, then the step.

        Raises:
            InputError: A step for which no number of shots has a gain that is sure.
            NotFiniteError: A measured value is a NaN or an infinity.
        """
        surplus = self._surplus(objective, len(state.theta))
        if not told:
            plans: dict[str, Plan[Any]] = {
                "energy": objective.energy(state.theta[None]),
                "gradient": objective.gradient(
                    state.theta, By("spsa", step=self.step, draws=self.draws)
                ),
            }
            here = join(split(plans, PILOT)).map(lambda values: Measured(**values))
            return here.of_step(self._share(state, surplus))
        measured: Measured = told[0]
        if not measured.is_finite():
            raise NotFiniteError
        assert measured.gradient is not None
        energy, slope = measured.energy.at(0), measured.gradient
        change = -self.lr * slope.value
        predicted = -float(change @ slope.value)
        after = state.but(
            theta=state.theta + change,
            step=state.step + 1,
            change=change,
            energy=energy.value,
            predicted=predicted,
            memory=self._seen(state, slope, self._share(state, surplus)),
        )
        step = Step.at(
            state,
            energy,
            eta=self.lr,
            gradient_norm=norm(slope.value),
            length=norm(change),
            metric="Identity",
            rank=len(change),
            predicted=predicted,
            direction_error=_error_along(slope),
        )
        return Done(after, step)

    def batches(self, objective: Objective, theta: Array) -> Sequence[Plan[Any]]:
        """Energy and slopes, with as many shots as a step takes at most."""
        asked = self.next(objective, self.init(theta), ())
        assert isinstance(asked, Plan)
        return (asked.of_step(1.0),)

    def noted(self, state: State, energy: Energy[float]) -> State:
        """The state as it is: no step is undone."""
        return state

    def _surplus(self, objective: Objective, size: int) -> float:
        """C - 1.

        Raises:
            InputError: It is not positive.
        """
        if self.smoothness is None:
            return _BEST - 1
        of_signs = (size + self.draws - 1) / self.draws
        smoothness = self._smoothness(objective)
        # Nothing moves an energy that is the same everywhere.
        surplus = _BEST / (smoothness * self.lr * of_signs) - 1 if smoothness else np.inf
        if surplus <= 0:
            longest = _BEST / (smoothness * of_signs)
            raise InputError(
                f"with a smoothness of {smoothness:g} and {self.draws} directions for {size} "
                f"parameters no number of shots makes sure that a step of lr = {self.lr:g} gains: "
                f"give an lr below {longest:.3g}, or leave smoothness out"
            )
        return float(surplus)

    def _smoothness(self, objective: Objective) -> float:
        if not isinstance(self.smoothness, str):
            assert self.smoothness is not None
            return self.smoothness
        bound = getattr(objective, "smoothness", None)
        if bound is None:
            raise InputError(
                "smoothness='bound' is that of circuits, and this problem has none: give a number"
            )
        return float(bound())

    def _share(self, state: State, surplus: float) -> float:
        """The shots of the next step, as a fraction of those of the run."""
        seen = state.memory.get("slopes")
        if seen is None:
            return self.least
        square, noise = seen["means"]
        if square <= 0:
            return 1.0
        return float(np.clip(2 * noise / (surplus * square), self.least, 1.0))

    def _seen(self, state: State, slope: GradientEstimate, share: float) -> dict[str, Memory]:
        """The means of |grad|^2, and of the variance of a slope from all shots of a step.

        E |F|^2 is that of above, and tr Cov(F) = (N / V^2) sum_l sigma^2 / M.
        """
        size, draws = len(slope.value), self.draws
        noise = 0.0 if slope.covariance is None else float(np.trace(slope.covariance))
        square = draws * (float(slope.value @ slope.value) - noise) / max(size + draws - 1, 1)
        new = np.array([square, draws * noise / max(size, 1) * share])
        known = state.memory.get("slopes", {"weight": np.zeros(1), "means": np.zeros(2)})
        weight = self.beta * known["weight"] + 1
        means = known["means"] + (new - known["means"]) / weight
        return {**state.memory, "slopes": {"weight": weight, "means": means}}


def _error_along(slope: GradientEstimate) -> float | None:
    """The standard error of F along itself, relative to |F|; None where it is exact, or zero."""
    size = norm(slope.value)
    if slope.covariance is None or size == 0:
        return None
    unit: Array = slope.value / size
    return float(np.sqrt(unit @ slope.covariance @ unit)) / size
