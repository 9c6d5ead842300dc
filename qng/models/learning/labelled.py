"""A regression on given data as a statistical model: which datum, and its label.

    p_theta(n, y) = p(y|f(theta, x_n)) / N

All that is known of statistical models is known of it: score, Fisher matrix in closed form, by sums
and by samples, KL divergence and its expansion, the Cramer-Rao bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import Generator

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.models.learning.labels import Labels
from qng.models.learning.regression import Regression, fisher_rows, labels_for, pulled


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labels of given data, drawn one at a time.

    An outcome is a row: the number n of the datum, then its label, which is a class or K numbers.

    Args:
        model: The regression.
        x: The data, shape (N, features).

    Raises:
        InputError: No data, or data that are not finite.

    Example:
        >>> from qng.models.learning.perceptron import logistic_regression
        >>> coin = Labelled(logistic_regression(1, bias=False), [[1.0], [2.0]])
        >>> coin.fisher(np.zeros(1)).tolist()
        [[0.625]]
    """

    model: Regression
    x: Any = field(repr=False)

    def __post_init__(self) -> None:
        data = checks.reals("x", self.x)
        if data.ndim != 2 or not len(data) or not np.all(np.isfinite(data)):
            raise InputError(f"x has finite numbers and shape (data, features), not {data.shape}")
        object.__setattr__(self, "x", data)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the regression."""
        return self.model.parameters

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p(n, y), shape (outcomes,)."""
        f, y = self._at(theta, x)
        constant = self._labels.constant(f.shape[1]) + np.log(len(self.x))
        logs: Array = -self._labels.loss(f, y) - constant
        return logs

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Rows of a datum and its label."""
        data = rng.integers(len(self.x), size=n)
        y = self._labels.drawn(self.model.outputs(theta, self.x)[data], rng)
        return np.column_stack([data, y])

    def score(self, theta: Array, x: Array) -> Array:
        """d ln p / d theta, shape (outcomes, P)."""
        f, y = self._at(theta, x)
        data = self.x[x[:, 0].astype(np.intp)]
        return -pulled(self.model, theta, data, self._labels.slopes(f, y))

    def fisher(self, theta: Array) -> Array:
        """I = (1/N) sum_n J_n^T E[s s^T] J_n, shape (P, P)."""
        rows = fisher_rows(self.model, self._labels, theta, self.x).reshape(-1, len(theta))
        matrix: Array = rows.T @ rows / len(self.x)
        return matrix

    def support(self, theta: Array) -> Array | None:
        """Every datum with every label; None where labels are real numbers."""
        listed = self._labels.listed(self.model.outputs(theta, self.x[:1]).shape[1])
        if listed is None:
            return None
        data = np.repeat(np.arange(float(len(self.x))), len(listed))
        return np.column_stack([data, np.tile(listed, (len(self.x), 1))])

    def divergence(self, theta: Array, other: Array) -> float:
        """KL(p_theta || p_other), nats."""
        f, g = (self.model.outputs(at, self.x) for at in (theta, other))
        return float(self._labels.divergence(f, g).mean())

    @property
    def _labels(self) -> Labels:
        return labels_for(self.model)

    def _at(self, theta: Array, x: Array) -> tuple[Array, Array]:
        """Outputs and labels of outcomes."""
        f = self.model.outputs(theta, self.x)[x[:, 0].astype(np.intp)]
        y = x[:, 1:]
        return f, y[:, 0] if self._labels.is_of_classes else y
