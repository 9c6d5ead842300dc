"""The Gauss-Newton matrix of an energy: E = sum_k c_k <P_k> as a sum of terms of their own.

With the words as outputs and J_ki = sqrt|c_k| d_i <P_k>,

    M = J^T J = sum_k |c_k| d_i <P_k> d_j <P_k>,

which is positive semidefinite and needs first derivatives only. It is no Hessian of E, which is
linear in the outputs: its curvature is all in what Gauss-Newton leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate.parts.shares import shares
from qng.estimate.parts.words import Means, means
from qng.geometry import Dense, LowRank, Metric
from qng.geometry.noise import entry_errors
from qng.plan.grouping import grouped
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples, Tangent


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
    jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)
    moving = np.flatnonzero(np.any(jacobian != 0, axis=1))
    groups = grouped(circuit, (observable,))
    if not len(moving) or not groups:
        return Plan((), lambda _: Dense(np.zeros((circuit.n_parameters,) * 2)))
    shift = 0.5 * np.pi * np.eye(circuit.n_rotations)[moving]
    points = np.concatenate([phi + shift, phi - shift])
    rows = np.concatenate([jacobian[moving], -jacobian[moving]]) / 2
    deals = shares(np.linalg.norm(rows, axis=1))
    own = [group.words_of(observable) for group in groups]

    def reduce(results: Sequence[Result]) -> Metric:
        parts = [
            _Part(rows, np.abs(c), [means(one, words, np.ones(len(words))) for one in counts])
            for (words, c), counts in zip(own, results)
        ]
        matrix = sum(part.matrix for part in parts)
        if all(one.is_exact for part in parts for one in part.seen):
            return Dense(matrix)
        noise = SquaresNoise(
            rows,
            tuple(part.sizes for part in parts),
            tuple(part.j for part in parts),
            tuple(part.covariance for part in parts),
        )
        return Dense(matrix, entry_errors(noise, circuit.n_parameters), noise=noise)

    requests = tuple(Request(circuit, points, Samples(group.basis), deals) for group in groups)
    return Plan(requests, reduce)


class _Part:
    """The words of one basis, m their means at the points: J_k = sum_p m_pk B_p.

    Args:
        rows: B, shape (points, P).
        sizes: |c_k|, shape (words,).
        seen: The means at every point.
    """

    def __init__(self, rows: Array, sizes: Array, seen: Sequence[Means]) -> None:
        self.sizes, self.seen = sizes, seen
        self.j: Array = np.array([one.value for one in seen]).T @ rows
        self.covariance: Array = np.array([one.covariance for one in seen])
        of_noise = np.array([np.diag(one.unbiased) for one in seen]) @ sizes
        self.matrix: Array = (self.j.T * sizes) @ self.j - (rows.T * of_noise) @ rows


@dataclass(frozen=True, eq=False)
class SquaresNoise:
    """The errors of M = sum_k |c_k| J_k J_k^T, J_k = sum_p m_pk B_p, less the noise of J.

    With x = B v and y = B w, and C_p the covariance of the means m_p at a point, whose words err
    together,

        Var(v^T M w) = sum_p q_p^T C_p q_p + sum_kl |c_k c_l| (X_kl Y_kl + Z_kl^2),
        q_pk = |c_k| [x_p (w . J_k) + y_p (v . J_k)],
        X = sum_p x_p^2 C_p,    Y = sum_p y_p^2 C_p,    Z = sum_p x_p y_p C_p,

    the second sum being that of the products of the errors. The noise of J makes the first too
    large by twice the second.

    Args:
        rows: B, shape (points, P).
        sizes: |c_k| of every basis, shape (words,).
        outputs: J of every basis, shape (words, P).
        covariances: C of every basis, shape (points, words, words).
    """

    rows: Array
    sizes: tuple[Array, ...]
    outputs: tuple[Array, ...]
    covariances: tuple[Array, ...]

    def variances(self, v: Array, w: Array) -> Array:
        """The sums above. Cost: points words^2 m of every basis."""
        x, y = self.rows @ v, self.rows @ w
        first = second = np.zeros(v.shape[1])
        for sizes, j, c in zip(self.sizes, self.outputs, self.covariances):
            scaled = c * np.outer(sizes, sizes)
            q = x[:, None] * (j @ w) + y[:, None] * (j @ v)
            first = first + np.einsum("pkm,pkl,plm->m", q, scaled, q, optimize=True)
            of_v, of_w, both = (
                np.einsum("pm,pkl->mkl", square, c) for square in (x * x, y * y, x * y)
            )
            products = of_v * of_w + both**2
            second = second + np.einsum("mkl,k,l->m", products, sizes, sizes)
        return np.asarray(np.maximum(first - second, second))
