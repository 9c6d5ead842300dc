"""What a wave function is: ln psi_theta(x), and its derivatives in real parameters.

A complex parameter w = u + i v that psi depends on holomorphically is the pair (u, v), with
O_u = O_w and O_v = i O_w. The real metric of all pairs then is that of complex reconfiguration:
with S the complex metric and F the complex force, the real solution is du + i dv = 2 S^-1 F.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, shown

Numbers = NDArray[np.inexact[Any]]
"""Real where a wave function is positive, else complex."""


class Wave(Protocol):
    """A wave function of n spins with P real parameters; it need not be normalised."""

    @property
    def n_spins(self) -> int:
        """n."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the P parameters."""

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the arrays that theta ravels, in order; ((P,),) where there are none."""

    def log_psi(self, theta: Array, x: Array, /) -> Numbers:
        """ln psi(x).

        Args:
            theta: Shape (P,).
            x: Spins +1 and -1, shape (N, n).

        Returns:
            Shape (N,); minus infinity where psi is zero.
        """

    def log_derivatives(self, theta: Array, x: Array, /) -> Numbers:
        """O_i(x) = d ln psi(x) / d theta_i.

        Args:
            theta: Shape (P,).
            x: Spins, shape (N, n).

        Returns:
            Shape (N, P).
        """


# Of a central difference of fourth order, relative to the parameter: its error is h^4, and 1e-16/h.
_STEP: Final = 1e-3

# Where ln psi is not a straight line to this over such a step, psi is almost zero: psi itself is
# smooth there, and its logarithm is not.
_CURVED: Final = 1e-6


@dataclass(frozen=True, eq=False)
class WaveFunction:
    """A wave function from a function of one's own.

    Args:
        function: (theta of shape (P,), spins of shape (N, n)) -> ln psi, shape (N,).
        n_spins: n.
        size: P, or the names of the parameters.
        derivatives: (theta, spins) -> O, shape (N, P). None: by differences of fourth order, which
            are right to about ten digits and cost 4 P times what `function` does.

    Raises:
        InputError: What are no functions, or no numbers.

    Example:
        >>> import numpy as np
        >>> product = WaveFunction(lambda theta, x: x @ theta, n_spins=2, size=2)
        >>> product.log_derivatives(np.zeros(2), np.array([[1.0, -1.0]])).round(9)
        array([[ 1., -1.]])
    """

    function: Callable[[Array, Array], Any]
    n_spins: int
    size: int | tuple[str, ...]
    derivatives: Callable[[Array, Array], Any] | None = None

    def __post_init__(self) -> None:
        for name, value in {"log_psi": self.function, "derivatives": self.derivatives}.items():
            checks.function(name, value)
        checks.whole("n_spins", self.n_spins, 1)
        if isinstance(self.size, int):
            checks.whole("size", self.size, 1)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that were given, or t0, t1, ..."""
        if isinstance(self.size, int):
            return named("t", self.size)
        return tuple(self.size)

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """One."""
        return ((len(self.parameters),),)

    def log_psi(self, theta: Array, x: Array) -> Numbers:
        """Of the function, checked."""
        return _values("ln psi", self.function(theta, x), (len(x),))

    def log_derivatives(self, theta: Array, x: Array) -> Numbers:
        """Of the function, or by differences."""
        if self.derivatives is not None:
            found = self.derivatives(theta, x)
            return _values("the log-derivatives", found, (len(x), len(theta)))
        columns = [self._difference(theta, x, k) for k in range(len(theta))]
        return np.stack(columns, axis=1)

    def _difference(self, theta: Array, x: Array, k: int) -> Numbers:
        h = _STEP * max(1.0, abs(theta[k]))
        move = h * np.eye(len(theta))[k]
        ln = {s: self.log_psi(theta + s * move, x) for s in (-2, -1, 1, 2)}
        near, far = _principal(ln[1] - ln[-1]), _principal(ln[2] - ln[-2])
        curved = ~(np.abs(2 * near - far) < _CURVED)
        found = 8 * near - far
        if np.any(curved):
            here = self.log_psi(theta, x)[curved]
            r = {s: np.exp(values[curved] - here) for s, values in ln.items()}
            found[curved] = 8 * (r[1] - r[-1]) - (r[2] - r[-2])
        slope: Numbers = found / (12 * h)
        return slope


def logarithms(wave: Wave, theta: Array, x: Array) -> Numbers:
    """ln psi(x), checked.

    Raises:
        InputError: It is not a number, or psi infinite.
    """
    with np.errstate(all="ignore"):  # what comes of them is refused below
        found = wave.log_psi(theta, x)
    if not np.all(np.real(found) < np.inf):
        raise InputError("ln psi is not a number, or infinite, at this point: take shorter steps")
    return found


def log_probabilities(wave: Wave, theta: Array, x: Array) -> Array:
    """ln |psi(x)|^2 among the configurations given, normalised there; shape (N,)."""
    log: Array = 2 * np.real(logarithms(wave, theta, x))
    return np.asarray(log - np.logaddexp.reduce(log))


def named(letter: str, *shape: int) -> tuple[str, ...]:
    """Names of the entries of an array, such as w0_1.

    Example:
        >>> named("w", 1, 2)
        ('w0_0', 'w0_1')
    """
    return tuple(letter + "_".join(map(str, place)) for place in np.ndindex(*shape))


def doubled(names: tuple[str, ...], is_complex: bool) -> tuple[str, ...]:
    """The names of complex parameters as pairs: real parts first."""
    if not is_complex:
        return names
    return tuple(f"{part} {name}" for part in ("Re", "Im") for name in names)


def joined(theta: Array, is_complex: bool) -> Numbers:
    """Complex parameters from their real parts, which come first, and their imaginary ones."""
    if not is_complex:
        return theta
    half = len(theta) // 2
    return np.asarray(theta[:half] + 1j * theta[half:])


def paired(derivatives: Numbers, is_complex: bool) -> Numbers:
    """The derivatives in the pairs: O and i O, side by side."""
    if not is_complex:
        return derivatives
    return np.concatenate([derivatives, 1j * derivatives], axis=1)


def _principal(difference: Numbers) -> Numbers:
    """A difference of logarithms with its imaginary part in (-pi, pi]."""
    if not np.iscomplexobj(difference):
        return difference
    turns = np.round(difference.imag / (2 * np.pi))
    return np.asarray(difference - 2j * np.pi * turns)


def _values(what: str, found: Any, shape: tuple[int, ...]) -> Numbers:
    try:
        values = np.asarray(found)
        values = values.astype(complex if values.dtype.kind == "c" else float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} must be numbers, not {shown(found)}") from error
    if values.shape != shape:
        raise InputError(f"{what} must have the shape {shape}, not {values.shape}")
    return values
