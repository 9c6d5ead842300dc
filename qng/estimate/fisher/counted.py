r"""The classical Fisher matrix of the Born distribution from counted bits.

With p the distribution at phi and q_r+, q_r- those at phi_r + pi/2 and phi_r - pi/2, all sampled
independently,

    I_ij = sum_x d_i p d_j p / p,   d_i p = sum_r A_ri (q_r+ - q_r-) / 2

Frequencies put into this formula square the noise of d p, have too large a mean of 1/p, and miss
outcomes that are not seen. Here, from k = k(x) counts in N shots at phi,

    1/p           is (N + 1) / (k + 1), which has the mean [1 - (1 - p)^(N + 1)] / p;
    (d_r p)^2     has an unbiased estimate of the variance of d_r p subtracted;
    k = 0         contributes what a zero of p does, u_r = 4 |d_r psi_x|^2 = q_r+ + q_r- - p, to
                  I_rr; the p of all these outcomes together is the number of those with k = 1,
                  over N.

The bias that is left comes from outcomes with N p of order 1:

    sum_x (1 - p)^N [sum_r A_ri A_rj u_r - d_i p d_j p / p]  +  O(1 / N)

As (d_r p)^2 <= u_r p, with equality where amplitudes are real, it is not negative on the diagonal
if every parameter has one rotation, and zero there for real amplitudes. It falls as e^(-N p), so
that N should be well above the number of outcomes: before that it is as large as the bias of the
frequencies, which falls as 1/N. An outcome that is not seen can contribute anything up to its
u_r, at either sign off the diagonal: a third of the square of the sum of these bounds is part of
the variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit, Op
from qng.circuit.pauli import Pauli
from qng.estimate.fisher.exact import CUTOFF, measured_word, randomised
from qng.estimate.parts.stencil import pulled_variance
from qng.geometry import Dense, Diagonal, Metric
from qng.plan.counts import PRIOR, Counts
from qng.plan.grouping import known_mean
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples
from qng.seeds import Key

# Counts of an outcome below which its contribution is doubted. With 20, intervals of 1.96 errors
# around I of one rotation of a qubit cover 93 % at every angle, from 100 shots a point on.
_DOUBT: Final = 20.0


def born(circuit: Circuit, theta: ArrayLike, basis: str = "Z") -> Plan[Metric]:
    """The classical Fisher matrix of measuring every qubit, from samples.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        basis: "X", "Y" or "Z" for all qubits, or a Pauli word such as "X0 Y2" for some of them
            with Z on the rest.

    Returns:
        A plan for I, shape (P, P), with its standard errors. It may have negative eigenvalues.
        It is that of the distribution which is counted, errors of readout included, and needs
        many more shots than the distribution has outcomes. Without shots it differs from
        `fisher.born` at exact zeros of p only, where pairs of rotations contribute nothing.

    Raises:
        InputError: A basis that is not a Pauli word on the circuit's qubits.

    Cost: 2R + 1 points in one basis, of which those that the parameter-shift gradient has in this
    basis cost nothing more; rotations that cannot change the distribution need none.

    Reference: Meyer, arXiv:2103.15191; for 1/p: Chao and Strawderman, J. Am. Stat. Assoc. 67, 429
    (1972); for the p of what was not seen: Good, Biometrika 40, 237 (1953).
    """
    word = measured_word(circuit.n_qubits, basis)
    jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)
    moving = [r for r in _visible(circuit, word) if np.any(jacobian[r] != 0)]
    if not moving:
        return Plan((), lambda _: Dense(np.zeros((circuit.n_parameters,) * 2)))
    shift = 0.5 * np.pi * np.eye(circuit.n_rotations)[moving]
    points = np.concatenate([phi[None], phi + shift, phi - shift])
    rows = jacobian[moving]

    def reduce(results: Sequence[Result]) -> Dense:
        return _estimate(_table(results[0], 2**circuit.n_qubits), rows)

    return Plan((Request(circuit, points, Samples(word)),), reduce)


def diagonal(circuit: Circuit, theta: ArrayLike, basis: str = "Z") -> Plan[Metric]:
    """The diagonal of `born`; same arguments and cost."""

    def reduce(matrix: Metric) -> Diagonal:
        errors = matrix.std_error
        return Diagonal(matrix.diagonal(), None if errors is None else np.diag(np.diag(errors)))

    return born(circuit, theta, basis).map(reduce)


def random(
    circuit: Circuit, theta: ArrayLike, kind: str = "circuit", seed: Key = 0
) -> Plan[Metric]:
    """The classical Fisher matrix of a random measurement, from samples; see `fisher.random`."""
    measured, basis = randomised(circuit, kind, seed)
    return born(measured, theta, basis)


@lru_cache(maxsize=256)
def _visible(circuit: Circuit, basis: Pauli) -> tuple[int, ...]:
    """The rotations that may change the distribution in a basis.

    Those do not whose word, carried to either end of the circuit, is a word that stabilises
    |0...0> or one of the basis.
    """
    return tuple(
        r
        for r, (position, rotation) in enumerate(zip(circuit.positions, circuit.rotations))
        if not known_mean(circuit.prefix(position), rotation.pauli)
        and not _ends_in(circuit.ops[position + 1 :], rotation.pauli, basis)
    )


def _ends_in(behind: Sequence[Op], word: Pauli, basis: Pauli) -> bool:
    for op in behind:
        found = op.inverse().conjugate(word)
        if found is None:
            return False
        word = found[1]
    return word.commutes_qubitwise(basis)


@dataclass(frozen=True, eq=False)
class _Table:
    """What was counted, over all outcomes that were seen anywhere.

    Args:
        p: Frequencies at the centre, shape (outcomes,).
        n: Shots there.
        q: Frequencies at the shifted points, + and then -, shape (2, R, outcomes).
        m: Shots there, shape (2, R).
        others: Whether there are outcomes that were seen nowhere.
    """

    p: Array
    n: float
    q: Array
    m: Array
    others: bool

    @property
    def k(self) -> Array:
        """Counts at the centre."""
        return np.asarray(np.rint(self.n * self.p))

    @property
    def inverse(self) -> Array:
        """1/p."""
        return np.asarray((self.n + 1) / (self.k + 1))

    @property
    def slopes(self) -> Array:
        """d_r p, shape (R, outcomes)."""
        return np.asarray((self.q[0] - self.q[1]) / 2)

    @property
    def noise(self) -> Array:
        """Unbiased variances of d_r p, shape (R, outcomes)."""
        shots = np.maximum(self.m - 1, 1)[..., None]
        return np.asarray(np.sum(self.q * (1 - self.q) / shots, axis=0) / 4)

    @property
    def smooth(self) -> Array:
        """q with the shots of a prior spread evenly, for variances."""
        m = self.m[..., None]
        return np.asarray((m * self.q + PRIOR / len(self.p)) / (m + PRIOR))

    def with_others(self) -> _Table:
        """With one outcome more, which stands for all that were not seen."""
        if not self.others:
            return self
        q = np.concatenate([self.q, np.zeros((*self.m.shape, 1))], axis=2)
        return _Table(np.append(self.p, 0.0), self.n, q, self.m, False)


def _table(counts: Sequence[Counts], outcomes: int) -> _Table:
    seen = np.unique(np.concatenate([c.outcomes[c.weights > 0] for c in counts]))
    rows = np.zeros((len(counts), len(seen)))
    for row, c in zip(rows, counts):
        shown = c.weights > 0
        row[np.searchsorted(seen, c.outcomes[shown])] = c.weights[shown]
    shots = np.array([c.shots for c in counts])
    shape = (2, len(counts) // 2)
    return _Table(
        rows[0],
        float(shots[0]),
        rows[1:].reshape(*shape, -1),
        shots[1:].reshape(shape),
        len(seen) < outcomes,
    )


def _estimate(table: _Table, jacobian: Array) -> Dense:
    """I and its standard errors; A has the rows of the shifted rotations, shape (R, P)."""
    d = jacobian.T @ table.slopes
    if np.isinf(table.n):
        seen = table.p > CUTOFF
        unseen = (table.q.sum(axis=0) - table.p)[:, ~seen].sum(axis=1)
        inverse = np.where(seen, 1 / np.where(seen, table.p, 1.0), 0.0)
        return Dense((d * inverse) @ d.T + _congruent(jacobian, unseen))
    k, inverse = table.k, table.inverse
    unseen = table.q.sum(axis=0)[:, k == 0].sum(axis=1) - np.sum(k == 1) / table.n
    matrix = (d * inverse) @ d.T + _congruent(jacobian, unseen - table.noise @ inverse)
    return Dense((matrix + matrix.T) / 2, np.sqrt(_variance(table.with_others(), jacobian)))


def _variance(table: _Table, jacobian: Array) -> Array:
    """Of the entries of I, shape (P, P), to second order in the noise.

    What an outcome contributes is poorly known where its counts are few, and too small by chance
    as easily as too large. Then it is raised towards its bound 4 |d_i psi_x| |d_j psi_x|.
    """
    k, q, zero = table.k, table.smooth, table.k == 0
    terms = _Terms(
        jacobian.T @ table.slopes,
        table.inverse,
        np.where(zero, 0.0, (_DOUBT / (k + _DOUBT)) ** 2),
        np.abs(jacobian).T @ np.sqrt(np.maximum(q.sum(axis=0) - table.p, 0.0)),
    )
    second = pulled_variance(_squared_noise(q, table.m, table.inverse), jacobian)
    first = _of_slopes(terms, q, table.m, jacobian)
    # The noise of d p makes the first order too large, by twice the second on average.
    total: Array = np.maximum(first - second, second)
    total += _of_centre(terms, table, jacobian)
    # An outcome that was not seen can contribute anything up to its bound.
    total += ((terms.bound * zero) @ terms.bound.T) ** 2 / 3
    q_zero = q[..., zero].sum(axis=-1)
    of_zeros = np.sum(q_zero * (1 - q_zero) / table.m, axis=0)
    total += (jacobian**2).T @ (of_zeros[:, None] * jacobian**2)
    return total


@dataclass(frozen=True, eq=False)
class _Terms:
    """What an outcome contributes: d_i p d_j p / p.

    Args:
        d: d_i p, shape (P, outcomes).
        inverse: 1/p, shape (outcomes,).
        doubt: How far to raise it to its bound, in [0, 1), shape (outcomes,).
        bound: 2 |d_i psi_x|, shape (P, outcomes).
    """

    d: Array
    inverse: Array
    doubt: Array
    bound: Array


def _of_slopes(terms: _Terms, q: Array, m: Array, jacobian: Array) -> Array:
    """Variance from the shifted points, of first order.

    One shot of q_r+ moves I_ij by h_j A_ri + h_i A_rj with h_i = d_i p / (2 p).
    """
    h = terms.d * terms.inverse / 2
    missing = np.maximum(terms.inverse * terms.bound**2 / 4 - h**2, 0.0)
    raised = np.sqrt(terms.doubt * missing)
    means = q @ h.T
    own = np.sum((q @ (h**2 + raised**2).T - means**2) / m[..., None], axis=0)
    total: Array = (jacobian**2).T @ own
    total = total + total.T
    for r, row in enumerate(jacobian):
        s = np.flatnonzero(row)
        a = np.outer(row[s], row[s])
        for weights, mean, shots in zip(q[:, r], means[:, r, s], m[:, r]):
            covariance = (h[s] * weights) @ h[s].T - np.outer(mean, mean)
            extra = (raised[s] * weights) @ raised[s].T
            total[np.ix_(s, s)] += 2 * (a * covariance + np.abs(a) * extra) / shots
    return total


def _squared_noise(q: Array, m: Array, inverse: Array) -> Array:
    """sum_xy C_r(x, y) C_s(x, y) / (p(x) p(y)), C_r the covariance of d_r p; shape (R, R)."""
    s = np.sum(q / m[..., None], axis=0) / 4
    roots = q / (2 * np.sqrt(m[..., None]))
    mixed = (s * inverse**2) @ np.sum(roots**2, axis=0).T
    flat = roots.reshape(-1, q.shape[2])
    gram = (flat * inverse) @ flat.T
    n = q.shape[1]
    total: Array = (s * inverse) @ (s * inverse).T - mixed - mixed.T
    total += np.sum((gram**2).reshape(2, n, 2, n), axis=(0, 2))
    return total


def _of_centre(terms: _Terms, table: _Table, jacobian: Array) -> Array:
    """Variance from 1/p.

    The relative variance (N - k) / ((N + 1)(k + 2)) is unbiased to e^(-N p). First and second
    order compete, as the first vanishes where all outcomes contribute c p with one number c.
    """
    n, noise = table.n, table.noise
    relative = (n - table.k) / ((n + 1) * (table.k + 2))
    total: Array = np.zeros((len(terms.d),) * 2)
    for i, d in enumerate(terms.d):
        used = np.flatnonzero(jacobian[:, i])
        spread = (jacobian[used, i, None] * jacobian[used]).T @ noise[used]
        each = terms.inverse * (d * terms.d - spread)
        missing = np.maximum((terms.bound[i] * terms.bound) ** 2 - each**2, 0.0)
        squares = each**2 + terms.doubt * missing
        mean = each.sum(axis=1) ** 2
        first = squares @ (relative + 1 / n) - mean / n
        second = 2 * (squares @ (relative**2 - 1 / n**2) + mean / n**2)
        total[i] = np.maximum(np.maximum(first, second), 0.0)
    return total


def _congruent(jacobian: Array, diagonal: Array) -> Array:
    product: Array = jacobian.T @ (diagonal[:, None] * jacobian)
    return product
