"""`qng molecule`: from atoms, or integrals, to a folder with a problem."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from qng.cli import chemistry, options, output
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.problem.molecule import Molecule

_STAGES: Final = 5

# Qubits up to which a state is a matter of seconds.
_LARGEST: Final = 20


@chemistry.of_molecule
def command(
    *,
    atoms: Annotated[
        str | None,
        typer.Argument(
            metavar="[ATOMS]",
            help="Elements and coordinates, as 'N 0 0 0; N 0 0 1.1', a Z-matrix, as 'O; H 1 0.96; "
            "H 1 0.96 2 104.5', or an XYZ file.",
            show_default=False,
        ),
    ] = None,
    fcidump: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Integrals in the place of atoms.", show_default=False),
    ] = None,
    molecule: chemistry.Wanted,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where the problem is saved, for `qng run FOLDER` and all others.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a problem that is there.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Make a problem of a molecule.

    Orbitals by Hartree-Fock, qubits by a mapping, a circuit, its start, and the exact energy of
    the active space to compare with.
    """
    if folder is not None and not overwrite:
        taken = [name for name in ("circuit.qasm", "problem.toml") if (folder / name).exists()]
        if taken:
            raise InputError(f"{folder / taken[0]} exists; give another folder, or --overwrite")
    from qng.problem.library import save
    from qng.problem.molecule import built

    with chemistry.in_words_of_options():
        wanted = molecule.options()
        given = chemistry.atoms_of(atoms, fcidump)
        done = 0
        with output.progress("molecule", _STAGES) as moved:

            def told(stage: str) -> None:
                nonlocal done
                moved(done, stage)
                done += 1

            found = built(given, None, wanted, told=told)
    if folder is not None:
        save(found.problem, folder, overwrite=overwrite)
    from qng.report.molecule import molecule_data, molecule_summary

    begins = _start_energy(found)
    if as_json:
        output.show_json(molecule_data(found, begins, folder))
        return
    kept = "not saved: -o FOLDER keeps the problem"
    output.show(
        molecule_summary(found, begins),
        kept if folder is None else f"saved {folder}; next: qng run {folder}",
    )


def _start_energy(found: Molecule) -> float | None:
    """The energy where the circuit starts, where that is a matter of seconds."""
    if found.problem.circuit.n_qubits > _LARGEST:
        return None
    from qng.run.point import energy

    return float(energy(found.problem, found.problem.initial).value)
