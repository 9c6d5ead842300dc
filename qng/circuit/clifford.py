"""Commuting Pauli words made into words of Z letters by a Clifford circuit.

Words that commute have common eigenstates, and some Clifford circuit takes these to the
computational basis: one measurement of bits then gives all the words. On a qubit where all words
have the same letter, or none, a single-qubit gate does it. Elsewhere controlled Pauli gates do:

    C(A_a, B_b) = (1 + A_a)/2 + (1 - A_a)/2 B_b

multiplies a word by B_b where it anticommutes with A_a, and by A_a where it anticommutes with B_b.
With A the letter of a word on a, and B another letter than its letter on b, it clears the word
on a. So each gate makes some product of the words shorter, until that has one letter left, which
then is the only letter of all words on its qubit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import combinations, permutations
from operator import or_
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Flags
from qng.circuit.gate import Gate
from qng.circuit.heisenberg import forth
from qng.circuit.pauli import Pauli, bits
from qng.errors import InputError

# Letters as x + 2 z: the code of a product is the exclusive or of the codes.
Letters = NDArray[np.uint8]

# Gates that turn a letter into Z, and what they make of all letters.
_TO_Z: Final[tuple[tuple[str, ...], ...]] = ((), ("h",), (), ("sdg", "h"))
_IMAGES: Final = {"h": np.array([0, 2, 1, 3], np.uint8), "sdg": np.array([0, 3, 2, 1], np.uint8)}
_MOST_ROWS: Final = 100
_MOST_TIES: Final = 8


def diagonalising(
    words: Sequence[Pauli],
) -> tuple[tuple[Gate, ...], tuple[tuple[int, Pauli], ...]]:
    """A Clifford circuit U after which commuting words are words of Z letters up to sign.

    Args:
        words: Mutually commuting words.

    Returns:
        The gates of U, named h, sdg and cz, and for every word W the pair (sign, Z-word) with
        U W U^dagger = sign * Z-word. Words that have the same letter on every qubit where two of
        them act need no cz. Otherwise the number of cz is kept small by a greedy choice: 1 for XX,
        YY and ZZ, n - 1 for the words that stabilise a GHZ state of n qubits, at most
        n (n - 1) / 2.

    Raises:
        InputError: Two words that do not commute.

    Cost: for every cz a search over products of two words.

    Reference: The task is that of Gokhale et al., arXiv:1907.13623, and of van den Berg and Temme,
    Quantum 4, 322 (2020), arXiv:2003.13599.
    """
    for one, other in combinations(words, 2):
        if not one.commutes(other):
            raise InputError(
                f"the words {one} and {other} do not commute: no circuit measures both"
            )
    qubits = bits(reduce(or_, (word.support for word in words), 0))
    gates: list[Gate] = []
    letters = _letters(words, qubits)
    followed = np.zeros((0, len(qubits)), dtype=np.uint8)
    while len(mixed := np.flatnonzero(_is_mixed(letters))):
        a, b, on_b, followed = _choice(letters, followed, mixed)
        for place, letter in ((a, followed[0, a]), (b, on_b)):
            for name in _TO_Z[letter]:
                gates.append(Gate(name, (qubits[place],)))
                letters[:, place] = _IMAGES[name][letters[:, place]]
                followed[:, place] = _IMAGES[name][followed[:, place]]
        gates.append(Gate("cz", (qubits[a], qubits[b])))
        for rows in (letters, followed):
            rows[:, [a, b]] = _after(rows[:, a], rows[:, b], 2, 2)
    for place, letter in enumerate(letters.max(axis=0, initial=0)):
        gates += [Gate(name, (qubits[place],)) for name in _TO_Z[letter]]
    return tuple(gates), tuple(_image(gates, word) for word in words)


def _choice(
    letters: Letters, followed: Letters, mixed: NDArray[np.intp]
) -> tuple[int, int, int, Letters]:
    """The next controlled gate: a, b, the letter B on b, and the product that it makes shorter.

    Among the shortest products the gate is taken after which the fewest qubits are mixed, then
    the one after which the words are shortest.
    """
    candidates = _products(letters, followed, mixed)
    weights = np.count_nonzero(candidates[:, mixed], axis=1)
    shortest = candidates[weights == weights.min()][:_MOST_TIES]
    best: tuple[tuple[int, int], int, int, int, Letters] | None = None
    for row in shortest:
        support = mixed[row[mixed] > 0]
        for a, b in permutations(map(int, support), 2):
            for on_b in {1, 2, 3} - {int(row[b])}:
                changed = letters.copy()
                changed[:, [a, b]] = _after(letters[:, a], letters[:, b], int(row[a]), on_b)
                left = _is_mixed(changed)
                score = int(left.sum()), int(np.count_nonzero(changed[:, left]))
                if best is None or score < best[0]:
                    best = score, a, b, on_b, row[None]
    assert best is not None
    return best[1:]


def _products(letters: Letters, followed: Letters, mixed: NDArray[np.intp]) -> Letters:
    """What may be made shorter: words, products of two, and the product that is followed.

    As seen on the mixed qubits, without those that have no letter there.
    """
    seen = np.zeros_like(letters)
    seen[:, mixed] = letters[:, mixed]
    seen = np.unique(seen, axis=0)
    first, second = np.triu_indices(min(len(seen), _MOST_ROWS), 1)
    rows = np.concatenate([followed, seen, seen[first] ^ seen[second]])
    return rows[np.any(rows[:, mixed] > 0, axis=1)]


def _after(a: Letters, b: Letters, on_a: int, on_b: int) -> Letters:
    """Two columns of letters after the controlled Pauli gate of two letters, shape (rows, 2)."""
    flips_b = (a > 0) & (a != on_a)
    flips_a = (b > 0) & (b != on_b)
    columns = a ^ (on_a * flips_a).astype(np.uint8), b ^ (on_b * flips_b).astype(np.uint8)
    return np.stack(columns, axis=1)


def _is_mixed(letters: Letters) -> Flags:
    """On which qubits the words have different letters."""
    kinds = sum(np.any(letters == letter, axis=0).astype(int) for letter in (1, 2, 3))
    return np.asarray(kinds > 1)


def _letters(words: Sequence[Pauli], qubits: Sequence[int]) -> Letters:
    codes = [[(w.x >> q & 1) + 2 * (w.z >> q & 1) for q in qubits] for w in words]
    return np.array(codes, dtype=np.uint8).reshape(len(words), len(qubits))


def _image(gates: Sequence[Gate], word: Pauli) -> tuple[int, Pauli]:
    """U W U^dagger as (sign, word)."""
    found = forth(gates, word)
    assert found is not None, "the gates are Clifford"
    return found
