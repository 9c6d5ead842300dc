"""The words of observables, grouped by the measurement bases that serve them.

    <H> = c + sum_g sum_(W in g) c_W <W>

c holds the identity and the words whose means the circuit fixes; the words of a group g commute
qubit by qubit, so that one basis measures them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.heisenberg import known_mean
from qng.circuit.pauli import Pauli, PauliSum


@dataclass(frozen=True)
class Group:
    """Words that one basis serves.

    Args:
        basis: Every qubit on which one of them acts, in its letter.
        words: The words.
        size: The root of the sum of their squared coefficients. Words that were independent would
            have that standard deviation, and the best numbers of shots are in its proportion.
    """

    basis: Pauli
    words: tuple[Pauli, ...]
    size: float

    def words_of(self, observable: PauliSum) -> tuple[tuple[Pauli, ...], tuple[float, ...]]:
        """Those of the words that an observable has, and their coefficients c_W there."""
        terms = dict(observable.terms)
        own = tuple(word for word in self.words if word in terms)
        return own, tuple(terms[word].real for word in own)


@derived
def grouped(circuit: Circuit, observables: tuple[PauliSum, ...]) -> tuple[Group, ...]:
    """Groups of the words of several observables, measured together, that are to be measured.

    A word of several observables counts with the root of the sum of its squared coefficients.
    """
    squares: dict[Pauli, float] = {}
    for observable in observables:
        for word, c in observable:
            if word.support and known_mean(circuit, word) is None:
                squares[word] = squares.get(word, 0.0) + abs(c) ** 2
    joint = PauliSum([(word, square**0.5) for word, square in squares.items()])
    return tuple(_group(terms) for terms in joint.qubitwise_groups())


def _group(terms: PauliSum) -> Group:
    x = z = 0
    for word, _ in terms:
        x, z = x | word.x, z | word.z
    size = float(np.sqrt(sum(abs(c) ** 2 for _, c in terms)))
    return Group(Pauli(x, z), tuple(word for word, _ in terms), size)


@derived
def constant(circuit: Circuit, observable: PauliSum) -> float:
    """What of <H> needs no measurement: the identity, and words with known means."""
    total = 0.0
    for word, c in observable:
        known = 1 if word.support == 0 else known_mean(circuit, word)
        total += c.real * (known or 0)
    return total
