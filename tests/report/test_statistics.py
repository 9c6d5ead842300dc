"""Statistics of runs and comparisons: each number from its definition."""

import math

import numpy as np
import pytest

from qng.circuit.ansatz import real_amplitudes
from qng.optimize.methods import gd, qng
from qng.problem.problem import Problem
from qng.report import statistics
from qng.run.compare import compare
from qng.run.minimize import minimize

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


def test_where_a_step_was_undone_the_run_is_where_it_was():
    run = minimize("h2", "qng", steps=8, lr=40.0, trust=3.0)
    kept, found = run.trace["accepted"], statistics.distances(run)
    assert not kept.all()
    assert found[kept] == pytest.approx(np.abs(run.judgement.errors[kept]))
    for k in np.flatnonzero(~kept):
        assert found[k] == found[k - 1] < abs(run.judgement.errors[k])


def test_accuracy_name():
    assert statistics.accuracy_name(1.6e-3, "Ha") == "chemical accuracy, 0.0016 Ha"
    assert statistics.accuracy_name(1.6e-3, "") == "accuracy, 0.0016"
    assert statistics.accuracy_name(0.01, "Ha") == "accuracy, 0.01 Ha"
