"""What happens to a step after the step size: nothing, a heavy ball, or a bend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from qng import checks
from qng.arrays import Array
from qng.geometry.metric import Metric


class Post(Protocol):
    """dtheta_t from -eta_t d_t and dtheta_{t-1}."""

    def __call__(self, step: Array, change: Array) -> Array:
        """The change of theta, shape (P,)."""


@dataclass(frozen=True)
class AsIs:
    """dtheta_t = -eta_t d_t."""

    def __call__(self, step: Array, change: Array) -> Array:
        """The step."""
        return step


@dataclass(frozen=True)
class HeavyBall:
    """dtheta_t = -eta_t d_t + rho dtheta_{t-1}: momentum after the solve.

    Args:
        rho: In [0, 1).

    Reference: Borysenko et al., arXiv:2409.01978.
    """

    rho: float = 0.9

    def __post_init__(self) -> None:
        checks.fraction("rho", self.rho)

    def __call__(self, step: Array, change: Array) -> Array:
        """The step with its momentum."""
        return step + self.rho * change


@dataclass(frozen=True)
class Geodesic:
    """dtheta = u - a/2, u = -eta d: the step follows the geodesic of the metric to second order.

    M a = Gamma_{.,jk} u^j u^k with the Christoffel symbols of the metric at theta, solved as
    M d = s is. To second order in eta the state moved to does not depend on the parametrisation,
    where that of u alone agrees to first order.

    Args:
        limit: The correction is shortened to this fraction of u, by their lengths in the metric:
            where it is longer the expansion has not converged.

    Cost: a further batch with the connection, by which the step is corrected.

    Reference: Halla, arXiv:2409.03638; the limit is that of Transtrum and Sethna,
    arXiv:1201.5885.
    """

    limit: float = 0.75

    def __post_init__(self) -> None:
        checks.positive("limit", self.limit)

    def corrected(self, step: Array, acceleration: Array, metric: Metric) -> Array:
        """The change of theta from u and a, both of shape (P,)."""
        bend = -acceleration / 2
        allowed, length = self.limit * _length(step, metric), _length(bend, metric)
        return step + bend * (1.0 if length <= allowed else allowed / length)


def _length(v: Array, metric: Metric) -> float:
    return math.sqrt(max(float(v @ metric.matvec(v)), 0.0))
