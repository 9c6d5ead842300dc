"""Configurations of spins: all of them, and those of one magnetisation."""

from __future__ import annotations

from typing import Final

import numpy as np

from qng import checks
from qng.arrays import Array, Integers
from qng.circuit.pauli import PauliSum
from qng.errors import InputError

MOST_SPINS: Final = 20
"""Configurations of more are not summed over."""


def indices(n_spins: int, magnetisation: int | None = None) -> Integers:
    """The statevector indices of all configurations, ascending; qubit 0 is the least bit.

    Args:
        n_spins: n.
        magnetisation: sum_i Z_i; None: any.

    Raises:
        InputError: More spins than can be summed over, or a magnetisation that they cannot have.
    """
    n = checks.whole("n_spins", n_spins, 1)
    if n > MOST_SPINS:
        raise InputError(
            f"{n} spins have 2^{n} configurations, too many to sum over (at most {MOST_SPINS} "
            "spins): take sampler=qng.models.Metropolis()"
        )
    every = np.arange(2**n)
    if magnetisation is None:
        return every
    down = spins_down(n, magnetisation)
    return np.asarray(every[np.bitwise_count(every) == down])


def spins_down(n_spins: int, magnetisation: int) -> int:
    """How many spins are -1.

    Raises:
        InputError: The magnetisation cannot be.
    """
    possible = isinstance(magnetisation, (int, np.integer)) and abs(magnetisation) <= n_spins
    if not possible or (n_spins - magnetisation) % 2:
        raise InputError(
            f"the magnetisation of {n_spins} spins is one of {-n_spins}, {2 - n_spins}, ..., "
            f"{n_spins}, not {magnetisation}"
        )
    return (n_spins - int(magnetisation)) // 2


def configurations(index: Integers, n_spins: int) -> Array:
    """Spins +1 (bit 0) and -1 (bit 1) of statevector indices, shape (N, n)."""
    bits = (np.asarray(index)[:, None] >> np.arange(n_spins)) & 1
    return np.asarray(1.0 - 2.0 * bits)


def check_conserved(hamiltonian: PauliSum, n_spins: int) -> None:
    """Refuse a Hamiltonian that changes sum_i Z_i.

    Raises:
        InputError: It does.
    """
    total = PauliSum({f"Z{q}": 1.0 for q in range(n_spins)})
    change = hamiltonian @ total - total @ hamiltonian
    size = max((abs(c) for _, c in hamiltonian), default=0.0)
    if any(abs(c) > 1e-9 * size for _, c in change):
        raise InputError(
            "the Hamiltonian changes the magnetisation sum Z, so that its states cannot be "
            "restricted to one: leave magnetisation out"
        )
