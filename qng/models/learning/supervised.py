"""Learning from labels: the mean of -ln p(y|f(theta, x)) over data, with its metrics.

    L(theta) = (1/N) sum_n -ln p(y_n|f(theta, x_n)) + (decay/2) |theta|^2

The Fisher matrix is that of p(y|x) with the data's x: the sum over labels is taken in closed form.
A decay is no likelihood: it is in the loss, in "hessian" and in "gauss-newton", but in no Fisher
matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import optimize

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Dense, Diagonal, LowRank, Metric
from qng.models.learning import minibatch
from qng.models.learning.factors import kronecker_fisher
from qng.models.learning.labels import CategoricalLabels, Labels, labels_of
from qng.models.learning.regression import (
    Layered,
    OfStates,
    Regression,
    fisher_diagonal,
    fisher_rows,
    pull,
    pulled,
)
from qng.models.loss import metric_by
from qng.models.problem import ModelProblem
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.problem.problem import Reference
from qng.seeds import Key

_CONVERGED = 1e-8


@dataclass(frozen=True, eq=False)
class Supervised:
    """The loss of a regression on data.

    Args:
        model: Its outputs.
        x: Shape (N, features).
        y: Labels as `likelihood` takes them.
        likelihood: Of the labels given the outputs; by default that of the model.
        decay: Of the weights.
        batch: How many data a step sees, drawn without replacement; None: all.
        count: Of how many data these are a mini-batch; None: they are all.

    Raises:
        InputError: Labels that are none, or a batch of fewer than two or of more than there are.

    Example:
        >>> from qng.models import linear_regression
        >>> x, y = np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]])
        >>> float(Supervised(linear_regression(1), x, y).energy(np.array([[2.0, 1.0]])).value[0])
        0.0
    """

    model: Regression
    x: Array = field(repr=False)
    y: Array = field(repr=False)
    likelihood: str | Labels | None = None
    decay: float = 0.0
    batch: int | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        if self.count is not None:
            return  # a mini-batch of data that were checked
        object.__setattr__(self, "x", checks.reals("x", self.x))
        if self.x.ndim != 2 or not len(self.x) or not np.all(np.isfinite(self.x)):
            raise InputError(f"x has finite numbers and shape (data, features), not {self.x.shape}")
        if self.likelihood is None:
            object.__setattr__(self, "likelihood", self.model.likelihood)
        outputs = _checked_outputs(self.model, self.x[:1])
        if isinstance(self.labels, CategoricalLabels) and not _are_probabilities(outputs):
            raise InputError(
                "the outputs of this model are no probabilities of classes, which the likelihood "
                'categorical is about: take "softmax"'
            )
        y = self.labels.checked(self.y, len(self.x), outputs.shape[1])
        object.__setattr__(self, "y", y)
        checks.not_negative("decay", self.decay)
        if self.batch is not None and checks.whole("batch", self.batch, 2) > len(self.x):
            raise InputError(f"a batch of {self.batch} is more than there are data ({len(self.x)})")

    @property
    def labels(self) -> Labels:
        """How labels follow from outputs."""
        assert self.likelihood is not None
        return labels_of(self.likelihood)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.model.parameters

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the model."""
        return self.model.arrays

    def drawn(self, theta: Array, key: Key) -> Supervised:
        """The loss of the mini-batch of a key; itself where all data are seen."""
        if self.batch is None or self.batch == len(self.x):
            return self
        mine = minibatch.picked(len(self.x), self.batch, key)
        return replace(self, x=self.x[mine], y=self.y[mine], batch=None, count=len(self.x))

    def energy(self, points: Array) -> Energy[Array]:
        """The loss at points of shape (points, P)."""
        losses = np.array([self.labels.loss(self.model.outputs(p, self.x), self.y) for p in points])
        value = losses.mean(axis=1) + self.decay / 2 * np.sum(points**2, axis=1)
        if self.count is None:
            return Energy(value)
        return Energy(value, std_error=np.sqrt(self._share * np.var(losses, axis=1)))

    def exact(self, points: Array) -> Array | None:
        """The loss of all data."""
        return None if self.count is not None else self.energy(points).value

    def gradient(self, theta: Array) -> GradientEstimate:
        """The gradient. Cost: one backward pass.

        That of a mini-batch has a covariance up to `minibatch.MOST` parameters; beyond, the errors
        are not computed.
        """
        slopes = self.labels.slopes(self.model.outputs(theta, self.x), self.y)
        if not self._has_errors:
            value = pull(self.model, theta, self.x, slopes) / len(self.x)
            return GradientEstimate(value + self.decay * theta)
        each = pulled(self.model, theta, self.x, slopes)
        apart = each - each.mean(axis=0)
        covariance = self._share * (apart.T @ apart) / len(each)
        return GradientEstimate(each.mean(axis=0) + self.decay * theta, covariance)

    def metric(self, theta: Array, by: By) -> Metric:
        """A metric by name, or by a function (loss, theta) -> matrix.

        "exact" is the Fubini-Study metric of sqrt(p), I / 4; "fisher" I; "empirical-fisher" the
        mean square of the data's gradients; "gauss-newton" J^T H J, H the curvature of the labels;
        "kfac" the Kronecker products of layers (`factors`); "fubini-study", of circuits, the mean
        over data of the metrics of their states. Of mini-batches all have errors but "kfac".
        """
        known: dict[str, Callable[..., Any]] = {
            "auto": lambda at: self._of(self._fisher_rows(at) / 2),
            "exact": lambda at: self._of(self._fisher_rows(at) / 2),
            "fisher": lambda at: self._of(self._fisher_rows(at)),
            "fisher-diagonal": self._fisher_diagonal,
            "empirical-fisher": lambda at: self._of(self._slopes(at)[:, None, :]),
            "gauss-newton": self._gauss_newton,
        }
        if getattr(self.model, "is_linear", False):
            known["hessian"] = self._gauss_newton
        if isinstance(self.model, Layered):
            known["kfac"] = self._kfac
        if isinstance(self.model, OfStates):
            states = self.model.fubini_rows
            known["fubini-study"] = lambda at: self._of(states(at, self.x))
        return metric_by(self, theta, by, known)

    def divergence(self, theta: Array, points: Array) -> Array:
        """KL of the labels at theta from those at points, a mean over the data."""
        f = self.model.outputs(theta, self.x)
        each = [self.labels.divergence(f, self.model.outputs(p, self.x)).mean() for p in points]
        return np.array(each)

    def score(self, theta: Any, x: Any = None, y: Any = None) -> float:
        """The share of classes that are right, or minus the mean squared error; the data's own.

        Args:
            theta: Shape (P,).
            x: Other data.
            y: Their labels.
        """
        point = checks.reals("theta", theta)
        if x is None:
            return float(self.labels.scores(self.model.outputs(point, self.x), self.y).mean())
        f = self.model.outputs(point, checks.reals("x", x))
        return float(self.labels.scores(f, self.labels.checked(y, *f.shape)).mean())

    @property
    def _share(self) -> float:
        return minibatch.share(len(self.x), self.count or len(self.x))

    @property
    def _has_errors(self) -> bool:
        return self.count is not None and len(self.parameters) <= minibatch.MOST

    def _fisher_rows(self, theta: Array) -> Array:
        return fisher_rows(self.model, self.labels, theta, self.x)

    def _slopes(self, theta: Array) -> Array:
        slopes = self.labels.slopes(self.model.outputs(theta, self.x), self.y)
        return pulled(self.model, theta, self.x, slopes)

    def _fisher_diagonal(self, theta: Array) -> Metric:
        if not self._has_errors:
            return Diagonal(fisher_diagonal(self.model, self.labels, theta, self.x))
        squares = np.sum(self._fisher_rows(theta) ** 2, axis=1)
        errors = np.sqrt(self._share * np.var(squares, axis=0))
        return Diagonal(squares.mean(axis=0), np.diag(errors))

    def _gauss_newton(self, theta: Array) -> Metric:
        rows = self.labels.curvature(self.model.outputs(theta, self.x), self.y)
        metric = self._of(pulled(self.model, theta, self.x, rows))
        if self.decay == 0.0:
            return metric
        shifted = metric.dense() + self.decay * np.eye(len(theta))
        return Dense(shifted, metric.std_error, noise=metric.noise)

    def _kfac(self, theta: Array, damping: float = 0.0) -> Metric:
        return kronecker_fisher(self.model, self.labels, theta, self.x, damping)

    def _of(self, rows: Array) -> Metric:
        """(1/N) sum_n X_n^T X_n of rows of shape (N, C, P)."""
        if self._has_errors:
            assert self.count is not None
            return minibatch.metric_of(rows, len(self.x), self.count)
        flat = rows.reshape(-1, rows.shape[2]) / np.sqrt(len(self.x))
        return LowRank(flat) if len(flat) < flat.shape[1] else Dense(flat.T @ flat)


