"""Solving from the last direction, against linear algebra of the test's own."""

from __future__ import annotations

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.geometry import Before, Dense, Floored, LowRank, Proximal, Tikhonov

RNG = np.random.default_rng(3)
X = RNG.normal(size=(3, 5))
M, SIGNALS = X.T @ X, RNG.normal(size=(4, 5))
DAMPING, MU = 0.3, 0.7


def course(solver, metric):
    """The directions of several steps."""
    before, found = Before(), []
    for signal in SIGNALS:
        solution = solver(metric, signal, before)
        found.append(solution.direction)
        before = Before(memory=solution.memory)
    return np.array(found)


@pytest.mark.parametrize("metric", [Dense(M), LowRank(X)])
@pytest.mark.parametrize("solver", [Tikhonov(DAMPING, 1e-13), Floored(DAMPING)])
def test_every_direction_is_the_solution_near_the_last(metric, solver):
    last = np.zeros(5)
    for found, signal in zip(course(Proximal(solver, MU), metric), SIGNALS):
        last = np.linalg.solve(M + DAMPING * np.eye(5), signal + DAMPING * MU * last)
        np.testing.assert_allclose(found, last, rtol=1e-9, atol=1e-12)


def test_it_is_the_nearest_to_the_last_that_explains_the_residuals():
    """Without damping: the projection of the last direction onto X d = e, a Kaczmarz step."""
    prior, e = RNG.normal(size=5), RNG.normal(size=3)
    nearest = MU * prior + np.linalg.pinv(X) @ (e - MU * X @ prior)
    solve = Proximal(Tikhonov(1e-8), MU)
    found = solve(Dense(M), X.T @ e, Before(memory={"direction": prior}))
    np.testing.assert_allclose(found.direction, nearest, atol=1e-5)


def test_without_memory_it_is_the_solver_itself():
    for k in range(2):
        np.testing.assert_allclose(
            course(Proximal(Tikhonov(DAMPING), 0.0), Dense(M))[k],
            Tikhonov(DAMPING)(Dense(M), SIGNALS[k]).direction,
            rtol=1e-12,
        )


def test_other_vectors_are_solved_for_without_it():
    """Corrections along a geodesic and errors are linear in what is solved for."""
    solve = Proximal(Tikhonov(DAMPING), MU)
    memory = solve(Dense(M), SIGNALS[0]).memory
    found = solve(Dense(M), SIGNALS[1], Before(memory=memory, other=True)).direction
    np.testing.assert_allclose(found, np.linalg.solve(M + DAMPING * np.eye(5), SIGNALS[1]))


@pytest.mark.parametrize("mu", [1.0, -0.1, np.nan, "0.5"])
def test_mu_is_a_fraction(mu):
    with pytest.raises(InputError, match="mu"):
        Proximal(Tikhonov(), mu)


def test_runs_of_spring_solve_the_published_equation():
    problem, start = qng.load("h2"), np.linspace(-1, 1, 12)
    lr, damping, mu = 0.2, 0.05, 0.8
    run = qng.minimize(
        problem, "spring", lr=lr, damping=damping, mu=mu, trust=np.inf, start=start, steps=4
    )
    theta, last = start, np.zeros(12)
    for found in run.trace["theta"]:
        np.testing.assert_allclose(found, theta, atol=1e-9)
        g = qng.metric(problem, theta, "exact").dense()
        grad = qng.gradient(problem, theta).value
        last = np.linalg.solve(g + damping * np.eye(12), damping * mu * last - lr * grad)
        theta = theta + last


def test_without_memory_spring_is_natural_gradient():
    runs = [
        qng.minimize("h2", method, steps=4, shots=4000, seed=2, **options).trace["theta"]
        for method, options in (("spring", {"mu": 0.0}), ("qng", {}))
    ]
    np.testing.assert_allclose(*runs, rtol=0, atol=1e-12)


def test_spring_goes_on_where_it_was_cut():
    run = qng.minimize("h2", "spring", steps=6, shots=5000, seed=4)
    begun = qng.minimize("h2", "spring", steps=3, shots=5000, seed=4)
    np.testing.assert_array_equal(begun.resumed(6).x, run.x)
