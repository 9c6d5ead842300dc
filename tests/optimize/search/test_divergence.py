"""Steps of a given divergence, and the divergence itself."""

from itertools import pairwise

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError
from qng.geometry import Dense
from qng.models.library import model
from qng.models.objective import Losses
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.divergence import DivergenceRegion
from qng.optimize.search.post import HeavyBall
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.run.bench import answer
from qng.run.objective import Circuits
from tests.objectives import Objective, run

FISHER = np.array([[2.0, 0.3], [0.3, 0.5]])


def bowl(divergence=None) -> Objective:
    """E = |x|^2 / 2 with a constant Fisher matrix, whose divergence is asked for where given."""
    goal = Objective(
        energy=lambda x: Plan((), lambda results: Energy(np.sum(x**2, axis=1) / 2)),
        gradient=lambda x: Plan((), lambda results: GradientEstimate(x.copy())),
        metric=lambda x: Plan((), lambda results: Dense(FISHER)),
    )
    if divergence is not None:
        goal.divergence = lambda theta, points, by: Plan(
            (), lambda results: divergence(points - theta)
        )
    return goal


def lengths(goal, delta=0.01, start=(1.0, -2.0)):
    states, _ = run(optimizers.trust_region(delta, 0.0), goal, 1, np.array(start))
    step = states[1].theta - states[0].theta
    return step, step @ FISHER @ step / 2


def test_the_first_trial_has_the_divergence_delta_in_the_quadratic_model() -> None:
    step, quadratic = lengths(bowl())
    assert quadratic == pytest.approx(0.01)
    direction = np.linalg.solve(FISHER, [1.0, -2.0])
    np.testing.assert_allclose(step / np.linalg.norm(step), -direction / np.linalg.norm(direction))


def test_it_is_shortened_until_the_measured_divergence_is_small_enough() -> None:
    _, quadratic = lengths(bowl(lambda d: 3 * np.einsum("ki,ij,kj->k", d, FISHER, d) / 2))
    assert quadratic == pytest.approx(0.01 / 4)  # half the length: 3/4 of delta
    _, unknown = lengths(bowl(lambda d: np.full(len(d), np.nan)))
    assert unknown == pytest.approx(0.01)
    step, _ = lengths(bowl(lambda d: np.full(len(d), np.inf)))
    np.testing.assert_array_equal(step, 0.0)


def test_it_is_shortened_until_the_loss_falls() -> None:
    step, quadratic = lengths(bowl(), delta=100.0)
    assert quadratic < 100.0
    start = np.array([1.0, -2.0])
    assert np.sum((start + step) ** 2) < np.sum(start**2) <= np.sum((start + 2 * step) ** 2)


def test_the_divergence_of_a_circuit_is_of_what_is_measured() -> None:
    problem, device = qng.load("h2"), qng.executor()
    goal = Circuits.of(problem, device, counting=False)
    theta, d = problem.initial + 0.4, 1e-3 * np.cos(np.arange(12))
    for basis in ("Z", "X0 Y1"):
        by = By("fisher", basis=basis)
        small, zero = answer(device, goal.divergence(theta, np.array([theta + d, theta]), by))
        fisher = qng.metric(problem, theta, "fisher", basis=basis).dense()
        assert small == pytest.approx(d @ fisher @ d / 2, rel=0.02)
        assert zero == pytest.approx(0.0, abs=1e-14)
    assert goal.divergence(theta, theta[None], By("exact")) is None
    assert Circuits.of(problem, device, counting=True).divergence(theta, theta[None], by) is None


@pytest.mark.parametrize("name", ["h2", "perceptron"])
def test_no_step_of_a_run_has_a_larger_divergence(name: str) -> None:
    run = qng.minimize(name, "trust-region", steps=5, delta=0.02)
    energies, device = run.trace["energy"], qng.executor()
    assert np.all(np.diff(energies) <= 0)
    assert run.fun < energies[0] - 0.05
    if name == "h2":
        goal = Circuits.of(qng.load(name), device, counting=False)
    else:
        goal = Losses(model(name).loss)
    path = run.trace["theta"]
    seen = [
        answer(device, goal.divergence(one, other[None], By("fisher")))[0]
        for one, other in pairwise(path)
    ]
    assert 0.002 < np.max(seen) <= 0.02 * (1 + 1e-6)


def test_it_goes_with_shots_by_the_quadratic_model() -> None:
    found = qng.minimize("textbook-2", "trust-region", steps=10, shots=100_000, seed=1)
    assert qng.energy("textbook-2", found.x).value < found.trace["energy"][0] - 0.3


def test_what_it_does_not_go_with() -> None:
    with pytest.raises(InputError, match="takes no other post"):
        Optimizer(DivergenceRegion(), MeasuredMetric("fisher"), post=HeavyBall())
    with pytest.raises(InputError, match="needs a measured Fisher matrix"):
        Optimizer(DivergenceRegion())
    for name, value in (("delta", 0.0), ("shrink", 1.0), ("trials", 0)):
        with pytest.raises(InputError, match=name):
            DivergenceRegion(**{name: value})
