r"""The block-diagonal and the diagonal Fubini-Study metric from counted bits.

The rotations of a block are measured together, on its prefix state: a Clifford circuit makes their
words K_r bits z_r = +-1 (`division`), and with y = A^T z, A the Jacobian of the block's angles,

    g_theta = Cov(y) / 4,

estimated by the covariance of the shots (`moments`): unbiased, positive semidefinite, and with the
correlations of entries that parameters have in common. Different blocks are different shots, and
add up.

Outside the blocks an entry is free where c_rs = <W^dagger P_s W P_r> is fixed, W being everything
between the two rotations: with the means p_r = <K_r> of the blocks

    g_rs = (Re c_rs - p_r p_s) / 4.

So it is for RY and RZ on one qubit, where P_s, walked back to r, anticommutes with P_r, and
Re c_rs = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.structure import structure
from qng.estimate.fubini.division import Division, divided, outside_blocks
from qng.estimate.parts.diagonal import diagonal_of
from qng.estimate.parts.moments import CountedNoise, covariance, means
from qng.estimate.parts.products import second_order
from qng.estimate.parts.shares import weights
from qng.geometry import Blocks, Dense, Metric
from qng.geometry.noise import Bounded, Noise, Sum, Together
from qng.plan.counts import Counts
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples


def blocks(
    circuit: Circuit,
    theta: ArrayLike,
    rule: str = "commuting",
    pairs: bool = False,
    masked: bool = False,
) -> Plan[Metric]:
    """The metric inside blocks of rotations, zero between them.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`).
        pairs: Whether to fill in the entries outside the blocks that the same shots give, as RY
            with RZ on a qubit. The matrix then is Dense and may have negative eigenvalues, even
            where it is exact; its errors are upper bounds, those of both parts added.
        masked: How the same entries are computed without shots (`exact.blocks`); with them every
            block has its prefix state, whatever stands here.

    Returns:
        A plan for A^T g A with its standard errors: Blocks, or Dense with its `blocks` where
        parameters are shared between blocks. It is unbiased, and without `pairs` positive
        semidefinite unless bits are corrected for readout errors. Rotations that the structure of
        the circuit fixes have errors of 0; `std_error` is None where nothing was counted.

    Raises:
        InputError: When it is reduced: a single shot for a block.

    Cost: one circuit and one point a block, none for a block that the structure fixes. Shots are
    shared so that the sum of the variances of all entries is smallest if words are independent.

    Reference: Stokes et al., arXiv:1909.02108.
    """
    outside = _outside(circuit, rule) if pairs else None
    return _plan(circuit, theta, divided(circuit, rule, False), outside)


def diagonal(
    circuit: Circuit, theta: ArrayLike, rule: str = "commuting", masked: bool = False
) -> Plan[Metric]:
    """The diagonal of the block-diagonal metric in the parameters, diag(A^T g A).

    Where a parameter has rotations in several blocks, what these have in common is missing from
    its entry, which then differs from that of the full metric (`overlaps.diagonal`); where its
    rotations are alone or in one block the two are equal.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`).
        masked: As in `blocks`.

    Returns:
        A plan for Diagonal with its standard errors; unbiased and not negative, as `blocks`.

    Raises:
        InputError: When it is reduced: a single shot for a block.

    Cost: at most that of `blocks`. Only means of words and correlations of rotations that share a
    parameter are measured: a circuit of RY rotations and real gates with parameters of their own
    needs no circuit, as <Y> = 0 in real states.

    Reference: Stokes et al., arXiv:1909.02108.
    """
    return _plan(circuit, theta, divided(circuit, rule, True)).map(diagonal_of)


@dataclass(frozen=True, eq=False)
class _Outside:
    """Entries of g_phi outside the blocks, of rotations r < s.

    Args:
        known: Those that the structure fixes, else 0; shape (R, R), symmetric.
        pairs: (r, s), shape (pairs, 2), of those that follow from means.
        products: Re c_rs, shape (pairs,).
    """

    known: Array
    pairs: NDArray[np.intp]
    products: Array


@derived
def _outside(circuit: Circuit, rule: str) -> _Outside:
    """The entries outside the blocks that need nothing but what the blocks show."""
    fixed, apart = structure(circuit), outside_blocks(circuit, rule)
    unknown = np.isnan(fixed.metric)
    pairs = np.argwhere(np.triu(apart & unknown & ~np.isnan(fixed.products)))
    known = np.where(apart & ~unknown, fixed.metric, 0.0)
    return _Outside(known, pairs, fixed.products[pairs[:, 0], pairs[:, 1]])


def _plan(
    circuit: Circuit, theta: ArrayLike, division: Division, outside: _Outside | None = None
) -> Plan[Metric]:
    """A^T g A from the blocks, and from the means of the blocks what they give outside."""
    jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)
    norms = _norms(division, jacobian)
    requests = tuple(
        Request(block.circuit, phi[None, list(block.inherited)], Samples(block.basis), weight)
        for block, weight in zip(division.counted, weights(norms)[:, None])
    )
    known = division.known.pullback(jacobian)

    def reduce(results: Sequence[Result]) -> Metric:
        counted = [counts for (counts,) in results]
        matrix, error, noise = _inside(division, counted, jacobian, known.dense())
        if outside is not None:
            more = _from_means(outside, division, counted).pullback(jacobian)
            matrix, sets = matrix + more.dense(), (*known.blocks, *more.blocks)
            if error is None or noise is None:
                return Dense(matrix, blocks=sets)
            assert more.std_error is not None
            assert more.noise is not None
            both = Together((noise, more.noise), np.ones(2))
            return Dense(matrix, error + more.std_error, sets, both)
        return Blocks.of(matrix, known.blocks, error, noise)

    return Plan(requests, reduce)


def _inside(
    division: Division, counted: Sequence[Counts], jacobian: Array, known: Array
) -> tuple[Array, Array | None, Noise | None]:
    """The metric inside blocks, known + sum over parts of Cov(A^T z) / 4, and its errors.

    Args:
        division: The blocks.
        counted: Their shots.
        jacobian: A, shape (R, P).
        known: What is known of A^T g A, shape (P, P).
    """
    matrix, variance = known.copy(), np.zeros_like(known)
    noise: list[Noise] = []
    for block, counts in zip(division.counted, counted):
        for part in block.parts:
            rows = jacobian[list(part.rotations)]
            columns = np.flatnonzero(np.any(rows != 0, axis=0))
            where = columns[:, None], columns
            own = rows[:, columns]
            found, spread = covariance(counts, part.bits, own)
            matrix[where] += found / 4
            if spread is not None:
                variance[where] += spread / 16
                noise.append(CountedNoise(counts, part.bits, own, columns))
    if not noise:
        return matrix, None, None
    return matrix, np.sqrt(variance), Sum(tuple(noise), np.full(len(noise), 1 / 16))


def _from_means(outside: _Outside, division: Division, counted: Sequence[Counts]) -> Dense:
    """The entries of g_phi outside the blocks, g_rs = (Re c_rs - p_r p_s) / 4.

    Different blocks are independent: Var(p_r p_s) = p_r^2 V_s + p_s^2 V_r + V_r V_s, the last
    term as in `products`.
    """
    p, noise = np.zeros((2, len(outside.known)))
    for block, counts in zip(division.counted, counted):
        for part in block.parts:
            rotations = list(part.rotations)
            p[rotations], noise[rotations] = means(counts, part.bits)
    matrix, error = outside.known.copy(), np.zeros_like(outside.known)
    r, s = outside.pairs.T
    matrix[r, s] = matrix[s, r] = (outside.products - p[r] * p[s]) / 4
    variance = p[r] ** 2 * noise[s] + p[s] ** 2 * noise[r] + second_order(noise[r], noise[s])
    error[r, s] = error[s, r] = np.sqrt(variance) / 4
    computed = [*outside.pairs, *np.argwhere(np.triu(outside.known))]
    # A mean is in many entries: they may err together.
    return Dense(matrix, error, [(int(r), int(s)) for r, s in computed], Bounded(error))


def _norms(division: Division, jacobian: Array) -> Array:
    """What the blocks contribute to the errors, from one shot each; shape (blocks,).

    Were the words independent, the variances of the entries of a part from one shot would sum to
    (tr A^T A / 4)^2, and the best numbers of shots are as the roots of the sums.
    """
    traces = [
        [float(np.sum(jacobian[list(part.rotations)] ** 2)) / 4 for part in block.parts]
        for block in division.counted
    ]
    return np.array([np.linalg.norm(block) for block in traces])
