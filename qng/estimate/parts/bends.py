"""Second derivatives of angles: what is added where a chain rule meets angles that are curved.

d_i d_j f = sum_rs A_ri (d_r d_s f) A_sj + sum_r (d_r f) d_i d_j phi_r
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit


def bends(circuit: Circuit, theta: ArrayLike) -> tuple[list[int], Array]:
    """The rotations by nonlinear angles, and d^2 phi_r / d theta^2 of these, shape (., P, P)."""
    rotations = circuit.rotations
    bent = [r for r, rotation in enumerate(rotations) if rotation.angle.affine() is None]
    curved = [circuit.curvature(theta, np.eye(len(rotations))[r]) for r in bent]
    return bent, np.array(curved).reshape(len(curved), circuit.n_parameters, circuit.n_parameters)
