"""Counts of circuits: those of the plans themselves."""

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.estimate.fubini import hadamard, overlaps
from qng.estimate.fubini.counts import full_metric
from qng.plan.lower import sampled
from qng.testing import strategies

PLANS = {
    "hadamard": hadamard.full,
    "overlaps": overlaps.full,
    "blocks+overlaps": overlaps.blocks_plus,
}


def planned(circuit, theta):
    plans = {name: of(circuit, theta) for name, of in PLANS.items()}
    return {
        name: sampled(plan, 10**8).cost.points if plan.requests else 0
        for name, plan in plans.items()
    }


@pytest.mark.parametrize("name", ["h2", "lih", "maxcut-4", "vertex-cover-4", "qng-demo", "mari-5"])
def test_counts_of_the_library(name):
    problem = qng.load(name)
    circuit, theta = problem.circuit, problem.initial
    assert full_metric(circuit, theta) == planned(circuit, theta)


@settings(max_examples=30, deadline=None)
@given(strategies.cases(max_ops=8))
def test_counts_of_random_circuits(case):
    circuit, theta = case
    assert full_metric(circuit, theta) == planned(circuit, theta)


def test_many_rotations_are_counted_without_their_circuits():
    circuit = hardware_efficient(8, 10)
    theta = np.random.default_rng(0).uniform(-3, 3, circuit.n_parameters)
    found = full_metric(circuit, theta)
    assert found["hadamard"] < found["blocks+overlaps"] < found["overlaps"] < 2 * 176**2
