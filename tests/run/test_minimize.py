"""The loop: what it counts, when it stops, how it fails, and what it refuses."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.circuit.angle import apply, parameter
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError, UnknownNameError, UnsupportedMeasureError
from qng.estimate import energy as energies
from qng.estimate.fubini import exact as fubini
from qng.estimate.table import GRADIENTS, METRICS
from qng.geometry import AdaptiveTikhonov, Blocks, Dense, Direct, Identity, SpectralCutoff, Tikhonov
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.armijo import Armijo
from qng.optimize.search.length import Constant, Exponential, Schedule, TrustRegion
from qng.optimize.search.post import HeavyBall
from qng.optimize.signal import Momentum
from qng.plan.plan import Plan
from qng.plan.quantities import By
from qng.plan.request import Expectation
from qng.problem.problem import Problem
from tests.executors import Fake

SPIN = {"Z0": 1.0}


def exact_until(step: int, then: float) -> Callable[..., Plan[Any]]:
    """A metric estimator of one's own that returns a constant after so many steps."""
    calls = []

    def estimate(circuit: Circuit, theta: np.ndarray) -> Plan[Any]:
        calls.append(theta)
        plan = fubini.exact(circuit, theta)
        late = len(calls) > step
        return plan.map(lambda g: Dense(np.full((g.size, g.size), then)) if late else g)

    return estimate


NOT_RANDOM = [name for name, row in GRADIENTS.items() if not row.random]


class TestTrace:
    def test_rows_are_the_points(self) -> None:
        run = qng.minimize("qng-demo", optimizers.gd(0.1), steps=7)
        trace = run.trace
        assert (run.nit, len(trace), run.success, run.failed) == (7, 8, True, False)
        assert trace["step"].tolist() == list(range(8))
        assert trace["theta"].shape == (8, 4)
        for theta, e in zip(trace["theta"], trace["energy"]):
            assert e == pytest.approx(qng.energy("qng-demo", theta).value, abs=1e-12)
        for before, after in zip(trace["theta"], trace["theta"][1:]):
            moved = -0.1 * qng.gradient("qng-demo", before).value
            np.testing.assert_allclose(after - before, moved, rtol=0, atol=1e-12)

    def test_the_last_row_is_a_fresh_energy(self) -> None:
        run = qng.minimize("qng-demo", "gd", steps=3)
        assert run.fun == run.trace["energy"][-1]
        assert run.fun == pytest.approx(qng.energy("qng-demo", run.x).value, abs=1e-12)
        np.testing.assert_array_equal(run.x, run.trace["theta"][-1])
        assert np.isnan(run.trace["gradient_norm"]).tolist() == [False] * 3 + [True]
        assert run.best == run.trace["energy"].min()
        assert run.seconds == run.trace["seconds"][-1] >= run.trace["seconds"][0] > 0
        assert run.error == run.fun - run.reference

    def test_no_step_is_one_energy(self) -> None:
        run = qng.minimize("qng-demo", steps=0)
        assert (run.nit, run.nfev, run.success, len(run.trace)) == (0, 1, True, 1)
        assert run.fun == pytest.approx(qng.energy("qng-demo").value, abs=1e-12)

    @pytest.mark.parametrize(
        ("method", "options", "per_step"),
        [
            ("gd", {}, 1),  # the energy is read off the gradient's sweep
            ("nesterov", {}, 2),  # the gradient is taken elsewhere
            ("qng", {}, 2),
            ("ng", {}, 2),
            ("qng-blocks", {}, 1 + 1),  # of small circuits, the mask of the whole metric
            ("gd", {"gradient": "parameter-shift"}, 1 + 2 * 4),
            ("gd", {"gradient": "finite-difference"}, 1 + 2 * 4),
            (Optimizer(Armijo(trials=6), solve=Direct()), {}, 1 + 6),
        ],
        ids=str,
    )
    def test_evaluations(self, method: Any, options: dict[str, str], per_step: int) -> None:
        run = qng.minimize("qng-demo", method, steps=5, **options)
        first = 1 if method == "nesterov" else per_step  # at rest both points are one
        expected = np.append(first + per_step * np.arange(5), first + 4 * per_step + 1)
        assert run.trace["evaluations"].tolist() == expected.tolist()
        assert run.nfev == expected[-1]

    @pytest.mark.parametrize(("every", "metrics"), [(1, 10), (3, 4), (100, 1)])
    def test_a_metric_measured_less_often_costs_less(self, every: int, metrics: int) -> None:
        run = qng.minimize("qng-demo", "qng", steps=10, every=every)
        assert run.nfev == 10 + metrics + 1

    def test_gradient_estimators_agree(self) -> None:
        ends = [qng.minimize("qng-demo", "qng", steps=5, gradient=name).x for name in NOT_RANDOM]
        np.testing.assert_allclose(ends[1:], [ends[0]] * 2, rtol=0, atol=1e-8)

    def test_convergence_shows_in_fidelity_variance_and_rank(self) -> None:
        run = qng.minimize("one-qubit", optimizers.qng(0.2, 1e-6), steps=80)
        fidelity, variance = run.trace["fidelity"], run.trace["energy_variance"]
        assert fidelity[0] < 0.5
        assert variance[0] > 0.1
        assert fidelity[-1] == pytest.approx(1.0, abs=1e-9)
        assert variance[-1] == pytest.approx(0.0, abs=1e-9)
        assert run.trace["rank"][:-1].tolist() == [2] * 80
        # <H^2> = 2 for H = X + Z, and the fidelity is linear in the energy of two levels.
        np.testing.assert_allclose(variance, 2 - run.trace["energy"] ** 2, atol=1e-12)
        weight = (math.sqrt(2) - run.trace["energy"]) / math.sqrt(8)
        np.testing.assert_allclose(fidelity, weight, atol=1e-12)

    def test_predicted_decrease_and_length(self) -> None:
        run = qng.minimize("qng-demo", optimizers.qng(0.01, 1e-3), steps=4)
        thetas = run.trace["theta"]
        for k, moved in enumerate(np.diff(thetas, axis=0)):
            gradient = qng.gradient("qng-demo", thetas[k]).value
            g = qng.metric("qng-demo", thetas[k]).dense()
            assert run.trace["predicted"][k] == pytest.approx(-moved @ gradient)
            assert run.trace["length"][k] == pytest.approx(math.sqrt(moved @ g @ moved))
        decrease = -np.diff(run.trace["energy"])
        np.testing.assert_allclose(run.trace["predicted"][:-1], decrease, rtol=0.05)

    def test_steps_to(self) -> None:
        run = qng.minimize("one-qubit", optimizers.qng(0.2), steps=60)
        error = run.trace["energy"] - run.reference
        for accuracy in (1.0, 0.1, 1e-4):
            k = run.steps_to(accuracy)
            assert error[k] <= accuracy < error[k - 1]
        assert run.steps_to() == run.steps_to(run.accuracy)
        assert run.steps_to(-1.0) is None
        assert replace(run, goal=replace(run.goal, reference=None)).steps_to() is None
        assert replace(run, goal=replace(run.goal, reference=None)).error is None


