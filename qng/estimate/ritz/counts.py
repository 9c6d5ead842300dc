"""How many circuits K takes from shots, without making them.

Read off what their plan is made of (`counted`): there is one for every pair of rotations and every
basis of H, a million where 200 rotations meet 50 bases.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate.ritz.probes import Words
from qng.plan.grouping import grouped


def circuits(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> int:
    """r (r + 1)/2 with an ancilla in each basis of H, and 3 r + 1 energies.

    Args:
        circuit: The circuit, of a device without noise.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Returns:
        Their number; r is that of rotations that parameters move.
    """
    r = int(np.count_nonzero(np.any(circuit.jacobian(theta) != 0, axis=1)))
    tests = r * (r + 1) // 2 * len(Words.of(observable).groups)
    return tests + (3 * r + 1) * len(grouped(circuit, (observable,)))
