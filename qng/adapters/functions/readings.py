"""A function of the user's as a source of readings: asked at points, counted, with its noise.

Nobody says of a function whether it is exact. It is asked twice where a run starts and at two
other places; where it contradicts itself, further readings there give the standard deviation sigma
of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError, shown
from qng.plan.quantities import Energy
from qng.seeds import Key, extended, generator

AUTO: Final = "auto"

Noise = float | Callable[[Array], float] | str
"""The standard error of a reading: a number, a function of theta, or "auto"."""

_PLACES: Final = 3
_EACH: Final = 6
"""Readings at each place where there is noise: sigma is known to a fifth, 1/sqrt(2 * 15)."""

# Relative: sums in another order differ by as much.
_ROUNDING: Final = 1e-12

# Moves, radians, over which the slopes of a smooth function agree.
_SHORT: Final = (1e-5, 1e-3)

ROUGH: Final = 2 * len(_SHORT)
"""Readings of `Readings.is_rough`."""

_STREAM: Final = 16


class Readings:
    """What a function says, and how often it was asked.

    Args:
        function: theta of shape (P,) -> a number.
        together: Whether it takes several points at once, laid out one after another, and returns
            an array, as the functions of qiskit-algorithms do.
        noise: The standard error of what it returns.
        key: Of the places where it is tried.

    Attributes:
        asked: At how many points.

    Raises:
        InputError: No function, or noise that is none of these.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        together: bool = False,
        noise: Noise = AUTO,
        key: Key = 0,
    ) -> None:
        if not callable(function):
            raise InputError(f"fun must be a function, not {shown(function)}")
        if isinstance(noise, str):
            if noise != AUTO:
                raise UnknownNameError("std_error", noise, (AUTO,))
        elif not callable(noise):
            checks.not_negative("std_error", noise)
        self._function, self._together, self._noise, self._key = function, together, noise, key
        # Simulators with a fixed seed draw by the place in a call: no point keeps its own.
        self._order = generator(extended(key, _STREAM, 2))
        self.asked = 0
        self._ahead: Array | None = None
        self._known: dict[bytes, float] = {}
        self._spread: float | None = None

    def energy(self, points: Array) -> Energy[Array]:
        """Readings at points of shape (points, P).

        Raises:
            InputError: It does not return a number a point.

        Cost: the first time six readings more, or 18 where there is noise, unless that is given.
        """
        error = self._errors(points)
        return Energy(self.values(points), std_error=error if np.any(error) else None)

    def values(self, points: Array) -> Array:
        """The bare readings, shape (points,)."""
        keys = [point.tobytes() for point in points]
        if keys and all(key in self._known for key in keys):
            return np.array([self._known.pop(key) for key in keys])
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return self._asked(points)
        found = self._asked(np.concatenate([points, ahead]))
        self._known = dict(zip((point.tobytes() for point in ahead), found[len(points) :].tolist()))
        return found[: len(points)]

    def expect(self, points: Array) -> None:
        """Points that are asked next but one: where several go in one call, they go with the next.

        Args:
            points: Distinct, shape (points, P).
        """
        if self._together:
            self._ahead = points

    def _asked(self, points: Array) -> Array:
        """What the function says at points."""
        self.asked += len(points)
        if self._together:
            order = self._order.permutation(len(points))
            found = np.asarray(self._function(points[order].ravel())).ravel()
            if found.shape != (len(points),):
                raise InputError(
                    f"fun must return a number for each of {len(points)} points, not "
                    f"{found.size} numbers"
                )
            return np.array([_number(value) for value in found[np.argsort(order)]])
        return np.array([_number(self._function(point.copy())) for point in points])

    def sigma(self, theta: Array) -> float:
        """The standard deviation of one reading, at a point of shape (P,)."""
        return float(self._errors(theta[None])[0])

    def _errors(self, points: Array) -> Array:
        if callable(self._noise):
            found = [_number(self._noise(point.copy())) for point in points]
            return np.array([checks.not_negative("std_error", error) for error in found])
        if isinstance(self._noise, str):
            self._noise = self._tried(points.shape[1], points[0])
        return np.full(len(points), self._noise)

    def _tried(self, size: int, theta: Array) -> float:
        """sigma, from readings at the start and away from it: at special points there is none."""
        places = self._places(size, theta)
        # In one call: a simulator with a fixed seed draws the same in every call, not in one.
        twice = finite(self.values(np.tile(places, (2, 1)))).reshape(2, _PLACES)
        scale = float(np.abs(twice).max())
        self._spread = float(np.std(twice.mean(axis=0), ddof=1))
        # What is not finite is told where it matters.
        if not np.any(np.abs(twice[0] - twice[1]) > _ROUNDING * scale):
            return 0.0
        more = finite(self.values(np.tile(places, (_EACH - 2, 1))))
        every = np.concatenate([twice, more.reshape(_EACH - 2, _PLACES)])
        self._spread = float(np.std(every.mean(axis=0), ddof=1))
        return float(np.sqrt(np.mean(np.var(every, axis=0, ddof=1))))

    def spread(self, theta: Array) -> float:
        """The standard deviation of the function over theta, roughly: of three places.

        Cost: three readings where its noise was given, the first time.
        """
        if self._spread is None:
            values = finite(self.values(self._places(len(theta), theta)))
            self._spread = float(np.std(values, ddof=1))
        return self._spread

    def _places(self, size: int, theta: Array) -> Array:
        """Where it is tried: at a point and away from it; shape (3, P)."""
        draw = generator(extended(self._key, _STREAM))
        places = theta + draw.uniform(-np.pi, np.pi, (_PLACES, size))
        places[0] = theta
        return places

    def is_rough(self, theta: Array) -> bool:
        """Whether slopes over short and very short moves differ, at a point of shape (P,).

        So they do where the noise is the same in every call, as that of a simulator with a fixed
        seed: then values jump where counts do.
        """
        draw = generator(extended(self._key, _STREAM, 1))
        along = draw.choice([-1.0, 1.0], size=len(theta))
        moves = [h * side * along for h in _SHORT for side in (1, -1)]
        values = finite(self.values(theta + np.array(moves)))
        slopes = (values[0::2] - values[1::2]) / (2 * np.array(_SHORT))
        rounding = _ROUNDING * float(np.abs(values).max()) / _SHORT[0]
        return bool(abs(slopes[0] - slopes[1]) > 0.01 * float(np.abs(slopes).max()) + rounding)

    def take(self, sigma: float) -> None:
        """From now on readings have this standard error."""
        self._noise = sigma


def finite(values: Array) -> Array:
    """Values, those that are not finite as nan: differences of infinities make numpy warn."""
    return np.where(np.isfinite(values), values, np.nan)


def _number(value: Any) -> float:
    """One real number.

    Raises:
        InputError: It is none.
    """
    try:
        array = np.asarray(value)
        if array.size != 1 or array.dtype.kind in "cSU":
            raise TypeError
        return float(array.reshape(()))
    except (TypeError, ValueError) as error:
        raise InputError(f"fun must return a real number, not {shown(value)}") from error
