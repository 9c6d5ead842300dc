"""Sums over outcomes from counted bits: unbiased, whatever was counted."""

from itertools import product
from math import comb

import numpy as np
import pytest

from qng.estimate.designs.counted import Read, Shifted, ShiftedNoise, purity_sums
from qng.plan.counts import Counts
from qng.plan.readout import Readout

SHOTS = 3
UP, DOWN = np.array([0.8, 0.3]), np.array([0.25, 0.5])  # P(1) of two rotations


def counted(ones, readout=None) -> Counts:
    outcomes = np.array([0, 1])
    return Counts(outcomes, np.array([SHOTS - ones, ones]) / SHOTS, SHOTS, readout)


def chance(ones: int, p: float) -> float:
    return comb(SHOTS, ones) * p**ones * (1 - p) ** (SHOTS - ones)


@pytest.mark.parametrize("readout", [None, Readout(np.array([0.1]), np.array([0.2]))])
def test_means_over_everything_that_can_be_counted(readout):
    """All 4^4 counts of three shots at four points, with their chances."""
    jacobian = np.array([[1.0, 0.5], [0.0, 2.0]])
    # P(1) as it is read.
    seen = [0.1 + 0.7 * p if readout else p for p in (*UP, *DOWN)]
    mean = np.zeros((2, 2))
    for ones in product(range(SHOTS + 1), repeat=4):
        read = Read.of([counted(k, readout) for k in ones], 1)
        mean += np.prod([chance(k, p) for k, p in zip(ones, seen)]) * Shifted(read, jacobian).sums()
    # d p of the outcomes 0 and 1 are opposite.
    d = (UP - DOWN) / 2
    np.testing.assert_allclose(mean, jacobian.T @ (2 * np.outer(d, d)) @ jacobian, atol=1e-12)


def test_the_mean_of_a_purity():
    for p in (0.0, 0.3):
        reads = [(chance(k, p), Read.of([counted(k)], 1)) for k in range(SHOTS + 1)]
        mean = sum(weight * purity_sums(read)[0] for weight, read in reads)
        assert mean == pytest.approx(p**2 + (1 - p) ** 2)


@pytest.mark.parametrize("readout", [None, Readout(np.array([0.05, 0.1]), np.array([0.1, 0.02]))])
def test_variances_are_those_of_repetitions(readout):
    """Three points of two qubits, 400 shots, 600 repetitions: variances known to 6 %."""
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(4), size=6)
    jacobian, shots, directions = rng.normal(size=(3, 2)), 400, np.eye(2)
    values, claims, purities = [], [], []
    for _ in range(600):
        drawn = rng.multinomial(shots, p) / shots
        counts = [Counts(np.arange(4), row, shots, readout) for row in drawn]
        shifted = Shifted(Read.of(counts, 2), jacobian)
        values.append(shifted.sums()[[0, 1, 0], [0, 1, 1]])
        purities.append(purity_sums(Read.of(counts[:1], 2)))
        if len(claims) < 40:
            v, w = directions[:, [0, 1, 0]], directions[:, [0, 1, 1]]
            claims.append(ShiftedNoise(shifted).variances(v, w))
    ratio = np.mean(claims, axis=0) / np.var(values, axis=0)
    assert np.all(np.abs(ratio - 1) < 0.25), ratio
    found, claimed = np.transpose(purities)
    assert abs(np.mean(claimed) / np.var(found) - 1) < 0.25


def test_outcomes_that_nobody_saw_take_no_room():
    """Sixty qubits: as if there were only the outcomes that were seen."""
    few = [Counts(np.array([0, 2**59]), np.array([0.5, 0.5]), 10.0) for _ in range(2)]
    assert Read.of(few, 60).q.shape == (2, 2)


def test_distributions_have_no_errors():
    read = Read.of([Counts(np.array([0, 1]), np.array([q, 1 - q]), np.inf) for q in (0.7, 0.4)], 1)
    shifted = Shifted(read, np.eye(1))
    assert shifted.sums()[0, 0] == pytest.approx(2 * 0.15**2)
    assert ShiftedNoise(shifted).variances(np.eye(1), np.eye(1))[0] == 0
    assert purity_sums(read)[1] == 0
