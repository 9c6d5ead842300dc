"""What a metric says about directions: its eigenvalues, with errors, and its rank."""

from __future__ import annotations

import numpy as np

from qng.arrays import Array, Flags
from qng.geometry.eigen import rounding
from qng.geometry.metric import Metric, noise_of


def decomposed(metric: Metric) -> tuple[Array, Array, Array]:
    """Eigenvalues, eigenvectors as columns, and standard errors of the eigenvalues.

    To first order w_k moves by v_k^T dM v_k.

    Returns:
        Shapes (P,), (P, P), (P,).
    """
    eigen = metric.eigen()
    order = np.argsort(eigen.values, kind="stable")
    w, v, noise = eigen.values[order], eigen.vectors[:, order], noise_of(metric)
    return w, v, np.zeros_like(w) if noise is None else np.sqrt(noise.variances(v, v))


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
