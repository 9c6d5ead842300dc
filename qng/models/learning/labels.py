"""How labels follow from outputs: -ln p(y|f) with what a Fisher matrix needs of it.

    loss         -ln p(y|f)
    slopes       s = d loss / d f, the score of a label but for its sign
    fisher       rows r_c with sum_c r_c r_c^T = E_y[s s^T], the labels being the model's: the sum
                 over labels in closed form, nothing is drawn
    curvature    rows with sum_c r_c r_c^T = d^2 loss / d f^2 at the label of the data

For "gaussian", "bernoulli" and "softmax" these two are the same whatever the label: Gauss-Newton is
natural gradient there. For "categorical", whose outputs are probabilities, the curvature is s s^T:
Gauss-Newton is the empirical Fisher matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Final, Protocol

import numpy as np
from scipy.special import expit, softmax

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError, shown

RARE: Final = 1e-12
"""Probabilities below it are taken for 0."""


class Labels(Protocol):
    """A conditional distribution p(y|f) of labels y given outputs f of shape (N, K)."""

    @property
    def is_of_classes(self) -> bool:
        """Whether a label is one number, the class; else it has one for every output."""

    def listed(self, outputs: int, /) -> Array | None:
        """All labels, one a row; None where there are more than can be listed."""

    def constant(self, outputs: int, /) -> float:
        """What `loss` leaves out of -ln p(y|f)."""

    def checked(self, y: Any, count: int, outputs: int, /) -> Array:
        """Labels of so many data as an array that has one row a datum.

        Raises:
            InputError: They are no labels of so many outputs.
        """

    def loss(self, f: Array, y: Array, /) -> Array:
        """-ln p(y|f), shape (N,)."""

    def slopes(self, f: Array, y: Array, /) -> Array:
        """d loss / d f, shape (N, K)."""

    def fisher(self, f: Array, /) -> Array:
        """Rows r_c of the Fisher matrix of the outputs, shape (N, C, K)."""

    def curvature(self, f: Array, y: Array, /) -> Array:
        """Rows of the second derivative by the outputs, shape (N, C, K)."""

    def divergence(self, f: Array, g: Array, /) -> Array:
        """KL(p(y|f) || p(y|g)), shape (N,)."""

    def drawn(self, f: Array, rng: np.random.Generator, /) -> Array:
        """Labels of the model, one a datum."""

    def scores(self, f: Array, y: Array, /) -> Array:
        """How good a guess is, shape (N,): 1 for a class that is right, else 0."""


@dataclass(frozen=True)
class GaussianLabels:
    """Real numbers with normal errors; the constant ln sqrt(2 pi sigma^2) is left out of the loss.

    Args:
        sigma: Standard deviation of the errors.

    Example:
        >>> GaussianLabels(sigma=0.5).sigma
        0.5
    """

    is_of_classes: ClassVar[bool] = False

    sigma: float = 1.0

    def __post_init__(self) -> None:
        checks.positive("sigma", self.sigma)

    def listed(self, outputs: int) -> Array | None:
        """None: they are real numbers."""
        return None

    def constant(self, outputs: int) -> float:
        """ln sqrt(2 pi sigma^2) a number."""
        return outputs * math.log(self.sigma * math.sqrt(2 * math.pi))

    def checked(self, y: Any, count: int, outputs: int) -> Array:
        """Shape (N, K)."""
        return _table(y, count, outputs)

    def loss(self, f: Array, y: Array) -> Array:
        """|y - f|^2 / (2 sigma^2)."""
        loss: Array = np.sum((y - f) ** 2, axis=1) / (2 * self.sigma**2)
        return loss

    def slopes(self, f: Array, y: Array) -> Array:
        """(f - y) / sigma^2."""
        return (f - y) / self.sigma**2

    def fisher(self, f: Array) -> Array:
        """1 / sigma a number."""
        return np.broadcast_to(np.eye(f.shape[1]) / self.sigma, (*f.shape, f.shape[1]))

    def curvature(self, f: Array, y: Array) -> Array:
        """The same."""
        return self.fisher(f)

    def divergence(self, f: Array, g: Array) -> Array:
        """|f - g|^2 / (2 sigma^2)."""
        return self.loss(f, g)

    def drawn(self, f: Array, rng: np.random.Generator) -> Array:
        """f with errors."""
        return f + self.sigma * rng.standard_normal(f.shape)

    def scores(self, f: Array, y: Array) -> Array:
        """Minus the squared error: the larger the better."""
        score: Array = -np.sum((y - f) ** 2, axis=1)
        return score


@dataclass(frozen=True)
class BernoulliLabels:
    """Yes or no, p = 1 / (1 + exp(-f)), for every output."""

    is_of_classes: ClassVar[bool] = False

    def listed(self, outputs: int) -> Array | None:
        """All patterns of 0 and 1, up to 12 outputs."""
        return None if outputs > 12 else np.array(list(product((0.0, 1.0), repeat=outputs)))

    def constant(self, outputs: int) -> float:
        """Nothing."""
        return 0.0

    def checked(self, y: Any, count: int, outputs: int) -> Array:
        """Shape (N, K), of 0 and 1."""
        table = _table(y, count, outputs)
        if not np.isin(table, (0.0, 1.0)).all():
            raise InputError(f"labels of yes or no are 0 and 1, not {shown(y)}")
        return table

    def loss(self, f: Array, y: Array) -> Array:
        """ln(1 + exp(f)) - y f."""
        loss: Array = np.sum(np.logaddexp(0.0, f) - y * f, axis=1)
        return loss

    def slopes(self, f: Array, y: Array) -> Array:
        """p - y."""
        slopes: Array = expit(f) - y
        return slopes

    def fisher(self, f: Array) -> Array:
        """sqrt(p (1 - p)) a number."""
        return np.sqrt(expit(f) * expit(-f))[:, :, None] * np.eye(f.shape[1])

    def curvature(self, f: Array, y: Array) -> Array:
        """The same."""
        return self.fisher(f)

    def divergence(self, f: Array, g: Array) -> Array:
        """Of the two probabilities."""
        p = expit(f)
        apart: Array = np.sum(p * (f - g) + np.logaddexp(0.0, g) - np.logaddexp(0.0, f), axis=1)
        return apart

    def drawn(self, f: Array, rng: np.random.Generator) -> Array:
        """0 or 1."""
        return (rng.random(f.shape) < expit(f)).astype(float)

    def scores(self, f: Array, y: Array) -> Array:
        """The share of outputs that are right."""
        score: Array = np.mean((f > 0) == (y > 0.5), axis=1)
        return score


@dataclass(frozen=True)
class SoftmaxLabels:
    """One of K classes, p_c proportional to exp(f_c)."""

    is_of_classes: ClassVar[bool] = True

    def listed(self, outputs: int) -> Array | None:
        """The classes."""
        return np.arange(float(outputs))[:, None]

    def constant(self, outputs: int) -> float:
        """Nothing."""
        return 0.0

    def checked(self, y: Any, count: int, outputs: int) -> Array:
        """Classes, shape (N,)."""
        return _classes(y, count, outputs)

    def loss(self, f: Array, y: Array) -> Array:
        """ln sum_c exp(f_c) - f_y."""
        loss: Array = np.logaddexp.reduce(f, axis=1) - f[np.arange(len(f)), _index(y)]
        return loss

    def slopes(self, f: Array, y: Array) -> Array:
        """p - e_y."""
        slopes: Array = softmax(f, axis=1)
        slopes[np.arange(len(f)), _index(y)] -= 1.0
        return slopes

    def fisher(self, f: Array) -> Array:
        """sqrt(p_c) (p - e_c), so that the sum is Diag(p) - p p^T."""
        p = softmax(f, axis=1)
        rows: Array = np.sqrt(p)[:, :, None] * (p[:, None, :] - np.eye(f.shape[1]))
        return rows

    def curvature(self, f: Array, y: Array) -> Array:
        """The same."""
        return self.fisher(f)

    def divergence(self, f: Array, g: Array) -> Array:
        """sum_c p_c ln(p_c / q_c)."""
        ln_p = f - np.logaddexp.reduce(f, axis=1, keepdims=True)
        ln_q = g - np.logaddexp.reduce(g, axis=1, keepdims=True)
        apart: Array = np.sum(np.exp(ln_p) * (ln_p - ln_q), axis=1)
        return apart

    def drawn(self, f: Array, rng: np.random.Generator) -> Array:
        """A class."""
        return _drawn(softmax(f, axis=1), rng)

    def scores(self, f: Array, y: Array) -> Array:
        """Whether the largest output is that of the class."""
        return _right(f, y)


@dataclass(frozen=True)
class CategoricalLabels:
    """One of K classes, the outputs being their probabilities, such as a circuit's."""

    is_of_classes: ClassVar[bool] = True

    def listed(self, outputs: int) -> Array | None:
        """The classes."""
        return np.arange(float(outputs))[:, None]

    def constant(self, outputs: int) -> float:
        """Nothing."""
        return 0.0

    def checked(self, y: Any, count: int, outputs: int) -> Array:
        """Classes, shape (N,)."""
        return _classes(y, count, outputs)

    def loss(self, f: Array, y: Array) -> Array:
        """-ln p_y; infinite where a label is seen that cannot be."""
        with np.errstate(divide="ignore"):
            loss: Array = -np.log(np.maximum(f[np.arange(len(f)), _index(y)], 0.0))
        return loss

    def slopes(self, f: Array, y: Array) -> Array:
        """-e_y / p_y; NaN where a label is seen that cannot be."""
        slopes, rows = np.zeros(f.shape), np.arange(len(f))
        seen = f[rows, _index(y)]
        slopes[rows, _index(y)] = -1.0 / np.where(seen > 0, seen, np.nan)
        return slopes

    def fisher(self, f: Array) -> Array:
        """e_c / sqrt(p_c); 0 for a class below `RARE`, which the model has to see to itself."""
        roots = np.where(f > RARE, 1.0 / np.sqrt(np.maximum(f, RARE)), 0.0)
        rows: Array = roots[:, :, None] * np.eye(f.shape[1])
        return rows

    def curvature(self, f: Array, y: Array) -> Array:
        """That of -ln p_y is the square of its slope."""
        return self.slopes(f, y)[:, None, :]

    def divergence(self, f: Array, g: Array) -> Array:
        """sum_c p_c ln(p_c / q_c)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(f > 0, f * (np.log(f) - np.log(g)), 0.0)
        apart: Array = np.sum(terms, axis=1)
        return apart

    def drawn(self, f: Array, rng: np.random.Generator) -> Array:
        """A class."""
        return _drawn(f, rng)

    def scores(self, f: Array, y: Array) -> Array:
        """Whether the most probable class is that of the label."""
        return _right(f, y)


LABELS: Final[dict[str, Labels]] = {
    "bernoulli": BernoulliLabels(),
    "categorical": CategoricalLabels(),
    "gaussian": GaussianLabels(),
    "softmax": SoftmaxLabels(),
}


def labels_of(given: str | Labels) -> Labels:
    """A distribution of labels, by name or as a value.

    Raises:
        UnknownNameError: No such name.
    """
    if not isinstance(given, str):
        return given
    if given not in LABELS:
        raise UnknownNameError("likelihood", given, LABELS)
    return LABELS[given]


def _right(f: Array, y: Array) -> Array:
    right: Array = (np.argmax(f, axis=1) == y).astype(float)
    return right


def _numbers(y: Any) -> Any:
    """Yes and no as 1 and 0, which is how comparisons give labels."""
    return y.astype(float) if isinstance(y, np.ndarray) and y.dtype == bool else y


def _table(y: Any, count: int, outputs: int) -> Array:
    table = checks.reals("y", _numbers(y))
    if table.ndim == 1 and outputs == 1:
        table = table[:, None]
    if table.shape != (count, outputs):
        raise InputError(f"y has shape ({count}, {outputs}), not {np.shape(y)}")
    return table


def _classes(y: Any, count: int, outputs: int) -> Array:
    classes = checks.reals("y", _numbers(y))
    if classes.shape != (count,):
        raise InputError(f"y has {count} classes, one a datum, not the shape {classes.shape}")
    if not np.isin(classes, np.arange(outputs)).all():
        raise InputError(f"classes are whole numbers from 0 to {outputs - 1}, not {shown(y)}")
    return classes


def _index(y: Array) -> np.ndarray:
    return y.astype(np.intp)


def _drawn(p: Array, rng: np.random.Generator) -> Array:
    below = np.cumsum(p, axis=1) < rng.random((len(p), 1)) * np.sum(p, axis=1, keepdims=True)
    classes: Array = np.sum(below, axis=1).astype(float)
    return classes
