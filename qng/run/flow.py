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

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, QngError, UnknownNameError
from qng.geometry import Solution, Solver
from qng.geometry.symplectic import symplectic
from qng.run.drive import Drive
from qng.run.driven import Driven

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
        speed: sqrt(theta'^T g theta'), that of the state in the Fubini-Study metric.
        solution: Of the equation.
        driven: What it was made of.
        real: Whether the time is real.
    """

    velocity: Array
    speed: float
    solution: Solution
    driven: Driven
    real: bool

    @cached_property
    def residual(self) -> float:
        """|psi' + c (H - E) psi|: the speed at which the state leaves the equation of motion.

        NaN where neither derivative states nor the variance are known.
        """
        return self.driven.distance(self.velocity, self.real)


@dataclass(frozen=True, eq=False)
class Flow:
    """theta' = f(theta).

    Args:
        drive: What is known at a point.
        kind: Of `KINDS`.
        principle: Of `PRINCIPLES`, by which the velocity is found.
        solve: Of M d = s; TDVP has its own.
        limit: Most points at which it may be set up.
    """

    drive: Drive
    kind: str
    principle: str
    solve: Solver
    limit: int = 100_000
    _known: dict[tuple[float, bytes], Rate] = field(default_factory=dict, repr=False)
    _counted: list[int] = field(default_factory=lambda: [0], repr=False)

    @property
    def evaluations(self) -> int:
        """Points at which it was computed."""
        return self._counted[0]

    def rate(self, theta: Array, time: float = 0.0) -> Rate:
        """How the parameters move at a point.

        Args:
            theta: Shape (P,).
            time: Of which the Hamiltonian may depend.

        Raises:
            SingularMetricError: The equation has no solution there.
            QngError: A number that is not finite, the limit, or the device could not answer.
        """
        key = time, theta.tobytes()
        if key not in self._known:
            if self.evaluations >= self.limit:
                raise QngError(
                    f"the equation was set up at {self.limit} points, which is the limit: give "
                    "limit=N for more or larger tolerances; where steps are very short, more "
                    "damping, or integrator='Radau' for equations that are stiff"
                )
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._rate(theta, time)
            self._counted[0] += 1
        return self._known[key]

    def _rate(self, theta: Array, time: float) -> Rate:
        if not np.all(np.abs(theta) < _FAR):
            raise QngError("the parameters run away: the step is too long for the equations")
        with np.errstate(over="ignore", invalid="ignore"):  # it is looked at below
            driven = self.drive(theta, time)
            velocity, solution = self._velocity(driven)
            speed = driven.metric.length(velocity)
        if not (np.all(np.abs(velocity) < _FAST) and np.isfinite(driven.energy)):
            raise QngError("the energy or the velocity is not finite")
        return Rate(velocity, speed, solution, driven, self.kind == "real")

    def _velocity(self, driven: Driven) -> tuple[Array, Solution]:
        if self.principle == "tdvp":
            solution = symplectic(driven.metric, driven.curvature(), driven.along())
            return -2 * solution.direction, solution
        if self.kind == "real":
            solution = self.solve(driven.metric, driven.across())
            return solution.direction, solution
        # The halves are taken afterwards, as a step of the natural gradient does.
        solution = self.solve(driven.metric, 2 * driven.along())
        return -0.5 * solution.direction, solution


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
            "in imaginary time TDVP has no solution with real parameters: take McLachlan's "
            "principle, or real time"
        )
