"""What angles are made of: the operators, functions and constants of OpenQASM 3 on real numbers.

One row for each f: how numbers are computed, and the partial derivatives of f(u, v), from which
d f = f_u du + f_v dv. All that is written and read, here or in another language, follows from it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Function:
    """f(u) or f(u, v).

    Args:
        value: Of numbers; that of an operator also of whatever has it.
        partials: f_u, f_v, as functions of the angles u, v; one an argument.
        precedence: Of an operator in a text; 0 is a function, written as a call.
        jumps: Whether it does; its derivatives are those between the jumps.
    """

    value: Callable[..., Any]
    partials: tuple[Callable[..., Any], ...]
    precedence: int = 0
    jumps: bool = False

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.partials)


OPERATORS: Final[dict[str, Function]] = {
    "+": Function(operator.add, (lambda u, v: 1.0, lambda u, v: 1.0), 1),
    "-": Function(operator.sub, (lambda u, v: 1.0, lambda u, v: -1.0), 1),
    "*": Function(operator.mul, (lambda u, v: v, lambda u, v: u), 2),
    "/": Function(operator.truediv, (lambda u, v: 1.0 / v, lambda u, v: -u / v**2), 2),
    "neg": Function(operator.neg, (lambda u: -1.0,), 3),
    "**": Function(
        operator.pow, (lambda u, v: v * u ** (v - 1.0), lambda u, v: u**v * u.function("log")), 4
    ),
}

# Real functions only: popcount, rotl and rotr act on bits, which angles do not have.
FUNCTIONS: Final[dict[str, Function]] = {
    "arccos": Function(math.acos, (lambda u: -1.0 / (1.0 - u**2).function("sqrt"),)),
    "arcsin": Function(math.asin, (lambda u: 1.0 / (1.0 - u**2).function("sqrt"),)),
    "arctan": Function(math.atan, (lambda u: 1.0 / (1.0 + u**2),)),
    "ceiling": Function(math.ceil, (lambda u: 0.0,), jumps=True),
    "cos": Function(math.cos, (lambda u: -u.function("sin"),)),
    "exp": Function(math.exp, (lambda u: u.function("exp"),)),
    "floor": Function(math.floor, (lambda u: 0.0,), jumps=True),
    "log": Function(math.log, (lambda u: 1.0 / u,)),
    "mod": Function(
        math.fmod, (lambda u, v: 1.0, lambda u, v: -(u - u.function("mod", v)) / v), jumps=True
    ),
    "pow": OPERATORS["**"],
    "sin": Function(math.sin, (lambda u: u.function("cos"),)),
    "sqrt": Function(math.sqrt, (lambda u: 0.5 / u.function("sqrt"),)),
    "tan": Function(math.tan, (lambda u: 1.0 / u.function("cos") ** 2,)),
}

SMOOTH: Final = tuple(name for name, f in FUNCTIONS.items() if f.arity == 1 and not f.jumps)
"""The functions of one argument that other languages have under the same names."""

ON_BITS: Final = ("popcount", "rotl", "rotr")
"""Functions of OpenQASM 3 that angles do not have."""

CONSTANTS: Final[dict[str, float]] = {
    name: value
    for names, value in (("pi π", math.pi), ("tau τ", math.tau), ("euler ℇ", math.e))
    for name in names.split()
}
"""The numbers of OpenQASM 3 that have names."""
