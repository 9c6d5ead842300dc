"""A loss as an objective: what a method may ask for, as plans that have nothing to execute."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.geometry import Metric
from qng.models import pieces
from qng.models.loss import Divergent, Loss, as_metric
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.seeds import DIRECTIONS, EXECUTION, Key, extended

T = TypeVar("T")

GRADIENTS: Final = ("auto", "exact", "finite-difference", "spsa")
"""Names of gradients: "auto" and "exact" are the loss's own."""

# What methods say of circuits by default; a model has neither bases nor gates that commute.
_OF_CIRCUITS: Final = {"basis": "Z", "rule": "commuting"}


@dataclass(frozen=True, eq=False)
class Losses:
    """A loss as methods ask for it.

    What is asked in one batch is of the same samples.

    Args:
        loss: The loss.
        key: Of everything that is drawn.
        batch: The batch for which it is.
    """

    loss: Loss
    key: Key = 0
    batch: int = 0
    _drawn: dict[Any, Loss] = field(default_factory=dict, repr=False)

    def at(self, batch: int) -> Losses:
        """The same with the samples and random directions of a batch."""
        return self if batch == self.batch else replace(self, batch=batch, _drawn={})

    def again(
        self, who: object, what: Hashable, theta: Array, make: Callable[[], Plan[T]]
    ) -> Plan[T]:
        """Made anew at every point."""
        return make()

    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the arrays that theta ravels."""
        return tuple(tuple(shape) for shape in self.loss.arrays)

    def energy(self, points: Array) -> Plan[Energy[Array]]:
        """The loss at points of shape (points, P)."""
        return _plan(lambda: self._energy(np.atleast_2d(points)), len(points))

    def gradient(self, theta: Array, by: By) -> Plan[GradientEstimate]:
        """The gradient at a point.

        Raises:
            UnknownNameError: No such gradient of a model.
        """
        options = dict(by.options)
        if callable(by.estimator):
            make: Callable[..., Any] = by.estimator
            return _plan(lambda: _as_gradient(make(self._at(theta), theta, **options)))
        if by.estimator in ("auto", "exact") and not options:
            return _plan(lambda: self._at(theta).gradient(theta))
        if by.estimator == "finite-difference":
            values = 2 * len(theta)
            return _plan(
                lambda: pieces.finite_difference(self._at(theta), theta, **options), values
            )
        if by.estimator == "spsa":
            values = 2 * int(options.get("draws", 1))
            seed = extended(self.key, self.batch, DIRECTIONS, 0)
            return _plan(lambda: pieces.spsa(self._at(theta), theta, seed=seed, **options), values)
        if options:
            raise InputError(f"the gradient of a model takes no {', '.join(options)}")
        raise UnknownNameError("gradient of a model", by.estimator, GRADIENTS)

    def metric(self, theta: Array, by: By, products: bool = False) -> Plan[Metric]:
        """A metric at a point: one of the loss, or one that any loss has (`pieces.generic`).

        Raises:
            InputError: It has none of this name.
        """
        asked = _asked(by)
        seed = extended(self.key, self.batch, DIRECTIONS, 1)
        return _plan(lambda: metric_of(self._at(theta), theta, asked, seed))

    def connection(self, theta: Array, v: Array, by: By | None = None) -> Plan[GradientEstimate]:
        """Gamma_{i,jk} v^j v^k of the metric by which steps are taken, by central differences."""
        asked = _asked(By("auto") if by is None else by)

        def bent() -> GradientEstimate:
            return GradientEstimate(
                pieces.connection(lambda x: metric_of(self._at(x), x, asked), theta, v)
            )

        return _plan(bent, 2 * len(theta) + 2)

    def divergence(self, theta: Array, points: Array, by: By) -> Plan[Array] | None:
        """KL(p_theta || p_point) at points of shape (points, P); None: not known.

        Args:
            theta: Shape (P,).
            points: Shape (points, P).
            by: The metric that is its second order.
        """
        if not isinstance(self.loss, Divergent):
            return None
        known: Divergent = self.loss
        return _plan(lambda: known.divergence(theta, points), len(points))

    def frequencies(self) -> Sequence[tuple[float, int]]:
        """There are none.

        Raises:
            InputError: Always.
        """
        raise InputError(
            "the method needs a trigonometric polynomial, as the energy of a circuit is, and this "
            "is a model: choose another method"
        )

    def _at(self, theta: Array) -> Loss:
        """The loss with the samples of this batch."""
        name = theta.tobytes()
        if name not in self._drawn:
            key = extended(self.key, self.batch, EXECUTION)
            self._drawn[name] = self.loss.drawn(theta, key)
        return self._drawn[name]

    def _energy(self, points: Array) -> Energy[Array]:
        if not len(points) or self._at(points[0]) is self.loss:
            return self.loss.energy(points)
        found = [self._at(point).energy(point[None]) for point in points]
        errors = [one.std_error for one in found]
        known = [error for error in errors if error is not None]
        return Energy(
            np.concatenate([one.value for one in found]),
            std_error=np.concatenate(known) if len(known) == len(found) else None,
        )


def metric_of(loss: Loss, theta: Array, by: By, seed: Key = 0) -> Metric:
    """A metric of a loss, or one that any loss has.

    Raises:
        InputError: It has none of this name.
    """
    try:
        return as_metric(loss.metric(theta, by), len(theta))
    except UnknownNameError as error:
        found = pieces.generic(loss, theta, by, seed)
        if found is None:
            known = dict.fromkeys((*error.known, *pieces.GENERIC))
            raise UnknownNameError(error.kind, by.estimator, known, likeness=0.8) from error
        return found


def _asked(by: By) -> By:
    """Without what methods say of circuits by default."""
    left = {key: value for key, value in by.options if _OF_CIRCUITS.get(key) != value}
    return By(by.estimator, **left)


def _plan(found: Callable[[], T], values: int = 1) -> Plan[T]:
    return Plan((), lambda _: found(), values=values)


def _as_gradient(found: Any) -> GradientEstimate:
    return found if isinstance(found, GradientEstimate) else GradientEstimate(np.asarray(found))
