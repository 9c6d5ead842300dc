"""An objective whose gradient or metric is a function of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from qng.adapters.pennylane.call import Call
from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Dense, Metric
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate, Objective
from qng.seeds import Key

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Given:
    """An objective with a gradient or a metric from outside.

    Args:
        inner: Whatever else is asked.
        slope: theta -> the gradient, shape (P,); None: that of the objective.
        g: theta -> the metric, shape (P, P); None: that of the objective.
    """

    inner: Objective
    slope: Callable[[Array], Array] | None = None
    g: Callable[[Array], Array] | None = None

    @property
    def key(self) -> Key:
        """As of the objective."""
        return self.inner.key

    def at(self, batch: int) -> Given:
        """The same with the random directions of a batch."""
        return replace(self, inner=self.inner.at(batch))

    def again(
        self, who: object, what: Hashable, theta: Array, make: Callable[[], Plan[T]]
    ) -> Plan[T]:
        """Made anew at every point."""
        return make()

    def arrays(self) -> Sequence[tuple[int, ...]]:
        """As of the objective."""
        return self.inner.arrays()

    def energy(self, points: Array) -> Plan[Energy[Array]]:
        """As of the objective."""
        return self.inner.energy(points)

    def gradient(self, theta: Array, by: By) -> Plan[GradientEstimate]:
        """The given one, whatever is asked for."""
        slope = self.slope
        if slope is None:
            return self.inner.gradient(theta, by)
        return Plan((), lambda _: GradientEstimate(slope(theta)), values=1)

    def metric(self, theta: Array, by: By, products: bool = False) -> Plan[Metric]:
        """The given one, whatever is asked for."""
        g = self.g
        if g is None:
            return self.inner.metric(theta, by, products)
        return Plan((), lambda _: Dense(g(theta)), values=1)

    def connection(self, theta: Array, v: Array, by: By | None = None) -> Plan[GradientEstimate]:
        """As of the objective."""
        return self.inner.connection(theta, v, by)

    def frequencies(self) -> Sequence[tuple[float, int]]:
        """As of the objective."""
        return self.inner.frequencies()


def slope_of(function: Callable[..., Any], call: Call) -> Callable[[Array], Array]:
    """The gradient by PennyLane's `grad_fn`: arguments -> one array a trained argument.

    Raises:
        InputError: When it is called: it returns other shapes.
    """

    def slope(theta: Array) -> Array:
        found = function(*call.at(theta), **call.kwargs)
        parts = found if isinstance(found, (list, tuple)) else (found,)
        if len(parts) != len(call.shapes) and len(call.shapes) == 1:
            parts = (np.asarray(found),)
        arrays = [np.asarray(part, dtype=float) for part in parts]
        if [array.shape for array in arrays] != list(call.shapes):
            raise InputError(
                f"grad_fn returns arrays of the shapes {_listed(arrays)}, and the trained "
                f"arguments have {', '.join(map(str, call.shapes))}: it must return one array for "
                "each, of its shape"
            )
        return np.concatenate([array.ravel() for array in arrays])

    return slope


def metric_of(function: Callable[..., Any], call: Call) -> Callable[[Array], Array]:
    """The metric by PennyLane's `metric_tensor_fn`: arguments -> one array a trained argument.

    Between two arguments it is zero, or it is a matrix over all numbers of theta.

    Raises:
        InputError: When it is called: it returns other shapes.
    """

    def metric(theta: Array) -> Array:
        found = function(*call.at(theta), **call.kwargs)
        parts = found if isinstance(found, (list, tuple)) else (found,)
        arrays = [np.asarray(part, dtype=float) for part in parts]
        sizes = [int(np.prod(shape)) for shape in call.shapes]
        if len(arrays) == 1 and arrays[0].size == len(theta) ** 2:
            return arrays[0].reshape(len(theta), len(theta))
        if [array.size for array in arrays] != [size**2 for size in sizes]:
            raise InputError(
                f"metric_tensor_fn returns arrays of the shapes {_listed(arrays)}: it must return "
                "one for each trained argument, of its shape twice, and the arguments have "
                f"{', '.join(map(str, call.shapes))}"
            )
        whole, start = np.zeros((len(theta), len(theta))), 0
        for array, size in zip(arrays, sizes):
            end = start + size
            whole[start:end, start:end] = array.reshape(size, size)
            start = end
        return whole

    return metric


def _listed(arrays: Sequence[Array]) -> str:
    return ", ".join(str(array.shape) for array in arrays) or "none"
