"""What a metric says about directions: its eigenvalues, with errors, and its rank."""

from __future__ import annotations

import numpy as np

from qng.arrays import Array, Flags
from qng.geometry.eigen import rounding
from qng.geometry.metric import Metric


def decomposed(metric: Metric) -> tuple[Array, Array, Array]:
    """Eigenvalues, eigenvectors as columns, and standard errors of the eigenvalues.

    To first order w_k moves by v_k^T dM v_k. The errors of entries are taken as independent, as
    covariances between them are not kept.

    Returns:
        Shapes (P,), (P, P), (P,).
    """
    w, v = np.linalg.eigh(metric.dense())
    if metric.std_error is None:
        return w, v, np.zeros_like(w)
    squares, variance = v**2, metric.std_error**2
    both = 2 * np.einsum("ik,ij,jk->k", squares, variance, squares, optimize=True)
    once = np.diag(variance) @ squares**2
    return w, v, np.sqrt(both - once)


def measured(metric: Metric) -> Flags:
    """Which entries were computed; the others are zero by decision. Shape (P, P)."""
    mask = np.zeros((metric.size, metric.size), dtype=bool)
    for block in metric.blocks:
        mask[np.ix_(block, block)] = True
    return mask


def spectrum(metric: Metric) -> tuple[Array, float]:
    """(eigenvalues, descending; the size at or below which one is rounding)."""
    values = metric.spectrum()[::-1]
    return values, rounding(values)
