"""Conjugate natural gradient: the lowest energy in a plane, from a grid and a fit."""

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError
from qng.geometry import Dense, Identity, Tikhonov
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.plane import PlaneSearch, chosen
from qng.optimize.search.post import HeavyBall
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from tests.objectives import Objective, advance
from tests.optimize.search.test_length import descent


class Quadratic:
    """E = x^T H x / 2, and a constant metric; notes the points asked for."""

    def __init__(self, h: np.ndarray, metric: np.ndarray, noise: float = 0.0) -> None:
        self.h, self.metric, self.asked = h, metric, []
        self.rng, self.noise = np.random.default_rng(0), noise

    def energy(self, x: np.ndarray) -> Plan[Energy]:
        self.asked.append(np.array(x))
        values = np.einsum("pi,ij,pj->p", x, self.h, x) / 2
        values = values + self.noise * self.rng.normal(size=len(x))
        errors = np.full(len(x), self.noise) if self.noise else None
        return Plan((), lambda results: Energy(values, std_error=errors))

    def objective(self) -> Objective:
        return Objective(
            self.energy,
            lambda x: Plan((), lambda results: GradientEstimate(self.h @ x)),
            lambda x: Plan((), lambda results: Dense(self.metric)),
        )


def undamped(**options) -> Optimizer:
    return Optimizer(PlaneSearch(radius=100.0, **options), MeasuredMetric(), solve=Tikhonov(0.0))


def test_on_a_quadratic_it_is_the_conjugate_gradient_method() -> None:
    """In the metric: the minimum of P dimensions in P steps, with directions conjugate in H."""
    rng = np.random.default_rng(2)
    q, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    bowl = Quadratic((q * [1.0, 1.7, 2.5, 3.0]) @ q.T, np.diag([1.0, 1.2, 0.8, 1.1]))
    method, goal = undamped(), bowl.objective()
    state, changes = method.init(rng.normal(size=4)), []
    first = state.theta @ bowl.h @ state.theta / 2
    for _ in range(4):
        state, _ = advance(method, goal, state)
        changes.append(state.change)
    assert state.theta @ bowl.h @ state.theta / 2 < 1e-14 * first
    products = np.array(changes) @ bowl.h @ np.array(changes).T
    np.testing.assert_allclose(products, np.diag(np.diag(products)), rtol=0, atol=1e-7)


def test_rounds_and_points() -> None:
    bowl = Quadratic(np.diag([1.0, 3.0]), np.eye(2))
    method, goal = undamped(), bowl.objective()
    state, first = advance(method, goal, method.init([1.0, 1.0]))
    assert [len(x) for x in bowl.asked] == [1, 5, 1]
    bowl.asked.clear()
    theta, change = state.theta, state.change
    state, second = advance(method, goal, state)
    assert [len(x) for x in bowl.asked] == [1, 3 * 5 + 2, 1]
    # The step is alpha of the gradient and beta of the last step, and alpha is reported.
    d = bowl.h @ theta
    beta = (state.change + second.eta * d) @ change / (change @ change)
    np.testing.assert_allclose(state.change, -second.eta * d + beta * change, atol=1e-12)
    assert (first.step, second.step) == (0, 1)


def test_the_grid_reaches_no_farther_than_lr_and_radius() -> None:
    direction = np.array([3.0, 4.0])
    for search, longest in (
        (PlaneSearch(0.1), 0.1),
        (PlaneSearch(1.0, radius=0.5), 0.1),
        (PlaneSearch(1.0, radius=0.5, shrink=0.25, trials=3), 0.1),
    ):
        alphas = search.alphas(descent(1, direction, Identity(2)))
        assert alphas[0] == 0
        np.testing.assert_allclose(alphas[-1], longest)
        np.testing.assert_allclose(alphas[-2] / alphas[-1], search.shrink)
        assert len(alphas) == search.trials + 1
        for moving in (False, True):
            grid = search.grid(alphas, moving)
            assert len(grid) == (3 * search.trials + 2 if moving else search.trials)
            assert np.abs(grid).sum(axis=1).min() > 0
            assert grid[:, 1].any() == moving


