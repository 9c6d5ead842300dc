"""PennyLane's circuits and observables to ours, and back."""

from qng.circuit.convert.pennylane.conversion import (
    Argument,
    Conversion,
    convert,
    from_pennylane,
    observables,
    problem_parts,
)
from qng.circuit.convert.pennylane.tape import angles_tape, to_pennylane

__all__ = [
    "Argument",
    "Conversion",
    "angles_tape",
    "convert",
    "from_pennylane",
    "observables",
    "problem_parts",
    "to_pennylane",
]
