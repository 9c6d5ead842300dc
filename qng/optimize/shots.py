"""How the shots of a step are split between its gradient and its metric.

In the eigenbasis v_k of the metric, with eigenvalues w_k raised to their standard errors and
damped to r_k, the step is d = sum_k v_k (v_k . s) / r_k. To first order in the errors ds and dg of
gradient and metric its mean squared error is

    E |d - d*|^2 = sum_k [ v_k . C_s v_k + Var(v_k . dg d) ] / r_k^2 + b_k^2

C_s falls with the shots of the gradient, dg with those of the metric. So far there is a best split,
n_s : n_g = sqrt(V_s) : sqrt(V_g). But r_k depends on it too: the errors to which eigenvalues are
raised fall with the shots of the metric, so that more of them lengthen the noisy steps along
directions in which the metric is zero, and fewer shorten steps along those in which it is small:

    b_k = (v_k . s) (1/r_k - 1/(w_k + lambda))

where s_k is more than noise. The sum is computed for all splits, by what was measured with one.

Source: van Straaten and Koczor, PRX Quantum 2, 030324 (2021), arXiv:2005.05172, where r_k is fixed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array
from qng.geometry import Metric
from qng.geometry.eigen import ROUNDING
from qng.geometry.spectrum import decomposed
from qng.plan.quantities import GradientEstimate

LEAST: Final = 0.02
"""Least share of gradient or metric in what is left: it keeps its variance known."""

# Standard errors from which on an eigenvalue counts as known; below it may be zero.
_KNOWN: Final = 2.0

_SPLITS: Final = 400


def metric_share(
    share: float,
    gradient: GradientEstimate,
    metric: Metric,
    direction: Array,
    damping: float,
) -> float:
    """The share of the metric in the next step, from the errors of this one.

    Args:
        share: That of this step, in (0, 1).
        gradient: s with its covariance.
        metric: g with its errors.
        direction: d.
        damping: lambda.

    Returns:
        The share in what gradient and metric have together; `share` where something is exact.

    Cost: P variances of the metric.
    """
    if gradient.covariance is None or metric.std_error is None or not np.any(direction):
        return share
    w, v, errors = decomposed(metric)
    of_gradient = np.einsum("ik,ij,jk->k", v, gradient.covariance, v)
    of_metric = np.array([metric.variance_of(axis, direction) for axis in v.T])
    seen = np.maximum((v.T @ gradient.value) ** 2 - of_gradient, 0.0)

    odds = np.linspace(-1, 1, _SPLITS) * np.log(1 / LEAST - 1)
    shares = (1 / (1 + np.exp(-odds)))[:, None]
    # In errors of this step; those of the gradient, those of the metric.
    fewer, less = (1 - share) / (1 - shares), share / shares
    least = damping + ROUNDING * max(float(w.max(initial=0.0)), 1.0)
    raised = np.maximum(np.where(w > _KNOWN * errors, w, 0.0), errors * np.sqrt(less)) + least
    unbiased = np.maximum(w, errors) + least
    noise = (of_gradient * fewer + of_metric * less) / raised**2
    bias = seen * np.minimum(1 / raised - 1 / unbiased, 0.0) ** 2
    error = np.sum(noise + bias, axis=1)
    if not np.all(np.isfinite(error)) or not np.any(error):
        return share
    return float(shares[np.argmin(error), 0])
