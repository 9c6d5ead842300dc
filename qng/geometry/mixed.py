r"""Geometry of density matrices: metrics from a state rho and its derivatives, and distances.

With rho = sum_a l_a |a><a|, every monotone (Petz) metric is

    F_ij = sum_ab c(l_a, l_b) Re(<a|d_i rho|b> <b|d_j rho|a>),    c(x, y) = 1 / (y f(x/y)),

f operator monotone, f(1) = 1, f(t) = t f(1/t). The smallest of them is the SLD quantum Fisher
information, f = (1 + t)/2, c = 2/(x + y), which is four times the Bures metric; the largest has
f = 2t/(1 + t). All of them are the classical Fisher matrix where rho and its derivatives commute.
For pure states F = 4 g / (2 f(0)): 4 g of the SLD, infinite where f(0) = 0. Sums run over
l_a + l_b > 0.

Everything here is on the scale of Fisher information, QFI = 4 g.

References: Petz, Linear Algebra Appl. 244, 81 (1996); Braunstein and Caves, Phys. Rev. Lett. 72,
3439 (1994).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.errors import InputError
from qng.geometry.monotone import SLD, Monotone, checked

ROUNDING: Final = 1e-14
"""Eigenvalues of rho below it are rounding, and taken as zero."""

# How far a matrix may be from what a density matrix is.
_WRONG: Final = 1e-8

# The share of a derivative between support and kernel that is rounding.
_LEAKED: Final = 1e-10


def sld(rho: ArrayLike, derivatives: ArrayLike, growth: ArrayLike | None = None) -> Array:
    """The quantum Fisher information of the symmetric logarithmic derivative.

        F_ij = sum_ab 2 Re(<a|d_i rho|b> <b|d_j rho|a>) / (l_a + l_b)

    Where the rank of rho is larger next to the point than at it, F jumps at the point itself (zero
    angles in front of pure dephasing are such a point); `growth` gives the value that F has around
    it, which twice the Hessians of the eigenvalues that are zero have to be added to.

    Args:
        rho: Density matrix, shape (N, N).
        derivatives: d_i rho, shape (P, N, N), Hermitian and traceless.
        growth: tr(Q d_i d_j rho), shape (P, P), with Q the projector on the kernel (`kernel`).

    Returns:
        F, shape (P, P), positive semidefinite; 4 g where rho is pure.

    Raises:
        InputError: No density matrix, or derivatives that are none.

    Cost: an eigendecomposition and P products of (N, N) matrices.

    References: Braunstein and Caves, Phys. Rev. Lett. 72, 3439 (1994); Safranek, Phys. Rev. A 95,
    052320 (2017), for the jump.
    """
    levels, inside = _in_eigenbasis(rho, derivatives)
    if growth is None:
        return _weighted(inside, SLD.weights(levels))
    seen = levels > 0
    weights = SLD.weights(levels) * np.outer(seen, seen)
    grown: Array = _weighted(inside, weights) + 2 * np.asarray(growth, dtype=float)
    return grown


def petz(rho: ArrayLike, derivatives: ArrayLike, function: Monotone | str = "sld") -> Array:
    """The monotone metric of a function, on the scale of Fisher information.

    Args:
        rho: Density matrix, shape (N, N).
        derivatives: d_i rho, shape (P, N, N).
        function: A name of `monotone.FUNCTIONS`, or f itself, which takes and returns arrays.

    Returns:
        F, shape (P, P), positive semidefinite; 4 g / (2 f(0)) where rho is pure.

    Raises:
        UnknownNameError: No such function.
        InputError: A function that is no standard monotone one, no density matrix, or a metric that
            is infinite: f(0) = 0, and a derivative that leads out of the support of rho.

    Cost: as `sld`.

    Example:
        >>> rho, d = np.diag([0.9, 0.1]), [[[0, 0.2], [0.2, 0]]]
        >>> [round(float(petz(rho, d, name)[0, 0]), 3) for name in ("sld", "wigner-yanase", "bkm")]
        [0.16, 0.2, 0.22]
    """
    known = checked(function)
    levels, inside = _in_eigenbasis(rho, derivatives)
    if known.at_zero == 0:
        out = np.not_equal.outer(levels > 0, levels > 0)
        leaked = np.abs(inside[:, out]).max(initial=0.0)
        if leaked > _LEAKED * np.abs(inside).max(initial=0.0):
            raise InputError(
                f"the metric of {known.name} is infinite here: f(0) = 0, the state has rank "
                f"{int(np.sum(levels > 0))} of {len(levels)} and moves out of its support; "
                "choose sld or wigner-yanase, or a state with more noise"
            )
    return _weighted(inside, known.weights(levels))


def hilbert_schmidt(rho: ArrayLike, derivatives: ArrayLike) -> Array:
    """2 tr(d_i rho d_j rho) / tr(rho^2): what can be measured without eigenvalues.

    Args:
        rho: Density matrix, shape (N, N).
        derivatives: d_i rho, shape (P, N, N).

    Returns:
        Shape (P, P); 4 g where rho is pure. It is not monotone: noise may make it larger.

    Raises:
        InputError: As `sld`.

    Cost: P^2 N^2 multiplications.

    Reference: Koczor and Benjamin, arXiv:1912.08660.
    """
    state, slopes = _checked_state(rho), _checked_slopes(derivatives, np.shape(rho)[0])
    metric: Array = 2 * _gram(slopes) / float(np.vdot(state, state).real)
    return metric


def born(
    rho: ArrayLike,
    derivatives: ArrayLike,
    effects: ArrayLike | None = None,
    readout: ArrayLike | None = None,
) -> Array:
    """The classical Fisher matrix of a measurement, sum_x d_i p d_j p / p; at most the SLD's.

    Args:
        rho: Density matrix, shape (N, N).
        derivatives: d_i rho, shape (P, N, N).
        effects: E_x with p(x) = tr(E_x rho), shape (X, N, N), adding up to the identity; None: the
            computational basis.
        readout: P(y | x), the probability to read y where x happened, shape (Y, X): columns that
            add up to 1. Data processing: it takes information away, never adds any.

    Returns:
        I, shape (P, P). Outcomes of probability zero contribute nothing.

    Raises:
        InputError: As `sld`, or effects and readout that do not add up.
    """
    state, slopes = _checked_state(rho), _checked_slopes(derivatives, np.shape(rho)[0])
    p, d = _probabilities(state[None], effects)[0], _probabilities(slopes, effects)
    if readout is not None:
        read = np.asarray(readout, dtype=float)
        if read.ndim != 2 or read.shape[1] != len(p) or np.any(read < -_WRONG):
            raise InputError(
                f"readout holds P(y | x) of {len(p)} outcomes x, shape (Y, {len(p)}), not "
                f"{read.shape}, and no negative numbers"
            )
        if np.any(np.abs(read.sum(axis=0) - 1) > _WRONG):
            raise InputError("the columns of readout must add up to 1: something is always read")
        p, d = read @ p, d @ read.T
    seen = p > ROUNDING
    scores = d[:, seen] / np.sqrt(p[seen])
    return np.asarray(scores @ scores.T)


def fidelity(rho: ArrayLike, sigma: ArrayLike) -> float:
    """(tr sqrt(sqrt(rho) sigma sqrt(rho)))^2, |<psi|phi>|^2 for pure states.

    Args:
        rho: Density matrix, shape (N, N).
        sigma: Another of the same shape.

    Raises:
        InputError: No density matrices of one shape.
    """
    one, other = (_root(_checked_state(state)) for state in (rho, sigma))
    if one.shape != other.shape:
        raise InputError(f"states of one size are compared, not of {one.shape} and {other.shape}")
    # tr sqrt(A A^dagger) of A = sqrt(rho) sqrt(sigma): its singular values, without the root of
    # what rounding leaves of zero.
    return float(min(np.linalg.svd(one @ other, compute_uv=False).sum() ** 2, 1.0))


def bures_distance(rho: ArrayLike, sigma: ArrayLike) -> float:
    """sqrt(2 - 2 sqrt(F)) of the fidelity F; its square is v^T F_sld v / 4 to second order in v."""
    return float(np.sqrt(max(2 - 2 * np.sqrt(fidelity(rho, sigma)), 0.0)))


def bures_angle(rho: ArrayLike, sigma: ArrayLike) -> float:
    """arccos sqrt(F) of the fidelity F: the Fubini-Study distance of pure states."""
    return float(np.arccos(min(np.sqrt(fidelity(rho, sigma)), 1.0)))


def kernel(rho: ArrayLike) -> Amplitudes:
    """The projector on the kernel of rho, shape (N, N)."""
    levels, vectors = _decomposed(_checked_state(rho))
    empty = vectors[:, levels == 0]
    return np.asarray(empty @ empty.conj().T)


def _in_eigenbasis(rho: ArrayLike, derivatives: ArrayLike) -> tuple[Array, Amplitudes]:
    """l_a, shape (N,), and <a|d_i rho|b>, shape (P, N, N)."""
    state = _checked_state(rho)
    slopes = _checked_slopes(derivatives, len(state))
    levels, vectors = _decomposed(state)
    return levels, vectors.conj().T @ slopes @ vectors


def _decomposed(state: Amplitudes) -> tuple[Array, Amplitudes]:
    levels, vectors = np.linalg.eigh(state)
    return np.where(levels > ROUNDING, levels, 0.0), vectors


def _weighted(inside: Amplitudes, weights: Array) -> Array:
    """sum_ab w_ab Re(x_i,ab x_j,ab^*); x is Hermitian and w symmetric."""
    return _gram(inside * np.sqrt(weights))


def _gram(matrices: Amplitudes) -> Array:
    """Re tr(x_i x_j) of Hermitian matrices, shape (P, P)."""
    flat = matrices.reshape(len(matrices), matrices.shape[1] * matrices.shape[2])
    rows = np.ascontiguousarray(flat).view(float)
    return np.asarray(rows @ rows.T)


def _probabilities(matrices: Amplitudes, effects: ArrayLike | None) -> Array:
    """tr(E_x m) of Hermitian matrices m, shape (matrices, X)."""
    if effects is None:
        own: Array = np.einsum("paa->pa", matrices).real.copy()
        return own
    parts = np.asarray(effects, dtype=complex)
    if parts.ndim != 3 or parts.shape[1:] != matrices.shape[1:]:
        raise InputError(
            f"effects have the shape (X, {', '.join(map(str, matrices.shape[1:]))}), not "
            f"{parts.shape}"
        )
    if np.abs(parts.sum(axis=0) - np.eye(parts.shape[1])).max() > _WRONG:
        raise InputError("the effects of a measurement must add up to the identity")
    found: Array = np.einsum("xab,pba->px", parts, matrices).real.copy()
    return found


def _root(state: Amplitudes) -> Amplitudes:
    levels, vectors = _decomposed(state)
    return np.asarray((vectors * np.sqrt(levels)) @ vectors.conj().T)


def _complex(name: str, given: ArrayLike) -> Amplitudes:
    try:
        return np.asarray(given, dtype=complex)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: an array of numbers is expected: {error}") from error


def _checked_state(rho: ArrayLike) -> Amplitudes:
    """A density matrix as an array, Hermitian to the last bit."""
    state = _complex("a density matrix", rho)
    if state.ndim != 2 or state.shape[0] != state.shape[1] or not len(state):
        raise InputError(f"a density matrix is a square matrix, not of shape {state.shape}")
    if not np.all(np.isfinite(state)):
        raise InputError("a density matrix has finite entries")
    if np.abs(state - state.conj().T).max() > _WRONG or abs(np.trace(state) - 1) > _WRONG:
        raise InputError("a density matrix is Hermitian and has trace 1")
    hermitian: Amplitudes = (state + state.conj().T) / 2
    least = float(np.linalg.eigvalsh(hermitian)[0])
    if least < -_WRONG:
        raise InputError(f"a density matrix has no negative eigenvalues, here is {least:.1e}")
    return hermitian


def _checked_slopes(derivatives: ArrayLike, size: int) -> Amplitudes:
    slopes = _complex("derivatives of a state", derivatives)
    if slopes.ndim != 3 or slopes.shape[1:] != (size, size) or not np.all(np.isfinite(slopes)):
        raise InputError(
            f"derivatives of a state have the shape (P, {size}, {size}) and finite entries, not "
            f"the shape {slopes.shape}"
        )
    largest = max(float(np.abs(slopes).max(initial=0.0)), 1.0)
    if np.abs(slopes - slopes.conj().transpose(0, 2, 1)).max(initial=0.0) > _WRONG * largest:
        raise InputError("the derivatives of a density matrix are Hermitian")
    if np.abs(np.einsum("paa->p", slopes)).max(initial=0.0) > _WRONG * largest:
        raise InputError("the derivatives of a density matrix have trace 0")
    hermitian: Amplitudes = (slopes + slopes.conj().transpose(0, 2, 1)) / 2
    return hermitian
