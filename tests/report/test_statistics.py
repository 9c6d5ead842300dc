"""Statistics of runs and comparisons: each number from its definition."""

import math
from dataclasses import replace

import numpy as np
import pytest

from qng.circuit.ansatz import real_amplitudes
from qng.optimize.methods import gd, qng
from qng.problem.problem import Problem
from qng.report import statistics
from qng.run.compare import compare

THETA = [0.1, 0.2, 0.3, 0.4]


@pytest.fixture(scope="module")
def problem():
    observable = {"Z0 Z1": 1.0, "X0": 0.3}
    return Problem(real_amplitudes(2, 1), observable, THETA, name="toy", title="Toy", unit="Ha")


@pytest.fixture(scope="module")
def comparison(problem):
    methods = {"gd": gd(), "qng": qng(), "wild": gd(lr=1e9)}
    return compare(problem, methods, starts=3, steps=30, workers=1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0], (1, 1, 1)),
        ([3.0, 1.0, 2.0], (1.5, 2, 2.5)),
        ([1, 2, 3, 4], (1.75, 2.5, 3.25)),
        ([1, 2, None], (1.5, 2, math.inf)),
        ([1, math.nan, None], (math.inf, math.inf, math.inf)),
        ([None, None], (math.inf, math.inf, math.inf)),
    ],
)
def test_quartiles_count_missing_values_as_infinite(values, expected):
    spread = statistics.Spread.of(values)
    assert (spread.lower, spread.median, spread.upper) == pytest.approx(expected)


def test_quartiles_are_those_of_numpy():
    values = np.random.default_rng(0).normal(size=11)
    spread = statistics.Spread.of(values)
    assert np.allclose(
        [spread.lower, spread.median, spread.upper], np.quantile(values, [0.25, 0.5, 0.75])
    )


def test_summary_of_a_comparison(comparison):
    found = {s.method: s for s in statistics.summaries(comparison)}
    assert list(found) == ["gd", "qng", "wild"]
    good, wild = found["qng"], found["wild"]
    runs = comparison.runs["qng"]
    assert (good.starts, good.failed, good.reached) == (3, 0, 3)
    assert good.learning_rate == 0.1
    assert good.steps.median == np.median([run.steps_to() for run in runs])
    assert good.error.median == pytest.approx(np.median([abs(run.error) for run in runs]))
    assert good.evaluations.median == 61
    assert (wild.failed, wild.reached) == (3, 0)
    assert wild.steps.median == wild.cost.median == wild.error.median == math.inf


def test_cost_to_accuracy_is_what_was_spent_before(comparison):
    run = comparison.runs["qng"][0]
    assert statistics.cost_to_accuracy(run) == 2 * run.steps_to()
    assert statistics.cost_to_accuracy(comparison.runs["wild"][0]) is None
    solved = replace(run, goal=replace(run.goal, accuracy=1e3))
    assert solved.steps_to() == statistics.cost_to_accuracy(solved) == 0


def test_curves_end_where_the_runs_end(comparison):
    curves = statistics.curves(comparison)
    assert {len(curve.median) for curve in curves.values()} == {31}
    ends = [abs(run.error) for run in comparison.runs["gd"]]
    assert curves["gd"].median[-1] == pytest.approx(np.median(ends))
    assert np.all(curves["gd"].lower <= curves["gd"].median)
    assert np.all(curves["gd"].median <= curves["gd"].upper)
    # A failed run is infinite after its last point.
    assert np.isfinite(curves["wild"].median[0])
    assert np.all(np.isinf(curves["wild"].median[1:]))


def test_a_run_that_met_its_stop_rule_stays(problem):
    found = compare(problem, ["gd", "qng"], starts=2, steps=300, tol=1e-4, workers=1)
    lengths = {len(run.trace) for runs in found.runs.values() for run in runs}
    curves = statistics.curves(found)
    assert len(lengths) > 1
    assert {len(curve.median) for curve in curves.values()} == {max(lengths)}
    assert all(np.isfinite(curve.upper).all() for curve in curves.values())


def test_without_a_reference_energies_are_compared(comparison):
    blind_goal = replace(comparison.goal, reference=None)
    runs = {
        method: tuple(replace(run, goal=blind_goal) for run in comparison.runs[method])
        for method in ("gd", "qng")
    }
    blind = replace(comparison, goal=blind_goal, runs=runs)
    summary = statistics.summaries(blind)[0]
    assert summary.reached is None
    assert summary.error.median == pytest.approx(np.median([run.fun for run in runs["gd"]]))
    assert statistics.curves(blind)["gd"].median[0] == pytest.approx(
        np.median([run.trace["energy"][0] for run in runs["gd"]])
    )


def test_accuracy_name():
    assert statistics.accuracy_name(1.6e-3, "Ha") == "chemical accuracy, 0.0016 Ha"
    assert statistics.accuracy_name(1.6e-3, "") == "accuracy, 0.0016"
    assert statistics.accuracy_name(0.01, "Ha") == "accuracy, 0.01 Ha"
