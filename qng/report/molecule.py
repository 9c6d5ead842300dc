"""A molecule as a problem, in lines for people and as data for machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rich.table import Table

from qng.circuit.depth import two_qubit_depth, two_qubit_gates
from qng.problem.molecule import Molecule
from qng.report import cells
from qng.report.data import plain

# Levels within this many Hartree are one.
_EQUAL: Final = 1e-9


def molecule_data(
    found: Molecule, start: float | None = None, folder: Path | None = None
) -> dict[str, Any]:
    """What was made, in numbers.

    Args:
        found: The molecule.
        start: The energy where the circuit starts, if it is known.
        folder: Where it was saved, if it was.
    """
    problem, integrals = found.problem, found.integrals
    reference, level = problem.reference, found.fci
    return plain(
        {
            "title": problem.title,
            "source": problem.source,
            "unit": problem.unit,
            "electrons": list(integrals.electrons),
            "orbitals": integrals.orbitals,
            "qubits": problem.circuit.n_qubits,
            "left_out": len(found.encoding.known),
            "conserved": found.conserved,
            "parameters": problem.circuit.n_parameters,
            "rotations": problem.circuit.n_rotations,
            "terms": len(problem.observable),
            "symmetries": [name for name, _ in problem.symmetries],
            "two_qubit_gates": two_qubit_gates(problem.circuit),
            "two_qubit_depth": two_qubit_depth(problem.circuit),
            "hartree_fock": found.hartree_fock,
            "begins": None if found.made is None else found.made.begins,
            "amplitudes": None if found.made is None else found.made.energy,
            "start": start,
            "fci": None if level is None else level.energy,
            "spin_square": None if level is None else level.square,
            "reference": None
            if reference is None
            else {"energy": reference.energy, "how": reference.how},
            "folder": None if folder is None else str(folder),
        }
    )


def molecule_summary(found: Molecule, start: float | None = None) -> Table:
    """What was made, for a terminal; arguments as of `molecule_data`."""
    data, problem = molecule_data(found, start), found.problem
    up, down = data["electrons"]
    left, could = data["left_out"], data["conserved"]
    kinds = f"2 of spin, {could - 2} of space" if could > 2 else "those of spin"
    fewer = f"{could} fewer with taper: {kinds}"
    if left:
        fewer = f"{2 * data['orbitals']} spin orbitals, {left} left out by symmetry: {kinds}"
    lines = [
        ("title", data["title"]),
        ("source", data["source"]),
        ("electrons", f"{up} + {down} in {data['orbitals']} orbitals"),
        ("qubits", f"{data['qubits']} ({fewer})"),
        ("parameters", f"{data['parameters']}, in {data['rotations']} rotations"),
        ("words", f"{data['terms']}"),
        ("symmetries", ", ".join(data["symmetries"]) or "none that the qubits have"),
        ("two-qubit gates", f"{data['two_qubit_gates']}, depth {data['two_qubit_depth']}, before "
         "any transpilation"),
        ("Hartree-Fock", f"{data['hartree_fock']:.10f} Ha"),
    ]  # fmt: skip
    if data["amplitudes"] is not None:
        lines.append((data["begins"], f"{data['amplitudes']:.10f} Ha"))
    if data["start"] is not None:
        lines.append(("start", f"{data['start']:.10f} Ha"))
    if data["fci"] is None:
        lines.append(("FCI", "not computed: the active space is too large"))
    else:
        lines.append(
            ("FCI", f"{data['fci']:.10f} Ha, S(S+1) = {abs(round(data['spin_square'], 6)):g}")
        )
    if problem.reference is not None:
        energy, (how, *beside) = problem.reference.energy, problem.reference.how.split("; ")
        if data["fci"] is None or abs(energy - data["fci"]) > _EQUAL:
            lines.append(("reference", f"{energy:.10f} Ha, {how}"))
        lines += [("note", text) for text in beside]
    return cells.pairs(lines)
