r"""The Fubini-Study metric from overlaps |<psi(phi)|psi(phi + x)>|^2 at shifted angles.

Rotations whose angles have the same derivatives up to sign move together: they are one coordinate
u_k with n_k rotations and rows b_k of B, so that A = S B with signs S, and g_theta = B^T g_u B.
With F the overlap as a function of the shift x and e_k the direction of u_k,

    g_kk = -F''(x e_k) / 2                                        2 n_k - 1 overlaps
    g_kl = -[f(++) - f(+-) - f(-+) + f(--)] / 8                   n_k = n_l = 1, shifts of pi/2
    g_kl = [-F''(x e_k + x e_l) / 2 - g_kk - g_ll] / 2            2 (n_k + n_l) - 1 overlaps

at x = 0 (`shift.half_curvature`). An overlap is one circuit, there and back again; it is even in x
where the generators commute, and entries that the structure fixes need none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Flags, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.structure import Structure, structure
from qng.estimate.fubini import blocks as covariance
from qng.estimate.parts.shift import half_curvature
from qng.geometry import Dense, Metric
from qng.plan.plan import Plan, join
from qng.plan.request import Overlap, Request, Result


def full(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The full metric.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Returns:
        A plan for g, shape (P, P), with its standard errors; unbiased, so that it may have
        negative eigenvalues.

    Cost: at most 2R^2 - R overlaps for R rotations; at most 2 K R - (K^2 + K)/2 where these are K
    coordinates of several rotations each. The grouping of rotations that takes fewer overlaps is
    used.

    Reference: Mari, Bromley, Killoran, arXiv:2008.06517; Wierichs et al., arXiv:2107.12390.
    """
    jacobian = circuit.jacobian(theta)
    known = structure(circuit)
    layouts = [_layout(jacobian, known, grouped) for grouped in (False, True)]
    return _plan(circuit, theta, min(layouts, key=lambda layout: layout.points.sum()))


def blocks_plus(circuit: Circuit, theta: ArrayLike, rule: str = "commuting") -> Plan[Metric]:
    """The full metric, from samples of the prefix states inside blocks and overlaps elsewhere.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`).

    Returns:
        A plan for g, shape (P, P), with its standard errors; unbiased.

    Cost: the blocks, and at most four overlaps for every pair of rotations in different ones.

    Reference: Stokes et al., arXiv:1909.02108; Mari, Bromley, Killoran, arXiv:2008.06517.
    """
    outside = np.ones((circuit.n_rotations,) * 2, dtype=bool)
    for block in circuit.blocks(rule):
        outside[np.ix_(block.rotations, block.rotations)] = False
    layout = _layout(circuit.jacobian(theta), structure(circuit), False, outside)
    plans = {
        "inside": covariance.blocks(circuit, theta, rule),
        "outside": _plan(circuit, theta, layout),
    }

    def total(parts: dict[str, Metric]) -> Dense:
        errors = [part.std_error for part in parts.values() if part.std_error is not None]
        error = np.sqrt(sum(e**2 for e in errors)) if errors else None
        return Dense(sum(part.dense() for part in parts.values()), error)

    return join(plans).map(total)


@dataclass(frozen=True, eq=False)
class _Layout:
    """Coordinates u_k, what is known of g_u, and what it takes to measure the rest.

    Args:
        signs: S, shape (R, K): 1, -1 or 0, in every row at most one that is not 0.
        rows: B, shape (K, P).
        known: g_kl where it is known or not wanted, else 0; shape (K, K).
        even: Whether the overlaps for entry (k, l) are even in the shift, shape (K, K).
        points: Numbers of overlaps for the entries, upper triangle, shape (K, K).
    """

    signs: Array
    rows: Array
    known: Array
    even: Flags
    points: Integers

    @property
    def along(self) -> Flags:
        """Which entries (k, l) come from overlaps along the direction e_k + e_l, shape (K, K)."""
        single = self.sizes == 1
        found: Flags = ~np.outer(single, single)
        np.fill_diagonal(found, False)
        return found

    @property
    def sizes(self) -> Integers:
        """n_k, the number of rotations of every coordinate."""
        sizes: Integers = np.abs(self.signs).sum(axis=0).astype(np.int64)
        return sizes


