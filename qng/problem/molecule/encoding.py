"""From fermions to qubits: q = A n (mod 2), and what symmetries leave out.

Qubits hold sums of occupations n of the modes: A is the identity for Jordan-Wigner, sums from the
first mode on for the parity mapping, and those of a binary tree for Bravyi-Kitaev. All of them are
Jordan-Wigner followed by CX gates, which take words to words:

    X^x -> X^(A x),    Z^z -> Z^(A^-T z)

A symmetry Z^s of all words, s . x = 0, is a qubit of its own where s is a row of A: its value is
known from the occupied modes, and it is left out ("tapered").

Reference:
    Seeley, Richard, Love, arXiv:1208.5986 (the mappings); Bravyi et al., arXiv:1701.08213
    (symmetries).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from qng.circuit.pauli import Pauli, PauliSum, bits
from qng.errors import InputError, UnknownNameError

MAPPINGS: Final = ("jordan-wigner", "parity", "bravyi-kitaev")


@dataclass(frozen=True)
class Encoding:
    """How occupations of modes become qubits.

    Args:
        rows: A, one mask of modes a sum; square and invertible over two elements.
        known: (which sum, its value) of those that are left out.
    """

    rows: tuple[int, ...]
    known: tuple[tuple[int, int], ...] = ()

    @staticmethod
    def named(name: str, modes: int) -> Encoding:
        """A mapping by its name, on as many qubits as modes.

        Raises:
            UnknownNameError: No such mapping.
        """
        if name not in MAPPINGS:
            raise UnknownNameError("mapping", name, MAPPINGS)
        if name == "jordan-wigner":
            return Encoding(tuple(1 << k for k in range(modes)))
        if name == "parity":
            return Encoding(tuple((1 << k + 1) - 1 for k in range(modes)))
        # Qubit k has the occupations of the modes below it in a Fenwick tree: as many as the
        # lowest bit of k + 1.
        widths = [(k + 1) & -(k + 1) for k in range(modes)]
        return Encoding(tuple((1 << k + 1) - (1 << k + 1 - w) for k, w in enumerate(widths)))

    def tapered(self, symmetries: Sequence[int], occupied: int) -> Encoding:
        """The encoding without a qubit for each symmetry.

        Args:
            symmetries: s, masks of modes, independent of each other.
            occupied: Mask of the modes of a state that has the wanted values.
        """
        rows, known = list(self.rows), dict(self.known)
        for mask in symmetries:
            # The highest qubit without which the sums stay independent.
            places = [k for k in self._in_rows(rows, mask) if k not in known]
            place = max(places)
            rows[place] = mask
            known[place] = (mask & occupied).bit_count() % 2
        return Encoding(tuple(rows), tuple(sorted(known.items())))

    @staticmethod
    def _in_rows(rows: Sequence[int], mask: int) -> list[int]:
        """Which rows add up to a mask."""
        inverse = _inverse(rows)
        found = 0
        for k in bits(mask):
            found ^= inverse[k]
        return list(bits(found))

    @cached_property
    def places(self) -> dict[int, int]:
        """The qubit of every sum that is not left out."""
        left = dict(self.known)
        kept = [k for k in range(len(self.rows)) if k not in left]
        return {k: q for q, k in enumerate(kept)}

    @property
    def n_qubits(self) -> int:
        """Qubits that are left."""
        return len(self.rows) - len(self.known)

    @cached_property
    def _columns(self) -> tuple[int, ...]:
        """A e_k for every mode."""
        modes = range(len(self.rows))
        return tuple(sum((row >> k & 1) << i for i, row in enumerate(self.rows)) for k in modes)

    @cached_property
    def _inverse(self) -> tuple[int, ...]:
        """The sums that give the occupation of every mode."""
        return tuple(_inverse(self.rows))

    def word(self, word: Pauli) -> tuple[int, Pauli] | None:
        """A word of Jordan-Wigner as (sign, word) on these qubits.

        Returns:
            None where it changes a sum that is left out.
        """
        x = z = 0
        for k in bits(word.x):
            x ^= self._columns[k]
        for k in bits(word.z):
            z ^= self._inverse[k]
        power = (word.x & word.z).bit_count() - (x & z).bit_count()
        for place, value in self.known:
            if x >> place & 1:
                return None
            if z >> place & 1:
                power += 2 * value
                z ^= 1 << place
        places = self.places
        moved = [sum(1 << places[k] for k in bits(mask)) for mask in (x, z)]
        return (1 if power % 4 == 0 else -1), Pauli(*moved)

    def sum(self, terms: PauliSum) -> PauliSum:
        """A sum of words of Jordan-Wigner on these qubits.

        Raises:
            InputError: It changes a sum that is left out.
        """
        found = []
        for word, c in terms:
            image = self.word(word)
            if image is None:
                raise InputError(f"{word} does not have the symmetries that were left out")
            found.append((image[1], image[0] * c))
        return PauliSum(found)

    def keeps(self, terms: PauliSum) -> bool:
        """Whether a sum of words of Jordan-Wigner changes nothing that is left out."""
        return all(self.word(word) is not None for word, _ in terms)

    def bits(self, occupied: int) -> int:
        """Mask of the qubits that are 1 in the state of some occupied modes."""
        sums = {k: (row & occupied).bit_count() % 2 for k, row in enumerate(self.rows)}
        return sum(sums[k] << q for k, q in self.places.items())


def symmetries(flips: Iterable[int], modes: int) -> list[int]:
    """A basis of all masks s with an even number of ones in s & x, for every x that is flipped.

    Args:
        flips: Masks x of words.
        modes: How many there are.
    """
    pivots: dict[int, int] = {}
    for mask in flips:
        for pivot, row in pivots.items():
            if mask >> pivot & 1:
                mask ^= row
        if mask:
            pivot = mask.bit_length() - 1
            for other, row in pivots.items():
                if row >> pivot & 1:
                    pivots[other] = row ^ mask
            pivots[pivot] = mask
    return [
        1 << free | sum(1 << pivot for pivot, row in pivots.items() if row >> free & 1)
        for free in range(modes)
        if free not in pivots
    ]


def _inverse(rows: Sequence[int]) -> list[int]:
    """A^-1 over two elements: by mode, the mask of the rows that add up to it."""
    n = len(rows)
    table = [(row, 1 << k) for k, row in enumerate(rows)]
    for k in range(n):
        pivot = next((i for i in range(k, n) if table[i][0] >> k & 1), None)
        if pivot is None:
            raise InputError("the sums of an encoding must be independent of each other")
        table[k], table[pivot] = table[pivot], table[k]
        left, right = table[k]
        table = [
            (row ^ left, of ^ right) if i != k and row >> k & 1 else (row, of)
            for i, (row, of) in enumerate(table)
        ]
    return [of for _, of in table]
