r"""Metric and Berry curvature from Hadamard tests.

With the means p_r and the products c_rs that an ancilla shows (`ancilla`),

    g_rs = (Re c_rs - p_r p_s) / 4,   F_rs = -Im c_rs / 2       (r before s)

in the angles, and g_theta = A^T g A, F_theta = A^T F A with rows a_r of A. What the structure of
the circuit fixes needs no circuit. The entries of different circuits are independent, and

    d g_theta / d c_rs = (a_r a_s^T + a_s a_r^T) / 4
    d g_theta / d p_r  = (a_r w_r^T + w_r a_r^T) / 4,   w_r = -sum_s p_s a_s
    d F_theta / d c_rs = -(a_r a_s^T - a_s a_r^T) / 2

give the errors, the sum over s going over what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from qng.arrays import Array, Integers, same
from qng.circuit.circuit import Circuit
from qng.circuit.structure import Structure, structure
from qng.estimate.fubini.ancilla import Probe, imaginary_probes, real_probes
from qng.estimate.parts.products import second_order
from qng.estimate.parts.shares import weights
from qng.estimate.parts.words import Means, means
from qng.geometry import Dense, Metric
from qng.geometry.noise import entry_errors
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples

# Weights of circuits need the means before they are known.
_TYPICAL_MEAN: Final = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class CurvatureEstimate:
    """A Berry curvature in the parameters.

    Args:
        value: F, antisymmetric, shape (P, P).
        std_error: Standard errors of its entries, shape (P, P); None where exact.
    """

    value: Array
    std_error: Array | None = None

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __getitem__(self, key: Any) -> Any:
        """Entries by position, as of an array."""
        return self.value[key]

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.value.shape))

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        known = "exact" if self.std_error is None else "with errors"
        largest = np.abs(self.value).max(initial=0.0)
        return f"CurvatureEstimate(size={len(self.value)}, {known}, largest={largest:.4g})"

    def _repr_html_(self) -> str:
        from qng.report.notebook import curvature_html

        return curvature_html(self)

    def widened(
        self, pairs: Sequence[tuple[CurvatureEstimate, CurvatureEstimate]]
    ) -> CurvatureEstimate:
        """With the errors of further sources (`plan.calibrated`)."""
        moved = np.array([up.value - down.value for up, down in pairs]) / 2
        own = 0.0 if self.std_error is None else self.std_error
        return replace(self, std_error=np.sqrt(own**2 + np.sum(moved**2, axis=0)))


def full(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The full metric, from Hadamard tests with one ancilla.

    Args:
        circuit: The circuit, on n qubits; qubit n is the ancilla.
        theta: Shape (P,), radians.

    Returns:
        A plan for g, shape (P, P), with its standard errors; unbiased from two shots a circuit
        on, so that it may have negative eigenvalues. Where means vanish the errors are those of
        the products of their noise, on the safe side: 1.96 of them hold an entry in 93 % or more
        of all cases, from ten shots a circuit on.

    Cost: for every rotation one circuit a block of later rotations, and the prefix states of the
    blocks; never more than R (R + 1)/2 circuits. Their two-qubit depth is that of the circuit, one
    controlled word and, where words commute but not qubit by qubit, what makes them bits.

    Reference: Li and Benjamin, arXiv:1611.09301; Mitarai and Fujii, arXiv:1901.00015; Wierichs et
    al., arXiv:2107.12390.
    """
    fixed, probes = structure(circuit), real_probes(circuit)
    jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)
    missing = np.isnan(fixed.metric)

    def reduce(results: Sequence[Result]) -> Dense:
        found = [_read(probe, result) for probe, result in zip(probes, results)]
        tensor = _gathered(fixed, probes, found)
        g = jacobian.T @ np.where(missing, tensor.metric, fixed.metric) @ jacobian
        g = (g + g.T) / 2
        if all(each.is_exact for each in found):
            return Dense(g)
        partners = -(missing * tensor.means) @ jacobian
        rows = np.concatenate([jacobian, partners])
        ends = tuple(_ends(probe, len(jacobian)) for probe in probes)
        covariances = tuple(each.covariance for each in found)
        noise = HadamardNoise(rows, ends, covariances, tensor.covariance)
        return Dense(g, entry_errors(noise, len(g)), noise=noise)

    # |w_r| for means of that size and rows of A that are orthogonal to each other.
    typical = _TYPICAL_MEAN * np.sqrt(missing @ np.sum(jacobian**2, axis=1))
    return Plan(_requests(probes, phi, jacobian, typical), reduce)