def _layout(
    jacobian: Array, fixed: Structure, grouped: bool, wanted: Flags | None = None
) -> _Layout:
    """Coordinates of single rotations, or of all those that move together.

    Args:
        jacobian: A, shape (R, P).
        fixed: What the structure of the circuit fixes.
        grouped: Whether coordinates may have several rotations.
        wanted: Which entries of g_phi are wanted, shape (R, R), for single rotations only.
    """
    moving = np.flatnonzero(np.any(jacobian != 0, axis=1))
    signs = np.eye(len(jacobian))[:, moving]
    rows = jacobian[moving]
    if grouped and len(rows):
        leading = rows[np.arange(len(rows)), np.argmax(rows != 0, axis=1)]
        # Adding zero makes -0 a 0.
        upright = np.sign(leading)[:, None] * rows + 0.0
        _, first, which = np.unique(upright, axis=0, return_index=True, return_inverse=True)
        signs = (signs * np.sign(leading)) @ np.eye(len(first))[which.ravel()]
        rows = upright[first]
    metric = fixed.metric if wanted is None else np.where(wanted, fixed.metric, 0.0)
    unknown = np.isnan(metric)
    members = np.abs(signs)
    sizes = members.sum(axis=0)
    missing = members.T @ unknown @ members > 0
    clashes = members.T @ ~fixed.commuting @ members
    single = np.maximum.outer(sizes, sizes) == 1
    # f(x) = f(-x) for two rotations also where Im c = 0 or both means vanish.
    zero = fixed.means == 0
    mild = members.T @ ~(fixed.flat | np.outer(zero, zero)) @ members
    within = np.diag(clashes)
    even = np.where(single, mild == 0, clashes + within[:, None] + within == 0)
    n = sizes[:, None] + sizes
    needed = np.where(single, np.where(even, 2, 4), np.where(even, n, 2 * n - 1))
    np.fill_diagonal(needed, np.where(within == 0, sizes, 2 * sizes - 1))
    return _Layout(
        signs,
        rows,
        np.where(missing, 0.0, signs.T @ np.where(unknown, 0.0, metric) @ signs),
        even,
        np.triu(np.where(missing, needed, 0)).astype(np.int64),
    )


def _plan(circuit: Circuit, theta: ArrayLike, layout: _Layout) -> Plan[Metric]:
    """g_theta from the entries of g_u that are to be measured."""
    phi = circuit.angles(theta)
    sums = _sums(layout)
    if len(sums.shifts) == 0:
        return Plan((), lambda _: Dense(_matrix(layout, sums.constants)))
    points = phi + sums.shifts @ layout.signs.T
    weights = np.abs(sums.coefficients) * _norms(layout)[sums.row, sums.column]
    request = Request(
        circuit,
        points,
        Overlap(np.tile(phi, (len(points), 1))),
        # What cancels in the parameters needs no accuracy, but a shot.
        weights=np.maximum(weights, 1e-3 * weights.max()),
    )

    def reduce(results: Sequence[Result]) -> Dense:
        overlaps, errors = results[0].value, results[0].std_error
        entries = sums.constants + sums.collected(sums.coefficients * overlaps)
        if errors is None:
            return Dense(_matrix(layout, entries))
        variances = sums.collected((sums.coefficients * errors) ** 2)
        return Dense(_matrix(layout, entries), np.sqrt(_variances(layout, variances)))

    return Plan((request,), reduce)


@dataclass(frozen=True, eq=False)
class _Sums:
    """Entries as sums of overlaps: q_kl = constant + sum of coefficient * F, k <= l.

    q is g_kl for k = l and for two single rotations, else g_kk + 2 g_kl + g_ll.

    Args:
        constants: Shape (K, K).
        shifts: x in u, shape (overlaps, K).
        coefficients: Shape (overlaps,).
        row: k, shape (overlaps,).
        column: l, shape (overlaps,).
    """

    constants: Array
    shifts: Array
    coefficients: Array
    row: Integers
    column: Integers

    def collected(self, terms: Array) -> Array:
        """The sum of the overlaps' terms for every entry, shape (K, K), upper triangle."""
        total = np.zeros_like(self.constants)
        np.add.at(total, (self.row, self.column), terms)
        return total