class TestStopping:
    @pytest.mark.parametrize(
        ("method", "rises"), [(optimizers.gd(0.2), False), (optimizers.momentum(0.1, 0.9), True)]
    )
    def test_tol(self, method: Optimizer, rises: bool) -> None:
        run = qng.minimize("one-qubit", method, steps=500, tol=1e-4)
        change = np.diff(run.trace["energy"])
        assert (change.max() > 1e-2) == rises  # which is not convergence
        assert (run.success, run.failed) == (True, False)
        assert np.all(np.abs(change[:-1]) > 1e-4)
        assert abs(change[-1]) <= 1e-4
        assert run.message.startswith("converged: the energy changed by")

    def test_tol_that_is_not_met(self) -> None:
        run = qng.minimize("one-qubit", optimizers.gd(0.2), steps=3, tol=0.0)
        assert (run.success, run.failed, run.nit) == (False, False, 3)
        assert run.message == "all 3 steps done"

    def test_a_rule_of_ones_own_sees_the_energies(self) -> None:
        seen = []

        def rule(values: Any) -> str | None:
            seen.append(list(values))
            return "below zero" if values[-1] < 0 else None

        run = qng.minimize("one-qubit", optimizers.gd(0.1), steps=100, stop=rule)
        assert (run.success, run.message) == (True, "below zero")
        assert run.trace["energy"][-1] < 0 <= run.trace["energy"][-2]
        assert seen[-1] == pytest.approx(run.trace["energy"].tolist(), rel=1e-12)
        assert [len(values) for values in seen] == list(range(1, run.nit + 2))
        never = qng.minimize("one-qubit", steps=2, stop=lambda values: None)
        assert (never.success, never.failed) == (False, False)

    def test_watch(self) -> None:
        rows = []

        def watch(step: Any) -> None:
            rows.append(step)
            if step.step == 2:
                raise StopIteration

        run = qng.minimize("one-qubit", steps=50, watch=watch)
        assert (run.nit, run.success, run.message) == (3, True, "stopped by the callback")
        assert [row.energy for row in rows] == run.trace["energy"][:3].tolist()
        assert [row.eta for row in rows] == run.trace["eta"][:3].tolist()
        assert run.fun == pytest.approx(qng.energy("one-qubit", run.x).value, abs=1e-12)

    def test_errors_of_a_watcher_are_the_callers(self) -> None:
        def watch(step: Any) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            qng.minimize("one-qubit", steps=5, watch=watch)

    def test_names_of_arguments_of_the_version_before(self) -> None:
        calls, rows = [], []
        with pytest.warns(DeprecationWarning, match="the argument progress of minimize will go"):
            run = qng.minimize("one-qubit", steps=4, progress=lambda *call: calls.append(call))
        with pytest.warns(DeprecationWarning, match="the argument callback of minimize will go"):
            qng.minimize("one-qubit", steps=4, callback=rows.append)
        with pytest.warns(DeprecationWarning, match="the argument label of minimize will go"):
            assert qng.minimize("one-qubit", steps=1, label="mine").method == "mine"
        assert [row.step for row in rows] == [0, 1, 2, 3]
        assert calls == [(k + 1, 4, e) for k, e in enumerate(run.trace["energy"][:-1])]


