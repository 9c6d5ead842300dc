"""Other coordinates: theta = forward(x), with what gradients and metrics become in them.

    grad_x = J^T grad_theta     M_x = J^T M_theta J     J = d theta/dx

The Hessian is no tensor: it gains sum_k (grad_theta)_k d_a d_b theta_k. So does the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Metric
from qng.models import pieces
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Energy, GradientEstimate, Objective
from qng.seeds import Key

T = TypeVar("T")

# Metrics of which only a part is kept: in other coordinates it is a part of something else.
_DIAGONALS = {"diagonal": "auto", "fisher-diagonal": "fisher"}


@dataclass(frozen=True, eq=False)
class Coordinates:
    """theta = forward(x).

    Args:
        forward: x of shape (Q,) -> theta, shape (P,).
        jacobian: x -> d theta/dx, shape (P, Q); None: central differences.
    """

    forward: Callable[[Array], Any]
    jacobian: Callable[[Array], Any] | None = None

    def theta(self, x: Array) -> Array:
        """The point theta of a point x, shape (P,).

        Raises:
            InputError: It is no vector.
        """
        point = checks.reals("forward(x)", self.forward(x.copy()))
        if point.ndim != 1:
            raise InputError(f"forward(x) must be a vector, not an array of shape {point.shape}")
        return point

    def thetas(self, points: Array) -> Array:
        """The points theta of points x of shape (points, Q)."""
        return np.array([self.theta(x) for x in points])

    def slopes(self, x: Array) -> Array:
        """J at x, shape (P, Q).

        Raises:
            InputError: What was given for it has another shape.
        """
        if self.jacobian is None:
            return pieces.derivatives(self.theta, x).T
        found = checks.reals("the Jacobian", self.jacobian(x.copy()))
        expected = (len(self.theta(x)), len(x))
        if found.shape != expected:
            raise InputError(
                f"the Jacobian of theta = forward(x) has the shape {found.shape}: it must be "
                f"{expected}"
            )
        return found

    def bends(self, x: Array) -> Array:
        """d_a d_b theta_k by central differences of J, shape (P, Q, Q), k first."""
        second = pieces.derivatives(self.slopes, x, 1e-4).transpose(1, 2, 0)
        symmetric: Array = (second + second.transpose(0, 2, 1)) / 2
        return symmetric


@dataclass(frozen=True, eq=False)
class Moved:
    """An objective in other coordinates.

    Args:
        inner: The objective of theta.
        by: The coordinates.
        size: Q.
    """

    inner: Objective
    by: Coordinates
    size: int

    @property
    def key(self) -> Key:
        """As of the objective."""
        return self.inner.key

    def at(self, batch: int) -> Moved:
        """The same with the random directions and samples of a batch."""
        return Moved(self.inner.at(batch), self.by, self.size)

    def again(
        self, who: object, what: Hashable, theta: Array, make: Callable[[], Plan[T]]
    ) -> Plan[T]:
        """Made anew at every point."""
        return make()

    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """One array of all parameters."""
        return ((self.size,),)

    def energy(self, points: Array) -> Plan[Energy[Array]]:
        """Energies at points of shape (points, Q)."""
        return self.inner.energy(self.by.thetas(points))

    def gradient(self, theta: Array, by: By) -> Plan[GradientEstimate]:
        """J^T grad at a point."""
        slopes = self.by.slopes(theta)

        def pulled(found: GradientEstimate) -> GradientEstimate:
            noise = found.covariance
            return GradientEstimate(
                slopes.T @ found.value, None if noise is None else slopes.T @ noise @ slopes
            )

        return self.inner.gradient(self.by.theta(theta), by).map(pulled)

    def metric(self, theta: Array, by: By, products: bool = False) -> Plan[Metric]:
        """J^T M J at a point; of the Hessian and of diagonals what they are in these coordinates.

        Raises:
            InputError: The Hessian from shots.
        """
        there, slopes = self.by.theta(theta), self.by.slopes(theta)
        if by.estimator in _DIAGONALS:
            whole = By(_DIAGONALS[str(by.estimator)], **dict(by.options))
            found = self.inner.metric(there, whole)
            return found.map(lambda metric: pieces.diagonal_of(metric.pullback(slopes)))
        pulled: Plan[Metric] = self.inner.metric(there, by).map(lambda m: m.pullback(slopes))
        if by.estimator != "hessian":
            return pulled
        bends = self.by.bends(theta)

        def bent(found: dict[str, Any]) -> Metric:
            metric: Metric = found["metric"]
            gradient: GradientEstimate = found["gradient"]
            if gradient.covariance is not None or metric.std_error is not None:
                raise InputError("the Hessian in other coordinates is had without shots only")
            more = np.einsum("k,kab->ab", gradient.value, bends)
            return metric.similar(metric.dense() + more, None)

        plans: dict[str, Plan[Any]] = {"metric": pulled}
        plans["gradient"] = self.inner.gradient(there, By("auto"))
        return join(plans).map(bent)

    def connection(self, theta: Array, v: Array, by: By | None = None) -> Plan[GradientEstimate]:
        """J^T (Gamma_{jk} (J v)^j (J v)^k + M d_v d_v theta) at a point."""
        there, slopes = self.by.theta(theta), self.by.slopes(theta)
        bend = np.einsum("kab,a,b->k", self.by.bends(theta), v, v)
        plans: dict[str, Plan[Any]] = {
            "connection": self.inner.connection(there, slopes @ v, by),
            "metric": self.inner.metric(there, By("auto") if by is None else by, True),
        }

        def pulled(found: dict[str, Any]) -> GradientEstimate:
            gamma: GradientEstimate = found["connection"]
            noise = gamma.covariance
            value = slopes.T @ (gamma.value + found["metric"].matvec(bend))
            return GradientEstimate(value, None if noise is None else slopes.T @ noise @ slopes)

        return join(plans).map(pulled)

    def divergence(self, theta: Array, points: Array, by: By) -> Plan[Array] | None:
        """KL(p_theta || p_point); None where the objective does not know it."""
        known = getattr(self.inner, "divergence", None)
        if known is None:
            return None
        found: Plan[Array] | None = known(self.by.theta(theta), self.by.thetas(points), by)
        return found

    def frequencies(self) -> Any:
        """There are none.

        Raises:
            InputError: Always.
        """
        raise InputError(
            "the method needs the angles of a circuit as they are, and these are other "
            "coordinates: choose another method"
        )
