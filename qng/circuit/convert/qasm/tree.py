"""The tree of an OpenQASM program to a circuit.

One walk from the first statement to the last: loops are written out, and variables have their
values while the text is read. A gate definition is lowered once, with its parameters as symbols,
and every call puts its arguments and qubits in; a subroutine is walked again at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from openqasm3 import ast

from qng.circuit.angle import Angle, parameter
from qng.circuit.convert.lowering import Element, Turn, relocate
from qng.circuit.convert.qasm.calls import Gates
from qng.circuit.convert.qasm.expression import Qubits, fitted, truth
from qng.circuit.convert.qasm.include import library_of, text_of
from qng.circuit.convert.qasm.loops import MOST_STATEMENTS, values_of
from qng.circuit.convert.qasm.parse import Program, parse
from qng.circuit.convert.qasm.parse2 import Opaque
from qng.circuit.convert.qasm.registers import Operand, alias, bits, qubits
from qng.circuit.convert.qasm.routine import Routine, bound
from qng.circuit.convert.qasm.scope import Scope
from qng.circuit.convert.qasm.source import Source, place_of
from qng.circuit.convert.stdgates import Lowering
from qng.circuit.convert.tidy import tidy
from qng.errors import CircuitError, QasmError

_UNITARY: Final = "a circuit here is unitary, with parameters fixed before it starts"
_REFUSED: Final[dict[type[ast.QASMNode], str]] = {
    ast.BranchingStatement: f"if is not supported, where it is not of constants; {_UNITARY}",
    ast.WhileLoop: f"while is not supported; {_UNITARY}",
    ast.SwitchStatement: f"switch is not supported; {_UNITARY}",
    ast.ExternDeclaration: f"extern is not supported; {_UNITARY}",
    ast.BreakStatement: "break is not supported; write the loop that is meant",
    ast.ContinueStatement: "continue is not supported; write the loop that is meant",
    ast.ReturnStatement: "return is not supported; only gates are",
    ast.Pragma: "a pragma is not supported; remove it",
    ast.CalibrationGrammarDeclaration: "defcalgrammar is not supported; only gates are",
    ast.CalibrationStatement: "cal is not supported; only gates are",
    ast.CalibrationDefinition: "defcal is not supported; only gates are",
    ast.EndStatement: "end is not supported; only gates are",
}
_IN_GATES: Final = (
    ast.QuantumGate,
    ast.QuantumPhase,
    ast.QuantumBarrier,
    ast.ForInLoop,
    ast.BranchingStatement,
    ast.CompoundStatement,
    ast.ConstantDeclaration,
    ast.ClassicalDeclaration,
    ast.ClassicalAssignment,
)
# Statements with names that the parser of OpenQASM 3 takes for those of variables or gates.
_NOP: Final = "nop"

DEFINITIONS: Final = (ast.QuantumGateDefinition, ast.SubroutineDefinition)


@dataclass
class _Walk:
    """What the walk has done so far.

    Args:
        elements: Of the circuit.
        touched: Mask of the qubits on which an operation has acted.
        measured: Mask of the qubits that have been measured.
        repeated: How many statements there were in loops and subroutines, every time.
    """

    elements: list[Element] = field(default_factory=list)
    touched: int = 0
    measured: int = 0
    repeated: int = 0


def walked(program: Program, gates: Gates, scope: Scope, folder: Path | None) -> list[Element]:
    """The elements of a program.

    Args:
        program: The program.
        gates: Those that can be called; what the program defines is added.
        scope: What names stand for; what the program declares is added.
        folder: Where included files are; None: nowhere.

    Raises:
        QasmError: With line and column, for anything that is not a unitary circuit.
    """
    reader = _Reader(program, gates, scope, _Walk(), {}, folder)
    reader.all_of(program.tree.statements)
    return reader.walk.elements


@dataclass(frozen=True)
class _Reader:
    """Where the walk is.

    Args:
        program: The file that is read.
        gates: Those that can be called.
        scope: What names stand for.
        walk: What has been done.
        routines: The subroutines that are defined so far, by name.
        folder: Where included files are.
        inside: The gates and subroutines in which it is, outer ones first.
        in_gate: Whether it is in the definition of a gate.
        repeated: Whether it is in a loop or a subroutine.
        files: Those that are being included.
    """

    program: Program
    gates: Gates
    scope: Scope
    walk: _Walk
    routines: dict[str, Routine]
    folder: Path | None
    inside: tuple[str, ...] = ()
    in_gate: bool = False
    repeated: bool = False
    files: tuple[Path, ...] = ()

    @property
    def source(self) -> Source:
        return self.program.source

    def all_of(self, statements: Sequence[Any]) -> None:
        for node in statements:
            try:
                self.statement(node)
            except QasmError:
                raise
            except CircuitError as error:
                self.source.fail(node, str(error))
            except RecursionError:
                self.source.fail(node, "the statement is nested too deeply")

    def statement(self, node: Any) -> None:
        self.walk.repeated += self.repeated
        if self.walk.repeated > MOST_STATEMENTS:
            self.source.fail(node, f"loops and calls make more than {MOST_STATEMENTS} statements")
        read = _STATEMENTS.get(type(node))
        if read is None or (self.in_gate and not isinstance(node, _IN_GATES)):
            self.refuse(node)
        read(self, node)

    def refuse(self, node: ast.QASMNode) -> NoReturn:
        name = type(node).__name__.removeprefix("Quantum").removesuffix("Statement")
        message = f"this statement ({name.lower()}) is not supported here; only gates are"
        self.source.fail(node, _REFUSED.get(type(node), message))

    # Operations

    def gate(self, node: ast.QuantumGate | ast.QuantumPhase) -> None:
        if isinstance(node, ast.QuantumGate) and node.name.name == _NOP and not node.arguments:
            return self.barrier(node)
        inside = self.inside[-1] if self.in_gate else ""
        elements = self.gates.call(node, self.scope.names, inside)
        support = 0
        for e in elements:
            support |= e.pauli.support if isinstance(e, Turn) else e.support
        if support & self.walk.measured:
            self.source.fail(
                node, "the gate follows a measurement of its qubits; measure at the end only"
            )
        self.walk.touched |= support
        self.walk.elements += elements

    def barrier(self, node: Any) -> None:
        # It means nothing here, but a misspelt qubit is still an error.
        for operand in node.qubits:
            assert isinstance(operand, Operand)
            qubits(operand, self.scope.names, self.source)

    def measure(self, node: ast.QuantumMeasurementStatement) -> None:
        """A final measurement: observables are given separately."""
        measured = qubits(node.measure.qubit, self.scope.names, self.source).numbers
        if node.target is not None:
            n = bits(node.target, self.scope.names, self.source)
            if n != len(measured):
                self.source.fail(node, f"{len(measured)} qubit(s) are measured into {n} bit(s)")
        self.walk.measured |= sum(1 << q for q in set(measured))

    def reset(self, node: ast.QuantumReset) -> None:
        """Of qubits that are in |0>: nothing."""
        wires = qubits(node.qubits, self.scope.names, self.source).numbers
        if sum(1 << q for q in set(wires)) & (self.walk.touched | self.walk.measured):
            self.source.fail(
                node, f"a reset is supported as the first operation on a qubit only; {_UNITARY}"
            )

    # Blocks

    def block(self, statements: Sequence[Any]) -> None:
        replace(self, scope=self.scope.inner()).all_of(statements)

    def box(self, node: ast.Box) -> None:
        self.block(node.body)

    def compound(self, node: ast.CompoundStatement) -> None:
        self.block(node.statements)

    def branch(self, node: ast.BranchingStatement) -> None:
        try:
            chosen = truth(node.condition, self.scope.names, self.source)
        except QasmError:
            self.refuse(node)
        self.block(node.if_block if chosen else node.else_block)

    def loop(self, node: ast.ForInLoop) -> None:
        for value in values_of(node, self.scope.names, self.source):
            scope = self.scope.inner()
            scope.give(node.identifier.name, fitted(node.type, value, node, self.source))
            replace(self, scope=scope, repeated=True).all_of(node.block)

    # Declarations

    def register(self, node: ast.QubitDeclaration) -> None:
        if len(self.scope.names.maps) > 1:
            self.source.fail(node, "qubits are declared outside of blocks and loops only")
        self.scope.qubits(node, self.source)

    def input(self, node: ast.IODeclaration) -> None:
        self.scope.input(node, self.source)

    def constant(self, node: ast.ConstantDeclaration) -> None:
        self.scope.constant(node, self.source)

    def classical(self, node: ast.ClassicalDeclaration) -> None:
        first = node.init_expression
        if not isinstance(first, ast.QuantumMeasurement):
            constant = place_of(node) in self.program.constant
            return self.scope.variable(node, self.source, constant)
        bare = ast.ClassicalDeclaration(node.type, node.identifier)
        bare.span = node.span
        self.scope.variable(bare, self.source, constant=False)
        target = ast.Identifier(node.identifier.name)
        target.span = node.span
        measure = ast.QuantumMeasurementStatement(first, target)
        measure.span = node.span
        self.measure(measure)

    def assign(self, node: ast.ClassicalAssignment) -> None:
        self.scope.assign(node, self.source)

    def alias(self, node: ast.AliasStatement) -> None:
        named = alias(node.value, self.scope.names, self.source)
        self.scope.declare(node.target, named, self.source)

    def include(self, node: ast.Include) -> None:
        if library_of(node, self.gates, self.program.version, self.source):
            return
        path, text = text_of(node, self.folder, self.files, self.source)
        try:
            program = parse(text, self.program.version)
            names = {s.name.name for s in program.tree.statements if isinstance(s, DEFINITIONS)}
            gates = replace(self.gates, source=program.source, defined=names)
            files = (*self.files, path)
            reader = replace(self, program=program, gates=gates, folder=path.parent, files=files)
            reader.all_of(program.tree.statements)
        except QasmError as error:
            self.source.fail(node, f"{node.filename}: {error}")

    # Definitions

    def define(self, node: ast.QuantumGateDefinition) -> None:
        name = node.name.name
        self.new_gate(node.name)
        scope = self.scope.of_gate()
        for argument in node.arguments:
            self.fresh(argument, scope)
            scope.give(argument.name, parameter(argument.name))
        for k, qubit in enumerate(node.qubits):
            self.fresh(qubit, scope)
            scope.give(qubit.name, Qubits((k,), single=True))
        walk = _Walk(repeated=self.walk.repeated)
        inside = (*self.inside, name)
        replace(self, scope=scope, walk=walk, inside=inside, in_gate=True).all_of(node.body)
        self.walk.repeated = walk.repeated
        compact = tidy(walk.elements)
        arguments = [argument.name for argument in node.arguments]

        def lower(angles: Sequence[Angle], wires: Sequence[int]) -> list[Element]:
            return relocate(compact, wires, dict(zip(arguments, angles)))

        self.gates.known[name] = Lowering(len(arguments), len(node.qubits), lower)
        called = {s.name.name for s in node.body if isinstance(s, ast.QuantumGate)}
        if called & self.gates.phased:
            self.gates.phased.add(name)

    def opaque(self, node: Opaque) -> None:
        name = node.name.name
        self.new_gate(node.name)

        def lower(_: Sequence[Angle], wires: Sequence[int]) -> NoReturn:
            raise CircuitError(f"the gate {name!r} is opaque: it has no definition to follow")

        self.gates.known[name] = Lowering(node.n_angles, node.n_qubits, lower)

    def new_gate(self, name: ast.Identifier) -> None:
        if name.name in self.gates.known and name.name not in self.gates.loose:
            self.source.fail_at_name(name, f"the gate {name.name!r} is defined already")
        self.gates.loose.discard(name.name)
        self.gates.phased.discard(name.name)

    def fresh(self, name: ast.Identifier, scope: Scope) -> None:
        if name.name in scope.names.maps[0]:
            self.source.fail_at_name(name, f"{name.name!r} is declared twice in this gate")

    def routine(self, node: ast.SubroutineDefinition) -> None:
        name = node.name.name
        if name in self.routines:
            self.source.fail_at_name(node.name, f"the subroutine {name!r} is defined already")
        if node.return_type is not None:
            self.source.fail(
                node, f"def is supported where it only applies gates; {name!r} returns a value"
            )
        self.routines[name] = Routine(node, self)

    def expression(self, node: ast.ExpressionStatement) -> None:
        called = node.expression
        if isinstance(called, ast.Identifier) and called.name == _NOP:
            return
        if not isinstance(called, ast.FunctionCall):
            self.refuse(node)
        name = called.name.name
        routine = self.routines.get(name)
        if routine is None:
            what = "is used before its definition" if name in self.gates.defined else "is not known"
            self.source.fail(node, f"a call of {name} is not supported: it {what}; {_UNITARY}")
        if name in self.inside:
            self.source.fail(node, f"the subroutine {name!r} calls itself")
        there: _Reader = routine.reader
        scope = bound(routine.node, called, self.scope, there.scope, self.source)
        inside = (*self.inside, name)
        replace(there, scope=scope, inside=inside, repeated=True).all_of(routine.node.body)

    def delay(self, node: ast.DelayInstruction) -> None:
        """Nothing to a circuit without noise."""
        self.barrier(node)


_STATEMENTS: Final[dict[type, Callable[[_Reader, Any], None]]] = {
    ast.QuantumGate: _Reader.gate,
    ast.QuantumPhase: _Reader.gate,
    ast.QuantumBarrier: _Reader.barrier,
    ast.QuantumMeasurementStatement: _Reader.measure,
    ast.QuantumReset: _Reader.reset,
    ast.DelayInstruction: _Reader.delay,
    ast.Box: _Reader.box,
    ast.CompoundStatement: _Reader.compound,
    ast.BranchingStatement: _Reader.branch,
    ast.ForInLoop: _Reader.loop,
    ast.QubitDeclaration: _Reader.register,
    ast.IODeclaration: _Reader.input,
    ast.ConstantDeclaration: _Reader.constant,
    ast.ClassicalDeclaration: _Reader.classical,
    ast.ClassicalAssignment: _Reader.assign,
    ast.AliasStatement: _Reader.alias,
    ast.Include: _Reader.include,
    ast.QuantumGateDefinition: _Reader.define,
    Opaque: _Reader.opaque,
    ast.SubroutineDefinition: _Reader.routine,
    ast.ExpressionStatement: _Reader.expression,
}
