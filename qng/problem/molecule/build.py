"""From atoms to a problem: orbitals, integrals, qubits, an ansatz, an energy to compare with."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.problem.molecule import fci
from qng.problem.molecule.atoms import Atoms, read_atoms
from qng.problem.molecule.circuits import on_modes, on_qubits
from qng.problem.molecule.encoding import Encoding, symmetries
from qng.problem.molecule.excitations import Ansatz
from qng.problem.molecule.fcidump import is_fcidump, read_fcidump
from qng.problem.molecule.fermions import Modes, hamiltonian
from qng.problem.molecule.hartree_fock import hartree_fock
from qng.problem.molecule.integrals import Integrals, chosen
from qng.problem.molecule.options import USUAL, Options
from qng.problem.molecule.orbitals import LEVEL, Orbitals
from qng.problem.molecule.reference import reference
from qng.problem.molecule.titles import source_of, title_of
from qng.problem.problem import Problem
from qng.problem.symmetries import of_electrons


@dataclass(frozen=True, eq=False)
class Molecule:
    """A molecule as a problem, with what it was made of.

    Args:
        problem: What is minimised.
        integrals: Of the active space.
        encoding: From modes to qubits.
        modes: Which mode an orbital with a spin is.
        orbitals: Of Hartree-Fock; None of a file of integrals.
        fci: The lowest level with the electrons of the molecule; None where it is too large.
        options: How it was made.
        conserved: Symmetries of Hamiltonian and circuit: as many qubits `taper` leaves out.
        made: The circuit on modes; None of one that knows nothing of these.
    """

    problem: Problem
    integrals: Integrals
    encoding: Encoding
    modes: Modes
    orbitals: Orbitals | None
    fci: fci.Level | None
    options: Options
    conserved: int
    made: Ansatz | None

    @property
    def hartree_fock(self) -> float:
        """The energy of the reference determinant."""
        return self.integrals.reference_energy


def molecule(
    atoms: Any,
    coordinates: ArrayLike | None = None,
    *,
    charge: int = 0,
    spin: int = 0,
    basis: str | None = None,
    unit: str = "angstrom",
    active_electrons: int | None = None,
    active_orbitals: int | None = None,
    frozen_core: bool = False,
    method: str | None = None,
    ansatz: Circuit | str = "hardware-efficient",
    layers: int | None = None,
    start: ArrayLike | str | None = None,
    mapping: str = "jordan-wigner",
    order: str = "alternating",
    taper: bool = False,
) -> Problem:
    """The ground state of a molecule, in Hartree.

    Orbitals are settled (`hartree_fock`): their signs, and turns among those of one energy, do not
    depend on the solver.

    Args:
        atoms: Text such as "N 0 0 0; N 0 0 1.1" or the Z-matrix "O; H 1 0.96; H 1 0.96 2 104.5"
            (angles in degrees), the path of an XYZ or FCIDUMP file (as text, too, where it has no
            spaces), `Integrals`, or one element an atom, such as ["Li", "H"], with `coordinates`.
        coordinates: Positions, shape (atoms, 3).
        charge: Net charge in units of the elementary charge.
        spin: Electrons that are not paired, 2S.
        basis: A basis set that the solver knows; "sto-3g" by default.
        unit: Of coordinates: "angstrom" or "bohr".
        active_electrons: Those outside the frozen core; all by default.
        active_orbitals: Orbitals that are neither core nor discarded; all by default.
        frozen_core: Leave the shells below those of valence doubly occupied, such as 1s of N.
        method: The Hartree-Fock solver: "dhf" (PennyLane's own, closed shells) or "pyscf"; by
            default PySCF where it is installed.
        ansatz: A circuit, or one of these on the Hartree-Fock state: "uccsd", "k-upccgsd", "lucj";
            "hardware-efficient", `layers` of RY, RZ and CZ; or "h2", RZ RY RZ on each of four
            qubits and CNOTs (2,3), (2,0), (3,1).
        layers: Of "hardware-efficient" (2 by default), k of "k-upccgsd" (1), and of "lucj" (2).
        start: Shape (P,), radians; or "hf", "mp2" or "ccsd", amplitudes of which are the start of
            "uccsd", "k-upccgsd" and "lucj". By default "ccsd", where it does not converge "mp2",
            and for open shells of "k-upccgsd" and "lucj", to which Hartree-Fock is a saddle,
            `default_rng(0).uniform(-s, s, P)` with s = 0.05 and 1; for "hardware-efficient" and
            "h2" `default_rng(0).uniform(-0.1, 0.1, P)` (Hartree-Fock itself, at zero, is
            stationary), and zeros for a circuit.
        mapping: "jordan-wigner", "parity" or "bravyi-kitaev".
        order: Of modes: "alternating", spin up and down of an orbital side by side, lowest energy
            first; or "blocked", all with spin up first.
        taper: Leave out a qubit for each symmetry that Hamiltonian and ansatz have, such as the
            parity of the electrons of each spin: the circuit is that of the sector of the
            Hartree-Fock state.

    Returns:
        A problem on two qubits an active orbital, but for those that are left out. Its reference
        is, for an ansatz that conserves the number of electrons, the lowest level with that number,
        S_z and S = S_z (full configuration interaction), or with any S where the circuit mixes
        spins ("lucj", and "uccsd" of an open shell); else up to 12 qubits the lowest level of all.
        `how` tells which that is, and whether one of another spin is lower. Its symmetries are
        "N", "Sz" and "S2", as far as the qubits that are left have them.

    Warns:
        UserWarning: The active space takes in some of several orbitals of one energy.

    Raises:
        InputError: A molecule, an active space or a basis that is not possible, or does not fit
            the other arguments.
        MissingPackageError: The solver is not installed.
        NotConvergedError: Hartree-Fock, or coupled cluster for a start, does not converge.
        UnknownNameError: An unknown method, ansatz, mapping, order, unit or start.

    Cost: Hartree-Fock takes seconds for small molecules, and longer with "dhf" than with "pyscf";
    the reference takes some seconds for ten electrons in ten orbitals, and is not known beyond.

    Reference:
        Arrazola et al., arXiv:2111.09967 (the differentiable solver); Kandala et al., Nature 549,
        242 (2017) (the hardware-efficient ansatz); the others in `uccsd`, `k_upccgsd` and `lucj`.

    Example:
        >>> import numpy as np
        >>> from qng.problem.molecule import Integrals
        >>> h = np.diag([-1.25, -0.47])
        >>> v = np.zeros((2, 2, 2, 2))
        >>> v[0, 0, 0, 0], v[1, 1, 1, 1] = 0.67, 0.70
        >>> for p, q in ((0, 1), (1, 0)):
        ...     v[p, p, q, q], v[p, q, p, q], v[p, q, q, p] = 0.66, 0.18, 0.18
        >>> problem = molecule(Integrals(0.71, h, v, (1, 1)), ansatz="uccsd", taper=True)
        >>> problem.circuit.n_qubits, problem.circuit.parameters
        (1, ('t_0_0_1_1',))
    """
    options = Options(
        charge=charge,
        spin=spin,
        basis=basis,
        unit=unit,
        active_electrons=active_electrons,
        active_orbitals=active_orbitals,
        frozen_core=frozen_core,
        method=method,
        ansatz=ansatz,
        layers=layers,
        start=start,
        mapping=mapping,
        order=order,
        taper=taper,
    )
    return built(atoms, coordinates, options).problem


def built(
    atoms: Any,
    coordinates: ArrayLike | None = None,
    options: Options = USUAL,
    *,
    like: Orbitals | None = None,
    told: Callable[[str], None] = lambda stage: None,
) -> Molecule:
    """A problem with what it was made of.

    Args:
        atoms: As of `molecule`.
        coordinates: Likewise.
        options: All else.
        like: Orbitals of a neighbouring geometry, whose order and signs are followed.
        told: Told what is being done.

    Raises:
        InputError: As `molecule`.
    """
    orbitals, integrals, core, name = _electrons(atoms, coordinates, options, like, told)
    modes = Modes(integrals.orbitals, options.order)
    told("Hamiltonian")
    words = hamiltonian(integrals, modes)
    flips = [word.x for word, _ in words]
    told("ansatz")
    made = on_modes(options, integrals, modes, symmetries(flips, 2 * integrals.orbitals))
    flips += [] if made is None else [turn.word.x for turn in made.rotations]
    conserved = symmetries(flips, 2 * integrals.orbitals)
    encoding = Encoding.named(options.mapping, 2 * integrals.orbitals)
    occupied = modes.occupied(integrals.electrons)
    if options.taper:
        encoding = encoding.tapered(conserved, occupied)
    if encoding.n_qubits == 0:
        raise InputError("symmetries leave no qubit: the energy is that of Hartree-Fock")
    observable = encoding.sum(words)
    circuit, theta = on_qubits(options, made, encoding, occupied)
    if circuit.n_qubits != encoding.n_qubits:
        raise InputError(
            f"the circuit has {circuit.n_qubits} qubits, this molecule {encoding.n_qubits}"
        )
    told("reference")
    level, energy = reference(
        integrals,
        encoding,
        observable,
        options.is_fermionic,
        options.keeps_spin(integrals.spin),
        [modes.by_spin(mask) for mask in conserved],
    )
    problem = Problem(
        circuit=circuit,
        observable=observable,
        start=theta,
        reference=energy,
        title=title_of(name, options, integrals, core, orbitals),
        source=source_of(integrals, options, len(encoding.known), made),
        unit="Ha",
        symmetries=of_electrons(2 * integrals.orbitals, options.order, encoding),
    )
    return Molecule(
        problem, integrals, encoding, modes, orbitals, level, options, len(conserved), made
    )


def orbitals_of(
    atoms: Any, coordinates: ArrayLike | None, options: Options, like: Orbitals | None = None
) -> Orbitals:
    """The Hartree-Fock orbitals of a molecule alone; arguments as of `built`.

    Raises:
        InputError: As `molecule`.
    """
    found = read_atoms(atoms, coordinates, options.unit)
    basis = options.basis or "sto-3g"
    return hartree_fock(found, options.charge, options.spin, basis, options.method, like)


def gap_of(orbitals: Orbitals, atoms: Any, options: Options) -> float:
    """How far the active space is from the orbitals beside it, in Hartree (`Orbitals.gap`).

    Raises:
        InputError: There is no such space.
    """
    inner = _inner(read_atoms(atoms, None, options.unit), orbitals, options)
    wanted = options.active_electrons, options.active_orbitals
    core, kept = chosen(orbitals.electrons, len(orbitals.energies), *wanted, inner)
    return orbitals.gap(core, kept)


def _inner(atoms: Atoms, orbitals: Orbitals, options: Options) -> int:
    """Core orbitals where no active space is wanted."""
    return max(atoms.core - orbitals.replaced, 0) if options.frozen_core else 0


def _electrons(
    atoms: Any,
    coordinates: ArrayLike | None,
    options: Options,
    like: Orbitals | None,
    told: Callable[[str], None],
) -> tuple[Orbitals | None, Integrals, int, str]:
    """(orbitals, integrals of the active space, core orbitals, name)."""
    electrons, count = options.active_electrons, options.active_orbitals
    if isinstance(atoms, str) and len(atoms.split()) == 1:
        atoms = Path(atoms.strip())  # no atom is without coordinates
    if isinstance(atoms, Integrals) or (isinstance(atoms, Path) and is_fcidump(atoms)):
        options.check_for_integrals(coordinates)
        told("integrals")
        whole = atoms if isinstance(atoms, Integrals) else read_fcidump(atoms)
        core, kept = chosen(whole.electrons, whole.orbitals, electrons, count, 0)
        name = atoms.stem if isinstance(atoms, Path) else "integrals"
        return None, whole.active(core, kept), core, name
    found = read_atoms(atoms, coordinates, options.unit)
    told("Hartree-Fock")
    orbitals = orbitals_of(atoms, coordinates, options, like)
    inner = _inner(found, orbitals, options)
    size = len(orbitals.energies)
    core, kept = chosen(orbitals.electrons, size, electrons, count, inner)
    if like is None and orbitals.gap(core, kept) < LEVEL:
        warnings.warn(
            f"the active space of {found.formula} takes in an orbital and leaves out another of "
            "the same energy: what comes out depends on how the axes lie; take in both or neither",
            stacklevel=4,
        )
    return orbitals, orbitals.integrals(core, kept), core, found.formula
