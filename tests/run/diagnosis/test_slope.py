"""grad . g^-1 . grad: exactly by an independent simulator, from shots unbiased with its error."""

import numpy as np
import pytest

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.geometry import Dense
from qng.plan.quantities import GradientEstimate
from qng.run.diagnosis.slope import slope_of
from tests import dense

CIRCUIT = hardware_efficient(2, 2, ("ry", "rz"))
PROBLEM = qng.Problem(CIRCUIT, qng.hamiltonians.tfim(2, 1.0, 0.7))


def points(count):
    return np.random.default_rng(5).uniform(-np.pi, np.pi, (count, CIRCUIT.n_parameters))


def test_it_is_that_of_the_dense_state_on_the_range_of_the_metric():
    for theta in points(3):
        g = dense.metric(CIRCUIT, theta)
        slope = dense.gradient(CIRCUIT, PROBLEM.observable, theta)
        expected = slope @ np.linalg.pinv(g, rcond=1e-8) @ slope
        found = slope_of(qng.gradient(PROBLEM, theta), qng.metric(PROBLEM, theta))
        assert found.squared.value == pytest.approx(expected, rel=1e-6)
        assert found.squared.std_error == 0
        assert found.noise == 0


def test_it_is_at_most_four_variances_with_equality_where_all_directions_are_open():
    for theta in points(3):
        found = slope_of(qng.gradient(PROBLEM, theta), qng.metric(PROBLEM, theta))
        variance = qng.energy(PROBLEM, theta).variance
        assert found.squared.value <= 4 * variance * (1 + 1e-9)
    whole = slope_of(
        qng.gradient("one-qubit", [0.3, 0.8]), qng.metric("one-qubit", [0.3, 0.8])
    ).squared
    assert whole.value == pytest.approx(4 * qng.energy("one-qubit", [0.3, 0.8]).variance)


def test_it_does_not_depend_on_the_coordinates():
    rng = np.random.default_rng(0)
    a, g = rng.normal(size=(4, 4)), rng.normal(size=(6, 4))
    slope, metric = rng.normal(size=4), Dense(g.T @ g)
    moved = slope_of(GradientEstimate(a.T @ slope), metric.pullback(a))
    assert moved.squared.value == pytest.approx(
        slope_of(GradientEstimate(slope), metric).squared.value
    )


def test_intervals_from_shots_hold_the_value():
    # 1.96 errors hold it in 94 % of cases and more (500 repetitions); fewer than 31 of 40 do so
    # with a probability of 1e-4.
    theta, shots = points(1)[0], 50_000
    g = dense.metric(CIRCUIT, theta)
    slope = dense.gradient(CIRCUIT, PROBLEM.observable, theta)
    held = 0
    for seed in range(40):
        metric = qng.metric(PROBLEM, theta, "blocks+overlaps", shots=shots, seed=seed)
        found = slope_of(qng.gradient(PROBLEM, theta, shots=shots, seed=1000 + seed), metric)
        true = slope @ np.linalg.solve(g + found.damping * np.eye(len(g)), slope)
        held += abs(found.squared.value - true) < 1.96 * found.squared.std_error
    assert held >= 31


def test_noise_of_the_gradient_is_taken_off():
    # Of a gradient that is all noise the mean is zero; its mean square is 4.
    rng = np.random.default_rng(3)
    size, metric = 4, Dense(np.eye(4))
    drawn = [GradientEstimate(rng.normal(size=size), np.eye(size)) for _ in range(400)]
    found = [slope_of(gradient, metric).squared for gradient in drawn]
    values = np.array([one.value for one in found])
    assert abs(values.mean()) < 4 * np.sqrt(2 * size / 400)
    errors = np.mean([one.std_error**2 for one in found])
    # No less than the variance without a slope, which is the least that there is.
    assert 2 * size <= errors < 4 * size
