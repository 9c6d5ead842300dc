"""Subroutines of OpenQASM 3 that only apply gates: their arguments, and the scope of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openqasm3 import ast

from qng.circuit.convert.qasm.expression import Bits, Qubits, integer, typed
from qng.circuit.convert.qasm.registers import alias
from qng.circuit.convert.qasm.scope import Scope
from qng.circuit.convert.qasm.source import Source


@dataclass(frozen=True)
class Routine:
    """A subroutine.

    Args:
        node: Its definition.
        reader: Where it was defined.
    """

    node: ast.SubroutineDefinition
    reader: Any


def bound(
    node: ast.SubroutineDefinition,
    call: ast.FunctionCall,
    here: Scope,
    there: Scope,
    source: Source,
) -> Scope:
    """The scope of a call: the arguments, inside what is visible at the definition.

    Args:
        node: The definition.
        call: The call.
        here: What names stand for at the call.
        there: The same at the definition.
        source: The text of the call.

    Raises:
        QasmError: Arguments that do not fit.
    """
    name, expected = node.name.name, len(node.arguments)
    if len(call.arguments) != expected:
        source.fail(call, f"{name} takes {expected} argument(s), {len(call.arguments)} were given")
    scope = there.inner()
    for declared, given in zip(node.arguments, call.arguments):
        own = declared.name.name
        if isinstance(declared, ast.QuantumArgument):
            scope.give(own, _wires(declared, given, here, there, source))
        elif isinstance(declared.type, ast.BitType):
            scope.give(own, Bits(None))
        else:
            kind = declared.type
            # How many entries an array has is told by what is given.
            if isinstance(kind, ast.ArrayReferenceType):
                scope.give(own, _array(given, here, source))
            else:
                scope.give(own, typed(kind, given, here.names, source), kind)
    return scope


def _wires(
    declared: ast.QuantumArgument,
    given: ast.QASMNode,
    here: Scope,
    there: Scope,
    source: Source,
) -> Qubits:
    found = alias(given, here.names, source)
    single = isinstance(given, ast.IndexExpression) and len(found.numbers) == 1
    if declared.size is None:
        if len(found.numbers) != 1:
            source.fail(given, f"one qubit is expected, not a register of {len(found.numbers)}")
        return Qubits(found.numbers, single=True)
    size = integer(declared.size, there.names, source, "the size of a register")
    if size != len(found.numbers) or (found.single and not single):
        source.fail(given, f"a register of {size} qubits is expected, not {len(found.numbers)}")
    return Qubits(found.numbers, single=False)


def _array(given: ast.QASMNode, here: Scope, source: Source) -> Any:
    from qng.circuit.convert.qasm.expression import Table, evaluate

    value = evaluate(given, here.names, source)
    if not isinstance(value, Table):
        source.fail(given, "an array is expected here")
    return value
