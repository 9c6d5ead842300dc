"""A run that goes on from a file is, to the last bit, the run that went so far at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.geometry import Floored
from qng.optimize.average import RunningMean
from qng.optimize.method import Step
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant, Schedule
from qng.run.results import Run

# Each carries something else from step to step: moments, metrics, radii, what was asked before.
METHODS = ("adam", "momentum-qng", "trust-region", "qn-spsa", "qbang", "rotosolve", "l-bfgs-b")

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")


def assert_same(run: Run, other: Run) -> None:
    assert (run.nit, run.nfev, run.message) == (other.nit, other.nfev, other.message)
    np.testing.assert_array_equal(run.x, other.x)
    assert np.array_equal(run.fun, other.fun, equal_nan=True)
    for name in set(run.trace.columns) - {"seconds"}:
        np.testing.assert_array_equal(run.trace[name], other.trace[name], err_msg=name)


@pytest.mark.parametrize("shots", [None, 2000])
@pytest.mark.parametrize("method", METHODS)
def test_from_a_file(tmp_path: Path, method: str, shots: int | None) -> None:
    file = tmp_path / "run.json"
    qng.minimize("textbook-2", method, steps=3, shots=shots, seed=(1, 2)).save(file)
    kept: Any = qng.load_run(file)
    again = kept.resumed(steps=6)
    assert_same(again, qng.minimize("textbook-2", method, steps=6, shots=shots, seed=(1, 2)))
    assert again.made.steps == 6
    assert again.made.date == kept.made.date


def test_in_pieces_and_with_frozen_parameters() -> None:
    problem = qng.load("h2").freeze("t1", "t5")
    whole = qng.minimize(problem, "adam", steps=6)
    parts = qng.minimize(problem, "adam", steps=0)
    for steps in (1, 2, 5, 6):
        parts = parts.resumed(steps=steps)
    assert_same(parts, whole)


def test_metrics_that_are_averaged_are_in_the_file(tmp_path: Path) -> None:
    method = Optimizer(
        Constant(0.1), MeasuredMetric("exact", average=RunningMean(0.9)), solve=Floored(1e-3)
    )
    qng.minimize("textbook-2", method, steps=3).save(tmp_path / "run.json")
    kept: Any = qng.load_run(tmp_path / "run.json")
    assert_same(kept.resumed(steps=5), qng.minimize("textbook-2", method, steps=5))


@pytest.mark.parametrize("shots", [None, 1000])
def test_an_interrupted_run_goes_on(tmp_path: Path, shots: int | None) -> None:
    def interrupt(step: Step) -> None:
        if step.step == 2:
            raise KeyboardInterrupt

    cut = qng.minimize("textbook-2", "adam", steps=5, shots=shots, watch=interrupt)
    assert cut.interrupted
    assert cut.nit < 3
    cut.save(tmp_path / "run.json")
    kept: Any = qng.load_run(tmp_path / "run.json")
    seen: list[int] = []
    whole = qng.minimize("textbook-2", "adam", steps=5, shots=shots)
    assert_same(kept.resumed(watch=lambda step: seen.append(step.step)), whole)
    assert seen == [3, 4]  # three were done and told of


def test_what_ended_by_tol_goes_on_with_a_smaller_one() -> None:
    short = qng.minimize("one-qubit", "gd", steps=200, tol=1e-3)
    long = qng.minimize("one-qubit", "gd", steps=200, tol=1e-6)
    assert short.nit < long.nit
    assert_same(short.resumed(tol=1e-6), long)
    assert short.resumed(steps=150).nit == short.nit  # the rule still holds


def test_a_run_of_a_comparison_goes_on() -> None:
    short, long = (
        qng.compare("one-qubit", ["adam"], starts=2, steps=n, workers=1, threads=1) for n in (2, 4)
    )
    assert_same(short.runs["adam"][1].resumed(steps=4), long.runs["adam"][1])


class TestRefused:
    def test_fewer_steps(self) -> None:
        run = qng.minimize("one-qubit", "gd", steps=2)
        with pytest.raises(InputError, match="all 2 steps of the run are done: give steps="):
            run.resumed()
        with pytest.raises(InputError, match="2 steps of the run are done: give steps=3 or more"):
            run.resumed(steps=1)
        with pytest.raises(InputError, match="steps must be a whole number"):
            run.resumed(steps=2.5)  # type: ignore[arg-type]

    def test_what_does_not_say_enough(self) -> None:
        run = qng.minimize("one-qubit", "gd", steps=2)
        with pytest.raises(InputError, match="does not say how it was made"):
            replace(run, made=None).resumed(steps=3)
        with pytest.raises(InputError, match="saved by an older qng"):
            replace(run, reached=None).resumed(steps=3)

    def test_functions_are_given_again(self, tmp_path: Path) -> None:
        def rate(t: float) -> float:
            return 0.1 / (t + 1)

        method = Optimizer(Schedule(rate))
        run = qng.minimize("one-qubit", method, steps=2)
        whole = qng.minimize("one-qubit", method, steps=4)
        assert_same(run.resumed(steps=4), whole)  # here they are known
        run.save(tmp_path / "run.json")
        kept: Any = qng.load_run(tmp_path / "run.json")
        with pytest.raises(InputError, match=r"the method optimizer has .*rate.* as method="):
            kept.resumed(steps=4)
        assert_same(kept.resumed(steps=4, method=method), whole)

    def test_rules_are_given_again(self) -> None:
        def low(energies: Any) -> str | None:
            return "low" if energies[-1] < -0.99 else None

        run = qng.minimize("one-qubit", "gd", steps=3, stop=low)
        assert run.made is not None
        assert run.made.stop.endswith("low")
        with pytest.raises(InputError, match=r"the stop rule .*low, which a file cannot keep"):
            run.resumed(steps=5)
        whole = qng.minimize("one-qubit", "gd", steps=80, stop=low)
        assert_same(run.resumed(steps=80, stop=low), whole)

    def test_another_executor_or_problem(self) -> None:
        run = qng.minimize("textbook-2", "gd", steps=2, shots=100)
        with pytest.raises(InputError, match="began on statevector: it cannot go on on aer"):
            run.resumed(steps=3, executor="aer")
        with pytest.raises(InputError, match=r"was made with .*: give the problem of the result"):
            run.resumed(steps=3, problem="one-qubit")

    def test_other_versions_are_told(self) -> None:
        run = qng.minimize("one-qubit", "gd", steps=2)
        made = replace(run.made, versions={**run.made.versions, "numpy": "1.0"})  # type: ignore
        with pytest.warns(UserWarning, match=r"begun with numpy 1\.0: from here on"):
            found = replace(run, made=made).resumed(steps=3)
        assert found.made is not None
        assert found.made.versions["numpy"] == np.__version__
