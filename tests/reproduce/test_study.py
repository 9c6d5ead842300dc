"""Our own study: what was declared holds, and its parts are what they are called."""

from __future__ import annotations

import numpy as np
import pytest

import qng
from qng.reproduce.entries import study
from qng.reproduce.entries.study import METHODS, PROBLEMS, Size

PLANNED = Size().studies()


def test_the_oracle_asks_for_nothing_and_is_exact() -> None:
    problem = qng.load("h2")
    theta = np.linspace(-1, 1, problem.circuit.n_parameters)
    plan = study.free(problem.circuit, theta)
    assert plan.requests == ()
    exact = qng.metric(problem, theta, "exact").dense()
    np.testing.assert_array_equal(plan.reduce([]).dense(), exact)


def test_no_shot_of_the_oracle_goes_into_its_metric() -> None:
    method = study.table()[study.ORACLE].make
    spent = [
        qng.minimize("h2", made, steps=3, shots=20_000, seed=1).shots
        for made in (method(0.1), qng.optimizers.adam(0.1))
    ]
    # A gradient's rounding may differ by a shot a circuit, a measured metric by a third of all.
    assert spent[0] == pytest.approx(spent[1], rel=0.05)


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_run_has_the_same_budget_and_every_method_the_same_trials(name: str) -> None:
    planned = PLANNED[name]
    assert isinstance(planned.steps, dict)
    assert {planned.steps[m] * planned.shots[m] for m in planned.methods} == {study.BUDGET}
    assert planned.start.shape == (20, planned.problem.circuit.n_parameters)
    assert {*planned.tune.spaces, "l-bfgs-b"} == {*METHODS} == {*planned.methods}
    for label, tuned in study.table().items():
        ((low, high),) = planned.tune.spaces[label].values()
        assert high / low == pytest.approx(tuned.ratio ** (study.TRIALS - 2))
        assert planned.tune.made[label]() == planned.methods[label]


def test_eps_is_to_projected_inverse_iteration_what_twice_a_rate_is_to_qng() -> None:
    """With eps -> 0 a step is that of QNG at the rate eps/2 with the same damping, in any units."""
    theta = np.linspace(-1, 1, qng.load("h2").circuit.n_parameters)
    tuned = study.table(1.1)
    ratio = tuned["projected-inverse"].lowest / tuned["qng blocks"].lowest
    moved = []
    for make, own in (
        (tuned["projected-inverse"].make, {"eps": ratio * 1e-6}),
        (tuned[study.ORACLE].make.func, {"lr": 1e-6, "metric": "exact"}),
    ):
        run = qng.minimize("h2", make(**own), start=theta, steps=1)
        moved.append((run.x - theta) / 1e-6)
    np.testing.assert_allclose(moved[0], moved[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", PROBLEMS)
def test_solved_is_a_share_of_the_way_from_the_mean_of_all_states(name: str) -> None:
    problem = PLANNED[name].problem
    mean = np.trace(problem.observable.dense(problem.circuit.n_qubits)).real
    mean /= 2**problem.circuit.n_qubits
    depth = mean - problem.reference.energy
    assert problem.accuracy == pytest.approx(study.WITHIN * depth)


def test_a_part_has_the_first_starts_of_the_whole() -> None:
    part = Size(("lih",), starts=3).studies()["lih"]
    np.testing.assert_array_equal(part.start, PLANNED["lih"].start[:3])


@pytest.mark.parametrize("label", study.LONGER)
def test_what_is_called_x5_is_the_same_method_in_the_steps_of_cma_es(label: str) -> None:
    usual, tuned = label.removesuffix(" x5"), study.table()
    assert tuned[label].make(lr=0.2) == tuned[usual].make(lr=0.2)
    steps = PLANNED["h2"].steps
    assert isinstance(steps, dict)
    assert steps[label] == steps["cma-es"] == 5 * steps[usual]
    assert study.distinct(METHODS) == len(METHODS) - len(study.LONGER)
