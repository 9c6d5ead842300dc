"""Curvature and flatness at a point, by the dense state and by closed forms."""

import numpy as np
import pytest

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.run.diagnosis import curvature
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.flatness import elsewhere, share_of
from qng.run.diagnosis.reading import Reading
from tests import dense
from tests.faults import local_minimum, saddle

CIRCUIT = hardware_efficient(2, 1, ("ry", "rz"))
PROBLEM = qng.Problem(CIRCUIT, qng.hamiltonians.tfim(2, 1.0, 0.7))
THETA = np.random.default_rng(2).uniform(-np.pi, np.pi, CIRCUIT.n_parameters)


def asker(problem=PROBLEM):
    return Asker.of(problem, qng.executor("statevector", most_threads=1))


def test_the_hessian_is_that_of_the_dense_energy():
    gradient = asker().gradient(THETA)
    found = curvature.exact_curvature(asker(), THETA, gradient)
    h, v = np.linalg.eigh(dense.hessian(CIRCUIT, PROBLEM.observable, THETA))
    assert found.values == pytest.approx(h[::-1], abs=1e-6)
    slopes = v.T @ dense.gradient(CIRCUIT, PROBLEM.observable, THETA)
    known = np.abs(h) > 1e-6
    steps = np.minimum(slopes[known] ** 2 / (2 * np.abs(h[known])), np.pi * np.abs(slopes[known]))
    assert found.left.value == pytest.approx(steps.sum(), rel=1e-4)
    assert found.diagonal.value == pytest.approx(np.mean((v**2 @ h) ** 2), rel=1e-5)


def test_of_a_large_problem_the_ends_are_had_by_products(monkeypatch):
    whole = curvature.exact_curvature(asker(), THETA, asker().gradient(THETA))
    monkeypatch.setattr(curvature, "_MOST", 0)
    ends = curvature.exact_curvature(asker(), THETA, asker().gradient(THETA))
    assert ends.values == pytest.approx(whole.values[[0, -1]], abs=1e-3)
    assert ends.left is None
    assert abs(ends.lowest @ whole.lowest) == pytest.approx(1, abs=1e-2)


def test_a_saddle_is_left_where_spins_are_flipped():
    case = saddle(3)
    found = curvature.exact_curvature(
        asker(case.target), case.theta, asker(case.target).gradient(case.theta)
    )
    assert found.values[-1] < 0
    assert found.left.value < 1e-12
    drop = curvature.drop_along(asker(case.target), case.theta, found.lowest[None])
    energy = dense.energy(case.target.circuit, case.target.observable, case.theta)
    there = dense.energy(case.target.circuit, case.target.observable, case.theta + drop.change)
    assert drop.depth.value == pytest.approx(float(energy - there))
    assert drop.depth.value > 0


def test_a_stable_configuration_bends_up_everywhere():
    case = local_minimum(1)
    found = curvature.exact_curvature(
        asker(case.target), case.theta, asker(case.target).gradient(case.theta)
    )
    assert found.values[-1] > 0


def test_the_share_of_a_product_state_by_its_closed_form():
    # E = cos a cos b, V = 1 - E^2, g = 1/4: u^2 = (sin^2 a cos^2 b + cos^2 a sin^2 b) / 2V.
    circuit = hardware_efficient(2, 0, ("ry",))
    problem = qng.Problem(circuit, qng.PauliSum({"Z0 Z1": 1.0}))
    seen = elsewhere(asker(problem), 0, True, 4)
    for k, share in enumerate(seen.shares):
        a, b = np.random.default_rng([0, k + 1]).uniform(-np.pi, np.pi, 2)
        squares = np.sin(a) ** 2 * np.cos(b) ** 2 + np.cos(a) ** 2 * np.sin(b) ** 2
        expected = squares / (2 * (1 - np.cos(a) ** 2 * np.cos(b) ** 2))
        assert share**2 == pytest.approx(expected)
    assert not seen.still.any()
    assert seen.ranks.tolist() == [2] * 4


def test_no_share_without_a_variance():
    assert share_of(Reading(1.0), None, 1.0) is None
    assert share_of(Reading(1.0), Reading(0.01, 0.01), 1.0) is None
    assert share_of(Reading(1.0), Reading(0.5), 0.5).value == 1.0
