"""Where the hyperparameters of methods are looked for when they are tuned.

A learning rate is looked for from a sixteenth of the method's own to eight times it. Where a step
is bounded by a radius, or by a divergence, that is what decides its length, and is looked for, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

from qng import checks
from qng.errors import InputError, UnknownNameError
from qng.optimize.hyperparameters import defaults
from qng.optimize.method import Method
from qng.optimize.methods import CONTROLS, METHODS
from qng.optimize.optimizer import Optimizer


@dataclass(frozen=True)
class Range:
    """Values between two others, on a logarithmic scale.

    Args:
        low: The least, above 0.
        high: The largest.

    Raises:
        InputError: Numbers that are no range.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        checks.positive("the least value of a range", self.low)
        checks.positive("the largest value of a range", self.high)
        if not self.low < self.high:
            raise InputError(f"a range goes up, and {self.low:g} to {self.high:g} does not")

    def at(self, share: float) -> float:
        """The value at a share of the way, 0 the least and 1 the largest, to three digits."""
        return self.rounded(self.low * math.exp(share * math.log(self.high / self.low)))

    def rounded(self, value: float) -> float:
        """A value to three digits, which a reader can type, within the range."""
        return min(max(float(f"{value:.3g}"), self.low), self.high)

    @staticmethod
    def around(value: float, below: float, above: float) -> Range:
        """From a part of a value to a multiple of it."""
        return Range(float(f"{value / below:.3g}"), float(f"{value * above:.3g}"))


Space = Mapping[str, Range]
"""Ranges by hyperparameter."""

_AROUND: Final = {
    "lr": (16.0, 8.0),
    "trust": (4.0, 4.0),
    "radius": (16.0, 4.0),
    "sigma": (16.0, 4.0),
    "delta": (16.0, 16.0),
}


def _space(name: str) -> dict[str, Range]:
    """The ranges of the hyperparameters of a method that decide how long its steps are."""
    own = defaults({**METHODS, **CONTROLS}[name])
    return {key: Range.around(own[key], *_AROUND[key]) for key in _AROUND if key in own}


SPACES: Final[dict[str, dict[str, Range]]] = {name: _space(name) for name in (*METHODS, *CONTROLS)}
"""Every method by name; those without a rate or a radius have nothing that is tuned."""


def space_of(name: str, given: Mapping[str, Any] | None = None) -> dict[str, Range]:
    """The ranges of a method.

    Args:
        name: Of the method.
        given: Ranges, or pairs of numbers, in the place of those of `SPACES`.

    Raises:
        UnknownNameError: No such method or hyperparameter.
        InputError: No range.
    """
    table = {**METHODS, **CONTROLS}
    if name not in table:
        raise UnknownNameError("method", name, table)
    if given is None:
        return SPACES[name]
    own = defaults(table[name])
    for key in given:
        if key not in own:
            raise UnknownNameError(f"hyperparameter of {name}", key, own or ("none",))
    return {key: as_range(key, value) for key, value in given.items()}


def as_range(key: str, value: Any) -> Range:
    """A range, or the one from one number to another.

    Raises:
        InputError: Neither.
    """
    if isinstance(value, Range):
        return value
    try:
        low, high = value
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{key} is looked for in a range, as (0.01, 1.0), not {value!r}"
        ) from error
    return Range(float(checks.real(key, low)), float(checks.real(key, high)))


def rate_of(method: Method) -> float | None:
    """The learning rate of a method that is complete; None where it has none that is a number."""
    if not isinstance(method, Optimizer):
        return None
    search: Any = method.search
    if not (is_dataclass(search) and any(f.name == "lr" for f in fields(search))):
        return None
    rate = getattr(search, "lr", None)
    return float(rate) if isinstance(rate, (int, float)) else None


def with_rate_of(method: Method, lr: float) -> Method:
    """A complete method with another learning rate."""
    given: Any = method
    changed: Method = replace(given, search=replace(given.search, lr=lr))
    return changed
