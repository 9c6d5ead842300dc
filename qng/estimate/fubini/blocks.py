r"""The block-diagonal and the diagonal Fubini-Study metric from counted bits.

The rotations of a block are measured together, on its prefix state: a Clifford circuit makes their
words K_r bits z_r = +-1, and with y = A^T z, A the Jacobian of the block's angles,

    g_theta = Cov(y) / 4,

estimated by the covariance of the shots (`moments`): unbiased, positive semidefinite, and with the
correlations of entries that parameters have in common. Different blocks are different shots, and
add up.

What the structure of the circuit fixes (`structure`) is not measured, as far as that leaves the
estimate positive: rotations that are not correlated with any that has to be measured.

Outside the blocks an entry is free where c_rs = <W^dagger P_s W P_r> is fixed, W being everything
between the two rotations: g_rs = (Re c_rs - <K_r><K_s>)/4 with the means of the blocks. So it is
for RY and RZ on one qubit, where P_s, walked back to r, anticommutes with P_r, and Re c_rs = 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.arrays import Array, Flags
from qng.circuit.blocks import Block
from qng.circuit.circuit import Circuit
from qng.circuit.clifford import diagonalising
from qng.circuit.derived import derived
from qng.circuit.heisenberg import light_cone
from qng.circuit.pauli import Pauli
from qng.circuit.structure import structure
from qng.estimate.parts.moments import Bits, covariance, means
from qng.geometry.metric import Blocks, Dense, Diagonal, Metric
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples

_LEAST: Final = 1e-3


def blocks(
    circuit: Circuit, theta: ArrayLike, rule: str = "commuting", pairs: bool = False
) -> Plan[Metric]:
    """The metric inside blocks of rotations, zero between them.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`).
        pairs: Whether to fill in the entries outside the blocks that the same shots give, as RY
            with RZ on a qubit. The matrix then is Dense and may have negative eigenvalues, even
            where it is exact; where a parameter is shared the errors are upper bounds.

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
    layout = _layout(circuit, rule, False)
    return _plan(circuit, theta, layout, _outside(circuit, rule) if pairs else None)


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
        bits: What their K_r have become.
    """

    rotations: tuple[int, ...]
    bits: Bits


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


@derived
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
        from scipy.sparse.csgraph import connected_components

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
    measured = 0
    for k in chosen:
        measured |= block.words[k].support
    cone = light_cone([circuit.ops[position] for position in block.prefix], measured)
    prefix = [block.prefix[k] for k in cone]
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
                Bits(
                    tuple(image[k][1] for k in part),
                    np.array([float(block.signs[k] * image[k][0]) for k in part]),
                    bool(np.all(vanishing[part])),
                ),
            )
            for part in parts
        ),
    )


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
    fixed = structure(circuit)
    apart = np.ones((circuit.n_rotations,) * 2, dtype=bool)
    for block in circuit.blocks(rule):
        apart[np.ix_(block.rotations, block.rotations)] = False
    unknown = np.isnan(fixed.metric)
    pairs = np.argwhere(np.triu(apart & unknown & ~np.isnan(fixed.products)))
    known = np.where(apart & ~unknown, fixed.metric, 0.0)
    return _Outside(known, pairs, fixed.products[pairs[:, 0], pairs[:, 1]])


def _plan(
    circuit: Circuit, theta: ArrayLike, layout: _Layout, outside: _Outside | None = None
) -> Plan[Metric]:
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
        for measured, (counts,) in zip(layout.measured, results):
            for part in measured.parts:
                a = jacobian[list(part.rotations)]
                columns = np.flatnonzero(np.any(a != 0, axis=0))
                where = np.ix_(columns, columns)
                value, noise = covariance(counts, part.bits, a[:, columns])
                matrix[where] += value / 4
                variance[where] += noise / 16
        exact = all(counts.is_exact for (counts,) in results)
        error = None if exact else np.sqrt(variance)
        if outside is not None:
            more = _filled(layout, outside, results).pullback(jacobian)
            total = None if error is None else error + more.std_error
            return Dense(matrix + more.dense(), total, (*known.blocks, *more.blocks))
        if isinstance(known, Dense):
            return Dense(matrix, error, known.blocks)
        inside = tuple(matrix[np.ix_(index, index)] for index in known.blocks)
        return Blocks(known.blocks, inside, known.size, error)

    return Plan(requests, reduce)


def _filled(layout: _Layout, outside: _Outside, results: Sequence[Result]) -> Dense:
    """The entries of g_phi outside the blocks."""
    p, noise = np.zeros(len(outside.known)), np.zeros(len(outside.known))
    for measured, (counts,) in zip(layout.measured, results):
        for part in measured.parts:
            rotations = list(part.rotations)
            p[rotations], noise[rotations] = means(counts, part.bits)
    matrix, error = outside.known.copy(), np.zeros_like(outside.known)
    r, s = outside.pairs.T
    matrix[r, s] = matrix[s, r] = (outside.products - p[r] * p[s]) / 4
    # Different blocks are independent.
    variance = p[r] ** 2 * noise[s] + p[s] ** 2 * noise[r] + noise[r] * noise[s]
    error[r, s] = error[s, r] = np.sqrt(variance) / 4
    computed = [*outside.pairs, *np.argwhere(np.triu(outside.known))]
    return Dense(matrix, error, [(int(r), int(s)) for r, s in computed])


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
