r"""Random measurement bases that are 2-designs, and the gates that measure in them.

A stabiliser basis is the common eigenbasis of n independent commuting words. By H on some qubits
they become X_i Z^Theta_i, Theta symmetric, and those are measured by CZ on the pairs with
Theta_ij = 1, S on the qubits with Theta_ii = 1, and H on all qubits.

    clifford             one of all stabiliser bases, each as likely as the others: what a
                         uniformly random Clifford circuit measures
    mutually-unbiased    different ones of N + 1 bases, N = 2^n, in which every word other than
                         the identity is measured exactly once: Z, and without H those with
                         Theta_ij = h_(i+j) for the 2^n sequences h that obey an irreducible
                         recursion of order n; all behind one uniformly random Clifford circuit

The states of either kind are a 2-design: averages of p_x p_y over them are those over all states.
Without the random circuit in front, what a circuit of few gates does would often be seen by one of
the N + 1 bases only, that of Z, and by all other draws be missed together.

Reference: Theta of a field: Wootters and Fields, Ann. Phys. 191, 363 (1989); as stabilisers:
Bandyopadhyay et al., arXiv:quant-ph/0103162.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import xor
from typing import Final

import numpy as np

from qng import checks
from qng.circuit.gate import Gate
from qng.errors import InputError, UnknownNameError
from qng.seeds import Key, generator

CLIFFORD: Final = "clifford"
UNBIASED: Final = "mutually-unbiased"
KINDS: Final = (CLIFFORD, UNBIASED)

LEAST: Final = 8
"""Bases, where there are more: their scatter says how far their mean is from that over all."""


@dataclass(frozen=True)
class Basis:
    """A stabiliser basis.

    Args:
        turned: Mask of the qubits with an H of their own.
        theta: Rows of Theta, symmetric, as masks.
    """

    turned: int
    theta: tuple[int, ...]

    @property
    def gates(self) -> tuple[Gate, ...]:
        """What is run before all qubits are measured in Z; H H is left out."""
        return tuple(self._gates())

    def _gates(self) -> Iterator[Gate]:
        rows = list(enumerate(self.theta))
        plain = [q for q, row in rows if self.turned >> q & 1 and not row]
        for q, _ in rows:
            if self.turned >> q & 1 and q not in plain:
                yield Gate("h", (q,))
        for q, row in rows:
            yield from (Gate("cz", (p, q)) for p in range(q) if row >> p & 1)
            if row >> q & 1:
                yield Gate("s", (q,))
        for q, _ in rows:
            if q not in plain:
                yield Gate("h", (q,))


@dataclass(frozen=True)
class Drawn:
    """Random bases.

    Args:
        bases: K of them.
        share: Which share of all that there are, K / (N + 1), where they differ; 0 where every one
            is drawn from all.
    """

    bases: tuple[Basis, ...]
    share: float


def drawn(n: int, count: int, kind: str, seed: Key) -> Drawn:
    """Random bases of a kind.

    Args:
        n: Qubits.
        count: K; all N + 1 of `UNBIASED` where these are fewer.
        kind: One of `KINDS`.
        seed: Of the draw.

    Raises:
        UnknownNameError: Another kind.
        InputError: Fewer than `LEAST` bases, where these are not all.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of random bases", kind, KINDS)
    rng, asked = generator(seed), checks.whole("bases", count, 1)
    there_are = 2**n + 1 if kind == UNBIASED else np.inf
    if asked < min(LEAST, there_are):
        raise InputError(
            f"bases must be at least {min(LEAST, there_are)}, not {asked}: the scatter of fewer "
            "does not say how far their mean is off"
        )
    if kind == CLIFFORD:
        return Drawn(tuple(of_words(n, _frame(n, rng)[n:]) for _ in range(asked)), 0.0)
    k, images = min(asked, 2**n + 1), _frame(n, rng)
    numbers = rng.choice(2**n + 1, size=k, replace=False).tolist()
    moved = ([_moved(word, images) for word in _unbiased(n, number)] for number in numbers)
    return Drawn(tuple(of_words(n, words) for words in moved), k / there_are)


def _unbiased(n: int, number: int) -> list[int]:
    """The words of one of the N + 1 mutually unbiased bases; the last is that of Z."""
    if number == 2**n:
        return [1 << n + k for k in range(n)]
    taps = recursion(n)
    sequence = [number >> k & 1 for k in range(n)]
    for k in range(n - 1):
        sequence.append(sum(sequence[k + j] for j in range(n) if taps >> j & 1) & 1)
    return [1 << i | _mask(sequence[i : i + n]) << n for i in range(n)]