def berry_curvature(circuit: Circuit, theta: ArrayLike) -> Plan[CurvatureEstimate]:
    """F_ij = 2 Im <d_i psi|d_j psi>, with the sign of `fubini.berry_curvature`.

    Args:
        circuit: The circuit, on n qubits; qubit n is the ancilla.
        theta: Shape (P,), radians.

    Returns:
        A plan for F, shape (P, P), antisymmetric, with its standard errors; unbiased.

    Cost: as the metric, without the prefix states, and without pairs of rotations whose curvature
    the structure fixes to be zero, as where they commute or the circuit is real.

    Reference: Li and Benjamin, arXiv:1611.09301; Mitarai and Fujii, arXiv:1901.00015.
    """
    probes = imaginary_probes(circuit)
    jacobian, phi = circuit.jacobian(theta), circuit.angles(theta)

    def reduce(results: Sequence[Result]) -> CurvatureEstimate:
        found = [_read(probe, result) for probe, result in zip(probes, results)]
        curvature = np.zeros((jacobian.shape[1],) * 2)
        variance = np.zeros_like(curvature)
        for probe, each in zip(probes, found):
            half = (jacobian[probe.first].T * each.value) @ jacobian[probe.second] / 2
            curvature -= half - half.T
            variance += _of_curvature(probe, each, jacobian)
        exact = all(each.is_exact for each in found)
        return CurvatureEstimate(curvature, None if exact else np.sqrt(variance))

    return Plan(_requests(probes, phi, jacobian, np.zeros(len(jacobian))), reduce)


def _read(probe: Probe, result: Result) -> Means:
    (counts,) = result
    return means(counts, probe.words, probe.signs)


@dataclass(frozen=True, eq=False)
class _Tensor:
    """What the metric is made of, in the angles: known, or measured.

    Args:
        means: p_r, shape (R,).
        products: Re c_rs, shape (R, R).
        covariance: Of p_r and p_s where they were measured together, with the prior; (R, R).
        unbiased: The same without the prior.
    """

    means: Array
    products: Array
    covariance: Array
    unbiased: Array

    @property
    def metric(self) -> Array:
        """(Re c_rs - p_r p_s + Cov(p_r, p_s)) / 4, shape (R, R).

        The product of two estimates exceeds that of the means by their covariance.
        """
        squares = np.outer(self.means, self.means)
        return np.asarray((self.products - squares + self.unbiased) / 4)


def _gathered(fixed: Structure, probes: Sequence[Probe], found: Sequence[Means]) -> _Tensor:
    """All entries, each from the structure or from its probe."""
    p = np.where(np.isnan(fixed.means), 0.0, fixed.means)
    c = np.where(np.isnan(fixed.products), 0.0, fixed.products)
    covariance, unbiased = np.zeros((2, len(p), len(p)))
    for probe, each in zip(probes, found):
        mean = probe.is_mean
        r, s = probe.first[~mean], probe.second[~mean]
        c[r, s] = c[s, r] = each.value[~mean]
        r, among = probe.first[mean], np.ix_(mean, mean)
        p[r] = each.value[mean]
        covariance[np.ix_(r, r)] = each.covariance[among]
        unbiased[np.ix_(r, r)] = each.unbiased[among]
    return _Tensor(p, c, covariance, unbiased)


