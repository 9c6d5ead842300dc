"""What loops of OpenQASM 3 run over, known while the text is read."""

from __future__ import annotations

from typing import Final

from openqasm3 import ast

from qng.circuit.convert.qasm.expression import Names, Table, Value, evaluate, integer
from qng.circuit.convert.qasm.source import Source

MOST_STATEMENTS: Final = 200_000
"""So many are walked, those in loops every time."""


def values_of(node: ast.ForInLoop, names: Names, source: Source) -> list[Value]:
    """The numbers of a range, which holds its end, of a set, or of an array.

    Raises:
        QasmError: Anything else, or a range that is not of constants.
    """
    over = node.set_declaration
    found: list[Value | Table]
    if isinstance(over, ast.DiscreteSet):
        found = [evaluate(value, names, source) for value in over.values]
    elif isinstance(over, ast.RangeDefinition):
        found = [*_range(over, names, source)]
    else:
        table = evaluate(over, names, source)
        if not isinstance(table, Table):
            source.fail(over, "a loop runs over a range, a set or an array of numbers")
        found = list(table.items)
    values = [value for value in found if not isinstance(value, Table)]
    if len(values) < len(found):
        source.fail(over, "a loop runs over numbers, not over arrays")
    return values


def _range(over: ast.RangeDefinition, names: Names, source: Source) -> range:
    if over.start is None or over.end is None:
        source.fail(over, "the range of a loop needs its first and last number")
    one = ast.IntegerLiteral(1)
    first, step, last = (
        integer(n or one, names, source, "a bound of a loop")
        for n in (over.start, over.step, over.end)
    )
    if step == 0:
        source.fail(over, "the step of a range must not be 0")
    steps = range(first, last + (1 if step > 0 else -1), step)
    if len(steps) > MOST_STATEMENTS:
        source.fail(over, f"the loop makes more than {MOST_STATEMENTS} statements")
    return steps
