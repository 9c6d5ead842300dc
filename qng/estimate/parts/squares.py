"""Sums of squared derivatives of words, M = sum_k w_k d_i <P_k> d_j <P_k>, w_k >= 0 given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate.parts.products import SECOND
from qng.estimate.parts.shifted import Shifted
from qng.estimate.parts.words import Means, images, means
from qng.geometry import Dense, LowRank, Metric
from qng.geometry.noise import entry_errors
from qng.plan.grouping import Group, grouped
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples, Tangent


def exact(
    circuit: Circuit, words: PauliSum, weights: Sequence[float], theta: ArrayLike
) -> Plan[Metric]:
    """M from d_i <P_k> = 2 Re <d_i psi|P_k|psi>.

    Args:
        circuit: The circuit.
        words: P_k; their coefficients do not count.
        weights: w_k, one a word.
        theta: Shape (P,), radians.

    Returns:
        A plan for M, shape (P, P), positive semidefinite.

    Cost: one sweep of P derivative states, and a product of them with one state a word.
    """
    used = [(word, w) for (word, _), w in zip(words, weights) if word.support and w]
    roots = np.sqrt([w for _, w in used])

    def reduce(results: Sequence[Result]) -> Metric:
        rows, psi = results[0].dense(), results[0].state
        outputs = images([word for word, _ in used], psi)
        j = 2 * roots[:, None] * (outputs @ rows.conj().T).real
        return LowRank(j) if len(j) < circuit.n_parameters else Dense(j.T @ j)

    request = Request(circuit, circuit.angles(theta)[None], Tangent(circuit.slopes(theta)))
    return Plan((request,), reduce)


def counted(
    circuit: Circuit, words: PauliSum, weights: Sequence[float], theta: ArrayLike
) -> Plan[Metric]:
    """M by the parameter shift of every word; unbiased.

    Args:
        circuit: The circuit.
        words: P_k; by their coefficients they are grouped, as those of an energy are.
        weights: w_k, one a word.
        theta: Shape (P,), radians.

    Returns:
        A plan for M, shape (P, P), with its standard errors; it may have negative eigenvalues.

    Cost: 2R points for every basis that measures words.
    """
    at, groups = Shifted.of(circuit, theta), grouped(circuit, (words,))
    if not len(at.angles) or not groups:
        return Plan((), lambda _: Dense(np.zeros((circuit.n_parameters,) * 2)))
    of_word = {word: w for (word, _), w in zip(words, weights)}
    sizes = [np.array([of_word[word] for word in group.words]) for group in groups]

    def reduce(results: Sequence[Result]) -> Metric:
        return Measured.of(at, groups, results).weighed(sizes)

    requests = (Request(circuit, at.angles, Samples(g.basis), at.weights) for g in groups)
    return Plan(tuple(requests), reduce)


@dataclass(frozen=True, eq=False)
class Measured:
    """Means of the words of several bases at the shifted points, m_pk: J_k = sum_p m_pk B_p.

    Args:
        rows: B, shape (points, P).
        outputs: J of every basis, shape (words, P).
        seen: The means of every basis, one a point.
    """

    rows: Array
    outputs: tuple[Array, ...]
    seen: tuple[tuple[Means, ...], ...]

    @staticmethod
    def of(at: Shifted, groups: Sequence[Group], results: Sequence[Result]) -> Measured:
        """From the counts, one a point."""
        seen = tuple(
            tuple(means(one, group.words, np.ones(len(group.words))) for one in counts)
            for group, counts in zip(groups, results)
        )
        outputs = (np.array([one.value for one in of_basis]).T @ at.rows for of_basis in seen)
        return Measured(at.rows, tuple(outputs), seen)

    @property
    def is_exact(self) -> bool:
        """Whether all means come from distributions."""
        return all(one.is_exact for of_basis in self.seen for one in of_basis)

    def matrix(self, sizes: Sequence[Array]) -> Array:
        """sum_k w_k J_k J_k^T less the noise of J, which would add its covariance.

        Args:
            sizes: w_k of every basis, shape (words,).
        """
        total = np.zeros((self.rows.shape[1],) * 2)
        for w, j, seen in zip(sizes, self.outputs, self.seen):
            of_noise = np.array([np.diag(one.unbiased) for one in seen]) @ w
            total += (j.T * w) @ j - (self.rows.T * of_noise) @ self.rows
        return total

    def noise(self, sizes: Sequence[Array]) -> SquaresNoise:
        """Of `matrix`."""
        covariances = (np.array([one.covariance for one in seen]) for seen in self.seen)
        return SquaresNoise(self.rows, tuple(sizes), self.outputs, tuple(covariances))

    def weighed(self, sizes: Sequence[Array]) -> Dense:
        """M with its errors."""
        matrix = self.matrix(sizes)
        if self.is_exact:
            return Dense(matrix)
        noise = self.noise(sizes)
        return Dense(matrix, entry_errors(noise, len(matrix)), noise=noise)


@dataclass(frozen=True, eq=False)
class SquaresNoise:
    """The errors of M = sum_k w_k J_k J_k^T, J_k = sum_p m_pk B_p, less the noise of J.

    With x = B v and y = B w, and C_p the covariance of the means m_p at a point, whose words err
    together,

        Var(v^T M w) = sum_p q_p^T C_p q_p + sum_kl w_k w_l (X_kl Y_kl + Z_kl^2),
        q_pk = w_k [x_p (w . J_k) + y_p (v . J_k)],
        X = sum_p x_p^2 C_p,    Y = sum_p y_p^2 C_p,    Z = sum_p x_p y_p C_p,

    the second sum being that of the products of the errors. The noise of J makes the first too
    large by twice the second, which is counted as often as elsewhere (`parts.products`).

    Args:
        rows: B, shape (points, P).
        sizes: w_k of every basis, shape (words,).
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
        return np.asarray(first + (SECOND - 2) * second)
