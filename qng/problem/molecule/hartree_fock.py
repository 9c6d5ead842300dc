"""Hartree-Fock, by PySCF or PennyLane: from atoms to settled orbitals."""

from __future__ import annotations

from typing import Final

from qng.errors import InputError, MissingPackageError, UnknownNameError, need
from qng.problem.molecule.atoms import Atoms
from qng.problem.molecule.by_pennylane import BASES, by_pennylane
from qng.problem.molecule.by_pyscf import NotConvergedError, by_pyscf
from qng.problem.molecule.orbitals import Orbitals

METHODS: Final = ("dhf", "pyscf")
"""Solvers: that of PennyLane, and PySCF."""


__all__ = ["METHODS", "NotConvergedError", "electrons_of", "hartree_fock"]


def hartree_fock(
    atoms: Atoms,
    charge: int = 0,
    spin: int = 0,
    basis: str = "sto-3g",
    method: str | None = None,
    like: Orbitals | None = None,
) -> Orbitals:
    """Restricted Hartree-Fock orbitals of a molecule.

    Args:
        atoms: Where they are.
        charge: Net, in units of the elementary charge.
        spin: Electrons that are not paired.
        basis: A basis set that the solver knows.
        method: "dhf" (PennyLane's own, closed shells only) or "pyscf"; None: PySCF where it is
            installed.
        like: Orbitals of a neighbour, whose order and signs are followed.

    Raises:
        InputError: A charge and a spin that do not fit, or what the solver refuses.
        MissingPackageError: The solver is not installed.
        NotConvergedError: The iteration does not converge.
        UnknownNameError: An unknown method.

    Cost: a^4 numbers for a atomic orbitals.
    """
    if method is not None and method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    electrons = electrons_of(atoms, charge, spin)
    if method is None:
        method = "pyscf" if _has_pyscf() else "dhf"
        if method == "dhf" and spin:
            raise MissingPackageError("a molecule with unpaired electrons", "pyscf", "chemistry")
        if method == "dhf" and basis.lower() not in BASES:
            raise MissingPackageError(f"the basis {basis!r}", "pyscf", "chemistry")
    if method == "pyscf":
        if not _has_pyscf():
            raise MissingPackageError("method 'pyscf' ('dhf' does not)", "pyscf", "chemistry")
        found = by_pyscf(atoms, charge, spin, basis, electrons, like)
    else:
        need("pennylane", "the Hamiltonian of a molecule")
        found = by_pennylane(atoms, charge, basis, electrons)
    found = found.settled()
    return found if like is None else found.like(like)


def electrons_of(atoms: Atoms, charge: int, spin: int) -> tuple[int, int]:
    """(spin up, spin down) of a charge and a number of unpaired electrons.

    Raises:
        InputError: They do not fit together.
    """
    total = atoms.electrons - charge
    if spin < 0:
        raise InputError(f"spin is the number of unpaired electrons, at least 0, not {spin}")
    if total < 1 or spin > total:
        raise InputError(
            f"{atoms.formula} with charge {charge} has {max(total, 0)} electron(s), which is not "
            f"possible{f' with {spin} unpaired' if spin else ''}; change charge"
        )
    if (total - spin) % 2:
        if spin == 0:
            raise InputError(
                f"a closed shell needs an even number of electrons, {atoms.formula} with charge "
                f"{charge} has {total}; change charge, or give spin=1, one unpaired electron"
            )
        raise InputError(
            f"{atoms.formula} with charge {charge} has {total} electrons, of which {spin} cannot "
            f"be unpaired; change spin by one"
        )
    return (total + spin) // 2, (total - spin) // 2


def _has_pyscf() -> bool:
    try:
        need("pyscf", "")
    except MissingPackageError:
        return False
    return True
