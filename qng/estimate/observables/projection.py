r"""The metric of words by their covariance: M = J^T C^+ J / 4, g projected on what they see.

With a floor f it is M = J^T (C + f)^-1 J / 4: a combination of words with the variance c counts by
c/(c + f), as if f were added to its variance.

From shots J has noise, whose part in the mean of M is subtracted, and C has noise, which spreads
small eigenvalues, so that their inverses are too large. With E the noise of C and sigma^2 the mean
of the variances of its entries, to second order and for noise that is the same everywhere,

    E[(C + E + f + tau)^-1] = (C + f + tau - sigma^2 tr (C + f + tau)^-1)^-1,

so that F = (C + f + tau)^-1 with tau = sigma^2 tr (C + f + tau)^-1 is right on the mean where
eigenvalues of C + f are well above their noise. Below it nothing is known: there tau, up to
sigma sqrt(m) for m words, leaves out what combinations of words with so small a variance say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.heisenberg import known_mean
from qng.circuit.pauli import PauliSum
from qng.estimate.observables.measured import Covariance, Derivatives, Seen
from qng.estimate.observables.noise import ProjectionNoise
from qng.estimate.observables.products import Products, products
from qng.estimate.parts.shifted import Shifted
from qng.estimate.parts.words import images
from qng.geometry import Dense, LowRank, Metric
from qng.geometry.noise import entry_errors
from qng.plan.grouping import grouped
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples, Tangent

CUTOFF: Final = 1e-10
"""Eigenvalues of C below this fraction of the largest are rounding, where C is exact."""

_ROUNDING: Final = 1e-20
_OF_MEANS: Final = 1e-12
"""Those below these, of C from states and of C from means: words have the norm 1."""


def exact(circuit: Circuit, words: PauliSum, theta: ArrayLike, floor: float = 0.0) -> Plan[Metric]:
    """M from states: Re <d_i psi|Pi|d_j psi>, Pi projecting on the real span of (P_r - <P_r>) psi.

    Args:
        circuit: The circuit.
        words: P_r; their coefficients do not count.
        theta: Shape (P,), radians.
        floor: f.

    Cost: one sweep of P derivative states, and two products of m x 2^(n+1) real matrices, for m
    words.
    """
    given = [word for word, _ in words]
    size = 2**circuit.n_qubits
    checks.memory(f"{len(given)} words of {circuit.n_qubits} qubits", 64 * len(given) * size)

    def reduce(results: Sequence[Result]) -> Metric:
        rows, psi = results[0].dense(), results[0].state
        seen = images(given, psi)
        seen -= np.outer((seen @ psi.conj()).real, psi)
        w, span = _orthonormal(seen.view(float))
        seen_by = span @ np.ascontiguousarray(rows).view(float).T
        x = np.sqrt(w / (w + floor))[:, None] * seen_by
        return LowRank(x) if len(x) < circuit.n_parameters else Dense(x.T @ x)

    phi, slopes = circuit.at(theta)
    request = Request(circuit, phi[None], Tangent(slopes))
    return Plan((request,), reduce, rigid=circuit.is_affine)


def _orthonormal(rows: Array) -> tuple[Array, Array]:
    """Eigenvalues of C above rounding, and an orthonormal basis of the span of the rows.

    The eigenvectors of C are orthogonal in the rows to rounding over the smallest eigenvalue; once
    more, by Cholesky, they are to rounding.

    Args:
        rows: e_r, real, shape (m, K), whose products are C.
    """
    w, u = np.linalg.eigh(rows @ rows.T)
    kept = w > max(CUTOFF * w[-1], _ROUNDING)
    nearly = (u[:, kept].T @ rows) / np.sqrt(w[kept])[:, None]
    return w[kept], np.linalg.solve(np.linalg.cholesky(nearly @ nearly.T), nearly)


def counted(
    circuit: Circuit, words: PauliSum, theta: ArrayLike, floor: float = 0.0
) -> Plan[Metric]:
    """M from the shifted points of a gradient, and from C at the point itself.

    Args:
        circuit: The circuit.
        words: P_r; by their coefficients they are grouped, as those of an energy are.
        theta: Shape (P,), radians.
        floor: f.

    Cost: 2R points for every basis that measures words, and one point for every basis that
    measures their products.
    """
    given = tuple(word for word, _ in words)
    at, of_j, known = Shifted.of(circuit, theta), grouped(circuit, (words,)), products(given)
    if not len(at.angles) or not of_j:
        return Plan((), lambda _: Dense(np.zeros((circuit.n_parameters,) * 2)))
    of_c = grouped(circuit, (_by_use(known),))
    fixed = np.array([known_mean(circuit, word) or 0.0 for word in known.words])

    def reduce(results: Sequence[Result]) -> Metric:
        shifted, centre = results[: len(of_j)], [counts for (counts,) in results[len(of_j) :]]
        j = Derivatives.of(at, known, [Seen.of(known, *pair) for pair in zip(of_j, shifted)])
        c = Covariance.of(known, fixed, [Seen.of(known, g, (one,)) for g, one in zip(of_c, centre)])
        return _metric(j, c, floor)

    phi, requests = circuit.angles(theta)[None], []
    for group in of_j:
        share = np.sqrt(len(group.words)) * (
            np.ones(len(at.rows)) if at.weights is None else at.weights
        )
        requests.append(Request(circuit, at.angles, Samples(group.basis), share))
    # The errors of M that a point of J and one of C bring, where F J has entries of sqrt(P/m).
    of_centre = np.sqrt(circuit.n_parameters / (2 * len(given)))
    of_centre /= np.linalg.norm(at.rows, axis=1).mean()
    for group in of_c:
        share = np.array([of_centre * group.size])
        requests.append(Request(circuit, phi, Samples(group.basis), share))
    return Plan(tuple(requests), reduce)


def _by_use(known: Products) -> PauliSum:
    """The words that C is made of, by the roots of how many entries have them."""
    uses = np.bincount(known.places, minlength=len(known.words)).astype(float)
    uses[: known.size] += 1
    return PauliSum(list(zip(known.words, np.sqrt(uses))))


def _metric(j: Derivatives, c: Covariance, floor: float) -> Metric:
    """J^T F J / 4 less the noise of J, with its errors."""
    w, u = np.linalg.eigh(c.matrix)
    if c.is_exact:
        kept = w > max(CUTOFF * w[-1], _OF_MEANS)
        x = (u[:, kept].T @ j.value) / (2 * np.sqrt(w[kept] + floor)[:, None])
        return Dense(x.T @ x)
    w = np.maximum(w, 0.0) + floor
    tau = _raised(w, c.variance)
    f = (u / (w + tau)) @ u.T
    outputs = f @ j.value
    matrix = (j.value.T @ outputs - j.noise(f)) / 4
    noise = ProjectionNoise(
        j.rows,
        outputs / 4,
        outputs,
        j.places,
        j.covariances,
        j.second(f) / 16,
        c.means,
        np.stack([c.known.first, c.known.second, c.known.places]),
        c.known.signs,
        c.places,
        c.covariances,
        tau * outputs.T @ outputs / 4,
    )
    return Dense((matrix + matrix.T) / 2, entry_errors(noise, len(matrix)), noise=noise)


def _raised(w: Array, variance: float) -> float:
    """tau = sigma^2 sum_k 1 / (w_k + tau), for w_k >= 0.

    Args:
        w: Eigenvalues of C + f, shape (m,).
        variance: sigma^2.
    """
    low, high = 0.0, float(np.sqrt(variance * len(w)))
    for _ in range(60):
        tau = (low + high) / 2
        low, high = (tau, high) if variance * np.sum(1 / (w + tau)) > tau else (low, tau)
    return high
