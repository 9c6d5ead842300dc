"""The natural direction of a gradient that somebody else has computed."""

import numpy as np
import pytest

import qng
from qng import geometry
from qng.adapters.differentiable.natural import Natural
from qng.circuit.ansatz import real_amplitudes
from qng.errors import InputError
from qng.plan.quantities import By
from qng.seeds import seed

CIRCUIT = real_amplitudes(2, 1)
RNG = np.random.default_rng(0)
POINTS, SLOPES = RNG.normal(size=(2, 4)), RNG.normal(size=(2, 4))


def natural(damping=1e-3, metric="auto", shots=None) -> Natural:
    return Natural.of(CIRCUIT, damping, metric, "statevector", shots, 0)


def test_it_solves_the_system_at_every_point() -> None:
    found = natural().directions(POINTS, SLOPES)
    for d, theta, slope in zip(found, POINTS, SLOPES):
        g = qng.metric(CIRCUIT, theta).dense()
        np.testing.assert_allclose((g + 1e-3 * np.eye(4)) @ d, slope, atol=1e-10)


def test_held_parameters_are_left_out_of_the_system() -> None:
    free = np.array([0, 3])
    found = natural().directions(POINTS[0], SLOPES[0][free], free=free)
    g = qng.metric(CIRCUIT, POINTS[0]).dense()[np.ix_(free, free)]
    np.testing.assert_allclose((g + 1e-3 * np.eye(2)) @ found, SLOPES[0][free], atol=1e-12)
    sampled = natural(metric="blocks", shots=1000).directions(POINTS[0], SLOPES[0][free], free=free)
    assert np.isfinite(sampled).all()


def test_frozen_parameters_of_a_problem_do_not_move() -> None:
    problem = qng.Problem(CIRCUIT, {"Z0": 1.0}).freeze("t1")
    found = Natural.of(problem, 1e-3, "auto", "statevector", None, 0).directions(POINTS, SLOPES)
    free = np.array([0, 2, 3])
    np.testing.assert_array_equal(found[:, 1], 0.0)
    expected = natural().directions(POINTS, SLOPES[:, free], free=free)
    np.testing.assert_allclose(found[:, free], expected, atol=1e-12)


def test_metrics_solvers_and_draws_are_those_that_were_asked_for() -> None:
    by, cut = By("blocks", rule="wires"), geometry.SpectralCutoff(1e-3)
    found = natural(cut, by).directions(POINTS[0], SLOPES[0])
    g = qng.metric(CIRCUIT, POINTS[0], "blocks", rule="wires")
    np.testing.assert_allclose(found, cut(g, SLOPES[0]).direction, atol=1e-12)
    words = np.array([[1, 2], [1, 3]])
    drawn = natural(shots=1000).directions(POINTS, SLOPES, words)
    g = qng.metric(CIRCUIT, POINTS[1:], shots=1000, seed=seed(1, 3))[0]
    np.testing.assert_array_equal(drawn[1], geometry.Floored(1e-3)(g, SLOPES[1]).direction)


def test_numbers_that_are_not_finite_give_nan() -> None:
    slopes = np.array([[np.inf, 0, 0, 0], SLOPES[1]])
    found = natural().directions(POINTS, slopes)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize(
    ("damping", "text"),
    [
        (-1, "not negative"),
        ("x", "number or a solver"),
        (qng.optimizers.qng, "number or a solver"),
        (geometry.AdaptiveTikhonov(), "steps before"),
    ],
)
def test_what_is_no_damping_is_refused(damping, text: str) -> None:
    with pytest.raises(InputError, match=text):
        natural(damping)
