"""What a batch costs, counted before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from qng.arrays import Array
from qng.circuit.depth import two_qubit_depth
from qng.plan.request import Request

_A_JOB: Final = 2.0
_AN_EXECUTION: Final = 0.00035

N = TypeVar("N", float, Array)


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
        shots=shots_of(requests),
        depth=max((two_qubit_depth(request.circuit) for request in requests), default=0),
    )


def shots_of(requests: Sequence[Request]) -> int:
    """The shots of requests as they stand; 0 where everything is exact."""
    found = 0
    for request in requests:
        if request.shots is not None:
            found += int(request.shots.sum())
    return found


def quantum_seconds(executions: N, jobs: N | float = 1.0) -> N:
    """Estimated QPU time of jobs: 2 a job + 0.00035 executions.

    That is IBM's quick form, which takes 250 us between executions and 100 us for each
    ("Estimate job run time" in the documentation of IBM Quantum).

    Args:
        executions: Shots of all their rows.
        jobs: How many.
    """
    return _A_JOB * jobs + _AN_EXECUTION * executions
