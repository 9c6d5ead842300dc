"""What a batch costs, counted before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qng.circuit.depth import two_qubit_depth
from qng.plan.request import Request


@dataclass(frozen=True)
class Cost:
    """What a batch costs.

    Args:
        circuits: Different circuits, measurement basis included: what is transpiled.
        points: Circuits with their angles bound, repetitions not counted.
        shots: Executions in all; 0 where everything is exact.
        depth: Of the deepest circuit, in CX gates (`two_qubit_depth`).
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
