"""The Gauss-Newton matrix of an energy: E = sum_k c_k <P_k> as a sum of terms of their own.

With the words as outputs and J_ki = sqrt|c_k| d_i <P_k>,

    M = J^T J = sum_k |c_k| d_i <P_k> d_j <P_k>,

which is positive semidefinite and needs first derivatives only. It is no Hessian of E, which is
linear in the outputs: its curvature is all in what Gauss-Newton leaves out.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate.parts import squares
from qng.geometry import Metric
from qng.plan.plan import Plan


def exact(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Metric]:
    """The Gauss-Newton matrix J^T J, from d_i <P_k> = 2 Re <d_i psi|P_k|psi>.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Returns:
        A plan for M, shape (P, P), positive semidefinite, in units of the observable.

    Cost: one sweep of P derivative states, and a product of them with one state a word.

    Reference: Nocedal and Wright, Numerical Optimization (2006), section 10.3.
    """
    return squares.exact(circuit, observable, [abs(c.real) for _, c in observable], theta)


def counted(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Metric]:
    """J^T J by the parameter shift of every word; unbiased.

    The noise of J would add its covariance, which is subtracted: M may have negative eigenvalues.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Returns:
        A plan for M, shape (P, P), with its standard errors.

    Cost: 2R points for every basis that measures words of H.

    Reference: Mitarai et al., arXiv:1803.00745, for the shift.
    """
    return squares.counted(circuit, observable, [abs(c.real) for _, c in observable], theta)
