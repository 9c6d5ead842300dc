"""Expressions of parameters with exact derivatives.

An angle is a tree of + - * / ** and the functions of OpenQASM 3 over numbers and named
parameters, in radians (`functions`). Its text form is OpenQASM 3. Derivatives are again angles, by
the chain rule d f(u, v) = f_u du + f_v dv, so second derivatives are exact as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from qng.circuit.functions import FUNCTIONS, OPERATORS, Function
from qng.errors import CircuitError

Number = int | float

Outside = Callable[..., float]
"""A function that is no expression: f(u, v, ...), and f(u, v, ..., by=k) its derivative by the
k-th argument. It says what it is by its repr."""


@dataclass(frozen=True, slots=True)
class Angle:
    """One node of an expression: a number, a parameter, an operator or a function.

    Args:
        op: "number", "parameter", an operator (+ - * / ** neg), a function name, or "outside".
        args: The number, the parameter's name, or the operand angles, after the function where it
            is one from outside.

    Example:
        >>> a = parameter("a")
        >>> str(2 * a + 1)
        '2.0 * a + 1.0'
        >>> (a * a).derivative("a").value({"a": 3.0})
        6.0
    """

    op: str
    args: tuple[Angle | float | str | Outside, ...]

    def __add__(self, other: Angle | Number) -> Angle:
        return _add(self, as_angle(other))

    def __radd__(self, other: Number) -> Angle:
        return _add(as_angle(other), self)

    def __sub__(self, other: Angle | Number) -> Angle:
        return _sub(self, as_angle(other))

    def __rsub__(self, other: Number) -> Angle:
        return _sub(as_angle(other), self)

    def __mul__(self, other: Angle | Number) -> Angle:
        return _mul(self, as_angle(other))

    def __rmul__(self, other: Number) -> Angle:
        return _mul(as_angle(other), self)

    def __truediv__(self, other: Angle | Number) -> Angle:
        return _div(self, as_angle(other))

    def __rtruediv__(self, other: Number) -> Angle:
        return _div(as_angle(other), self)

    def __pow__(self, other: Angle | Number) -> Angle:
        return _pow(self, as_angle(other))

    def __rpow__(self, other: Number) -> Angle:
        return _pow(as_angle(other), self)

    def __neg__(self) -> Angle:
        return _neg(self)

    def __str__(self) -> str:
        return _text(self, 0)

    def function(self, name: str, *others: Angle | Number) -> Angle:
        """A function with this angle as its first argument; see `apply`."""
        return apply(name, self, *others)

    @property
    def number(self) -> float | None:
        """The value of a bare number; None for anything else."""
        first = self.args[0] if self.op == "number" else None
        return first if isinstance(first, float) else None

    def parameters(self) -> tuple[str, ...]:
        """The names in the expression, each once, from left to right."""
        if self.op == "parameter":
            return (str(self.args[0]),)
        return tuple(dict.fromkeys(name for u in self._operands() for name in u.parameters()))

    def value(self, values: Mapping[str, float]) -> float:
        """The value in radians at the given parameter values.

        Raises:
            CircuitError: The expression is not defined there (log of a negative number, ...).
        """
        known = self.number
        if known is not None:
            return known
        if self.op == "parameter":
            return float(values[str(self.args[0])])
        # Most operands are parameters, and a function from outside has many.
        operands = [
            float(values[str(u.args[0])]) if u.op == "parameter" else u.value(values)
            for u in self._operands()
        ]
        try:
            result = self._function(*operands)
        except CircuitError:
            raise
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise CircuitError(
                f"the angle {self} has no finite value at {_where(self, values)}: {error}"
            ) from error
        if isinstance(result, complex) or not math.isfinite(result):
            raise CircuitError(f"the angle {self} is not real and finite at {_where(self, values)}")
        return float(result)

    def derivative(self, name: str) -> Angle:
        """The partial derivative by one parameter, as an angle."""
        if self.op == "number":
            return _ZERO
        if self.op == "parameter":
            return _ONE if self.args[0] == name else _ZERO
        total = _ZERO
        for position, u in enumerate(self._operands()):
            du = u.derivative(name)
            if du.number != 0.0:
                total = total + self._partial(position) * du
        return total

    def affine(self) -> tuple[dict[str, float], float] | None:
        """(coefficients, offset) where the angle is sum c_i theta_i + b; None where it is not."""
        constant = self.number
        if constant is not None:
            return {}, constant
        if self.op == "parameter":
            return {str(self.args[0]): 1.0}, 0.0
        parts = [u.affine() for u in self._operands()]
        if any(part is None for part in parts):
            return None
        known = [part for part in parts if part is not None]
        if self.op == "neg":
            return _scaled(known[0], -1.0)
        if self.op in "+-":
            return _summed(known[0], _scaled(known[1], 1.0 if self.op == "+" else -1.0))
        if self.op == "*" and not known[0][0]:
            return _scaled(known[1], known[0][1])
        if self.op == "*" and not known[1][0]:
            return _scaled(known[0], known[1][1])
        if self.op == "/" and not known[1][0] and known[1][1] != 0.0:
            return _scaled(known[0], 1.0 / known[1][1])
        return None

    def substitute(self, values: Mapping[str, Angle | Number]) -> Angle:
        """The angle with parameters replaced by numbers or other angles; numbers are folded."""
        if self.op == "number":
            return self
        if self.op == "parameter":
            name = str(self.args[0])
            return as_angle(values[name]) if name in values else self
        operands = [u.substitute(values) for u in self._operands()]
        return outside(self._function, *operands) if self.is_outside else _BUILD[self.op](*operands)

    @property
    def is_outside(self) -> bool:
        """Whether it is a function that is no expression."""
        return self.op == "outside"

    @property
    def is_expression(self) -> bool:
        """Whether it can be written down: nothing in it is a function from outside."""
        return not self.is_outside and all(u.is_expression for u in self._operands())

    @property
    def _function(self) -> Callable[..., Any]:
        first = self.args[0]
        return first if self.is_outside and callable(first) else _ROWS[self.op].value

    def _partial(self, position: int) -> Angle | Number:
        """f_u of the function's operand u at a position."""
        if self.is_outside:
            return outside(_Partial(self._function, position), *self._operands())
        slope: Angle | Number = _ROWS[self.op].partials[position](*self._operands())
        return slope

    def _operands(self) -> tuple[Angle, ...]:
        return tuple([u for u in self.args if isinstance(u, Angle)])


