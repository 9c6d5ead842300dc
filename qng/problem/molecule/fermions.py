"""Fermions as Pauli words, by Jordan and Wigner: a_k = Z_0 ... Z_(k-1) (X_k + i Y_k) / 2.

A mode is an orbital with a spin. What is made of modes here are words of Jordan-Wigner; an
`Encoding` takes them to other qubits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import UnknownNameError
from qng.problem.molecule.integrals import Integrals

ORDERS: Final = ("alternating", "blocked")

# Coefficients below this are rounding noise of the integrals (in Hartree).
_NOISE: Final = 1e-10


@dataclass(frozen=True)
class Modes:
    """Which mode an orbital with a spin is.

    Args:
        orbitals: n; there are 2 n modes.
        order: "alternating", spin up and down of one orbital side by side, or "blocked", all with
            spin up first.

    Raises:
        UnknownNameError: Another order.
    """

    orbitals: int
    order: str = "alternating"

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise UnknownNameError("order of modes", self.order, ORDERS)

    def mode(self, orbital: int, spin: int) -> int:
        """The mode of an orbital with spin up (0) or down (1)."""
        if self.order == "alternating":
            return 2 * orbital + spin
        return orbital + self.orbitals * spin

    def occupied(self, electrons: tuple[int, int]) -> int:
        """Mask of the modes that are filled from below."""
        pairs = [(p, spin) for spin in (0, 1) for p in range(electrons[spin])]
        return sum(1 << self.mode(p, spin) for p, spin in pairs)

    def by_spin(self, mask: int) -> tuple[int, int]:
        """A mask of modes as masks of orbitals, of those with spin up and with spin down."""
        up, down = (
            sum((mask >> self.mode(p, spin) & 1) << p for p in range(self.orbitals))
            for spin in (0, 1)
        )
        return up, down


def ladder(mode: int, creates: bool) -> PauliSum:
    """a+ or a of a mode."""
    below = (1 << mode) - 1
    x, y = Pauli(1 << mode, below), Pauli(1 << mode, below | 1 << mode)
    return PauliSum([(x, 0.5), (y, -0.5j if creates else 0.5j)])


def product(creators: Sequence[int], annihilators: Sequence[int]) -> PauliSum:
    """a+_p a+_q ... a_r a_s of modes, in the order in which they are written.

    Example:
        >>> str(product([0], [0]))
        '0.5 I - 0.5 Z0'
    """
    found = PauliSum({"I": 1.0})
    for mode in creators:
        found = found @ ladder(mode, True)
    for mode in annihilators:
        found = found @ ladder(mode, False)
    return found


def generator(creators: Sequence[int], annihilators: Sequence[int]) -> PauliSum:
    """i (T - T+) of T = a+ ... a ..., Hermitian: exp(t (T - T+)) = exp(-i t G).

    Its words commute with each other.
    """
    t = product(creators, annihilators)
    return PauliSum([(word, -2.0 * c.imag) for word, c in t if c.imag])


def hamiltonian(integrals: Integrals, modes: Modes) -> PauliSum:
    """The Hamiltonian of electrons as words of Jordan-Wigner.

    With S_pq = E_pq + E_qp (p < q), S_pp = E_pp and real orbitals,

        H = E_core + sum_p<=q [h_pq - 1/2 sum_r (pr|rq)] S_pq
            + 1/2 sum_p<=q,r<=s (pq|rs) S_pq S_rs

    Cost: n^4 products of at most 4 words.
    """
    n = integrals.orbitals
    one = integrals.one - np.einsum("prrq->pq", integrals.two) / 2
    pairs = [(p, q) for p in range(n) for q in range(p, n)]
    hops = {pair: _hop(*pair, modes) for pair in pairs}
    found: dict[Pauli, float] = {Pauli(0, 0): integrals.constant}
    for (p, q), terms in hops.items():
        for word, c in terms:
            found[word] = found.get(word, 0.0) + c * float(one[p, q])
    for k, (p, q) in enumerate(pairs):
        for r, s in pairs[: k + 1]:
            value = float(integrals.two[p, q, r, s])
            if value == 0.0:
                continue
            # S_pq S_rs + S_rs S_pq, halved: twice the words that commute, and no others.
            value *= 0.5 if (p, q) == (r, s) else 1.0
            for a, c in hops[p, q]:
                for b, d in hops[r, s]:
                    if a.commutes(b):
                        phase, word = a.times(b)
                        found[word] = found.get(word, 0.0) + value * c * d * phase.real
    return PauliSum([(word, c) for word, c in found.items() if abs(c) >= _NOISE])


def _hop(p: int, q: int, modes: Modes) -> list[tuple[Pauli, float]]:
    """S_pq as words."""
    found = PauliSum([])
    for spin in (0, 1):
        a, b = modes.mode(p, spin), modes.mode(q, spin)
        found += product([a], [b]) if p == q else product([a], [b]) + product([b], [a])
    return [(word, c.real) for word, c in found]
