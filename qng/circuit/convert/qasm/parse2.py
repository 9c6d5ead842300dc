"""OpenQASM 2 to the tree that OpenQASM 3 has, so that one walk reads both.

The grammar is that of Cross, Bishop, Smolin and Gambetta, arXiv:1707.03429. Numbers in expressions
are real (1/2 is a half), ^ is a power and binds to the right, ln is the natural logarithm.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, NoReturn

from openqasm3 import ast

from qng.errors import QasmError

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<real>(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<whole>\d+)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<string>"[^"\n]*")
    |(?P<sign>->|==|[;,()\[\]{}+\-*/^])""",
    flags=re.VERBOSE | re.DOTALL,
)
_FUNCTIONS: Final = {
    **{name: name for name in ("sin", "cos", "tan", "exp", "sqrt")},
    **{"ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan"},
}
_BINARY: Final = {"+": (1, "+"), "-": (1, "-"), "*": (2, "*"), "/": (2, "/"), "^": (4, "**")}
_UNARY: Final = 3
_NOT_IN_GATES: Final = ("gate", "opaque", "qreg", "creg", "measure", "reset", "if", "include")


@dataclass
class Opaque(ast.Statement):
    """A gate that is declared without a definition."""

    name: ast.Identifier
    n_angles: int
    n_qubits: int


class Token(NamedTuple):
    """A word of the text, and where it stands: lines from 1, columns from 0."""

    kind: str
    text: str
    line: int
    column: int


def parse2(text: str) -> ast.Program:
    """The tree of an OpenQASM 2 program.

    Raises:
        QasmError: With line and column, for text that is not OpenQASM 2.
    """
    reader = _Reader(_tokens(text))
    try:
        return ast.Program(statements=reader.program(), version="2.0")
    except RecursionError as error:
        raise QasmError("an expression is nested too deeply", 1, 1) from error


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at, line, start = 0, 1, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise QasmError(f"token recognition error at: {text[at]!r}", line, at - start + 1)
        if found.lastgroup != "space":
            tokens.append(Token(str(found.lastgroup), found[0], line, at - start))
        if breaks := found[0].count("\n"):
            line, start = line + breaks, at + found[0].rindex("\n") + 1
        at = found.end()
    tokens.append(Token("end", "", line, at - start))
    return tokens


