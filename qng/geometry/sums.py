"""Sums of metrics and of their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.geometry.blocks import Blocks
from qng.geometry.metric import Dense, Diagonal, Metric, noise_of
from qng.geometry.noise import Sum, Terms
from qng.geometry.ritz.dense import Ritz
from qng.geometry.ritz.products import RitzProducts


def combined(weights: ArrayLike, metrics: Sequence[Metric]) -> Metric:
    """sum_k w_k M_k, with the variances sum_k w_k^2 Var(M_k) of independent errors.

    Args:
        weights: w, shape (K,).
        metrics: K metrics of the same size, at least one.

    Returns:
        A diagonal metric where all are; elsewhere a dense one, with the blocks of all.

    Example:
        >>> from qng.geometry import Diagonal, Identity
        >>> combined([0.5, 2.0], [Identity(2), Diagonal(np.array([1.0, 2.0]))]).dense().tolist()
        [[2.5, 0.0], [0.0, 4.5]]
    """
    w = np.asarray(weights, dtype=float)
    energies = [m.whole() if isinstance(m, RitzProducts) else m for m in metrics]
    ritz = [m for m in energies if isinstance(m, Ritz)]
    if len(ritz) == len(metrics):
        return Ritz.summed(w, ritz)
    variances = [x * x * m.std_error**2 for x, m in zip(w, metrics) if m.std_error is not None]
    error = np.sqrt(np.sum(variances, axis=0)) if variances else None
    sources = [(n, x) for x, m in zip(w**2, metrics) if (n := noise_of(m)) is not None]
    noise = Sum.of(*zip(*sources)) if sources else None
    if all(metric.is_diagonal for metric in metrics):
        return Diagonal(np.tensordot(w, [m.diagonal() for m in metrics], 1), error, noise)
    blocks = dict.fromkeys(block for metric in metrics for block in metric.blocks)
    return Dense(np.tensordot(w, [m.dense() for m in metrics], 1), error, tuple(blocks), noise)


def widened(
    metric: Dense | Diagonal | Blocks, tensors: Array, bend: Array
) -> Dense | Diagonal | Blocks:
    """A metric with the errors of further sources, independent of each other and of its own.

    Args:
        metric: A matrix.
        tensors: By how much the sources move it, one standard error each; shape (K, P, P).
        bend: What it is too large by on average, as it is no linear function of them; (P, P).

    Returns:
        A metric of the same form, unbiased to second order.

    Example:
        >>> moved, bend = np.array([[[0.1, 0.0], [0.0, 0.0]]]), np.zeros((2, 2))
        >>> widened(Dense(np.eye(2)), moved, bend).std_error.tolist()
        [[0.1, 0.0], [0.0, 0.0]]
    """
    added, own = Terms(tensors, np.ones(len(tensors))), noise_of(metric)
    squares = np.sum(tensors**2, axis=0)
    if metric.std_error is not None:
        squares = squares + metric.std_error**2
    noise = added if own is None else Sum.of([own, added])
    error, matrix = np.sqrt(squares), metric.dense() - bend
    if isinstance(metric, Diagonal):
        return Diagonal(np.diag(matrix).copy(), error, noise)
    if isinstance(metric, Dense):
        return Dense(matrix, error, metric.blocks, noise)
    parts = tuple(matrix[np.ix_(index, index)] for index in metric.blocks)
    return replace(metric, matrices=parts, std_error=error, noise=noise)
