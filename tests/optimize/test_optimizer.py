"""One step as a pure function, on a classical objective: plans without requests."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from qng import optimizers
from qng.errors import InputError, SingularMetricError
from qng.geometry import AdaptiveTikhonov, Dense, Direct, Tikhonov
from qng.optimize.method import State
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.armijo import Armijo
from qng.optimize.search.length import Constant, Exponential, TrustRegion
from qng.optimize.search.post import HeavyBall
from qng.optimize.signal import Momentum, Nesterov
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from tests.objectives import Objective, advance, run

START = np.array([1.2, -0.7, 0.4])


@dataclass
class Bowl:
    """E = sum a x^2 / 2 + sum cos x, and a metric that depends on x; notes what was asked."""

    a: np.ndarray = field(default_factory=lambda: np.array([3.0, 1.5, 2.0]))
    asked: list[tuple[str, np.ndarray]] = field(default_factory=list)

    def energy(self, x: np.ndarray) -> float:
        return float(np.sum(self.a * x**2 / 2 + np.cos(x)))

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.a * x - np.sin(x)

    def metric(self, x: np.ndarray) -> np.ndarray:
        return 0.2 * np.eye(3) + np.outer(np.cos(x), np.cos(x))

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return np.diag(self.a - np.cos(x))

    def objective(self, metric: Callable[[np.ndarray], np.ndarray] | None = None) -> Objective:
        def plan(kind: str, x: np.ndarray, value: Any) -> Plan[Any]:
            self.asked.append((kind, np.array(x)))
            return Plan((), lambda results: value)

        matrix = metric or self.metric
        return Objective(
            energy=lambda x: plan("energy", x, Energy(np.array([self.energy(p) for p in x]))),
            gradient=lambda x: plan("gradient", x, GradientEstimate(self.gradient(x))),
            metric=lambda x: plan("metric", x, Dense(matrix(x))),
        )


def path(optimizer: Optimizer, goal: Objective, steps: int = 12) -> np.ndarray:
    return np.array([state.theta for state in run(optimizer, goal, steps, START)[0]])


def test_natural_gradient_is_a_damped_solve() -> None:
    bowl, x = Bowl(), START
    expected = [x]
    for _ in range(12):
        x = x - 0.1 * np.linalg.solve(bowl.metric(x) + 0.05 * np.eye(3), bowl.gradient(x))
        expected.append(x)
    method = optimizers.qng(0.1, 0.05, trust=math.inf)  # the bare equation
    np.testing.assert_allclose(path(method, bowl.objective()), expected)


def test_newton_divides_by_the_absolute_curvature() -> None:
    bowl = Bowl(a=np.array([0.5, 1.5, 2.0]))  # the first curvature, a - cos x, changes its sign
    x = np.array([0.8, -0.7, 0.4])
    expected, signs = [x], set()
    for _ in range(12):
        curvature = bowl.a - np.cos(x)
        signs.add(curvature[0] > 0)
        x = x - 0.3 * bowl.gradient(x) / (np.abs(curvature) + 0.01)
        expected.append(x)
    assert signs == {True, False}
    goal = bowl.objective(bowl.hessian)
    method = optimizers.newton(0.3, 0.01, trust=math.inf)
    states, _ = run(method, goal, 12, np.array([0.8, -0.7, 0.4]))
    np.testing.assert_allclose([state.theta for state in states], expected)


def test_momentum_after_the_solve_is_a_signal_with_the_last_step() -> None:
    """Heavy ball: M dtheta_t = -eta s_t, s_t = grad_t - (rho / eta) M dtheta_{t-1}."""
    bowl, eta, rho = Bowl(), 0.05, 0.8
    x, change, expected = START, np.zeros(3), [START]
    for _ in range(12):
        m = bowl.metric(x) + 0.01 * np.eye(3)
        s = bowl.gradient(x) - rho / eta * m @ change
        change = -eta * np.linalg.solve(m, s)
        x = x + change
        expected.append(x)
    method = optimizers.momentum_qng(eta, rho, 0.01, trust=math.inf)
    np.testing.assert_allclose(path(method, bowl.objective()), expected, rtol=1e-9)


def test_momentum_before_and_after_the_solve_differ() -> None:
    bowl = Bowl()
    before = Optimizer(Constant(0.05), MeasuredMetric(), Momentum(0.8), Tikhonov(0.01))
    after = optimizers.momentum_qng(0.05, 0.8, 0.01, trust=math.inf)
    one, other = (path(method, bowl.objective(), 3) for method in (before, after))
    np.testing.assert_allclose(one[1], other[1])
    assert np.abs(one[2] - other[2]).max() > 1e-3
    # With a metric that stays the same they are one method.
    still = bowl.objective(lambda x: bowl.metric(START))
    np.testing.assert_allclose(path(before, still), path(after, still), rtol=1e-10)


def test_nesterov_takes_the_gradient_ahead_and_the_energy_and_metric_here() -> None:
    bowl = Bowl()
    method = Optimizer(Constant(0.05), MeasuredMetric(), Nesterov(0.6), Tikhonov(0.1))
    states, rows = run(method, bowl.objective(), 6, START)
    asked = {kind: [x for name, x in bowl.asked if name == kind] for kind, _ in bowl.asked}
    for k, state in enumerate(states[:-1]):
        ahead = state.theta + 0.6 * state.change
        np.testing.assert_allclose(asked["gradient"][k], ahead, rtol=1e-12)
        np.testing.assert_array_equal(asked["energy"][k], [state.theta])
        np.testing.assert_array_equal(asked["metric"][k], state.theta)
        assert rows[k].energy == bowl.energy(state.theta)
    assert np.abs(states[1].change).max() > 0.01


@pytest.mark.parametrize(("every", "measured"), [(1, range(10)), (4, [0, 4, 8]), (20, [0])])
def test_the_metric_is_measured_every_so_many_steps(every: int, measured: list[int]) -> None:
    bowl = Bowl()
    states, _ = run(optimizers.qng(0.1, every=every), bowl.objective(), 10, START)
    at = [x for kind, x in bowl.asked if kind == "metric"]
    np.testing.assert_array_equal(at, [states[k].theta for k in measured])


def test_armijo_measures_its_trials_in_a_second_round() -> None:
    bowl = Bowl()
    method = Optimizer(Armijo(2.0, 0.5, 0.1, 6), MeasuredMetric(), solve=Tikhonov(0.01))
    goal, state = bowl.objective(), method.init(START)
    measured = method.next(goal, state, ()).reduce(())
    assert [kind for kind, _ in bowl.asked] == ["energy", "gradient", "metric"]
    bowl.asked.clear()
    trials = method.next(goal, state, (measured,))
    assert [(kind, x.shape) for kind, x in bowl.asked] == [("energy", (6, 3))]
    done, step = (
        (found := method.next(goal, state, (measured, trials.reduce(())))).state,
        found.step,
    )
    assert done.step == 1
    # It is the longest trial with sufficient decrease, and the one before it had not.
    d = Tikhonov(0.01)(Dense(bowl.metric(START)), bowl.gradient(START)).direction
    slope = 0.1 * d @ bowl.gradient(START)
    lower = [bowl.energy(START - eta * d) <= bowl.energy(START) - eta * slope
             for eta in (2 * step.eta, step.eta)]  # fmt: skip
    assert lower == [False, True]
    np.testing.assert_allclose(done.theta, START - step.eta * d)


@pytest.mark.parametrize(
    "change",
    [{}, {"signal": Momentum(0.9)}, {"signal": Nesterov(0.9)}, {"post": HeavyBall(0.9)}],
    ids=str,
)
def test_armijo_never_goes_up(change: dict[str, Any]) -> None:
    method = Optimizer(Armijo(4.0, 0.5, 0.3, 10), MeasuredMetric(), solve=Tikhonov(0.01), **change)
    _, rows = run(method, Bowl().objective(), 25, START)
    energies = np.array([row.energy for row in rows])
    assert np.all(np.diff(energies) <= 0)
    assert energies[-1] < energies[0] - 1.0


def test_a_line_search_that_finds_nothing_takes_no_step() -> None:
    method = Optimizer(Armijo(1e6, 0.9, 0.5, 2), solve=Direct(), post=HeavyBall(0.9))
    moving = replace(method.init(START), change=np.ones(3), step=1)
    state, step = advance(method, Bowl().objective(), moving)
    assert (step.eta, step.length, step.predicted) == (0.0, 0.0, 0.0)
    np.testing.assert_array_equal(state.theta, START)


def test_a_trust_region_limits_every_step() -> None:
    bowl, radius = Bowl(), 0.05
    method = Optimizer(TrustRegion(radius, 0.05), MeasuredMetric(), solve=Tikhonov(0.01))
    states, rows = run(method, bowl.objective(), 60, START)
    for state, after, row in zip(states, states[1:], rows):
        moved = after.theta - state.theta
        assert math.sqrt(moved @ bowl.metric(state.theta) @ moved) <= radius * (1 + 1e-9)
        assert row.length <= radius * (1 + 1e-9)
    assert rows[0].length == pytest.approx(radius)
    assert (rows[0].eta < 0.05, rows[-1].eta) == (True, 0.05)


def test_the_gain_ratio_moves_the_damping() -> None:
    """gain = [E(theta) - E(theta + dtheta)] / (-dtheta . grad), judged one step later."""
    bowl, rule = Bowl(), AdaptiveTikhonov(damping=0.01, factor=3.0)
    method = Optimizer(Constant(0.5), MeasuredMetric(), solve=rule)
    states, rows = run(method, bowl.objective(), 30, START)
    assert rows[0].damping == 0.01
    seen = set()
    for k in range(29):
        moved = states[k + 1].theta - states[k].theta
        predicted = -moved @ bowl.gradient(states[k].theta)
        assert rows[k].predicted == pytest.approx(predicted)
        drop = bowl.energy(states[k].theta) - bowl.energy(states[k + 1].theta)
        factor = {True: 3.0, False: 1.0}[drop / predicted < 0.25]
        factor = 1 / 3.0 if drop / predicted > 0.75 else factor
        assert rows[k + 1].damping == pytest.approx(rows[k].damping * factor)
        seen.add(factor)
    assert seen >= {3.0, 1 / 3.0}


def test_the_report_describes_the_step() -> None:
    bowl = Bowl()
    method = optimizers.qng(0.1, 0.02, trust=math.inf)
    states, rows = run(method, bowl.objective(), 3, START)
    row, before, after = rows[2], states[2], states[3]
    moved, g = after.theta - before.theta, bowl.metric(before.theta)
    assert (row.step, row.eta, row.damping, row.rank) == (2, 0.1, 0.02, 3)
    np.testing.assert_array_equal(row.theta, before.theta)
    assert row.energy == bowl.energy(before.theta)
    assert row.gradient_norm == pytest.approx(np.linalg.norm(bowl.gradient(before.theta)))
    assert row.length == pytest.approx(math.sqrt(moved @ g @ moved))
    assert row.predicted == pytest.approx(-moved @ bowl.gradient(before.theta))
    w = np.linalg.eigvalsh(g)
    assert row.condition == pytest.approx((w[-1] + 0.02) / (w[0] + 0.02))


def test_update_is_pure() -> None:
    method = Optimizer(Exponential(0.1), MeasuredMetric(), Momentum(0.5), post=HeavyBall(0.5))
    goal, start = Bowl().objective(), START.copy()
    states, _ = run(method, goal, 4, START)
    kept = [state.theta.copy() for state in states]
    again = [advance(method, goal, state)[0].theta for state in states[:-1]]
    np.testing.assert_array_equal(again, kept[1:])
    np.testing.assert_array_equal([state.theta for state in states], kept)
    np.testing.assert_array_equal(start, START)
    states[0].theta[0] = 99.0  # the state has its own copy of the start
    assert START[0] == 1.2


def test_other_fields() -> None:
    state = State.at(START)
    moved = state.but(step=3, energy=0.5)
    assert vars(moved) == vars(replace(state, step=3, energy=0.5))
    assert (state.step, moved.theta is state.theta) == (0, True)
    with pytest.raises(AssertionError):
        state.but(steps=3)


def test_errors() -> None:
    bowl = Bowl().objective()
    bare = Objective(bowl.energy, lambda x: bowl.gradient(x, None))
    method = optimizers.qng()
    with pytest.raises(InputError, match="needs a measured metric"):
        method.next(bare, method.init(START), ())
    singular = Bowl().objective(lambda x: np.diag([1.0, 1.0, 0.0]))
    with pytest.raises(SingularMetricError, match="2 of 3"):
        advance(optimizers.qng(0.1, 0.0), singular, method.init(START))
    with pytest.raises(InputError, match="every must be a whole number of at least 1, not 0"):
        MeasuredMetric(every=0)
