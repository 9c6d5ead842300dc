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
from qng.estimate.fubini import exact, overlaps
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
    arrays = _arrays(circuit, shape)
    return exact.exact(circuit, theta).map(lambda metric: factored(metric, arrays))


def counted(
    circuit: Circuit, theta: ArrayLike, shape: str | Sequence[int] = shapes.AUTO
) -> Plan[Metric]:
    """The same from shots: the Kronecker product nearest to an estimate of g.

    Its errors are those of the estimate, carried over to first order, and it may have negative
    eigenvalues.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        shape: As in `nearest`.

    Raises:
        InputError: Shapes of another number of parameters.

    Cost: that of g by blocks and overlaps; for the errors P^4/8 variances of it.
    """
    arrays = _arrays(circuit, shape)
    return overlaps.blocks_plus(circuit, theta).map(lambda metric: factored(metric, arrays))


def _arrays(circuit: Circuit, shape: str | Sequence[int]) -> shapes.Shapes:
    """The arrays of a circuit, or those that were given.

    Raises:
        InputError: Of another number of parameters.
    """
    own = shapes.given(shape)
    return shapes.fitting(arrays_of(circuit) if own is None else own, circuit.n_parameters)
