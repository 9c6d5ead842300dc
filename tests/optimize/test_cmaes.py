"""CMA-ES as a method: what it finds, and that a run can be cut."""

from __future__ import annotations

import numpy as np
import pytest

import qng
from qng.errors import InputError, MissingPackageError
from qng.optimize.cmaes import CMAES
from qng.plan.plan import Plan
from qng.plan.quantities import Energy
from tests.objectives import Objective, advance

CENTRE = np.array([0.3, -0.7, 0.2])
SCALES = np.array([1.0, 30.0, 1000.0])


def bowl(noise=0.0):
    def energy(points):
        return Plan((), lambda _: Energy(((points - CENTRE) ** 2) @ SCALES))

    return Objective(energy, lambda theta: None, arrays=((3,),))


def test_it_finds_the_minimum_of_an_ill_conditioned_bowl():
    method = CMAES()
    state = method.init(np.zeros(3))
    for _ in range(120):
        state, _ = advance(method, bowl(), state)
    np.testing.assert_allclose(state.theta, CENTRE, atol=1e-4)


def test_the_first_population_has_the_spread_that_is_asked_for():
    asked = []
    for sigma in (0.1, 0.4):
        method = CMAES(sigma, population=400)
        plan = method.next(bowl(), method.init(np.zeros(3)), ())
        energies = plan.reduce(()).value
        asked.append(np.mean(energies[1:]) - energies[0])
    # The mean of sum_i c_i (sigma z_i - x_i)^2 is sigma^2 sum_i c_i above that of the mean;
    # its relative error is sqrt(2 / 400) and less: beyond 0.3 once in 10,000.
    np.testing.assert_allclose(asked, SCALES.sum() * np.array([0.01, 0.16]), rtol=0.35)


def test_a_run_solves_a_problem_and_says_what_it_took():
    run = qng.minimize("one-qubit", "cma-es", steps=40, seed=1)
    assert run.error < 1e-6
    assert run.nfev == 7 * 40 + 1  # 4 + 3 ln 2 = 6 points, the mean, and the closing energy


def squares(sign=1.0):
    return qng.models.function(lambda x: sign * np.sum(x**2), np.ones(3))


def test_it_ends_where_energies_are_rounding():
    run = qng.minimize("textbook-2", "cma-es", steps=400, seed=1)
    assert run.success
    assert run.error < 1e-12
    assert "best energies no longer change" in run.message


def test_a_spread_that_runs_away_is_no_success():
    run = qng.minimize(squares(-1.0), "cma-es", steps=100, seed=1)
    assert run.failed
    assert "grown a thousandfold" in run.message


def test_a_small_spread_is_not_taken_for_a_minimum():
    run = qng.minimize(squares(), "cma-es", steps=30, sigma=1e-13, seed=1)
    assert run.failed
    assert "give a larger sigma" in run.message


@pytest.mark.parametrize("shots", [None, 2000])
def test_a_run_that_was_cut_goes_on_as_if_it_had_not_been(shots, tmp_path):
    options = {"shots": shots, "seed": 5, "population": 5}
    whole = qng.minimize("textbook-2", "cma-es", steps=6, **options)
    begun = qng.minimize("textbook-2", "cma-es", steps=3, **options)
    begun.save(tmp_path / "begun.json")
    resumed = qng.load_run(tmp_path / "begun.json").resumed(6)
    np.testing.assert_allclose(resumed.trace["theta"], whole.trace["theta"], rtol=0, atol=1e-12)


def test_seeds_are_those_of_the_run():
    ends = [qng.minimize("textbook-2", "cma-es", steps=2, seed=seed).x for seed in (1, 1, 2)]
    np.testing.assert_array_equal(ends[0], ends[1])
    assert not np.allclose(ends[0], ends[2])


def test_a_state_goes_on_with_its_own_draws_whoever_asks():
    method, ends = CMAES(), []
    state = method.init(np.zeros(3))
    for _ in range(4):
        state, _ = advance(method, bowl(), state)
    for key in (0, (5, 2**40)):
        other = bowl()
        other.key = key
        ends.append(advance(method, other, state)[0].theta)
    np.testing.assert_array_equal(ends[0], ends[1])
    assert np.linalg.norm(ends[0] - state.theta) < 1


@pytest.mark.parametrize("wrong", [{"sigma": 0.0}, {"sigma": np.nan}, {"population": 3}])
def test_settings_are_checked(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        qng.minimize("one-qubit", "cma-es", **wrong)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cma", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"cma-es needs the package cma: pip install"):
        qng.minimize("one-qubit", "cma-es")
