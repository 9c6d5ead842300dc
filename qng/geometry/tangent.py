r"""The tangent kernel of outputs: K = J J^T, what a gradient step teaches of one by another.

Under gradient flow of a squared loss, df/dt = -K (f - y). K has the nonzero eigenvalues of J^T J,
the Gauss-Newton matrix, which is P x P.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.capacity import Counted, counted


@dataclass(frozen=True, eq=False)
class TangentKernel:
    """K = J J^T of N outputs.

    Args:
        jacobian: J = d f / d theta, shape (N, P).
    """

    jacobian: Array

    @property
    def matrix(self) -> Array:
        """K, shape (N, N), positive semidefinite."""
        return self.jacobian @ self.jacobian.T

    @property
    def gauss_newton(self) -> Array:
        """J^T J, shape (P, P)."""
        return self.jacobian.T @ self.jacobian

    @cached_property
    def values(self) -> Array:
        """Eigenvalues of K, descending, shape (N,); those of J^T J but for zeros."""
        found = np.zeros(len(self.jacobian))
        s = np.linalg.svd(self.jacobian, compute_uv=False)
        found[: len(s)] = s**2
        return found

    @cached_property
    def counted(self) -> Counted:
        """How many of them are no rounding: so many outputs can be taught independently."""
        return counted(self.values)

    @property
    def condition(self) -> float:
        """The largest of these over the least: by so much some modes learn slower; NaN of none."""
        rank = self.counted.rank
        return float(self.values[0] / self.values[rank - 1]) if rank else float("nan")

    def alignment(self, targets: ArrayLike) -> float:
        """y^T K y / (|y|^2 |K|): 1 where the targets are the leading mode, 0 where K misses them.

        Args:
            targets: y, shape (N,), or what is left of them, y - f.

        Raises:
            InputError: Other shapes, or only zeros.
        """
        y = checks.reals("targets", targets)
        if y.shape != (len(self.jacobian),) or not np.any(y):
            raise InputError(
                f"targets are {len(self.jacobian)} numbers that are not all zero, not of shape "
                f"{y.shape}"
            )
        along = self.jacobian.T @ y
        norm = float(np.linalg.norm(self.values))
        return float(along @ along / (y @ y) / norm) if norm else 0.0


def tangent_kernel(jacobian: ArrayLike) -> TangentKernel:
    """The kernel of a Jacobian.

    Args:
        jacobian: J, shape (N, P), or (N, K, P) with K outputs a datum, which are listed datum by
            datum.

    Raises:
        InputError: Another shape, or numbers that are not finite.

    Example:
        >>> tangent_kernel([[1.0, 0.0], [1.0, 1.0]]).matrix.tolist()
        [[1.0, 1.0], [1.0, 2.0]]
    """
    j = checks.reals("jacobian", jacobian)
    if j.ndim == 3:
        j = j.reshape(-1, j.shape[2])
    if j.ndim != 2 or not len(j):
        raise InputError(f"a Jacobian has the shape (outputs, parameters), not {j.shape}")
    if not np.all(np.isfinite(j)):
        raise InputError("the Jacobian must be finite")
    return TangentKernel(j)