class TestFailure:
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    @pytest.mark.parametrize("after", [0, 3])
    def test_a_value_that_is_not_finite(self, after: int, value: float) -> None:
        method = Optimizer(Constant(0.1), MeasuredMetric(exact_until(after, value)))
        run = qng.minimize("one-qubit", method, steps=20)
        assert (run.failed, run.success, run.nit) == (True, False, after)
        assert run.message == f"stopped at step {after}: a measured value is not finite"
        assert np.all(np.isfinite(run.trace["energy"]))
        assert run.fun == pytest.approx(qng.energy("one-qubit", run.x).value, abs=1e-12)

    @pytest.mark.parametrize("after", [0, 3])
    def test_a_singular_metric_without_damping(self, after: int) -> None:
        metric = MeasuredMetric(exact_until(after, 0.0))
        method = Optimizer(Constant(0.1), metric, solve=Tikhonov(0.0))
        run = qng.minimize("one-qubit", method, steps=20)
        assert (run.failed, run.success, run.nit, len(run.trace)) == (True, False, after, after + 1)
        assert run.message.startswith(f"stopped at step {after}: the metric is singular: 0 of 2")

    def test_a_circuit_with_a_singular_metric(self) -> None:
        run = qng.minimize("textbook-2", "qng", damping=0.0, steps=5)
        assert run.failed
        assert "3 of 4 eigenvalues are positive" in run.message
        assert "raise the damping" in run.message
        kept = qng.minimize(
            "textbook-2", Optimizer(Constant(0.1), MeasuredMetric(), solve=SpectralCutoff())
        )
        assert not kept.failed

    def test_a_step_out_of_bounds(self) -> None:
        method = Optimizer(Schedule(lambda t: 0.1 if t < 3 else 1e8), solve=Direct())
        run = qng.minimize("one-qubit", method, steps=20)
        assert (run.failed, run.success, run.nit, len(run.trace)) == (True, False, 2, 3)
        assert run.message.startswith("diverged at step 2: a step of ")
        assert "lower the learning rate" in run.message
        assert run.fun == pytest.approx(qng.energy("one-qubit", run.x).value, abs=1e-12)

    def test_a_step_that_is_not_a_number(self) -> None:
        method = Optimizer(Schedule(lambda t: math.nan), solve=Direct())
        run = qng.minimize("one-qubit", method, steps=20)
        assert (run.failed, run.nit) == (True, 0)
        assert run.message.startswith("diverged at step 0: a step of length nan")

    def test_an_executor_that_cannot_is_an_error_before_anything_is_sent(self) -> None:
        device = Fake(answers=(Expectation,))
        with pytest.raises(UnsupportedMeasureError, match="does not answer Tangent; it answers"):
            qng.minimize("one-qubit", "qng", metric="exact", steps=2, executor=device)
        assert device.batches == []
        run = qng.minimize("one-qubit", "gd", steps=2, executor=device)
        assert run.nfev == 2 * (1 + 2 * 2) + 1  # "auto" has become the shift rule
        assert np.isnan(run.trace["fidelity"]).all()
        np.testing.assert_allclose(run.x, qng.minimize("one-qubit", "gd", steps=2).x)


