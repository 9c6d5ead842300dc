"""Expressibility: its bias and its error, and what circuits are known to have."""

import numpy as np
import pytest

from qng.errors import InputError
from qng.geometry.haar import expressibility, frame_potential, haar_logs


def haar(rng, shape, size):
    return 1 - rng.random(shape) ** (1 / (size - 1))


@pytest.mark.parametrize("size", [2, 16])
def test_haar_states_are_haar(size):
    """Over 500 draws: no bias, an honest error, and few false alarms."""
    rng = np.random.default_rng(size)
    found = [expressibility(f, size, bins=30) for f in haar(rng, (500, 1000), size)]
    values = np.array([f.value for f in found])
    error = np.mean([f.std_error for f in found])
    assert abs(values.mean()) < 0.5 * error
    assert np.mean([f.divergence for f in found]) > 2 * error
    assert 0.85 < error / values.std() < 1.25
    assert np.mean([not f.is_haar for f in found]) < 0.05


def test_the_error_of_another_distribution_is_honest():
    """RY at a random angle: the arcsine distribution."""
    edges = np.linspace(0, 1, 21)
    p = np.diff(2 / np.pi * np.arcsin(np.sqrt(edges)))
    truth = float(np.sum(p * np.log(p / np.diff(edges))))
    rng = np.random.default_rng(0)
    draws = np.cos(np.pi * rng.random((500, 1000))) ** 2
    found = [expressibility(f, 2, bins=20) for f in draws]
    inside = [abs(f.value - truth) < 2 * f.std_error for f in found]
    assert 0.92 < np.mean(inside) < 0.98
    assert not any(f.is_haar for f in found)


def test_probabilities_of_bins_are_haars_integrals():
    edges = np.array([0.0, 0.2, 0.5, 1.0])
    for size in (2, 3, 8):
        tails = (1 - edges) ** (size - 1)
        np.testing.assert_allclose(np.exp(haar_logs(edges, size)), -np.diff(tails), rtol=1e-12)
    # Below the least float they still have a logarithm.
    logs = haar_logs(np.linspace(0, 1, 11), 2**14)
    assert np.all(np.isfinite(logs))
    assert logs[-1] == pytest.approx((2**14 - 1) * np.log(0.1), rel=1e-12)


def test_frame_potentials():
    assert frame_potential(8, 1) == 1 / 8
    rng = np.random.default_rng(0)
    found = expressibility(haar(rng, 20_000, 4), 4, orders=3)
    assert np.all(np.abs(found.potentials - found.haar_potentials) < 4 * found.potential_errors)


@pytest.mark.parametrize(
    ("fidelities", "size", "bins"),
    [(np.full(100, 0.5), 4, 75), (np.full(100, 1.5), 4, 5), (np.full(100, 0.5), 1, 5), ([], 4, 5)],
)
def test_what_has_no_expressibility_is_refused(fidelities, size, bins):
    with pytest.raises(InputError):
        expressibility(fidelities, size, bins)
