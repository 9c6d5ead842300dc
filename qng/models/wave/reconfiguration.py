"""Stochastic reconfiguration of arrays: (S + lambda) d = F from log-derivatives and local energies.

With N samples and centred X = (O - <O>)/sqrt(N), eps = (E - <E>)/sqrt(N),

    S = X^dagger X,   F = X^dagger eps,   d = (X^dagger X + lambda)^-1 X^dagger eps
                                            = X^dagger (X X^dagger + lambda)^-1 eps.

The first form is solved among P parameters (`sr`), the second among N samples (minSR); they are
equal for every lambda > 0, and at lambda = 0 both are the shortest d that solves S d = F.

Nothing here knows what made the arrays: those of NetKet (a dense Jacobian, `local_estimators`) or
of any other package will do. An update is theta -= lr d.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, shown
from qng.threads import limited

SPACES: Final = ("smaller", "parameters", "samples")

# Numbers of X that are held at once.
_AT_ONCE: Final = 2**21

# Singular values of X below this fraction of the largest are zero where nothing is damped.
_CUTOFF: Final = 1e-10

# Damping below this fraction of M would magnify the rounding of directions that no sample has seen.
_SMALL: Final = 1e-6

# Rows between which a Cholesky factor is made by one thread.
_ALONE: Final = (256, 4096)


def sr(
    log_derivatives: Any,
    local_energies: Any,
    damping: float = 1e-3,
    weights: Any = None,
    real: bool | None = None,
) -> Any:
    """(S + lambda)^-1 F among the parameters; see `minsr`, which is the same in the smaller space.

    Cost: N P^2 and P^3.

    Example:
        >>> o, e = np.array([[1.0], [-1.0], [0.0]]), np.array([2.0, 0.0, 1.0])
        >>> sr(o, e, damping=0.0).round(4).tolist()
        [1.0]
    """
    return minsr(log_derivatives, local_energies, damping, weights, real, "parameters")


def minsr(
    log_derivatives: Any,
    local_energies: Any,
    damping: float = 1e-3,
    weights: Any = None,
    real: bool | None = None,
    space: str = "smaller",
) -> Any:
    """(S + lambda)^-1 F in the smaller one of the spaces of samples and of parameters.

    Args:
        log_derivatives: O_i(x) of every sample, shape (N, P), or (chains, draws, P); they need not
            be centred.
        local_energies: E(x), shape (N,), or (chains, draws).
        damping: lambda >= 0. At 0 directions in which X is rounding are left out.
        weights: Of the samples, not negative, of any sum; shape (N,). None: equal. |psi|^2 where
            the samples are all configurations.
        real: Whether the parameters are real numbers, of a psi that may be complex: then Re S and
            Re F count. False: complex, on which psi depends holomorphically. None: real where O is.
        space: "smaller", "parameters", or "samples".

    Returns:
        d, shape (P,), real or complex as the parameters are; F itself is <O^* E> - <O>^* <E>,
        without the factor 2 of the gradient of an energy in real parameters.

    Raises:
        InputError: Arrays that do not fit, or numbers that are not finite.

    Cost: one product of X with itself (min(N, P)^2 max(N, P)), and one Cholesky factor; with
        damping 0 the eigenvectors instead.

    Reference:
        Sorella, Phys. Rev. Lett. 80, 4558 (1998); Chen, Heyl, arXiv:2302.01941; Rende et al.,
        arXiv:2310.05715.

    Example:
        >>> o = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
        >>> minsr(o, [1.0, 0.0, -1.0], damping=0.0).round(6)
        array([1., 0.])
    """
    checks.not_negative("damping", damping)
    if space not in SPACES:
        raise InputError(f"space is one of {', '.join(SPACES)}, not {shown(space)}")
    o, e = _samples(log_derivatives, local_energies)
    is_real = not np.iscomplexobj(o) if real is None else real
    seen = _Seen(o, _weights(weights, len(o)), is_real)
    eps = seen.deviations(e)
    few = seen.n_rows < o.shape[1] if space == "smaller" else space == "samples"
    if few:
        return seen.along(_solved(seen.between_samples(), eps, damping, seen.rounding))
    return _solved(seen.between_parameters(), seen.along(eps), damping, seen.rounding)


@dataclass(frozen=True, eq=False)
class _Seen:
    """X, which is centred a piece at a time: it is as large as O, and needed twice.

    Args:
        o: O, shape (N, P).
        weights: Of sum 1, shape (N,).
        is_real: Whether the parameters are: then X has real parts above imaginary ones.
    """

    o: Any
    weights: Array
    is_real: bool

    @property
    def stacked(self) -> bool:
        return self.is_real and np.iscomplexobj(self.o)

    @property
    def n_rows(self) -> int:
        return len(self.o) * (2 if self.stacked else 1)

    @cached_property
    def roots(self) -> Array:
        return np.sqrt(self.weights)

    @cached_property
    def are_equal(self) -> bool:
        """Whether all weights are: then they need not be multiplied into the pieces."""
        return bool(np.ptp(self.weights) == 0)

    @cached_property
    def means(self) -> Any:
        with np.errstate(invalid="ignore", over="ignore"):
            means = self.weights @ self.o
        if not np.all(np.isfinite(means)):  # nor are the numbers
            raise InputError("log-derivatives must be finite")
        return means

    @property
    def rounding(self) -> float:
        """The square of the size that X has by rounding alone, as where all samples are equal."""
        each = 4 * np.finfo(float).eps * np.sqrt(len(self.o))
        return float(each**2 * np.sum(np.abs(self.means) ** 2))

    def deviations(self, e: Any) -> Any:
        """eps, shape (rows,)."""
        with np.errstate(invalid="ignore", over="ignore"):
            eps = self.roots * (e - self.weights @ e)
        if not np.all(np.isfinite(eps)):
            raise InputError("local energies must be finite")
        if self.stacked:
            return np.concatenate([eps.real, np.imag(eps)])
        return np.ascontiguousarray(eps.real) if self.is_real else eps

    def between_parameters(self) -> Any:
        """X^dagger X, the lower triangle."""
        return self._gram(by_rows=True)

    def between_samples(self) -> Any:
        """X X^dagger, the lower triangle."""
        return self._gram(by_rows=False)

    def _gram(self, by_rows: bool) -> Any:
        """The sum of the products of pieces with themselves, each half of what it is."""
        from scipy.linalg.blas import dsyrk, zherk

        n, p = self.o.shape
        step = max(_AT_ONCE // max(p if by_rows else n, 1), 1)
        product = dsyrk if self.is_real else zherk
        # The routine reads columns: the transpose of a piece lies as it wants.
        trans = 0 if by_rows else (1 if self.is_real else 2)
        size = p if by_rows else self.n_rows
        factor = float(self.weights[0]) if self.are_equal else 1.0
        total = np.zeros((size, size), dtype=float if self.is_real else complex, order="F")
        memory = np.empty(step * (p if by_rows else n), dtype=self.o.dtype)
        for k in range(0, n if by_rows else p, step):
            now = slice(k, k + step)
            piece = (
                self._piece(now, slice(None), memory)
                if by_rows
                else (self._piece(slice(None), now, memory))
            )
            total = product(factor, piece.T, trans=trans, lower=1, c=total, beta=1.0, overwrite_c=1)
        # x^T x^* is the conjugate of x^dagger x, and so is x^* x^T of x x^dagger.
        return total if self.is_real else total.conj()

    def _piece(self, rows: slice, columns: slice, memory: Any) -> Any:
        """Centred rows or columns of X in memory that is used again, without equal weights."""
        part = self.o[rows, columns]
        piece = memory[: part.size].reshape(part.shape)
        np.subtract(part, self.means[columns], out=piece)
        if not self.are_equal:
            piece *= self.roots[rows, None]
        return np.concatenate([piece.real, piece.imag]) if self.stacked else piece

    def along(self, y: Any) -> Any:
        """X^dagger y, shape (P,)."""
        half = len(self.o)
        z = self.roots * (y[:half] + 1j * y[half:] if self.stacked else y)
        found = z.conj() @ self.o - z.conj().sum() * self.means
        return found.real if self.is_real else found.conj()


def _solved(matrix: Any, right: Any, damping: float, rounding: float) -> Any:
    """(M + lambda)^-1 v for a positive semidefinite M, whose lower triangle is used up."""
    from scipy.linalg import cho_factor, cho_solve, eigh

    if damping > max(_SMALL * matrix.diagonal().real.max(initial=0.0), rounding):
        damped = np.asfortranarray(matrix)  # the one that was given, as a rule
        damped.flat[:: len(matrix) + 1] += damping
        # Threads of a Cholesky factor wait for each other all the time: where others use the cores
        # it took a hundred times as long as with one, and where nobody does half as long.
        alone = limited(1) if _ALONE[0] < len(matrix) < _ALONE[1] else nullcontext()
        with alone:
            factor = cho_factor(damped, lower=True, overwrite_a=True, check_finite=False)
            return cho_solve(factor, right, check_finite=False)
    values, vectors = eigh(matrix, lower=True, check_finite=False)
    relative = max(_CUTOFF**2, 8 * len(values) * np.finfo(float).eps)
    kept = values > max(relative * values.max(initial=0.0), rounding)
    u = vectors[:, kept]
    return u @ ((u.conj().T @ right) / (values[kept] + damping))


def _samples(log_derivatives: Any, local_energies: Any) -> tuple[Any, Any]:
    o, e = np.asarray(log_derivatives), np.asarray(local_energies)
    for name, array in {"log_derivatives": o, "local_energies": e}.items():
        if array.dtype.kind not in "iufc":
            raise InputError(f"{name} must be numbers, not {shown(array)}")
    if o.ndim < 2 or o.shape[:-1] != e.shape or not e.size:
        raise InputError(
            f"log-derivatives have the shape (N, P) and local energies (N,), N at least 1, not "
            f"{o.shape} and {e.shape}"
        )
    o, e = o.reshape(-1, o.shape[-1]), e.reshape(-1)
    wide = [a.astype(complex if a.dtype.kind == "c" else float, copy=False) for a in (o, e)]
    return wide[0], wide[1]


def _weights(given: Any, count: int) -> Array:
    if given is None:
        return np.full(count, 1 / count)
    weights = checks.reals("weights", given).reshape(-1)
    if weights.shape != (count,) or not np.all(weights >= 0) or not 0 < weights.sum() < np.inf:
        raise InputError(f"weights are {count} numbers that are not negative, with a sum above 0")
    return np.asarray(weights / weights.sum())
