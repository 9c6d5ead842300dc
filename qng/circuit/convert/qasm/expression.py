"""Expressions of OpenQASM 3 to integers and angles.

Integers stay integers, because the language divides them without a remainder; everything else is
an angle, a real number or an expression of parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from openqasm3 import ast

from qng.circuit.angle import Angle, apply, as_angle
from qng.circuit.functions import FUNCTIONS, ON_BITS, OPERATORS
from qng.errors import CircuitError, QasmError, UnknownNameError

Value = int | Angle

_BITS: Final = 64
_BINARY: Final = (*(name for name, f in OPERATORS.items() if f.arity == 2), "%")


@dataclass(frozen=True, slots=True)
class Qubits:
    """What the name of a qubit, a register or an alias stands for.

    Args:
        numbers: The qubits of the circuit.
        single: Whether it is one qubit and not a register; only registers can be indexed.
    """

    numbers: tuple[int, ...]
    single: bool


@dataclass(frozen=True, slots=True)
class Hidden:
    """A name that exists and cannot be used where it stands, and why."""

    reason: str


Meaning = Value | Qubits | Hidden
Names = Mapping[str, Meaning]


@dataclass(frozen=True, slots=True)
class Source:
    """The text, to say where in it something stands."""

    text: str

    def fail(self, node: ast.QASMNode, message: str) -> NoReturn:
        """Raises a QasmError at the node."""
        span = node.span
        raise QasmError(
            message, span.start_line if span else 1, span.start_column + 1 if span else 1
        )

    def fail_at_name(self, name: ast.Identifier, message: str) -> NoReturn:
        """Raises a QasmError at a name that is a bare token of a statement.

        The parser gives such tokens the offset in the whole text for a column.
        """
        assert name.span is not None
        line, offset = name.span.start_line, name.span.start_column
        before = sum(len(row) + 1 for row in self.text.split("\n")[: line - 1])
        found = offset >= before and self.text.startswith(name.name, offset)
        raise QasmError(message, line, (offset - before if found else offset) + 1)


def evaluate(node: ast.QASMNode, names: Names, source: Source) -> Value:
    """The value of an expression: an integer, or an angle of numbers and parameters.

    Raises:
        QasmError: An unknown name, or an operation that real numbers do not have.
    """
    try:
        value = _value(node, names, source)
    except QasmError:
        raise
    except (CircuitError, OverflowError) as error:
        source.fail(node, str(error))
    if isinstance(value, int) and abs(value) >> _BITS:
        source.fail(node, f"the integer does not fit {_BITS} bits")
    return value


def real(node: ast.QASMNode, names: Names, source: Source) -> Angle:
    """The value of an expression as an angle."""
    return as_angle(evaluate(node, names, source))


def integer(node: ast.QASMNode, names: Names, source: Source, what: str) -> int:
    """The value of an expression that has to be a constant integer."""
    value = evaluate(node, names, source)
    if not isinstance(value, int):
        source.fail(node, f"{what} must be a constant integer, not {value}")
    return value


def lookup(node: ast.Identifier, names: Names, source: Source) -> Meaning:
    """What a name stands for."""
    if node.name.startswith("$"):
        source.fail(node, f"the physical qubit {node.name} is not supported; declare qubit[n] q;")
    meaning = names.get(node.name)
    if meaning is None:
        near = UnknownNameError("name", node.name, names).near
        hint = f"did you mean {' or '.join(near)}?" if near else "declare it before its use"
        source.fail(node, f"the name {node.name!r} is not declared; {hint}")
    if isinstance(meaning, Hidden):
        source.fail(node, f"{node.name!r} {meaning.reason}")
    return meaning


def cast(kind: ast.QASMNode, value: Value, node: ast.QASMNode, source: Source) -> Value:
    """A value as the type of a declaration or a cast.

    Widths are not modelled: angles are real numbers.
    """
    if isinstance(kind, (ast.FloatType, ast.AngleType)):
        return as_angle(value)
    if not isinstance(kind, (ast.IntType, ast.UintType)):
        source.fail(node, f"the type {type_name(kind)} is not supported; use float, angle or int")
    if isinstance(value, int):
        return value
    if value.number is None:
        source.fail(node, f"an integer must be constant, and {value} is not")
    return int(value.number)


def type_name(kind: ast.QASMNode) -> str:
    """The keyword of a type."""
    return type(kind).__name__.removesuffix("Type").lower()


def _value(node: ast.QASMNode, names: Names, source: Source) -> Value:
    if isinstance(node, ast.IntegerLiteral):
        return node.value
    if isinstance(node, ast.FloatLiteral):
        return as_angle(node.value)
    if isinstance(node, ast.Identifier):
        meaning = lookup(node, names, source)
        if isinstance(meaning, Qubits):
            source.fail(node, f"{node.name!r} is a qubit, where a number is expected")
        assert not isinstance(meaning, Hidden)
        return meaning
    if isinstance(node, ast.UnaryExpression) and node.op.name == "-":
        return -evaluate(node.expression, names, source)
    if isinstance(node, ast.BinaryExpression):
        a, b = (evaluate(side, names, source) for side in (node.lhs, node.rhs))
        return _binary(node, a, b, source)
    if isinstance(node, ast.FunctionCall):
        return _call(node, [evaluate(u, names, source) for u in node.arguments], source)
    if isinstance(node, ast.Cast):
        return cast(node.type, evaluate(node.argument, names, source), node, source)
    if isinstance(node, (ast.UnaryExpression, ast.IndexExpression)):
        what = "an index" if isinstance(node, ast.IndexExpression) else f"operator {node.op.name}"
    else:
        what = f"a {_words(type(node).__name__)}"
    source.fail(node, f"{what} cannot stand in an angle; use numbers, parameters and + - * / ** %")


def _binary(node: ast.BinaryExpression, a: Value, b: Value, source: Source) -> Value:
    op = node.op.name
    if op not in _BINARY:
        known = " ".join(_BINARY)
        source.fail(node, f"the operator {op} is not supported in an angle; use {known}")
    if isinstance(a, int) and isinstance(b, int):
        return _integers(node, op, a, b, source)
    u, v = as_angle(a), as_angle(b)
    found: Angle = apply("mod", u, v) if op == "%" else OPERATORS[op].value(u, v)
    return found


def _integers(node: ast.QASMNode, op: str, a: int, b: int, source: Source) -> int:
    if op in ("/", "%") and b == 0:
        source.fail(node, f"division of {a} by zero")
    if op == "/" and a % b:
        source.fail(
            node,
            f"{a} / {b} divides integers, which OpenQASM 3 truncates to {int(a / b)}; "
            f"write {a}.0 / {b} for the real number",
        )
    if op == "**" and (b < 0 or abs(a).bit_length() * b > 2 * _BITS):
        source.fail(node, f"{a} ** {b} is not an integer of {_BITS} bits; write {a}.0 ** {b}")
    return {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a // b,
        "**": lambda: int(a**b),
        "%": lambda: abs(a) % abs(b) * (1 if a >= 0 else -1),
    }[op]()


def _call(node: ast.FunctionCall, operands: Sequence[Value], source: Source) -> Value:
    name = node.name.name
    if name in ON_BITS:
        source.fail(node, f"the function {name} acts on bits, which angles do not have")
    if name not in FUNCTIONS:
        source.fail(node, str(UnknownNameError("function", name, FUNCTIONS)))
    numbers = [u for u in operands if isinstance(u, int)]
    if name in ("mod", "pow") and len(operands) == len(numbers) == 2:
        return _integers(node, "%" if name == "mod" else "**", numbers[0], numbers[1], source)
    return apply(name, *operands)


def _words(name: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
