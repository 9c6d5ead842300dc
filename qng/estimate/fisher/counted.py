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

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.basis import measured_word
from qng.circuit.circuit import Circuit
from qng.estimate.fisher.basis import randomised, visible
from qng.estimate.fisher.exact import CUTOFF
from qng.estimate.fisher.frequencies import Frequencies
from qng.estimate.fisher.variances import FisherNoise
from qng.estimate.parts.diagonal import diagonal_of
from qng.geometry import Dense, Diagonal, Metric
from qng.geometry.noise import Independent, Largest, entry_errors
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples
from qng.seeds import Key


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
        many more shots than the distribution has outcomes: 1.96 errors hold an entry in 93 % of all
        cases from ten shots a point on, in 87 % with two. Without shots it differs from
        `fisher.born` at exact zeros of p only, where pairs of rotations contribute nothing.

    Raises:
        InputError: A basis that is not a Pauli word on the circuit's qubits.

    Cost: 2R + 1 points in one basis; rotations that cannot change the distribution need none. The
    parameter-shift gradient has most of these points too, but the metric of a step has shots of
    its own, so that the errors of both are independent.

    Reference: Meyer, arXiv:2103.15191; for 1/p: Chao and Strawderman, J. Am. Stat. Assoc. 67, 429
    (1972); for the p of what was not seen: Good, Biometrika 40, 237 (1953).
    """
    word = measured_word(circuit.n_qubits, basis)
    jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)
    moving = [r for r in visible(circuit, word) if np.any(jacobian[r] != 0)]
    if not moving:
        return Plan((), lambda _: Dense(np.zeros((circuit.n_parameters,) * 2)))
    shift = 0.5 * np.pi * np.eye(circuit.n_rotations)[moving]
    points = np.concatenate([phi[None], phi + shift, phi - shift])
    rows = jacobian[moving]

    def reduce(results: Sequence[Result]) -> Dense:
        return _estimate(Frequencies.of(results[0], 2**circuit.n_qubits), rows)

    return Plan((Request(circuit, points, Samples(word)),), reduce)


def diagonal(circuit: Circuit, theta: ArrayLike, basis: str = "Z") -> Plan[Metric]:
    """The diagonal of the classical Fisher matrix, from samples; arguments and cost as `born`."""
    return born(circuit, theta, basis).map(_diagonal_of)


def random(
    circuit: Circuit, theta: ArrayLike, kind: str = "circuit", seed: Key = 0
) -> Plan[Metric]:
    """The classical Fisher matrix of a random measurement, from samples; see `fisher.random`."""
    measured, basis = randomised(circuit, kind, seed)
    return born(measured, theta, basis)


def _diagonal_of(metric: Metric) -> Diagonal:
    """The diagonal, whose entries err at least as if they had nothing in common.

    Where counts are few, differences of variances say little of covariances.
    """
    found = diagonal_of(metric)
    if found.std_error is None or found.noise is None:
        return found
    least = Independent(found.std_error)
    return Diagonal(found.values, found.std_error, Largest((found.noise, least)))


def _estimate(seen: Frequencies, jacobian: Array) -> Dense:
    """I and its standard errors, from counts or in their limit.

    I = sum_x [d_i p d_j p - sum_r A_ri A_rj V_r] / p + sum_r A_ri A_rj u_r, with u_r the sum of
    q_r+ + q_r- over outcomes with k = 0, less their p.

    Args:
        seen: What was counted.
        jacobian: The rows of A of the shifted rotations, shape (R, P).
    """
    derivatives = jacobian.T @ seen.derivatives
    if np.isinf(seen.shots):
        return _in_the_limit(seen, derivatives, jacobian)
    k, inverse = seen.counts, seen.inverse
    unseen = seen.shifted.sum(axis=0)[:, k == 0].sum(axis=1) - np.sum(k == 1) / seen.shots
    matrix = (derivatives * inverse) @ derivatives.T
    matrix = matrix + _pulled(unseen - seen.noise @ inverse, jacobian)
    noise = FisherNoise(seen.with_others(), jacobian)
    return Dense((matrix + matrix.T) / 2, entry_errors(noise, len(matrix)), noise=noise)


def _in_the_limit(seen: Frequencies, derivatives: Array, jacobian: Array) -> Dense:
    """I from distributions: what is not seen has p = 0, and nothing has noise."""
    p = seen.centre
    shown = p > CUTOFF
    unseen = (seen.shifted.sum(axis=0) - p)[:, ~shown].sum(axis=1)
    inverse = np.where(shown, 1 / np.where(shown, p, 1.0), 0.0)
    return Dense((derivatives * inverse) @ derivatives.T + _pulled(unseen, jacobian))


def _pulled(diagonal: Array, jacobian: Array) -> Array:
    """A^T Diag(v) A, shape (P, P)."""
    product: Array = jacobian.T @ (diagonal[:, None] * jacobian)
    return product
