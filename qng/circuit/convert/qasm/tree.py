"""The tree of an OpenQASM 3 program to a circuit.

One walk from the first statement to the last. A gate definition is lowered once, with its
parameters as symbols, and every call puts its arguments and qubits in.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from typing import Final, NoReturn

import openqasm3
from openqasm3 import ast
from openqasm3.parser import QASM3ParsingError

from qng.circuit.angle import Angle, as_angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.convert.lowering import Element, finish, relocate
from qng.circuit.convert.qasm.calls import Gates
from qng.circuit.convert.qasm.expression import (
    Hidden,
    Meaning,
    Names,
    Qubits,
    Source,
    cast,
    evaluate,
    integer,
    type_name,
)
from qng.circuit.convert.qasm.registers import Operand, alias, qubits
from qng.circuit.convert.stdgates import STDGATES, Lowering
from qng.circuit.convert.tidy import tidy
from qng.circuit.functions import CONSTANTS
from qng.errors import CircuitError, QasmError

_LARGEST_REGISTER: Final = 10_000

_UNITARY: Final = "a circuit here is unitary, with parameters fixed before it starts"
_REFUSED: Final[dict[type[ast.QASMNode], str]] = {
    ast.QuantumMeasurementStatement: "measure is not supported; observables are given separately",
    ast.QuantumReset: f"reset is not supported; {_UNITARY}",
    ast.BranchingStatement: f"if is not supported; {_UNITARY}",
    ast.ForInLoop: "for is not supported; write the gates out",
    ast.WhileLoop: f"while is not supported; {_UNITARY}",
    ast.SwitchStatement: f"switch is not supported; {_UNITARY}",
    ast.SubroutineDefinition: "def is not supported; define a gate instead",
    ast.ExternDeclaration: f"extern is not supported; {_UNITARY}",
    ast.ClassicalAssignment: "an assignment is not supported; use const for a fixed value",
    ast.DelayInstruction: "delay is not supported; only gates are",
    ast.Box: "box is not supported; only gates are",
    ast.Pragma: "a pragma is not supported; remove it",
    ast.CalibrationGrammarDeclaration: "defcalgrammar is not supported; only gates are",
    ast.CalibrationStatement: "cal is not supported; only gates are",
    ast.CalibrationDefinition: "defcal is not supported; only gates are",
    ast.EndStatement: "end is not supported; only gates are",
    ast.CompoundStatement: "a block in braces is not supported; write its gates without braces",
}


def read(text: str) -> Circuit:
    """The circuit of an OpenQASM 3 program.

    Raises:
        QasmError: With line and column, for anything that is not a unitary circuit.
    """
    if not re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL).strip():
        raise QasmError("the text is empty; an OpenQASM 3 program is expected", 1, 1)
    program = _parse(text)
    source = Source(text)
    if program.version is not None and not re.fullmatch(r"3(\.\d+)?", program.version):
        source.fail(program, f"OPENQASM {program.version} is not supported; OPENQASM 3 is")
    defined = {s.name.name for s in program.statements if isinstance(s, ast.QuantumGateDefinition)}
    reader = _Reader(source, Gates(source, defined))
    for statement in program.statements:
        try:
            reader.statement(statement)
        except QasmError:
            raise
        except CircuitError as error:
            source.fail(statement, str(error))
        except RecursionError:
            source.fail(statement, "the statement is nested too deeply")
    if not reader.n_qubits:
        source.fail(program, "the program declares no qubit; write for example qubit[2] q;")
    return Circuit(reader.n_qubits, finish(reader.elements), reader.parameters)


def _parse(text: str) -> ast.Program:
    try:
        # The parser's listener prints what it also raises.
        with redirect_stderr(io.StringIO()):
            return openqasm3.parse(text)
    except QASM3ParsingError as error:
        given = re.fullmatch(r"L(\d+):C(\d+): (.*)", str(error), flags=re.DOTALL)
        if given is not None:
            raise QasmError(given[3], int(given[1]), int(given[2]) + 1) from error
        token = getattr(_recognition(error), "offendingToken", None)
        if token is None:
            raise QasmError("the text is not OpenQASM 3", 1, 1) from error
        what = "the end of the text" if token.text == "<EOF>" else repr(token.text)
        raise QasmError(
            f"syntax error: {what} is not expected here (is a ';' or a ')' missing before it?)",
            token.line,
            token.column + 1,
        ) from error
    except (RecursionError, ValueError) as error:
        raise QasmError(f"the text cannot be parsed: {error}", 1, 1) from error


def _recognition(error: QASM3ParsingError) -> object:
    cause = error.__cause__
    if cause is None or not cause.args:
        return None
    found: object = cause.args[0]
    return found


@dataclass
class _Reader:
    """What the walk has seen so far."""

    source: Source
    gates: Gates
    names: dict[str, Meaning] = field(
        default_factory=lambda: {name: as_angle(value) for name, value in CONSTANTS.items()}
    )
    included: bool = False
    n_qubits: int = 0
    parameters: list[str] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)

    def statement(self, node: ast.Statement | ast.Pragma) -> None:
        if isinstance(node, ast.QuantumGate | ast.QuantumPhase):
            self.elements += self.gates.call(node, self.names)
        elif isinstance(node, ast.QuantumBarrier):
            self.barrier(node, self.names)
        elif isinstance(node, ast.QuantumGateDefinition):
            self.define(node)
        elif isinstance(node, ast.QubitDeclaration):
            self.register(node)
        elif isinstance(node, ast.IODeclaration):
            self.input(node)
        elif isinstance(node, ast.ConstantDeclaration):
            self.constant(node)
        elif isinstance(node, ast.ClassicalDeclaration):
            self.classical(node)
        elif isinstance(node, ast.AliasStatement):
            self.declare(node.target, alias(node.value, self.names, self.source))
        elif isinstance(node, ast.Include):
            self.include(node)
        else:
            self.refuse(node)

    def refuse(self, node: ast.QASMNode) -> NoReturn:
        expression = node.expression if isinstance(node, ast.ExpressionStatement) else None
        if isinstance(expression, ast.FunctionCall):
            message = f"a call of {expression.name.name} is not supported; {_UNITARY}"
        else:
            message = _REFUSED.get(type(node), "this statement is not supported; only gates are")
        self.source.fail(node, message)

    # Declarations

    def declare(self, name: ast.Identifier, meaning: Meaning) -> None:
        if name.name in self.names:
            what = "a constant of the language" if name.name in CONSTANTS else "declared already"
            self.source.fail_at_name(name, f"{name.name!r} is {what}; choose another name")
        self.names[name.name] = meaning

    def register(self, node: ast.QubitDeclaration) -> None:
        size = 1
        if node.size is not None:
            size = integer(node.size, self.names, self.source, "the size of a register")
            if size < 1:
                self.source.fail(node.size, f"a register needs at least one qubit, not {size}")
            if size > _LARGEST_REGISTER:
                self.source.fail(
                    node.size, f"a register has at most {_LARGEST_REGISTER} qubits here, not {size}"
                )
        numbers = tuple(range(self.n_qubits, self.n_qubits + size))
        self.declare(node.qubit, Qubits(numbers, single=node.size is None))
        self.n_qubits += size

    def input(self, node: ast.IODeclaration) -> None:
        if node.io_identifier is ast.IOKeyword.output:
            self.source.fail(node, "output is not supported; observables are given separately")
        if not isinstance(node.type, ast.FloatType | ast.AngleType):
            self.source.fail(
                node,
                f"an input of type {type_name(node.type)} is not supported; "
                "parameters are input float or input angle",
            )
        self.declare(node.identifier, parameter(node.identifier.name))
        self.parameters.append(node.identifier.name)

    def constant(self, node: ast.ConstantDeclaration) -> None:
        given = evaluate(node.init_expression, self.names, self.source)
        value = cast(node.type, given, node, self.source)
        if isinstance(value, Angle) and value.number is None:
            self.source.fail(
                node.init_expression, f"a const must be constant, and {value} holds a parameter"
            )
        if isinstance(value, int) and as_angle(given).number != value:
            self.source.fail(node.init_expression, f"{given} is not an integer; write int({given})")
        self.declare(node.identifier, value)

    def classical(self, node: ast.ClassicalDeclaration) -> None:
        if isinstance(node.init_expression, ast.QuantumMeasurement):
            self.source.fail(node, _REFUSED[ast.QuantumMeasurementStatement])
        if not isinstance(node.type, ast.BitType) or node.init_expression is not None:
            self.source.fail(
                node,
                f"the classical variable {node.identifier.name!r} is not supported; "
                "use const for a fixed value and input float for a parameter",
            )
        self.declare(node.identifier, Hidden("is a classical bit, and nothing may depend on one"))

    def include(self, node: ast.Include) -> None:
        if node.filename != "stdgates.inc":
            self.source.fail(
                node, f'include "{node.filename}" is not supported; only "stdgates.inc" is'
            )
        taken = sorted(self.gates.known.keys() & STDGATES.keys())
        if taken and not self.included:
            self.source.fail(node, f"stdgates.inc defines {', '.join(taken)} a second time")
        self.gates.known.update(STDGATES)
        self.included = True

    def define(self, node: ast.QuantumGateDefinition) -> None:
        name = node.name.name
        if name in self.gates.known:
            self.source.fail_at_name(node.name, f"the gate {name!r} is defined already")
        names: dict[str, Meaning] = {
            known: Hidden("is not visible inside a gate; pass it as an argument")
            if isinstance(meaning, Qubits) or known in self.parameters
            else meaning
            for known, meaning in self.names.items()
        }
        local: dict[str, Meaning] = {}
        for argument in node.arguments:
            self.fresh(argument, local)
            local[argument.name] = parameter(argument.name)
        for k, qubit in enumerate(node.qubits):
            self.fresh(qubit, local)
            local[qubit.name] = Qubits((k,), single=True)
        names |= local
        body: list[Element] = []
        for statement in node.body:
            if isinstance(statement, ast.QuantumGate | ast.QuantumPhase):
                body += self.gates.call(statement, names, inside=name)
            elif isinstance(statement, ast.QuantumBarrier):
                self.barrier(statement, names)
            else:
                self.refuse(statement)
        compact = tidy(body)
        arguments = [argument.name for argument in node.arguments]

        def lower(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
            return relocate(compact, qubits, dict(zip(arguments, angles)))

        self.gates.known[name] = Lowering(len(arguments), len(node.qubits), lower)

    def fresh(self, name: ast.Identifier, local: Names) -> None:
        if name.name in local:
            self.source.fail_at_name(name, f"{name.name!r} is declared twice in this gate")

    def barrier(self, node: ast.QuantumBarrier, names: Names) -> None:
        # It means nothing here, but a misspelt qubit is still an error.
        for operand in node.qubits:
            assert isinstance(operand, Operand)
            qubits(operand, names, self.source)
