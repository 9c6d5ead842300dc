import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.plan.counts import FEW, PRIOR, Counts
from qng.plan.rare import further

Z0, Z1, ZZ = Pauli.parse("Z0"), Pauli.parse("Z1"), Pauli.parse("Z0 Z1")


def drawn(p: float, shots: int, seed: int) -> Counts:
    """One qubit that shows 1 with probability p."""
    ones = np.random.default_rng(seed).binomial(shots, p)
    return Counts.of([0, 1], [shots - ones, ones])


def test_outcomes_that_repeat_are_added():
    counts = Counts.of([3, 0, 3], [1, 2, 1])
    assert counts.outcomes.tolist() == [0, 3]
    assert counts.weights.tolist() == [0.5, 0.5]
    assert counts.shots == 4


def test_signs_are_parities_on_the_support_whatever_the_letters():
    counts = Counts.of([0, 1, 2, 3], [1, 1, 1, 1])
    words = [Z0, Pauli.parse("X1"), Pauli.parse("Y0 X1")]
    assert counts.signs(words).T.tolist() == [[1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]


def test_an_exact_distribution_has_no_error():
    counts = Counts(np.array([0, 1]), np.array([0.75, 0.25]), math.inf)
    assert counts.mean([Z0], [2.0]) == (1.0, 0.0)
    assert counts.probability() == (0.75, 0.0)


@given(
    st.integers(1, 400), st.integers(0, 10**6), st.lists(st.floats(-3, 3), min_size=3, max_size=3)
)
def test_the_value_is_the_plain_mean_and_the_variance_that_of_further_shots(shots, seed, c):
    p = np.random.default_rng(seed).dirichlet(np.ones(4))
    seen = np.random.default_rng(seed + 1).multinomial(shots, p)
    counts = Counts.of(np.arange(4), seen)
    y = np.array([[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]]) @ c
    value, variance = counts.mean([Z0, Z1, ZZ], c)
    assert value == pytest.approx(seen @ y / shots, abs=1e-12)
    squares = (y / np.abs(y).max()) ** 2 if np.any(y) else np.ones(4)
    further = (np.full(4, 1 / 4) + squares / squares.sum()) / 2
    spread = (seen + PRIOR * further) / (shots + PRIOR)
    of_a_shot = spread @ y**2 - (spread @ y) ** 2
    assert variance == pytest.approx(of_a_shot / shots * (1 + FEW / shots), abs=1e-12)


def coverage(shots: int, p: np.ndarray, read, ones: int = 1) -> np.ndarray:
    """Exact, for every p: the sum over all numbers of an outcome, not a simulation."""
    found = np.array([read(Counts.of([0, ones], [shots - k, k])) for k in range(shots + 1)])
    ones = np.arange(shots + 1)
    lengths = np.array([math.lgamma(k + 1) + math.lgamma(shots - k + 1) for k in ones])
    logs = math.lgamma(shots + 1) - lengths + np.outer(np.log(p), ones)
    weights = np.exp(logs + np.outer(np.log1p(-p), shots - ones))
    held = np.abs(found[:, 0] - (1 - p[:, None])) <= 1.96 * np.sqrt(found[:, 1]) + 1e-12
    return np.sum(weights * held, axis=1)


READINGS = {
    "a mean": lambda counts: counts.mean([Z0], [0.5]),
    "zeros": lambda counts: counts.zeros(1),
    "an outcome": lambda counts: counts.probability(),
}


@pytest.mark.parametrize("shots", [2, 3, 4, 5, 6, 8, 9, 10, 12, 16, 20, 25, 30, 50, 100, 1000])
@pytest.mark.parametrize("name", READINGS)
def test_intervals_cover_for_every_mean(name, shots):
    """At least 93 % of those of 1.96 errors, where outcomes are rare and where they are not."""

    def read(counts):
        value, variance = READINGS[name](counts)
        # The mean of Z/2 is the probability of 0, less 1/2.
        return value + 0.5 * (name == "a mean"), variance

    rare = np.linspace(0.01, 12, 300) / shots
    p = np.concatenate([np.linspace(0.001, 0.999, 600), rare[rare < 1]])
    assert coverage(shots, p, read).min() >= 0.93


@pytest.mark.parametrize("shots", [3, 5, 10, 12, 25, 100])
@pytest.mark.parametrize("qubits", [1, 2, 3, 5, 7])
def test_intervals_cover_for_projectors(qubits, shots):
    """Words of which each says little, and whose sum is 1 at one outcome: at least 93 %."""
    masks = range(1, 2**qubits)
    words, c = [Pauli(0, mask) for mask in masks], np.full(2**qubits - 1, 0.5**qubits)

    def read(counts):
        value, variance = counts.mean(words, c)
        return value + 0.5**qubits, variance

    rare = np.linspace(0.01, 12, 100) / shots
    p = 1 - np.concatenate([np.linspace(0.001, 0.999, 200), rare[rare < 1]])
    # With all qubits in 0 or all in 1 the projector on 0 is a bit.
    assert coverage(shots, p, read, ones=2**qubits - 1).min() >= 0.93


def compositions(shots: int) -> np.ndarray:
    """All ways in which four outcomes can share the shots, shape (ways, 4)."""
    bars = np.array(list(combinations(range(shots + 3), 3)))
    edges = np.concatenate([-np.ones((len(bars), 1)), bars, np.full((len(bars), 1), shots + 3)], 1)
    return np.diff(edges, axis=1).astype(int) - 1


@pytest.mark.parametrize("shots", [2, 4, 10, 16])
def test_intervals_cover_for_sums_of_words(shots):
    """Sums over two qubits in states of all kinds, near eigenstates too; exact, no draws."""
    rng = np.random.default_rng(0)
    seen = compositions(shots)
    lengths = np.array([sum(math.lgamma(k + 1) for k in row) for row in seen])
    alphas = np.repeat([0.02, 0.1, 0.3, 1.0], 60)
    p = np.array([rng.dirichlet(np.full(4, alpha)) for alpha in alphas]) + 1e-12
    weights = np.exp(math.lgamma(shots + 1) - lengths + np.log(p) @ seen.T)
    outcomes = np.array([[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]])
    for _ in range(20):
        c = rng.normal(size=3) * rng.choice([0.0, 0.1, 1.0], 3)
        found = [Counts.of(np.arange(4), row).mean([Z0, Z1, ZZ], c) for row in seen]
        value, variance = np.array(found).T
        exact = p @ (outcomes @ c)
        held = np.abs(value - exact[:, None]) <= 1.96 * np.sqrt(variance) + 1e-9
        assert np.sum(weights * held, axis=1).min() >= 0.925


def test_sums_of_many_words_are_normal():
    masks = np.random.default_rng(0).choice(2**20, 600, replace=False) + 1
    c = tuple(np.random.default_rng(1).normal(size=600).tolist())
    shift, second, rare = further(tuple(masks.tolist()), c)
    few = further(tuple(masks[:500].tolist()), c[:500])
    assert (shift, rare) == (0.0, pytest.approx(3 * second))
    assert few[2] == pytest.approx(3 * few[1], rel=0.02)


def test_scores_are_unit_normal_at_generic_points():
    z = []
    for seed in range(500):
        value, variance = drawn(0.3, 400, seed).mean([Z0], [1.0])
        z.append((value - 0.4) / math.sqrt(variance))
    assert abs(np.mean(z)) < 4 / math.sqrt(500)
    assert 0.88 < np.std(z) < 1.12


def test_zeros_are_of_the_qubits_of_a_mask():
    counts = Counts.of([0, 1, 2, 4, 5], [4, 2, 1, 2, 1])
    assert [counts.zeros(mask)[0] for mask in (0b111, 0b011, 0b100)] == pytest.approx(
        [0.4, 0.6, 0.7]
    )
    assert counts.zeros(0b111) == pytest.approx(counts.probability(0))


def test_the_error_is_never_zero_by_chance():
    value, variance = Counts.of([0], [1000]).mean([Z0], [1.0])
    assert value == 1.0
    assert variance > 0
    assert Counts.of([0], [1000]).probability()[1] > 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Counts.of([0], [0]), "no shot was counted"),
        (lambda: Counts(np.array([0]), np.array([0.5, 0.5]), 2.0), "as many weights as outcomes"),
        (lambda: Counts(np.array([0]), np.array([0.5]), 2.0), "weights that sum to 1"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(InputError, match=message):
        make()
