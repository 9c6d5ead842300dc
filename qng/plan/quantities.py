"""What plans reduce to, and what a method may ask for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from qng.arrays import Array, all_finite, same
from qng.errors import InputError
from qng.geometry import Metric
from qng.plan.estimator import Estimator
from qng.plan.plan import Plan
from qng.seeds import Key

T = TypeVar("T")
V = TypeVar("V", float, Array)


@dataclass(frozen=True, eq=False)
class Energy(Generic[V]):
    """Energies: `Energy[Array]` at several points, `Energy[float]` at one.

    Args:
        value: <H>, in the units of the observable, shape (points,) or ().
        variance: <H^2> - <H>^2 of the states, or None where it is not known.
        std_error: Of `value`; None where exact.
    """

    value: V
    variance: V | None = None
    std_error: V | None = None

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), np.shape(self.value)))

    def at(self: Energy[Array], k: int) -> Energy[float]:
        """The energy at point k.

        Raises:
            InputError: It is that of one point already.
        """
        if np.ndim(self.value) == 0:
            raise InputError("this is the energy at one point: take float(energy)")
        return Energy(
            float(self.value[k]),
            None if self.variance is None else float(self.variance[k]),
            None if self.std_error is None else float(self.std_error[k]),
        )

    def widened(self, pairs: Sequence[tuple[Energy[V], Energy[V]]]) -> Energy[V]:
        """With the errors of further sources (`calibrated.Uncertain`)."""
        moved = np.array([np.asarray(up.value) - down.value for up, down in pairs]) / 2
        error = np.sqrt((0.0 if self.std_error is None else self.std_error) ** 2 + sum(moved**2))
        # A number stays one.
        return replace(self, std_error=cast(V, error if np.ndim(error) else float(error)))

    @property
    def error(self: Energy[float]) -> float:
        """The standard error, 0 where exact."""
        return 0.0 if self.std_error is None else self.std_error

    def __float__(self) -> float:
        """The energy of the single point.

        Raises:
            InputError: There are several, or none.
        """
        if np.size(self.value) != 1:
            raise InputError(
                f"these are energies at {np.size(self.value)} points, and float() is of one: take "
                "energy.value, or float(energy.at(k))"
            )
        return float(np.reshape(self.value, ())[()])

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else str(self)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.value, dtype=dtype, copy=copy)

    def _repr_html_(self) -> str:
        from qng.report.notebook import energy_html

        return energy_html(self)


@dataclass(frozen=True, eq=False, repr=False)
class GradientEstimate:
    """A gradient in the parameters, or those at several points.

    Args:
        value: Shape (P,) or (points, P), units of the observable per radian.
        covariance: Of the entries, shape (P, P) or (points, P, P); None where exact.
    """

    value: Array
    covariance: Array | None = None

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.value.shape))

    @property
    def std_error(self) -> Array | None:
        """Standard errors of the entries, in the shape of `value`; None where exact."""
        if self.covariance is None:
            return None
        errors: Array = np.sqrt(np.diagonal(self.covariance, axis1=-2, axis2=-1))
        return errors

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, key: Any) -> Any:
        """Entries by position, as of an array."""
        return self.value[key]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        known = "" if self.covariance is None else f", std_error={self.std_error!r}"
        return f"GradientEstimate(value={self.value!r}{known})"

    def _repr_html_(self) -> str:
        from qng.report.notebook import gradient_html

        return gradient_html(self)

    def widened(
        self, pairs: Sequence[tuple[GradientEstimate, GradientEstimate]]
    ) -> GradientEstimate:
        """With the errors of further sources (`calibrated.Uncertain`)."""
        moved = np.array([up.value - down.value for up, down in pairs]) / 2
        own = 0.0 if self.covariance is None else self.covariance
        return replace(self, covariance=own + moved.T @ moved)


@dataclass(frozen=True, init=False)
class By:
    """How a quantity is estimated: an estimator, by name or as a value, with its options.

    Args:
        estimator: A name of `estimate.table`; an `Estimator` of your own; or a function
            (circuit, theta) -> Plan, (circuit, observable, theta) -> Plan for gradients, of which
            it is not known what it estimates.
        options: Keyword arguments of the estimator.

    Example:
        >>> By("blocks", rule="wires")
        By('blocks', rule='wires')
    """

    estimator: str | Estimator[Any] | Callable[..., Plan[Any]]
    options: tuple[tuple[str, Any], ...]

    def __init__(
        self, estimator: str | Estimator[Any] | Callable[..., Plan[Any]], /, **options: Any
    ) -> None:
        object.__setattr__(self, "estimator", estimator)
        object.__setattr__(self, "options", tuple(sorted(options.items())))

    def __repr__(self) -> str:
        shown = [repr(self.estimator), *(f"{key}={value!r}" for key, value in self.options)]
        return f"By({', '.join(shown)})"

    @staticmethod
    def of(given: str | Estimator[Any] | Callable[..., Plan[Any]] | By) -> By:
        """What was given, as a `By`."""
        return given if isinstance(given, By) else By(given)

    def named(self, name: str) -> By:
        """Another estimator with the same options."""
        return By(name, **dict(self.options))


class Objective(Protocol):
    """What a method may ask for: circuits, classical models and neural states alike.

    Everything is a function of theta that returns a plan, shapes (P,) and (points, P).
    """

    @property
    def key(self) -> Key:
        """Of random directions; equal in all batches of a run."""

    def at(self, batch: int, /) -> Objective:
        """The same with the random directions of a batch."""

    def again(
        self, who: object, what: Hashable, theta: Array, make: Callable[[], Plan[T]], /
    ) -> Plan[T]:
        """The plan that somebody asks again and again, made once where it is `rigid`.

        Args:
            who: Asks.
            what: Tells it from other plans that they ask.
            theta: Where it is asked, shape (P,).
            make: Makes it there.
        """

    def arrays(self) -> Sequence[tuple[int, ...]]:
        """Shapes of the arrays that theta ravels, in order; ((P,),) where there are none."""

    def energy(self, points: Array, /) -> Plan[Energy[Array]]:
        """Energies at points of shape (points, P)."""

    def gradient(self, theta: Array, by: By, /) -> Plan[GradientEstimate]:
        """The gradient at one point.

        Raises:
            InputError: It cannot be had in this way.
        """

    def metric(self, theta: Array, by: By, /, products: bool = False) -> Plan[Metric]:
        """A metric at one point.

        Args:
            theta: The point.
            by: Which one, and how it is estimated.
            products: Whether its products with vectors are enough.

        Raises:
            InputError: It cannot be had in this way.
        """

    def connection(self, theta: Array, v: Array, /, by: By | None = None) -> Plan[GradientEstimate]:
        """Gamma_{i,jk} v^j v^k of the Fubini-Study metric at one point.

        Args:
            theta: The point.
            v: Shape (P,).
            by: How the metric is estimated with which it is used.

        Raises:
            InputError: That is another metric, or none whose connection is known.
        """

    def frequencies(self) -> Sequence[tuple[float, int]]:
        """(c, N) of every parameter: E is a trigonometric polynomial of degree N in c theta_i.

        Raises:
            InputError: It is none.
        """


@dataclass(frozen=True)
class Measured:
    """What is measured at the point of a step; None is what was not asked for."""

    energy: Energy[Array]
    gradient: GradientEstimate | None = None
    metric: Metric | None = None

    def is_finite(self) -> bool:
        """Whether all numbers are."""
        gradient = None if self.gradient is None else self.gradient.value
        return (
            all_finite(self.energy.value)
            and (gradient is None or all_finite(gradient))
            and (self.metric is None or self.metric.is_finite())
        )