Ends = tuple[Integers, Integers]
"""Of the entries of a probe, the rows of a_r and y among A and W; each of shape (entries,)."""


def _ends(probe: Probe, rotations: int) -> Ends:
    """How the entries of a probe move g_theta.

    d g_theta / d entry = (a_r y^T + y a_r^T) / 4,   y = a_s for c_rs, w_r for p_r
    """
    return probe.first, np.where(probe.is_mean, rotations + probe.first, probe.second)


@dataclass(frozen=True, eq=False)
class HadamardNoise:
    """The errors of g_theta: of the entries of every probe, and the second order of p_r p_s.

    The second order is that of `parts.products`.

    Args:
        rows: A and then W, whose rows are a_r and w_r; shape (2 R, P).
        ends: Of every probe.
        covariances: Of the entries of every probe, with the prior.
        of_means: Covariance of p_r and p_s, with the prior; shape (R, R).
    """

    rows: Array
    ends: tuple[Ends, ...]
    covariances: tuple[Array, ...]
    of_means: Array

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v^T g w). Cost: the squares of the numbers of entries, R^2 and R P, times m."""
        x, y = self.rows @ v, self.rows @ w
        a, b = x[: len(self.of_means)], y[: len(self.of_means)]
        of_a, of_b = self.of_means @ a, self.of_means @ b
        one, other, both = (np.sum(z, axis=0) / 4 for z in (a * of_a, b * of_b, a * of_b))
        total = second_order(one, other, both)
        for (r, s), covariance in zip(self.ends, self.covariances):
            moved = (x[r] * y[s] + x[s] * y[r]) / 4
            total += np.maximum(np.sum(moved * (covariance @ moved), axis=0), 0.0)
        return np.asarray(total)


def _of_curvature(probe: Probe, found: Means, jacobian: Array) -> Array:
    """What the entries of a probe contribute to the variances of F_theta, shape (P, P).

    d F_theta / d c_rs = -(a_r a_s^T - a_s a_r^T) / 2
    """
    row, partner = jacobian[probe.first], jacobian[probe.second]
    used = np.flatnonzero(np.any(row, axis=0) | np.any(partner, axis=0))
    outer = row[:, used, None] * partner[:, None, used]
    slopes = (outer - outer.transpose(0, 2, 1)).reshape(len(row), -1) / 2
    added = np.maximum(np.sum(slopes * (found.covariance @ slopes), axis=0), 0.0)
    total = np.zeros((jacobian.shape[1],) * 2)
    total[np.ix_(used, used)] = added.reshape(len(used), len(used))
    return total


def _requests(
    probes: Sequence[Probe], phi: Array, jacobian: Array, typical: Array
) -> tuple[Request, ...]:
    """One circuit a probe, with shots by what its entries contribute."""
    norms = np.array([_norm(probe, jacobian, typical) for probe in probes])
    return tuple(
        Request(probe.circuit, phi[None, list(probe.inherited)], Samples(probe.basis), weight)
        for probe, weight in zip(probes, weights(norms)[:, None])
    )


def _norm(probe: Probe, jacobian: Array, typical: Array) -> float:
    """sqrt(sum |d g_theta / d entry|^2), with |a y^T + y a^T|^2 = 2 |a|^2 |y|^2 + 2 (a . y)^2.

    Args:
        probe: The entries.
        jacobian: A, shape (R, P).
        typical: |w_r|, which is taken to be orthogonal to a_r; shape (R,).
    """
    row, partner = jacobian[probe.first], jacobian[probe.second]
    lengths = np.sum(row**2, axis=1)
    products = lengths * np.sum(partner**2, axis=1) + np.sum(row * partner, axis=1) ** 2
    of_means = lengths * typical[probe.first] ** 2
    return float(np.sqrt(2 * np.sum(np.where(probe.is_mean, of_means, products)))) / 4