def parameter(name: str) -> Angle:
    """The angle that is one parameter.

    Example:
        >>> phi = 2 * parameter("a") + parameter("b")
        >>> phi.value({"a": 0.5, "b": 1.0})
        2.0
    """
    return Angle("parameter", (name,))


def outside(function: Outside, *operands: Angle) -> Angle:
    """The angle f(u, v, ...) of a function that is no expression; numbers are folded."""
    node = Angle("outside", (function, *operands))
    return as_angle(node.value({})) if all(u.op == "number" for u in operands) else node


def as_angle(value: Angle | Number) -> Angle:
    """An angle from an angle or a finite number of radians.

    Raises:
        CircuitError: The number is NaN or infinite.
    """
    if isinstance(value, Angle):
        return value
    if not math.isfinite(value):
        raise CircuitError(f"an angle must be a finite number of radians, not {value}")
    return Angle("number", (float(value),))


def apply(name: str, *operands: Angle | Number) -> Angle:
    """A function of OpenQASM 3 (`functions`) applied to angles; numbers are folded.

    Raises:
        CircuitError: The function is unknown, has another number of arguments, or is not defined
            at the given numbers.
    """
    if name not in FUNCTIONS:
        raise CircuitError(
            f"unknown function {name!r} in an angle; known: {', '.join(sorted(FUNCTIONS))}"
        )
    arity = FUNCTIONS[name].arity
    if len(operands) != arity:
        raise CircuitError(f"{name} takes {arity} argument(s), {len(operands)} were given")
    return _BUILD["**" if name == "pow" else name](*(as_angle(u) for u in operands))


