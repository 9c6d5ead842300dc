r"""Metric and Berry curvature from Hadamard tests.

With c_rs and p_r of `structure`,

    g_rs = (Re c_rs - p_r p_s) / 4,   F_rs = -Im c_rs / 2       (r before s)

An ancilla in |+> that controls P_r behind rotation r shows c_rs = <X_a P_s> + i <Y_a P_s> in front
of rotation s: measuring P_s there with the ancilla spares the second controlled gate. Rotations s
of one block are read off one prefix state (`blocks`), and where r is in the block as well, the
product of the two words is, without ancilla. Entries that the structure fixes need no circuit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations
from operator import or_, xor
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Flags, Integers
from qng.circuit.blocks import Block
from qng.circuit.circuit import Circuit, Op
from qng.circuit.clifford import diagonalising
from qng.circuit.derived import derived
from qng.circuit.gate import Gate
from qng.circuit.heisenberg import light_cone
from qng.circuit.pauli import Pauli
from qng.circuit.structure import structure
from qng.geometry.metric import Dense, Metric
from qng.plan.counts import Counts
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Samples

_NO_LETTER: Final = Pauli(0, 0)

_diagonalising = lru_cache(maxsize=256)(diagonalising)

# Weights of circuits need the means before they are known.
_TYPICAL_MEAN: Final = 0.5


@dataclass(frozen=True, eq=False)
class CurvatureEstimate:
    """A Berry curvature in the parameters.

    Args:
        value: F, antisymmetric, shape (P, P).
        std_error: Standard errors of its entries, shape (P, P); None where exact.
    """

    value: Array
    std_error: Array | None = None


def full(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The full metric.

    Args:
        circuit: The circuit, on n qubits; qubit n is the ancilla.
        theta: Shape (P,), radians.

    Returns:
        A plan for g, shape (P, P), with its standard errors; unbiased from two shots a circuit
        on, so that it may have negative eigenvalues. Where means vanish the errors are those of
        the products of their noise, on the safe side.

    Cost: for every rotation one circuit a block of later rotations, and the prefix states of the
    blocks; never more than R (R + 1)/2 circuits. Their two-qubit depth is that of the circuit, one
    controlled word and, where words commute but not qubit by qubit, what makes them bits.

    Reference: Li and Benjamin, arXiv:1611.09301; Mitarai and Fujii, arXiv:1901.00015; Wierichs et
    al., arXiv:2107.12390.
    """
    fixed, tests = structure(circuit), _real_tests(circuit)
    a, phi = circuit.jacobian(theta), circuit.angles(theta)
    open_entries = np.isnan(fixed.metric)

    def read(results: Sequence[Result]) -> Dense:
        readings = [_reading(test, counts) for test, (counts,) in zip(tests, results)]
        p = np.where(np.isnan(fixed.means), 0.0, fixed.means)
        c = np.where(np.isnan(fixed.products), 0.0, fixed.products)
        noise, spread = np.zeros((2, len(p), len(p)))
        for test, reading in zip(tests, readings):
            mean = test.is_mean
            r, s = test.first[~mean], test.second[~mean]
            c[r, s] = c[s, r] = reading.value[~mean]
            r, inside = test.first[mean], np.ix_(mean, mean)
            p[r] = reading.value[mean]
            noise[np.ix_(r, r)] = reading.noise[inside]
            spread[np.ix_(r, r)] = reading.covariance[inside]
        # The product of two estimates exceeds that of the means by their covariance.
        measured = (c - np.outer(p, p) + noise) / 4
        g = a.T @ np.where(open_entries, measured, fixed.metric) @ a
        g = (g + g.T) / 2
        if all(reading.is_exact for reading in readings):
            return Dense(g)
        partners = -(open_entries * p) @ a
        variance = sum(
            (_variance(test, reading, a, partners) for test, reading in zip(tests, readings)),
            np.zeros_like(g),
        )
        # Second order, of the products of means: Var(x y) for normal x and y.
        pulled = a.T @ spread @ a / 4
        variance += np.outer(np.diag(pulled), np.diag(pulled)) + pulled**2
        return Dense(g, np.sqrt(variance))

    typical = _TYPICAL_MEAN * np.sqrt(open_entries @ np.sum(a**2, axis=1))
    return Plan(_requests(tests, phi, [_norm(test, a, typical) for test in tests]), read)


def berry_curvature(circuit: Circuit, theta: ArrayLike) -> Plan[CurvatureEstimate]:
    """F_ij = 2 Im <d_i psi|d_j psi>, with the sign of `fubini.berry_curvature`.

    Args:
        circuit: The circuit, on n qubits; qubit n is the ancilla.
        theta: Shape (P,), radians.

    Returns:
        A plan for F, shape (P, P), antisymmetric, with its standard errors; unbiased.

    Cost: as the metric, without the prefix states, and without pairs of rotations whose curvature
    the structure fixes to be zero, as where they commute or the circuit is real.

    Reference: as the metric.
    """
    tests = _imaginary_tests(circuit)
    a, phi = circuit.jacobian(theta), circuit.angles(theta)

    def read(results: Sequence[Result]) -> CurvatureEstimate:
        readings = [_reading(test, counts) for test, (counts,) in zip(tests, results)]
        f = np.zeros((a.shape[1],) * 2)
        variance = np.zeros_like(f)
        for test, reading in zip(tests, readings):
            half = (a[test.first].T * reading.value) @ a[test.second] / 2
            f -= half - half.T
            # Twice the slopes of the metric.
            variance += 4 * _variance(test, reading, a, a, sign=-1)
        exact = all(reading.is_exact for reading in readings)
        return CurvatureEstimate(f, None if exact else np.sqrt(variance))

    nothing = np.zeros(len(a))
    return Plan(_requests(tests, phi, [_norm(test, a, nothing) for test in tests]), read)


