"""Steps of several shifts, against the equations of the linear method solved by SciPy."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import qng
from qng.errors import InputError
from qng.geometry import Dense, Ritz, RitzStep
from qng.optimize.method import State
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import Euclidean, MeasuredMetric
from qng.optimize.search.descent import Descent, Move
from qng.optimize.search.post import AsIs
from qng.optimize.search.shifts import Shifts, lowest
from qng.plan.quantities import Energy
from tests.objectives import Objective

DAMPING = 0.1


def tangent_space(seed: int, size: int = 5) -> Ritz:
    """H on a random tangent space of ten dimensions."""
    rng = np.random.default_rng(seed)
    a, rows = rng.standard_normal((10, 10)), rng.standard_normal((size, 10)) / 4
    h = (a + a.T) / 2
    psi = np.eye(10)[0]
    rows -= np.outer(rows @ psi, psi)
    return Ritz(float(h[0, 0]), rows @ h[0], rows @ h @ rows.T, rows @ rows.T)


def place(metric: Any, first: int | None = None) -> tuple[Descent, list[np.ndarray]]:
    """Where a direction is, and the points whose energies are asked for."""
    asked: list[np.ndarray] = []
    objective = Objective(lambda x: asked.append(x), lambda x: None)
    state = State.at(np.full(5, 0.3))
    if first is not None:
        state = state.but(memory={"search": {"first": np.array(first)}})
    gradient = 2 * metric.slopes if isinstance(metric, Ritz) else np.ones(5)
    solution = RitzStep(DAMPING)(metric, gradient) if isinstance(metric, Ritz) else None
    at = Descent(objective, state, Energy(0.0), gradient, metric, solution, None, AsIs())
    return at, asked


def steps(ritz: Ritz, factors: np.ndarray) -> np.ndarray:
    """-x arctan(q) / q with [K - (E - shift) g + shift lambda] x = s of every shift."""
    pencil = np.block(
        [[np.array([[ritz.energy]]), ritz.slopes[None]], [ritz.slopes[:, None], ritz.curvature]]
    )
    weights = scipy.linalg.block_diag([[1.0]], ritz.states)
    gap = ritz.energy - scipy.linalg.eigh(pencil, weights, eigvals_only=True)[0]
    found = []
    for shift in gap * factors:
        matrix = ritz.curvature - (ritz.energy - shift) * ritz.states
        x = np.linalg.solve(matrix + shift * DAMPING * np.eye(5), ritz.slopes)
        q = math.sqrt(x @ ritz.states @ x)
        found.append(-x * math.atan(q) / q)
    return np.array(found)


@pytest.mark.parametrize("first", [None, 3])
def test_trials_are_the_steps_of_their_shifts(first: int | None) -> None:
    ritz = tangent_space(0)
    at, asked = place(ritz, first)
    Shifts(4, damping=DAMPING)(at, ())
    expected = steps(ritz, 2.0 ** (np.arange(4) + (first or 0)))
    np.testing.assert_allclose(asked[0] - 0.3, expected, rtol=1e-9)


def test_no_trial_is_longer_than_the_radius() -> None:
    ritz = tangent_space(1)
    at, asked = place(ritz)
    Shifts(4, radius=0.2, damping=DAMPING)(at, ())
    free = steps(ritz, 2.0 ** np.arange(4))
    length = np.sqrt(np.einsum("ki,ij,kj->k", free, ritz.states, free))
    assert length[0] > 0.2 > length[3]
    expected = free * np.minimum(1, 0.2 / length)[:, None]
    np.testing.assert_allclose(asked[0] - 0.3, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("energies", "chosen", "after"),
    [([-1.0, -0.2, 0.1], 0, 3), ([0.3, -0.2, -0.4], 2, 5), ([np.nan, -0.1, 0.2], 1, 4)],
)
def test_the_lowest_is_taken_and_the_next_trials_begin_two_below(
    energies: list[float], chosen: int, after: int
) -> None:
    at, _ = place(tangent_space(0), 5)
    move = Shifts(3, damping=DAMPING)(at, (Energy(np.array(energies)),))
    assert isinstance(move, Move)
    expected = steps(tangent_space(0), 2.0 ** np.array([5 + chosen]))[0]
    np.testing.assert_allclose(move.change, expected, rtol=1e-9)
    assert move.memory["first"] == after
    assert move.at is not None
    np.testing.assert_allclose(-move.eta * move.at.direction, move.change, rtol=1e-12)


def test_no_step_where_none_is_lower_and_longer_shifts_next() -> None:
    at, _ = place(tangent_space(0), 2)
    move = Shifts(3, damping=DAMPING)(at, (Energy(np.array([0.1, 0.2, 1e-15])),))
    assert isinstance(move, Move)
    assert (move.eta, move.memory["first"]) == (0.0, 5)
    assert not move.change.any()


def test_from_shots_a_trial_is_lower_within_the_error_of_the_difference() -> None:
    values = np.array([0.1, 0.04])
    trials = Energy(values, std_error=np.array([0.03, 0.04]))
    assert lowest(Energy(0.0, std_error=0.03), trials) == 1
    # As low within the errors is as low: the shortest of these steps is taken.
    near = Energy(np.array([-0.5, -0.47, -0.3]), std_error=np.full(3, 0.05))
    assert lowest(Energy(0.0, std_error=0.03), near) == 1
    trials = Energy(values, std_error=np.array([0.03, 0.02]))
    assert lowest(Energy(0.0, std_error=0.02), trials) is None


def test_numbers_and_metrics_that_do_not_fit_are_refused() -> None:
    for wrong in ({"trials": 1}, {"trials": 3, "factor": 1.0}, {"trials": 3, "radius": 0.0}):
        with pytest.raises(InputError):
            Shifts(**wrong)
    for other in (MeasuredMetric("exact"), Euclidean()):
        with pytest.raises(InputError, match="linear-method"):
            Optimizer(Shifts(3), other)
    at, _ = place(Dense(np.eye(5)))
    with pytest.raises(InputError, match="linear-method"):
        Shifts(3)(at, ())


def test_an_exact_run_never_goes_up_and_undoes_nothing() -> None:
    problem = qng.load("h2")
    start = np.random.default_rng(3).uniform(-3, 3, problem.circuit.n_parameters)
    run = qng.minimize(problem, "linear-method", start=start, steps=25, trials=5)
    energies = np.array(run.trace["energy"])
    assert np.all(np.diff(energies) <= 1e-12)
    assert all(run.trace["accepted"])
    assert energies[-1] - problem.reference_energy().energy < problem.accuracy


def test_every_trial_costs_one_energy() -> None:
    def evaluations(**options: int) -> int:
        run = qng.minimize("h2", "linear-method", steps=1, **options)
        return int(run.trace["evaluations"][-1])

    none, five, seven = evaluations(), evaluations(trials=5), evaluations(trials=7)
    assert (five - none) * 2 == (seven - five) * 5 > 0
