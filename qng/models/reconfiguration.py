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

from typing import Any, Final, TypeVar, cast

import numpy as np

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.errors import InputError, shown

Numbers = Array | Amplitudes
T = TypeVar("T", Array, Amplitudes)

SPACES: Final = ("smaller", "parameters", "samples")

# Singular values of X below this fraction of the largest are zero where nothing is damped.
_CUTOFF: Final = 1e-10


def sr(
    log_derivatives: Any,
    local_energies: Any,
    damping: float = 1e-3,
    weights: Any = None,
    real: bool | None = None,
) -> Any:
    """(S + lambda)^-1 F among the parameters; see `minsr`, which is the same in the smaller space.

    Cost: N P^2 and P^3.
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
    w = _weights(weights, len(o))
    is_real = not np.iscomplexobj(o) if real is None else real
    x, eps = _centred(o, w), _centred(e, w)
    if is_real and np.iscomplexobj(x):
        x = np.concatenate([x.real, x.imag])
        eps = np.concatenate([eps.real, eps.imag])
    elif is_real:
        eps = np.ascontiguousarray(eps.real)
    few = len(x) < x.shape[1] if space == "smaller" else space == "samples"
    if few:
        return x.conj().T @ _solved(_gram(x.conj().T), eps, damping)
    return _solved(_gram(x), x.conj().T @ eps, damping)


def _gram(x: Any) -> Any:
    """X^dagger X, half of which is computed where BLAS knows that it is symmetric."""
    return x.conj().T @ x


def _solved(matrix: Any, right: Any, damping: float) -> Any:
    """(M + lambda)^-1 v for a positive semidefinite M, which is overwritten."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

    if damping > 0:
        matrix.flat[:: len(matrix) + 1] += damping
        try:
            factor = cho_factor(matrix, lower=True, overwrite_a=False, check_finite=False)
            return cho_solve(factor, right, check_finite=False)
        except LinAlgError:  # lambda is below the rounding of M
            matrix.flat[:: len(matrix) + 1] -= damping
    values, vectors = eigh(matrix, check_finite=False)
    kept = values > _CUTOFF**2 * max(values[-1], 0.0) if len(values) else values > 0
    kept &= values > len(values) * np.finfo(float).eps * max(values[-1], 0.0)
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
    if not np.isfinite(wide[0].sum()) or not np.isfinite(wide[1].sum()):
        raise InputError("log-derivatives and local energies must be finite")
    return wide[0], wide[1]


def _weights(given: Any, count: int) -> Array | None:
    if given is None:
        return None
    weights = checks.reals("weights", given).reshape(-1)
    if weights.shape != (count,) or not np.all(weights >= 0) or not 0 < weights.sum() < np.inf:
        raise InputError(f"weights are {count} numbers that are not negative, with a sum above 0")
    return cast(Array, weights / weights.sum())


def _centred(values: Any, weights: Array | None) -> Any:
    """sqrt(w) (values - mean)."""
    if weights is None:
        centred = values - values.mean(axis=0)
        centred /= np.sqrt(len(values))
        return centred
    roots = np.sqrt(weights)
    return (values - weights @ values) * (roots[:, None] if values.ndim > 1 else roots)
