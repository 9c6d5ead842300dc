r"""The block-diagonal and the diagonal Fubini-Study metric from counted bits.

The rotations of a block are measured together, on its prefix state: a Clifford circuit makes their
words K_r bits z_r = +-1, and with y = A^T z, A the Jacobian of the block's angles,

    g_theta = Cov(y) / 4,    estimated by  S = sum (y - <y>)(y - <y>)^T / (N - 1),

which is unbiased and positive semidefinite, whatever the number of shots N. Different blocks are
different shots and add up. With d = y - E y, Sigma = Cov(y) and mu_ij = E d_i^2 d_j^2,

    Var S_ij = (mu_ij - Sigma_ij^2) / N + (Sigma_ii Sigma_jj + Sigma_ij^2) / (N (N - 1)),

exactly. The second term is what is left where the first vanishes, as for a generator with mean 0.
The moments are those of the shots together with `PRIOR` further ones in which every word is +1 or
-1 at random, so that no error is zero by accident (`counts`). As the first term is taken at means
that have errors of their own, the second is counted `SECOND` times: then an interval of 1.96
standard errors covers about 93 % or more also where a mean is a few of its errors away from 0.

What the structure of the circuit fixes (`structure`) is not measured, as far as that leaves S
positive: rotations that are not correlated with any that has to be measured. And where all means
of what is measured together vanish by structure, S = sum y y^T / N, and the second term is absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from qng.blocks import Block
from qng.circuit import Circuit
from qng.clifford import diagonalising
from qng.counts import PRIOR, Counts
from qng.errors import InputError
from qng.estimate.structure import structure
from qng.metrics import Blocks, Dense, Diagonal, Metric
from qng.pauli import Pauli
from qng.plan import Plan
from qng.request import Request, Result, Samples

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

SECOND: Final = 5.0
"""How often the term of second order in a variance is counted."""

_LEAST: Final = 1e-3
_AT_ONCE: Final = 256


def blocks(circuit: Circuit, theta: ArrayLike, rule: str = "commuting") -> Plan[Metric]:
    """The metric inside blocks of rotations, zero between them.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`).

    Returns:
        A plan for A^T g A with its standard errors: Blocks, or Dense with its `blocks` where
        parameters are shared between blocks. It is unbiased, and positive semidefinite unless
        bits are corrected for readout errors. Entries that the structure of the circuit fixes
        have the error 0; `std_error` is None where nothing was counted.

    Raises:
        InputError: When it is reduced: a single shot for a block.

    Cost: one circuit and one point a block, none for a block that the structure fixes. Shots are
    shared so that the sum of the variances of all entries is smallest if words are independent.

    Reference: Stokes et al., arXiv:1909.02108.
    """
    return _plan(circuit, theta, _layout(circuit, rule, False))


def diagonal(circuit: Circuit, theta: ArrayLike, rule: str = "commuting") -> Plan[Metric]:
    """The diagonal of the block-diagonal metric in the parameters, diag(A^T g A).

    Where a parameter has rotations in several blocks, what these have in common is missing from
    its entry, which then differs from that of the full metric (`fubini.diagonal`); where its
    rotations are alone or in one block the two are equal.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`).

    Returns:
        A plan for Diagonal with its standard errors; unbiased and not negative, as `blocks`.

    Raises:
        InputError: When it is reduced: a single shot for a block.

    Cost: at most that of `blocks`. Only means of words and correlations of rotations that share a
    parameter are measured: a circuit of RY rotations and real gates with parameters of their own
    needs no circuit, as <Y> = 0 in real states.

    Reference: Stokes et al., arXiv:1909.02108.
    """
    return _plan(circuit, theta, _layout(circuit, rule, True)).map(_diagonal)


def _diagonal(metric: Metric) -> Diagonal:
    error = metric.std_error
    return Diagonal(metric.diagonal(), None if error is None else np.diag(np.diag(error)))


@dataclass(frozen=True, eq=False)
class _Part:
    """Rotations whose covariance matrix is measured.

    Args:
        rotations: Indices r.
        words: The words of Z letters that their K_r have become, in the same order.
        signs: The sign of each, shape (m,).
        centred: Whether all <K_r> vanish by structure.
    """

    rotations: tuple[int, ...]
    words: tuple[Pauli, ...]
    signs: Array
    centred: bool


@dataclass(frozen=True, eq=False)
class _Measured:
    """One block as a circuit.

    Args:
        circuit: The part of the prefix that the words depend on, and the gates that make them
            bits.
        inherited: The rotations of the whole circuit that it has.
        basis: The qubits that are measured.
        parts: Sets of rotations that have no wanted entry and no parameter in common.
    """

    circuit: Circuit
    inherited: tuple[int, ...]
    basis: Pauli
    parts: tuple[_Part, ...]


@dataclass(frozen=True, eq=False)
class _Layout:
    """What of the metric is known, and what is measured.

    Args:
        known: g_phi, zero where it is measured.
        measured: The blocks with something to be measured.
    """

    known: Blocks
    measured: tuple[_Measured, ...]


@lru_cache(maxsize=128)
def _layout(circuit: Circuit, rule: str, diagonal: bool) -> _Layout:
    """What is to be measured for the blocks, or for the diagonal in the parameters alone."""
    fixed = structure(circuit)
    names = [set(rotation.angle.parameters()) for rotation in circuit.rotations]
    known, measured = [], []
    for block in circuit.blocks(rule):
        index = np.array(block.rotations)
        metric = fixed.metric[np.ix_(index, index)]
        sharing = np.array([[bool(names[r] & names[s]) for s in index] for r in index])
        wanted = sharing if diagonal else np.ones_like(sharing)
        # Not a number is not zero: what is unknown may be correlated.
        linked = wanted & (metric != 0)
        unknown = np.any(wanted & np.isnan(metric), axis=1)
        sets = list(_components(linked, np.arange(len(index))))
        rows = np.sort(np.concatenate([np.zeros(0, int), *(k for k in sets if unknown[k].any())]))
        exact = ~np.isin(np.arange(len(index)), rows)
        known.append(np.where(wanted & np.outer(exact, exact), metric, 0.0))
        if len(rows):
            parts = list(_components(linked | sharing, rows))
            measured.append(_measured(circuit, block, parts, fixed.means[index] == 0))
    index_sets = tuple(block.rotations for block in circuit.blocks(rule))
    return _Layout(Blocks(index_sets, tuple(known), circuit.n_rotations), tuple(measured))


def _components(linked: Flags, rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The connected components of some vertices of a graph."""
    if len(rows):
        count, labels = connected_components(linked[np.ix_(rows, rows)], directed=False)
        yield from (rows[labels == k] for k in range(count))


