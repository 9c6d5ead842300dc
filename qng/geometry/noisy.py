"""Metrics with standard errors: solving with them, and saying when they are mostly noise.

An eigenvalue that cannot be told from zero says that its direction may be flat or not. Dropping
it freezes the direction for ever, inverting it throws the step far away: it is raised to its own
standard error instead, the smallest value that the shots do not contradict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.geometry.metric import Dense, Diagonal, Metric
from qng.geometry.solve import Solution, Solver, Tikhonov

_DOMINATED: Final = 0.5


@dataclass(frozen=True)
class Floored:
    """(M + lambda) d = s with the eigenvalues of M raised to their standard errors.

    Where M is exact this is Tikhonov's. Raising includes the negative eigenvalues that an
    estimate may have; with width = 0 what is solved is the nearest positive semidefinite matrix
    (Higham, Linear Algebra Appl. 103, 103 (1988)).

    Args:
        damping: lambda >= 0.
        width: How many standard errors.

    Raises:
        SingularMetricError: M + lambda is singular or not positive, where M is exact.
    """

    damping: float = 1e-3
    width: float = 1.0

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)
        checks.not_negative("width", self.width)

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Solve for the direction. Cost: one eigendecomposition."""
        if metric.std_error is None:
            return Tikhonov(self.damping)(metric, signal)
        w, v, errors = spectrum(metric)
        floor = self.width * errors
        raised = Dense((v * np.maximum(w, floor)) @ v.T)
        solution = Tikhonov(self.damping)(raised, signal)
        told = int(np.sum(w > errors))
        return Solution(solution.direction, told, solution.condition, self.damping)


@dataclass(frozen=True)
class Shrunk:
    """A solver applied to (1 - rho) M + rho Diag(M), with less noise off the diagonal.

    rho = sum Var(M_ij) / sum M_ij^2 over i != j, at most 1: the best weight for the mean square
    error where the errors of the entries are known. Exact metrics stay as they are.

    Args:
        solver: What solves.

    Reference: Schaefer and Strimmer, Stat. Appl. Genet. Mol. Biol. 4, 32 (2005).
    """

    solver: Solver = Floored()

    def __call__(self, metric: Metric, signal: ArrayLike) -> Solution:
        """Shrink, then solve."""
        return self.solver(shrunk(metric), signal)


def shrunk(metric: Metric) -> Metric:
    """The metric with its off-diagonal entries shrunk by their noise; see `Shrunk`."""
    if metric.std_error is None or isinstance(metric, Diagonal):
        return metric
    matrix, errors = metric.dense(), metric.std_error
    off = ~np.eye(metric.size, dtype=bool)
    signal = float(np.sum(matrix[off] ** 2))
    rho = min(float(np.sum(errors[off] ** 2)) / signal, 1.0) if signal else 0.0
    keep = np.where(off, 1 - rho, 1.0)
    return Dense(keep * matrix, keep * errors, metric.blocks)


def spectrum(metric: Metric) -> tuple[Array, Array, Array]:
    """Eigenvalues, eigenvectors as columns, and standard errors of the eigenvalues.

    To first order w_k moves by v_k^T dM v_k. The errors of entries are taken as independent, as
    covariances between them are not kept.

    Returns:
        Shapes (P,), (P, P), (P,).
    """
    w, v = np.linalg.eigh(metric.dense())
    if metric.std_error is None:
        return w, v, np.zeros_like(w)
    squares, variance = v**2, metric.std_error**2
    both = 2 * np.einsum("ik,ij,jk->k", squares, variance, squares, optimize=True)
    once = np.diag(variance) @ squares**2
    return w, v, np.sqrt(both - once)


def noise_report(metric: Metric) -> str | None:
    """A sentence with numbers where a metric is mostly noise; None where it is not.

    Mostly noise: the standard errors have half the Frobenius norm of the metric, or more.
    """
    if metric.std_error is None:
        return None
    size, noise = np.linalg.norm(metric.dense()), np.linalg.norm(metric.std_error)
    if noise < _DOMINATED * size:
        return None
    w, _, errors = spectrum(metric)
    return (
        f"the metric is mostly noise: its norm is {size:.2g}, that of its standard errors "
        f"{noise:.2g}, and {int(np.sum(w > errors))} of {len(w)} eigenvalues exceed their error; "
        "give more shots, average over steps, or raise the damping"
    )
