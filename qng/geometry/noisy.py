"""Metrics with standard errors: solving with them, and saying when they are mostly noise.

An eigenvalue that cannot be told from zero says that its direction may be flat or not. Dropping
it freezes the direction for ever, inverting it throws the step far away: it is raised to its own
standard error instead, the smallest value that the shots do not contradict. Where only the signal
has errors, so small an eigenvalue as throws its noise away from the point is raised likewise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.geometry.damping import Tikhonov
from qng.geometry.eigen import above_rounding
from qng.geometry.metric import Dense, Metric, noise_of
from qng.geometry.noise import Together, on_diagonal
from qng.geometry.solve import NOTHING, Before, Filter, Solution, Solver
from qng.geometry.spectrum import decomposed

_DOMINATED: Final = 0.5


@dataclass(frozen=True)
class Floored:
    """(M + lambda) d = s with the eigenvalues of M raised to their standard errors.

    Where M is exact this is Tikhonov's, but for a signal that has errors: along an eigenvector of a
    small w the noise of s moves d by sigma / w, further than M knows the way. There w is raised to
    reach * sigma, with sigma^2 = v^T Cov(s) v along the eigenvector v: with reach = eta / radius
    noise alone moves nothing further than the radius.

    Raising includes the negative eigenvalues that an estimate may have; with width = 0 what is
    solved is the nearest positive semidefinite matrix (Higham, Linear Algebra Appl. 103, 103
    (1988)).

    Args:
        damping: lambda >= 0.
        width: How many standard errors of M.
        reach: eta over the longest step, in the unit of M over that of s; 0: s is taken as exact.

    Raises:
        SingularMetricError: M + lambda is singular or not positive, where M is exact.

    Example:
        >>> from qng.geometry import Before, Diagonal
        >>> M = Diagonal(np.array([1.0, 0.01]), std_error=np.diag([0.1, 0.5]))
        >>> Floored(0.0)(M, np.ones(2), Before()).direction.round(3).tolist()
        [1.0, 2.0]
    """

    damping: float = 1e-3
    width: float = 1.0
    reach: float = field(default=0.0, metadata={"later": True})

    def __post_init__(self) -> None:
        checks.not_negative("damping", self.damping)
        checks.not_negative("width", self.width)
        checks.not_negative("reach", self.reach)

    @property
    def needs_matrix(self) -> bool:
        """Without damping; a metric with errors has its matrix anyway."""
        return self.damping == 0

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Solve for the direction. Cost: one eigendecomposition."""
        if metric.std_error is None:
            return self._against(metric, signal, before)
        w, v, errors = decomposed(metric)
        solution = self._damped(_raised(w, v, self.width * errors), signal)
        return replace(solution, rank=int(np.sum(w > errors)))

    def _against(self, metric: Metric, signal: ArrayLike, before: Before) -> Solution:
        """With an exact M, against the noise of the signal."""
        if before.covariance is None or not self.reach or not metric.has_matrix:
            return self._damped(metric, signal, before)
        w, v, _ = decomposed(metric)
        sigma = np.sqrt(np.maximum(np.sum(v * (before.covariance @ v), axis=0), 0.0))
        solution = self._damped(_raised(w, v, self.reach * sigma), signal)
        return replace(solution, rank=int(np.count_nonzero(above_rounding(w))))

    def filter(self, is_diagonal: bool) -> Filter:
        """1/(w + lambda), of an exact metric."""
        return self._damped.inverse

    @cached_property
    def _damped(self) -> Tikhonov:
        return Tikhonov(self.damping)


def _raised(w: Array, v: Array, floor: Array) -> Dense:
    """The metric of eigenvectors v whose eigenvalues w are at least the floor."""
    return Dense((v * np.maximum(w, floor)) @ v.T)


@dataclass(frozen=True)
class Shrunk:
    """A solver applied to (1 - rho) M + rho Diag(M), with less noise off the diagonal.

    rho = sum Var(M_ij) / sum M_ij^2 over i != j, at most 1: the best weight for the mean square
    error where the errors of the entries are known. Exact metrics stay as they are. Errors of what
    is shrunk are those of its two parts, added: upper bounds, and equal for entries.

    Args:
        solver: What solves.

    Reference: Schaefer and Strimmer, Stat. Appl. Genet. Mol. Biol. 4, 32 (2005).

    Example:
        >>> from qng.geometry import Before, Dense, Tikhonov
        >>> M = Dense(np.array([[1.0, 0.5], [0.5, 1.0]]), std_error=np.full((2, 2), 0.2))
        >>> direct = Tikhonov(0.0)(M, np.array([1.0, 0.0]), Before()).direction
        >>> less = Shrunk(Tikhonov(0.0))(M, np.array([1.0, 0.0]), Before()).direction
        >>> bool(abs(less[1]) < abs(direct[1]))
        True
    """

    needs_matrix: ClassVar[bool] = True

    solver: Solver = Floored()

    def __call__(self, metric: Metric, signal: ArrayLike, before: Before = NOTHING) -> Solution:
        """Shrink, then solve."""
        return self.solver(shrunk(metric), signal, before)


def shrunk(metric: Metric) -> Metric:
    """The metric with its off-diagonal entries shrunk by their noise; see `Shrunk`.

    Example:
        >>> from qng.geometry import Dense
        >>> M = Dense(np.array([[1.0, 0.1], [0.1, 1.0]]), std_error=np.full((2, 2), 0.3))
        >>> bool(shrunk(M).dense()[0, 1] < 0.1)
        True
    """
    if metric.std_error is None:
        return metric
    matrix, errors = metric.dense(), metric.std_error
    off = ~np.eye(metric.size, dtype=bool)
    signal = float(np.sum(matrix[off] ** 2))
    rho = min(float(np.sum(errors[off] ** 2)) / signal, 1.0) if signal else 0.0
    keep = np.where(off, 1 - rho, 1.0)
    noise = noise_of(metric)
    assert noise is not None
    parts = (noise, on_diagonal(noise, metric.size))
    together = Together(parts, np.array([1 - rho, rho]))
    return metric.similar(keep * matrix, keep * errors, together)


def noise_report(metric: Metric) -> str | None:
    """A sentence with numbers where a metric is mostly noise; None where it is not.

    Mostly noise: the standard errors have half the Frobenius norm of the metric, or more, or the
    largest eigenvalue is less than twice its own. Negative eigenvalues count by size: those of
    a Hessian are no noise.

    Example:
        >>> from qng.geometry import Diagonal
        >>> noise_report(Diagonal(np.ones(2), std_error=np.zeros((2, 2)))) is None
        True
        >>> noise_report(Diagonal(np.full(2, 0.01), std_error=np.eye(2))) is None
        False
    """
    if metric.std_error is None:
        return None
    size, noise = np.linalg.norm(metric.dense()), np.linalg.norm(metric.std_error)
    w, _, errors = decomposed(metric)
    if not len(w):
        return None
    k = int(np.argmax(np.abs(w)))
    if noise < _DOMINATED * size and errors[k] < _DOMINATED * abs(w[k]):
        return None
    return (
        f"the metric is mostly noise: its norm is {size:.2g}, that of its standard errors "
        f"{noise:.2g}, its largest eigenvalue {w[k]:.2g} +- {errors[k]:.2g}, and "
        f"{int(np.sum(np.abs(w) > errors))} of {len(w)} eigenvalues exceed their error; "
        "give more shots or samples, average over steps, or raise the damping"
    )