def test_the_best_point_is_taken_where_the_fit_is_worse_or_there_is_none() -> None:
    search, start = PlaneSearch(), Energy(0.0)
    alphas = search.alphas(descent(1, np.ones(1), Identity(1)))
    concave = Energy(-((alphas[1:] + 0.1) ** 2))
    trial, fits = search.proposed(alphas, False, start, concave)
    assert not fits
    np.testing.assert_array_equal(chosen(start, trial, None), [1.0, 0.0])
    kinked = Energy(np.abs(alphas[1:] - 0.5) - 1)
    trial, fits = search.proposed(alphas, False, start, kinked)
    assert (fits, trial.place.tolist(), trial.energy) == (True, [0.5, 0.0], -1.0)
    for value, place in ((-0.99, trial.place), (-1.01, trial.fit)):
        found = chosen(start, trial, Energy(value))
        np.testing.assert_array_equal(found, place)


def test_no_step_is_taken_where_nothing_is_lower() -> None:
    search, start = PlaneSearch(), Energy(0.0)
    alphas = search.alphas(descent(1, np.ones(1), Identity(1)))
    trial, _ = search.proposed(alphas, False, start, Energy(alphas[1:] ** 2 + 1.0))
    fitted = Energy(0.5)
    np.testing.assert_array_equal(chosen(start, trial, fitted), [0.0, 0.0])
    bowl = Quadratic(-np.eye(2), np.eye(2))  # the gradient points down, the Hessian up
    bowl.energy = lambda x: Plan((), lambda results: Energy(np.sum(x**2, axis=1)))
    method = undamped()
    state, step = advance(method, bowl.objective(), method.init([0.3, 0.4]))
    assert (step.eta, step.length, state.theta.tolist()) == (0.0, 0.0, [0.3, 0.4])


def test_points_without_information_do_not_move_the_fit() -> None:
    search, start = PlaneSearch(), Energy(0.0, std_error=1e-3)
    alphas = search.alphas(descent(1, np.ones(1), Identity(1)))
    errors = np.full(17, 1e-3)
    places = search.grid(alphas, True)
    x = places - [0.42, 0.3]
    values = np.einsum("pi,ij,pj->p", x, np.array([[3.0, 0.5], [0.5, 1.0]]), x)
    near = int(np.argmin(values))
    spoilt = np.flatnonzero((places[:, 0] == places[near, 0]) & (places[:, 1] == 1.0))[0]
    values[spoilt] += 30.0
    errors[spoilt] = 1e5
    trial, fits = search.proposed(alphas, True, start, Energy(values, std_error=errors))
    assert fits
    # The start lies outside the window of three alphas, so its energy does not matter.
    np.testing.assert_allclose(trial.fit, [0.42, 0.3], atol=1e-6)


def test_with_noise_it_still_comes_down() -> None:
    bowl = Quadratic(np.diag([1.0, 3.0, 2.0]), np.eye(3), noise=1e-3)
    method, goal = undamped(), bowl.objective()
    state = method.init([1.0, -1.0, 0.5])
    for _ in range(6):
        state, _ = advance(method, goal, state)
    assert state.theta @ bowl.h @ state.theta / 2 < 5e-3


def test_energies_fall_in_every_step() -> None:
    for problem in ("h2", "maxcut-4", "qng-demo"):
        energies = qng.minimize(problem, "cqng", steps=15).trace["energy"]
        assert np.all(np.diff(energies) <= 1e-14)
        assert np.all(np.diff(energies)[:5] < 0)
    run = qng.minimize("h2", "cqng", steps=15)
    assert run.error < 1e-4
    # A natural gradient of the same number of steps is far away.
    assert qng.minimize("h2", optimizers.qng(0.5), steps=15).error > 100 * run.error


@pytest.mark.parametrize(
    "make",
    [
        lambda: PlaneSearch(0.0),
        lambda: PlaneSearch(radius=np.nan),
        lambda: PlaneSearch(shrink=1.0),
        lambda: PlaneSearch(trials=2),
        lambda: Optimizer(PlaneSearch(), post=HeavyBall(0.5)),
    ],
)
def test_hyperparameters_are_checked(make) -> None:
    with pytest.raises(InputError):
        make()
