"""Counts of many points at once give what each gives by itself."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.plan.counts import Counts
from qng.plan.pooled import Pooled
from qng.plan.readout import Readout

READOUT = Readout(np.array([0.02, 0.1, 0.05]), np.array([0.07, 0.0, 0.01]), 500.0)


@st.composite
def points(draw):
    """Counts of three qubits: of few shots or many, exact, sparse, and some with readout errors."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    found = []
    for kind in draw(st.lists(st.sampled_from("sdex"), min_size=1, max_size=6)):
        # Far outcomes are of a register with more qubits.
        outcomes = np.sort(rng.choice(8, rng.integers(1, 9), replace=False)) + 2**20 * (kind == "s")
        weights = rng.dirichlet(np.ones(len(outcomes)))
        shots = math.inf if kind == "e" else float(rng.integers(1, 200))
        found.append(Counts(outcomes, weights, shots, READOUT if kind == "x" else None))
    return found


@settings(max_examples=60)
@given(points(), st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.data())
def test_as_one_by_one(counts, c, data):
    words = [Pauli.parse("Z0"), Pauli.parse("X1"), Pauli.parse("Z0 Y2")]
    pooled = Pooled.of(counts)
    found = np.array([one.mean(words, c) for one in counts])
    np.testing.assert_allclose(np.stack(pooled.mean(words, c), axis=1), found, rtol=0, atol=1e-12)
    masks = [data.draw(st.integers(1, 7)) for _ in counts]
    found = np.array([one.zeros(mask) for one, mask in zip(counts, masks)])
    np.testing.assert_allclose(np.stack(pooled.zeros(masks), axis=1), found, rtol=0, atol=1e-12)


@given(points())
def test_a_point_does_not_depend_on_the_others(counts):
    words, c = [Pauli.parse("Z0"), Pauli.parse("Z1 Z2")], [0.3, -0.7]
    for together, alone in (
        (Pooled.of(counts).mean(words, c), [Pooled.of([one]).mean(words, c) for one in counts]),
        (Pooled.of(counts).zeros([3] * len(counts)), [Pooled.of([o]).zeros([3]) for o in counts]),
    ):
        np.testing.assert_array_equal(np.stack(together, axis=1), np.array(alone)[..., 0])


def test_outcomes_in_parts(monkeypatch):
    """Far outcomes, more than are held at once."""
    monkeypatch.setattr("qng.plan.pooled._MOST", 3)
    counts = [Counts.of(2**40 + np.arange(8), np.arange(1, 9)) for _ in range(2)]
    words = [Pauli.parse("Z0"), Pauli.parse("Z40")]
    value, variance = Pooled.of(counts).mean(words, [1.0, 2.0])
    one = counts[0].mean(words, [1.0, 2.0])
    np.testing.assert_allclose(np.stack([value, variance], axis=1), [one, one], rtol=0, atol=1e-13)


class TestMany:
    def test_as_one_by_one(self):
        outcomes, weights = np.array([0, 3, 1]), np.array([0.25, 0.75, 1.0])
        two, one = Counts.many(outcomes, weights, np.array([2, 1]), np.array([4.0, 7.0]))
        assert (two.outcomes.tolist(), two.weights.tolist(), two.shots) == ([0, 3], [0.25, 0.75], 4)
        assert (one.outcomes.tolist(), one.weights.tolist(), one.shots) == ([1], [1.0], 7)
        assert two.readout is one.readout is None
        nothing = np.array([], dtype=np.int64)
        assert Counts.many(nothing, np.array([]), nothing, np.array([])) == []

    def test_refusal(self):
        with pytest.raises(InputError, match="weights that sum to 1, not 4"):
            Counts.many(np.array([0, 1]), np.array([1.0, 0.5]), np.array([1, 1]), np.full(2, 4.0))
