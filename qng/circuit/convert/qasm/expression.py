"""Expressions of OpenQASM to numbers: integers, truth values, angles, and arrays of these.

Integers stay integers, because the language divides them without a remainder; other numbers are
angles, real or expressions of parameters. Whatever classical variables hold is known while the text
is read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from openqasm3 import ast

from qng.circuit.angle import Angle, apply, as_angle
from qng.circuit.convert.qasm.source import POW, Source
from qng.circuit.functions import FUNCTIONS, ON_BITS, OPERATORS
from qng.errors import CircuitError, QasmError, UnknownNameError

Value = int | Angle
"""A number; a truth value is a bool, which Python counts among the integers."""

_BITS: Final = 64
_BINARY: Final = (*(name for name, f in OPERATORS.items() if f.arity == 2), "%")
_COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


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
class Bits:
    """What the name of a classical register stands for: nothing may depend on it.

    Args:
        size: Of the register; None for a single bit.
    """

    size: int | None


@dataclass(frozen=True, slots=True)
class Hidden:
    """A name that exists and cannot be used where it stands, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """An array: its numbers, or arrays of one axis less."""

    items: tuple[Value | Table, ...]


Meaning = Value | Table | Qubits | Bits | Hidden
Names = Mapping[str, Meaning]


def evaluate(node: ast.QASMNode, names: Names, source: Source) -> Value | Table:
    """The value of an expression: a number, a truth value, or an array.

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


def number(node: ast.QASMNode, names: Names, source: Source) -> Value:
    """The value of an expression that has to be a number."""
    value = evaluate(node, names, source)
    if isinstance(value, Table):
        source.fail(node, f"{_named(node)} is an array, where a number is expected")
    if isinstance(value, bool):
        source.fail(node, f"a boolean literal or a comparison is no number; {_USE}")
    return value


def real(node: ast.QASMNode, names: Names, source: Source) -> Angle:
    """The value of an expression as an angle."""
    return as_angle(number(node, names, source))


def integer(node: ast.QASMNode, names: Names, source: Source, what: str) -> int:
    """The value of an expression that has to be a constant integer."""
    value = number(node, names, source)
    if not isinstance(value, int):
        source.fail(node, f"{what} must be a constant integer, not {value}")
    return value


def truth(node: ast.QASMNode, names: Names, source: Source) -> bool:
    """The value of a condition that is known while the text is read."""
    value = evaluate(node, names, source)
    if not isinstance(value, bool):
        source.fail(node, "a condition must be a comparison of constants, or true or false")
    return value


def lookup(node: ast.Identifier, names: Names, source: Source, assigned: bool = False) -> Meaning:
    """What a name stands for.

    Args:
        node: The name.
        names: What names stand for.
        source: The text.
        assigned: Whether it is to be given a value; then it need not have one.

    Raises:
        QasmError: It is not declared, or cannot be used here.
    """
    meaning = names.get(node.name)
    if meaning is None:
        near = UnknownNameError("name", node.name, names).near
        hint = f"did you mean {' or '.join(near)}?" if near else "declare it before its use"
        source.fail(node, f"the name {node.name!r} is not declared; {hint}")
    if isinstance(meaning, Hidden) and not assigned:
        source.fail(node, f"{node.name!r} {meaning.reason}")
    return meaning


def typed(kind: ast.QASMNode, node: ast.QASMNode, names: Names, source: Source) -> Value | Table:
    """The value of an expression as that of a variable of some type.

    Raises:
        QasmError: A type that angles do not have, an array of another shape, or a number that an
            integer would cut.
    """
    if isinstance(kind, ast.ArrayType):
        shape = [integer(n, names, source, "the size of an array") for n in kind.dimensions]
        return _table(kind.base_type, node, shape, names, source)
    given = evaluate(node, names, source)
    if isinstance(given, Table):
        source.fail(node, f"{_named(node)} is an array, where a number is expected")
    return fitted(kind, given, node, source)


def fitted(kind: ast.QASMNode, given: Value, node: ast.QASMNode, source: Source) -> Value:
    """A value as that of a variable of some type.

    Raises:
        QasmError: A number that an integer would cut.
    """
    value = cast(kind, given, node, source)
    if isinstance(value, int) and not isinstance(given, int) and given.number != value:
        source.fail(node, f"{given} is not an integer; write int({given})")
    return value


def cast(kind: ast.QASMNode, value: Value, node: ast.QASMNode, source: Source) -> Value:
    """A value as the type of a declaration or a cast.

    Widths are not modelled: angles are real numbers.
    """
    if isinstance(kind, ast.BoolType):
        if not isinstance(value, int):
            source.fail(node, f"a bool must be true or false, not {value}")
        return bool(value)
    if isinstance(value, bool):
        source.fail(node, "a boolean literal or a comparison is no number")
    if isinstance(kind, (ast.FloatType, ast.AngleType)):
        return as_angle(value)
    if not isinstance(kind, (ast.IntType, ast.UintType)):
        source.fail(node, f"the type {type_name(kind)} is not supported; use float, angle or int")
    if not isinstance(value, int):
        if value.number is None:
            source.fail(node, f"an integer must be constant, and {value} is not")
        value = int(value.number)
    if value < 0 and isinstance(kind, ast.UintType):
        source.fail(node, f"a uint cannot be {value}")
    return value


def type_name(kind: ast.QASMNode) -> str:
    """The keyword of a type."""
    return type(kind).__name__.removesuffix("Type").lower()


def is_constant(value: Value | Table) -> bool:
    """Whether it holds no parameter."""
    if isinstance(value, Table):
        return all(is_constant(item) for item in value.items)
    return isinstance(value, int) or value.number is not None


def element(
    table: Meaning, index: ast.IndexElement, node: ast.QASMNode, names: Names, source: Source
) -> Value | Table:
    """An element of an array, by one index an axis."""
    if isinstance(index, ast.DiscreteSet):
        source.fail(node, "an array is indexed by numbers, not by a set")
    for one in index:
        if not isinstance(table, Table):
            source.fail(node, f"{_named(node)} is not an array with so many indices")
        if isinstance(one, ast.RangeDefinition):
            source.fail(node, "an array is indexed by numbers, not by a range")
        table = table.items[place(one, len(table.items), "array", names, source)]
    if not isinstance(table, int | Angle | Table):
        source.fail(node, f"{_named(node)} is not an array, where numbers are expected")
    return table


def place(node: ast.QASMNode, size: int, what: str, names: Names, source: Source) -> int:
    """An index into a register or an array; negative ones count from its end."""
    k = integer(node, names, source, "an index")
    if not -size <= k < size:
        source.fail(node, f"the {what} index {k} is out of range; the {_HOLDER[what]} has {size}")
    return k % size


_HOLDER: Final = {"qubit": "register", "bit": "register", "array": "array"}
_USE: Final = "use numbers, parameters and + - * / ** %"


def _table(
    kind: ast.QASMNode, node: ast.QASMNode, shape: Sequence[int], names: Names, source: Source
) -> Value | Table:
    if not shape:
        return typed(kind, node, names, source)
    if isinstance(node, ast.ArrayLiteral):
        items = [_table(kind, item, shape[1:], names, source) for item in node.values]
        if len(items) != shape[0]:
            source.fail(node, f"the array has {shape[0]} entries, {len(items)} were given")
        return Table(tuple(items))
    value = evaluate(node, names, source)
    if _shape(value) != tuple(shape):
        source.fail(node, f"an array of the shape {tuple(shape)} is expected here")
    return value


def _shape(value: Value | Table) -> tuple[int, ...]:
    if not isinstance(value, Table):
        return ()
    return (len(value.items), *(_shape(value.items[0]) if value.items else ()))


def _value(node: ast.QASMNode, names: Names, source: Source) -> Value | Table:
    if isinstance(node, ast.IntegerLiteral | ast.BooleanLiteral):
        found: int = node.value
        return found
    if isinstance(node, ast.FloatLiteral):
        return as_angle(node.value)
    if isinstance(node, ast.Identifier):
        return _named_value(node, names, source)
    if isinstance(node, ast.UnaryExpression) and node.op.name == "-":
        return -number(node.expression, names, source)
    if isinstance(node, ast.UnaryExpression) and node.op.name == "!":
        return not truth(node.expression, names, source)
    if isinstance(node, ast.BinaryExpression):
        return _binary(node, names, source)
    if isinstance(node, ast.FunctionCall):
        return _call(node, [number(u, names, source) for u in node.arguments], source)
    if isinstance(node, ast.Cast):
        given = evaluate(node.argument, names, source)
        if isinstance(given, bool) and not isinstance(node.type, ast.BoolType):
            given = int(given)
        if isinstance(given, Table):
            source.fail(node, "an array cannot be cast")
        return cast(node.type, given, node, source)
    if isinstance(node, ast.IndexExpression):
        return element(_collection(node, names, source), node.index, node, names, source)
    if isinstance(node, ast.SizeOf):
        return _size_of(node, names, source)
    if isinstance(node, ast.UnaryExpression):
        what = f"operator {node.op.name}"
    else:
        what = f"a {_words(type(node).__name__)}"
    source.fail(node, f"{what} cannot stand in an angle; {_USE}")


def _named_value(node: ast.Identifier, names: Names, source: Source) -> Value | Table:
    meaning = lookup(node, names, source)
    if isinstance(meaning, Qubits):
        source.fail(node, f"{node.name!r} is a qubit, where a number is expected")
    if isinstance(meaning, Bits):
        source.fail(node, f"{node.name!r} is a classical bit, and nothing may depend on one")
    assert not isinstance(meaning, Hidden)
    return meaning


def _collection(node: ast.IndexExpression, names: Names, source: Source) -> Value | Table:
    if not isinstance(node.collection, ast.Identifier):
        return evaluate(node.collection, names, source)
    return _named_value(node.collection, names, source)


def _size_of(node: ast.SizeOf, names: Names, source: Source) -> int:
    found: Value | Table = evaluate(node.target, names, source)
    axis = 0 if node.index is None else integer(node.index, names, source, "an axis")
    shape = _shape(found)
    if not 0 <= axis < len(shape):
        source.fail(node, f"sizeof asks for axis {axis} of {len(shape)}")
    return shape[axis]


def _binary(node: ast.BinaryExpression, names: Names, source: Source) -> Value:
    op = node.op.name
    if op in ("&&", "||"):
        sides = [truth(side, names, source) for side in (node.lhs, node.rhs)]
        return all(sides) if op == "&&" else any(sides)
    a, b = (number(side, names, source) for side in (node.lhs, node.rhs))
    return combined(node, op, a, b, source)


def combined(node: ast.QASMNode, op: str, a: Value, b: Value, source: Source) -> Value:
    """a op b."""
    if op in _COMPARED:
        return _compared(node, op, as_angle(a), as_angle(b), source)
    if op not in _BINARY:
        known = " ".join(_BINARY)
        source.fail(node, f"the operator {op} is not supported in an angle; use {known}")
    if isinstance(a, int) and isinstance(b, int):
        return _integers(node, op, a, b, source)
    u, v = as_angle(a), as_angle(b)
    found: Angle = apply("mod", u, v) if op == "%" else OPERATORS[op].value(u, v)
    return found


def _compared(node: ast.QASMNode, op: str, u: Angle, v: Angle, source: Source) -> bool:
    if u.number is None or v.number is None:
        held = u if u.number is None else v
        source.fail(node, f"only constants are compared, and {held} holds a parameter")
    return _COMPARED[op](u.number, v.number)


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
    name = "pow" if node.name.name == POW else node.name.name
    if name in ON_BITS:
        source.fail(node, f"the function {name} acts on bits, which angles do not have")
    if name not in FUNCTIONS:
        source.fail(node, str(UnknownNameError("function", name, FUNCTIONS)))
    numbers = [u for u in operands if isinstance(u, int)]
    if name in ("mod", "pow") and len(operands) == len(numbers) == 2:
        return _integers(node, "%" if name == "mod" else "**", numbers[0], numbers[1], source)
    return apply(name, *operands)


def _named(node: ast.QASMNode) -> str:
    """What an expression calls itself in a message."""
    while isinstance(node, ast.IndexExpression):
        node = node.collection
    return repr(node.name) if isinstance(node, ast.Identifier) else "this"


def _words(name: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
