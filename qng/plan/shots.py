"""How the shots of a step are split between its energy, gradient and metric.

With d = (g + lambda)^-1 s =: G^-1 s, errors move the step by G^-1 (ds - dg d), so that

    tr Cov(d) = V_s / n_s + V_g / n_g,    V_s = tr G^-1 C_s G^-1,  V_g = tr G^-1 Cov(dg d) G^-1

with the covariances of one shot. For n_s + n_g given this is smallest at n_s : n_g =
sqrt(V_s) : sqrt(V_g). The energy does not enter the step and has a fixed share.

Source: van Straaten and Koczor, PRX Quantum 2, 030324 (2021), arXiv:2005.05172.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.geometry.metric import Metric
from qng.geometry.noisy import spectrum
from qng.geometry.solve import ROUNDING
from qng.plan.plan import Plan
from qng.plan.quantities import GradientEstimate

ENERGY: Final = 0.1
"""Share of the energy."""

PILOT: Final = 0.5
"""Share of the metric in what is left, in the first step and where nothing else is known."""

LEAST: Final = 0.1
"""Least share of gradient or metric in what is left: it keeps its variance known."""


def split(plans: Mapping[str, Plan[Any]], share: float) -> dict[str, Plan[Any]]:
    """The plans of one step with the weights of their requests scaled to their shares.

    Args:
        plans: "energy", and maybe "gradient" and "metric".
        share: Of the metric in what the energy leaves, in (0, 1).
    """
    left = 1 - ENERGY if len(plans) > 1 else 1.0
    shares = {"energy": ENERGY if len(plans) > 1 else 1.0, "gradient": left, "metric": left}
    if "metric" in plans and "gradient" in plans:
        shares |= {"gradient": left * (1 - share), "metric": left * share}
    return {name: _scaled(plan, shares[name]) for name, plan in plans.items()}


def _scaled(plan: Plan[Any], share: float) -> Plan[Any]:
    total = sum(float(request.shares.sum()) for request in plan.requests)
    return plan.weighted(share / total) if total else plan


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
    w, v, errors = spectrum(metric)
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
