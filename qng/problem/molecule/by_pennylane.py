"""Hartree-Fock by PennyLane, of closed shells."""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.errors import InputError, line_of
from qng.problem.molecule.atoms import Atoms
from qng.problem.molecule.orbitals import Orbitals

BASES: Final = ("sto-3g", "6-31g", "6-311g", "cc-pvdz")
"""Those that come with PennyLane."""


def by_pennylane(atoms: Atoms, charge: int, basis: str, electrons: tuple[int, int]) -> Orbitals:
    """Orbitals by PennyLane's own solver, not settled yet; arguments as of `hartree_fock`.

    Raises:
        InputError: Unpaired electrons, or what the solver refuses.
    """
    if electrons[0] != electrons[1]:
        raise InputError(
            "method 'dhf' is for closed shells; with unpaired electrons give method='pyscf'"
        )
    import pennylane as qml

    try:
        molecule = qml.qchem.Molecule(list(atoms.symbols), atoms.positions, charge=charge,
                                      basis_name=basis, unit="angstrom")  # fmt: skip
    except (ValueError, KeyError) as error:
        raise InputError(f"PennyLane cannot build this molecule: {line_of(error)}") from error
    try:
        energies, c, _, hcore, repulsion = qml.qchem.scf(molecule)()
        overlap = qml.qchem.overlap_matrix(molecule.basis_set)()
        nuclei = float(
            qml.qchem.nuclear_energy(molecule.nuclear_charges, molecule.coordinates)()[0]
        )
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(f"PennyLane cannot solve this molecule: {line_of(error)}") from error
    coefficients = np.asarray(c)
    occupied = coefficients[:, : electrons[0]]
    return Orbitals(
        constant=nuclei,
        hcore=np.asarray(hcore),
        repulsion=np.asarray(repulsion),
        overlap=np.asarray(overlap),
        coefficients=coefficients,
        energies=np.asarray(energies),
        electrons=electrons,
        density=np.array([occupied @ occupied.T] * 2),
        source="Hartree-Fock by PennyLane (dhf)",
    )
