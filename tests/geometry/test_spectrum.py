"""Eigenvalues with their errors, rounding, and what was computed."""

import numpy as np
import pytest

from qng.geometry import Blocks, Dense, Diagonal, Tikhonov
from qng.geometry.eigen import ROUNDING, above_rounding, rounding
from qng.geometry.spectrum import decomposed, measured, spectrum


def test_errors_of_eigenvalues_are_those_of_repeated_noise():
    rng = np.random.default_rng(1)
    factor = rng.normal(size=(4, 4))
    matrix = factor @ factor.T / 4 + np.diag([0.0, 0.5, 1.0, 2.0])
    errors = 1e-3 * rng.uniform(0.5, 2, (4, 4))
    errors = (errors + errors.T) / 2
    w, v, found = decomposed(Dense(matrix, errors))
    np.testing.assert_allclose((v * w) @ v.T, matrix, atol=1e-12)
    upper = np.triu(rng.normal(size=(4000, 4, 4)) * errors)
    noise = upper + np.triu(upper, 1).swapaxes(1, 2)
    assert found == pytest.approx(np.std(np.linalg.eigvalsh(matrix + noise), axis=0), rel=0.05)


def test_what_is_exact_has_no_errors():
    w, _, errors = decomposed(Diagonal(np.array([2.0, 1.0])))
    assert (w.tolist(), errors.tolist()) == ([1.0, 2.0], [0.0, 0.0])


def test_one_definition_of_rounding():
    w = np.array([4.0, -1.0, 4 * ROUNDING, -5 * ROUNDING, 0.0])
    assert rounding(w) == 4 * ROUNDING
    assert above_rounding(w).tolist() == [True, True, False, True, False]
    assert rounding(np.zeros(0)) == rounding(np.zeros(3)) == 0
    values, floor = spectrum(Diagonal(w))
    assert (values.tolist(), floor) == (sorted(w, reverse=True), 4 * ROUNDING)
    assert Tikhonov(2.0)(Diagonal(w), np.ones(5)).rank == 3


@pytest.mark.parametrize(
    ("metric", "computed"),
    [
        (Diagonal(np.ones(2)), [[1, 0], [0, 1]]),
        (Dense(np.eye(2)), [[1, 1], [1, 1]]),
        (Dense(np.eye(3), None, [(0, 1), (1, 2)]), [[1, 1, 0], [1, 1, 1], [0, 1, 1]]),
        (Blocks(((0, 2),), (np.ones((2, 2)),), 3), [[1, 0, 1], [0, 0, 0], [1, 0, 1]]),
    ],
)
def test_what_was_computed(metric, computed):
    assert np.array_equal(measured(metric), computed)
