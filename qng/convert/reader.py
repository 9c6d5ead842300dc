"""OpenQASM 3 to a circuit: the tree of the reference parser, walked.

Gates are lowered while the tree is walked (`lowering.py`); what acts at the top level becomes the
circuit, without its global phase.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NoReturn

from qng.angle import FUNCTIONS, Angle, apply, as_angle, parameter
from qng.circuit import Circuit
from qng.convert.gates import (
    BUILTIN,
    STDGATES,
    Element,
    Phase,
    compacted,
    inverted,
    joined,
    raised,
    under_control,
)
from qng.errors import CircuitError, InputError, QasmError

_CONSTANTS: Final = {
    "pi": math.pi,
    "π": math.pi,
    "tau": math.tau,
    "τ": math.tau,
    "euler": math.e,
    "ℇ": math.e,
}

_REFUSED: Final = {
    "QuantumMeasurementStatement": "a measurement cannot be part of the circuit; leave it out, "
    "observables are measured by qng",
    "QuantumReset": "reset cannot be part of the circuit; it starts in |0...0>",
    "BranchingStatement": "classical control (if) is not supported",
    "ForInLoop": "classical control (for) is not supported; write the loop out",
    "WhileLoop": "classical control (while) is not supported",
    "SwitchStatement": "classical control (switch) is not supported",
    "SubroutineDefinition": "subroutines (def) are not supported; use a gate",
    "ExternDeclaration": "extern functions are not supported",
    "ClassicalAssignment": "classical variables cannot change; use const or input",
    "DelayInstruction": "delay is not supported",
    "Box": "box is not supported",
    "Pragma": "pragma is not supported",
    "EndStatement": "end is not supported",
}


def from_qasm(source: str | Path) -> Circuit:
    """A circuit from OpenQASM 3.

    Supported: `input float` and `input angle` parameters, qubit registers, the gates of
    stdgates.inc, U, gphase, gate definitions, the modifiers ctrl, negctrl, inv and pow, constants,
    expressions, broadcasting, barriers (without effect).

    Args:
        source: The text, or the path of a file; a string without a line break or semicolon is a
            path.

    Returns:
        The circuit; parameters and qubits are in the order of their declaration.

    Raises:
        QasmError: With line and column: text that is not OpenQASM 3, an unknown gate or name, a
            measurement, a reset, classical control.
        InputError: The file cannot be read.
    """
    text = source if isinstance(source, str) and _is_text(source) else _read(Path(source))
    if not text.strip():
        raise QasmError("the text is empty; a program with `qubit[n] q;` is expected", 1, 1)
    program = _parsed(text)
    if program.version is not None and not program.version.startswith("3"):
        raise QasmError(f"OpenQASM {program.version} is given, 3 is expected", 1, 1)
    reader = _Reader()
    for statement in program.statements:
        reader.statement(statement)
    if not reader.n_qubits:
        raise QasmError("the program declares no qubits; add `qubit[n] q;`", 1, 1)
    ops = [element for element in reader.elements if not isinstance(element, Phase)]
    return Circuit(reader.n_qubits, ops, reader.parameters)


def _is_text(source: str) -> bool:
    return "\n" in source or ";" in source or source.startswith("OPENQASM") or not source.strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"cannot read the circuit {path}: {reason}") from error


def _parsed(text: str) -> Any:
    import openqasm3
    from openqasm3.parser import QASM3ParsingError

    try:
        # The parser also prints what it raises.
        with contextlib.redirect_stderr(io.StringIO()):
            return openqasm3.parse(text)
    except QASM3ParsingError as error:
        raise _syntax_error(error) from error
    except RecursionError as error:
        raise QasmError("an expression is nested too deeply", 1, 1) from error


def _syntax_error(error: Exception) -> QasmError:
    cause = error.__cause__
    inner = cause.args[0] if cause is not None and cause.args else cause
    token = getattr(inner, "offendingToken", None)
    if token is not None:
        what = "the end of the text" if token.text == "<EOF>" else repr(token.text)
        return QasmError(f"not OpenQASM 3 at {what}", token.line, token.column + 1)
    place, _, rest = str(error).partition(": ")
    if place.startswith("L") and ":C" in place:
        line, column = place[1:].split(":C")
        return QasmError(f"not OpenQASM 3: {rest}", int(line), int(column) + 1)
    return QasmError(f"not OpenQASM 3: {error}", 1, 1)


@dataclass(frozen=True)
class _Definition:
    """A gate: how many arguments and qubits it takes, and how it is lowered."""

    n_arguments: int
    n_qubits: int
    lower: Callable[..., list[Element]]


@dataclass(frozen=True)
class _Scope:
    """What names mean where a gate is called."""

    angles: Mapping[str, Angle]
    qubits: Mapping[str, tuple[int, ...]]
    gates: Mapping[str, _Definition]


class _Reader:
    """What has been declared so far, and the elements."""

    def __init__(self) -> None:
        self.n_qubits = 0
        self.parameters: list[str] = []
        self.elements: list[Element] = []
        self.gates = {name: _Definition(*entry) for name, entry in BUILTIN.items()}
        self.integers: set[str] = set()
        self.angles: dict[str, Angle] = {}
        self.qubits: dict[str, tuple[int, ...]] = {}
        self.classical: set[str] = set()

    @property
    def scope(self) -> _Scope:
        return _Scope(self.angles, self.qubits, self.gates)

    def statement(self, node: Any) -> None:
        kind = type(node).__name__
        if kind in _REFUSED:
            _fail(node, _REFUSED[kind])
        handler = _STATEMENTS.get(kind)
        if handler is None:
            _fail(node, f"{kind} is not supported in a circuit")
        handler(self, node)

    def include(self, node: Any) -> None:
        if node.filename != "stdgates.inc":
            _fail(node, f"only stdgates.inc can be included, not {node.filename!r}")
        self.gates |= {name: _Definition(*entry) for name, entry in STDGATES.items()}

    def declare_input(self, node: Any) -> None:
        kind = type(node.type).__name__
        if node.io_identifier.name != "input" or kind not in ("FloatType", "AngleType"):
            _fail(node, "only `input float` and `input angle` are supported")
        self._new(node, node.identifier.name)
        self.parameters.append(node.identifier.name)
        self.angles[node.identifier.name] = parameter(node.identifier.name)

    def declare_constant(self, node: Any) -> None:
        kind = type(node.type).__name__
        if kind not in ("FloatType", "AngleType", "IntType", "UintType"):
            _fail(node, "a constant must be a float, an angle or an int")
        value = self.angle(node.init_expression, self.scope)
        if value.number is None:
            _fail(node, "a constant cannot depend on an input")
        if kind in ("IntType", "UintType"):
            value = as_angle(self.integer(node.init_expression))
            self.integers.add(node.identifier.name)
        self._new(node, node.identifier.name)
        self.angles[node.identifier.name] = value

    def declare_qubits(self, node: Any) -> None:
        size = 1 if node.size is None else self.integer(node.size)
        if size < 1:
            _fail(node, f"a register needs at least one qubit, not {size}")
        self._new(node, node.qubit.name)
        self.qubits[node.qubit.name] = tuple(range(self.n_qubits, self.n_qubits + size))
        self.n_qubits += size

    def declare_classical(self, node: Any) -> None:
        if type(node.type).__name__ != "BitType" or node.init_expression is not None:
            _fail(node, "classical variables are not supported; use const or input")
        self._new(node, node.identifier.name)
        self.classical.add(node.identifier.name)

    def alias(self, node: Any) -> None:
        self._new(node, node.target.name)
        self.qubits[node.target.name] = self.wires(node.value, self.scope)

    def barrier(self, node: Any) -> None:
        for operand in node.qubits:
            self.wires(operand, self.scope)

    def define_gate(self, node: Any) -> None:
        name = node.name.name
        if name in self.gates:
            _fail(node, f"the gate {name!r} is defined already")
        names = [argument.name for argument in node.arguments]
        wires = [qubit.name for qubit in node.qubits]
        for group in (names, wires):
            if len(set(group)) != len(group):
                _fail(node, f"the gate {name!r} names an argument or a qubit twice")
        constants = {n: angle for n, angle in self.angles.items() if angle.number is not None}
        known = dict(self.gates)

        def lower(*given: Any) -> list[Element]:
            angles = {**constants, **dict(zip(names, given))}
            qubits = {n: (q,) for n, q in zip(wires, given[len(names) :])}
            scope = _Scope(angles, qubits, known)
            return compacted([e for part in node.body for e in self.operation(part, scope)])

        if not any(m.modifier.name == "pow" for part in node.body for m in _modifiers(part)):
            # Called once with formal arguments, so that an error in a gate that nobody calls is
            # found too; whether a power exists can depend on the argument's value.
            lower(*map(parameter, names), *range(len(wires)))
        self.gates[name] = _Definition(len(names), len(wires), lower)

    def operate(self, node: Any) -> None:
        self.elements += self.operation(node, self.scope)

    def operation(self, node: Any, scope: _Scope) -> list[Element]:
        """A gate call or gphase, with its modifiers."""
        kind = type(node).__name__
        if kind == "QuantumBarrier":
            return []
        if kind == "QuantumPhase":
            t = self.angle(node.argument, scope)
            entry = _Definition(1, 0, lambda angle: [Phase(angle)])
            name, arguments = "gphase", [t]
        elif kind == "QuantumGate":
            name = node.name.name
            entry = _gate(node, name, scope.gates)
            arguments = [self.angle(argument, scope) for argument in node.arguments]
            if node.duration is not None:
                _fail(node, "a gate with a duration is not supported")
        else:
            _fail(node, _REFUSED.get(kind, f"{kind} is not supported in a gate"))
        if len(arguments) != entry.n_arguments:
            _fail(node, f"{name} takes {entry.n_arguments} argument(s), {len(arguments)} given")
        controls = [self._controls(modifier, scope) for modifier in node.modifiers]
        n_controls = sum(len(values) for values in controls)
        operands = [self.wires(operand, scope) for operand in node.qubits]
        if len(operands) != entry.n_qubits + n_controls and not (
            kind == "QuantumPhase" and n_controls == 0
        ):
            expected = entry.n_qubits + n_controls
            _fail(node, f"{name} acts on {expected} qubit(s), {len(operands)} given")
        result: list[Element] = []
        for qubits in _broadcast(node, operands):
            if len(set(qubits)) != len(qubits):
                _fail(node, f"{name} names a qubit twice")
            elements = entry.lower(*arguments, *qubits[n_controls:])
            with _located(node):
                elements = self._modified(elements, node.modifiers, controls, qubits, scope)
            of_one_argument = name in STDGATES and entry.lower is STDGATES[name][2]
            of_one_argument = of_one_argument and entry.n_arguments == 1
            result += joined(elements) if of_one_argument else elements
        return result

    def _modified(
        self,
        elements: list[Element],
        modifiers: Sequence[Any],
        controls: Sequence[Sequence[int]],
        qubits: Sequence[int],
        scope: _Scope,
    ) -> list[Element]:
        # The innermost modifier stands last, and the controls of the outermost come first.
        end = sum(len(values) for values in controls)
        for modifier, values in zip(reversed(modifiers), reversed(controls)):
            kind = modifier.modifier.name
            if kind == "inv":
                elements = inverted(elements)
            elif kind == "pow":
                elements = raised(elements, self.angle(modifier.argument, scope))
            else:
                own = qubits[end - len(values) : end]
                for qubit, value in zip(own, values):
                    elements = under_control(elements, qubit, value)
                end -= len(values)
        return elements

    def _controls(self, modifier: Any, scope: _Scope) -> list[int]:
        kind = modifier.modifier.name
        if kind not in ("ctrl", "negctrl"):
            return []
        count = 1 if modifier.argument is None else self.integer(modifier.argument)
        if count < 1:
            _fail(modifier, f"{kind} needs at least one control, not {count}")
        return [1 if kind == "ctrl" else 0] * count

    def _new(self, node: Any, name: str) -> None:
        taken = {*self.angles, *self.qubits, *self.classical, *_CONSTANTS}
        if name in taken:
            _fail(node, f"the name {name!r} is declared already")

    # Expressions

    def angle(self, node: Any, scope: _Scope) -> Angle:
        """An expression of parameters."""
        kind = type(node).__name__
        if kind == "Identifier":
            return self._named(node, scope)
        if kind in ("IntegerLiteral", "FloatLiteral"):
            return as_angle(float(node.value))
        with _located(node):
            if kind == "UnaryExpression" and node.op.name == "-":
                return -self.angle(node.expression, scope)
            if kind == "BinaryExpression":
                return self._binary(node, scope)
            if kind == "FunctionCall":
                operands = [self.angle(argument, scope) for argument in node.arguments]
                return apply(node.name.name, *operands)
            if kind == "Cast" and type(node.type).__name__ in ("FloatType", "AngleType"):
                return self.angle(node.argument, scope)
        _fail(node, f"an angle cannot hold a {kind}")

    def _binary(self, node: Any, scope: _Scope) -> Angle:
        a, b = self.angle(node.lhs, scope), self.angle(node.rhs, scope)
        symbol = node.op.name
        if symbol == "/" and self._is_integer(node):
            if b.number == 0 or (a / b).number != round((a / b).number or 0.0):
                _fail(
                    node,
                    f"{a.number:g} / {b.number:g} is a division of integers, which OpenQASM 3 "
                    f"rounds; write {a.number}/{b.number:g}",
                )
            return a / b
        if symbol == "%":
            return apply("mod", a, b)
        operators: dict[str, Callable[[Angle, Angle], Angle]] = {
            "+": lambda u, v: u + v,
            "-": lambda u, v: u - v,
            "*": lambda u, v: u * v,
            "/": lambda u, v: u / v,
            "**": lambda u, v: u**v,
        }
        if symbol not in operators:
            _fail(node, f"the operator {symbol} cannot be used in an angle")
        return operators[symbol](a, b)

    def _is_integer(self, node: Any) -> bool:
        kind = type(node).__name__
        if kind == "Identifier":
            return node.name in self.integers
        if kind == "UnaryExpression":
            return self._is_integer(node.expression)
        if kind == "BinaryExpression":
            return self._is_integer(node.lhs) and self._is_integer(node.rhs)
        return kind == "IntegerLiteral"

    def _named(self, node: Any, scope: _Scope) -> Angle:
        if node.name in scope.angles:
            return scope.angles[node.name]
        if node.name in _CONSTANTS:
            return as_angle(_CONSTANTS[node.name])
        near = get_close_matches(node.name, [*scope.angles, *_CONSTANTS], n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "declare it with `input float`"
        _fail(node, f"{node.name!r} is not declared; {hint}")

    def integer(self, node: Any) -> int:
        """A constant expression with a whole value."""
        value = self.angle(node, self.scope).number
        if value is None or value != round(value):
            _fail(node, "a whole number is expected here")
        return round(value)

    # Qubits

    def wires(self, node: Any, scope: _Scope) -> tuple[int, ...]:
        """The qubits of an operand: a register, or some of its entries."""
        kind = type(node).__name__
        if kind == "Concatenation":
            return (*self.wires(node.lhs, scope), *self.wires(node.rhs, scope))
        if kind == "IndexExpression":
            return self._entries(node, self.wires(node.collection, scope), [node.index])
        name = node.name.name if kind == "IndexedIdentifier" else getattr(node, "name", None)
        if kind not in ("Identifier", "IndexedIdentifier"):
            _fail(node, f"a qubit is expected, not a {kind}")
        if name not in scope.qubits:
            near = get_close_matches(name, scope.qubits, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "declare it with `qubit`"
            _fail(node, f"{name!r} is not a qubit; {hint}")
        register = scope.qubits[name]
        if kind == "Identifier":
            return register
        return self._entries(node, register, node.indices)

    def _entries(self, node: Any, register: tuple[int, ...], indices: Any) -> tuple[int, ...]:
        for index in indices:
            if type(index).__name__ == "DiscreteSet":
                wanted = [self.integer(value) for value in index.values]
            elif len(index) != 1:
                _fail(node, "a register has one index")
            elif type(index[0]).__name__ == "RangeDefinition":
                wanted = self._range(index[0], len(register))
            else:
                wanted = [self.integer(index[0])]
            for k in wanted:
                if not -len(register) <= k < len(register):
                    _fail(node, f"index {k} is beyond the register's {len(register)} qubit(s)")
            register = tuple(register[k] for k in wanted)
        return register

    def _range(self, node: Any, size: int) -> list[int]:
        step = 1 if node.step is None else self.integer(node.step)
        if step == 0:
            _fail(node, "the step of a range cannot be 0")
        first, last = (0, size - 1) if step > 0 else (size - 1, 0)
        start = first if node.start is None else self.integer(node.start)
        end = last if node.end is None else self.integer(node.end)
        start, end = (k + size if k < 0 else k for k in (start, end))
        return list(range(start, end + (1 if step > 0 else -1), step))


_STATEMENTS: Final[dict[str, Callable[[_Reader, Any], None]]] = {
    "Include": _Reader.include,
    "IODeclaration": _Reader.declare_input,
    "ConstantDeclaration": _Reader.declare_constant,
    "QubitDeclaration": _Reader.declare_qubits,
    "ClassicalDeclaration": _Reader.declare_classical,
    "AliasStatement": _Reader.alias,
    "QuantumBarrier": _Reader.barrier,
    "QuantumGateDefinition": _Reader.define_gate,
    "QuantumGate": _Reader.operate,
    "QuantumPhase": _Reader.operate,
}


def _gate(node: Any, name: str, gates: Mapping[str, _Definition]) -> _Definition:
    if name in gates:
        return gates[name]
    if name in STDGATES:
        _fail(node, f'the gate {name!r} is in stdgates; add `include "stdgates.inc";`')
    near = get_close_matches(name, gates, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "define it with `gate` first"
    _fail(node, f"unknown gate {name!r}; {hint}")


def _modifiers(node: Any) -> Sequence[Any]:
    return getattr(node, "modifiers", ())


def _broadcast(node: Any, operands: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """One tuple of qubits a call: registers go in step, single qubits stay."""
    sizes = {len(operand) for operand in operands if len(operand) != 1}
    if len(sizes) > 1:
        _fail(node, f"registers of different sizes cannot go in step: {sorted(sizes)}")
    count = sizes.pop() if sizes else 1
    return [
        tuple(operand[0] if len(operand) == 1 else operand[k] for operand in operands)
        for k in range(count)
    ]


@contextlib.contextmanager
def _located(node: Any) -> Iterator[None]:
    """Gives errors of angles and gates the place in the text."""
    try:
        yield
    except QasmError:
        raise
    except CircuitError as error:
        raise QasmError(str(error), *_place(node)) from error


def _place(node: Any) -> tuple[int, int]:
    span = node.span
    return (1, 1) if span is None else (span.start_line, span.start_column + 1)


def _fail(node: Any, message: str) -> NoReturn:
    raise QasmError(message, *_place(node))
