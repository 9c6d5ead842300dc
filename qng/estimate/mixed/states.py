"""A density matrix and its derivatives, as a plan.

rho is a sinusoid of every angle, also behind noise that does not depend on the angles, so

    d_r rho = [rho(phi_r + pi/2) - rho(phi_r - pi/2)] / 2,    d_i rho = sum_r A_ri d_r rho

exactly, A = d phi / d theta.

Reference: Mitarai et al., arXiv:1803.00745.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.estimate.parts.stencil import Stencil
from qng.geometry import mixed
from qng.plan.plan import Plan
from qng.plan.request import Density, Request, Result


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A state, and how it changes.

    Args:
        rho: Shape (N, N).
        derivatives: d_i rho, shape (P, N, N).
        growth: tr(Q d_i d_j rho) with the projector Q on the kernel of rho, shape (P, P), where it
            was asked for.
    """

    rho: Amplitudes
    derivatives: Amplitudes
    growth: Array | None = None


def neighbourhood(
    circuit: Circuit,
    theta: ArrayLike,
    qubits: tuple[int, ...] | None = None,
    growth: bool = False,
) -> Plan[Neighbourhood]:
    """The density matrix of some qubits and its derivatives in the parameters.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        qubits: Whose state, ascending; None: all.
        growth: Whether `growth` is asked for.

    Raises:
        InputError: Density matrices that do not fit in memory.

    Cost: 2R + 1 points of one request, for R rotations that a parameter moves; with growth about
    2 R^2 more.
    """
    jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)
    moved = np.flatnonzero(np.any(jacobian != 0, axis=1))
    shift = np.pi / 2 * np.eye(circuit.n_rotations)[moved]
    points = [phi[None], phi + shift, phi - shift]
    stencil = Stencil.of(jacobian) if growth else None
    if stencil is not None:
        points.append(phi + stencil.shifts)
    angles = np.concatenate(points)
    measure = Density(qubits)
    size = 4 ** len(measure.of(circuit.n_qubits))
    held = len(angles) + circuit.n_parameters
    checks.memory(f"the derivatives of a density matrix at {len(angles)} points", 16 * held * size)

    def reduce(results: Sequence[Result]) -> Neighbourhood:
        rho, up, down, *_ = np.split(results[0], np.cumsum([1, len(moved), len(moved)]))
        slopes = np.tensordot(jacobian[moved].T, (up - down) / 2, 1)
        if stencil is None:
            return Neighbourhood(rho[0], slopes)
        empty = mixed.kernel(rho[0])
        inside = np.einsum("ab,pba->p", empty, results[0][1 + 2 * len(moved) :]).real
        at = float(np.vdot(empty, rho[0]).real)
        return Neighbourhood(rho[0], slopes, stencil.matrix(inside, at))

    return Plan((Request(circuit, angles, measure),), reduce)
