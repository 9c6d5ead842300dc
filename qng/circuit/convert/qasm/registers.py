"""What operands of OpenQASM 3 stand for: qubits, slices of registers, aliases, broadcasts."""

from __future__ import annotations

from collections.abc import Sequence

from openqasm3 import ast

from qng.circuit.convert.qasm.expression import Bits, Names, Qubits, integer, lookup, place
from qng.circuit.convert.qasm.source import Source

Operand = ast.Identifier | ast.IndexedIdentifier


def qubits(node: Operand, names: Names, source: Source) -> Qubits:
    """The qubits of an operand of a gate.

    Raises:
        QasmError: A name that is not one of qubits, or an index out of range.
    """
    name = node if isinstance(node, ast.Identifier) else node.name
    where = ast.Identifier(name.name)
    where.span = node.span
    found = lookup(where, names, source)
    if not isinstance(found, Qubits):
        what = "a classical bit" if isinstance(found, Bits) else "a number"
        source.fail(node, f"{name.name!r} is {what}, where a qubit is expected")
    if isinstance(node, ast.IndexedIdentifier):
        for index in node.indices:
            found = _indexed(found, index, node, names, source)
    return found


def alias(node: ast.QASMNode, names: Names, source: Source) -> Qubits:
    """The qubits that the right side of a `let` names.

    Raises:
        QasmError: Anything else than names, slices and concatenations of qubits.
    """
    if isinstance(node, ast.Concatenation):
        parts = [alias(side, names, source).numbers for side in (node.lhs, node.rhs)]
        return Qubits(parts[0] + parts[1], single=False)
    if isinstance(node, ast.IndexExpression):
        inner = alias(node.collection, names, source)
        found = _indexed(inner, node.index, node, names, source)
        return Qubits(found.numbers, single=False) if found.single else found
    if isinstance(node, ast.Identifier):
        return qubits(node, names, source)
    source.fail(node, "an alias must name qubits, as in let a = q[0:1] ++ r;")


def bits(node: Operand, names: Names, source: Source) -> int:
    """How many classical bits the target of a measurement has.

    Raises:
        QasmError: A name that is not one of bits, or an index out of range.
    """
    name = node if isinstance(node, ast.Identifier) else node.name
    where = ast.Identifier(name.name)
    where.span = node.span
    found = lookup(where, names, source)
    if not isinstance(found, Bits):
        source.fail(node, f"{name.name!r} is not a classical bit, where one is expected")
    if isinstance(node, ast.Identifier):
        return 1 if found.size is None else found.size
    if found.size is None:
        source.fail(node, "a single bit cannot be indexed")
    numbers = Qubits(tuple(range(found.size)), single=False)
    for index in node.indices:
        numbers = _indexed(numbers, index, node, names, source)
    return len(numbers.numbers)


def broadcast(
    node: ast.QASMNode, operands: Sequence[Operand], gate: str, names: Names, source: Source
) -> list[tuple[int, ...]]:
    """The qubits of every single gate that a call stands for: registers are walked together.

    Raises:
        QasmError: Registers of different sizes, or a qubit twice.
    """
    given = [qubits(operand, names, source) for operand in operands]
    lengths = {len(one.numbers) for one in given if not one.single}
    if len(lengths) > 1:
        sizes = " and ".join(str(n) for n in sorted(lengths))
        source.fail(node, f"gate {gate} is given registers of {sizes} qubits")
    calls = []
    for k in range(lengths.pop() if lengths else 1):
        seen: list[int] = []
        for one, operand in zip(given, operands):
            q = one.numbers[0 if one.single else k]
            if q in seen:
                source.fail(operand, f"gate {gate} is given the same qubit twice")
            seen.append(q)
        calls.append(tuple(seen))
    return calls


def _indexed(
    register: Qubits, index: ast.IndexElement, node: ast.QASMNode, names: Names, source: Source
) -> Qubits:
    if register.single:
        source.fail(node, "a single qubit cannot be indexed")
    size = len(register.numbers)
    if isinstance(index, ast.DiscreteSet):
        chosen = [place(value, size, "qubit", names, source) for value in index.values]
        return Qubits(tuple(register.numbers[k] for k in chosen), single=False)
    if len(index) != 1:
        source.fail(node, "a register has one index, not several")
    (only,) = index
    if not isinstance(only, ast.RangeDefinition):
        return Qubits((register.numbers[place(only, size, "qubit", names, source)],), single=True)
    chosen = _range(only, size, names, source)
    return Qubits(tuple(register.numbers[k] for k in chosen), single=False)


def _range(node: ast.RangeDefinition, size: int, names: Names, source: Source) -> list[int]:
    """The places that a range a:b or a:step:b names, which in OpenQASM 3 holds its end."""
    step = 1 if node.step is None else integer(node.step, names, source, "a step")
    if step == 0:
        source.fail(node, "the step of a range must not be 0")
    first, last = (0, size - 1) if step > 0 else (size - 1, 0)
    start = first if node.start is None else place(node.start, size, "qubit", names, source)
    end = last if node.end is None else place(node.end, size, "qubit", names, source)
    chosen = list(range(start, end + (1 if step > 0 else -1), step))
    if not chosen:
        source.fail(node, "the range holds no qubit")
    return chosen