def _measured(
    circuit: Circuit, block: Block, parts: Sequence[NDArray[np.intp]], vanishing: Flags
) -> _Measured:
    """The circuit of a block.

    Args:
        circuit: The whole circuit.
        block: The block.
        parts: Sets of members of the block, as positions in it.
        vanishing: Which means are zero by structure, shape (members,).
    """
    chosen = [int(k) for part in parts for k in part]
    gates, images = diagonalising([block.words[k] for k in chosen])
    image = dict(zip(chosen, images))
    support = 0
    for _, word in images:
        support |= word.support
    prefix = _past(circuit, block.prefix, [block.words[k] for k in chosen])
    at = {position: r for r, position in enumerate(circuit.positions)}
    return _Measured(
        Circuit(
            circuit.n_qubits,
            [*(circuit.ops[position] for position in prefix), *gates],
            circuit.parameters,
        ),
        tuple(at[position] for position in prefix if position in at),
        Pauli(0, support),
        tuple(
            _Part(
                tuple(block.rotations[k] for k in part),
                tuple(image[k][1] for k in part),
                np.array([float(block.signs[k] * image[k][0]) for k in part]),
                bool(np.all(vanishing[part])),
            )
            for part in parts
        ),
    )


def _past(circuit: Circuit, prefix: Sequence[int], words: Sequence[Pauli]) -> list[int]:
    """The operations of a prefix that can have influenced the words: their light cone."""
    cone = 0
    for word in words:
        cone |= word.support
    found = []
    for position in reversed(prefix):
        if circuit.ops[position].support & cone:
            cone |= circuit.ops[position].support
            found.append(position)
    return found[::-1]


def _plan(circuit: Circuit, theta: ArrayLike, layout: _Layout) -> Plan[Metric]:
    jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)
    weights = _weights(jacobian, layout.measured)
    requests = tuple(
        Request(m.circuit, phi[None, list(m.inherited)], Samples(m.basis), weights[k : k + 1])
        for k, m in enumerate(layout.measured)
    )
    known = layout.known.pullback(jacobian)

    def reduce(results: Sequence[Result]) -> Metric:
        matrix = known.dense().copy()
        variance = np.zeros_like(matrix)
        exact = True
        for measured, (counts,) in zip(layout.measured, results):
            exact = exact and counts.is_exact
            for part in measured.parts:
                a = jacobian[list(part.rotations)]
                columns = np.flatnonzero(np.any(a != 0, axis=0))
                where = np.ix_(columns, columns)
                value, noise = _covariance(counts, part, a[:, columns])
                matrix[where] += value / 4
                variance[where] += noise / 16
        error = None if exact else np.sqrt(variance)
        if isinstance(known, Dense):
            return Dense(matrix, error, known.blocks)
        inside = tuple(matrix[np.ix_(index, index)] for index in known.blocks)
        return Blocks(known.blocks, inside, known.size, error)

    return Plan(requests, reduce)


def _weights(jacobian: Array, measured: Sequence[_Measured]) -> Array:
    """Shots of the blocks, in proportion.

    Were the words independent, the variances of the entries of a part from one shot would sum to
    (tr A^T A / 4)^2, and the best numbers of shots are as the roots of the sums.
    """
    sizes = [
        [float(np.sum(jacobian[list(part.rotations)] ** 2)) / 4 for part in block.parts]
        for block in measured
    ]
    weights = np.array([np.linalg.norm(size) for size in sizes])
    largest = weights.max(initial=0.0)
    return np.maximum(weights, _LEAST * largest) if largest else np.ones(len(weights))


