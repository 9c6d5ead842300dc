"""Derivative states of circuits with many more rotations than amplitudes.

With V_k the circuit up to time k, V_k^dagger K_r V_k|0> is the derivative state of a rotation at
that time, carried back to the start. The few columns of V_k are carried from pass to pass, and not
the many derivative states.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.execute.statevector.fuse import fused
from qng.execute.statevector.kernels import sweeps
from qng.execute.statevector.kernels.alone import ALONE
from qng.execute.statevector.passes import Passes

_MOST_QUBITS: Final = 7


def cheaper(n_qubits: int, n_columns: int) -> bool:
    """Whether it is faster than derivative states that meet in the middle, as measured."""
    return n_qubits <= _MOST_QUBITS and n_columns > 12 * 2**n_qubits


def gram(circuit: Circuit, phi: Array, jacobian: Slopes) -> tuple[Array, Array]:
    """Re <d_i psi|d_j psi>, shape (P, P), and b with <psi|d_j psi> = i b_j, shape (P,).

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (R,).
        jacobian: A = d phi / d theta, shape (R, P).

    Cost: 2^n states through the whole circuit, 4^n multiplications a rotation, and the Gram
    matrix of P states.
    """
    at = Passes(fused(circuit), phi)
    size = at.shape[1]
    columns = np.zeros((size, *at.shape))
    columns[np.arange(size), 0, np.arange(size)] = 1.0
    rows = np.zeros((jacobian.shape[1], *at.shape))
    passes = at.program.places[jacobian.rows, 0]
    order = np.argsort(passes, kind="stable")
    sweeps.accumulated(
        rows,
        columns,
        np.empty((2, *at.shape)),
        np.searchsorted(passes[order], np.arange(len(at.program.kinds) + 1)),
        jacobian.rows[order],
        jacobian.columns[order],
        jacobian.values[order],
        at.tables,
        at.point,
        at.program.places,
        at.after,
        ALONE,
    )
    flat = rows.reshape(len(rows), -1)
    b = rows[:, 1, 0].copy() if at.shape[0] == 2 else np.zeros(len(rows))
    return flat @ flat.T, b
