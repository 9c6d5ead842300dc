"""How deep a circuit is, in two-qubit gates, and how many it has: what limits it on hardware."""

from __future__ import annotations

from typing import Final

from qng.circuit.circuit import Circuit, Op
from qng.circuit.derived import derived
from qng.circuit.gate import Rotation

# CX gates one after the other in the usual decomposition of a gate on several qubits.
_CX_DEPTH: Final = {
    "swap": 3,
    "iswap": 2,
    "cs": 2,
    "csdg": 2,
    "csx": 2,
    "ccx": 6,
    "ccz": 6,
    "cswap": 8,
}


@derived
def two_qubit_depth(circuit: Circuit) -> int:
    """CX gates on the longest chain of a circuit, before any transpilation.

    A rotation about a word of w letters counts as its ladders, 2 (w - 1).
    """
    depth = [0] * circuit.n_qubits
    for op in circuit.ops:
        reached = max((depth[q] for q in op.qubits), default=0) + _cx(op)
        for q in op.qubits:
            depth[q] = reached
    return max(depth)


def _cx(op: Op) -> int:
    """CX gates one after the other in an operation."""
    width = len(op.qubits)
    if isinstance(op, Rotation):
        return 2 * (width - 1)
    if width < 2:
        return 0
    if op.matrix is None:
        return _CX_DEPTH.get(op.name, 1)
    # Shende, Bullock and Markov, quant-ph/0406176: 23/48 4^k CX for any unitary on k qubits, 3
    # for k = 2.
    return 3 if width == 2 else 23 * 4**width // 48


def two_qubit_gates(circuit: Circuit) -> int:
    """CX gates of a circuit in all, before any transpilation; counted as in `two_qubit_depth`."""
    return sum(_cx(op) for op in circuit.ops)
