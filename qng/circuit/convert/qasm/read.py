"""The door: OpenQASM text, or the path of a file, to a circuit."""

from __future__ import annotations

import warnings
from pathlib import Path

from qng import checks
from qng.circuit.circuit import Circuit
from qng.errors import InputError, QasmWarning


def from_qasm(source: str | Path) -> Circuit:
    """A circuit from OpenQASM 3 or 2.

    Inputs of type float or angle are the parameters, in the order of their declaration, those of
    an array entry by entry ("x[0]", "w[0,1]"); angles are real numbers, of no particular width.
    Loops and conditions of constants are written out, variables that the text determines have
    their values, subroutines that only apply gates are followed. Final measurements and resets of
    fresh qubits are left out, barriers, delays and the timing of boxes have no meaning here, and
    annotations are ignored, as the language asks. Physical qubits $0, $1, ... have their numbers.
    A file may include others next to it.

    U, u2 and u3 are Qiskit's matrices, under controls too, where the specification has another
    phase (`stdgates.py`); a text in which that matters is warned of once.

    Args:
        source: The text, or the path of a file. A string is text where it holds a newline or a
            semicolon or begins with OPENQASM. The version is that of its header; 3 without one.

    Returns:
        The circuit, with every gate lowered to Pauli rotations and fixed gates.

    Raises:
        QasmError: With line and column: another version, text that is not of its version, or not a
            unitary circuit.
        InputError: The file does not exist or is not text.

    Warns:
        QasmWarning: A phase under control that the specification has otherwise.
    """
    from qng.circuit.convert.qasm.parse import parse
    from qng.circuit.convert.qasm.program import circuit_of

    folder = None
    if isinstance(source, str) and _is_text(source):
        text = source
    else:
        path = checks.path("OpenQASM", source)
        text, folder = _read(path), path.resolve().parent
    program = parse(text)
    circuit, gates = circuit_of(program, folder)
    if program.version == 3 and gates.ambiguous:
        name, line, column = gates.ambiguous[0]
        warnings.warn(
            f"line {line}, column {column}: {name} under a control or a root is read as Qiskit "
            "reads it; the specification of OpenQASM 3 gives it another phase there, which acts on "
            "the control: write gphase(...) under the same modifier for a phase that is meant, or "
            "rz and ry instead, which all read alike",
            QasmWarning,
            stacklevel=3,
        )
    return circuit


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise InputError(
            f"{str(path)!r} cannot be read as an OpenQASM file: {why}; "
            "give the path of a file, or the text itself"
        ) from error


def _is_text(source: str) -> bool:
    stripped = source.removeprefix("\ufeff").strip()
    return "\n" in source or ";" in source or not stripped or stripped.startswith("OPENQASM")