@dataclass(frozen=True, eq=False)
class _Test:
    """A circuit, and what is read off its bits.

    Args:
        circuit: Without what does not influence the outcome.
        inherited: The rotations r whose angles it takes, in its order.
        words: In the letters in which qubits are measured; one entry each.
        signs: Of the words, shape (entries,).
        first: r of c_rs or p_r, shape (entries,).
        second: s of c_rs, r for p_r; shape (entries,).
    """

    circuit: Circuit
    inherited: tuple[int, ...]
    words: tuple[Pauli, ...]
    signs: Array
    first: Integers
    second: Integers

    @property
    def is_mean(self) -> Flags:
        """Which entries are means p_r, shape (entries,)."""
        return np.asarray(self.first == self.second)

    @property
    def basis(self) -> Pauli:
        """The word that measures them all."""
        x = z = 0
        for word in self.words:
            x, z = x | word.x, z | word.z
        return Pauli(x, z)


# (r, s, rotations): sign * word for c_rs, or for p_r where r = s, is a product over rotations.
_Entry = tuple[int, int, tuple[int, ...]]


@derived
def _real_tests(circuit: Circuit) -> tuple[_Test, ...]:
    fixed = structure(circuit)
    wanted = np.isnan(fixed.metric) & np.isnan(fixed.products)
    tests = list(_ancilla_tests(circuit, wanted, Pauli(1 << circuit.n_qubits, 0)))
    for block in circuit.blocks():
        means: list[_Entry] = [(r, r, (r,)) for r in block.rotations if np.isnan(fixed.means[r])]
        pairs = [(r, s, (r, s)) for r, s in combinations(block.rotations, 2) if wanted[r, s]]
        if means or pairs:
            tests.append(_test(circuit, block, [*means, *pairs]))
    return tuple(tests)


@derived
def _imaginary_tests(circuit: Circuit) -> tuple[_Test, ...]:
    y = Pauli(1 << circuit.n_qubits, 1 << circuit.n_qubits)
    return tuple(_ancilla_tests(circuit, ~structure(circuit).flat, y))


def _ancilla_tests(circuit: Circuit, wanted: Flags, letter: Pauli) -> Iterator[_Test]:
    """Tests for the wanted pairs r < s of different blocks.

    Args:
        circuit: The circuit.
        wanted: Shape (R, R).
        letter: X or Y of the ancilla.
    """
    for block in circuit.blocks():
        prefix = set(block.prefix)
        together: dict[int, list[_Entry]] = {}
        for s in block.rotations:
            earlier = np.flatnonzero(wanted[:s, s]).tolist()
            for r in set(earlier).difference(block.rotations):
                if circuit.positions[r] in prefix:
                    together.setdefault(r, []).append((r, s, (s,)))
                    continue
                # The words of the block pass rotation r, which its prefix does not hold.
                alone = Block(tuple(range(circuit.positions[s])), (s,), (_word(circuit, s),), (1,))
                yield _test(circuit, alone, [(r, s, (s,))], r, letter)
        for r, entries in sorted(together.items()):
            yield _test(circuit, block, entries, r, letter)


def _test(
    circuit: Circuit,
    block: Block,
    entries: Sequence[_Entry],
    control: int | None = None,
    letter: Pauli = _NO_LETTER,
) -> _Test:
    """The test for some entries on the prefix state of a block.

    Args:
        circuit: The circuit.
        block: Its prefix, and words of the rotations in the entries.
        entries: What is read off.
        control: The rotation whose word the ancilla controls; None for no ancilla.
        letter: Of the ancilla, in which it is measured.
    """
    used = sorted({r for *_, rotations in entries for r in rotations})
    where = {r: k for k, r in enumerate(block.rotations)}
    gates, images = _diagonalising(tuple(block.words[where[r]] for r in used))
    signs = {r: sign * block.signs[where[r]] for r, (sign, _) in zip(used, images)}
    masks = {r: word.z for r, (_, word) in zip(used, images)}
    words = [
        Pauli(letter.x, letter.z | reduce(xor, (masks[r] for r in rotations)))
        for *_, rotations in entries
    ]
    index = {position: r for r, position in enumerate(circuit.positions)}
    # Operations in order, with the rotation r where they are one of the circuit's.
    steps: list[tuple[Op, int | None]] = []
    if control is not None:
        steps.append((Gate("h", (circuit.n_qubits,)), None))
    for position in sorted(block.prefix):
        steps.append((circuit.ops[position], index.get(position)))
        if control is not None and position == circuit.positions[control]:
            steps += [(gate, None) for gate in _controlled(_word(circuit, control), circuit)]
    steps += [(gate, None) for gate in gates]
    measured = reduce(or_, (word.support for word in words))
    steps = [steps[k] for k in light_cone([op for op, _ in steps], measured)]
    return _Test(
        Circuit(
            circuit.n_qubits + (control is not None), [op for op, _ in steps], circuit.parameters
        ),
        tuple(r for _, r in steps if r is not None),
        tuple(words),
        np.array([float(np.prod([signs[r] for r in rotations])) for *_, rotations in entries]),
        np.array([r for r, *_ in entries]),
        np.array([s for _, s, _ in entries]),
    )