class TestFrozen:
    def test_a_problem_without_parameters(self) -> None:
        for problem in (Problem(Circuit(1), SPIN), qng.load("one-qubit").only()):
            run = qng.minimize(problem, "qng", steps=10, tol=1e-3)
            assert (run.nit, run.nfev, run.success, run.failed) == (0, 1, True, False)
            assert run.message == "nothing to optimise: no free parameter"
            assert run.fun == pytest.approx(qng.energy(problem).value, abs=1e-12)
            np.testing.assert_array_equal(run.x, problem.initial)

    @pytest.mark.parametrize("name", list(optimizers.METHODS))
    def test_frozen_parameters_are_constants(self, name: str) -> None:
        whole = qng.load("textbook-2")
        a, b, c, d = whole.circuit.parameters
        start = np.array([0.4, 0.1, -0.3, 0.9])
        run = qng.minimize(whole.freeze(a, c), name, steps=8, start=start)
        bound = Problem(whole.circuit.bind({a: 0.4, c: -0.3}), whole.observable, [0.1, 0.9])
        alone = qng.minimize(bound, name, steps=8)
        bent = {"rtol": 0, "atol": 1e-9}  # a bound circuit has other passes
        np.testing.assert_allclose(run.trace["theta"][:, [1, 3]], alone.trace["theta"], **bent)
        np.testing.assert_array_equal(run.trace["theta"][:, [0, 2]], [[0.4, -0.3]] * 9)
        np.testing.assert_allclose(run.trace["energy"], alone.trace["energy"], **bent)
        assert np.abs(run.x[[1, 3]] - start[[1, 3]]).min() > 1e-3
        same = qng.minimize(whole.only(b, d), name, steps=8, start=start)
        np.testing.assert_array_equal(run.x, same.x)