@cache
def recursion(n: int) -> int:
    """The least c, as a mask, for which x^n + sum_j c_j x^j is irreducible over two elements."""
    return next(c for c in range(1, 2**n) if _is_irreducible(2**n | c, n))


def _is_irreducible(polynomial: int, n: int) -> bool:
    """Rabin's test: x^(2^n) = x modulo it, and x^(2^(n/p)) - x has no factor of it, p | n prime."""
    powers = [2 % polynomial if n > 1 else _rest(2, polynomial)]
    for _ in range(n):
        powers.append(_product(powers[-1], powers[-1], polynomial))
    if powers[n] != powers[0]:
        return False
    primes = [p for p in range(2, n + 1) if n % p == 0 and all(p % q for q in range(2, p))]
    return all(_divisor(polynomial, powers[n // p] ^ powers[0]) == 1 for p in primes)


def _product(a: int, b: int, modulus: int) -> int:
    """a b of polynomials, modulo a third."""
    found = 0
    while b:
        found ^= a if b & 1 else 0
        a, b = _rest(a << 1, modulus), b >> 1
    return _rest(found, modulus)


def _rest(a: int, modulus: int) -> int:
    size = modulus.bit_length()
    while a.bit_length() >= size:
        a ^= modulus << a.bit_length() - size
    return a


def _divisor(a: int, b: int) -> int:
    """The greatest common divisor."""
    while b:
        a, b = b, _rest(a, b)
    return a


def _frame(n: int, rng: np.random.Generator) -> list[int]:
    """What a uniformly random Clifford circuit makes of X_0, ..., Z_0, ..., but for signs.

    A uniformly random word, made to commute with the pairs so far by their other halves, is a
    uniformly random one of those that do.
    """
    x: list[int] = []
    z: list[int] = []
    while len(z) < n:
        one = 0
        while not one:
            one = _commuting(_word(n, rng), x, z, n)
        other = 0
        while not _anticommute(one, other, n):
            other = _commuting(_word(n, rng), x, z, n)
        z.append(one)
        x.append(other)
    return x + z


def _moved(word: int, images: Sequence[int]) -> int:
    """The product of the images of the letters of a word."""
    return reduce(xor, (image for bit, image in enumerate(images) if word >> bit & 1), 0)


def of_words(n: int, words: Sequence[int]) -> Basis:
    """The basis of n independent commuting words, x + 2^n z.

    In reduced form the words with an x have their leading ones on some qubits, and those without
    have a z on each of the others: H there gives every word an x of its own.
    """
    ones, rows = 2**n - 1, _reduced(list(words), n)
    leading = [row & -row for row in rows if row & ones]
    turned = ones & ~sum(leading)
    swapped = [_with_h(row, turned, n) for row in rows]
    rows = sorted(_reduced(swapped, n), key=lambda row: row & ones)
    return Basis(turned, tuple(row >> n for row in rows))


def _reduced(rows: list[int], n: int) -> list[int]:
    """Row by row in reduced echelon form, in the order of the bits from the lowest on, the x."""
    done = 0
    for bit in range(n):
        pivot = next((k for k in range(done, len(rows)) if rows[k] >> bit & 1), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for k, row in enumerate(rows):
            if k != done and row >> bit & 1:
                rows[k] = row ^ rows[done]
        done += 1
    return rows


def _with_h(word: int, mask: int, n: int) -> int:
    """A word after H on the qubits of a mask, but for its sign."""
    low = (1 << n) - 1
    x, z = word & low, word >> n
    return (x & ~mask | z & mask) | (z & ~mask | x & mask) << n


def _commuting(word: int, x: Sequence[int], z: Sequence[int], n: int) -> int:
    """The word times the halves of pairs for which it commutes with all of them."""
    for one, other in zip(x, z):
        with_one, with_other = _anticommute(word, one, n), _anticommute(word, other, n)
        word ^= (other if with_one else 0) ^ (one if with_other else 0)
    return word


def _anticommute(one: int, other: int, n: int) -> bool:
    low = 2**n - 1
    odd = ((one & low) & (other >> n)).bit_count() + ((one >> n) & (other & low)).bit_count()
    return bool(odd & 1)


def _word(n: int, rng: np.random.Generator) -> int:
    return _mask(rng.integers(2, size=2 * n).tolist())


def _mask(flags: Sequence[int]) -> int:
    return sum(int(flag) << k for k, flag in enumerate(flags))
