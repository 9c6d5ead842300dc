"""Statistics of comparisons and JSON-ready data."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from qng.circuit.ansatz import real_amplitudes
from qng.geometry import Blocks, Dense, Diagonal
from qng.optimize.methods import gd, qng
from qng.problem.problem import Problem
from qng.report import statistics as report
from qng.run.compare import compare
from qng.run.minimize import minimize
from qng.run.point import metric
from qng.run.steps import compare_steps

THETA = [0.1, 0.2, 0.3, 0.4]


@pytest.fixture(scope="module")
def problem():
    observable = {"Z0 Z1": 1.0, "X0": 0.3}
    return Problem(real_amplitudes(2, 1), observable, THETA, name="toy", title="Toy", unit="Ha")


@pytest.fixture(scope="module")
def comparison(problem):
    methods = {"gd": gd(), "qng": qng(), "wild": gd(lr=1e9)}
    return compare(problem, methods, starts=3, steps=30, workers=1)


def strict(data):
    """The data after a round trip through strict JSON."""
    return json.loads(json.dumps(data, allow_nan=False))


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
    spread = report.Spread.of(values)
    assert (spread.lower, spread.median, spread.upper) == pytest.approx(expected)


def test_quartiles_are_those_of_numpy():
    values = np.random.default_rng(0).normal(size=11)
    spread = report.Spread.of(values)
    assert np.allclose(
        [spread.lower, spread.median, spread.upper], np.quantile(values, [0.25, 0.5, 0.75])
    )


def test_summary_of_a_comparison(comparison):
    found = {s.method: s for s in report.summaries(comparison)}
    assert list(found) == ["gd", "qng", "wild"]
    good, wild = found["qng"], found["wild"]
    runs = comparison.runs["qng"]
    assert (good.starts, good.failed, good.reached) == (3, 0, 3)
    assert good.learning_rate == 0.1
    assert good.steps.median == np.median([run.steps_to() for run in runs])
    assert good.error.median == np.median([abs(run.error) for run in runs])
    assert good.evaluations.median == 61
    assert (wild.failed, wild.reached) == (3, 0)
    assert wild.steps.median == wild.cost.median == wild.error.median == math.inf


def test_cost_to_accuracy_is_what_was_spent_before(comparison):
    run = comparison.runs["qng"][0]
    assert report.cost_to_accuracy(run) == 2 * run.steps_to()
    assert report.cost_to_accuracy(comparison.runs["wild"][0]) is None
    solved = replace(run, accuracy=1e3)
    assert solved.steps_to() == report.cost_to_accuracy(solved) == 0


def test_curves_end_where_the_runs_end(comparison):
    curves = report.curves(comparison)
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
    curves = report.curves(found)
    assert len(lengths) > 1
    assert {len(curve.median) for curve in curves.values()} == {max(lengths)}
    assert all(np.isfinite(curve.upper).all() for curve in curves.values())


def test_without_a_reference_energies_are_compared(comparison):
    runs = {
        method: tuple(replace(run, reference=None) for run in comparison.runs[method])
        for method in ("gd", "qng")
    }
    blind = replace(comparison, reference=None, runs=runs)
    summary = report.summaries(blind)[0]
    assert summary.reached is None
    assert summary.error.median == np.median([run.fun for run in runs["gd"]])
    assert report.curves(blind)["gd"].median[0] == pytest.approx(
        np.median([run.trace["energy"][0] for run in runs["gd"]])
    )
    data = strict(report.comparison_data(blind))
    assert "energy" in data["methods"]["gd"]
    assert "error" not in data["methods"]["gd"]


def test_comparison_data(comparison):
    data = strict(report.comparison_data(comparison))
    assert (data["problem"], data["unit"], data["steps"]) == ("toy", "Ha", 30)
    assert data["reference"] == pytest.approx(-math.sqrt(1 + 0.3**2))
    assert np.allclose(data["starts"], comparison.starts)
    assert data["methods"]["wild"]["steps_to_accuracy"] == [None, None, None]
    run = data["methods"]["qng"]["runs"][0]
    assert len(run["energies"]) == 31
    assert run["energy"] == run["energies"][-1]
    assert run["success"] is True


def test_run_data(problem):
    run = minimize(problem, "qng", steps=3)
    data = strict(report.run_data(run))
    assert data["x"] == list(run.x)
    assert data["nit"] == 3
    assert data["trace"]["energy"] == list(run.trace["energy"])
    assert data["trace"]["gradient_norm"][-1] is None
    assert np.shape(data["trace"]["theta"]) == (4, 4)


def test_steps_data(problem):
    data = strict(report.steps_data(compare_steps(problem), "toy", np.array(THETA)))
    assert [row["method"] for row in data["steps"]] == ["gd", "adam", "ng", "qng"]
    assert len(data["steps"][0]["step"]) == 4


def test_metric_data_says_what_was_computed(problem):
    names = problem.circuit.parameters
    data = strict(report.metric_data(metric(problem, THETA, "blocks"), names))
    computed, matrix = np.array(data["computed"]), np.array(data["matrix"])
    assert [set(block) for block in data["blocks"]] == [{"t0", "t1"}, {"t2", "t3"}]
    assert not matrix[~computed].any()
    assert computed.sum() == 8
    assert data["rank"] == 4
    singular = strict(report.metric_data(metric(problem, [0.0] * 4), names))
    assert singular["rank"] == 3
    assert singular["condition"] == pytest.approx(2)


@pytest.mark.parametrize(
    ("given", "computed"),
    [
        (Diagonal(np.ones(2)), [[1, 0], [0, 1]]),
        (Dense(np.eye(2)), [[1, 1], [1, 1]]),
        (Blocks(((0, 2),), (np.ones((2, 2)),), 3), [[1, 0, 1], [0, 0, 0], [1, 0, 1]]),
    ],
)
def test_measured(given, computed):
    assert np.array_equal(report.measured(given), computed)


def test_metric_of_zeros_has_no_condition():
    data = report.metric_data(Dense(np.zeros((2, 2))), ["a", "b"])
    assert (data["rank"], data["condition"]) == (0, None)


def test_problem_data(problem):
    data = strict(report.problem_data(problem))
    assert (data["qubits"], data["parameters"], data["terms"]) == (2, 4, 2)
    details = strict(report.problem_data(problem, details=True))
    assert details["observable"] == {"Z0 Z1": 1.0, "X0": 0.3}
    assert details["start"] == THETA


def test_plain_data():
    given = {1: np.float64(2), "a": (np.nan, np.array([1, 2])), "b": {"c": math.inf, "d": None}}
    expected = {"1": 2.0, "a": [None, [1, 2]], "b": {"c": None, "d": None}}
    assert report.plain(given) == expected


def test_accuracy_name():
    assert report.accuracy_name(1.6e-3, "Ha") == "chemical accuracy, 0.0016 Ha"
    assert report.accuracy_name(1.6e-3, "") == "accuracy, 0.0016"
    assert report.accuracy_name(0.01, "Ha") == "accuracy, 0.01 Ha"
