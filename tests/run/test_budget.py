"""`shots` means the same for all methods: those of one step, whatever its rounds."""

import re
from dataclasses import dataclass, field
from io import StringIO

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.circuit.ansatz import real_amplitudes
from qng.errors import InputError
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.armijo import Armijo
from qng.optimize.search.geodesic import Geodesic
from qng.optimize.search.plane import PlaneSearch
from qng.plan.deal import CLOSING, CLOSING_LEAST, closing
from qng.problem.problem import Problem
from qng.report import data, tables
from qng.report.compared import comparison_table
from qng.report.compared_data import comparison_data
from qng.run.preview import step_cost
from tests.executors import Fake

SHOTS = 4000

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")

METHODS = {
    **{name: make() for name, make in {**optimizers.METHODS, **optimizers.CONTROLS}.items()},
    "armijo": Optimizer(Armijo(0.5)),
    "armijo bent": Optimizer(Geodesic(Armijo(0.5)), MeasuredMetric("blocks")),
    "plane bent": Optimizer(Geodesic(PlaneSearch()), MeasuredMetric("blocks")),
}


@dataclass
class Meter:
    """Counts the shots of every step that an executor was really asked for."""

    device: Fake = field(default_factory=lambda: Fake(name="counter"))
    steps: list[int] = field(default_factory=list)

    def spent(self) -> int:
        return sum(int(r.shots.sum()) for batch in self.device.batches for r in batch)

    def watch(self, step) -> None:
        self.steps.append(self.spent())


@pytest.mark.parametrize("name", METHODS)
def test_a_step_costs_no_more_than_its_shots(name):
    meter = Meter()
    run = qng.minimize(
        "one-qubit", METHODS[name], steps=6, shots=SHOTS, executor=meter.device, watch=meter.watch
    )
    assert not run.failed, run.message
    of_steps = np.diff([0, *meter.steps])
    assert of_steps.max() <= SHOTS
    # What is reported is what was spent, in every row.
    assert run.trace["shots"][:-1].tolist() == meter.steps
    assert run.shots == meter.spent()
    # The energy at the end has a share of its own; where it undoes the last step there are two.
    most = 2 if getattr(METHODS[name], "accept", None) else 1
    assert meter.spent() - meter.steps[-1] <= most * max(CLOSING * SHOTS, 2 * CLOSING_LEAST)


@pytest.mark.parametrize("name", ["gd", "qng", "rotosolve", "cobyla", "l-bfgs-b", "cqng"])
def test_little_is_left_over(name):
    """Of 95 % on, as far as a search asks all its rounds."""
    meter = Meter()
    qng.minimize("one-qubit", name, steps=4, shots=SHOTS, executor=meter.device, watch=meter.watch)
    least = 0.85 if name == "cqng" else 0.95
    assert np.diff([0, *meter.steps]).max() >= least * SHOTS


def test_the_example_of_rotosolve():
    """60 000 shots and 4 steps of h2 were 1 020 000 shots: a batch a parameter, each with all."""
    run = qng.minimize("h2", "rotosolve", steps=4, shots=60_000)
    assert 0.9 * 240_000 < run.trace["shots"][-2] <= 240_000
    assert run.shots - run.trace["shots"][-2] <= 6000


def test_energies_of_a_line_have_as_many_shots_in_all_batches():
    device = Fake(name="counter")
    qng.minimize("qng-demo", "rotosolve", steps=1, shots=30_000, executor=device)
    per_point = [int(r.shots.max()) for batch in device.batches[:-1] for r in batch]
    assert max(per_point) <= 1.1 * min(per_point)


class TestSciPy:
    def test_with_shots_a_step_is_an_evaluation(self):
        device = Fake(name="counter")
        run = qng.minimize("one-qubit", "cobyla", steps=12, shots=1000, executor=device)
        assert len(device.batches) == 13
        moved = np.any(np.diff(run.trace["theta"], axis=0) != 0, axis=1)
        assert 1 < moved.sum() < 12
        assert np.isfinite(run.trace["energy"]).all()

    def test_exact_steps_are_iterations_that_move(self):
        run = qng.minimize("one-qubit", "cobyla", steps=5)
        assert np.any(np.diff(run.trace["theta"], axis=0) != 0, axis=1).all()

    @pytest.mark.parametrize("name", ["cobyla", "slsqp", "l-bfgs-b"])
    def test_it_comes_down(self, name):
        run = qng.minimize("one-qubit", name, steps=40, shots=20_000, seed=1)
        assert run.error < 0.05


