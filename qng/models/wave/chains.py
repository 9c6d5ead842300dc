"""Exact ground energies of rings of any length: free fermions and the Bethe ansatz."""

from __future__ import annotations

from typing import Final

import numpy as np

from qng import checks
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.models.wave.cloud import among
from qng.problem.ground import ground_energy
from qng.problem.hamiltonians import heisenberg, tfim
from qng.problem.problem import Reference

_SWEEPS: Final = 10_000

# Spins up to which a magnetisation is diagonalised: at most 924 configurations.
_DIAGONALISED: Final = 12


def reference(
    hamiltonian: PauliSum, n_spins: int, magnetisation: int | None = None
) -> Reference | None:
    """The ground energy: by diagonalisation up to 12 spins, of the known rings at any even length.

    Args:
        hamiltonian: H.
        n_spins: n.
        magnetisation: Among the states with this sum of Z; None: among all.
    """
    if n_spins <= _DIAGONALISED and magnetisation is not None:
        inside = among(hamiltonian, n_spins, magnetisation).toarray()
        how = f"exact diagonalisation at magnetisation {magnetisation}"
        return Reference(float(np.linalg.eigvalsh(inside)[0]), how)
    found = ground_energy(hamiltonian) if magnetisation is None else None
    if found is not None:
        return Reference(*found)
    if n_spins % 2:
        return None
    coefficients = {word: c.real for word, c in hamiltonian}
    field = -coefficients.get(Pauli.parse("X0"), 0.0)
    coupling = -coefficients.get(Pauli.parse("Z0 Z1"), 0.0)
    if coupling and magnetisation is None and _same(hamiltonian, tfim(n_spins, field, coupling)):
        return Reference(ising_ring_energy(n_spins, field, coupling), "exact: free fermions")
    # Turned or not, its lowest state has magnetisation 0.
    plain = heisenberg(n_spins, -coupling)
    rings = (plain, marshall(plain, n_spins))
    if coupling < 0 and not magnetisation and any(_same(hamiltonian, h) for h in rings):
        value = -coupling * heisenberg_ring_energy(n_spins)
        return Reference(value, "exact: Bethe ansatz")
    return None


def marshall(hamiltonian: PauliSum, n_spins: int) -> PauliSum:
    """H after half a turn of every second spin about Z: X and Y change their signs there.

    Its levels are those of H. Of a Heisenberg antiferromagnet on two sublattices the entries off
    the diagonal become negative, so that its ground state is positive, as a real wave function is.

    Args:
        hamiltonian: H.
        n_spins: n; spins 1, 3, ... are turned.

    Reference:
        Marshall, Proc. R. Soc. A 232, 48 (1955).

    Example:
        >>> str(marshall(heisenberg(2), 2))
        '-1 X0 X1 - 1 Y0 Y1 + 1 Z0 Z1'
    """
    turned = sum(1 << q for q in range(1, n_spins, 2))
    return PauliSum(
        [(p, -c if (p.x & turned).bit_count() % 2 else c) for p, c in hamiltonian.terms]
    )


def ising_ring_energy(n_spins: int, field: float = 1.0, coupling: float = 1.0) -> float:
    """The lowest level of -J sum Z_k Z_k+1 - h sum X_k on a ring of even length.

        E_0 = - sum_k sqrt(J^2 + h^2 + 2 |J h| cos k),    k = (2 m + 1) pi / n

    Args:
        n_spins: n, even and at least 4.
        field: h.
        coupling: J; of either sign, as an even ring has two sublattices.

    Raises:
        InputError: A ring that is odd or too short.

    Reference:
        Pfeuty, Ann. Phys. 57, 79 (1970).

    Example:
        >>> round(ising_ring_energy(12), 7)
        -15.3225952
    """
    n = _even(n_spins)
    k = (2 * np.arange(n) + 1) * np.pi / n
    squares = coupling**2 + field**2 + 2 * abs(coupling * field) * np.cos(k)
    return -float(np.sqrt(np.maximum(squares, 0.0)).sum())


def heisenberg_ring_energy(n_spins: int) -> float:
    """The lowest level of sum_k sigma_k . sigma_k+1 on a ring of even length.

    n/2 rapidities solve the logarithmic Bethe equations

        n arctan(2 l_j) = pi I_j + sum_k arctan(l_j - l_k),    I_j = -(n/2 - 1)/2, ..., (n/2 - 1)/2

    and E_0 = n - sum_j 2 / (l_j^2 + 1/4).

    Args:
        n_spins: n, even and at least 4.

    Raises:
        InputError: A ring that is odd or too short, or too long for the iteration.

    Reference:
        Bethe, Z. Phys. 71, 205 (1931).

    Example:
        >>> round(heisenberg_ring_energy(22), 9)
        -39.147522607
    """
    n = _even(n_spins)
    numbers = np.arange(n // 2) - (n // 2 - 1) / 2
    rapidities = np.zeros(n // 2)
    for _ in range(_SWEEPS):
        scattered = np.arctan(rapidities[:, None] - rapidities).sum(axis=1)
        new = np.tan((np.pi * numbers + scattered) / n) / 2
        change = float(np.max(np.abs(new - rapidities)))
        rapidities = new
        if change < 1e-14 * max(1.0, float(np.max(np.abs(new)))):
            return float(n - np.sum(2 / (rapidities**2 + 0.25)))
    raise InputError(f"the Bethe equations of {n} spins were not solved by iteration")


def _even(n_spins: int) -> int:
    n = checks.whole("n_spins", n_spins, 4)
    if n % 2:
        raise InputError(f"n_spins must be even, not {n}")
    return n


def _same(one: PauliSum, other: PauliSum) -> bool:
    return dict(one.terms) == dict(other.terms)