def _covariance(counts: Counts, part: _Part, a: Array) -> tuple[Array, Array]:
    """Cov(y) of y = A^T z, and the variances of its entries; both of shape (P, P).

    Args:
        counts: The shots of the block.
        part: What z is.
        a: A, shape (m, P).
    """
    y = (counts.signs(part.words) * part.signs) @ a
    mean = np.zeros(a.shape[1]) if part.centred else counts.weights @ y
    found = _about(counts, part, a, y, mean)
    if counts.is_exact:
        return found.products, np.zeros_like(found.products)
    n = counts.shots
    if n < 2 and not part.centred:
        raise InputError(
            "a covariance matrix needs at least 2 shots of every block, one had 1: give more shots"
        )
    value = found.products
    smooth = _smoothed(found, a, mean, n)
    variance = (smooth.squares - smooth.products**2) / n
    if part.centred:
        # Entries of single rotations, whose squares are 1.
        used = (a != 0).astype(float)
        variance[np.outer(used.sum(axis=0), used.sum(axis=0)) == used.T @ used] = 0.0
    else:
        value = value + found.spread / (n - 1)
        own = np.diag(smooth.spread)
        variance += SECOND * (np.outer(own, own) + smooth.spread**2) / (n * (n - 1))
    if counts.readout is not None:
        variance += _drift(counts, part, a, mean)
    return value, np.maximum(variance, 0.0)


@dataclass(frozen=True, eq=False)
class _Moments:
    """Averages of d = y - c about a centre c, all of shape (P, P).

    Args:
        spread: Of d_i d_j.
        products: Of D_ij, which is d_i d_j with the products of words z_r z_s as they are counted.
        squares: Of D_ij^2.
    """

    spread: Array
    products: Array
    squares: Array


def _about(counts: Counts, part: _Part, a: Array, y: Array, centre: Array) -> _Moments:
    """Averages over the shots."""
    d = y - centre
    spread = (counts.weights * d.T) @ d
    if counts.readout is None:
        return _Moments(spread, spread, (counts.weights * d.T**2) @ d**2)
    masks, where = _pairs(part)
    words = [Pauli(0, int(mask)) for mask in masks]
    signs = np.outer(part.signs, part.signs)
    products, squares = np.zeros_like(spread), np.zeros_like(spread)
    for start in range(0, len(y), _AT_ONCE):
        now = slice(start, start + _AT_ONCE)
        pairs = counts.readout.signs(counts.outcomes[now], words)[:, where] * signs
        crossed = y[now, :, None] * centre
        values = a.T @ pairs @ a - crossed - crossed.transpose(0, 2, 1) + np.outer(centre, centre)
        products += np.tensordot(counts.weights[now], values, 1)
        squares += np.tensordot(counts.weights[now], values**2, 1)
    return _Moments(spread, products, squares)


def _smoothed(found: _Moments, a: Array, centre: Array, shots: float) -> _Moments:
    """Averages over the shots and `PRIOR` further ones with independent words of mean zero."""
    even, square = a.T @ a, centre**2
    spread = even + np.outer(centre, centre)
    own = np.diag(even)
    squares = np.outer(own, own) + 2 * even**2 - 2 * (a**2).T @ a**2
    squares += np.outer(own, square) + np.outer(square, own) + np.outer(square, square)
    squares += 4 * even * np.outer(centre, centre)
    share = shots / (shots + PRIOR)
    return _Moments(
        share * found.spread + (1 - share) * spread,
        share * found.products + (1 - share) * spread,
        share * found.squares + (1 - share) * squares,
    )


def _drift(counts: Counts, part: _Part, a: Array, mean: Array) -> Array:
    """Variances that come from the errors of the readout rates, shape (P, P)."""
    assert counts.readout is not None
    variance = np.zeros((a.shape[1],) * 2)
    if np.isinf(counts.readout.shots):
        return variance
    masks, where = _pairs(part)
    words = [Pauli(0, int(mask)) for mask in masks] + list(part.words)
    signed = a * part.signs[:, None]
    for i in range(len(mean)):
        for j in range(i + 1):
            pairs = np.outer(signed[:, i], signed[:, j]).ravel()
            c = np.bincount(where.ravel(), pairs, len(masks))
            c = np.concatenate([c, -mean[i] * signed[:, j] - mean[j] * signed[:, i]])
            used = [k for k in np.flatnonzero(c) if words[k].support]
            variance[i, j] = variance[j, i] = counts.readout.drift_of_mean(
                counts.outcomes, counts.weights, [words[k] for k in used], np.asarray(c[used])
            )
    return variance


def _pairs(part: _Part) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The products of all pairs of words: distinct masks, and which is whose, shape (m, m)."""
    masks = np.array([word.support for word in part.words], dtype=np.int64)
    distinct, where = np.unique(masks[:, None] ^ masks, return_inverse=True)
    return distinct, where.reshape(len(masks), len(masks))
