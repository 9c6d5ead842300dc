"""What the problem of a molecule is called, and where it comes from, in words."""

from __future__ import annotations

from qng.problem.molecule.excitations import Ansatz
from qng.problem.molecule.integrals import Integrals
from qng.problem.molecule.options import Options
from qng.problem.molecule.orbitals import Orbitals


def title_of(
    name: str, options: Options, integrals: Integrals, core: int, orbitals: Orbitals | None
) -> str:
    """Such as "LiH (sto-3g, 2 electrons in 2 orbitals)"."""
    words = [] if orbitals is None else [options.basis or "sto-3g"]
    if options.charge:
        words.append(f"charge {options.charge:+d}")
    if options.spin:
        words.append(f"{options.spin} unpaired")
    if orbitals is None or core or integrals.orbitals < len(orbitals.energies):
        words.append(f"{sum(integrals.electrons)} electrons in {integrals.orbitals} orbitals")
    return f"{name} ({', '.join(words)})"


def source_of(integrals: Integrals, options: Options, tapered: int, made: Ansatz | None) -> str:
    """Whence the integrals, the qubits and the start of the circuit come."""
    names = {
        "jordan-wigner": "Jordan-Wigner transformation",
        "parity": "parity mapping",
        "bravyi-kitaev": "Bravyi-Kitaev transformation",
    }
    words = [integrals.source, names[options.mapping]]
    if tapered:
        words.append(f"{tapered} qubit(s) left out by symmetry")
    if made is not None:
        given = options.start is not None and not isinstance(options.start, str)
        words.append(f"{options.ansatz}{'' if given else f' from {made.begins}'}")
    return ", ".join(word for word in words if word)
