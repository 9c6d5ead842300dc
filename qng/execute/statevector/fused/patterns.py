"""The planes of PAIR passes by local pattern: what of them the circuit alone decides.

In the plane (j, j ^ x), j without the highest bit of x, a pass turns by

    sum_k s_k phi_k (-1)^|j & z_k| / 2

so by the parities |j & z_k| and by nothing else of j. The j with even parities are a vector space K
over GF(2), those with any others are base ^ K. Where the z_k span r dimensions there are 2^r bases:
few for the words of an excitation, which differ on the qubits that they flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Integers
from qng.circuit.pauli import Pauli

# Stretches of neighbours that are shorter than a vector are taken one by one.
_SHORTEST: Final = 8


@dataclass(frozen=True, eq=False)
class Patterns:
    """Of several passes, one after the other.

    Args:
        bounds: Of every pass: where its bases start and end, where its part of `inside` starts and
            ends, and how many neighbours each index of that part stands for; shape (T, 5).
        bases: One index of every pattern.
        inside: The first indices of the stretches of neighbours of which K consists: of one index,
            or of at least as many as a vector has.
    """

    bounds: Integers
    bases: Integers
    inside: Integers


def patterns(passes: Sequence[Sequence[Pauli]], n_qubits: int) -> Patterns:
    """The patterns of PAIR passes, by their words; other passes have no words here."""
    bounds = np.zeros((len(passes), 5), dtype=np.int64)
    bases = [np.zeros(0, dtype=np.int64)]
    inside = [np.zeros(0, dtype=np.int64)]
    n_bases = n_inside = 0
    for k, words in enumerate(passes):
        if not words:
            continue
        own_bases, own_inside, run = _patterns(words, n_qubits)
        ends = n_bases + len(own_bases), n_inside + len(own_inside)
        bounds[k] = n_bases, ends[0], n_inside, ends[1], run
        n_bases, n_inside = ends
        bases.append(own_bases)
        inside.append(own_inside)
    return Patterns(bounds, np.concatenate(bases), np.concatenate(inside).astype(np.int32))


def _patterns(words: Sequence[Pauli], n_qubits: int) -> tuple[Integers, Integers, int]:
    """The bases of one pass, the stretches of K, and their length."""
    x = words[0].x
    pivot = x.bit_length() - 1
    basis = _reduced({word.z & ~(1 << pivot) for word in words})
    free = [q for q in range(n_qubits) if q != pivot and q not in basis]
    # A bit of j that is free changes parities: the leading bits make them even again.
    directions = [
        (1 << q) | sum(1 << lead for lead, v in basis.items() if v >> q & 1) for q in free
    ]
    same = 0
    while same < len(free) and directions[same] == 1 << same and not x >> same & 1:
        same += 1
    same = same if 1 << same >= _SHORTEST else 0
    return _span([1 << lead for lead in sorted(basis)]), _span(directions[same:]), 1 << same


def _reduced(vectors: set[int]) -> dict[int, int]:
    """A basis of a span over GF(2), by leading bits, each of which is in one vector alone."""
    basis: dict[int, int] = {}
    for v in sorted(vectors):
        for lead, other in basis.items():
            if v >> lead & 1:
                v ^= other
        if v:
            new = v.bit_length() - 1
            basis = {lead: b ^ v if b >> new & 1 else b for lead, b in basis.items()}
            basis[new] = v
    return basis


def _span(vectors: Sequence[int]) -> Integers:
    """All sums over GF(2)."""
    found = np.zeros(1, dtype=np.int64)
    for v in vectors:
        found = np.concatenate([found, found ^ v])
    return found
