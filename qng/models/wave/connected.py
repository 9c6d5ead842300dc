"""A sum of Pauli words on configurations: where it leads from x, and with what entries.

A word P = i^|x & z| X^x Z^z flips the spins of its mask x and multiplies by those of its mask z.
Words with the same mask x lead to the same configuration y, and

    <x|H|y> = sum c (-i)^|x & z| prod_{q in z} x_q .
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from qng.arrays import Array, Flags, Integers
from qng.circuit.pauli import PauliSum, bits
from qng.errors import InputError
from qng.models.wave.wave import Numbers, Wave, logarithms

# Configurations whose ln psi is computed at once, times spins.
_AT_ONCE: Final = 2**21


@dataclass(frozen=True, eq=False)
class Connected:
    """The words of a Hamiltonian in the order of their masks x, of which there are K.

    Args:
        carried: Whether word t multiplies by spin q, shape (n, T).
        coefficients: c (-i)^|x & z|, real where all are, shape (T,).
        starts: The first word of each mask, shape (K,).
        flips: -1 where the mask flips a spin, else +1; shape (K, n).
    """

    carried: Array
    coefficients: Numbers
    starts: Integers
    flips: Array

    def entries(self, x: Array) -> Numbers:
        """<x|H|y> for the y of every mask, shape (N, K).

        Args:
            x: Spins, shape (N, n).
        """
        odd = ((1 - x) / 2 @ self.carried) % 2
        terms = (1 - 2 * odd) * self.coefficients
        return np.asarray(np.add.reduceat(terms, self.starts, axis=1))

    @property
    def stays(self) -> Flags:
        """Whether a mask flips nothing, shape (K,)."""
        return np.asarray(np.all(self.flips > 0, axis=1))


@lru_cache(maxsize=16)
def connected(hamiltonian: PauliSum, n_spins: int) -> Connected:
    """The words of a Hamiltonian by what they flip.

    Raises:
        InputError: It acts on further spins, or is not Hermitian.
    """
    if hamiltonian.n_qubits > n_spins:
        raise InputError(
            f"the Hamiltonian acts on {hamiltonian.n_qubits} spins, the wave function has {n_spins}"
        )
    terms = sorted(hamiltonian.hermitian(), key=lambda term: term[0].x)
    masks = sorted({word.x for word, _ in terms})
    first = {mask: k for k, (word, _) in reversed(list(enumerate(terms))) for mask in [word.x]}
    carried = np.zeros((n_spins, len(terms)))
    for t, (word, _) in enumerate(terms):
        carried[list(bits(word.z)), t] = 1.0
    flips = np.ones((len(masks), n_spins))
    for k, mask in enumerate(masks):
        flips[k, list(bits(mask))] = -1.0
    values = np.array([c.real * (-1j) ** (p.x & p.z).bit_count() for p, c in terms], dtype=complex)
    coefficients = values if np.any(values.imag) else values.real.copy()
    return Connected(carried, coefficients, np.array([first[m] for m in masks], dtype=int), flips)


def local_energies(
    wave: Wave, hamiltonian: PauliSum, theta: Array, x: Array, log_psi: Numbers
) -> Numbers:
    """E(x) = sum_y <x|H|y> psi(y) / psi(x).

    Args:
        wave: psi.
        hamiltonian: H, any sum of Pauli words.
        theta: Shape (P,).
        x: Spins, shape (N, n); psi(x) is not zero.
        log_psi: Of these, shape (N,).

    Returns:
        Shape (N,), complex where H or psi is.

    Cost: ln psi at the configurations that words with X or Y lead to, at most N times their masks.
    """
    words = connected(hamiltonian, wave.n_spins)
    if not len(words.starts):
        return np.zeros(len(x))
    found = []
    step = max(_AT_ONCE // max(words.flips.size, 1), 1)
    for start in range(0, len(x), step):
        now = slice(start, start + step)
        found.append(_some(words, wave, theta, x[now], log_psi[now]))
    return np.concatenate([np.zeros(0), *found])


def _some(words: Connected, wave: Wave, theta: Array, x: Array, log_psi: Numbers) -> Numbers:
    entries, stays = words.entries(x), words.stays
    energies: Numbers = entries[:, stays].sum(axis=1)
    # What is not connected is not asked for: it may lie outside what the wave function knows.
    row, mask = np.nonzero(np.where(stays, 0.0, entries))
    if not len(row):
        return energies
    ratio = np.exp(logarithms(wave, theta, x[row] * words.flips[mask]) - log_psi[row])
    parts = entries[row, mask] * ratio
    if not np.iscomplexobj(parts):
        return np.asarray(energies + np.bincount(row, parts, len(x)))
    sums = [np.bincount(row, part, len(x)) for part in (parts.real, parts.imag)]
    return np.asarray(energies + sums[0] + 1j * sums[1])
