"""Covariances of words as means of words: products of words are words.

C_rs = Re <P_r P_s> - <P_r> <P_s>,    Re P_r P_s = +-W_rs where they commute, else 0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Array, Integers
from qng.circuit.pauli import Pauli
from qng.errors import InputError

MOST_PRODUCTS: Final = 2**17

_MOST_QUBITS: Final = 62


@dataclass(frozen=True, eq=False)
class Products:
    """The words that C is made of.

    Args:
        words: All distinct ones, P_r first, in order; then those of the products.
        first: r of the pairs r < s that commute, shape (pairs,).
        second: s of these.
        places: Which of the words W_rs is.
        signs: Its sign.
        size: m, how many words there are of P_r.
    """

    words: tuple[Pauli, ...]
    first: Integers
    second: Integers
    places: Integers
    signs: Array
    size: int

    def place(self, words: Sequence[Pauli]) -> Integers:
        """Where words stand among all of them."""
        return np.array([self._numbers[word] for word in words], dtype=np.int64)

    @cached_property
    def _numbers(self) -> dict[Pauli, int]:
        return {word: k for k, word in enumerate(self.words)}


@lru_cache(maxsize=32)
def products(words: tuple[Pauli, ...]) -> Products:
    """The products of all pairs of distinct words, none of which is the identity.

    Raises:
        InputError: More than `MOST_PRODUCTS` words, or letters beyond qubit 61.

    Cost: the square of their number.
    """
    if max(word.support.bit_length() for word in words) > _MOST_QUBITS:
        raise InputError(f"covariances are had of words on the first {_MOST_QUBITS} qubits")
    x, z = (np.array(masks, dtype=np.int64) for masks in zip(*((w.x, w.z) for w in words)))
    r, s = np.triu_indices(len(words), 1)
    odd = (np.bitwise_count(x[r] & z[s]) + np.bitwise_count(z[r] & x[s])) & 1
    r, s = r[odd == 0], s[odd == 0]
    both_x, both_z = x[r] ^ x[s], z[r] ^ z[s]
    # The power of i of the product, as in `Pauli.times`; it is even where the words commute.
    y = np.bitwise_count(x & z).astype(np.int64)
    power = y[r] + y[s] + 2 * np.bitwise_count(z[r] & x[s]).astype(np.int64)
    power -= np.bitwise_count(both_x & both_z)
    signs = 1.0 - np.mod(power, 4)
    keys = np.stack([np.concatenate([x, both_x]), np.concatenate([z, both_z])], axis=1)
    places, known = _numbered(keys)
    if len(known) > MOST_PRODUCTS:
        raise InputError(
            f"the covariance of {len(words)} words has {len(known)} words, more than "
            f"{MOST_PRODUCTS}: take fewer words, or a weight of one number a word"
        )
    found = tuple(Pauli(int(a), int(b)) for a, b in known)
    return Products(found, r, s, places[len(words) :], signs, len(words))


def _numbered(keys: Integers) -> tuple[NDArray[np.intp], Integers]:
    """The number of every row among the distinct ones, which are in order of appearance."""
    distinct, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse.ravel()], distinct[order]
