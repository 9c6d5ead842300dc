"""Qiskit's expressions of parameters to angles and back.

The public form of a ParameterExpression is its text, so the text is what is read, with the
parameters renamed to x0, x1, ... beforehand (their own names may hold anything). That the angle is
the expression is then checked by numbers: both are evaluated at two points.
"""

from __future__ import annotations

import ast
import math
import operator
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from qiskit.circuit import Parameter, ParameterExpression
from qiskit.circuit.parametervector import ParameterVectorElement
from qiskit.exceptions import QiskitError

from qng.circuit.angle import Angle, apply, as_angle, parameter
from qng.circuit.functions import OPERATORS, SMOOTH
from qng.errors import CircuitError

_TOLERANCE: Final = 1e-9
_COMPLEX: Final = "is complex; angles are real"

# How many points may be tried where most are outside the domain, as for arccos(30 - a).
_TRIES: Final = 1000


def angle_of(value: Any) -> Angle:
    """The angle that a gate's argument stands for, in radians.

    Args:
        value: A number, a Parameter or a ParameterExpression. abs(u) becomes sqrt(u^2), whose
            derivative does not exist at 0, and the conjugate of a real expression is itself.

    Raises:
        CircuitError: Not a finite real number, or an expression with a function that angles do
            not have.
    """
    if isinstance(value, Parameter):
        return parameter(value.name)
    if isinstance(value, ParameterExpression):
        used = ordered(value.parameters)
        if used:
            return _expression_angle(value, used)
        value = value.numeric()
    try:
        return as_angle(float(value))
    except (TypeError, ValueError) as error:
        raise CircuitError(f"an angle must be a finite real number, not {value}") from error


def ordered(parameters: Iterable[Parameter]) -> list[Parameter]:
    """The parameters in Qiskit's order: by name, the elements of a vector by their index."""

    def key(p: Parameter) -> tuple[str, int]:
        if isinstance(p, ParameterVectorElement):
            return p.vector.name, p.index
        return p.name, 0

    return sorted(parameters, key=key)


def expression_of(angle: Angle, symbols: Mapping[str, Any]) -> Any:
    """The angle as a number or a ParameterExpression.

    Args:
        angle: What is written.
        symbols: Qiskit's parameter for every name.

    Raises:
        CircuitError: A function that Qiskit does not have (floor, ceiling, mod).
    """
    written = _write(angle, symbols)
    if isinstance(written, Parameter | float):
        return written
    # Where all parameters cancel (a - a), Qiskit keeps an expression that cannot be transpiled.
    try:
        float(str(written))
        return float(_anonymous(written, list(written.parameters)))
    except ValueError:
        return written


def _write(angle: Angle, symbols: Mapping[str, Any]) -> Any:
    if angle.number is not None:
        return angle.number
    if angle.op == "parameter":
        return symbols[str(angle.args[0])]
    if angle.op in ("+", "-", "neg"):
        return _written_sum(angle, symbols)
    build = _WRITTEN.get(angle.op)
    if build is None:
        raise CircuitError(
            f"the angle {angle} holds {angle.op}, which a ParameterExpression of Qiskit does not "
            "have; use qng.circuit.convert.qiskit.angles_circuit: one parameter a rotation"
        )
    return build(*(_write(u, symbols) for u in angle.args if isinstance(u, Angle)))


def _written_sum(angle: Angle, symbols: Mapping[str, Any]) -> Any:
    """Term by term: Qiskit takes exponentially long to add a sum to a sum."""
    total: Any = None
    waiting = [(1, angle)]
    while waiting:
        sign, u = waiting.pop()
        operands = [v for v in u.args if isinstance(v, Angle)]
        if u.op == "neg":
            waiting.append((-sign, operands[0]))
        elif u.op in ("+", "-"):
            waiting += [(sign if u.op == "+" else -sign, operands[1]), (sign, operands[0])]
        else:
            term = _write(u, symbols)
            if total is None:
                total = term if sign > 0 else -term
            else:
                total = total + term if sign > 0 else total - term
    return total


def _anonymous(expression: ParameterExpression, used: Sequence[Parameter]) -> str:
    """The text of an expression with the parameters x0, x1, ..."""
    while len(_SYMBOLS) < len(used):
        _SYMBOLS.append(Parameter(f"x{len(_SYMBOLS)}"))
    return str(expression.subs(dict(zip(used, _SYMBOLS))))


