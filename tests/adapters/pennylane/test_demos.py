"""Loops in the shape of PennyLane's demos go the same way with one changed import."""

import pytest

from tests.benchmarks import demos


@pytest.mark.parametrize("name", ["natural-gradient", "one-qubit", "h2", "h2-descent"])
def test_trajectories(name):
    row = demos.row(name, rounds=1, quick=True)
    assert row.points < 1e-10
    assert row.costs < 1e-12
