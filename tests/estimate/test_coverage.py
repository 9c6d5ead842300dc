"""Intervals of 1.96 standard errors hold the value in 93 % of all cases, from ten shots a point on.

The points are the hard ones of `python -m tests.benchmarks.coverage`: means of 0, a few of their
errors away from 0, and near +-1.
"""

import numpy as np
import pytest

from tests.benchmarks.coverage import CIRCUITS, Case, cases

REPETITIONS = 500
PROMISED = 93.0
# Four standard deviations of a share of 93 %: one entry in 30,000 would be below it by chance, and
# fewer than 300 are looked at.
ROOM = 400 * np.sqrt(0.93 * 0.07 / REPETITIONS)

HARD = {
    "word": [0.3, 0.7, 1.2, 2.9],
    "energy": [0.3, 1.2],
    "gradient parameter-shift": [0.3, 1.4],
    "metric hadamard": [1.0, 1.2, 1.4, 1.57],
    "metric overlaps": [0.3, 1.3],
    "metric blocks": [1.2, 1.4],
    "metric blocks pairs": [1.2, 1.4],
    "berry curvature": [0.3, 1.4],
    "connection": [0.4, 1.3],
}


@pytest.mark.parametrize("shots", [10, 20])
@pytest.mark.parametrize("name", HARD)
def test_few_shots(name: str, shots: int) -> None:
    for angle in HARD[name]:
        for case in found(name, [angle, 0.8, -0.3]):
            assert case.coverage(shots, REPETITIONS).min() >= PROMISED - ROOM, (angle, shots)


def found(name: str, theta: list[float]) -> list[Case]:
    return [case for case in cases(name, CIRCUITS["one"], theta) if case.plan.requests]