@dataclass
class _Reader:
    tokens: list[Token]
    at: int = 0

    # Tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.next
        self.at += token.kind != "end"
        return token

    def accept(self, *texts: str) -> Token | None:
        return self.take() if self.next.text in texts and self.next.kind != "string" else None

    def expect(self, text: str) -> Token:
        return self.accept(text) or self.unexpected(f"{text!r} is")

    def of(self, kind: str, what: str) -> Token:
        return self.take() if self.next.kind == kind else self.unexpected(f"{what} is")

    def unexpected(self, wanted: str) -> NoReturn:
        token = self.next
        what = "the end of the text" if token.kind == "end" else repr(token.text)
        raise QasmError(
            f"syntax error: {what} is not expected here; {wanted}", token.line, token.column + 1
        )

    # Statements

    def program(self) -> list[Any]:
        if self.accept("OPENQASM"):
            self.take()
            self.expect(";")
        statements: list[Any] = []
        while self.next.kind != "end":
            statements.append(self.statement())
        return statements

    def statement(self) -> Any:
        first = self.next
        read = _STATEMENTS.get(first.text) if first.kind == "name" else None
        if read is None:
            return self.call()
        self.take()
        return _placed(read(self, first), first)

    def include(self, _: Token) -> ast.Statement:
        name = self.of("string", "a file name in double quotes")
        self.expect(";")
        return ast.Include(filename=name.text[1:-1])

    def register(self, first: Token) -> ast.Statement:
        name = self.name()
        self.expect("[")
        size = self.whole()
        self.expect("]")
        self.expect(";")
        if first.text == "qreg":
            return ast.QubitDeclaration(qubit=name, size=size)
        return ast.ClassicalDeclaration(
            type=_placed(ast.BitType(size=size), first), identifier=name, init_expression=None
        )

    def gate(self, _: Token) -> ast.Statement:
        name, angles, qubits = self.head()
        self.expect("{")
        body: list[Any] = []
        while not self.accept("}"):
            if self.next.text in _NOT_IN_GATES:
                self.unexpected("a gate is defined by gates and barriers")
            body.append(self.statement())
        return ast.QuantumGateDefinition(name=name, arguments=angles, qubits=qubits, body=body)

    def opaque(self, _: Token) -> ast.Statement:
        name, angles, qubits = self.head()
        self.expect(";")
        return Opaque(name, len(angles), len(qubits))

    def head(self) -> tuple[ast.Identifier, list[ast.Identifier], list[ast.Identifier]]:
        name = self.name()
        angles: list[ast.Identifier] = []
        if self.accept("(") and not self.accept(")"):
            angles = self.several(self.name)
            self.expect(")")
        return name, angles, self.several(self.name)

    def measure(self, _: Token) -> ast.Statement:
        qubit = self.operand()
        self.expect("->")
        target = self.operand()
        self.expect(";")
        measured = _at(ast.QuantumMeasurement(qubit=qubit), qubit)
        return ast.QuantumMeasurementStatement(measure=measured, target=target)

    def reset(self, _: Token) -> ast.Statement:
        qubit = self.operand()
        self.expect(";")
        return ast.QuantumReset(qubits=qubit)

    def barrier(self, _: Token) -> ast.Statement:
        qubits = [] if self.next.text == ";" else self.several(self.operand)
        self.expect(";")
        return ast.QuantumBarrier(qubits=qubits)

    def condition(self, _: Token) -> ast.Statement:
        self.expect("(")
        name = self.name()
        self.expect("==")
        value = self.whole()
        self.expect(")")
        equal = ast.BinaryExpression(op=ast.BinaryOperator["=="], lhs=name, rhs=value)
        return ast.BranchingStatement(
            condition=_at(equal, name), if_block=[self.statement()], else_block=[]
        )

    def call(self) -> Any:
        first = self.of("name", "a statement")
        angles: list[ast.Expression] = []
        if self.accept("(") and not self.accept(")"):
            angles = self.several(self.expression)
            self.expect(")")
        qubits = self.several(self.operand)
        self.expect(";")
        name = _placed(ast.Identifier(first.text), first)
        return _placed(
            ast.QuantumGate(modifiers=[], name=name, arguments=angles, qubits=qubits), first
        )

    # Parts of statements

    def several(self, read: Callable[[], Any]) -> list[Any]:
        found = [read()]
        while self.accept(","):
            found.append(read())
        return found

    def name(self) -> Any:
        token = self.of("name", "a name")
        return _placed(ast.Identifier(token.text), token)

    def whole(self) -> Any:
        token = self.of("whole", "a whole number")
        return _placed(ast.IntegerLiteral(int(token.text)), token)

    def operand(self) -> Any:
        name = self.name()
        if not self.accept("["):
            return name
        index = self.whole()
        self.expect("]")
        return _at(ast.IndexedIdentifier(name=name, indices=[[index]]), name)

    def expression(self, binding: int = 1) -> Any:
        left = self.factor()
        while self.next.kind == "sign" and self.next.text in _BINARY:
            token = self.next
            strength, op = _BINARY[token.text]
            if strength < binding:
                break
            self.take()
            # A power binds to the right, and its exponent may have a sign.
            right = self.expression(strength if op == "**" else strength + 1)
            both = ast.BinaryExpression(op=ast.BinaryOperator[op], lhs=left, rhs=right)
            left = _at(both, left)
        return left

    def factor(self) -> Any:
        token = self.take()
        if token.kind in ("real", "whole"):
            return _placed(ast.FloatLiteral(float(token.text)), token)
        if token.text in ("-", "+") and token.kind == "sign":
            inner = self.expression(_UNARY)
            if token.text == "+":
                return inner
            negative = ast.UnaryExpression(op=ast.UnaryOperator["-"], expression=inner)
            return _placed(negative, token)
        if token.text == "(":
            found = self.expression()
            self.expect(")")
            return found
        if token.kind == "name" and self.next.text == "(":
            return self.function(token)
        if token.kind == "name":
            return _placed(ast.Identifier(token.text), token)
        self.at -= token.kind != "end"
        self.unexpected("a number is")

    def function(self, token: Token) -> Any:
        self.expect("(")
        operand = self.expression()
        self.expect(")")
        if token.text not in _FUNCTIONS:
            raise QasmError(
                f"unknown function {token.text!r}; known: {', '.join(sorted(_FUNCTIONS))}",
                token.line,
                token.column + 1,
            )
        name = _placed(ast.Identifier(_FUNCTIONS[token.text]), token)
        return _placed(ast.FunctionCall(name=name, arguments=[operand]), token)


_STATEMENTS: Final[dict[str, Callable[[_Reader, Token], ast.Statement]]] = {
    "include": _Reader.include,
    "qreg": _Reader.register,
    "creg": _Reader.register,
    "gate": _Reader.gate,
    "opaque": _Reader.opaque,
    "measure": _Reader.measure,
    "reset": _Reader.reset,
    "barrier": _Reader.barrier,
    "if": _Reader.condition,
}


def _placed(node: Any, token: Token) -> Any:
    node.span = ast.Span(token.line, token.column, token.line, token.column)
    return node


def _at(node: Any, other: ast.QASMNode) -> Any:
    node.span = other.span
    return node