class TestMethods:
    def test_a_combination_of_ones_own(self) -> None:
        method = Optimizer(
            TrustRegion(0.1, 0.5),
            MeasuredMetric(By("blocks", rule="wires"), every=3),
            Momentum(0.5),
            SpectralCutoff(1e-4),
            HeavyBall(0.3),
            gradient="parameter-shift",
        )
        run = qng.minimize("qng-demo", method, steps=90)
        assert (run.method, run.learning_rate) == ("optimizer", 0.5)
        assert run.error < 0.01 < run.trace["energy"][0] - run.reference
        assert run.nfev == 90 * (1 + 8) + 30 * 1 + 1
        with pytest.raises(InputError, match="lr can be given for a method by name"):
            qng.minimize("qng-demo", method, lr=0.1)
        assert qng.minimize("qng-demo", method, steps=0).method == "optimizer"

    def test_a_metric_of_ones_own(self) -> None:
        def twice(circuit: Circuit, theta: np.ndarray, factor: float = 1.0) -> Plan[Any]:
            return fubini.exact(circuit, theta).map(lambda g: Dense(factor * g.dense()))

        method = Optimizer(Constant(0.2), MeasuredMetric(By(twice, factor=2.0)))
        mine = qng.minimize("qng-demo", replace(method, solve=Tikhonov(2e-3)), steps=9)
        usual = qng.minimize("qng-demo", "qng", lr=0.1, damping=1e-3, trust=math.inf, steps=9)
        np.testing.assert_allclose(mine.trace["theta"], usual.trace["theta"], rtol=1e-12)

    def test_the_identity_as_a_metric_is_gradient_descent(self) -> None:
        def one(circuit: Circuit, theta: np.ndarray) -> Plan[Any]:
            return Plan((), lambda results: Identity(circuit.n_parameters))

        method = Optimizer(Constant(0.1), MeasuredMetric(one), solve=Direct())
        mine, usual = (qng.minimize("qng-demo", m, steps=9) for m in (method, optimizers.gd(0.1)))
        np.testing.assert_allclose(mine.trace["theta"], usual.trace["theta"], rtol=1e-12)
        assert mine.nfev == usual.nfev

    @pytest.mark.parametrize(("name", "covariant"), [("qng", True), ("gd", False)])
    def test_natural_gradient_does_not_depend_on_coordinates(
        self, name: str, covariant: bool
    ) -> None:
        """theta = T u: the path of QNG is the same one, that of gradient descent is not."""
        there = qng.load("qng-demo")
        t = np.eye(4) + np.random.default_rng(3).uniform(-0.3, 0.3, (4, 4))
        new = [parameter(f"u{k}") for k in range(4)]
        angles = {
            old: sum((c * u for c, u in zip(row[1:], new[1:])), row[0] * new[0])
            for old, row in zip(there.circuit.parameters, t)
        }
        ops = [
            Rotation(op.pauli, op.angle.substitute(angles)) if isinstance(op, Rotation) else op
            for op in there.circuit.ops
        ]
        circuit = Circuit(3, ops, [f"u{k}" for k in range(4)])
        here = Problem(circuit, there.observable, np.linalg.solve(t, there.initial))
        method = replace(optimizers.named(name, lr=0.05), solve=Tikhonov(0.0))
        one, other = (qng.minimize(p, method, steps=12).trace["theta"] for p in (here, there))
        difference = np.abs(one @ t.T - other).max()
        assert difference < 1e-10 if covariant else difference > 1e-2

    def test_armijo_goes_down(self) -> None:
        method = Optimizer(Armijo(2.0, trials=8), MeasuredMetric(), solve=Tikhonov(1e-3))
        run = qng.minimize("h2", method, steps=25)
        assert np.all(np.diff(run.trace["energy"]) <= 0)
        assert len(set(run.trace["eta"][:-1])) > 1
        assert run.error < 1e-3

    def test_a_trust_region_is_an_angle(self) -> None:
        method = Optimizer(TrustRegion(0.05, 0.5), MeasuredMetric(), solve=Tikhonov(1e-3))
        run = qng.minimize("h2", method, steps=60)
        length = run.trace["length"][:-1]
        assert length.max() <= 0.05 * (1 + 1e-9)
        assert np.sum(length > 0.05 * (1 - 1e-9)) > 5
        assert run.error < 1e-3

    def test_adaptive_damping_goes_up_and_down(self) -> None:
        rule = AdaptiveTikhonov(damping=1e-4)
        run = qng.minimize("h2", Optimizer(Constant(1.0), MeasuredMetric(), solve=rule), steps=60)
        ratio = run.trace["damping"][1:-1] / run.trace["damping"][:-2]
        gain = -np.diff(run.trace["energy"])[:-1] / run.trace["predicted"][:-2]
        expected = np.where(gain < 0.25, 2.0, np.where(gain > 0.75, 0.5, 1.0))
        np.testing.assert_allclose(ratio, expected)
        assert {0.5, 2.0} <= set(expected)
        assert run.error < 1e-3

    def test_schedules_show_in_the_trace(self) -> None:
        method = Optimizer(Exponential(0.3, 0.9), solve=Direct())
        run = qng.minimize("one-qubit", method, steps=5)
        np.testing.assert_allclose(run.trace["eta"][:-1], 0.3 * 0.9 ** np.arange(5))
        assert run.learning_rate == 0.3
        free = Optimizer(Schedule(lambda t: 0.1), solve=Direct())
        assert qng.minimize("one-qubit", free, steps=1).learning_rate is None

    def test_hyperparameters_by_name(self) -> None:
        given = {"lr": 0.05, "damping": 0.01, "metric": "diagonal", "every": 2}
        run = qng.minimize("qng-demo", "qng", steps=6, **given)
        same = qng.minimize("qng-demo", optimizers.qng(**given), steps=6)
        np.testing.assert_array_equal(run.trace["theta"], same.trace["theta"])
        assert (run.method, same.method, run.learning_rate) == ("qng", "optimizer", 0.05)


