r"""The metric of the terms of H by means of words: what a device can measure of WA-QNG.

    W = sum_m s_m T_m,  T_m = sum_(P on S_m) d_i <P> d_j <P> / (2 D_m),  D_m = sum_(Q on S_m) <Q>^2

with S_m the qubits of a term, the words P and Q going over all on these (the identity among Q), and
s_m the share of the term's squared coefficient. With k qubits 2^k tr rho_m^2 = D_m, so that
T_m = tr(d_i rho_m d_j rho_m) / (2 tr rho_m^2), the Hilbert-Schmidt metric of the reduced state.

Reference: Shi, Dunjko and Wang, arXiv:2504.04932.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.heisenberg import known_mean
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.estimate.observables.words import MOST_WORDS
from qng.estimate.parts.shifted import Shifted
from qng.estimate.parts.squares import Measured
from qng.estimate.parts.words import Means, images, means
from qng.geometry import Dense, Metric
from qng.geometry.noise import Sum, Terms, entry_errors
from qng.plan.grouping import Group, grouped
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples, Tangent


@dataclass(frozen=True, eq=False)
class Supports:
    """The qubits of the terms of H, and the words on them.

    Args:
        words: All of them, without the identity.
        on: Which words are on the qubits of which term, 0 or 1, shape (terms, words).
        shares: s_m, shape (terms,).
    """

    words: tuple[Pauli, ...]
    on: Array
    shares: Array

    @staticmethod
    def of(observable: PauliSum) -> Supports:
        """Those of an observable, terms on the same qubits being one.

        Raises:
            InputError: More than `MOST_WORDS` words.
        """
        squares: dict[tuple[int, ...], float] = {}
        for word, c in observable:
            squares[word.qubits] = squares.get(word.qubits, 0.0) + abs(c) ** 2
        widest = max(map(len, squares))
        if 4**widest > MOST_WORDS:
            raise InputError(
                f"a term of the observable acts on {widest} qubits, which have more than "
                f"{MOST_WORDS} words: take the metric wa, of a simulator"
            )
        found: dict[Pauli, list[int]] = {}
        for k, qubits in enumerate(squares):
            for letters in product("IXYZ", repeat=len(qubits)):
                found.setdefault(Pauli.on(letters, qubits), []).append(k)
        found.pop(Pauli(0, 0))
        on = np.zeros((len(squares), len(found)))
        for k, terms in enumerate(found.values()):
            on[terms, k] = 1.0
        total = sum(squares.values())
        return Supports(tuple(found), on, np.array(list(squares.values())) / total)

    def weights(self, d: Array) -> Array:
        """Of every word in W, shape (words,); D_m of shape (terms,)."""
        return np.asarray((self.shares / (2 * d)) @ self.on)


def exact(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Metric]:
    """W from states.

    Args:
        circuit: The circuit.
        observable: H, without its constant.
        theta: Shape (P,), radians.

    Cost: one sweep of P derivative states, and a product of them with one state a word.
    """
    of = Supports.of(observable)

    def reduce(results: Sequence[Result]) -> Metric:
        rows, psi = results[0].dense(), results[0].state
        seen = images(of.words, psi)
        d = 1 + of.on @ (seen @ psi.conj()).real ** 2
        j = 2 * (seen @ rows.conj().T).real
        return Dense((j.T * of.weights(d)) @ j)

    request = Request(circuit, circuit.angles(theta)[None], Tangent(circuit.slopes(theta)))
    return Plan((request,), reduce)


def counted(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Metric]:
    """W from shots: derivatives by the shift rule, D_m from means at the point itself.

    Args:
        circuit: The circuit.
        observable: H, without its constant.
        theta: Shape (P,), radians.

    Cost: 2R + 1 points for every basis that measures words.
    """
    of, at = Supports.of(observable), Shifted.of(circuit, theta)
    groups = grouped(circuit, (PauliSum([(word, 1.0) for word in of.words]),))
    if not len(at.angles) or not groups:
        return Plan((), lambda _: Dense(np.zeros((circuit.n_parameters,) * 2)))
    fixed = np.array([known_mean(circuit, word) or 0.0 for word in of.words])
    place = {word: k for k, word in enumerate(of.words)}
    places = [[place[word] for word in group.words] for group in groups]

    def reduce(results: Sequence[Result]) -> Metric:
        measured = Measured.of(at, groups, results[: len(groups)])
        d = _Denominators.of(of, fixed, groups, places, results[len(groups) :])

        def split(weights: Array) -> list[Array]:
            return [weights[which] for which in places]

        sizes = split(of.weights(d.value * (1 + np.diag(d.covariance) / d.value**2)))
        if measured.is_exact:
            return Dense(measured.matrix(sizes))
        slopes = of.on * (of.shares / (2 * d.value**2))[:, None]
        of_terms = np.array([measured.matrix(split(row)) for row in slopes])
        s, u = np.linalg.eigh(d.covariance)
        moved = Terms(np.tensordot(u.T, of_terms, 1), np.sqrt(np.maximum(s, 0.0)))
        noise = Sum.of([measured.noise(sizes), moved])
        matrix = measured.matrix(sizes)
        return Dense(matrix, entry_errors(noise, len(matrix)), noise=noise)

    phi = circuit.angles(theta)[None]
    shifted = (Request(circuit, at.angles, Samples(g.basis), at.weights) for g in groups)
    # One point says of all derivatives how they are divided.
    centre = (Request(circuit, phi, Samples(g.basis), np.array([2.0])) for g in groups)
    return Plan((*shifted, *centre), reduce)


@dataclass(frozen=True, eq=False)
class _Denominators:
    """D_m = 1 + sum_Q <Q>^2, unbiased.

    Args:
        value: Shape (terms,); at least 1, which D_m is.
        covariance: Shape (terms, terms).
    """

    value: Array
    covariance: Array

    @staticmethod
    def of(
        of: Supports,
        fixed: Array,
        groups: Sequence[Group],
        places: Sequence[Sequence[int]],
        results: Sequence[Result],
    ) -> _Denominators:
        value = 1 + of.on @ fixed**2
        covariance = np.zeros((len(value),) * 2)
        for group, which, (counts,) in zip(groups, places, results):
            seen: Means = means(counts, group.words, np.ones(len(which)))
            on = of.on[:, which]
            value += on @ (seen.value**2 - np.diag(seen.unbiased))
            # Of m_Q^2: 4 m_Q m_R Cov(m_Q, m_R) + 2 Cov(m_Q, m_R)^2.
            crossed = 4 * np.outer(seen.value, seen.value) * seen.covariance
            covariance += on @ (crossed + 2 * seen.covariance**2) @ on.T
        return _Denominators(np.maximum(value, 1.0), covariance)
