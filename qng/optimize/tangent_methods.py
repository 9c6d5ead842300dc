"""Methods that look for the lowest energy on the tangent space: H on it stands for M.

linear-method        M = 2 (K - w g), w the lowest energy there
projected-inverse    M = 2 (K - E g + g/eps), eps by the decreases that steps bring

The equations are in `geometry.ritz`, the length of a step in `geometry.ritz.steps`.
"""

from __future__ import annotations

import math

from qng import checks
from qng.geometry import AdaptiveShift, RitzStep
from qng.optimize.accept import Blocking
from qng.optimize.guarded import guarded
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant, TrustRegion
from qng.optimize.search.shifts import Shifts
from qng.plan.quantities import By

WIDE = 0.5
"""Radius of a step that knows the curvature, radians between states."""


def linear_method(
    lr: float = 1.0,
    damping: float = 0.03,
    every: int = 1,
    trust: float = WIDE,
    trials: int = 0,
) -> Optimizer:
    """Linear method: M = 2 (K - w g), w the lowest energy on psi and its tangent space.

    With derivative states orthogonal to psi, K_ij = Re <d_i|H|d_j> and g_ij = Re <d_i|d_j>. A step
    of lr = 1 leads to the state of that energy, were it linear in theta. With trials w is a shift,
    E - (E - w) 2^k, and of several the one is taken whose step has the lowest energy.

    Hyperparameters:
        damping: lambda of [M + 2 (E - w) lambda] d = s, in units of g.
        trials: how many shifts have the energies of their steps measured; 0: that of w alone.

    Reference: Toulouse and Umrigar, J. Chem. Phys. 126, 084102 (2007); trials: `Shifts`.
    """
    metric = MeasuredMetric("linear-method", every)
    reach = _reach(lr, trust)
    solve = RitzStep(damping, reach=reach)
    if trials:
        search = Shifts(trials, trust, lr, damping, reach=reach)
        return Optimizer(search, metric, solve=solve, accept=Blocking("noise"))
    return guarded(lr, trust, precondition=metric, solve=solve)


def projected_inverse(
    lr: float = 1.0,
    eps: float | None = None,
    damping: float = 0.03,
    every: int = 1,
    trust: float = WIDE,
) -> Optimizer:
    """Projected inverse iteration: M = 2 (K - E g + g/eps), K and g as in the linear method.

    With eps -> 0 it is natural gradient at the rate eps/2; at eps = 1/(E - w), w the lowest energy
    on the tangent space, it is the linear method, and longer ones have no use: M would not be
    positive. eps follows the decreases that steps bring and stays below both.

    Hyperparameters:
        eps: The largest, in units of 1/E; None: 1/(E - w) alone is the limit. With trust=inf it is
            that of every step.
        damping: lambda of [M + (2/eps) lambda] d = s, in units of g.

    Reference: Zhang et al., arXiv:2606.07825.
    """
    longest = math.inf if eps is None else checks.positive("eps", eps)
    reach = _reach(lr, trust)
    if trust == math.inf:
        of = By("linear-method") if eps is None else By("projected-inverse", eps=longest)
        return Optimizer(Constant(lr), MeasuredMetric(of, every), solve=RitzStep(damping))
    metric = MeasuredMetric("linear-method", every)  # the same, and at the longest eps
    solve = AdaptiveShift(damping, longest, reach=reach)
    return Optimizer(TrustRegion(trust, lr), metric, solve=solve, accept=Blocking("noise"))


def _reach(lr: float, trust: float) -> float:
    """That of a solve whose noise moves nothing further than the trust (`Floored`)."""
    checks.positive("lr", lr)
    return 0.0 if trust == math.inf else lr / checks.positive("trust", trust)
