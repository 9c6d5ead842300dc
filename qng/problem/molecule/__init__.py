"""Molecules as problems.

    atoms         text, lists and XYZ files     -> positions
    zmatrix       distances and angles          -> positions
    hartree_fock  positions                     -> settled `orbitals`, their integrals
    fcidump       a file                        -> integrals
    integrals     the electrons of an active space
    fermions      integrals                     -> words of Jordan-Wigner
    encoding      these                         -> other mappings, fewer qubits
    read          operators of other packages   -> words
    excitations, jastrow (givens)               UCCSD and k-UpCCGSD, LUCJ
    amplitudes    integrals                     -> where they start: MP2, CCSD
    fci           integrals                     -> the lowest level with the right electrons
    options       what is wanted, checked
    build         all of it: `molecule`; circuits and reference are parts

PySCF and PennyLane are loaded when orbitals are asked for.
"""

from qng.problem.molecule.build import Molecule, built, gap_of, molecule, orbitals_of
from qng.problem.molecule.fcidump import read_fcidump
from qng.problem.molecule.hartree_fock import NotConvergedError
from qng.problem.molecule.integrals import Integrals
from qng.problem.molecule.options import Options
from qng.problem.molecule.read import from_fermions

__all__ = [
    "Integrals",
    "Molecule",
    "NotConvergedError",
    "Options",
    "built",
    "from_fermions",
    "gap_of",
    "molecule",
    "orbitals_of",
    "read_fcidump",
]
