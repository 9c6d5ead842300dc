"""What a method may ask of a problem with penalties: the sum of its parts, and one metric."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.errors import UnsupportedMeasureError
from qng.estimate import penalty
from qng.estimate.ensemble import weighted
from qng.geometry import Metric
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.problem.symmetries import strength
from qng.run.objective import Circuits
from qng.seeds import DIRECTIONS, Key, extended

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Penalised:
    """What a method may ask for: energies and gradients with penalties, the circuit's metric.

    Args:
        circuits: The circuit and H.
        found: theta_j, shape (K, P).
        weights: beta_j, shape (K,).
    """

    circuits: Circuits
    found: Array
    weights: Array

    @property
    def _circuit(self) -> Circuit:
        return self.circuits.ensemble[0][0]

    @property
    def key(self) -> Key:
        """As of circuits."""
        return self.circuits.key

    def at(self, batch: int) -> Penalised:
        """The same with the random directions of a batch."""
        return replace(self, circuits=self.circuits.at(batch))

    def again(
        self, who: object, what: Hashable, theta: Array, make: Callable[[], Plan[T]]
    ) -> Plan[T]:
        """As of circuits."""
        return self.circuits.again(who, what, theta, make)

    def arrays(self) -> Sequence[tuple[int, ...]]:
        """Shapes of the arrays that theta ravels."""
        return self.circuits.arrays()

    def energy(self, points: Array) -> Plan[Energy[Array]]:
        """<H> and the penalties at points of shape (points, P)."""
        more = penalty.penalty(self._circuit, self.found, self.weights, points)
        return self._both(self.circuits.energy(points), more)

    def gradient(self, theta: Array, by: By) -> Plan[GradientEstimate]:
        """The gradient at one point.

        Raises:
            UnsupportedMeasureError: An estimator that overlaps do not have.
        """
        circuits = self.circuits
        estimate = circuits.gradient_estimator(by)
        more: Plan[GradientEstimate]
        if estimate.name == "exact" and circuits.exactness.tangents:
            more = penalty.exact(self._circuit, self.found, self.weights, theta)
        elif estimate.name == "exact":
            return self.gradient(theta, by.named("parameter-shift"))
        else:
            seed = extended(circuits.key, circuits.batch, DIRECTIONS, 0)
            more = penalty.from_points(
                estimate, self._circuit, self.found, self.weights, theta, seed
            )
        return self._both(circuits.gradient(theta, by), more)

    def metric(self, theta: Array, by: By, products: bool = False) -> Plan[Metric]:
        """The metric of the circuit at one point, or the Hessian with the penalties.

        Raises:
            UnsupportedMeasureError: Another metric of an observable, which would be without them.
        """
        circuits = self.circuits
        estimate = circuits.metric_estimator(by, products)
        if estimate.of == "hessian":
            more: Plan[Any]
            if circuits.exactness.tangents:
                more = penalty.hessian(self._circuit, self.found, self.weights, theta)
            else:
                more = penalty.from_points(estimate, self._circuit, self.found, self.weights, theta)
            return self._both(circuits.metric(theta, by, products), more)
        if estimate.observable:
            raise UnsupportedMeasureError(
                f"the metric {estimate.name} is of an observable, and would leave out the "
                "penalties for overlaps: take a metric of the circuit, such as exact or blocks"
            )
        return circuits.metric(theta, by, products)

    def connection(self, theta: Array, v: Array, by: By | None = None) -> Plan[GradientEstimate]:
        """Gamma_{i,jk} v^j v^k of the circuit's Fubini-Study metric at one point."""
        return self.circuits.connection(theta, v, by)

    def divergence(self, theta: Array, points: Array, by: By) -> Plan[Array] | None:
        """KL(p_theta || p_point) of what the circuit shows; None where it is not known."""
        return self.circuits.divergence(theta, points, by)

    def frequencies(self) -> Sequence[tuple[float, int]]:
        """(c, N) of every parameter: those of any mean, overlaps included."""
        return self.circuits.frequencies()

    def _both(self, energy: Plan[T], more: Plan[T]) -> Plan[T]:
        """The sum; shots in the ratio of the widest that one shot of each can scatter."""
        width = strength(self.circuits.observable)
        if self.circuits.exactness.counting and width > 0:
            more = more.weighted(float(self.weights.sum()) / 2 / width)
        return weighted([energy, more], [1.0, 1.0])