def _sums(layout: _Layout) -> _Sums:
    size = len(layout.rows)
    constants = np.zeros((size, size))
    wanted = layout.points > 0
    row, column = np.nonzero(wanted & ~layout.along & ~np.eye(size, dtype=bool))
    parts = [_four(row, column, layout.even[row, column], size)]
    for entry in np.argwhere(wanted & (layout.along | np.eye(size, dtype=bool))):
        direction = np.zeros(size)
        direction[entry] = 1.0
        at = tuple(entry)
        rule = half_curvature(int(direction @ layout.sizes), bool(layout.even[at]))
        constants[at] = rule.constant
        where = np.broadcast_to(entry[:, None], (2, len(rule.shifts)))
        parts.append((np.outer(rule.shifts, direction), rule.coefficients, *where))
    return _Sums(constants, *(np.concatenate(part) for part in zip(*parts)))


def _four(
    row: Integers, column: Integers, even: Flags, size: int
) -> tuple[Array, Array, Integers, Integers]:
    """The four overlaps for pairs of rotations, two where opposite shifts agree."""
    parts = []
    for first, second in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        used = np.arange(len(row)) if first == 1 else np.flatnonzero(~even)
        k, other = row[used], column[used]
        x = np.zeros((len(used), size))
        x[np.arange(len(used)), k] = first * np.pi / 2
        x[np.arange(len(used)), other] = second * np.pi / 2
        parts.append((x, -first * second * np.where(even[used], 2, 1) / 8, k, other))
    shifts, coefficients, k, other = (np.concatenate(part) for part in zip(*parts))
    return shifts, coefficients, k, other


def _matrix(layout: _Layout, entries: Array) -> Array:
    """B^T g_u B from what is known and the measured q_kl."""
    diagonal = np.diag(layout.known) + np.diag(entries)
    along = (entries - diagonal[:, None] - diagonal) / 2
    upper = np.triu(np.where(layout.along & (layout.points > 0), along, entries), 1)
    g = np.triu(layout.known, 1) + upper
    g = g + g.T + np.diag(diagonal)
    pulled: Array = layout.rows.T @ g @ layout.rows
    return (pulled + pulled.T) / 2


def _partners(layout: _Layout) -> Array:
    """w_k = sum of b_l over the entries (k, l) from which q_kk / 2 is subtracted, shape (K, P)."""
    used = layout.along & (layout.points > 0)
    total: Array = (used | used.T) @ layout.rows
    return total


def _norms(layout: _Layout) -> Array:
    """Frobenius norm of d g_theta / d q_kl, upper triangle, shape (K, K)."""
    rows, partners = layout.rows, _partners(layout)
    gram = rows @ rows.T
    squares = np.diag(gram)
    norms = np.sqrt(2 * np.outer(squares, squares) + 2 * gram**2)
    norms = np.where(layout.along, norms / 2, norms)
    mixed = np.sum(rows * partners, axis=1)
    own = squares**2 - 2 * squares * mixed
    own += (squares * np.sum(partners**2, axis=1) + mixed**2) / 2
    np.fill_diagonal(norms, np.sqrt(np.maximum(own, 0.0)))
    return norms


def _variances(layout: _Layout, variances: Array) -> Array:
    """Of the entries of g_theta, shape (P, P), from those of the independent q_kl.

    d g_theta / d q_kk = b_k b_k^T - (b_k w_k^T + w_k b_k^T)/2, and d g_theta / d q_kl is
    b_k b_l^T + b_l b_k^T, or half of that.
    """
    rows, partners = layout.rows, _partners(layout)
    own = np.diag(variances)
    pairs = np.triu(np.where(layout.along, variances / 4, variances), 1)
    pairs = pairs + pairs.T
    total = (rows**2).T @ pairs @ rows**2
    for i, column in enumerate(rows.T[:, :, None]):
        product = column * rows
        total[i] += np.sum(product * (pairs @ product), axis=0)
        partner = partners[:, i : i + 1]
        total[i] += own @ (product - (column * partners + partner * rows) / 2) ** 2
    return total
