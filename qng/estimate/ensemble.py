"""Weighted sums of what is estimated on several circuits: initial states, data inputs.

    E = sum_k w_k E_k,  grad E = sum_k w_k grad E_k,  g = sum_k w_k g_k

With probabilities for weights this g is the metric of the ensemble as one state, the one in which
a register records k. Every k has shots of its own, also where what is run comes to the same circuit
for several, as a return trip does that cancels all in which they differ: so variances add with
w_k^2. Nothing is lost by it, since shots by weight are the best ones for a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import combined
from qng.plan.plan import Plan, join
from qng.plan.quantities import Energy, GradientEstimate

T = TypeVar("T")


def weighted(plans: Sequence[Plan[T]], weights: ArrayLike) -> Plan[T]:
    """The weighted sum of energies, gradients or metrics; shots go by weight.

    Args:
        plans: All for energies, all for gradients, or all for metrics with the same parameters.
        weights: Positive, one a plan.

    Raises:
        InputError: No plan, or weights that are not as many positive numbers.

    Example:
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> from qng.estimate.energy import expectation
        >>> from qng.circuit.pauli import PauliSum
        >>> h = PauliSum({"Z0": 1.0})
        >>> parts = [expectation(real_amplitudes(1, k), h, [0.0] * (k + 1)) for k in range(2)]
        >>> weighted(parts, [0.25, 0.75]).evaluations
        2
    """
    w = np.asarray(weights, dtype=float)
    if not plans or w.shape != (len(plans),) or not np.all(np.isfinite(w) & (w > 0)):
        raise InputError(f"{len(plans)} plan(s) need as many positive weights, not {weights!r}")
    own = {
        str(k): plan.weighted(x).kept_apart(str(k))
        for k, (plan, x) in enumerate(zip(plans, w / w.mean()))
    }
    return join(own).map(lambda parts: _sum(list(parts.values()), w), rigid=True)


def _sum(parts: Sequence[Any], weights: Array) -> Any:
    """sum_k w_k x_k, with the variances sum_k w_k^2 Var(x_k)."""

    def values(found: Sequence[Array]) -> Array:
        total: Array = np.tensordot(weights, np.array(found), 1)
        return total

    def variance(found: Sequence[Array | None]) -> Array | None:
        terms = [w * w * v for w, v in zip(weights, found) if v is not None]
        return np.sum(terms, axis=0) if terms else None

    if isinstance(parts[0], GradientEstimate):
        covariance = variance([part.covariance for part in parts])
        return GradientEstimate(values([part.value for part in parts]), covariance)
    if isinstance(parts[0], Energy):
        squares = variance([None if p.std_error is None else p.std_error**2 for p in parts])
        error = None if squares is None else np.sqrt(squares)
        return Energy(values([part.value for part in parts]), None, error)
    return combined(weights, parts)
