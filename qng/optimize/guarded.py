"""Methods whose steps are safe: bounded in the metric, judged, and undone where they go up."""

from __future__ import annotations

import math
from typing import Any, Final

from qng import checks
from qng.geometry import Floored
from qng.optimize.accept import Blocking
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import Constant
from qng.optimize.search.trust import AdaptiveTrustRegion

TRUST: Final = 0.1
"""Radius of a step: two states this far apart (radians) have a fidelity of 0.990."""


def guarded(
    lr: float,
    trust: float,
    euclidean: bool = False,
    *,
    damping: float | None = None,
    **parts: Any,
) -> Optimizer:
    """A method whose steps are no longer than `trust`, follow their decreases and never go up.

    With a damping the noise of a gradient alone moves nothing further than `trust` along an
    eigenvector of an exact M (`Floored.reach`).

    Args:
        lr: First step size; the only one where the trust is infinite.
        trust: Radius; infinite: steps as published, whatever they do to the energy.
        euclidean: See `AdaptiveTrustRegion`.
        damping: lambda of `Floored`, which then solves; None: `solve` is among the parts.
        parts: Of the optimizer, without `search` and `accept`.
    """
    if trust != math.inf:
        checks.positive("trust", trust)
    checks.positive("lr", lr)
    if damping is not None:
        parts["solve"] = Floored(damping, reach=lr / trust)
    if trust == math.inf:
        return Optimizer(Constant(lr), **parts)
    search = AdaptiveTrustRegion(trust, lr, euclidean)
    return Optimizer(search, accept=Blocking("noise"), **parts)
