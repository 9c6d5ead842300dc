"""Hartree-Fock, by PySCF or PennyLane: from atoms to settled orbitals."""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np

from qng import checks
from qng.errors import InputError, MissingPackageError, QngError, UnknownNameError, need
from qng.problem.molecule.atoms import Atoms
from qng.problem.molecule.orbitals import Orbitals

METHODS: Final = ("dhf", "pyscf")
"""Solvers: that of PennyLane, and PySCF."""


class NotConvergedError(QngError):
    """Hartree-Fock, or coupled cluster, has not converged."""


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
    if method is None:
        method = "pyscf" if _has_pyscf() else "dhf"
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    electrons = electrons_of(atoms, charge, spin)
    if method == "pyscf":
        if not _has_pyscf():
            raise MissingPackageError("method 'pyscf' ('dhf' does not)", "pyscf", "chemistry")
        found = _by_pyscf(atoms, charge, spin, basis, electrons, like)
    else:
        need("pennylane", "the Hamiltonian of a molecule")
        found = _by_pennylane(atoms, charge, basis, electrons)
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


def _by_pyscf(
    atoms: Atoms,
    charge: int,
    spin: int,
    basis: str,
    electrons: tuple[int, int],
    like: Orbitals | None,
) -> Orbitals:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyscf import gto, scf

        try:
            molecule = gto.M(
                atom=list(zip(atoms.symbols, atoms.positions.tolist())),
                basis=basis,
                charge=charge,
                spin=spin,
                unit="Angstrom",
                verbose=0,
            )
        except (KeyError, RuntimeError, ValueError, AssertionError, OSError) as error:
            raise InputError(f"PySCF cannot build this molecule: {_line(error)}") from error
        # Integrals over atomic orbitals, and twice in between.
        checks.memory(f"the integrals of {molecule.nao} atomic orbitals", 24 * molecule.nao**4)
        field: Any = scf.RHF(molecule) if spin == 0 else scf.ROHF(molecule)
        field.conv_tol, field.conv_tol_grad, field.max_cycle = 1e-12, 1e-8, 200
        guess = None
        if like is not None:
            guess = like.density.sum(axis=0) if spin == 0 else like.density
        field.kernel(dm0=guess)
        if not field.converged:
            field = field.newton()
            field.conv_tol, field.max_cycle = 1e-12, 200
            field.kernel(field.mo_coeff, field.mo_occ)
        if not field.converged:
            raise NotConvergedError(
                f"Hartree-Fock of {atoms.formula} ({basis}) does not converge here; try another "
                "geometry or basis"
            )
        density = np.asarray(field.make_rdm1())
        if density.ndim == 2:
            density = np.array([density, density]) / 2
        repulsion = molecule.intor("int2e")
        # The occupied ones come first, also where their energies are not the lowest.
        order = np.argsort(-np.asarray(field.mo_occ), kind="stable")
        return Orbitals(
            constant=float(molecule.energy_nuc()),
            hcore=np.asarray(field.get_hcore()),
            repulsion=np.asarray(repulsion),
            overlap=np.asarray(field.get_ovlp()),
            coefficients=np.asarray(field.mo_coeff)[:, order],
            energies=np.asarray(field.mo_energy)[order],
            electrons=electrons,
            density=density,
            source="Hartree-Fock by PySCF",
        )


def _by_pennylane(atoms: Atoms, charge: int, basis: str, electrons: tuple[int, int]) -> Orbitals:
    if electrons[0] != electrons[1]:
        raise InputError(
            "method 'dhf' is for closed shells; with unpaired electrons give method='pyscf'"
        )
    import pennylane as qml

    try:
        molecule = qml.qchem.Molecule(list(atoms.symbols), atoms.positions, charge=charge,
                                      basis_name=basis, unit="angstrom")  # fmt: skip
    except (ValueError, KeyError) as error:
        raise InputError(f"PennyLane cannot build this molecule: {_line(error)}") from error
    try:
        energies, c, _, hcore, repulsion = qml.qchem.scf(molecule)()
        overlap = qml.qchem.overlap_matrix(molecule.basis_set)()
        nuclei = float(
            qml.qchem.nuclear_energy(molecule.nuclear_charges, molecule.coordinates)()[0]
        )
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(f"PennyLane cannot solve this molecule: {_line(error)}") from error
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


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
