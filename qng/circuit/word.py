"""Pauli words.

A word is two bit masks: P = i^|x & z| X^x Z^z, so qubit q carries X, Y or Z where the bits
(x, z) are (1, 0), (1, 1), (0, 1). Text is sparse, "Z0 Y3", and leaves no endianness to guess;
"I" is the identity. Masks are as long as the highest qubit number, which is therefore bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from qng.errors import InputError, shown

MOST_QUBITS: Final = 10_000
"""Of a circuit, and of a word: qubits are numbered below it."""

_FACTOR: Final = re.compile(r"([XYZ])([0-9]+)")

# Words whose products with all others are held at one time.
_ROWS: Final = 1000


@dataclass(frozen=True, slots=True, order=True)
class Pauli:
    """One Pauli word.

    Args:
        x: Mask of the qubits that carry X or Y.
        z: Mask of the qubits that carry Z or Y.

    Example:
        >>> Pauli.parse("Z0 Y3")
        Pauli('Z0 Y3')
        >>> Pauli.parse("X0").commutes(Pauli.parse("Z0"))
        False
    """

    x: int
    z: int

    @staticmethod
    def parse(text: str) -> Pauli:
        """A word from its text, such as "Z0 Y3" or "I".

        Raises:
            InputError: The text is not a Pauli word, names a qubit twice, or one that is too high.
        """
        if not isinstance(text, str):
            raise InputError(f"a Pauli word is text such as 'Z0 Y3', not {text!r}")
        x = z = 0
        for factor in text.split():
            if factor == "I":
                continue
            match = _FACTOR.fullmatch(factor)
            if match is None:
                raise InputError(
                    f"{text!r} is not a Pauli word; write letters with qubit numbers, as 'Z0 Y3'"
                )
            digits = match[2].lstrip("0") or "0"
            # Python reads no number of thousands of digits.
            bit = 1 << qubit_number(int(digits) if len(digits) < 100 else MOST_QUBITS)
            if (x | z) & bit:
                raise InputError(f"the Pauli word {text!r} names qubit {digits} twice")
            x |= bit if match[1] in "XY" else 0
            z |= bit if match[1] in "YZ" else 0
        return Pauli(x, z)

    @staticmethod
    def on(letters: Iterable[str], qubits: Iterable[int]) -> Pauli:
        """A word from letters I, X, Y, Z and the qubits that carry them.

        Raises:
            InputError: Another letter, a qubit twice, or one that is no whole number from 0 to
                `MOST_QUBITS` - 1.
        """
        x = z = seen = 0
        for letter, q in zip(letters, map(qubit_number, qubits)):
            if letter not in ("I", "X", "Y", "Z") or seen >> q & 1:
                raise InputError(
                    f"a Pauli word has letters I, X, Y, Z on distinct qubits, not {letter!r} on {q}"
                )
            seen |= 1 << q
            x |= (letter in "XY") << q
            z |= (letter in "YZ") << q
        return Pauli(x, z)

    def __str__(self) -> str:
        return " ".join(f"{self.letter(q)}{q}" for q in self.qubits) or "I"

    def __repr__(self) -> str:
        return f"Pauli({str(self)!r})"

    @property
    def support(self) -> int:
        """Mask of the qubits on which the word acts."""
        return self.x | self.z

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubits on which the word acts, ascending."""
        return bits(self.support)

    @property
    def weight(self) -> int:
        """How many qubits the word acts on."""
        return self.support.bit_count()

    def letter(self, qubit: int) -> str:
        """The letter I, X, Y or Z on one qubit."""
        return "IXZY"[(self.x >> qubit & 1) + 2 * (self.z >> qubit & 1)]

    def moved(self, places: Sequence[int] | Mapping[int, int]) -> Pauli:
        """The word with the letter of qubit k on qubit places[k]."""
        return Pauli(moved(self.x, places), moved(self.z, places))

    def commutes(self, other: Pauli) -> bool:
        """Whether the two words commute."""
        return ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) % 2 == 0

    def commutes_qubitwise(self, other: Pauli) -> bool:
        """Whether the letters agree on every qubit where both act."""
        both = self.support & other.support
        return (self.x ^ other.x) & both == 0 and (self.z ^ other.z) & both == 0

    def times(self, other: Pauli) -> tuple[complex, Pauli]:
        """(phase, word) of the product self other."""
        x, z = self.x ^ other.x, self.z ^ other.z
        # Moving Z^z1 past X^x2 costs (-1)^|z1 & x2|; the i's of the Y letters are collected.
        power = (
            (self.x & self.z).bit_count()
            + (other.x & other.z).bit_count()
            + 2 * (self.z & other.x).bit_count()
            - (x & z).bit_count()
        ) % 4
        return (1, 1j, -1, -1j)[power], Pauli(x, z)


def qubit_number(qubit: Any) -> int:
    """The number of a qubit.

    Raises:
        InputError: No whole number, below 0, or not below `MOST_QUBITS`.
    """
    whole = isinstance(qubit, (int, np.integer)) and not isinstance(qubit, bool)
    if whole and 0 <= qubit < MOST_QUBITS:
        return int(qubit)
    raise InputError(f"a qubit is a whole number from 0 to {MOST_QUBITS - 1}, not {shown(qubit)}")


@lru_cache(maxsize=4096)
def bits(mask: int) -> tuple[int, ...]:
    """The positions of the set bits, ascending."""
    return tuple(q for q in range(mask.bit_length()) if mask >> q & 1)


def moved(mask: int, places: Sequence[int] | Mapping[int, int]) -> int:
    """The mask with bit k at places[k]."""
    return sum(1 << places[k] for k in bits(mask))


def commuting(words: Sequence[Pauli]) -> bool:
    """Whether all words commute with each other. Cost: a product of matrices of their bits."""
    if not any(p.x for p in words):
        return True
    n = max(p.support.bit_length() for p in words)
    x, z = (
        np.array([[mask >> q & 1 for q in range(n)] for mask in masks], dtype=float)
        for masks in ([p.x for p in words], [p.z for p in words])
    )
    for k in range(0, len(words), _ROWS):
        rows = slice(k, k + _ROWS)
        if np.any((x[rows] @ z.T + z[rows] @ x.T) % 2):
            return False
    return True
