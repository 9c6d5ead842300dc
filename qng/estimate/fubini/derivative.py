r"""The derivative of the Fubini-Study metric, d_k g_ij, exact.

With K_r = V_r^dagger P_r V_r, V_r what acts before rotation r, the derivative states have

    Re <d_r psi|d_s psi> = Re <0|K_r K_s|0> / 4,    <psi|d_r psi> = i b_r,  b_r = -<0|K_r|0> / 2.

An angle phi_k enters each of them by one pair exp(+-i phi_k P_k / 2): between P_r and P_s, or
around both. So G = Re <d psi|d psi> and b are sinusoids of every angle, while g = G - b b^T has
twice their frequency, and

    d_k G = [G(phi_k + pi/2) - G(phi_k - pi/2)] / 2,    d_k b likewise,
    d_k g = d_k G - (d_k b) b^T - b (d_k b)^T.

In the parameters, with A = d phi / d theta, g_theta = A^T g A and

    d_k g_theta = sum_r A_rk A^T (d_r g) A + (d_k A)^T g A + A^T g (d_k A).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Flags
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.estimate.fubini.inside import centred
from qng.estimate.parts.bends import bends
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Tangent


def exact(circuit: Circuit, theta: ArrayLike) -> Plan[tuple[Array, Array]]:
    """g and d_k g_ij of the full metric.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.

    Returns:
        A plan for arrays of shapes (P, P) and (P, P, P), the last axis that of k.

    Cost: 2R + 1 exact metrics of P directions; where angles are curved one of R directions more.
    """
    return _plan(circuit, theta, None)


def blocks(
    circuit: Circuit, theta: ArrayLike, rule: str = "commuting"
) -> Plan[tuple[Array, Array]]:
    """The same of the metric inside blocks of rotations, as `fubini.exact.blocks` gives it.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        rule: "commuting" or "wires" (`Circuit.blocks`).

    Cost: 2R + 1 exact metrics of R directions.
    """
    inside = np.zeros((circuit.n_rotations,) * 2, dtype=bool)
    for block in circuit.blocks(rule):
        inside[np.ix_(block.rotations, block.rotations)] = True
    return _plan(circuit, theta, inside)


def of_diagonal(plan: Plan[tuple[Array, Array]]) -> Plan[tuple[Array, Array]]:
    """The same of the diagonal of a metric, as a matrix."""

    def reduce(found: tuple[Array, Array]) -> tuple[Array, Array]:
        kept = np.eye(len(found[0]))
        return found[0] * kept, found[1] * kept[:, :, None]

    return plan.map(reduce)


def _plan(circuit: Circuit, theta: ArrayLike, inside: Flags | None) -> Plan[tuple[Array, Array]]:
    """g and its derivative; of the entries of rotations that are inside, in their coordinates."""
    phi, slopes = circuit.at(theta)
    a = slopes.dense()
    bent, curved = bends(circuit, theta)
    rotations = Slopes.of(np.eye(circuit.n_rotations))
    directions = slopes if inside is None else rotations
    moving = np.flatnonzero(np.any(a != 0, axis=1))
    shift = 0.5 * np.pi * np.eye(len(phi))[moving]
    points = np.concatenate([phi[None], phi + shift, phi - shift])
    asked = [(point, directions) for point in points]
    if bent:
        asked.append((phi, rotations))  # d A needs the metric of the angles themselves
    requests = tuple(
        Request(circuit, point[None], Tangent(along, gram=True)) for point, along in asked
    )

    def masked(g: Array) -> Array:
        return g if inside is None else g * inside

    def pulled(g: Array) -> Array:
        return masked(g) if inside is None else a.T @ masked(g) @ a

    def reduce(results: Sequence[Result]) -> tuple[Array, Array]:
        b = results[0].gram()[1]
        plus, minus = results[1 : 1 + len(moving)], results[1 + len(moving) : len(points)]
        derivative = np.zeros((circuit.n_parameters,) * 3)
        for r, up, down in zip(moving, plus, minus):
            (gram_up, b_up), (gram_down, b_down) = up.gram(), down.gram()
            product = np.outer((b_up - b_down) / 2, b)
            change = (gram_up - gram_down) / 2 - product - product.T
            derivative += pulled(change)[:, :, None] * a[r]
        if bent:
            rows = (masked(centred(results[-1])) @ a)[bent]  # (g A)_rj
            turned = np.einsum("rik,rj->ijk", curved, rows)
            derivative += turned + turned.swapaxes(0, 1)
        return pulled(centred(results[0])), derivative

    return Plan(requests, reduce)
