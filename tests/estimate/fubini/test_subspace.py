"""The metric of a random set of parameters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.ansatz import hardware_efficient, qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate.fubini import overlaps, subspace
from qng.execute.statevector.executor import Statevector
from qng.geometry import PseudoInverse
from qng.run.bench import answer
from qng.testing.strategies import cases
from tests import dense, scores

EXACT = Statevector(threads=1)
CIRCUIT = hardware_efficient(3, 1)
# No entry of the diagonal is within 0.008 of 0 or 1/4 here, but for those that are known.
THETA = np.random.default_rng(349).uniform(-3, 3, 12)
QAOA = qaoa(PauliSum({"Z0 Z1": 0.5, "Z1 Z2": 0.5, "Z0 Z2": 0.3}), 2)


def inside(matrix: np.ndarray, chosen: tuple[int, ...]) -> np.ndarray:
    """The matrix on a set, zero elsewhere."""
    kept = np.isin(np.arange(len(matrix)), chosen)
    return matrix * np.outer(kept, kept)


@settings(max_examples=60)
@given(cases(max_ops=8), st.integers(0, 1000))
def test_is_the_metric_on_the_set_and_zero_elsewhere(case, seed):
    circuit, theta = case
    count = circuit.n_parameters
    for estimate in (subspace.exact, subspace.overlaps):
        found = answer(EXACT, estimate(circuit, theta, seed=seed))
        (chosen,) = found.blocks
        assert chosen == subspace.drawn(count, None, seed)
        assert len(chosen) == (count + 1) // 2
        dense.close(found.dense(), inside(dense.metric(circuit, theta), chosen))
        assert found.std_error is None


def test_sets_are_uniform():
    """Every pair of five parameters as often as any other: 1000 of 10, 4.5 standard errors."""
    sets = [subspace.drawn(5, 2, seed) for seed in range(10_000)]
    counts = np.array([sets.count(pair) for pair in sorted(set(sets))])
    assert len(counts) == 10
    assert np.all(np.abs(counts - 1000) < 4.5 * np.sqrt(10_000 * 0.1 * 0.9))


def test_the_mean_over_all_sets_is_scaled():
    """k/P on the diagonal and k(k-1)/(P(P-1)) off it: not the metric, as is said."""
    circuit = hardware_efficient(2, 0)
    theta, g = THETA[:4], dense.metric(hardware_efficient(2, 0), THETA[:4])
    found = {}
    for seed in range(60):
        metric = answer(EXACT, subspace.exact(circuit, theta, 2, seed))
        found[metric.blocks] = metric.dense()
    assert len(found) == 6
    scale = np.where(np.eye(4, dtype=bool), 2 / 4, 2 / 12)
    np.testing.assert_allclose(np.mean(list(found.values()), axis=0), scale * g, atol=1e-9)


def test_all_parameters_are_the_metric():
    found = answer(EXACT, subspace.overlaps(CIRCUIT, THETA, 12))
    dense.close(found.dense(), dense.metric(CIRCUIT, THETA))


def test_costs_less_than_the_whole():
    whole = overlaps.full(CIRCUIT, THETA).evaluations
    half = subspace.overlaps(CIRCUIT, THETA, seed=1).evaluations
    assert half < 0.4 * whole
    rotations = subspace.overlaps(QAOA, [0.3, 0.4, 0.7, 0.5], 1, seed=0)
    assert rotations.evaluations <= 2 * 3**2 - 3


@pytest.mark.parametrize(
    ("circuit", "theta", "size"),
    [(CIRCUIT, THETA, 4), (QAOA, [0.3, 0.4, 0.7, 0.5], 2)],
    ids=["own", "shared"],
)
@pytest.mark.parametrize("seed", [0, 3])
def test_scores_are_unit_normal(circuit, theta, size, seed):
    plan = subspace.overlaps(circuit, theta, size, seed)
    values, errors = scores.repeated(plan, 2000 * plan.evaluations)
    expected = inside(dense.metric(circuit, theta), subspace.drawn(len(theta), size, seed))
    known = np.all(errors == 0, axis=0)
    np.testing.assert_allclose(values[:, known] - expected[known], 0, atol=1e-9)
    assert not known.all()
    scores.unit_normal(values[:, ~known], errors[:, ~known], expected[~known])


def test_coverage_at_the_origin():
    plan = subspace.overlaps(CIRCUIT, np.zeros(12), 5, seed=2)
    expected = answer(EXACT, plan).dense()
    values, errors = scores.repeated(plan, 300 * max(plan.evaluations, 1))
    scores.covered(values, errors, expected)


def test_a_pseudo_inverse_moves_only_the_set():
    metric = answer(EXACT, subspace.exact(CIRCUIT, THETA, 3, seed=5))
    direction = PseudoInverse()(metric, np.ones(12)).direction
    assert np.flatnonzero(np.abs(direction) > 1e-12).tolist() == list(metric.blocks[0])


@pytest.mark.parametrize("size", [0, 13, -1, 2.0])
@pytest.mark.parametrize("estimate", [subspace.exact, subspace.overlaps])
def test_sizes_that_cannot_be_used(estimate, size):
    with pytest.raises(InputError, match="size must be a whole number from 1 to 12"):
        estimate(CIRCUIT, THETA, size)


def test_no_parameters():
    for estimate in (subspace.exact, subspace.overlaps):
        assert answer(EXACT, estimate(Circuit(1), [])).dense().shape == (0, 0)
