"""A loss in some of its parameters, the others being held."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qng.arrays import Array
from qng.geometry import Metric
from qng.models.loss import Divergent, Judged, Loss
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.seeds import Key


@dataclass(frozen=True, eq=False)
class Held:
    """A loss in its free parameters.

    Args:
        loss: In all P parameters.
        base: Shape (P,), for those that are held.
        free: The indices of the others, ascending.
    """

    loss: Loss
    base: Array
    free: tuple[int, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the free parameters."""
        return tuple(self.loss.parameters[k] for k in self.free)

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the loss that are free as a whole; what is left of the others is flat."""
        found: list[tuple[int, ...]] = []
        first, free = 0, set(self.free)
        for shape in self.loss.arrays:
            size = int(np.prod(shape))
            left = len(free.intersection(range(first, first + size)))
            if left:
                found.append(shape if left == size else (left,))
            first += size
        return tuple(found)

    def drawn(self, theta: Array, key: Key) -> Held:
        """With the samples of a key."""
        drawn = self.loss.drawn(self._whole(theta), key)
        return self if drawn is self.loss else replace(self, loss=drawn)

    def energy(self, points: Array) -> Energy[Array]:
        """The loss at points of shape (points, free)."""
        return self.loss.energy(self._whole(points))

    def gradient(self, theta: Array) -> GradientEstimate:
        """Its free entries."""
        whole, free = self.loss.gradient(self._whole(theta)), list(self.free)
        noise = whole.covariance
        return GradientEstimate(
            whole.value[free], None if noise is None else noise[np.ix_(free, free)]
        )

    def metric(self, theta: Array, by: By) -> Metric:
        """Its free rows and columns."""
        metric = self.loss.metric(self._whole(theta), by)
        return metric.pullback(np.eye(len(self.base))[:, list(self.free)])

    def exact(self, points: Array) -> Array:
        """The exact values, where the loss has them apart; NaN elsewhere."""
        if not isinstance(self.loss, Judged):
            return np.full(len(points), np.nan)
        return self.loss.exact(self._whole(points))

    def divergence(self, theta: Array, points: Array) -> Array:
        """KL of the distributions; NaN where the loss does not know it."""
        if not isinstance(self.loss, Divergent):
            return np.full(len(points), np.nan)
        return self.loss.divergence(self._whole(theta), self._whole(points))

    def _whole(self, points: Array) -> Array:
        full = np.broadcast_to(self.base, (*points.shape[:-1], len(self.base))).copy()
        full[..., list(self.free)] = points
        return full
