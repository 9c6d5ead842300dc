r"""How many directions a family of states or distributions has, counted and effectively.

rank                       eigenvalues of the metric above rounding: the effective quantum
dimension G_C of Haug, Bharti and Kim, arXiv:2102.01659
effective dimension        of Abbas et al., arXiv:2011.00027, from Fisher matrices F(theta) at
points theta and a number n of data,

d_n = 2 log(mean_theta sqrt(det(1 + kappa Fhat(theta)))) / log(kappa),

kappa = gamma n / (2 pi log n),    Fhat = P F / mean_theta(tr F).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.eigen import ROUNDING


@dataclass(frozen=True, eq=False)
class Counted:
    """How many of the eigenvalues of a metric are information.

    Args:
        values: Eigenvalues, descending, shape (P,).
        rank: How many are above rounding.
        gap: The least of these over the largest of the others, inf where there are none: a rank
            whose gap is small hangs on where the line is drawn.
    """

    values: Array
    rank: int
    gap: float

    @property
    def redundancy(self) -> float:
        """The share of directions that do not move the state, 0 to 1; 0 without parameters."""
        return 1 - self.rank / len(self.values) if len(self.values) else 0.0

    @property
    def is_clear(self) -> bool:
        """Whether moving the line by a factor of 1000 either way would change nothing."""
        return self.gap > 1e3


def counted(values: ArrayLike, floor: float = ROUNDING) -> Counted:
    """The rank of a positive semidefinite matrix.

    Args:
        values: Its eigenvalues in any order, shape (P,).
        floor: At or below this fraction of the largest one is rounding.

    Raises:
        InputError: No numbers in one row, a number that is not finite, a floor outside (0, 1).

    Example:
        >>> counted([0.25, 1e-17, 0.1]).rank
        2
    """
    checks.inside("floor", floor, 0, 1)
    w = checks.reals("eigenvalues", values)
    if w.ndim != 1 or not np.all(np.isfinite(w)):
        raise InputError("eigenvalues must be finite numbers in one row")
    w = np.sort(w)[::-1]
    rank = int(np.sum(w > floor * w.max(initial=0.0)))
    largest = float(np.abs(w[rank:]).max(initial=0.0))
    gap = np.inf if not largest else float(w[rank - 1] / largest) if rank else 1.0
    return Counted(w, rank, gap)


def singular(rows: ArrayLike) -> Array:
    """The eigenvalues of g = Re(D D^dagger), D the derivative states as rows, descending.

    They come from the singular values of D, and so are known far below 1e-16 of the largest, where
    those of the matrix g itself are rounding.

    Args:
        rows: D, shape (P, N), without their parts along the state.

    Returns:
        Shape (P,), not negative.
    """
    d = np.ascontiguousarray(rows, dtype=complex)
    found = np.zeros(len(d))
    if d.size:
        s = np.linalg.svd(d.view(float), compute_uv=False)
        found[: len(s)] = s**2
    return found


@dataclass(frozen=True, eq=False)
class EffectiveDimension:
    """How many parameters a model effectively has, seen with n data.

    Args:
        data: n, shape (n,).
        value: d_n, shape (n,), from 0 to about P.
        std_error: Of these over the points that are drawn (jackknife), shape (n,); NaN of a single
            point.
        parameters: P.
        points: How many thetas the mean is over.
        weight: Of the heaviest point in that mean, shape (n,), 1 / points where all count alike;
            where it is near 1 the value is that of one point, and its error says too little.
    """

    data: Array
    value: Array
    std_error: Array
    parameters: int
    points: int
    weight: Array

    @property
    def normalised(self) -> Array:
        """d_n / P, shape (n,)."""
        return self.value / self.parameters


def effective_dimension(
    fishers: ArrayLike, data: ArrayLike, gamma: float = 1.0
) -> EffectiveDimension:
    """The effective dimension of a model, from its Fisher matrices.

    Args:
        fishers: The classical Fisher matrix I at points drawn from the parameter space, shape
            (points, P, P). A factor that all of them share does not matter.
        data: n, numbers of data, each with gamma n > 2 pi log n.
        gamma: In (0, 1].

    Raises:
        InputError: Matrices that are not symmetric and positive semidefinite, or are all zero; n
            for which there is no such dimension.

    Cost: an eigendecomposition a point; points^2 P for the errors, a number of data.

    Reference: Abbas et al., Nat. Comput. Sci. 1, 403 (2021), arXiv:2011.00027.

    Example:
        >>> effective_dimension([np.eye(2)], 1e6).value.round(2).tolist()
        [2.0]
    """
    eigenvalues = _eigenvalues(fishers)
    points, size = eigenvalues.shape
    n = np.atleast_1d(checks.reals("data", data))
    if n.ndim != 1 or not n.size or not np.all(np.isfinite(n)) or np.any(n <= 1):
        raise InputError("data must be numbers of data above 1, in one row")
    if not 0 < checks.real("gamma", gamma) <= 1:
        raise InputError(f"gamma must be above 0 and at most 1, not {gamma:g}")
    kappa = gamma * n / (2 * np.pi * np.log(n))
    if np.any(kappa <= 1):
        least = n[kappa <= 1].max()
        raise InputError(
            f"{least:g} data are too few: the effective dimension is defined where gamma n is "
            f"above 2 pi log n, which for gamma = {gamma:g} takes {_fewest(gamma):.0f} or more"
        )
    traces = eigenvalues.sum(axis=1)
    if traces.sum() == 0:
        raise InputError("all Fisher matrices are zero: the model does not depend on theta")
    rows = [_of(eigenvalues, traces, k) for k in kappa]
    value, error, weight = np.array(rows).T
    return EffectiveDimension(n, value, error, size, points, weight)


def _fewest(gamma: float) -> float:
    """The least whole n with gamma n > 2 pi log n for it and all above."""
    low, high = np.e, 1e3 / gamma**2 + 1e3
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (low, middle) if gamma * middle > 2 * np.pi * np.log(middle) else (middle, high)
    return float(np.ceil(high))


def _eigenvalues(fishers: ArrayLike) -> Array:
    """Of every matrix, shape (points, P)."""
    f = checks.reals("fishers", fishers)
    if f.ndim != 3 or f.shape[1] != f.shape[2] or not f.size:
        raise InputError(f"Fisher matrices have the shape (points, P, P), not {f.shape}")
    if not np.all(np.isfinite(f)):
        raise InputError("Fisher matrices must be finite")
    scale = float(np.abs(f).max())
    if np.abs(f - f.transpose(0, 2, 1)).max() > 1e-8 * scale:
        raise InputError("Fisher matrices must be symmetric")
    values = np.linalg.eigvalsh((f + f.transpose(0, 2, 1)) / 2)
    if values.min() < -1e-8 * scale:
        raise InputError(
            f"Fisher matrices must be positive semidefinite; an eigenvalue is {values.min():.2g}. "
            "Those estimated from few shots may be none"
        )
    return np.asarray(np.maximum(values, 0.0))


def _of(eigenvalues: Array, traces: Array, kappa: float) -> tuple[float, float, float]:
    """(d_n, its error, the largest weight) for one kappa.

    Args:
        eigenvalues: Shape (points, P).
        traces: Shape (points,).
        kappa: gamma n / (2 pi log n).
    """
    points, size = eigenvalues.shape

    def logs(total: float, count: int) -> Array:
        scale = kappa * size * count / total if total else 0.0
        return np.asarray(np.log1p(scale * eigenvalues).sum(axis=1) / 2)

    whole = logs(float(traces.sum()), points)
    shares = np.exp(whole - whole.max())
    value = 2 * _log_mean(whole) / np.log(kappa)
    error = np.nan
    if points > 1:
        # Without each point in turn: the trace that all are divided by moves with it.
        others = [
            _log_mean(np.delete(logs(float(traces.sum() - traces[k]), points - 1), k))
            for k in range(points)
        ]
        left = 2 * np.array(others) / np.log(kappa)
        error = float(np.sqrt((points - 1) * left.var()))
    return float(value), error, float(shares.max() / shares.sum())


def _log_mean(logs: Array) -> float:
    """log(mean(exp(logs)))."""
    top = float(logs.max())
    return top + float(np.log(np.mean(np.exp(logs - top))))