def _word(circuit: Circuit, r: int) -> Pauli:
    return circuit.rotations[r].pauli


def _controlled(word: Pauli, circuit: Circuit) -> list[Gate]:
    """The word, controlled by the ancilla."""
    return [Gate(f"c{word.letter(q).lower()}", (circuit.n_qubits, q)) for q in word.qubits]


def _requests(tests: Sequence[_Test], phi: Array, weights: Sequence[float]) -> tuple[Request, ...]:
    # What does not enter the parameters needs no accuracy, but a shot.
    least = 1e-3 * max(weights, default=1.0) or 1.0
    return tuple(
        Request(
            test.circuit,
            phi[list(test.inherited)][None],
            Samples(test.basis),
            weights=np.array([max(weight, least)]),
        )
        for test, weight in zip(tests, weights)
    )


def _norm(test: _Test, a: Array, typical: Array) -> float:
    """Root of the sum of |d g_theta / d entry|^2, with typical norms of the partners of means."""
    x, y = a[test.first], a[test.second]
    squares = np.sum(x**2, axis=1) * np.sum(y**2, axis=1) + np.sum(x * y, axis=1) ** 2
    means = np.sum(x**2, axis=1) * typical[test.first] ** 2
    return float(np.sqrt(2 * np.sum(np.where(test.is_mean, means, squares)))) / 4


@dataclass(frozen=True, eq=False)
class _Reading:
    """What the shots of a test say about its entries.

    Args:
        value: Shape (entries,).
        covariance: Of the values, with `PRIOR` shots; shape (entries, entries).
        noise: The same without these, unbiased.
        is_exact: Whether it comes from a distribution and not from shots.
    """

    value: Array
    covariance: Array
    noise: Array
    is_exact: bool


def _reading(test: _Test, counts: Counts) -> _Reading:
    words = test.words
    even = np.array([[float(v == w) for v in words] for w in words])
    if counts.readout is not None:
        even *= [counts.readout.overhead(word.support) for word in words]
    values = counts.signs(words) * test.signs
    mean, covariance = counts.moments(values, even * np.outer(test.signs, test.signs))
    noise = np.zeros_like(covariance)
    if not counts.is_exact:
        noise = (values.T * counts.weights) @ values - np.outer(mean, mean)
        noise /= max(counts.shots - 1, 1)
        covariance = covariance + _drift(counts, words) * np.outer(test.signs, test.signs)
    return _Reading(mean, covariance, noise, counts.is_exact)


def _drift(counts: Counts, words: Sequence[Pauli]) -> Array:
    """The covariance that comes from the errors of the readout rates, shape (words, words)."""
    total = np.zeros((len(words), len(words)))
    readout = counts.readout
    if readout is None or np.isinf(readout.shots):
        return total
    for k, one in enumerate(words):
        for j, other in enumerate(words[:k]):
            # A quadratic form in the coefficients of the words.
            plus, minus = (
                readout.drift_of_mean(
                    counts.outcomes, counts.weights, [one, other], np.array([1.0, sign])
                )
                for sign in (1.0, -1.0)
            )
            total[k, j] = total[j, k] = (plus - minus) / 4
        total[k, k] = readout.drift_of_mean(counts.outcomes, counts.weights, [one], np.array([1.0]))
    return total


def _variance(test: _Test, reading: _Reading, a: Array, partners: Array, sign: int = 1) -> Array:
    """What the entries of a test contribute to the variances of g_theta, shape (P, P).

    d g_theta / d entry = (a_r y^T + sign y a_r^T) / 4 with y = a_s for a product and, for a mean,
    `partners`: the sum of -p_s a_s over the entries (r, s) that are measured.
    """
    x, y = a[test.first], a[test.second]
    y = np.where(test.is_mean[:, None], partners[test.first], y)
    used = np.flatnonzero(np.any(x, axis=0) | np.any(y, axis=0))
    outer = x[:, used, None] * y[:, None, used]
    slopes = (outer + sign * outer.transpose(0, 2, 1)).reshape(len(x), -1) / 4
    added = np.maximum(np.sum(slopes * (reading.covariance @ slopes), axis=0), 0.0)
    total = np.zeros((a.shape[1],) * 2)
    total[np.ix_(used, used)] = added.reshape(len(used), len(used))
    return total