def supervised(
    model: Regression,
    x: Any,
    y: Any,
    start: Any = None,
    likelihood: str | Labels | None = None,
    decay: float = 0.0,
    batch: int | None = None,
    seed: Key = 0,
    **about: Any,
) -> ModelProblem:
    """The problem of learning labels from data, for `qng.minimize` and `qng.compare`.

    Args:
        model: Such as `Perceptron`, `CircuitClassifier`, or one of your own (`Regression`).
        x: Shape (N, features).
        y: Labels: classes 0, 1, ..., numbers of shape (N,) or (N, K), or 0 and 1.
        start: Shape (P,); by default the model's own, drawn with `seed`.
        likelihood: As in `Supervised`, like the next two.
        decay: See there.
        batch: See there.
        seed: Of the start.
        about: `name`, `title`, ... of the `ModelProblem`. Without a reference, that of a model that
            is linear in theta is the minimum, where there is one.

    Raises:
        InputError: No start, where the model has none of its own.

    Example:
        >>> from qng.models.learning.perceptron import logistic_regression
        >>> problem = supervised(logistic_regression(1), [[0.0], [1.0], [2.0]], [0, 1, 0])
        >>> round(problem.reference_energy().energy, 4)
        0.6365
    """
    loss = Supervised(model, x, y, likelihood, decay, batch)
    if start is None:
        make = getattr(model, "start", None)
        if make is None:
            raise InputError("this model has no start of its own: give start=")
        start = make(seed)
    if getattr(model, "is_linear", False) and about.get("reference") is None:
        about["reference"] = _lowest(loss)
    return ModelProblem(loss, start, unit=about.pop("unit", "nats"), **about)


