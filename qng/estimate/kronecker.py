"""K-FAC on a circuit: the Fubini-Study metric as a Kronecker product for every array of parameters.

K-FAC approximates the curvature of a layer with weights (out, in) by S (x) A. A circuit's rotations
have no inputs and outputs of which these would be the second moments; what is left of the idea is
its form, and the best matrix of this form is B (x) C with the smallest |g - B (x) C|_F, B for the
layers and C for the qubits (`geometry.nearest`).
"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from qng.circuit.arrays import arrays_of
from qng.circuit.circuit import Circuit
from qng.estimate.fubini import exact
from qng.geometry import Metric, shapes
from qng.geometry.nearest import factored
from qng.plan.plan import Plan


def nearest(
    circuit: Circuit, theta: ArrayLike, shape: str | Sequence[int] = shapes.AUTO
) -> Plan[Metric]:
    """The Kronecker product nearest to g inside every array of parameters, zero between arrays.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        shape: Of the arrays that theta ravels, as (4, 3) or "4x3"; "auto": of the arguments of the
            QNode, else layers x qubits (`circuit.arrays`).

    Returns:
        A plan for a `Kronecker`, positive semidefinite as g is; an array of one dimension has its
        block of g as it is.

    Raises:
        InputError: Shapes of another number of parameters.

    Cost: that of the full metric, and a decomposition of shape (layers^2, qubits^2).

    Reference: Martens and Grosse, arXiv:1503.05671, for the form.
    """
    own = shapes.given(shape)
    if own is None:
        own = arrays_of(circuit)
    arrays = shapes.fitting(own, circuit.n_parameters)
    return exact.exact(circuit, theta).map(lambda metric: factored(metric, arrays))
