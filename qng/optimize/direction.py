"""How well the direction of a step is known, from the errors of the gradient and of the metric.

With d = M^-1 s, and u = d / |d|, errors move d along itself by

    u . dd = b . (ds - dM d),    b = M^-1 u,    ds = S dgrad

to first order, S being the derivative of the signal, and gradient and metric are measured apart:

    Var(u . d) = (S^T b)^T Cov(grad) S^T b + Var(b^T M d)

Where d is a function of the solution x of M x = s, with u . dd = c . dx, it is b = M^-1 c, and x
stands for d in the last term.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.geometry import Inner, Metric, Solution
from qng.plan.quantities import GradientEstimate

# Of the gradient: what a difference of the signal is taken over.
_SMALL: Final = 1e-6


def direction_error(
    gradient: GradientEstimate,
    metric: Metric,
    direction: Array,
    solve: Callable[[Array], Solution],
    signal: Callable[[Array], Array],
    inner: Inner | None = None,
) -> float | None:
    """The standard error of d along itself, relative to |d|.

    It is that of what was measured in this step: noise that momenta carry from earlier gradients
    is not in it. Where d is mostly noise, as along directions in which M is flat, it is of order 1.

    Args:
        gradient: With its covariance.
        metric: M, with its errors.
        direction: d, shape (P,).
        solve: Solves M x = v as M d = s was solved.
        signal: s of a gradient; S is diagonal.
        inner: Of a direction that is not the solution itself.

    Returns:
        A fraction of |d|; None where everything is exact, or d is zero.

    Cost: one more solve.
    """
    if gradient.covariance is None and metric.std_error is None:
        return None
    size = float(np.linalg.norm(direction))
    if size == 0:
        return None
    of = inner or Inner(metric, direction, direction / size)
    b = solve(of.slope).direction
    variance = of.metric.variance_of(b, of.x)
    if gradient.covariance is not None and np.any(b):
        scale = np.linalg.norm(gradient.value) or 1.0
        small = _SMALL * scale / np.linalg.norm(b)
        seen = (signal(gradient.value + small * b) - signal(gradient.value)) / small
        variance += float(seen @ gradient.covariance @ seen)
    return float(np.sqrt(variance)) / size
