"""Any function of real parameters as a problem, with whatever of its derivatives is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, shown
from qng.geometry import Dense, Metric
from qng.models import pieces
from qng.models.loss import as_metric, metric_by
from qng.models.problem import ModelProblem
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.seeds import Key


@dataclass(frozen=True, eq=False)
class FunctionLoss:
    """A function, with its derivatives and metrics where they are known.

    Args:
        f: theta of shape (P,) -> a number.
        parameters: Names.
        arrays: Shapes of the arrays that theta ravels.
        slope: theta -> the gradient, shape (P,); None: central differences.
        curvature: theta -> the Hessian, shape (P, P); None: differences of gradients.
        g: theta -> the Fubini-Study metric, or a matrix in its place; None: a quarter of `fisher`.
        fisher: theta -> the Fisher matrix; None: four times `g`.
    """

    f: Callable[[Array], Any]
    parameters: tuple[str, ...]
    arrays: tuple[tuple[int, ...], ...]
    slope: Callable[[Array], Any] | None = None
    curvature: Callable[[Array], Any] | None = None
    g: Callable[[Array], Any] | None = None
    fisher: Callable[[Array], Any] | None = None

    def drawn(self, theta: Array, key: Key) -> FunctionLoss:
        """Itself: nothing is drawn."""
        return self

    def energy(self, points: Array) -> Energy[Array]:
        """The function at points of shape (points, P)."""
        return Energy(np.array([_number(self.f(point.copy())) for point in points]))

    def gradient(self, theta: Array) -> GradientEstimate:
        """The gradient at a point.

        Raises:
            InputError: What is given for it has another shape.
        """
        if self.slope is None:
            return pieces.finite_difference(self, theta)
        value = checks.reals("the gradient", self.slope(theta.copy()))
        if value.shape != theta.shape:
            raise InputError(
                f"the gradient has the shape {value.shape}: it must be that of theta, {theta.shape}"
            )
        return GradientEstimate(value)

    def metric(self, theta: Array, by: By) -> Metric:
        """A metric at a point.

        Raises:
            InputError: It was not given.
        """
        known: dict[str, Callable[[Array], Any]] = {}
        if self.curvature is not None:
            known["hessian"] = _on_a_copy(self.curvature)
        elif self.slope is None:
            known["hessian"] = self._second_differences
        if self.g is not None or self.fisher is not None:
            known |= {"auto": self._fubini, "exact": self._fubini, "fisher": self._fisher}
        elif by.estimator in ("auto", "exact", "fisher"):
            raise InputError(
                "the method needs a metric, and the function has none: give metric= or fisher= to "
                "qng.models.function, or choose gd, adam, newton, bfgs or another without"
            )
        return metric_by(self, theta, by, known)

    def _second_differences(self, theta: Array) -> Metric:
        return pieces.second_differences(lambda x: _number(self.f(x)), theta)

    def _fubini(self, theta: Array) -> Metric:
        return _of_two(theta.copy(), self.g, self.fisher, 0.25)

    def _fisher(self, theta: Array) -> Metric:
        return _of_two(theta.copy(), self.fisher, self.g, 4.0)


@dataclass(frozen=True, eq=False)
class Residuals:
    """Half the sum of the squares of residuals r, of which J^T J is the Gauss-Newton matrix.

    Args:
        residuals: theta of shape (P,) -> r, shape (N,).
        parameters: Names.
        arrays: Shapes of the arrays that theta ravels.
        slopes: theta -> J = dr/dtheta, shape (N, P); None: central differences.
    """

    residuals: Callable[[Array], Any]
    parameters: tuple[str, ...]
    arrays: tuple[tuple[int, ...], ...]
    slopes: Callable[[Array], Any] | None = None

    def drawn(self, theta: Array, key: Key) -> Residuals:
        """Itself: nothing is drawn."""
        return self

    def energy(self, points: Array) -> Energy[Array]:
        """r^T r / 2 at points of shape (points, P)."""
        return Energy(np.array([float(np.sum(self._at(point) ** 2)) / 2 for point in points]))

    def gradient(self, theta: Array) -> GradientEstimate:
        """J^T r at a point."""
        return GradientEstimate(self.jacobian(theta).T @ self._at(theta))

    def metric(self, theta: Array, by: By) -> Metric:
        """J^T J by the name "gauss-newton", and as the Fisher matrix of errors of variance 1.

        Raises:
            UnknownNameError: Another name.
        """

        def squares(theta: Array) -> Array:
            jacobian = self.jacobian(theta)
            product: Array = jacobian.T @ jacobian
            return product

        known = {
            "auto": lambda theta: squares(theta) / 4,
            "exact": lambda theta: squares(theta) / 4,
            "fisher": squares,
            "gauss-newton": squares,
        }
        return metric_by(self, theta, by, known)

    def jacobian(self, theta: Array) -> Array:
        """J at a point, shape (N, P).

        Raises:
            InputError: What is given for it has another shape.
        """
        if self.slopes is None:
            return pieces.derivatives(self._at, theta).T
        found = checks.reals("the Jacobian", self.slopes(theta.copy()))
        expected = (len(self._at(theta)), len(theta))
        if found.shape != expected:
            raise InputError(f"the Jacobian has the shape {found.shape}: it must be {expected}")
        return found

    def _at(self, theta: Array) -> Array:
        found = checks.reals("the residuals", self.residuals(theta.copy()))
        if found.ndim != 1:
            raise InputError(f"residuals are a vector, not an array of shape {found.shape}")
        return found


def function(
    f: Callable[[Array], Any],
    start: ArrayLike | Mapping[str, float],
    gradient: Callable[[Array], Any] | None = None,
    hessian: Callable[[Array], Any] | None = None,
    metric: Callable[[Array], Any] | None = None,
    fisher: Callable[[Array], Any] | None = None,
    names: Sequence[str] | None = None,
    arrays: Sequence[Sequence[int]] | None = None,
    **options: Any,
) -> ModelProblem:
    """Any function of real parameters as a problem.

    Args:
        f: theta of shape (P,) -> a number.
        start: Shape (P,), or a mapping from names to values.
        gradient: theta -> shape (P,); central differences by default.
        hessian: theta -> shape (P, P), for `newton`; differences of gradients by default.
        metric: theta -> the metric of `qng`, shape (P, P) or a value of `qng.geometry`; a quarter
            of the Fisher matrix by default.
        fisher: theta -> the Fisher matrix of `ng`; four times `metric` by default.
        names: Of the parameters; those of the mapping, or t0, t1, ... by default.
        arrays: Shapes of the arrays that theta ravels, for methods such as `shampoo`.
        options: Of `ModelProblem`: reference, name, title, accuracy, frozen, ...

    Raises:
        InputError: Something has a wrong shape at the start, before anything is minimised.

    Example:
        >>> import qng
        >>> bowl = function(lambda t: (t[0] - 1) ** 2 + 2 * t[1] ** 2, [0.0, 1.0], reference=0.0)
        >>> qng.minimize(bowl, "newton", steps=5).x.round(6).tolist()
        [1.0, 0.0]
    """
    _check_function("f", f)
    checks.function("gradient", gradient)
    named, known = _named(start, names), _shapes(start, arrays)
    loss = FunctionLoss(f, named, known, gradient, hessian, metric, fisher)
    problem = ModelProblem(loss, start, **options)
    begun = problem.initial
    loss.energy(begun[None])
    if gradient is not None:
        loss.gradient(begun)
    for name, matrix in (("hessian", hessian), ("auto", metric), ("fisher", fisher)):
        checks.function(name, matrix)
        if matrix is not None:
            loss.metric(begun, By(name))
    return problem


def least_squares(
    residuals: Callable[[Array], Any],
    start: ArrayLike | Mapping[str, float],
    jacobian: Callable[[Array], Any] | None = None,
    names: Sequence[str] | None = None,
    arrays: Sequence[Sequence[int]] | None = None,
    **options: Any,
) -> ModelProblem:
    """Half the sum of squares of residuals as a problem; `gauss-newton` is made for it.

    Args:
        residuals: theta of shape (P,) -> r, shape (N,).
        start: Shape (P,), or a mapping from names to values.
        jacobian: theta -> dr/dtheta, shape (N, P); central differences by default.
        names: As of `function`.
        arrays: Likewise.
        options: Of `ModelProblem`.

    Raises:
        InputError: Something has a wrong shape at the start.

    Example:
        >>> import qng
        >>> line = least_squares(lambda t: [t[0] - 1.0, 2 * t[1] - 1.0], start=[0.0, 1.0])
        >>> qng.minimize(line, "gauss-newton", steps=50).x.round(3).tolist()
        [1.0, 0.5]
    """
    _check_function("residuals", residuals)
    checks.function("jacobian", jacobian)
    loss = Residuals(residuals, _named(start, names), _shapes(start, arrays), jacobian)
    problem = ModelProblem(loss, start, **options)
    loss.gradient(problem.initial)
    return problem


def _of_two(
    theta: Array,
    own: Callable[[Array], Any] | None,
    other: Callable[[Array], Any] | None,
    factor: float,
) -> Metric:
    """What was given for a metric, or a multiple of what was given for the other one."""
    if own is not None:
        return as_metric(own(theta), len(theta))
    assert other is not None
    return Dense(factor * as_metric(other(theta), len(theta)).dense())


def _on_a_copy(function: Callable[[Array], Any]) -> Callable[[Array], Any]:
    return lambda theta: function(theta.copy())


def _check_function(name: str, given: Any) -> None:
    if not callable(given):
        raise InputError(f"{name} must be a function, not {shown(given)}")


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"the function must return a number, not {shown(value)}") from error


def _named(start: Any, names: Sequence[str] | None) -> tuple[str, ...]:
    if names is not None:
        return tuple(checks.text("a name of a parameter", name) for name in names)
    if isinstance(start, Mapping):
        return tuple(map(str, start))
    return tuple(f"t{k}" for k in range(np.size(checks.reals("start", start))))


def _shapes(start: Any, arrays: Sequence[Sequence[int]] | None) -> tuple[tuple[int, ...], ...]:
    size = len(start) if isinstance(start, Mapping) else np.size(start)
    if arrays is None:
        return ((size,),)
    shapes = tuple(tuple(int(n) for n in shape) for shape in arrays)
    if sum(int(np.prod(shape)) for shape in shapes) != size:
        raise InputError(f"arrays of shapes {shapes} do not hold {size} parameters")
    return shapes
