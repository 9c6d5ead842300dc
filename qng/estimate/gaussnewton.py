"""The Gauss-Newton matrix of an energy: E = sum_k c_k <P_k> as a sum of terms of their own.

With the words as outputs and J_ki = sqrt|c_k| d_i <P_k>,

    M = J^T J = sum_k |c_k| d_i <P_k> d_j <P_k>,

which is positive semidefinite and needs first derivatives only. It is no Hessian of E, which is
linear in the outputs: its curvature is all in what Gauss-Newton leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.geometry import Dense, LowRank, Metric
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Tangent


def exact(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Metric]:
    """J^T J from d_i <P_k> = 2 Re <d_i psi|P_k|psi>.

    Args:
        circuit: The circuit.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Returns:
        A plan for M, shape (P, P), positive semidefinite, in units of the observable.

    Cost: one sweep of P derivative states, and a product of them with one state a word.

    Reference: Nocedal and Wright, Numerical Optimization (2006), section 10.3.
    """
    terms = [(word, c.real) for word, c in observable if word.support and c.real]

    def reduce(results: Sequence[Result]) -> Metric:
        rows, psi = results[0].dense(), results[0].state
        outputs = np.zeros((len(terms), len(psi)), dtype=complex)
        for k, (word, c) in enumerate(terms):
            image = PauliSum({word: 1.0}).matrix(circuit.n_qubits) @ psi
            outputs[k] = np.sqrt(abs(c)) * image
        j = 2 * (outputs @ rows.conj().T).real
        return LowRank(j) if len(j) < circuit.n_parameters else Dense(j.T @ j)

    request = Request(circuit, circuit.angles(theta)[None], Tangent(circuit.slopes(theta)))
    return Plan((request,), reduce)
