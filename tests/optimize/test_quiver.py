"""QUIVER: its second moment, its gain, its shots, and runs that are cut."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.optimize.method import State
from qng.optimize.quiver import Quiver
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from qng.testing import check_method
from tests.benchmarks.disturbed import slopes
from tests.objectives import Objective, advance

SIGNS = np.array(list(itertools.product([-1.0, 1.0], repeat=4)))
GRADIENT = np.array([0.5, -1.0, 0.25, 0.0])


def told(value, noise, size=4):
    """An objective whose gradient is `value`, with a covariance of trace `noise`."""
    covariance = noise * np.eye(size) / size

    def gradient(theta):
        return Plan((), lambda _: GradientEstimate(value, covariance))

    def energy(points):
        return Plan((), lambda _: Energy(points @ value[:size], std_error=np.ones(len(points))))

    return Objective(energy, gradient, arrays=((size,),))


def asked(method, state, value=GRADIENT):
    return method.next(told(value, 0.1), state, ()).share


def test_the_second_moment_of_all_directions_is_the_one_that_is_used():
    # V = 2: the mean over all pairs of directions, of which there are 256.
    pairs = np.array(list(itertools.product(range(len(SIGNS)), repeat=2)))
    slopes = SIGNS @ GRADIENT
    steps = np.mean(slopes[pairs][:, :, None] * SIGNS[pairs], axis=1)
    np.testing.assert_allclose(steps.mean(axis=0), GRADIENT, atol=1e-12)
    square = GRADIENT @ GRADIENT
    np.testing.assert_allclose(np.mean(np.sum(steps**2, axis=1)), square * (4 + 2 - 1) / 2)


def test_the_shots_are_those_of_the_largest_gain_a_shot():
    # G(M) / M with G of the module, by brute force; sigma^2 from all shots is `noise`.
    method, noise, square = Quiver(lr=0.1, draws=2, smoothness=1.5, least=1e-3), 0.3, 40.0
    value = np.sqrt(square / 4) * np.ones(4)
    c = 2 * 2 / (1.5 * 0.1 * (4 + 2 - 1))
    state = method.init(np.zeros(4))
    # |F|^2 and its noise as they would be on average, measured with the least shots.
    trace = 4 / 2 * noise / 1e-3
    longer = value * math.sqrt(((4 + 2 - 1) / 2 * square + trace) / square)
    state, _ = advance(method, told(longer, trace), state)
    shares = np.geomspace(1e-3, 1, 100_000)
    gain = 0.1 * square - 0.1 / c * (square + noise / shares)
    best = shares[np.argmax(gain / shares)]
    assert asked(method, state) == pytest.approx(best, rel=1e-3)
    assert asked(method, state) == pytest.approx(2 * noise / ((c - 1) * square))


def test_slopes_and_noise_are_known_without_bias_from_what_was_counted():
    """200 draws of two directions: 3.3 standard errors are passed once in 1000."""
    problem, method, seen = qng.load("textbook-2"), Quiver(draws=2, step=0.05), []
    theta = problem.initial
    spsa = {"draws": 2, "step": 0.05, "shots": 2000}
    for seed in range(200):
        slope = qng.gradient(problem, theta, "spsa", seed=seed, **spsa)
        state = method._seen(method.init(theta), slope, 0.5)
        seen.append(state["slopes"]["means"])
    squares, noises = np.array(seen).T
    gradient = qng.gradient(problem, theta).value
    off = squares.mean() - gradient @ gradient
    assert abs(off) < 3.3 * squares.std() / np.sqrt(200) + 0.01 * gradient @ gradient
    # A slope from 2 points of 500 shots each has the variance sigma^2 / (2 h^2 500), sigma^2 being
    # that of a shot, on the mean over all points; with a prior of a few shots it is a little more.
    # Half of the shots have twice the noise of all.
    shot = np.mean([qng.energy(problem, theta + 0.05 * signs).variance for signs in SIGNS])
    assert noises.mean() == pytest.approx(0.5 * shot / (2 * 0.05**2 * 500), rel=0.12)


def test_a_step_goes_down_the_estimate():
    method = Quiver(lr=0.2)
    state, step = advance(method, told(GRADIENT, 0.4), method.init(np.ones(4)))
    np.testing.assert_allclose(state.theta, 1 - 0.2 * GRADIENT)
    assert step.predicted == pytest.approx(0.2 * GRADIENT @ GRADIENT)
    assert step.direction_error == pytest.approx(math.sqrt(0.1 / (GRADIENT @ GRADIENT)))


@pytest.mark.parametrize("noisy", [True, False], ids=["noise", "readout errors"])
def test_its_errors_on_disturbed_executors_are_true(noisy):
    """500 repetitions: a share of 93 % is known to 1.1 %, a standard deviation to 3.2 %."""
    along, errors, _ = slopes(noisy, 500)
    assert np.mean(np.abs(along) <= 1.96 * errors) > 0.93 - 2 * 0.011
    assert np.sqrt(np.mean(errors**2)) / along.std() == pytest.approx(1.0, abs=0.15)


def test_shots_stay_between_the_least_and_all():
    method = Quiver(least=0.2)
    state = method.init(np.zeros(4))
    assert asked(method, state) == 0.2
    flat, _ = advance(method, told(np.zeros(4), 1.0), state)
    assert asked(method, flat) == 1.0
    steep, _ = advance(method, told(100 * GRADIENT, 1e-3), state)
    assert asked(method, steep) == 0.2


def test_means_forget_by_beta():
    method, state = Quiver(beta=0.5, draws=1, least=0.01), State.at(np.zeros(4))
    for size in (1.0, 3.0):
        state, _ = advance(method, told(size * GRADIENT, 0.0), state)
    square = GRADIENT @ GRADIENT / 4
    assert state.memory["slopes"]["means"][0] == pytest.approx((0.5 * 1 + 9) / 1.5 * square)


def test_it_does_what_every_method_must():
    check_method(Quiver())


def test_exact_steps_are_those_of_spsa():
    ends = [
        qng.minimize("textbook-2", name, steps=5, draws=3, seed=2).x for name in ("quiver", "spsa")
    ]
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-12)


def test_few_shots_serve_where_it_is_steep():
    run = qng.minimize("textbook-2", "quiver", steps=80, shots=20_000, seed=3)
    spent = np.diff(run.trace["shots"], prepend=0)[:-1]
    assert spent[0] <= 2000
    assert spent.max() <= 20_000
    assert spent[-5:].mean() > 1.5 * spent[10:40].mean()
    assert run.error < 0.01
    assert run.learning_rate == 0.1


@pytest.mark.parametrize("shots", [None, 2000])
def test_a_run_that_was_cut_goes_on_as_if_it_had_not_been(shots, tmp_path):
    options = {"shots": shots, "seed": 5}
    whole = qng.minimize("textbook-2", "quiver", steps=6, **options)
    begun = qng.minimize("textbook-2", "quiver", steps=3, **options)
    begun.save(tmp_path / "begun.json")
    resumed = qng.load_run(tmp_path / "begun.json").resumed(6)
    np.testing.assert_array_equal(resumed.trace["theta"], whole.trace["theta"])
    np.testing.assert_array_equal(resumed.trace["shots"], whole.trace["shots"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"lr": 0.0},
        {"step": -1.0},
        {"draws": 0},
        {"smoothness": -1.0},
        {"smoothness": "large"},
        {"beta": 1.0},
        {"least": 0.0},
        {"least": 1.5},
    ],
)
def test_settings_are_checked(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        qng.minimize("textbook-2", "quiver", **wrong)


def test_steps_that_are_too_long_for_a_bound_are_refused_before_anything_is_asked():
    with pytest.raises(InputError, match=r"give an lr below 0\.\d+, or leave smoothness out"):
        qng.minimize("h2", "quiver", smoothness="bound", shots=1000)
    assert qng.minimize("h2", "quiver", steps=1, smoothness="bound", lr=1e-3, shots=2000).nit == 1
    with pytest.raises(InputError, match="give a number"):
        qng.minimize(qng.models.function(np.sum, np.ones(3)), "quiver", smoothness="bound")


def test_too_few_shots_are_refused_in_the_first_step():
    with pytest.raises(InputError, match="10% of them, for which it takes at least"):
        qng.minimize("h2", "quiver", shots=300)


def test_an_exact_run_that_ends_above_its_start_is_not_told_to_take_shots():
    run = qng.minimize("one-qubit", "quiver", start=[np.pi, 0.0], lr=3.0, steps=1, seed=1)
    assert run.rise > 0
    assert run.message.endswith("above its start: lower lr, which is 3")
