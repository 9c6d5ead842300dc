"""A number with its standard error, and when a comparison with it is decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

LEVEL: Final = 0.005
"""The probability, at most, that a decision on a sampled number is wrong."""

DEVIATIONS: Final = NormalDist().inv_cdf(1 - LEVEL)
"""Standard errors by which it has to be decided: Phi(-z) = 0.5 %."""


@dataclass(frozen=True)
class Reading:
    """A number and its standard error.

    Args:
        value: The number.
        std_error: 0 where it is exact.

    Example:
        >>> x = Reading(1.0, 0.2)
        >>> x.above(0.0), x.below(1.2), x.above(0.9)
        (True, False, False)
    """

    value: float
    std_error: float = 0.0

    def above(self, level: float) -> bool:
        """Whether it is decidedly larger: wrong in at most `LEVEL` of the cases."""
        return self.value - DEVIATIONS * self.std_error > level

    def below(self, level: float) -> bool:
        """Whether it is decidedly not larger."""
        return self.value + DEVIATIONS * self.std_error <= level

    def minus(self, other: float | Reading) -> Reading:
        """The difference from a number, or from an independent reading."""
        if isinstance(other, Reading):
            error = (self.std_error**2 + other.std_error**2) ** 0.5
            return Reading(self.value - other.value, error)
        return Reading(self.value - other, self.std_error)

    def times(self, factor: float) -> Reading:
        """A multiple of it."""
        return Reading(self.value * factor, self.std_error * abs(factor))

    def of_several(self, looks: int) -> Reading:
        """With the error that keeps `LEVEL` for the best of so many (Bonferroni).

        Args:
            looks: How many there were to choose from.
        """
        z = NormalDist().inv_cdf(1 - LEVEL / max(looks, 1))
        return Reading(self.value, self.std_error * z / DEVIATIONS)


def every(*held: bool | None) -> bool | None:
    """Whether all hold; None where that hangs on what is not known.

    Example:
        >>> every(True, None), every(False, None)
        (None, False)
    """
    return False if False in held else None if None in held else True


def some(*held: bool | None) -> bool | None:
    """Whether one of them holds; None where that hangs on what is not known."""
    return True if True in held else None if None in held else False


def best(readings: Sequence[Reading]) -> int:
    """Which of several readings is the largest."""
    return max(range(len(readings)), key=lambda k: readings[k].value)


def decided(reading: Reading | None, level: float) -> bool | None:
    """Whether a reading is at most so large; None where it does not decide that."""
    if reading is None:
        return None
    return True if reading.below(level) else False if reading.above(level) else None


def opposite(held: bool | None) -> bool | None:
    """Whether it does not hold."""
    return None if held is None else not held


def root(square: float) -> float:
    """The root of a square, 0 where noise makes it negative."""
    return math.sqrt(max(square, 0.0))
