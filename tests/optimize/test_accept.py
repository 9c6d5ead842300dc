"""Steps that are judged by the next step's energy, and undone."""

from collections.abc import Iterable

import numpy as np
import pytest

from qng import optimizers
from qng.errors import InputError, UnknownNameError
from qng.geometry import AdaptiveTikhonov, Dense, Direct, Tikhonov
from qng.optimize.accept import Blocking
from qng.optimize.average import RunningMean
from qng.optimize.method import State, Step
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.optimize.search.post import HeavyBall
from qng.optimize.signal import Momentum
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from tests.objectives import Objective, advance


class Script:
    """An objective that measures what it was told to, whatever the point."""

    def __init__(self, energies: Iterable[float], error: float | None = None) -> None:
        self.energies, self.asked = list(energies), []
        self.rng, self.error = np.random.default_rng(1), error
        self.gradients: list[np.ndarray] = []
        self.metrics = 0

    def objective(self) -> Objective:
        def energy(x: np.ndarray) -> Plan[Energy]:
            self.asked.append(x[0])
            value = np.array([self.energies[len(self.asked) - 1]])
            error = None if self.error is None else np.array([self.error])
            return Plan((), lambda results: Energy(value, std_error=error))

        def gradient(x: np.ndarray) -> Plan[GradientEstimate]:
            self.gradients.append(self.rng.normal(size=2))
            found = GradientEstimate(self.gradients[-1])
            return Plan((), lambda results: found)

        def metric(x: np.ndarray) -> Plan[Dense]:
            self.metrics += 1
            found = Dense(float(self.metrics) * np.eye(2))
            return Plan((), lambda results: found)

        return Objective(energy, gradient, metric)


def run(method: Optimizer, script: Script) -> tuple[list[State], list[Step]]:
    goal, states, rows = script.objective(), [method.init(np.zeros(2))], []
    for _ in script.energies:
        state, row = advance(method, goal, states[-1])
        states.append(state)
        rows.append(row)
    return states, rows


def descent(accept: Blocking, **parts) -> Optimizer:
    return Optimizer(Constant(0.1), solve=Direct(), accept=accept, **parts)


@pytest.mark.parametrize(
    ("accept", "error"),
    [
        (Blocking(), None),
        (Blocking("spread", 0.5, 3), None),
        (Blocking(0), None),
        (Blocking(0.8), None),
        (Blocking("noise"), None),
        (Blocking("noise", 1.5), 0.4),
    ],
    ids=str,
)
def test_the_rule(accept: Blocking, error: float | None) -> None:
    energies = np.random.default_rng(8).normal(size=60)
    script = Script(energies, error)
    states, rows = run(descent(accept), script)
    theta, seen, proposal, undone = np.zeros(2), [], False, 0
    for k, e in enumerate(energies):
        np.testing.assert_array_equal(script.asked[k], rows[k].theta)
        tolerance = {
            "spread": accept.factor * np.std(seen[-accept.window :]) if seen else 0.0,
            "noise": accept.factor * np.hypot(error or 0.0, error or 0.0),
        }.get(accept.tolerance, accept.tolerance)
        assert rows[k].energy == e
        if proposal and e > seen[-1] + tolerance:
            undone += 1
            assert (rows[k].accepted, rows[k].eta, rows[k].length) == (False, 0.0, 0.0)
            np.testing.assert_array_equal(states[k + 1].theta, theta)
            proposal = False
            continue
        assert rows[k].accepted
        theta, proposal = rows[k].theta, True
        seen.append(e)
        moved = theta - 0.1 * script.gradients[k]
        np.testing.assert_allclose(states[k + 1].theta, moved, rtol=1e-12)
        assert len(states[k + 1].accepted.energies) <= accept.window
    assert 5 < undone < 40
    assert states[-1].undone == undone


def test_without_it_no_step_is_undone() -> None:
    _, rows = run(Optimizer(Constant(0.1), solve=Direct()), Script(np.arange(5.0)))
    assert all(row.accepted and row.eta == 0.1 for row in rows)


def test_a_proposal_that_is_not_judged_yet_can_be_judged() -> None:
    method = descent(Blocking(0))
    states, _ = run(method, Script([1.0]))
    for value, verdict in ((0.9, False), (1.1, True)):
        assert method.noted(states[1], Energy(value)).undone == verdict
    np.testing.assert_array_equal(states[1].accepted.theta, np.zeros(2))
    # What was kept is not judged again, whatever its noise.
    states, _ = run(method, Script([1.0, 2.0]))
    assert method.noted(states[2], Energy(5.0)).undone == states[2].undone


def test_what_was_measured_at_the_end_of_an_undone_step_is_not_used() -> None:
    script = Script([1.0, 2.0, 1.0])
    metric = MeasuredMetric(every=2, average=RunningMean())
    method = Optimizer(
        Constant(0.1), metric, Momentum(0.5), Tikhonov(), HeavyBall(0.5), accept=Blocking(0)
    )
    states, rows = run(method, script)
    assert [row.accepted for row in rows] == [True, False, True]
    assert states[2].metric is states[1].metric
    assert states[2].memory is states[1].memory
    assert states[2].change.tolist() == [0.0, 0.0]
    m = 0.5 * script.gradients[0] + script.gradients[2]
    np.testing.assert_allclose(states[3].memory["signal"]["m"], m)


def test_a_metric_that_was_thrown_away_is_measured_again() -> None:
    script = Script([1.0, 0.9, 2.0, 0.9, 0.8])
    method = Optimizer(Constant(0.1), MeasuredMetric(every=2), accept=Blocking(0))
    run(method, script)
    # In steps 0 and 2, of which the second is undone, and in step 3 instead.
    assert script.metrics == 3


def test_adam_counts_the_gradients_that_it_has_averaged() -> None:
    script = Script([1.0, 2.0, 1.0])
    adam = optimizers.adam(0.1)
    method = Optimizer(adam.search, adam.precondition, adam.signal, adam.solve, accept=Blocking(0))
    states, _ = run(method, script)
    taken = [script.gradients[0], script.gradients[2]]
    m = 0.1 * (0.9 * taken[0] + taken[1]) / (1 - 0.9**2)
    v = 0.001 * (0.999 * taken[0] ** 2 + taken[1] ** 2) / (1 - 0.999**2)
    np.testing.assert_allclose(states[3].change, -0.1 * m / (np.sqrt(v) + 1e-8))


def test_damping_grows_where_a_step_is_undone() -> None:
    solve = AdaptiveTikhonov(0.01, factor=3.0)
    method = Optimizer(Constant(0.1), MeasuredMetric(), solve=solve, accept=Blocking(0))
    _, rows = run(method, Script([1.0, 2.0, 1.0]))
    assert [row.accepted for row in rows] == [True, False, True]
    assert rows[0].damping == pytest.approx(0.01)
    assert rows[2].damping == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Blocking(-1.0), InputError),
        (lambda: Blocking(np.nan), InputError),
        (lambda: Blocking(factor=-1.0), InputError),
        (lambda: Blocking(window=0), InputError),
        (lambda: Blocking("spred"), UnknownNameError),
        (lambda: Optimizer(Constant(0.1), accept=True), InputError),
    ],
)
def test_hyperparameters_are_checked(make, error) -> None:
    with pytest.raises(error):
        make()