class TestValues:
    POINT = np.array([0.3, -1.1, 0.7, 2.0])

    def test_metrics_by_name(self) -> None:
        names = [name for name, row in METRICS.items() if not row.observable]
        found = {name: qng.metric("qng-demo", self.POINT, name).dense() for name in names}
        full = found["exact"]
        np.testing.assert_allclose(found["diagonal"], np.diag(np.diag(full)), atol=1e-12)
        np.testing.assert_allclose(found["blocks"][2:, 2:], full[2:, 2:], atol=1e-12)
        assert isinstance(qng.metric("qng-demo", self.POINT, "blocks"), Blocks)
        np.testing.assert_allclose(
            found["fisher-diagonal"], np.diag(np.diag(found["fisher"])), atol=1e-12
        )
        assert np.linalg.eigvalsh(4 * full - found["fisher"])[0] > -1e-12

    def test_a_circuit_a_problem_and_a_name_are_the_same(self) -> None:
        problem = qng.load("qng-demo")
        values = [qng.metric(t, self.POINT).dense() for t in (problem.circuit, problem, "qng-demo")]
        np.testing.assert_array_equal(values[1:], [values[0]] * 2)
        curl = [qng.berry_curvature(t, self.POINT) for t in (problem.circuit, "qng-demo")]
        np.testing.assert_array_equal(curl[0], curl[1])
        np.testing.assert_array_equal(curl[0], -curl[0].T)
        assert np.abs(curl[0]).max() > 0.05

    def test_the_start_is_the_default_point(self) -> None:
        problem = qng.load("qng-demo")
        assert qng.energy("qng-demo").value == qng.energy(problem, problem.start).value
        for f in (lambda *a: qng.gradient(*a).value, lambda *a: qng.metric(*a).dense()):
            np.testing.assert_array_equal(f(problem), f(problem, problem.start))

    def test_gradients_by_name(self) -> None:
        found = [qng.gradient("qng-demo", self.POINT, name).value for name in NOT_RANDOM]
        np.testing.assert_allclose(found[1:], [found[0]] * 2, rtol=0, atol=1e-9)

    def test_a_classical_plan_needs_no_device(self) -> None:
        plan = energies.expectation(Circuit(1), qng.PauliSum(SPIN), []).map(lambda e: e.value[0])
        assert qng.run.bench.answer(qng.executor(), plan) == 1.0
        assert qng.run.bench.answer(qng.executor(), Plan((), lambda results: list(results))) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: qng.minimize(p, "qmg"), "unknown method 'qmg'; did you mean .*qng"),
        (lambda p: qng.minimize("one-qbit"), "unknown problem 'one-qbit'; did you mean one-qubit"),
        (lambda p: qng.minimize(p, "gd", metric="exact"), "hyperparameter of gd 'metric'"),
        (lambda p: qng.minimize(p, metric="blokcs"), "unknown metric 'blokcs'; did you mean bloc"),
        (lambda p: qng.minimize(p, gradient="exakt"), "unknown gradient 'exakt'; did you mean ex"),
        (lambda p: qng.minimize(p, executor="state"), "unknown executor 'state'; did you mean st"),
        (lambda p: qng.metric(p, None, "exat"), "unknown metric 'exat'; did you mean exact"),
        (lambda p: qng.metric(p, None, "blocks", rul="wires"), "option of the metric blocks 'rul'"),
        (lambda p: qng.metric(p, None, "exact", basis="X"), "option of the metric exact 'basis'"),
        (lambda p: qng.metric(p, None, "blocks", rule="wire"), "'wire'; did you mean wires"),
        (lambda p: qng.gradient(p, None, "shift"), "unknown gradient 'shift'; did you mean"),
        (lambda p: qng.executor("aerr"), "unknown executor 'aerr'"),
    ],
)
def test_unknown_names(call: Callable[[Problem], Any], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        call(Problem(real_amplitudes(1, 0), SPIN))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: qng.minimize(p, start=[0.1, 0.2]), "theta has 2 value.*has 1 parameter"),
        (lambda p: qng.minimize(p, start=[np.nan]), "must be finite, but t0 is not"),
        (lambda p: qng.minimize(p, start=["x"]), "theta must be real numbers"),
        (
            lambda p: qng.minimize(p, start=[[0.1], [0.2]]),
            r"one point is expected, not an array of shape \(2",
        ),
        (lambda p: qng.minimize(p, steps=-1), "steps must be .* not -1"),
        (lambda p: qng.minimize(p, steps=2.5), "steps must be .* not 2.5"),
        (lambda p: qng.minimize(p, tol=np.nan), "tol must be .* not nan"),
        (lambda p: qng.minimize(p, tol=-1e-3), "tol must be .* not -0.001"),
        (
            lambda p: qng.minimize(p, executor=3),
            "an executor is a name such as 'aer', or an object",
        ),
        (lambda p: qng.minimize(p, journal="file.json"), "journal must be a Journal"),
        (lambda p: qng.minimize(p, watch=3), "watch must be a function, not 3"),
        (lambda p: qng.minimize(p, stop=3), "stop must be a function, not 3"),
        (
            lambda p: qng.minimize(p, Optimizer(Constant(0.1), MeasuredMetric(3))),
            "a metric is a name, an Estimator or a function, not 3",
        ),
        (
            lambda p: qng.minimize(p, Optimizer(lambda at, told: None)),
            "a search with a Plan or a Move, not with None",
        ),
        (lambda p: qng.minimize(p, every=0), "every must be a whole number of at least 1, not 0"),
        (lambda p: qng.minimize(p, lr=0.0), "lr must be a positive number, not 0"),
        (lambda p: qng.minimize(p, damping=-1.0), "damping must be .* not -1"),
        (lambda p: qng.minimize(p.circuit), "not Circuit; make one with qng.Problem"),
        (lambda p: qng.metric(p.circuit), "theta is needed: 1 numbers"),
        (lambda p: qng.hessian(p, [[0.1]]), r"one point is expected, not .* \(1, 1\)"),
        (lambda p: qng.energy(p, [0.1, 0.2]), "theta has 2 value"),
        (lambda p: qng.metric(p, None, "fisher", basis="X3"), "beyond the circuit's 1"),
    ],
)
def test_bad_input(call: Callable[[Problem], Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(Problem(real_amplitudes(1, 0), SPIN))


def test_a_step_out_of_the_domain_of_an_angle_keeps_the_trace() -> None:
    angle = apply("sqrt", parameter("a"))
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), angle)], ["a"])
    run = qng.minimize(Problem(circuit, {"Z0": -1.0}, [0.3]), optimizers.gd(1.0), steps=5)
    assert run.failed
    assert "sqrt" in run.message
    assert run.nit == len(run.trace) - 1 >= 1
    assert run.nfev >= run.nit
    assert np.all(np.isfinite(run.trace["energy"][:-1]))
    assert math.isnan(run.fun)


