"""Plans at many points as one: what each reduces to is what it reduces to alone."""

import numpy as np
import pytest

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import PauliSum
from qng.estimate import energy, gradient
from qng.estimate.fubini import blocks, exact, overlaps
from qng.execute.statevector.executor import Statevector
from qng.plan.lower import sampled
from qng.plan.request import Tangent
from qng.plan.stack import stacked

CIRCUIT = hardware_efficient(2, 1)
H = PauliSum({"Z0": 1.0, "X0 X1": 0.5})
POINTS = np.random.default_rng(0).uniform(-3, 3, (3, CIRCUIT.n_parameters))

PLANS = {
    "energy": lambda x: energy.expectation(CIRCUIT, H, x),
    "gradient": lambda x: gradient.exact(CIRCUIT, H, x),
    "parameter-shift": lambda x: gradient.parameter_shift(CIRCUIT, H, x),
    "metric": lambda x: exact.exact(CIRCUIT, x).map(lambda g: g.dense()),
    "overlaps": lambda x: overlaps.full(CIRCUIT, x).map(lambda g: g.dense()),
    "blocks": lambda x: blocks.blocks(CIRCUIT, x).map(lambda g: g.dense()),
}


def numbers(found):
    return found if isinstance(found, np.ndarray) else found.value


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_gets_what_is_its_own(name):
    device = Statevector()
    plans = [PLANS[name](x) for x in POINTS]
    if name == "blocks":
        plans = [sampled(plan, 4000) for plan in plans]
    whole = stacked(plans)
    together = whole.reduce(device.run(whole.requests, 0))
    assert whole.evaluations == sum(plan.evaluations for plan in plans)
    for plan, ours in zip(plans, together):
        alone = plan.reduce(device.run(plan.requests, 0))
        # From shots each has draws of its own: within five standard errors of about 0.01.
        bound = 0.05 if name == "blocks" else 1e-12
        np.testing.assert_allclose(numbers(ours), numbers(alone), rtol=0, atol=bound)


def test_one_circuit_and_measure_are_one_request():
    plans = [PLANS["parameter-shift"](x) for x in POINTS]
    (request,) = stacked(plans).requests
    assert len(request.angles) == sum(len(plan.requests[0].angles) for plan in plans)
    assert all(
        isinstance(r.measure, Tangent)
        for r in stacked([PLANS["metric"](x) for x in POINTS]).requests
    )


def test_equal_points_are_drawn_from_streams_of_their_own():
    plans = [sampled(PLANS["energy"](POINTS[0]), 1000) for _ in range(20)]
    whole = stacked(plans)
    assert sum(int(request.shots.sum()) for request in whole.requests) == sum(
        int(request.shots.sum()) for plan in plans for request in plan.requests
    )
    found = whole.reduce(Statevector().run(whole.requests, 0))
    # Two of twenty values on a grid of about a thousand may coincide, half of them cannot.
    assert len({float(e.value[0]) for e in found}) > 10


def test_nothing_is_nothing():
    assert stacked([]).reduce([]) == ()
