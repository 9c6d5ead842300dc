r"""What drives a state in time, seen from the derivative states of its circuit.

    force_i = <d_i psi|(H - E)|psi>:   real part grad_i E / 2,   imaginary part Im(<d_i psi|H|psi>
                                                                    - <d_i psi|psi> E)

Imaginary time moves psi along -(H - E) psi, real time along -i (H - E) psi; a circuit can follow
with sum_i theta'_i d_i psi only. The norm of what is left is McLachlan's distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.estimate.fubini.exact import curvature_of
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Tangent, TangentMap


@dataclass(frozen=True, eq=False)
class Force:
    """(H - E) psi at a point, and the derivative states there.

    Args:
        tangent: The derivative states.
        psi: The state, shape (2^n,).
        pushed: (H - E) psi, shape (2^n,).
        energy: E = <H>.
    """

    tangent: TangentMap
    psi: Amplitudes
    pushed: Amplitudes
    energy: float

    @property
    def variance(self) -> float:
        """<H^2> - <H>^2."""
        return float(np.vdot(self.pushed, self.pushed).real)

    def along(self) -> Array:
        """Re <d_i psi|(H - E)|psi> = grad_i E / 2, shape (P,)."""
        return self.tangent.vjp(self.pushed)

    def across(self) -> Array:
        """Im <d_i psi|(H - E)|psi>, shape (P,)."""
        return self.tangent.vjp(-1j * self.pushed)

    def curvature(self) -> Array:
        """The Berry curvature F, shape (P, P). Cost: all derivative states, and their product."""
        return curvature_of(self.tangent)

    def distance(self, velocity: ArrayLike, real: bool) -> float:
        """McLachlan's |sum_i theta'_i d_i psi + c (H - E) psi|, without its part along psi.

        Args:
            velocity: theta', shape (P,).
            real: Whether the time is real (c = i) or imaginary (c = 1).

        Cost: one forward sweep of two states.
        """
        moved = self.tangent.jvp(np.asarray(velocity, dtype=float))
        moved = moved - np.vdot(self.psi, moved) * self.psi
        return float(np.linalg.norm(moved + (1j if real else 1) * self.pushed))


def force(circuit: Circuit, hamiltonian: Any, theta: ArrayLike) -> Plan[Force]:
    """What drives the state of a circuit at a point.

    Args:
        circuit: The circuit.
        hamiltonian: H as a matrix that can be multiplied, shape (2^n, 2^n).
        theta: Shape (P,), radians.

    Cost: the derivative states of the exact metric, which are shared with it, one product with H,
    and a sweep each for `along` and `across`.

    Reference: Yuan et al., Quantum 3, 191 (2019), arXiv:1812.08767.
    """
    request = Request(
        circuit, circuit.angles(theta)[None], Tangent(circuit.slopes(theta), gram=True)
    )

    def reduce(results: Sequence[Result]) -> Force:
        tangent: TangentMap = results[0]
        psi = tangent.state
        turned = np.asarray(hamiltonian @ psi)
        energy = float(np.vdot(psi, turned).real)
        return Force(tangent, psi, turned - energy * psi, energy)

    return Plan((request,), reduce)
