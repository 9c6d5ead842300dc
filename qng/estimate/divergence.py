"""The Kullback-Leibler divergence between the Born distributions at two points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.basis import with_basis
from qng.circuit.circuit import Circuit
from qng.estimate.fisher.exact import CUTOFF
from qng.plan.plan import Plan
from qng.plan.quantities import Energy
from qng.plan.request import Probabilities, Request, Result


def born(
    circuit: Circuit, theta: ArrayLike, points: ArrayLike, basis: str = "Z"
) -> Plan[Energy[Array]]:
    """KL(p_theta || p_point) = sum_x p ln(p/q) of measuring every qubit.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians: where p is.
        points: Where q is, shape (points, P), radians.
        basis: As in `fisher.exact.born`, whose matrix is twice its second order.

    Returns:
        A plan for the divergences in nats, shape (points,), as the values of an `Energy`, so that
        they can be summed over circuits; infinite where q is zero and p is not.

    Cost: one state a point, and one more.
    """
    measured = with_basis(circuit, basis)
    both = np.concatenate([circuit.check(theta)[None], np.atleast_2d(circuit.check(points))])

    def reduce(results: Sequence[Result]) -> Energy[Array]:
        p, q = results[0][0], results[0][1:]
        seen = p > CUTOFF
        with np.errstate(divide="ignore"):
            terms = p[seen] * np.log(p[seen] / q[:, seen])
        return Energy(np.maximum(np.sum(terms, axis=1), 0.0))

    return Plan((Request(measured, measured.angles(both), Probabilities()),), reduce)