def _expression_angle(expression: ParameterExpression, used: Sequence[Parameter]) -> Angle:
    try:
        text = _anonymous(expression, used)
        names = {symbol.name: parameter(p.name) for symbol, p in zip(_SYMBOLS, used)}
        angle = _read(ast.parse(text, mode="eval").body, names)
    except CircuitError as error:
        raise CircuitError(f"the angle {_short(expression)} cannot be used: {error}") from error
    except (SyntaxError, RecursionError, MemoryError) as error:
        deep = not isinstance(error, SyntaxError) or "nested" in str(error)
        why = "is nested too deeply" if deep else _COMPLEX
        raise CircuitError(f"the angle {_short(expression)} {why}") from error
    _compare(expression, used, angle)
    return angle


def _read(node: ast.expr, names: Mapping[str, Angle]) -> Angle:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return as_angle(node.value)
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return _sum(_terms(node, names))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_read(node.left, names), _read(node.right, names))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_read(node.operand, names)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        if node.func.id not in _FUNCTIONS:
            raise CircuitError(
                f"the function {node.func.id} has no counterpart in angles; "
                f"available are {' '.join(SMOOTH)} abs"
            )
        return _FUNCTIONS[node.func.id](_read(node.args[0], names))
    # Qiskit 2.0 writes I where later versions write 1i.
    why = _COMPLEX if isinstance(node, ast.Name) and node.id == "I" else "is not a real number"
    raise CircuitError(f"{ast.unparse(node)} {why}")


def _terms(node: ast.expr, names: Mapping[str, Angle]) -> list[Angle]:
    terms = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        right = _read(node.right, names)
        terms.append(right if isinstance(node.op, ast.Add) else -right)
        node = node.left
    return [_read(node, names), *reversed(terms)]


def _sum(terms: Sequence[Angle]) -> Angle:
    """The sum as a balanced tree: a sum of thousands is only a dozen levels deep."""
    if len(terms) == 1:
        return terms[0]
    left, right = _sum(terms[: len(terms) // 2]), _sum(terms[len(terms) // 2 :])
    negated = right.args[0] if right.op == "neg" else None
    return left - negated if isinstance(negated, Angle) else left + right


def _compare(expression: ParameterExpression, used: Sequence[Parameter], angle: Angle) -> None:
    draw = random.Random(0)
    agreed = 0
    for k in range(_TRIES):
        values = {p: _coordinate(draw, k) for p in used}
        theirs = _value(expression, values)
        try:
            ours = angle.value({p.name: v for p, v in values.items()})
        except CircuitError:
            continue
        if theirs is None:
            continue
        if abs(ours - theirs) > _TOLERANCE * max(1.0, abs(theirs)):
            where = ", ".join(f"{p.name} = {v:g}" for p, v in values.items())
            raise CircuitError(
                f"the angle {_short(expression)} was read as {_short(angle)}, which differs at "
                f"{where}: {ours:g}, not {theirs:g}; write the expression in another form"
            )
        agreed += 1
        if agreed == 2:
            return
    raise CircuitError(
        f"the angle {_short(expression)} has no finite real value at {_TRIES} random points; "
        "an angle is a real expression of parameters"
    )


def _coordinate(draw: random.Random, k: int) -> float:
    if k < 4:
        return draw.uniform(0.2, 0.9) if k % 2 == 0 else draw.uniform(-1.0, 1.0)
    if k % 2 == 0:
        return draw.uniform(-100.0, 100.0)
    return draw.choice((-1.0, 1.0)) * math.pow(10.0, draw.uniform(-3.0, 3.0))


def _value(expression: ParameterExpression, values: Mapping[Parameter, float]) -> float | None:
    """The value of an expression; None where it is not real and finite."""
    try:
        number = expression.bind(dict(values)).numeric()
    except (QiskitError, ArithmeticError, ValueError, TypeError, RuntimeError):
        return None
    if isinstance(number, complex) or not math.isfinite(number):
        return None
    return float(number)


def _short(expression: object) -> str:
    try:
        text = str(expression)
    except RecursionError:
        return "of a gate"
    return text if len(text) <= 80 else f"{text[:60]} ... {text[-15:]}"


def _absolute(u: Angle) -> Angle:
    return apply("sqrt", u**2)


def _same(u: Angle) -> Angle:
    return u


_SYMBOLS: Final[list[Parameter]] = []

_OPERATORS: Final[dict[type[ast.operator], Callable[[Angle, Angle], Angle]]] = {
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}

# By the names that the text of an expression has, which were others before Qiskit 2.2.
_FUNCTIONS: Final[dict[str, Callable[..., Angle]]] = {
    **{name.replace("arc", "a"): partial(apply, name) for name in SMOOTH},
    **dict.fromkeys(("abs", "Abs"), _absolute),
    **dict.fromkeys(("conj", "conjugate"), _same),
}

_WRITTEN: Final[dict[str, Callable[..., Any]]] = {
    **{op: OPERATORS[op].value for op in ("*", "/", "**")},
    **{name: operator.methodcaller(name) for name in SMOOTH},
    "sqrt": lambda u: u**0.5,
}
