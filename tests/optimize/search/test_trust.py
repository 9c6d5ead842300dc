"""Step sizes that follow the decreases, and default runs that never end above their start."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError
from qng.geometry import Dense, Identity, Solution
from qng.optimize.accept import Always
from qng.optimize.method import State
from qng.optimize.search.descent import Descent
from qng.optimize.search.length import Constant
from qng.optimize.search.post import AsIs, HeavyBall, Post
from qng.optimize.search.trust import AdaptiveTrustRegion
from qng.plan.quantities import Energy
from tests.benchmarks.defaults import family
from tests.faults import Noisy
from tests.objectives import Objective

DIRECTION, PLAIN, STILL = np.array([3.0, 4.0]), Identity(2), AsIs()
GUARDED = [name for name in family() if optimizers.takes(name, "trust")]


def descent(
    state: State, energy: Energy, damping: float = 0.0, post: Post = STILL, metric=PLAIN
) -> Descent:
    return Descent(
        objective=Objective(lambda x: None, lambda x: None),
        state=state,
        energy=energy,
        gradient=DIRECTION,
        metric=metric,
        solution=Solution(DIRECTION, 2, 1.0, damping),
        solve=lambda v: Solution(v, 2, 1.0),
        post=post,
    )


def following(decrease: float, undone: int = 0, error: float | None = None) -> float:
    """The step size after one of 0.1 that promised a decrease of 1."""
    search, state = AdaptiveTrustRegion(10.0, 0.1), State.at(np.zeros(2))
    first = search(descent(state, Energy(5.0, std_error=error)), ())
    after = replace(
        state,
        step=1,
        energy=5.0,
        predicted=1.0,
        undone=undone,
        memory={"search": first.memory},
    )
    return search(descent(after, Energy(5.0 - decrease, std_error=error)), ()).eta


def test_the_step_size_follows_the_decrease() -> None:
    """Doubled above 3/4 of the promise, halved below 1/4, where noise allows to say so."""
    found = [following(decrease) for decrease in (-1.0, 0.2, 0.3, 0.7, 0.8)]
    np.testing.assert_allclose(found, [0.05, 0.05, 0.1, 0.1, 0.2])
    assert following(0.5, undone=1) == 0.05
    # Two standard errors of the difference are 0.28; a promise that is noise halves nothing.
    noisy = [following(decrease, error=0.1) for decrease in (-0.5, 0.0, 1.0, 1.1)]
    np.testing.assert_allclose(noisy, [0.1, 0.1, 0.1, 0.2])
    assert following(0.5, undone=1, error=0.1) == 0.05


@pytest.mark.parametrize("damping", [0.0, 1e-2])
def test_no_step_is_longer_than_the_radius(damping: float) -> None:
    """In M + damping, in which a direction without a length in M has one."""
    metric = Dense(np.diag([4.0, 0.0]))
    state = State.at(np.zeros(2))
    length = math.sqrt(DIRECTION @ (metric.dense() + damping * np.eye(2)) @ DIRECTION)
    move = AdaptiveTrustRegion(0.3, 1.0)(descent(state, Energy(0.0), damping, metric=metric), ())
    np.testing.assert_allclose(move.change, -0.3 / length * DIRECTION)
    short = AdaptiveTrustRegion(0.3, 1e-4)(descent(state, Energy(0.0), damping, metric=metric), ())
    assert short.eta == 1e-4
    turned = AdaptiveTrustRegion(0.3, 1.0, euclidean=True)(descent(state, Energy(0.0), damping), ())
    assert np.linalg.norm(turned.change) == pytest.approx(0.3)


def test_the_radius_holds_for_the_momentum_too() -> None:
    moving = replace(State.at(np.zeros(2)), change=np.array([5.0, 0.0]))
    move = AdaptiveTrustRegion(0.5, 0.01)(descent(moving, Energy(0.0), post=HeavyBall(0.9)), ())
    whole = -0.01 * DIRECTION + 0.9 * moving.change
    np.testing.assert_allclose(move.change, whole * 0.5 / np.linalg.norm(whole))
    assert move.eta == pytest.approx(0.01 * 0.5 / np.linalg.norm(whole))


@pytest.mark.parametrize(
    "make",
    [
        lambda: AdaptiveTrustRegion(0.0, 0.1),
        lambda: AdaptiveTrustRegion(math.nan, 0.1),
        lambda: AdaptiveTrustRegion(0.1, -1.0),
        lambda: optimizers.qng(trust=-0.1),
    ],
)
def test_hyperparameters_are_checked(make) -> None:
    with pytest.raises(InputError):
        make()


@pytest.mark.parametrize("name", GUARDED)
def test_an_infinite_trust_is_the_method_as_published(name: str) -> None:
    plain = optimizers.named(name, trust=math.inf)
    search = getattr(plain.search, "search", plain.search)
    assert search == Constant(optimizers.named(name).search.lr)
    assert name == "rng" or plain.accept == Always()


def scaled(problem: qng.Problem, factor: float) -> qng.Problem:
    return replace(problem, observable=factor * problem.observable, reference=None)


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("name", GUARDED)
def test_no_default_run_ends_above_its_start(name: str, scale: float) -> None:
    """The whole library is in `python -m tests.benchmarks.defaults`; a large scale of the energy
    makes every step size too long."""
    for problem in ("tfim-8", "qng-demo", "maxcut-4"):
        start = scaled(qng.load(problem), scale)
        run = qng.minimize(start, name, steps=25)
        energies = run.trace["energy"][run.trace["accepted"] == 1]
        assert np.all(np.diff(energies) <= 1e-12 * np.abs(energies).max()), problem
        assert run.fun <= energies[0]
        assert run.rise == 0


def test_a_run_that_rose_says_what_to_change() -> None:
    # One step is the same on every machine; many steps up are chaotic.
    run = qng.minimize("one-qubit", "qng", lr=6.0, trust=math.inf, steps=1)
    assert run.rise == pytest.approx(run.fun - qng.energy("one-qubit").value)
    assert run.rise == pytest.approx(0.750, abs=1e-3)
    assert "ended 0.75 above its start: lower lr, which is 6, or give trust=0.1" in run.message
    run = qng.minimize("one-qubit", "gd", lr=3.0, steps=1)
    assert run.rise > 0
    assert run.message.endswith("above its start: lower lr, which is 3")
    better = qng.minimize("one-qubit", "qng", lr=6.0, steps=1)
    assert (better.rise, better.message) == (0, "all 1 steps done")


@pytest.mark.parametrize("device", ["statevector", Noisy(20.0)], ids=["ideal", "noisy"])
@pytest.mark.parametrize("name", ["observables", "random-measurements"])
@pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")
def test_no_step_from_shots_has_a_length_that_nobody_has_seen(name, device):
    """The metrics of few shots are negative along many steps."""
    run = qng.minimize("h2", "qng", metric=name, shots=4000, steps=15, seed=3, executor=device)
    moved = np.any(np.diff(run.trace["theta"], axis=0) != 0, axis=1) & run.trace["accepted"][:-1]
    assert moved.sum() > 5
    assert np.all(run.trace["length"][:-1][moved] > 0)
