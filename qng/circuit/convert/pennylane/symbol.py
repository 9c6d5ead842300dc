"""Numbers as expressions, in the form in which NumPy computes with objects.

On an array of objects NumPy uses their operators, and for a function such as `np.sin` it calls
their method of this name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from qng.circuit.angle import Angle, apply, as_angle
from qng.circuit.functions import SMOOTH
from qng.errors import CircuitError, shown

_ZERO: Final = as_angle(0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """A number as an expression, re + i im.

    Args:
        re: The real part.
        im: The imaginary part.
    """

    re: Angle
    im: Angle = _ZERO

    def __add__(self, other: Any) -> Symbol:
        o = symbol(other)
        return Symbol(self.re + o.re, self.im + o.im)

    def __radd__(self, other: Any) -> Symbol:
        return symbol(other) + self

    def __sub__(self, other: Any) -> Symbol:
        o = symbol(other)
        return Symbol(self.re - o.re, self.im - o.im)

    def __rsub__(self, other: Any) -> Symbol:
        return symbol(other) - self

    def __mul__(self, other: Any) -> Symbol:
        o = symbol(other)
        return Symbol(self.re * o.re - self.im * o.im, self.re * o.im + self.im * o.re)

    def __rmul__(self, other: Any) -> Symbol:
        return symbol(other) * self

    def __truediv__(self, other: Any) -> Symbol:
        o = symbol(other)
        if o.im.number != 0.0:
            norm = o.re * o.re + o.im * o.im
            return self * Symbol(o.re / norm, -o.im / norm)
        return Symbol(self.re / o.re, _ZERO if self.im.number == 0.0 else self.im / o.re)

    def __rtruediv__(self, other: Any) -> Symbol:
        return symbol(other) / self

    def __pow__(self, other: Any) -> Symbol:
        return Symbol(self.angle ** symbol(other).angle)

    def __rpow__(self, other: Any) -> Symbol:
        return symbol(other) ** self

    def __mod__(self, other: Any) -> Symbol:
        a, b = self.angle, symbol(other).angle
        return Symbol(a - b * apply("floor", a / b))

    def __rmod__(self, other: Any) -> Symbol:
        return symbol(other) % self

    def __neg__(self) -> Symbol:
        return Symbol(-self.re, -self.im)

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        square = self.re * self.re + self.im * self.im
        return Symbol(apply("sqrt", square))

    def __bool__(self) -> bool:
        raise TypeError("a symbol is neither true nor false")

    @property
    def real(self) -> Symbol:
        """The real part, for NumPy."""
        return Symbol(self.re)

    @property
    def imag(self) -> Symbol:
        """The imaginary part, for NumPy."""
        return Symbol(self.im)

    @property
    def angle(self) -> Angle:
        """The expression, which has to be real."""
        if self.im.number != 0.0:
            raise TypeError(f"a real number is expected, not one with the imaginary part {self.im}")
        return self.re

    def __getattr__(self, name: str) -> Callable[[], Symbol]:
        function = _FUNCTIONS.get(name)
        if function is None:
            raise AttributeError(f"there is no expression for the function {name}")
        return lambda: function(self)


def symbol(value: Any) -> Symbol:
    """A symbol from a symbol or a number."""
    if isinstance(value, Symbol):
        return value
    if isinstance(value, (str, bytes)):
        raise CircuitError(f"an argument must be a number, not {shown(value)}")
    number = complex(value)
    return Symbol(as_angle(number.real), as_angle(number.imag))


def _real(name: str) -> Callable[[Symbol], Symbol]:
    return lambda s: Symbol(apply(name, s.angle))


def _exp(s: Symbol) -> Symbol:
    size = apply("exp", s.re)
    return Symbol(size * apply("cos", s.im), size * apply("sin", s.im))


_log: Final = _real("log")
_sqrt: Final = _real("sqrt")

_FUNCTIONS: Final[dict[str, Callable[[Symbol], Symbol]]] = {
    **{name: _real(name) for name in SMOOTH},
    "conjugate": lambda s: Symbol(s.re, -s.im),
    "exp": _exp,
    "exp2": lambda s: _exp(s * math.log(2)),
    "expm1": lambda s: _exp(s) - 1.0,
    "log2": lambda s: _log(s) / math.log(2),
    "log10": lambda s: _log(s) / math.log(10),
    "log1p": lambda s: _log(s + 1.0),
    "sinh": lambda s: (_exp(s) - _exp(-s)) / 2.0,
    "cosh": lambda s: (_exp(s) + _exp(-s)) / 2.0,
    "tanh": lambda s: 1.0 - 2.0 / (_exp(2.0 * s) + 1.0),
    "arcsinh": lambda s: _log(s + _sqrt(s * s + 1.0)),
    "arccosh": lambda s: _log(s + _sqrt(s * s - 1.0)),
    "arctanh": lambda s: _log((1.0 + s) / (1.0 - s)) / 2.0,
    "fabs": abs,
    **dict.fromkeys(("deg2rad", "radians"), lambda s: s * (math.pi / 180)),
    **dict.fromkeys(("rad2deg", "degrees"), lambda s: s * (180 / math.pi)),
}
