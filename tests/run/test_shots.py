"""Runs, values at a point and previews where bits are counted."""

import numpy as np
import pytest

import qng
from qng.errors import InputError, NoisyMetricWarning, SurrogateWarning, UnsupportedMeasureError
from qng.geometry import Dense, Floored
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.plan.plan import Plan
from qng.run.preview import step_cost
from tests.executors import Fake


class TestRun:
    def test_the_energy_at_the_end_is_measured_freshly_and_within_its_error(self):
        for seed in range(5):
            run = qng.minimize("one-qubit", "gd", steps=3, shots=3000, seed=seed)
            exact = qng.energy("one-qubit", run.x).value
            assert abs(run.fun - exact) < 4 * run.std_error
            assert 0 < run.std_error < 0.15  # from a tenth of the shots

    def test_the_same_seed_gives_the_same_numbers(self):
        one, same, other = (
            qng.minimize("one-qubit", "gd", steps=3, shots=300, seed=seed) for seed in (1, 1, 2)
        )
        assert np.array_equal(one.trace["theta"], same.trace["theta"])
        assert not np.array_equal(one.trace["theta"][1], other.trace["theta"][1])

    def test_batches_do_not_share_noise(self):
        # At a learning rate of almost zero every step measures the same point anew.
        run = qng.minimize("one-qubit", "gd", steps=20, shots=30_000, lr=1e-12)
        assert len(set(run.trace["energy"])) > 15

    def test_shots_and_points_are_those_of_the_batches(self):
        device = Fake(name="counter")
        run = qng.minimize("one-qubit", "gd", steps=2, shots=1000, executor=device)
        shots = [sum(int(r.shots.sum()) for r in batch) for batch in device.batches]
        points = [sum(len(r.angles) for r in batch) for batch in device.batches]
        assert len(device.batches) == 3
        assert run.trace["shots"].tolist() == np.cumsum(shots).tolist()
        assert run.trace["evaluations"].tolist() == np.cumsum(points).tolist()
        assert max(shots) <= 1000

    def test_a_metric_that_is_mostly_noise_is_reported_once(self):
        def noise(circuit, theta):
            n = circuit.n_parameters
            return Plan((), lambda results: Dense(0.1 * np.eye(n), np.full((n, n), 0.2)))

        method = Optimizer(Constant(0.01), MeasuredMetric(noise), solve=Floored(0.1))
        with pytest.warns(NoisyMetricWarning, match="step 0: the metric is mostly noise") as caught:
            qng.minimize("one-qubit", method, steps=3, shots=500)
        assert len(caught) == 1

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"method": "gd", "shots": 3}, InputError, "3 shots cannot serve"),
            ({"method": "gd", "shots": 0}, InputError, "shots must be a whole number from 1"),
            (
                {"method": "qng", "metric": "exact", "shots": 500},
                UnsupportedMeasureError,
                "the metric 'exact' cannot be had from shots",
            ),
            (
                {"method": "gd", "gradient": "exact", "shots": 500},
                UnsupportedMeasureError,
                "the gradient 'exact' cannot be had from shots",
            ),
            ({"method": "gd"}, InputError, "the executor counter counts bits: give shots="),
        ],
    )
    def test_refusals_come_before_anything_is_sent(self, options, error, message):
        device = Fake(name="counter")
        with pytest.raises(error, match=message):
            qng.minimize("one-qubit", executor=device, **options)
        assert device.batches == []


def test_a_comparison_draws_for_every_run_anew():
    found = qng.compare("one-qubit", ["gd", "adam"], starts=2, steps=2, shots=500, workers=1)
    again = qng.compare("one-qubit", ["gd", "adam"], starts=2, steps=2, shots=500, workers=1)
    for method in ("gd", "adam"):
        for one, same in zip(found.runs[method], again.runs[method]):
            assert np.array_equal(one.trace["energy"], same.trace["energy"])
    # Both methods measure the same first point, with noise of their own.
    first = [found.runs[method][0].trace["energy"][0] for method in ("gd", "adam")]
    assert first[0] != first[1]


def test_values_at_a_point_have_errors():
    e = qng.energy("one-qubit", [0.3, 0.4], shots=1000)
    exact = qng.energy("one-qubit", [0.3, 0.4])
    assert exact.std_error is None
    assert abs(e.value - exact.value) < 4 * e.std_error
    g = qng.gradient("one-qubit", [0.3, 0.4], shots=4000)
    assert np.all(np.abs(g.value - qng.gradient("one-qubit", [0.3, 0.4]).value) < 4 * g.std_error)


def test_a_noisy_executor_and_a_pure_state_metric_meet():
    with pytest.warns(SurrogateWarning, match="counter has noise .hot.: the metric 'blocks' is th"):
        qng.metric(
            "one-qubit",
            [0.3, 0.4],
            "blocks",
            executor=Fake(name="counter", noise="hot"),
            shots=1000,
        )


class TestPreview:
    def test_is_what_a_step_then_costs(self):
        device = Fake(name="counter")
        cost = step_cost("qng-demo", "qng", executor=device, shots=5000)
        assert device.batches == []
        qng.minimize("qng-demo", "qng", steps=1, executor=device, shots=5000)
        first = device.batches[0]
        assert cost.step.shots == sum(int(r.shots.sum()) for r in first)
        assert cost.step.points == sum(len(r.angles) for r in first)
        assert cost.step.circuits == len(first)

    def test_shots_follow_the_stated_split(self):
        cost = step_cost("qng-demo", "qng", shots=100_000)
        shots = np.array([cost.parts[name].shots for name in ("energy", "gradient", "metric")])
        assert shots / 100_000 == pytest.approx([0.1, 0.45, 0.45], rel=0.06)

    def test_exact_steps_cost_no_shots(self):
        cost = step_cost("h2", "qng")
        assert cost.step.shots == 0
        assert set(cost.parts) == {"energy", "gradient", "metric"}
