"""What a model of labels y given data x has to know, and what follows from it alone.

With the outputs f(theta, x), shape (N, K), and J = df / d theta, shape (N, K, P):

    gradient        (1/N) sum_n J_n^T s_n             s the slopes of -ln p(y|f)
    matrix          (1/N) sum_n J_n^T (sum_c r_c r_c^T) J_n = X^T X
    tangent kernel  K = J J^T, which has the nonzero eigenvalues of J^T J

The rows r_c are those of `labels`: of the Fisher matrix, of the curvature, or the slope itself.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.models.learning.labels import Labels, labels_of
from qng.models.learning.perceptron import Layer

# Numbers of per-datum slopes that are held at once.
_MOST = 2**22


class Regression(Protocol):
    """Outputs as functions of data and parameters.

    A model may also have `start(seed)`, shape (P,), and what `Backpropagating`, `Layered` and
    `Rooted` say.
    """

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the P parameters."""

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the arrays that theta ravels, in order."""

    @property
    def likelihood(self) -> str | Labels:
        """Of the labels given the outputs: a name of `labels.LABELS`, or a value."""

    def outputs(self, theta: Array, x: Array, /) -> Array:
        """f, shape (N, K)."""

    def jacobian(self, theta: Array, x: Array, /) -> Array:
        """df / d theta, shape (N, K, P)."""


@runtime_checkable
class Backpropagating(Protocol):
    """A model that pulls slopes of its outputs back without its Jacobian."""

    def pull(self, theta: Array, x: Array, v: Array, /) -> Array:
        """sum_n J_n^T v_n for v of shape (N, K); shape (P,)."""

    def pulled(self, theta: Array, x: Array, v: Array, /) -> Array:
        """J_n^T v_n, shape (N, P)."""


@runtime_checkable
class Layered(Protocol):
    """A model of layers z = W a + b."""

    @property
    def bias(self) -> bool:
        """Whether there are b, which follow W in theta."""

    def layers(self, theta: Array, x: Array, v: Array, /) -> list[Layer]:
        """Inputs a of every layer, and the slopes of v . f by its z; shapes (N, in), (N, out)."""


@runtime_checkable
class Rooted(Protocol):
    """A model that knows rows of its Fisher matrix where probabilities vanish, too."""

    def roots(self, theta: Array, x: Array, /) -> Array:
        """X_n with sum_n X_n^T X_n / N = I, shape (N, C, P)."""


@runtime_checkable
class OfStates(Protocol):
    """A model whose outputs are read off quantum states."""

    def fubini_rows(self, theta: Array, x: Array, /) -> Array:
        """X_n with the Fubini-Study metric X_n^T X_n of the state of datum n, shape (N, C, P)."""


def pull(model: Regression, theta: Array, x: Array, v: Array) -> Array:
    """sum_n J_n^T v_n, shape (P,)."""
    if isinstance(model, Backpropagating):
        return model.pull(theta, x, v)
    return np.asarray(np.tensordot(v, model.jacobian(theta, x), axes=2))


def pulled(model: Regression, theta: Array, x: Array, v: Array) -> Array:
    """J_n^T v_n for v of shape (N, K), or of every row of one of shape (N, C, K).

    Returns:
        Shape (N, P) or (N, C, P).

    Raises:
        InputError: It does not fit into the memory.
    """
    rows = v if v.ndim == 3 else v[:, None, :]
    checks.memory(
        "the slopes of every datum", 8 * rows.shape[0] * rows.shape[1] * len(theta), 2**32
    )
    if isinstance(model, Backpropagating):
        found = np.stack([model.pulled(theta, x, rows[:, c]) for c in range(rows.shape[1])], axis=1)
    else:
        found = rows @ model.jacobian(theta, x)
    return found if v.ndim == 3 else found[:, 0]


def fisher_rows(model: Regression, labels: Labels, theta: Array, x: Array) -> Array:
    """X_n of the Fisher matrix I = (1/N) sum_n X_n^T X_n, shape (N, C, P)."""
    if isinstance(model, Rooted):
        return model.roots(theta, x)
    return pulled(model, theta, x, labels.fisher(model.outputs(theta, x)))


def fisher_diagonal(model: Regression, labels: Labels, theta: Array, x: Array) -> Array:
    """The diagonal of the Fisher matrix, shape (P,), without the slopes of all data at once."""
    total, outputs = np.zeros(len(theta)), model.outputs(theta, x[:1]).shape[1]
    at_once = max(_MOST // (outputs * len(theta)), 1)
    for first in range(0, len(x), at_once):
        rows = fisher_rows(model, labels, theta, x[first : first + at_once])
        total += np.einsum("ncp,ncp->p", rows, rows)
    diagonal: Array = total / len(x)
    return diagonal


def tangent_kernel(model: Regression, theta: Any, x: Any, other: Any = None) -> Array:
    """The neural tangent kernel K = J J^T of all outputs.

    Args:
        model: The model.
        theta: Shape (P,).
        x: Data, shape (N, features).
        other: Data of the columns, shape (M, features); by default the same.

    Returns:
        Shape (N K, M K); row n K + k is output k of datum n.

    Reference: Jacot, Gabriel, Hongler, NeurIPS 2018, arXiv:1806.07572.

    Example:
        >>> from qng.models import linear_regression
        >>> tangent_kernel(linear_regression(1), [0.5, 0.0], [[1.0], [2.0]]).round(4).tolist()
        [[2.0, 3.0], [3.0, 5.0]]
    """
    point = checks.reals("theta", theta)
    left = _flat(model, point, checks.reals("x", x))
    right = left if other is None else _flat(model, point, checks.reals("other", other))
    return left @ right.T


def labels_for(model: Regression) -> Labels:
    """How labels follow from the outputs of a model."""
    return labels_of(model.likelihood)


def _flat(model: Regression, theta: Array, x: Array) -> Array:
    jacobian = model.jacobian(theta, x)
    return jacobian.reshape(-1, jacobian.shape[2])