class TestEnd:
    def test_shares(self):
        assert closing(circuits=5, shots=100_000) == 10_000
        assert closing(circuits=5, shots=500) == 5 * CLOSING_LEAST
        assert closing(circuits=5, shots=60) == 60

    def test_few_shots_do_for_the_end_of_a_run(self):
        for shots in (20, 40, 100):
            run = qng.minimize("one-qubit", "gd", steps=2, shots=shots)
            assert not run.failed
            assert np.isfinite(run.fun)

    def test_the_error_is_that_of_its_shots(self):
        device = Fake(name="counter")
        problem = Problem(real_amplitudes(1, 0), {"Z0": 1.0}, [1.2])
        run = qng.minimize(problem, "gd", steps=2, shots=10_000, executor=device)
        (request,) = device.batches[-1]
        assert request.shots.tolist() == [1000]
        assert run.std_error == pytest.approx(np.sqrt((1 - run.fun**2) / 1000), rel=0.05)


class TestRefusals:
    def test_a_round_that_is_too_small_says_what_a_step_needs(self):
        with pytest.raises(
            InputError, match=r"a round of it has \d+% of them, for which"
        ) as caught:
            qng.minimize("tfim-8", "rotosolve", steps=1, shots=100)
        least = int(re.search(r"at least (\d+)", str(caught.value))[1])
        assert qng.minimize("tfim-8", "rotosolve", steps=1, shots=least).nit == 1

    def test_a_search_that_does_not_say_what_its_rounds_cost(self):
        def own(at, told):
            if len(told) < 3:
                return at.objective.energy(at.state.theta[None])
            return at.along(0.1)

        meter = Meter()
        qng.minimize(
            "one-qubit", Optimizer(own), steps=2, shots=SHOTS, executor=meter.device,
            watch=meter.watch,
        )  # fmt: skip
        of_rounds = [sum(int(r.shots.sum()) for r in batch) for batch in meter.device.batches[:4]]
        assert np.array(of_rounds) / SHOTS == pytest.approx([1 / 2, 1 / 4, 1 / 8, 1 / 16], rel=0.1)
        assert np.diff([0, *meter.steps]).max() <= SHOTS
        own.shares = (0.3, 0.3, 0.3)
        assert qng.minimize("one-qubit", Optimizer(own), steps=2, shots=500).nit == 2

    def test_more_rounds_than_have_shots(self):
        def own(at, told):
            return at.objective.energy(at.state.theta[None]) if len(told) < 2 else at.along(0.1)

        own.shares = (0.5,)
        assert qng.minimize("one-qubit", Optimizer(own), steps=2).nit == 2
        with pytest.raises(InputError, match="asks in more rounds than have a part of the shots"):
            qng.minimize("one-qubit", Optimizer(own), steps=2, shots=500)

    @pytest.mark.parametrize("shares", [(0.5, 0.5), (-0.1,), (0.0,)])
    def test_shares_that_leave_nothing(self, shares):
        def own(at, told):
            return at.along(0.1)

        own.shares = shares
        with pytest.raises(InputError, match="must be positive and sum to less than 1"):
            qng.minimize("one-qubit", Optimizer(own), steps=1, shots=500)


class TestPreview:
    @pytest.mark.parametrize("name", optimizers.METHODS)
    def test_is_what_a_run_then_costs(self, name):
        cost = step_cost("qng-demo", name, shots=SHOTS)
        meter = Meter()
        run = qng.minimize(
            "qng-demo", name, steps=1, shots=SHOTS, executor=meter.device, watch=meter.watch
        )
        assert cost.step.shots == sum(int(r.shots.sum()) for r in meter.device.batches[0])
        assert len(meter.device.batches) - 1 <= 1 + len(cost.search) + 1
        assert cost.step.shots + sum(cost.search) <= SHOTS
        if not run.trace["accepted"].all() or len(meter.device.batches) > 2 + len(cost.search):
            return  # an undone step is measured twice
        assert run.shots <= cost.total(1)
        if not cost.search:
            assert run.shots == cost.total(1)

    def test_notes_and_data(self):
        cost = step_cost("qng-demo", "cqng", shots=10_000)
        assert cost.search == (4000, 1000)
        notes = " ".join(tables.preview_notes(cost, 20))
        assert "the search keeps 4 000 and 1 000 for its rounds" in notes
        assert "20 steps and the energy at the end (1000 shots): at most 61 batches" in notes
        assert data.preview_data(cost, 20)["shots"] == cost.total(20)

    def test_comparisons_count_shots_where_there_are_any(self):
        from rich.console import Console

        def heads(shots):
            found = qng.compare("one-qubit", ["gd", "rotosolve"], starts=1, steps=3, shots=shots)
            console = Console(width=200, record=True, file=StringIO())
            console.print(comparison_table(found))
            return console.export_text(), comparison_data(found)["methods"]

        exact, sampled = heads(None), heads(1000)
        assert "circuits" in exact[0]
        assert "shots" not in exact[0]
        assert "circuits" not in sampled[0]
        assert sampled[1]["gd"]["shots"][1] == sampled[1]["gd"]["runs"][0]["shots"] > 3000
