"""What happens to a step after its size is chosen: nothing, or a heavy ball."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from qng import checks
from qng.arrays import Array


class Post(Protocol):
    """dtheta_t from -eta_t d_t and dtheta_{t-1}."""

    def __call__(self, step: Array, change: Array, /) -> Array:
        """The change of theta, shape (P,)."""


@dataclass(frozen=True)
class AsIs:
    """dtheta_t = -eta_t d_t."""

    def __call__(self, step: Array, change: Array) -> Array:
        """The step as it is."""
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
        """The step and its momentum."""
        return step + self.rho * change
