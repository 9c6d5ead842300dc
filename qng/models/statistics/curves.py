r"""Lengths of curves of distributions, by the Fisher-Rao metric I.

    L(gamma) = integral sqrt(gamma'^T I(gamma) gamma') dt

Reference: seed 003, the section on Riemannian metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qng.arrays import Array
from qng.checks import real
from qng.errors import InputError
from qng.models.statistics.information import fisher
from qng.models.statistics.model import Model, point
from qng.models.statistics.slopes import slopes


def fisher_rao_length(
    model: Model, curve: Callable[[float], Any], start: float = 0.0, stop: float = 1.0
) -> float:
    """The length of a curve of distributions, the same in all coordinates.

    Args:
        model: With an exact Fisher matrix.
        curve: t -> theta of shape (P,), smooth.
        start: The first t.
        stop: The last t.

    Returns:
        The length by I: twice that by the Fubini-Study metric of the amplitudes sqrt(p).

    Raises:
        InputError: The curve leaves the model, or its Fisher matrix is sampled.

    Cost: some ten Fisher matrices where the curve is smooth.

    Example:
        >>> from qng.models import Poisson
        >>> round(fisher_rao_length(Poisson(), lambda t: [1 + 3 * t]), 6)
        2.0
    """
    from scipy.integrate import quad_vec

    def speed(t: float) -> float:
        theta = point(model, curve(t), "curve(t)")
        moved = slopes(lambda s: np.atleast_1d(np.asarray(curve(t + s[0]), float)), np.zeros(1))
        metric = fisher(model, theta)
        if metric.std_error is not None:
            raise InputError("the length of a curve needs a Fisher matrix that is not sampled")
        return metric.length(moved[:, 0])

    first, last = real("start", start), real("stop", stop)
    length: Array = np.asarray(quad_vec(speed, first, last, epsrel=1e-9)[0])
    return float(length)
