"""The quantum geometric tensor: Fubini-Study metric and Berry curvature.

    QGT_ij = <d_i psi|d_j psi> - <d_i psi|psi><psi|d_j psi> = g_ij + (i/2) F_ij

Every rotation is unitary, so <psi|d_j psi> = i b_j with b real, and with the derivative states as
the rows of D, g = Re(D^* D^T) - b b^T: one real product of the real view of D.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.estimate.fubini import inside
from qng.estimate.fubini.inside import centred
from qng.estimate.parts.diagonal import diagonal_of
from qng.geometry import Dense, Diagonal, Implicit, LowRank, Metric
from qng.plan.plan import Plan
from qng.plan.request import Request, Tangent, TangentMap, Tangents

T = TypeVar("T")


def exact(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The full Fubini-Study metric.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Returns:
        A plan for g, shape (P, P), positive semidefinite; QFI = 4 g.

    Cost: one sweep of P derivative states and a product of (P, 2^(n+1)) real matrices.

    Reference: Provost and Vallee, Commun. Math. Phys. 76, 289 (1980); Stokes et al.,
    arXiv:1909.02108.
    """
    return _tangent_plan(circuit, theta, lambda tangent: Dense(centred(tangent)), gram=True)


def exact_at(circuit: Circuit, points: Array) -> Plan[Array]:
    """The full metric at many points of a circuit whose angles are affine, as `exact` gives it.

    Args:
        circuit: The circuit.
        points: Shape (points, P), radians.

    Returns:
        A plan for g, shape (points, P, P).
    """
    slopes = circuit.slopes(points[0])
    request = Request(circuit, circuit.angles(points), Tangents(slopes, gram=True))
    return Plan((request,), lambda results: centred(results[0]))


def low_rank(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The full metric as g = X^T X, for more parameters than amplitudes.

    X holds real and imaginary parts of the derivative states without their part along psi,
    d_j psi - i b_j psi, in 2^(n+1) rows. Solvers work in the space of its rows.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Cost: one sweep of P derivative states; a solve takes 4^(n+1) P and 8^(n+1) multiplications.

    Reference: ours, for the form; g: Stokes et al., arXiv:1909.02108.
    """

    def reduce(tangent: TangentMap) -> LowRank:
        rows, psi = tangent.dense(), tangent.state
        rows = rows - 1j * np.outer((rows @ psi.conj()).imag, psi)
        return LowRank(rows.view(float).T)

    return _tangent_plan(circuit, theta, reduce)


def implicit(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The full metric by its products g v, at any number of parameters.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Cost: a state and a reverse sweep; a product takes about two gradients and a few states.

    Reference: ours, for the products; g: Stokes et al., arXiv:1909.02108.
    """
    return _tangent_plan(circuit, theta, Implicit.of)


def diagonal(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The diagonal of the Fubini-Study metric in the parameters, diag(A^T g A).

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Cost: that of the full metric, which is faster than its derivative states one by one.
    """
    return _tangent_plan(
        circuit, theta, lambda tangent: Diagonal(np.diag(centred(tangent)).copy()), gram=True
    )


def blocks(
    circuit: Circuit, theta: ArrayLike, rule: str = "commuting", masked: bool | None = None
) -> Plan[Metric]:
    """The metric inside blocks of rotations, zero between them.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`).
        masked: Whether to take the entries from the metric of all directions at once, or those of
            each block from its prefix state; the entries are the same. None: what is less work.

    Returns:
        A plan for A^T g A: Blocks, or Dense with its `blocks` where parameters are shared between
        blocks.

    Cost: one evaluation a block; masked one of all derivative states.

    Reference: Stokes et al., arXiv:1909.02108.
    """
    return inside.plan(circuit, theta, rule, masked)


def blocks_diagonal(
    circuit: Circuit, theta: ArrayLike, rule: str = "commuting", masked: bool | None = None
) -> Plan[Metric]:
    """The diagonal of `blocks`, which has the same arguments and cost."""
    return blocks(circuit, theta, rule, masked).map(diagonal_of, True)


def berry_curvature(circuit: Circuit, theta: ArrayLike) -> Plan[Array]:
    """F_ij = 2 Im <d_i psi|d_j psi>, antisymmetric, shape (P, P).

    F = dA for A = Im <psi|d psi>; the common convention A = i <psi|d psi> has the opposite sign.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Cost: as the full metric, twice the product.
    """
    return _tangent_plan(circuit, theta, curvature_of)


def curvature_of(tangent: TangentMap) -> Array:
    """F from the derivative states; see `berry_curvature`."""
    rows = tangent.dense()
    half = rows.real @ rows.imag.T
    return np.asarray(2 * (half - half.T))


def _tangent_plan(
    circuit: Circuit, theta: ArrayLike, reduce: Callable[[TangentMap], T], gram: bool = False
) -> Plan[T]:
    """A function of the derivative states in the parameters; of their products alone with gram."""
    phi, slopes = circuit.at(theta)
    request = Request(circuit, phi[None], Tangent(slopes, gram))
    return Plan((request,), lambda results: reduce(results[0]), rigid=circuit.is_affine)
