r"""The equation of motion of the parameters, theta' = f(theta).

    imaginary time   McLachlan   g theta' = -grad E / 2
    real time        McLachlan   g theta' = Im(<d_i psi|H|psi> - <d_i psi|psi> E)
    real time        TDVP        F theta' = -grad E,   F = 2 Im QGT

McLachlan's equation makes |psi' + c (H - E) psi| as small as it can be, c = 1 or i, TDVP makes the
action stationary; where multiplying a tangent by i gives a tangent they agree. In imaginary time
TDVP has no real solution. A step of Euler of length dtau is a step of the natural gradient with
eta = dtau / 2.

Reference: Yuan et al., Quantum 3, 191 (2019), arXiv:1812.08767.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, QngError, UnknownNameError
from qng.estimate.evolution import Force, force
from qng.estimate.fubini.exact import berry_curvature
from qng.geometry import Metric, Solution, Solver
from qng.geometry.symplectic import symplectic
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.run.bench import answer
from qng.run.objective import Circuits

KINDS: Final = ("imaginary", "real")
PRINCIPLES: Final = ("mclachlan", "tdvp")

# Parameters and velocities beyond these say nothing of a motion.
_FAR: Final = 1e12
_FAST: Final = 1e100

# Points whose rates are remembered: a step of a solver begins where the last one ended.
_REMEMBERED: Final = 4


@dataclass(frozen=True, eq=False)
class Rate:
    """How the parameters move at a point.

    Args:
        velocity: theta', shape (P,).
        energy: E.
        variance: <H^2> - <H>^2; NaN where it is not known.
        speed: sqrt(theta'^T g theta'), that of the state in the Fubini-Study metric.
        solution: Of the equation.
        distance: McLachlan's distance, when it is asked for.
    """

    velocity: Array
    energy: float
    variance: float
    speed: float
    solution: Solution
    distance: Callable[[], float]

    @cached_property
    def residual(self) -> float:
        """|psi' + c (H - E) psi|: the speed at which the state leaves the equation of motion.

        NaN where neither derivative states nor the variance are known.
        """
        return self.distance()


@dataclass(frozen=True, eq=False)
class Flow:
    """theta' = f(theta) of a problem on a device.

    Args:
        objective: E, its gradient and the metric as plans.
        device: What answers them.
        kind: Of `KINDS`.
        principle: Of `PRINCIPLES`, by which the velocity is found.
        by: The metric.
        solve: Of M d = s; TDVP has its own.
        limit: Most points at which it may be set up.
    """

    objective: Any
    device: Executor | Service
    kind: str
    principle: str
    by: By
    solve: Solver
    limit: int = 100_000
    _known: dict[bytes, Rate] = field(default_factory=dict, repr=False)
    _counted: list[int] = field(default_factory=lambda: [0], repr=False)

    @property
    def evaluations(self) -> int:
        """Points at which it was computed."""
        return self._counted[0]

    def rate(self, theta: Array) -> Rate:
        """How the parameters move at a point.

        Args:
            theta: Shape (P,).

        Raises:
            SingularMetricError: The equation has no solution there.
            QngError: A number that is not finite, the limit, or the device could not answer.
        """
        key = theta.tobytes()
        if key not in self._known:
            if self.evaluations >= self.limit:
                raise QngError(
                    f"the equation was set up at {self.limit} points, which is the limit: the "
                    "integrator's steps are very short; take more damping, larger tolerances, or "
                    "a higher limit="
                )
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._rate(theta)
            self._counted[0] += 1
        return self._known[key]

    def _rate(self, theta: Array) -> Rate:
        if not np.all(np.abs(theta) < _FAR):
            raise QngError("the parameters run away: the step is too long for the equations")
        by = self._by_energies if self._matrix is None else self._by_states
        with np.errstate(over="ignore", invalid="ignore"):  # it is looked at below
            rate = by(theta)
        if not (np.all(np.abs(rate.velocity) < _FAST) and np.isfinite(rate.energy)):
            raise QngError("the energy or the velocity is not finite")
        return rate

    @cached_property
    def _matrix(self) -> Any:
        """H, where derivatives of the states are known."""
        objective = self.objective
        if not isinstance(objective, Circuits) or not objective.exactness.tangents:
            return None
        return objective.observable.matrix(objective.ensemble[0][0].n_qubits)

    def _by_states(self, theta: Array) -> Rate:
        """From (H - E) psi and the derivative states."""
        ensemble = self.objective.ensemble
        plans: dict[str, Plan[Any]] = {"metric": self.objective.metric(theta, self.by)}
        for k, (circuit, _) in enumerate(ensemble):
            plans[f"force {k}"] = force(circuit, self._matrix, theta)
            if self.principle == "tdvp":
                plans[f"curvature {k}"] = berry_curvature(circuit, theta)
        told = answer(self.device, join(plans))
        weights = np.array([weight for _, weight in ensemble])
        forces: list[Force] = [told[f"force {k}"] for k in range(len(ensemble))]
        real, metric = self.kind == "real", told["metric"]

        def total(values: list[Any]) -> Any:
            return np.tensordot(weights, np.array(values), 1)

        if self.principle == "tdvp":
            curvature = total([told[f"curvature {k}"] for k in range(len(ensemble))])
            solution = symplectic(metric, curvature, total([f.along() for f in forces]))
            velocity = -2 * solution.direction
        elif real:
            solution = self.solve(metric, total([f.across() for f in forces]))
            velocity = solution.direction
        else:
            solution = self.solve(metric, 2 * total([f.along() for f in forces]))
            velocity = -0.5 * solution.direction
        return Rate(
            velocity,
            float(total([f.energy for f in forces])),
            float(total([f.variance for f in forces])),
            metric.length(velocity),
            solution,
            lambda: float(np.sqrt(total([f.distance(velocity, real) ** 2 for f in forces]))),
        )

    def _by_energies(self, theta: Array) -> Rate:
        """Imaginary time from what every objective knows."""
        told = answer(
            self.device,
            join(
                {
                    "energy": self.objective.energy(theta[None]),
                    "gradient": self.objective.gradient(theta, By("auto")),
                    "metric": self.objective.metric(theta, self.by),
                }
            ),
        )
        energy, slope, metric = told["energy"].at(0), told["gradient"].value, told["metric"]
        solution = self.solve(metric, slope)
        velocity = -0.5 * solution.direction
        variance = np.nan if energy.variance is None else float(energy.variance)
        return Rate(
            velocity,
            energy.value,
            variance,
            metric.length(velocity),
            solution,
            lambda: _left(metric, slope, velocity, variance),
        )


def _left(metric: Metric, slope: Array, velocity: Array, variance: float) -> float:
    """sqrt(theta'^T g theta' + theta' . grad E + Var H), 0 where rounding makes it negative."""
    square = metric.length(velocity) ** 2 + float(velocity @ slope) + variance
    return float(np.sqrt(np.maximum(square, 0.0)))


def check_equation(kind: str, principle: str) -> None:
    """Refuse an equation that there is not.

    Raises:
        UnknownNameError: Another kind of time or another principle.
        InputError: TDVP in imaginary time.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of time", kind, KINDS)
    if principle not in PRINCIPLES:
        raise UnknownNameError("variational principle", principle, PRINCIPLES)
    if (kind, principle) == ("imaginary", "tdvp"):
        raise InputError(
            "in imaginary time TDVP has no solution with real parameters: take "
            "principle='mclachlan', or kind='real'"
        )
