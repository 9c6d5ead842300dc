"""The shots of a step follow the variances of the step before."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.geometry import Dense
from qng.optimize.shots import metric_share
from qng.plan.deal import ENERGY, PILOT
from qng.plan.quantities import Energy, GradientEstimate, Measured
from qng.run.objective import Circuits
from tests.objectives import Objective


def test_weights_of_a_step() -> None:
    problem, method = qng.load("textbook-2"), optimizers.qng(metric="overlaps")
    goal = Circuits.of(problem, qng.executor(), counting=True)
    state = method.init(problem.initial)
    for share in (PILOT, 0.2):
        plan = method.next(goal, replace(state, share=share), ())
        weights = [request.shares.sum() for request in plan.requests]
        expected = [ENERGY, (1 - ENERGY) * (1 - share), (1 - ENERGY) * share]
        np.testing.assert_allclose(weights, expected, rtol=1e-12)


def test_the_share_follows_the_errors() -> None:
    method, rng = optimizers.qng(0.1, 0.02, trust=math.inf), np.random.default_rng(0)
    gradient = GradientEstimate(rng.normal(size=3), np.diag([0.1, 0.2, 0.3]))
    metric = Dense(np.diag([0.2, 0.1, 0.25]), np.full((3, 3), 0.02))
    measured = Measured(Energy(np.zeros(1), std_error=np.ones(1)), gradient, metric)
    goal = Objective(lambda x: None, lambda x: None)
    state = method.next(goal, method.init(np.zeros(3)), (measured,)).state
    d = -state.change / 0.1
    assert state.share == metric_share(PILOT, gradient, metric, d, 0.02) != PILOT
    exact = replace(measured, gradient=GradientEstimate(gradient.value))
    state = method.next(goal, state, (exact,)).state
    assert state.share == pytest.approx(metric_share(PILOT, gradient, metric, d, 0.02))