class TestLineSearchWithoutSuccess:
    """A step that is not taken is no convergence."""

    METHOD = Optimizer(Armijo(2.0, trials=1), MeasuredMetric(), Momentum(0.9), Tikhonov(1e-3))

    def test_tol_is_not_met_by_standing_still(self) -> None:
        run = qng.minimize("h2", self.METHOD, steps=60, tol=1e-9)
        rejected = np.flatnonzero(run.trace["eta"][:-1] == 0)
        assert len(rejected) > 0
        assert not run.success or run.trace["gradient_norm"][-2] ** 2 <= 1e-9

    def test_it_gives_up_after_ten_in_succession(self) -> None:
        # E = cos(t): the only trial leads from pi - 0.1 to the maximum at 2 pi.
        problem = Problem(real_amplitudes(1, 0), {"Z0": 1.0}, [math.pi - 0.1])
        longest = (math.pi + 0.1) / math.sin(0.1)
        wrong = Optimizer(Armijo(longest, trials=1), solve=Direct())
        run = qng.minimize(problem, wrong, steps=60, tol=1e-9)
        assert (run.nit, run.success, run.failed) == (10, False, False)
        assert "line search found no decrease" in run.message


@pytest.mark.parametrize("method", [None, 3, optimizers.qng])
def test_a_method_that_is_none_is_refused(method: Any) -> None:
    with pytest.raises(InputError, match="a method is a name"):
        qng.minimize("one-qubit", method)


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="search must be a part"):
        Optimizer(0.1)  # type: ignore[arg-type]


def test_a_reference_may_be_a_number() -> None:
    problem = Problem(real_amplitudes(1, 0), {"Z0": 1.0}, [0.3], reference=-1.0)
    assert qng.minimize(problem, steps=1).reference == -1.0
    with pytest.raises(InputError, match="reference must be"):
        Problem(real_amplitudes(1, 0), {"Z0": 1.0}, [0.3], reference="low")  # type: ignore[arg-type]
