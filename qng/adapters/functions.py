"""A function of the user's, minimised in the metric of a circuit.

    energy, gradient    what the function says (`readings`, `slopes`), or the gradient that is given
    metric              that of the circuit, on an executor of ours

The function is called in this process, one batch of circuits is run a step.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.adapters.gradients import Slope
from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, UnsupportedMeasureError
from qng.geometry import Dense, Metric
from qng.models import pieces
from qng.models.loss import as_metric
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.problem.anyproblem import expanded
from qng.problem.given import Ensemble
from qng.run.idle import Kept
from qng.run.objective import Circuits, Exactness
from qng.seeds import DIRECTIONS, Key, extended

T = TypeVar("T")

# Of a function alone; nothing is executed of it.
_NOTHING: Final = PauliSum({"": 0.0})


@dataclass(frozen=True, eq=False)
class Functions:
    """What a method may ask for: the function's values and slopes, the circuit's metric.

    Args:
        slope: The function's.
        size: P.
        circuits: Whose metric is taken; None: none was given.
        curvature: theta -> the Hessian, shape (P, P); None: second differences of readings.
        key: Of random directions.
        batch: The batch for which directions are drawn.
    """

    slope: Slope
    size: int
    circuits: Circuits | None = None
    curvature: Callable[..., Any] | None = None
    key: Key = 0
    batch: int = 0

    def at(self, batch: int) -> Functions:
        """The same with the random directions of a batch."""
        circuits = None if self.circuits is None else self.circuits.at(batch)
        return replace(self, circuits=circuits, batch=batch)

    def again(
        self, who: object, what: Hashable, theta: Array, make: Callable[[], Plan[T]]
    ) -> Plan[T]:
        """Made anew at every point."""
        return make()

    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the arrays that theta ravels."""
        return ((self.size,),) if self.circuits is None else self.circuits.arrays()

    def energy(self, points: Array) -> Plan[Energy[Array]]:
        """Readings at points of shape (points, P)."""
        where = np.array(points, dtype=float)
        return Plan((), lambda _: self.slope.readings.energy(where), values=len(where))

    def gradient(self, theta: Array, by: By) -> Plan[GradientEstimate]:
        """The gradient at a point.

        Raises:
            InputError: It cannot be had in this way.
        """
        self.slope.check(by)
        seed = extended(self.key, self.batch, DIRECTIONS, 0)
        known = self.slope.combination(theta, by, seed)
        if known is not None:
            self.slope.readings.expect(theta + known.moves)
        return Plan(
            (),
            lambda _: self.slope.at(theta, by, seed),
            values=self.slope.readings_of(by, len(theta)),
        )

    def metric(self, theta: Array, by: By, products: bool = False) -> Plan[Metric]:
        """The metric of the circuit at a point; the Hessian is that of the function.

        Raises:
            InputError: No circuit, or a metric of an observable, which a function does not show.
        """
        if by.estimator == "hessian":
            return Plan((), lambda _: self._hessian(theta), values=2 * self.size * (self.size + 1))
        circuits = self._circuits()
        estimate = circuits.metric_estimator(by, products)
        if estimate.observable:
            raise UnsupportedMeasureError(
                f"the metric {estimate.name} is of an observable, and a function does not say of "
                "which it is: give qng.minimize the problem itself, or take a metric of the circuit"
            )
        return circuits.metric(theta, by, products)

    def connection(self, theta: Array, v: Array, by: By | None = None) -> Plan[GradientEstimate]:
        """Gamma_{i,jk} v^j v^k of the circuit's Fubini-Study metric at a point.

        Raises:
            InputError: No circuit, or another metric.
        """
        return self._circuits().connection(theta, v, by)

    def divergence(self, theta: Array, points: Array, by: By) -> Plan[Array] | None:
        """KL(p_theta || p_point) of what the circuit shows; None where it is not known."""
        return self._circuits().divergence(theta, points, by)

    def frequencies(self) -> Sequence[tuple[float, int]]:
        """(c, N) of every parameter of the circuit.

        Raises:
            InputError: No circuit, or one that has none.
        """
        return self._circuits().frequencies()

    def _circuits(self) -> Circuits:
        if self.circuits is None:
            raise InputError(
                "the method needs the metric of a circuit: give the circuit that fun runs, or "
                "choose gd, adam, bfgs or another method without"
            )
        return self.circuits

    def _hessian(self, theta: Array) -> Metric:
        if self.curvature is not None:
            return as_metric(self.curvature(theta.copy()), len(theta))
        readings = self.slope.readings
        if readings.sigma(theta):
            raise InputError("second differences of readings with noise are noise: give hess=")
        found: Dense = pieces.second_differences(
            lambda x: float(readings.values(x[None])[0]), theta
        )
        return found


@dataclass(frozen=True, eq=False)
class FunctionProblem:
    """A function and a circuit as what a run minimises.

    Args:
        slope: The function's.
        start: Shape (P,).
        parameters: Names.
        ensemble: Weighted circuits whose metric is taken; none: there is no metric.
        curvature: As of `Functions`.
        name: For messages.
    """

    slope: Slope
    start: Array
    parameters: tuple[str, ...]
    ensemble: Ensemble = ()
    curvature: Callable[..., Any] | None = None
    name: str = "function"
    title: str = ""
    source: str = ""
    accuracy: float = 1e-6
    unit: str = ""
    spread: float | None = None
    frozen: tuple[str, ...] = field(default=(), init=False)

    @property
    def initial(self) -> Array:
        """A copy of the start, shape (P,)."""
        return self.start.copy()

    @property
    def free(self) -> NDArray[np.intp]:
        """All parameters."""
        return np.arange(len(self.parameters), dtype=np.intp)

    def reduced(self, theta: ArrayLike | None = None) -> FunctionProblem:
        """The problem with another start."""
        return self if theta is None else replace(self, start=np.array(theta, dtype=float))

    def expand(self, x: ArrayLike, base: ArrayLike | None = None) -> Array:
        """x itself: nothing is frozen."""
        return expanded(x, self.start, self.free)

    def reference_energy(self) -> None:
        """None: nobody knows the lowest value of a function."""

    def ground_space(self) -> None:
        """None: nor its states."""

    def objective(self, device: Executor | Service, counting: bool, key: Key = 0) -> Functions:
        """What a run asks.

        Args:
            device: What runs the circuits of the metric.
            counting: Whether bits are counted.
            key: Of random directions.
        """
        circuits = None
        if self.ensemble:
            kept = Kept.of(self.ensemble, device)
            exactness = Exactness.of(device, counting)
            circuits = Circuits(kept.ensemble(self.ensemble), _NOTHING, kept, exactness, key)
        return Functions(self.slope, len(self.parameters), circuits, self.curvature, key)
