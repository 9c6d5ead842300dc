"""A parsed program to a circuit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from qng.circuit.circuit import Circuit
from qng.circuit.convert.lowering import finish
from qng.circuit.convert.qasm.calls import Gates
from qng.circuit.convert.qasm.parse import Program
from qng.circuit.convert.qasm.scope import Scope
from qng.circuit.convert.qasm.source import blanked, position
from qng.circuit.convert.qasm.tree import DEFINITIONS, walked
from qng.circuit.convert.stdgates import STDGATES
from qng.errors import QasmError

_MOST_QUBITS: Final = 10_000


def circuit_of(program: Program, folder: Path | None) -> tuple[Circuit, Gates]:
    """The circuit of a program, and the gates that it knows.

    Args:
        program: The program.
        folder: Where included files are; None: nowhere.

    Raises:
        QasmError: With line and column, for anything that is not a unitary circuit.
    """
    names = {s.name.name for s in program.tree.statements if isinstance(s, DEFINITIONS)}
    library = "qelib1.inc" if program.version == 2 else "stdgates.inc"
    gates, scope = Gates(program.source, names, library), Scope()
    if program.version == 2:
        gates.known["CX"] = STDGATES["CX"]
    elif numbers := _physical(program):
        scope.physical(numbers)
    elements = walked(program, gates, scope, folder)
    wires = scope.wires
    if not wires.n_qubits:
        declare = "qreg q[2];" if program.version == 2 else "qubit[2] q;"
        program.source.fail(
            program.tree, f"the program declares no qubit; write for example {declare}"
        )
    return Circuit(wires.n_qubits, finish(elements), wires.parameters), gates


def _physical(program: Program) -> list[int]:
    """The physical qubits that a text names."""
    bare = blanked(program.source.text)
    numbers = set()
    for found in re.finditer(r"\$0*(\d+)", bare):
        if len(found[1]) > len(str(_MOST_QUBITS)) or int(found[1]) >= _MOST_QUBITS:
            line, column = position(bare, found.start())
            message = f"physical qubits go up to ${_MOST_QUBITS - 1} here, not {found[0]}"
            raise QasmError(message, line, column)
        numbers.add(int(found[1]))
    return sorted(numbers)
