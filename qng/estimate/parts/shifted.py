"""Derivatives of many words at once by the parameter shift: d_i <P> = sum_p <P>_p B_pi.

B_pi = A_ri / 2 at phi + pi/2 e_r and -A_ri / 2 at phi - pi/2 e_r, for the rotations r that move a
parameter (Mitarai et al., arXiv:1803.00745).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.estimate.parts.shares import shares


@dataclass(frozen=True, eq=False)
class Shifted:
    """Where means are needed, and how much each counts.

    Args:
        angles: phi at every point, shape (points, R); none where nothing moves.
        rows: B, shape (points, P).
        weights: Relative numbers of shots; None: equal.
    """

    angles: Array
    rows: Array
    weights: Array | None

    @staticmethod
    def of(circuit: Circuit, theta: ArrayLike) -> Shifted:
        """All of them, 2R points."""
        jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)
        moving = np.flatnonzero(np.any(jacobian != 0, axis=1))
        shift = 0.5 * np.pi * np.eye(circuit.n_rotations)[moving]
        rows = np.concatenate([jacobian[moving], -jacobian[moving]]) / 2
        weights = shares(np.linalg.norm(rows, axis=1)) if len(moving) else None
        return Shifted(np.concatenate([phi + shift, phi - shift]), rows, weights)
