"""<H> at one or several points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qng.circuit import Circuit
from qng.pauli import PauliSum
from qng.plan import Energy, Plan
from qng.request import Expectation, Request


def expectation(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Energy]:
    """<H>, and the spread <H^2> - <H>^2 where the executor knows it.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,) or (points, P), radians.

    Cost: one evaluation a point.
    """
    points = np.atleast_2d(circuit.check(theta))
    request = Request(circuit, circuit.angles(points), Expectation(observable))

    return Plan(
        (request,),
        lambda results: Energy(results[0].value, results[0].spread, results[0].std_error),
    )