def sin(u: Angle | Number) -> Angle:
    """Sine of an angle."""
    return apply("sin", u)


def cos(u: Angle | Number) -> Angle:
    """Cosine of an angle."""
    return apply("cos", u)


@dataclass(frozen=True)
class _Partial:
    """The derivative of a function from outside by one of its arguments."""

    function: Outside
    by: int

    def __call__(self, *operands: float, by: int | None = None) -> float:
        if by is not None:
            raise CircuitError(
                f"second derivatives of {self.function!r} are not known: it is no expression"
            )
        return self.function(*operands, by=self.by)

    def __repr__(self) -> str:
        return f"d{self.by} {self.function!r}"


_ROWS: Final[dict[str, Function]] = OPERATORS | FUNCTIONS


def _build(op: str) -> Callable[..., Angle]:
    def make(*operands: Angle) -> Angle:
        node = Angle(op, operands)
        if all(u.op == "number" for u in operands):
            return as_angle(node.value({}))
        return node

    return make


_ZERO: Final = Angle("number", (0.0,))
_ONE: Final = Angle("number", (1.0,))


def _add(a: Angle, b: Angle) -> Angle:
    if a.number == 0.0:
        return b
    return a if b.number == 0.0 else _build("+")(a, b)


def _sub(a: Angle, b: Angle) -> Angle:
    if a.number == 0.0:
        return _neg(b)
    return a if b.number == 0.0 else _build("-")(a, b)


def _mul(a: Angle, b: Angle) -> Angle:
    if a.number == 0.0 or b.number == 0.0:
        return _ZERO
    if a.number == 1.0:
        return b
    return a if b.number == 1.0 else _build("*")(a, b)


def _div(a: Angle, b: Angle) -> Angle:
    return a if b.number == 1.0 else _build("/")(a, b)


def _pow(a: Angle, b: Angle) -> Angle:
    return a if b.number == 1.0 else _build("**")(a, b)


def _neg(a: Angle) -> Angle:
    if a.op == "neg":
        return a._operands()[0]
    return _build("neg")(a)


_BUILD: Final[dict[str, Callable[..., Angle]]] = {
    **{op: _build(op) for op in _ROWS},
    "+": _add,
    "-": _sub,
    "*": _mul,
    "/": _div,
    "**": _pow,
    "neg": _neg,
}


def _text(angle: Angle, outer: int) -> str:
    """OpenQASM 3, in parentheses where the operator around it would take a part of it."""
    number = angle.number
    if number is not None:
        text = repr(number)
        return f"({text})" if text.startswith("-") and outer else text
    if angle.op == "parameter":
        return str(angle.args[0])
    operands = angle._operands()
    if angle.is_outside:
        return f"<{angle.args[0]!r}>({', '.join(_text(u, 0) for u in operands)})"
    own = _ROWS[angle.op].precedence
    if not own:
        return f"{angle.op}({', '.join(_text(u, 0) for u in operands)})"
    if angle.op == "neg":
        text = f"-{_text(operands[0], own + 1)}"
    elif angle.op == "**":
        text = f"{_text(operands[0], own + 1)} ** {_text(operands[1], own + 1)}"
    else:
        text = f"{_text(operands[0], own)} {angle.op} {_text(operands[1], own + 1)}"
    return f"({text})" if outer > own or (outer and angle.op == "neg") else text


def _where(angle: Angle, values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {values[name]:g}" for name in angle.parameters()) or "numbers"


def _scaled(form: tuple[dict[str, float], float], factor: float) -> tuple[dict[str, float], float]:
    return {name: factor * c for name, c in form[0].items()}, factor * form[1]


def _summed(
    a: tuple[dict[str, float], float], b: tuple[dict[str, float], float]
) -> tuple[dict[str, float], float]:
    coefficients = dict(a[0])
    for name, c in b[0].items():
        coefficients[name] = coefficients.get(name, 0.0) + c
    return coefficients, a[1] + b[1]
