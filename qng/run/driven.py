"""What drives a problem in time, at a point: (H - E) psi, or the gradient of E alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.estimate.evolution import Force
from qng.geometry import Metric
from qng.models.wave.force import WaveForce


class Driven(Protocol):
    """What is known at a point."""

    @property
    def energy(self) -> float:
        """E."""

    @property
    def variance(self) -> float:
        """<H^2> - <H>^2; NaN where it is not known."""

    @property
    def metric(self) -> Metric:
        """g, or what stands for it."""

    def along(self) -> Array:
        """Re <d_i psi|(H - E)|psi> = grad_i E / 2, shape (P,)."""

    def across(self) -> Array:
        """Im <d_i psi|(H - E)|psi>, shape (P,)."""

    def curvature(self) -> Array:
        """F = 2 Im QGT, shape (P, P)."""

    def distance(self, velocity: Array, real: bool) -> float:
        """McLachlan's distance for a velocity; NaN where it is not known."""


@dataclass(frozen=True, eq=False)
class Together:
    """The weighted sum of what drives several states with the same parameters.

    Args:
        forces: One a state.
        weights: Likewise.
        metric: g, the sum of theirs.
    """

    forces: tuple[Force | WaveForce, ...]
    weights: tuple[float, ...]
    metric: Metric

    @property
    def energy(self) -> float:
        """E."""
        return float(self._sum([f.energy for f in self.forces]))

    @property
    def variance(self) -> float:
        """Of every state in itself."""
        return float(self._sum([f.variance for f in self.forces]))

    def along(self) -> Array:
        """grad E / 2, shape (P,)."""
        return np.asarray(self._sum([f.along() for f in self.forces]))

    def across(self) -> Array:
        """Im <d_i psi|(H - E)|psi>, shape (P,)."""
        return np.asarray(self._sum([f.across() for f in self.forces]))

    def curvature(self) -> Array:
        """F, shape (P, P)."""
        return np.asarray(self._sum([f.curvature() for f in self.forces]))

    def distance(self, velocity: Array, real: bool) -> float:
        """The root of the sum of squares."""
        return float(np.sqrt(self._sum([f.distance(velocity, real) ** 2 for f in self.forces])))

    def _sum(self, values: list[Any]) -> Any:
        return np.tensordot(np.array(self.weights), np.array(values), 1)


@dataclass(frozen=True, eq=False)
class Slope:
    """What is known without states.

    Args:
        energy: E.
        variance: <H^2> - <H>^2; NaN where it is not known, or the metric is not all of g.
        metric: g, or what stands for it.
        gradient: grad E, shape (P,).
    """

    energy: float
    variance: float
    metric: Metric
    gradient: Array

    def along(self) -> Array:
        """grad E / 2, shape (P,)."""
        return self.gradient / 2

    def across(self) -> Array:
        """It is not known.

        Raises:
            InputError: Always.
        """
        raise InputError("real time needs derivatives of the state, which are not known here")

    def curvature(self) -> Array:
        """It is not known; as `across`."""
        return self.across()

    def distance(self, velocity: Array, real: bool) -> float:
        """sqrt(theta'^T g theta' + theta' . grad E + Var H), 0 where rounding makes it negative.

        With the SLD metric it is the same of mixed states, along rho' = -{H - E, rho}.
        """
        if real or math.isnan(self.variance):
            return math.nan
        square = velocity @ self.metric.matvec(velocity)
        change = velocity @ self.gradient
        return math.sqrt(max(float(square + change) + self.variance, 0.0))
