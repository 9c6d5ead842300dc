"""What can be minimised without circuits: a loss, a pure value of which all functions are pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, UnknownNameError, shown
from qng.geometry import Dense, Metric
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.seeds import Key


class Loss(Protocol):
    """A function of P parameters with its gradient, and the metrics of what it is a function of.

    A method asks for these as it asks a circuit. All samples of one step are drawn with one key:
    its energy, gradient and metric are of the same samples, and the next step has others.

    The names of metrics are those of `metric`; what a loss does not have it refuses with
    `unknown_metric`, so that generic pieces can take its place ("hessian", `objective.Losses`).
    """

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the P parameters."""

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the arrays that theta ravels, in order; ((P,),) where there are none.

        Weights are (out, in), biases (out,).
        """

    def drawn(self, theta: Array, key: Key, /) -> Loss:
        """The loss of the samples, or of the mini-batch, of a key; itself where nothing is drawn.

        Args:
            theta: From whose distribution samples are drawn, where they depend on one.
            key: Names the stream (`qng.seeds.generator`); equal keys draw equally.
        """

    def energy(self, points: Array, /) -> Energy[Array]:
        """The loss at points of shape (points, P), with standard errors where it is sampled."""

    def gradient(self, theta: Array, /) -> GradientEstimate:
        """Its gradient at a point of shape (P,), with a covariance where it is sampled."""

    def metric(self, theta: Array, by: By, /) -> Metric:
        """A metric at a point.

        Args:
            theta: Shape (P,).
            by: "auto" and "exact": the Fubini-Study metric g, of the amplitudes sqrt(p) for
                probabilities (a quarter of the Fisher matrix) and of psi for wave functions;
                "diagonal" and "blocks" of it; "fisher": the Fisher matrix I of the model, and
                "fisher-diagonal"; "empirical-fisher": mean squares of the gradients of data, which
                is no Fisher matrix; "hessian", "gauss-newton", "kfac". Those that it has.

        Raises:
            UnknownNameError: It does not have that one.
        """


@runtime_checkable
class Judged(Protocol):
    """A loss from samples whose exact values are cheap: runs are judged by these.

    Of others bounds are asked, which take readings as normal: where a reading is the mean of a few
    skew values, runs are called solved too often (of 100 squares of a normal variable 14 % in 10
    steps, where 2.3 % is meant). Give `exact` there, or more samples.
    """

    def exact(self, points: Array, /) -> Array:
        """The values without samples at points of shape (points, P); NaN where that takes long."""


@runtime_checkable
class Divergent(Protocol):
    """A loss of a model whose distributions can be compared."""

    def divergence(self, theta: Array, points: Array, /) -> Array:
        """KL(p_theta || p_point) at points of shape (points, P)."""


def unknown_metric(by: By, known: Mapping[str, Any] | tuple[str, ...]) -> UnknownNameError:
    """What is raised where a loss does not have a metric."""
    # Its names are few, and mean other things where they are alike.
    return UnknownNameError("metric of this model", by.estimator, known, likeness=0.8)


def metric_by(loss: Any, theta: Array, by: By, known: Mapping[str, Callable[..., Any]]) -> Metric:
    """The metric of a name from a table, or by a function of the user's own.

    Args:
        loss: Whose metric.
        theta: Shape (P,).
        by: Its name with options, or a function (loss, theta, **options) -> a metric or a matrix.
        known: Functions (theta, **options) -> a metric or a matrix of shape (P, P), by name.

    Raises:
        UnknownNameError: No such name.
        InputError: An option that it does not have, or a result that is no metric.
    """
    options = dict(by.options)
    if isinstance(by.estimator, str):
        if by.estimator not in known:
            raise unknown_metric(by, known)
        found = _called(by, lambda: known[str(by.estimator)](theta, **options))
    elif callable(by.estimator):
        make: Callable[..., Any] = by.estimator
        found = _called(by, lambda: make(loss, theta, **options))
    else:
        raise unknown_metric(by, known)
    return as_metric(found, len(theta))


def as_metric(found: Any, size: int) -> Metric:
    """A metric, or a symmetric matrix as one.

    Raises:
        InputError: Neither, or of another size.
    """
    if isinstance(found, (np.ndarray, list, tuple)):
        found = Dense(np.asarray(found, dtype=float))
    if not hasattr(found, "matvec") or found.size != size:
        raise InputError(
            f"a metric of {size} parameters is a matrix of shape ({size}, {size}), or a value such "
            f"as qng.geometry.Dense, not {shown(found)}"
        )
    metric: Metric = found
    return metric


def _called(by: By, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
        option = str(error).rsplit(" ", 1)[-1].strip("'")
        raise InputError(
            f"the metric {by.estimator} of this model has no option {option}"
        ) from error
