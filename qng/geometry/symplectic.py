r"""The equation F d = s of an antisymmetric F, where it has one solution: TDVP's.

F, the Berry curvature, vanishes where the metric g does. In coordinates in which g is the identity
on the directions that move the state, g = U w U^T and F~ = w^(-1/2) U^T F U w^(-1/2), its singular
values are between 0 and 2: they come in pairs, and where all are 2 the states form a Kaehler
manifold. A value of 0 is a direction without a partner, in which F d = s says nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.errors import SingularMetricError
from qng.geometry.metric import Metric
from qng.geometry.solve import Solution, check_matrix, checked

RANK: Final = 1e-10
"""Eigenvalues of g at or below this fraction of the largest move nothing."""

SINGULAR: Final = 1e-5
"""A singular value of F~ at or below this is none; they are at most 2."""


def pairing(metric: Metric, curvature: ArrayLike) -> tuple[Array, Array, Array]:
    """F~ in the directions that move the state.

    Args:
        metric: g, of P parameters.
        curvature: F, antisymmetric, shape (P, P).

    Returns:
        F~, shape (r, r); its singular values, descending, shape (r,); and U w^(-1/2), shape (P, r).

    Cost: P^3.
    """
    check_matrix(metric)
    eigen = metric.eigen()
    kept = eigen.values > RANK * eigen.values.max(initial=0.0)
    basis = eigen.vectors[:, kept] / np.sqrt(eigen.values[kept])
    whitened = basis.T @ np.asarray(curvature, dtype=float) @ basis
    return whitened, np.linalg.svd(whitened, compute_uv=False), basis


def symplectic(metric: Metric, curvature: ArrayLike, signal: ArrayLike) -> Solution:
    """d with F d = s, in the directions that move the state.

    Args:
        metric: g, of P parameters.
        curvature: F, antisymmetric, shape (P, P).
        signal: s, shape (P,).

    Raises:
        SingularMetricError: F is singular there, as it is for every odd number of directions and
            for states with real amplitudes.

    Cost: P^3.
    """
    s = checked(metric, signal)
    whitened, values, basis = pairing(metric, curvature)
    paired = int(np.sum(values > SINGULAR))
    if paired < len(values):
        raise SingularMetricError(
            f"the Berry curvature is singular: of {len(values)} directions that move the state "
            f"{paired} have a partner in it, so TDVP has no velocity here; McLachlan's principle "
            "needs the metric only"
        )
    d = basis @ np.linalg.solve(whitened, basis.T @ s)
    condition = float(values[0] / values[-1]) if len(values) else np.inf
    return Solution(np.asarray(d), paired, condition)