def _checked_outputs(model: Regression, x: Array) -> Array:
    """Outputs of one datum at 0, shape (1, K).

    Raises:
        InputError: They, or the Jacobian of a model that has one, are of another shape.
    """
    theta = np.zeros(len(model.parameters))
    outputs = np.asarray(model.outputs(theta, x))
    if outputs.ndim != 2 or len(outputs) != 1:
        raise InputError(f"outputs have the shape (data, K), here (1, K), not {outputs.shape}")
    if hasattr(model, "jacobian"):
        expected, shape = (*outputs.shape, len(theta)), np.shape(model.jacobian(theta, x))
        if shape != expected:
            raise InputError(f"a jacobian has the shape (data, K, P), here {expected}, not {shape}")
    return outputs


def _are_probabilities(outputs: Array) -> bool:
    return bool(np.all(outputs >= 0) and np.allclose(outputs.sum(axis=1), 1.0))


def _lowest(loss: Supervised) -> Reference | None:
    """The minimum of a convex loss; None where it has none, as for classes that can be told apart.

    Cost: some ten solutions of P equations.
    """
    if len(loss.parameters) > minibatch.MOST:
        return None

    def value(x: Array) -> float:
        return float(loss.energy(x[None]).value[0])

    def curvature(x: Array) -> Array:
        return loss.metric(x, By("hessian")).dense()

    settings: dict[str, Any] = {
        "jac": lambda x: loss.gradient(x).value,
        "hess": curvature,
        "method": "trust-ncg",
        "options": {"gtol": _CONVERGED / 10, "maxiter": 200},
    }
    zero = np.zeros(len(loss.parameters))
    found: Any = optimize.minimize(value, zero, **settings)
    # Towards infinity the curvature vanishes; in directions that change nothing it is rounding.
    w = np.linalg.eigvalsh(found.hess) / np.linalg.norm(curvature(zero))
    if np.any((w > 1e-12) & (w < 1e-6)) or not np.linalg.norm(found.jac) < _CONVERGED:
        return None
    return Reference(float(found.fun), "the minimum of a convex function, by Newton's method")
