"""What can be had of any loss from its values, gradients and metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.geometry import Dense, Diagonal, Metric, shapes
from qng.geometry.nearest import factored
from qng.models.loss import Divergent, Loss
from qng.plan.quantities import By, GradientEstimate
from qng.seeds import Key, generator

STEP: Final = 1e-5
"""Of central differences, times max(1, |theta_i|): truncation and rounding are both near 1e-10."""


GENERIC: Final = ("blocks", "diagonal", "fisher-diagonal", "hessian", "kfac")
"""Metrics that any loss has, made of its others (`generic`)."""


def steps_at(theta: Array, step: float) -> Array:
    """The steps of central differences at a point, shape (P,)."""
    return checks.positive("step", step) * np.maximum(1.0, np.abs(theta))


def finite_difference(loss: Loss, theta: Array, step: float = STEP) -> GradientEstimate:
    """The gradient by central differences of the loss.

    Args:
        loss: The loss.
        theta: Shape (P,).
        step: Of entry i times max(1, |theta_i|).

    Cost: 2P values.
    """
    h = steps_at(theta, step)
    return _differences(loss, theta, np.diag(h), np.diag(1 / h))


def spsa(
    loss: Loss, theta: Array, step: float = 0.1, draws: int = 1, seed: Key = 0
) -> GradientEstimate:
    """The gradient from differences along random signs: simultaneous perturbation.

    Args:
        loss: The loss.
        theta: Shape (P,).
        step: h.
        draws: How many directions, of which the mean is taken.
        seed: Of the directions.

    Cost: 2 values a draw.

    Reference: Spall, IEEE Trans. Autom. Control 37, 332 (1992).
    """
    checks.whole("draws", draws, 1)
    signs = generator(seed).choice([-1.0, 1.0], size=(draws, len(theta)))
    return _differences(loss, theta, checks.positive("step", step) * signs, signs / (step * draws))


def _differences(loss: Loss, theta: Array, moves: Array, slopes: Array) -> GradientEstimate:
    """sum_k [E(theta + u_k) - E(theta - u_k)] w_k / 2."""
    found = loss.energy(np.concatenate([theta + moves, theta - moves]))
    weights = np.concatenate([slopes, -slopes]) / 2
    value = weights.T @ found.value
    if found.std_error is None:
        return GradientEstimate(value)
    return GradientEstimate(value, (weights.T * found.std_error**2) @ weights)


def derivatives(function: Callable[[Array], Array], theta: Array, step: float = STEP) -> Array:
    """d_j f by central differences, the index j first.

    Args:
        function: f, of a point of shape (P,).
        theta: Shape (P,).
        step: Of entry j times max(1, |theta_j|).

    Cost: 2P values.
    """
    rows = []
    for j, h in enumerate(steps_at(theta, step)):
        move = np.zeros(len(theta))
        move[j] = h
        rows.append((function(theta + move) - function(theta - move)) / (2 * h))
    return np.array(rows)


def hessian(loss: Loss, theta: Array, step: float = STEP) -> Dense:
    """The Hessian by central differences of the gradient, symmetric.

    Args:
        loss: The loss; one that is sampled has the same samples at all points.
        theta: Shape (P,).
        step: Of entry j times max(1, |theta_j|).

    Cost: 2P gradients.
    """
    matrix = derivatives(lambda x: loss.gradient(x).value, theta, step)
    return Dense((matrix + matrix.T) / 2)


def second_differences(f: Callable[[Array], float], theta: Array, step: float = 1e-4) -> Dense:
    """The Hessian of a function of which only values are known.

    [f(+i+j) - f(+i-j) - f(-i+j) + f(-i-j)] / (4 h_i h_j); truncation and rounding are both near
    1e-8 relative to f.

    Args:
        f: Of a point of shape (P,).
        theta: Shape (P,).
        step: Of entry i times max(1, |theta_i|).

    Cost: 2 P (P + 1) values.
    """
    h, size = steps_at(theta, step), len(theta)
    matrix = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            a, b = h[i] * np.eye(size)[i], h[j] * np.eye(size)[j]
            whole = f(theta + a + b) - f(theta + a - b) - f(theta - a + b) + f(theta - a - b)
            matrix[i, j] = matrix[j, i] = whole / (4 * h[i] * h[j])
    return Dense(matrix)


def connection(
    metric: Callable[[Array], Metric], theta: Array, v: Array, step: float = 1e-4
) -> Array:
    """Gamma_{i,jk} v^j v^k = (d_v g v)_i - d_i (v^T g v) / 2 by central differences of g.

    Args:
        metric: g, of a point of shape (P,).
        theta: Shape (P,).
        v: Shape (P,).
        step: Of the point, as in `derivatives`.

    Returns:
        Shape (P,), the first index lowered.

    Raises:
        InputError: A metric with errors, whose differences would be those of its samples.

    Cost: 2P + 2 metrics.
    """
    if metric(theta).std_error is not None:
        raise InputError(
            "a geodesic needs a metric without errors, whose derivatives are known: give one that "
            "is exact, or another search"
        )
    if not np.any(v):
        return np.zeros(len(theta))
    h = step * max(1.0, float(np.abs(theta).max())) / float(np.abs(v).max())
    along = (metric(theta + h * v).matvec(v) - metric(theta - h * v).matvec(v)) / (2 * h)
    lengths = derivatives(lambda x: np.asarray(v @ metric(x).matvec(v)), theta, step)
    bent: Array = along - lengths / 2
    return bent


def random_metric(
    loss: Divergent, theta: Array, step: float = 0.1, draws: int = 1, seed: Key = 0
) -> Dense:
    """A quarter of the Fisher matrix from second differences of the divergence along random signs.

        dD (a b^T + b a^T) / (16 h^2),   dD = D(a + b) - D(a) - D(b - a) + D(-a)

    with D(x) = KL(p_theta || p_{theta + h x}). Its mean over the signs a and b is I / 4 to order
    h^2; draws must be averaged over the steps of a run.

    Args:
        loss: Of distributions that can be compared.
        theta: Shape (P,).
        step: h.
        draws: Numbers of pairs (a, b), averaged.
        seed: Of the signs.

    Cost: four divergences a draw.
    """
    checks.whole("draws", draws, 1)
    a, b = generator(seed).choice([-1.0, 1.0], size=(2, draws, len(theta)))
    shifts = checks.positive("step", step) * np.stack([a + b, a, b - a, -a])
    found = loss.divergence(theta, (theta + shifts).reshape(-1, len(theta))).reshape(4, draws)
    weights = (found[0] - found[1] - found[2] + found[3]) / (16 * step**2 * draws)
    outer = np.einsum("k,ki,kj->ij", weights, a, b)
    return Dense(outer + outer.T)


def diagonal_of(metric: Metric) -> Diagonal:
    """The diagonal of a metric, with its errors."""
    errors = metric.std_error
    return Diagonal(metric.diagonal(), None if errors is None else np.diag(np.diag(errors)))


def inside_arrays(metric: Metric, arrays: tuple[tuple[int, ...], ...]) -> Metric:
    """A metric inside each array of parameters, zero between them."""
    sizes = [int(np.prod(shape)) for shape in arrays]
    ends = np.cumsum(sizes)
    sets = [tuple(range(end - size, end)) for size, end in zip(sizes, ends)]
    matrix, errors = metric.dense(), metric.std_error
    mask = np.zeros(matrix.shape)
    for rows in sets:
        mask[np.ix_(rows, rows)] = 1.0
    return Dense(matrix * mask, None if errors is None else errors * mask, sets)


def generic(loss: Loss, theta: Array, by: By, seed: Key = 0) -> Metric | None:
    """A metric that any loss has by others; None where there is no such name.

    "hessian" by differences of gradients, "diagonal" and "blocks" of "auto", the diagonal of the
    Fisher matrix, for "kfac" the Kronecker products nearest to it (to "auto" where there is no
    Fisher matrix), and "spsa" where distributions can be compared.

    Args:
        loss: The loss, which does not have it.
        theta: Shape (P,).
        by: Which.
        seed: Of random directions.
    """
    name, options = by.estimator, dict(by.options)
    if name == "spsa" and isinstance(loss, Divergent):
        compared: Divergent = loss
        found = random_metric(compared, theta, seed=seed, **options)
        return found if found.is_finite() else None
    if name == "hessian":
        return hessian(loss, theta, **options)
    if name == "diagonal":
        return diagonal_of(loss.metric(theta, By("auto", **options)))
    if name == "blocks":
        return inside_arrays(loss.metric(theta, By("auto", **options)), loss.arrays)
    if name == "fisher-diagonal":
        return diagonal_of(loss.metric(theta, By("fisher", **options)))
    if name == "kfac":
        return _kfac(loss, theta, **options)
    return None


def _kfac(loss: Loss, theta: Array, shape: str | Sequence[int] = shapes.AUTO) -> Metric:
    own = shapes.given(shape)
    arrays = loss.arrays if own is None else own
    try:
        metric = loss.metric(theta, By("fisher"))
    except UnknownNameError:
        metric = loss.metric(theta, By("auto"))
    return factored(metric, arrays)
