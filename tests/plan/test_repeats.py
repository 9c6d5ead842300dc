"""Rows of points: the greedy choice, written with a heap."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qng.plan.repeats import repeats


def greedy(weights: list[float], rows: int) -> list[int]:
    """A row each, then one more where it takes most from sum_i w_i^2 / r_i."""
    r = [1] * len(weights)
    gains = [(-(w**2) / 2, point) for point, w in enumerate(weights)]
    heapq.heapify(gains)
    for _ in range(rows - len(weights)):
        _, point = heapq.heappop(gains)
        r[point] += 1
        heapq.heappush(gains, (-(weights[point] ** 2) / (r[point] * (r[point] + 1)), point))
    return r


@given(
    st.lists(st.floats(0.01, 100), min_size=1, max_size=40).map(np.array),
    st.integers(1, 500),
    st.sampled_from([1, 64]),
)
@settings(max_examples=50)
@example(np.geomspace(1, 30, 2000), 300, 1)
def test_they_are_the_greedy_choice(weights, each, multiple):
    """Of rows that are as dear, either may be chosen: the variances are compared."""
    least, n = 2 * multiple, len(weights)
    base, r = repeats(weights, each * least * n, multiple, least, 5)
    assert base % multiple == 0
    assert base * r.sum() <= each * least * n
    expected = np.sum(weights**2 / greedy(weights.tolist(), int(r.sum())))
    assert np.sum(weights**2 / r) == pytest.approx(expected, rel=1e-9)
