r"""The Fubini-Study metric from overlaps |<psi(phi)|psi(phi + x)>|^2 at shifted angles.

With coordinates u_k of n_k rotations that move together (`coordinates`; g_theta = B^T g_u B), F the
overlap as a function of the shift x in u, and e_k the direction of u_k,

    g_kk = -F''(x e_k) / 2                                        2 n_k - 1 overlaps
    g_kl = -[f(++) - f(+-) - f(-+) + f(--)] / 8                   n_k = n_l = 1, shifts of pi/2
    g_kl = [-F''(x e_k + x e_l) / 2 - g_kk - g_ll] / 2            2 (n_k + n_l) - 1 overlaps

at x = 0 (`shift.half_curvature`). An overlap is one circuit, there and back again; it is even in x
where the generators commute, and entries that the structure fixes need none. With noise F is not 1
at x = 0, and measured there too, on the same circuits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Flags, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.structure import structure, unknown
from qng.estimate.fubini import blocks as counted
from qng.estimate.fubini.coordinates import Coordinates, Layout
from qng.estimate.fubini.division import outside_blocks, sharing
from qng.estimate.parts.diagonal import diagonal_of
from qng.estimate.parts.shares import weights
from qng.estimate.parts.shift import half_curvature
from qng.geometry import Dense, Metric, combined
from qng.geometry.noise import entry_errors
from qng.plan.plan import Plan, join
from qng.plan.request import Overlap, Request, Result


def full(circuit: Circuit, theta: ArrayLike, structured: bool = True) -> Plan[Metric]:
    """The full metric, from overlaps of the state with itself at shifted angles.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        structured: Whether entries that the structure of the circuit fixes are left out; False
            measures all of them, as the published counts have it.

    Returns:
        A plan for g, shape (P, P), with its standard errors; unbiased, so that it may have
        negative eigenvalues.

    Cost: at most 2R^2 - R overlaps for R rotations; at most 2 K R - (K^2 + K)/2 where these are K
    coordinates of several rotations each. The grouping of rotations that takes fewer overlaps is
    used. With noise 2R^2: every rotation by itself, and F(0) for each.

    Reference: Mari, Bromley, Killoran, arXiv:2008.06517; Wierichs et al., arXiv:2107.12390.
    """
    jacobian = circuit.jacobian(theta)
    known = structure(circuit) if structured else unknown(circuit.n_rotations, not circuit.noisy)
    grouping = [Coordinates.single(jacobian)]
    if known.returns:
        # Else lines of several rotations would take differences of circuits with other noise.
        grouping.append(Coordinates.grouped(jacobian))
    layouts = [Layout.of(coordinates, known) for coordinates in grouping]
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
    coordinates = Coordinates.single(circuit.jacobian(theta))
    layout = Layout.of(coordinates, structure(circuit), outside_blocks(circuit, rule))
    plans = {
        "inside": counted.blocks(circuit, theta, rule),
        "outside": _plan(circuit, theta, layout),
    }

    def total(parts: dict[str, Metric]) -> Dense:
        both = combined([1.0, 1.0], [parts["inside"], parts["outside"]])
        return Dense(both.dense(), both.std_error, noise=both.noise)

    return join({name: plan.kept_apart(name) for name, plan in plans.items()}).map(total)


def diagonal(circuit: Circuit, theta: ArrayLike, rule: str = "commuting") -> Plan[Metric]:
    """The diagonal of the full metric in the parameters, diag(A^T g A).

    With r and s over the rotations of a parameter that are in different blocks,

        g_ii = (A^T g A)_ii inside the blocks + sum_{r != s} A_ri g_rs A_si

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`): what is had from blocks, and what from
            overlaps; the diagonal itself does not depend on it.

    Returns:
        A plan for Diagonal with its standard errors; unbiased, and not negative where no parameter
        is in several blocks.

    Cost: that of the diagonal of the blocks, and at most four overlaps for every pair of rotations
    of one parameter in different blocks.

    Reference: Stokes et al., arXiv:1909.02108.
    """
    coordinates = Coordinates.single(circuit.jacobian(theta))
    wanted = outside_blocks(circuit, rule) & sharing(circuit)
    plans = {
        "inside": counted.diagonal(circuit, theta, rule),
        "outside": _plan(circuit, theta, Layout.of(coordinates, structure(circuit), wanted)),
    }
    return join(plans).map(
        lambda parts: combined([1.0, 1.0], [parts["inside"], diagonal_of(parts["outside"])])
    )


def _plan(circuit: Circuit, theta: ArrayLike, layout: Layout) -> Plan[Metric]:
    """g_theta from the entries of g_u that are to be measured."""
    phi, sums = circuit.angles(theta), _Sums.of(layout)
    if len(sums.terms.shifts) == 0:
        return Plan((), lambda _: Dense(layout.matrix(sums.constants)))
    points = phi + sums.terms.shifts @ layout.coordinates.signs.T
    norms = layout.norms[sums.terms.row, sums.terms.column]
    measure = Overlap(np.tile(phi, (len(points), 1)), None if layout.returns else sums.turned)
    request = Request(circuit, points, measure, weights(np.abs(sums.terms.coefficients) * norms))

    def reduce(results: Sequence[Result]) -> Dense:
        overlaps, errors = results[0].value, results[0].std_error
        matrix = layout.matrix(sums.entries(overlaps))
        if errors is None:
            return Dense(matrix)
        noise = layout.noise(sums.variances(errors))
        return Dense(matrix, entry_errors(noise, len(matrix)), noise=noise)

    return Plan((request,), reduce)


@dataclass(frozen=True, eq=False)
class _Terms:
    """Overlaps F(x), each with a coefficient in one entry (k, l).

    Args:
        shifts: x in u, shape (overlaps, K).
        coefficients: Shape (overlaps,).
        row: k, shape (overlaps,).
        column: l, shape (overlaps,).
    """

    shifts: Array
    coefficients: Array
    row: Integers
    column: Integers

    @staticmethod
    def joined(parts: Sequence[_Terms]) -> _Terms:
        columns = ((p.shifts, p.coefficients, p.row, p.column) for p in parts)
        return _Terms(*(np.concatenate(column) for column in zip(*columns)))


@dataclass(frozen=True, eq=False)
class _Sums:
    """The measured entries: q_kl = constant + sum of coefficient F(x) over the terms of (k, l).

    Args:
        constants: Upper triangle, shape (K, K).
        terms: The overlaps.
        turned: Which rotations an overlap turns, be it by zero; shape (overlaps, R).
    """

    constants: Array
    terms: _Terms
    turned: Flags

    @staticmethod
    def of(layout: Layout) -> _Sums:
        """All entries that a layout measures."""
        size = len(layout.coordinates.rows)
        constants = np.zeros((size, size))
        curved = layout.along | np.eye(size, dtype=bool)
        parts = [_crossed(layout, *np.nonzero(layout.measured & ~curved))]
        for row, column in np.argwhere(layout.measured & curved):
            constants[row, column], terms = _along(layout, row, column)
            parts.append(terms)
        terms, members = _Terms.joined(parts), layout.coordinates.signs.T != 0
        return _Sums(constants, terms, members[terms.row] | members[terms.column])

    def entries(self, overlaps: Array) -> Array:
        """q, upper triangle, shape (K, K)."""
        return np.asarray(self.constants + self._collected(self.terms.coefficients * overlaps))

    def variances(self, errors: Array) -> Array:
        """Those of q, from the standard errors of the overlaps, which are independent."""
        return self._collected((self.terms.coefficients * errors) ** 2)

    def _collected(self, contributions: Array) -> Array:
        total = np.zeros_like(self.constants)
        np.add.at(total, (self.terms.row, self.terms.column), contributions)
        return total


def _crossed(layout: Layout, row: Integers, column: Integers) -> _Terms:
    """-[f(++) - f(+-) - f(-+) + f(--)] / 8 for pairs of single rotations, shifted by pi/2.

    Where opposite shifts agree, f(++) and f(+-) count twice and the others are not needed.
    """
    even = layout.even[row, column]
    parts = []
    for first, second in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        used = np.arange(len(row)) if first == 1 else np.flatnonzero(~even)
        each, k, other = np.arange(len(used)), row[used], column[used]
        shifts = np.zeros((len(used), len(layout.coordinates.rows)))
        shifts[each, k] = first * np.pi / 2
        shifts[each, other] = second * np.pi / 2
        coefficients = -first * second * np.where(even[used], 2, 1) / 8
        parts.append(_Terms(shifts, coefficients, k, other))
    return _Terms.joined(parts)


def _along(layout: Layout, row: int, column: int) -> tuple[float, _Terms]:
    """-F''(x e_k + x e_l) / 2, or along e_k alone where k = l: the constant, and the overlaps."""
    direction = np.zeros(len(layout.coordinates.rows))
    direction[[row, column]] = 1.0
    turned = int(direction @ layout.coordinates.sizes)
    rule = half_curvature(turned, bool(layout.even[row, column]))
    constant, coefficients, turns = rule.constant, rule.coefficients, rule.shifts
    if not layout.returns:
        coefficients, turns = np.append(constant, coefficients), np.append(0.0, turns)
        constant = 0.0
    shifts = np.outer(turns, direction)
    entry = np.broadcast_to(np.array([[row], [column]]), (2, len(shifts)))
    return constant, _Terms(shifts, coefficients, *entry)
