"""What a batch costs, counted before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.plan.request import Request

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


@dataclass(frozen=True)
class Cost:
    """What a batch costs.

    Args:
        circuits: Different circuits, measurement basis included: what is transpiled.
        points: Circuits with their angles bound, repetitions not counted.
        shots: Executions in all; 0 where everything is exact.
        depth: Two-qubit depth of the deepest circuit, in CX gates; a rotation about a word of w
            letters counts as its ladders, 2 (w - 1). Before any transpilation.
    """

    circuits: int
    points: int
    shots: int
    depth: int


def cost(requests: Sequence[Request]) -> Cost:
    """The cost of requests as they stand."""
    circuits = {(request.circuit, request.measure) for request in requests}
    return Cost(
        circuits=len(circuits),
        points=sum(len(request.angles) for request in requests),
        shots=sum(int(request.shots.sum()) for request in requests if request.shots is not None),
        depth=max((two_qubit_depth(request.circuit) for request in requests), default=0),
    )


@lru_cache(maxsize=4096)
def two_qubit_depth(circuit: Circuit) -> int:
    """CX gates on the longest chain of a circuit, before any transpilation."""
    depth = [0] * circuit.n_qubits
    for op in circuit.ops:
        reached = max((depth[q] for q in op.qubits), default=0) + _cx(op)
        for q in op.qubits:
            depth[q] = reached
    return max(depth)


def _cx(op: Rotation | Gate) -> int:
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
