"""The energy that a molecule is compared with: of its sector, or of all that a circuit reaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from qng.circuit.pauli import PauliSum
from qng.problem.ground import ground_energy
from qng.problem.molecule import fci
from qng.problem.molecule.encoding import Encoding
from qng.problem.molecule.integrals import Integrals
from qng.problem.problem import Reference

# Qubits up to which all sectors are looked at.
_LARGEST: Final = 12

# Determinants up to which levels of other spins are looked at.
_MOST: Final = 10**4

# Levels within this many Hartree are one.
_EQUAL: Final = 1e-9

# S(S+1) of levels of one spin differ by less.
_PURE: Final = 1e-3

LOWER: Final = "there is a lower level"
"""How a reference tells of a level that the circuit cannot have."""


def reference(
    integrals: Integrals,
    encoding: Encoding,
    observable: PauliSum,
    conserves: bool,
    keeps_spin: bool,
    symmetries: Sequence[tuple[int, int]],
) -> tuple[fci.Level | None, Reference | None]:
    """(the lowest level with the right electrons, the reference of the problem).

    Args:
        integrals: Of the active space.
        encoding: Of the qubits.
        observable: On the qubits.
        conserves: Whether the circuit conserves the number of electrons and S_z: then the level is
            the reference; else it is the lowest one of all that the qubits hold.
        keeps_spin: Whether it conserves the total spin, too; else a level of other spin is the
            reference where it is lower, since the circuit can mix it in.
        symmetries: Masks of orbitals, with spin up and with spin down, whose electrons the circuit
            conserves in parity: the reference is of the parities of the reference determinant.
    """
    level = None
    if fci.is_small(integrals.orbitals, integrals.electrons):
        level = fci.lowest(integrals)
    if conserves:
        return level, None if level is None else _sector(integrals, level, keeps_spin, symmetries)
    if encoding.n_qubits > _LARGEST:
        return level, None
    electrons = sum(integrals.electrons)
    if encoding.known:
        found = ground_energy(observable)
        assert found is not None  # at most 12 qubits
        energy, words = found[0], f"{found[1]} of the qubits that are left"
        if level is not None and level.energy - energy > _EQUAL:
            words += (
                f", which does not have the right electrons ({electrons}) and spin; with these "
                f"the lowest is {level.energy:.10f} Ha"
            )
        return level, Reference(energy, words)
    n = integrals.orbitals
    lowest = {0: integrals.constant}
    for total in range(1, 2 * n + 1):
        # H does not tell spin up from spin down, so S_z = 0 or 1/2 has every level.
        lowest[total] = fci.lowest(integrals, ((total + 1) // 2, total // 2), pure=False).energy
    energy = min(lowest.values())
    how = "exact diagonalisation: the lowest eigenvalue of the qubit Hamiltonian"
    if lowest[electrons] - energy < _EQUAL:
        how += f", which has the right number of electrons ({electrons})"
    else:
        of = min(lowest, key=lambda k: lowest[k])
        how += (
            f", which has {of} electron(s); with the right number ({electrons}) the lowest is "
            f"{lowest[electrons]:.10f} Ha"
        )
    return level, Reference(float(energy), how)


def _sector(
    integrals: Integrals,
    level: fci.Level,
    keeps_spin: bool,
    symmetries: Sequence[tuple[int, int]],
) -> Reference:
    """The lowest level that the circuit can have, and those that are lower or of the right spin."""
    few = fci.determinants(integrals.orbitals, integrals.electrons) <= _MOST
    own = level
    if not fci.is_alike(integrals, level, symmetries):
        own = fci.lowest(integrals, symmetries=symmetries)
    if not keeps_spin:
        mixed = fci.lowest(integrals, pure=False, symmetries=symmetries)
        own = own if own.energy - mixed.energy < _EQUAL else mixed
    words = [_in_words(integrals, own)]
    if not np.isclose(own.square, level.square, atol=_PURE):
        word = "lower" if level.energy < own.energy else "higher"
        words.append(f"there is a {word} level with S(S+1) = {_square(level)}, {_energy(level)}")
    elif own.energy - level.energy >= _EQUAL:
        words.append(f"{LOWER} of another symmetry than the reference determinant, "
                     f"{_energy(level)}")  # fmt: skip
    if few or not keeps_spin:
        lowest = fci.lowest(integrals, pure=False)
        if min(own.energy, level.energy) - lowest.energy >= _EQUAL:
            words.append(f"{LOWER} with S(S+1) = {_square(lowest)}, {_energy(lowest)}")
    return Reference(own.energy, "; ".join(words))


def _energy(level: fci.Level) -> str:
    return f"{level.energy:.10f} Ha"


def _in_words(integrals: Integrals, level: fci.Level) -> str:
    up, down = integrals.electrons
    return (
        f"full configuration interaction, {up} electron(s) with spin up and {down} down in "
        f"{integrals.orbitals} orbitals, S(S+1) = {_square(level)}"
    )


def _square(level: fci.Level) -> str:
    return f"{abs(round(level.square, 4)):g}"
