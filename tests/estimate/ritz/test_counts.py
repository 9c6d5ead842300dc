"""Counts of circuits: those of the plans themselves."""

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import PauliSum
from qng.estimate.ritz import counted
from qng.estimate.ritz.counts import circuits
from qng.plan.lower import sampled
from qng.testing import strategies


def planned(circuit, observable, theta):
    plan = counted.linear_method(circuit, observable, theta)
    return sampled(plan, 10**8).cost.points if plan.requests else 0


@pytest.mark.parametrize("name", ["h2", "maxcut-4", "qng-demo", "mari-5"])
def test_counts_of_the_library(name):
    problem = qng.load(name)
    asked = problem.circuit, problem.observable, problem.initial
    assert circuits(*asked) == planned(*asked)


@settings(max_examples=30, deadline=None)
@given(strategies.problems(max_ops=6))
def test_counts_of_random_circuits(case):
    circuit, theta, observable = case
    assert circuits(circuit, observable, theta) == planned(circuit, observable, theta)


def test_many_rotations_are_counted_without_their_circuits():
    circuit = hardware_efficient(8, 10)
    h = PauliSum({"Z0 Z1": 1.0, "X3": 0.5, "Y3": 0.2})
    theta = np.random.default_rng(0).uniform(-3, 3, circuit.n_parameters)
    assert circuits(circuit, h, theta) == 2 * (176 * 177 // 2 + 3 * 176 + 1)
