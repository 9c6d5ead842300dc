"""Results as dictionaries that strict JSON can hold."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from qng.circuit.ansatz import real_amplitudes
from qng.geometry import Dense
from qng.optimize.methods import gd, qng
from qng.problem.problem import Problem
from qng.report import data
from qng.report.compared_data import comparison_data
from qng.run.compare import compare
from qng.run.minimize import minimize
from qng.run.point import metric
from qng.run.preview import step_cost
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


def strict(found):
    """The data after a round trip through strict JSON."""
    return json.loads(json.dumps(found, allow_nan=False))


def test_comparison_data(comparison):
    found = strict(comparison_data(comparison))
    assert (found["problem"], found["unit"], found["steps"]) == ("toy", "Ha", 30)
    assert found["reference"] == pytest.approx(-math.sqrt(1 + 0.3**2))
    assert np.allclose(found["starts"], comparison.starts)
    wild, good = (found["methods"][name] for name in ("wild", "qng"))
    assert wild["to_accuracy"]["circuits"] == {
        "median": None, "interval": [0.0, None], "known_to": None, "never": True
    }  # fmt: skip
    assert (
        good["to_accuracy"]["steps"]["median"]
        == sorted(run["steps_to_accuracy"] for run in good["runs"])[1]
    )
    assert good["share"][0] == pytest.approx(0.438, abs=1e-3)
    assert good["profile"]["share"][-1] == 1
    assert found["cost"]["axis"] == "circuits"
    assert found["cost"]["on_a_device"] == ["gd", "qng", "wild"]
    assert found["cost"]["unknown"] == {}
    assert good["runs"][0]["spent"][:2] == [0, 21]
    assert good["spent"]["circuits"] == [30 * 21 + 2] * 3
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [
        ("gd", "qng"), ("gd", "wild"), ("qng", "wild")
    ]  # fmt: skip
    assert found["pairs"][2]["solved"] == {
        "first": 3, "second": 0, "neither": 0, "chance": 0.25, "corrected": 0.75, "better": None
    }  # fmt: skip
    run = found["methods"]["qng"]["runs"][0]
    assert len(run["energies"]) == 31
    assert run["energy"] == run["energies"][-1]
    assert run["success"] is True


def test_run_data(problem):
    run = minimize(problem, "qng", steps=3)
    found = strict(data.run_data(run))
    assert found["x"] == list(run.x)
    assert found["nit"] == 3
    assert found["trace"]["energy"] == list(run.trace["energy"])
    assert found["trace"]["gradient_norm"][-1] is None
    assert np.shape(found["trace"]["theta"]) == (4, 4)


def test_steps_data(problem):
    found = strict(data.steps_data(compare_steps(problem), "toy", np.array(THETA)))
    assert [row["method"] for row in found["steps"]] == ["gd", "adam", "ng", "qng"]
    assert len(found["steps"][0]["step"]) == 4


def test_metric_data_says_what_was_computed(problem):
    names = problem.circuit.parameters
    found = strict(data.metric_data(metric(problem, THETA, "blocks"), names))
    computed, matrix = np.array(found["computed"]), np.array(found["matrix"])
    assert [set(block) for block in found["blocks"]] == [{"t0", "t1"}, {"t2", "t3"}]
    assert not matrix[~computed].any()
    assert computed.sum() == 8
    assert found["rank"] == 4
    singular = strict(data.metric_data(metric(problem, [0.0] * 4), names))
    assert singular["rank"] == 3
    assert singular["condition"] == pytest.approx(2)


def test_metric_of_zeros_has_no_condition():
    found = data.metric_data(Dense(np.zeros((2, 2))), ["a", "b"])
    assert found["eigenvalue_errors"] is None
    noisy = data.metric_data(Dense(np.diag([0.1, 0.2]), np.diag([0.01, 0.02])), ["a", "b"])
    assert noisy["eigenvalues"] == pytest.approx([0.2, 0.1])
    assert noisy["eigenvalue_errors"] == pytest.approx([0.02, 0.01])
    assert (found["rank"], found["condition"]) == (0, None)


def test_problem_data(problem):
    found = strict(data.problem_data(problem))
    assert (found["qubits"], found["parameters"], found["terms"]) == (2, 4, 2)
    details = strict(data.problem_data(problem, details=True))
    assert details["observable"] == {"Z0 Z1": 1.0, "X0": 0.3}
    assert details["start"] == THETA


def test_plain_data():
    given = {1: np.float64(2), "a": (np.nan, np.array([1, 2])), "b": {"c": math.inf, "d": None}}
    expected = {"1": 2.0, "a": [None, [1, 2]], "b": {"c": None, "d": None}}
    assert data.plain(given) == expected


def test_comparison_data_without_a_reference(comparison):
    goal = replace(comparison.goal, reference=None)
    runs = {"gd": tuple(replace(run, goal=goal) for run in comparison.runs["gd"])}
    found = strict(comparison_data(replace(comparison, goal=goal, runs=runs)))
    assert "energy" in found["methods"]["gd"]
    assert "error" not in found["methods"]["gd"]


def test_preview_data(problem):
    found = strict(data.preview_data(step_cost(problem, "qng-blocks", shots=1000), 7))
    names = [found[key] for key in ("problem", "method", "executor")]
    assert names == ["toy", "qng-blocks", "statevector"]
    assert list(found["parts"]) == ["energy", "gradient", "metric"]
    assert 900 < found["step"]["shots"] <= 1000
    closing = found["closing"]["shots"]
    assert 90 < closing <= 100  # a tenth
    assert (found["steps"], found["shots"]) == (7, 7 * found["step"]["shots"] + closing)
