"""How the shots of a step are split between its gradient and its metric.

With d = (g + lambda)^-1 s =: G^-1 s, errors move the step by G^-1 (ds - dg d), so that

    tr Cov(d) = V_s / n_s + V_g / n_g,    V_s = tr G^-1 C_s G^-1,  V_g = tr G^-1 Cov(dg d) G^-1

with the covariances of one shot. For n_s + n_g given this is smallest at n_s : n_g =
sqrt(V_s) : sqrt(V_g).

Source: van Straaten and Koczor, PRX Quantum 2, 030324 (2021), arXiv:2005.05172.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array
from qng.geometry import Metric
from qng.geometry.eigen import ROUNDING
from qng.geometry.spectrum import decomposed
from qng.plan.quantities import GradientEstimate

LEAST: Final = 0.1
"""Least share of gradient or metric in what is left: it keeps its variance known."""


def metric_share(
    share: float,
    gradient: GradientEstimate,
    metric: Metric,
    direction: Array,
    damping: float,
) -> float:
    """The share of the metric in the next step, from the variances of this one.

    Args:
        share: That of this step, in (0, 1).
        gradient: s with its covariance.
        metric: g with its standard errors; errors of different entries are taken as independent.
        direction: d.
        damping: lambda.

    Returns:
        The share in what gradient and metric have together; `share` where something is exact.
    """
    if gradient.covariance is None or metric.std_error is None:
        return share
    w, v, errors = decomposed(metric)
    raised = np.maximum(w, errors) + damping
    inverse = (v / np.maximum(raised, ROUNDING * raised.max(initial=1.0))) @ v.T
    variance = metric.std_error**2
    # Cov(dg d): entry (i, k) of the symmetric dg acts on d_k in row i and on d_i in row k.
    moved = variance * np.outer(direction, direction)
    np.fill_diagonal(moved, variance @ direction**2)
    of_gradient = float(np.sum((inverse @ gradient.covariance) * inverse))
    of_metric = float(np.sum((inverse @ moved) * inverse))
    s, g = np.sqrt(of_gradient * (1 - share)), np.sqrt(of_metric * share)
    if not (np.isfinite(s + g) and s + g > 0):
        return share
    return float(np.clip(g / (s + g), LEAST, 1 - LEAST))
