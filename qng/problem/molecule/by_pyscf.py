"""Hartree-Fock by PySCF."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng import checks
from qng.errors import InputError, QngError, line_of
from qng.problem.molecule.atoms import Atoms
from qng.problem.molecule.orbitals import Orbitals

# How often a saddle is left.
_DESCENTS: Final = 4

# Of the energy in the turns of orbitals, in Hartree, where it is converged.
_GRADIENT: Final = 1e-10

# Energies that differ by less are of one solution, in Hartree.
_LOWER: Final = 1e-7


class NotConvergedError(QngError):
    """Hartree-Fock, or coupled cluster, has not converged."""


def by_pyscf(
    atoms: Atoms,
    charge: int,
    spin: int,
    basis: str,
    electrons: tuple[int, int],
    like: Orbitals | None,
) -> Orbitals:
    """Orbitals by PySCF, not settled yet; arguments as of `hartree_fock`.

    Where the solution is a saddle of the energy, a lower one with as many symmetries is taken; of
    others the source tells.

    Args:
        atoms: Where they are.
        charge: Net charge.
        spin: Unpaired electrons.
        basis: A basis set, with its effective core potentials.
        electrons: Spin up and down, of all shells.
        like: A neighbour, whose density is where the iteration starts.

    Raises:
        InputError: A basis that there is not.
        NotConvergedError: The iteration does not converge.
    """
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
                ecp={s: basis for s in dict.fromkeys(atoms.symbols) if _has_potential(s, basis)},
                verbose=0,
            )
        except (KeyError, RuntimeError, ValueError, AssertionError, OSError) as error:
            raise InputError(f"PySCF cannot build this molecule: {line_of(error)}") from error
        replaced = (sum(electrons) - int(molecule.nelectron)) // 2
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
        _polished(field)
        occupied = (electrons[0] - replaced, electrons[1] - replaced)
        found = _orbitals(field, molecule, occupied, replaced)
        return _descended(field, molecule, found)


def _polished(field: Any) -> None:
    """Converge further, as far as rounding lets it: what symmetry makes zero is zero then."""
    kept = field.e_tot, field.mo_energy, field.mo_coeff, field.mo_occ
    field.conv_tol, field.conv_tol_grad, field.max_cycle = 1e-11, _GRADIENT, 50
    field.kernel(dm0=field.make_rdm1())
    if not field.converged or abs(field.e_tot - kept[0]) > _LOWER:
        field.e_tot, field.mo_energy, field.mo_coeff, field.mo_occ = kept


def _orbitals(field: Any, molecule: Any, electrons: tuple[int, int], replaced: int) -> Orbitals:
    density = np.asarray(field.make_rdm1())
    if density.ndim == 2:
        density = np.array([density, density]) / 2
    # The occupied ones come first, also where their energies are not the lowest.
    order = np.argsort(-np.asarray(field.mo_occ), kind="stable")
    source = "Hartree-Fock by PySCF"
    if replaced:
        source += f" with effective core potentials for {replaced} orbital(s)"
    return Orbitals(
        constant=float(molecule.energy_nuc()),
        hcore=np.asarray(field.get_hcore()),
        repulsion=np.asarray(molecule.intor("int2e")),
        overlap=np.asarray(field.get_ovlp()),
        coefficients=np.asarray(field.mo_coeff)[:, order],
        energies=np.asarray(field.mo_energy)[order],
        electrons=electrons,
        density=density,
        source=source,
        replaced=replaced,
    )


def _descended(field: Any, molecule: Any, found: Orbitals) -> Orbitals:
    """The lowest solution to be found that has as many symmetries; where others go lower, told so.

    A solution is a minimum where no turn of its orbitals lowers its energy (its internal
    stability); from a saddle it is gone down along the unstable turn.
    """
    if len(set(np.asarray(field.mo_occ).tolist())) == 1:
        return found  # no orbital can be turned into another
    for _ in range(_DESCENTS):
        try:
            orbitals, _, stable, _ = field.stability(return_status=True)
        except RuntimeError:  # PySCF looks along the gradient, which is zero to the last bit
            break
        if stable:
            break
        below = field.newton()
        below.conv_tol, below.conv_tol_grad, below.max_cycle = 1e-12, 1e-7, 100
        below.kernel(orbitals, field.mo_occ)
        if below.e_tot > field.e_tot - _LOWER:
            break
        lower = _orbitals(below, molecule, found.electrons, found.replaced)
        if not below.converged or lower.parities() < found.parities():
            words = (
                f"{found.source} (a saddle: orbitals of less symmetry have {below.e_tot:.6f} Ha)"
            )
            return replace(found, source=words)
        _polished(below)
        field, found = below, _orbitals(below, molecule, found.electrons, found.replaced)
    return found


def _has_potential(symbol: str, basis: str) -> bool:
    """Whether a basis is one of valence, and has a potential in the place of the core."""
    from pyscf import gto

    try:
        return bool(gto.basis.load_ecp(basis, symbol))
    except (KeyError, RuntimeError, OSError):  # not known, or for other elements
        return False
