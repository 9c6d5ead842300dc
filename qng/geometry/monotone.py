"""Standard operator monotone functions: f(1) = 1 and f(t) = t f(1/t), one for every Petz metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, UnknownNameError

Function = Callable[[Array], Array]
"""f(t) of t >= 0, elementwise."""


@dataclass(frozen=True)
class Monotone:
    """A function, and what it is at zero.

    Args:
        name: How it is called.
        function: f, for t > 0.
        at_zero: f(0), the limit.
    """

    name: str
    function: Function
    at_zero: float

    def weights(self, levels: Array) -> Array:
        """c(l_a, l_b) = 1 / (l_b f(l_a / l_b)), 0 where it is not finite; shape (N, N).

        Args:
            levels: Eigenvalues, not negative, shape (N,).
        """
        large = np.maximum.outer(levels, levels)
        small = np.minimum.outer(levels, levels)
        seen = large > 0
        ratio = np.divide(small, large, where=seen, out=np.ones_like(large))
        # f(t) = t f(1/t): with the larger of both in front the ratio is at most 1.
        f = np.full_like(ratio, self.at_zero)
        inside = ratio > 0
        f[inside] = self.function(ratio[inside])
        weights = np.zeros_like(large)
        known = seen & (f > 0)
        weights[known] = 1 / (large[known] * f[known])
        return weights


def _logarithmic(t: Array) -> Array:
    """(t - 1) / ln t, which is 1 at t = 1."""
    x = np.log(t)
    near = np.abs(x) < 1e-4
    # (e^x - 1) / x = 1 + x/2 + x^2/6 + ...
    mean = np.divide(np.expm1(x), x, where=~near, out=1 + x / 2 + x**2 / 6)
    return np.asarray(mean, dtype=float)


SLD: Final = Monotone("sld", lambda t: (1 + t) / 2, 0.5)
"""Of the symmetric logarithmic derivative, the Bures metric: the smallest metric."""

FUNCTIONS: Final[Mapping[str, Monotone]] = {
    "sld": SLD,
    "bures": Monotone("bures", SLD.function, 0.5),
    "wigner-yanase": Monotone("wigner-yanase", lambda t: (1 + np.sqrt(t)) ** 2 / 4, 0.25),
    "bkm": Monotone("bkm", _logarithmic, 0.0),
    "rld": Monotone("rld", lambda t: 2 * t / (1 + t), 0.0),
}
"""By name: Bogoliubov, Kubo and Mori's comes from the relative entropy, that of the right
logarithmic derivative (`rld`, its real part) is the largest."""

# Where a function of one's own is looked at, and how far it may be off.
_GRID: Final = np.geomspace(1e-6, 1.0, 41)
_WRONG: Final = 1e-9

# Where its operator monotony is looked at.
_NODES: Final = np.geomspace(1e-2, 1e2, 7)
_STEP: Final = 1e-5
_NEGATIVE: Final = 1e-6

_TINY: Final = np.array([1e-150, 1e-300])
_GONE: Final = 1e-2


def checked(function: Monotone | Function | str) -> Monotone:
    """A function by name, or one's own.

    Args:
        function: A name of `FUNCTIONS`, or f; it takes and returns arrays, t > 0.

    Raises:
        UnknownNameError: No such name.
        InputError: f(1) is not 1, f(t) is not t f(1/t), or f is not operator monotone: outside
            2t/(1+t) <= f <= (1+t)/2, or with a Loewner matrix that has a negative eigenvalue.
    """
    if isinstance(function, Monotone):
        return function
    if isinstance(function, str):
        if function not in FUNCTIONS:
            raise UnknownNameError("monotone function", function, FUNCTIONS)
        return FUNCTIONS[function]
    if not callable(function):
        raise InputError(f"a monotone function is a name or a function of t, not {function!r}")
    name = getattr(function, "__name__", "of your own")
    f, back = _values(function, _GRID, name), _values(function, 1 / _GRID, name)
    if abs(f[-1] - 1) > _WRONG:
        raise InputError(f"a monotone function has f(1) = 1, {name} has {f[-1]:.6g}")
    if np.any(np.abs(f - _GRID * back) > _WRONG * f):
        raise InputError(f"a monotone function has f(t) = t f(1/t), {name} does not")
    least, most = FUNCTIONS["rld"].function(_GRID), SLD.function(_GRID)
    if (
        np.any(f < (1 - _WRONG) * least)
        or np.any(f > (1 + _WRONG) * most)
        or not _monotone(function, name)
    ):
        raise InputError(
            f"{name} is not operator monotone: no metric that noise can only shrink belongs to it; "
            "2t/(1+t) <= f(t) <= (1+t)/2 is needed, and Loewner matrices without negative "
            "eigenvalues"
        )
    return Monotone(name, function, _at_zero(function, name))


def _values(function: Function, t: Array, name: str) -> Array:
    try:
        values: Any = np.asarray(function(t.copy()), dtype=float)
    except Exception as error:
        why = " ".join(str(error).split())
        raise InputError(f"{name} takes an array of t > 0 and returns f(t): {why}") from error
    if values.shape != t.shape or not np.all(np.isfinite(values)) or np.any(values <= 0):
        raise InputError(f"{name} must return a positive number for every t > 0")
    found: Array = values
    return found


def _monotone(function: Function, name: str) -> bool:
    """Whether [f(s) - f(t)] / (s - t), f'(t) on the diagonal, has no negative eigenvalue."""
    t = _NODES
    f = _values(function, t, name)
    slopes = _values(function, t * (1 + _STEP), name) - _values(function, t * (1 - _STEP), name)
    apart = np.subtract.outer(t, t) + np.eye(len(t))
    loewner = np.subtract.outer(f, f) / apart + np.diag(slopes / (2 * _STEP * t))
    # Scaled to a diagonal of ones, so that no node outweighs another.
    scale = np.sqrt(np.maximum(np.diag(loewner), 0))
    if np.any(scale == 0):
        return False
    return bool(np.linalg.eigvalsh(loewner / np.outer(scale, scale))[0] > -_NEGATIVE)


def _at_zero(function: Function, name: str) -> float:
    """f(0), the limit; 0 where f still falls at the smallest numbers there are."""
    near, nearer = _values(function, _TINY, name)
    return float(nearer) if abs(near - nearer) <= _GONE * near and nearer > _GONE else 0.0
