"""What names stand for at a place of a program: scopes, declarations and assignments."""

from __future__ import annotations

import math
from collections import ChainMap
from dataclasses import dataclass, field, replace
from typing import Any, Final

from openqasm3 import ast

from qng.circuit.angle import Angle, as_angle, parameter
from qng.circuit.convert.qasm.expression import (
    Bits,
    Hidden,
    Meaning,
    Qubits,
    Table,
    Value,
    combined,
    fitted,
    integer,
    is_constant,
    lookup,
    number,
    place,
    type_name,
    typed,
)
from qng.circuit.convert.qasm.source import Source
from qng.circuit.functions import CONSTANTS

_LARGEST_REGISTER: Final = 10_000
_BIT_VALUES: Final = (ast.BitstringLiteral, ast.IntegerLiteral, ast.BooleanLiteral)


@dataclass
class Wires:
    """What the whole program declares.

    Args:
        n_qubits: So many so far.
        physical: Whether they are $0, $1, ... and not declared.
        parameters: The names of the inputs, in order.
    """

    n_qubits: int = 0
    physical: bool = False
    parameters: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Scope:
    """Names, inner ones before outer ones.

    Args:
        wires: Shared by all scopes of a program.
        names: What they stand for.
        kinds: The types of those that can be assigned to; None of the others.
    """

    wires: Wires = field(default_factory=Wires)
    names: ChainMap[str, Meaning] = field(default_factory=lambda: ChainMap(_constants()))
    kinds: ChainMap[str, Any] = field(default_factory=ChainMap)

    def inner(self) -> Scope:
        """A scope inside this one."""
        return replace(self, names=self.names.new_child(), kinds=self.kinds.new_child())

    def of_gate(self) -> Scope:
        """What is visible in the definition of a gate: constants."""
        hidden = Hidden("is not visible inside a gate; pass it as an argument")
        own: dict[str, Meaning] = {
            name: hidden
            for name, meaning in self.names.items()
            if isinstance(meaning, Qubits | Bits | Hidden)
            or self.kinds.get(name) is not None
            or not is_constant(meaning)
        }
        return Scope(self.wires, ChainMap({}, own, *self.names.maps), ChainMap())

    def give(self, name: str, meaning: Meaning, kind: Any = None) -> None:
        """Let a name of this scope stand for something."""
        self.names[name] = meaning
        self.kinds[name] = kind

    def declare(
        self, name: ast.Identifier, meaning: Meaning, source: Source, kind: Any = None
    ) -> None:
        """The same for a name that must be new in this scope.

        Raises:
            QasmError: It is not.
        """
        if name.name in self.names.maps[0] or name.name in CONSTANTS:
            what = "a constant of the language" if name.name in CONSTANTS else "declared already"
            source.fail_at_name(name, f"{name.name!r} is {what}; choose another name")
        self.give(name.name, meaning, kind)

    # Declarations

    def qubits(self, node: ast.QubitDeclaration, source: Source) -> None:
        """Declare a qubit or a register."""
        if self.wires.physical:
            source.fail(node, "declared qubits and physical ones ($0) cannot be mixed")
        size = 1 if node.size is None else self._size(node.size, "qubit", source)
        first = self.wires.n_qubits
        numbers = tuple(range(first, first + size))
        self.declare(node.qubit, Qubits(numbers, single=node.size is None), source)
        self.wires.n_qubits += size

    def physical(self, numbers: list[int]) -> None:
        """Declare the physical qubits that a text names."""
        self.wires.physical = True
        self.wires.n_qubits = max(numbers) + 1
        for k in numbers:
            self.give(f"${k}", Qubits((k,), single=True))

    def input(self, node: ast.IODeclaration, source: Source) -> None:
        """Declare a parameter, or one for every entry of an array."""
        if node.io_identifier is ast.IOKeyword.output:
            source.fail(node, "output is not supported; observables are given separately")
        kind, shape = node.type, []
        if isinstance(kind, ast.ArrayType):
            shape = [self._size(n, "entry", source) for n in kind.dimensions]
            kind = kind.base_type
        if not isinstance(kind, ast.FloatType | ast.AngleType):
            source.fail(
                node,
                f"an input of type {type_name(kind)} is not supported; "
                "parameters are input float or input angle, or arrays of these",
            )
        if math.prod(shape) > _LARGEST_REGISTER:
            source.fail(node, f"at most {_LARGEST_REGISTER} parameters are read, not {shape}")
        name = node.identifier
        self.declare(name, self._parameters(name.name, shape, ()), source)

    def constant(self, node: ast.ConstantDeclaration, source: Source) -> None:
        """Declare a constant."""
        self._fixed(node, typed(node.type, node.init_expression, self.names, source), source)

    def variable(self, node: ast.ClassicalDeclaration, source: Source, constant: bool) -> None:
        """Declare a variable, whose value is known while the text is read, or bits."""
        first = node.init_expression
        if isinstance(node.type, ast.BitType):
            if first is not None and not isinstance(first, _BIT_VALUES):
                source.fail(node, "a bit can be declared with a constant or a measurement only")
            size = None if node.type.size is None else self._size(node.type.size, "bit", source)
            self.declare(node.identifier, Bits(size), source)
            return
        if not isinstance(node.type, _NUMBERS):
            source.fail(
                node,
                f"the classical variable {node.identifier.name!r} of type {type_name(node.type)} "
                "is not supported; use int, uint, float, angle, bool or an array of these",
            )
        if first is None:
            self.declare(node.identifier, Hidden("has no value yet"), source, node.type)
            return
        value = typed(node.type, first, self.names, source)
        if constant:
            self._fixed(node, value, source)
        else:
            self.declare(node.identifier, value, source, node.type)

    def assign(self, node: ast.ClassicalAssignment, source: Source) -> None:
        """Give a variable, or an entry of an array, another value.

        Raises:
            QasmError: Not a variable, or a value that does not fit its type.
        """
        target = node.lvalue
        name = (target if isinstance(target, ast.Identifier) else target.name).name
        where = ast.Identifier(name)
        where.span = target.span
        old, kind = lookup(where, self.names, source, assigned=True), self.kinds.get(name)
        if kind is None or isinstance(old, Qubits | Bits):
            what = "a classical bit" if isinstance(old, Bits) else "not a variable"
            source.fail(node, f"an assignment to {name!r}, which is {what}, is not supported")
        if isinstance(target, ast.Identifier):
            new = self._assigned(kind, old, node, source)
        else:
            indices = _indices(target)
            new = self._entry(kind, old, indices, node, source)
        next(names for names in self.names.maps if name in names)[name] = new

    def _assigned(
        self, kind: Any, old: Meaning, node: ast.ClassicalAssignment, source: Source
    ) -> Value | Table:
        op = node.op.name.removesuffix("=")
        if not op:
            return typed(kind, node.rvalue, self.names, source)
        if isinstance(old, Hidden):
            source.fail(node, "the variable has no value yet")
        if not isinstance(old, int | Angle) or isinstance(old, bool):
            source.fail(node, f"{op}= is for numbers")
        value = combined(node, op, old, number(node.rvalue, self.names, source), source)
        return fitted(kind, value, node, source)

    def _entry(
        self,
        kind: Any,
        old: Meaning,
        indices: list[Any],
        node: ast.ClassicalAssignment,
        source: Source,
    ) -> Value | Table:
        """The array with another entry."""
        if not indices and not isinstance(old, Table):
            return self._assigned(kind.base_type, old, node, source)
        if not indices or not isinstance(old, Table) or isinstance(indices[0], _SLICES):
            source.fail(node, "an entry of an array is assigned by one index an axis")
        k = place(indices[0], len(old.items), "array", self.names, source)
        new = self._entry(kind, old.items[k], indices[1:], node, source)
        return Table((*old.items[:k], new, *old.items[k + 1 :]))

    def _fixed(
        self,
        node: Any,
        value: Value | Table,
        source: Source,
    ) -> None:
        if not is_constant(value):
            source.fail(
                node.init_expression, f"a const must be constant, and {value} holds a parameter"
            )
        self.declare(node.identifier, value, source)

    def _size(self, node: ast.QASMNode, what: str, source: Source) -> int:
        size = integer(node, self.names, source, "the size of a register")
        if size < 1:
            source.fail(node, f"a register needs at least one {what}, not {size}")
        if size > _LARGEST_REGISTER:
            source.fail(
                node, f"a register has at most {_LARGEST_REGISTER} {_PLURAL[what]} here, not {size}"
            )
        return size

    def _parameters(self, name: str, shape: list[int], index: tuple[int, ...]) -> Value | Table:
        if shape:
            return Table(
                tuple(self._parameters(name, shape[1:], (*index, k)) for k in range(shape[0]))
            )
        whole = f"{name}[{','.join(map(str, index))}]" if index else name
        self.wires.parameters.append(whole)
        return parameter(whole)


_SLICES: Final = (ast.RangeDefinition, ast.DiscreteSet)
_PLURAL: Final = {"qubit": "qubits", "bit": "bits", "entry": "entries"}
_NUMBERS: Final = (
    ast.IntType,
    ast.UintType,
    ast.FloatType,
    ast.AngleType,
    ast.BoolType,
    ast.ArrayType,
)


def _indices(target: ast.IndexedIdentifier) -> list[Any]:
    """The indices of an entry; a set is one that no array has."""
    found: list[Any] = []
    for index in target.indices:
        found += [index] if isinstance(index, ast.DiscreteSet) else index
    return found


def _constants() -> dict[str, Meaning]:
    return {name: as_angle(value) for name, value in CONSTANTS.items()}
