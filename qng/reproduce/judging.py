"""Verdicts: a published number, ours, how near it must be, and what is said where it is.

A check is data: `judge` turns it into one verdict a number. `qng.reproduce.check` makes checks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from qng import checks
from qng.errors import InputError, shown
from qng.reproduce.results import Results


class Claim(StrEnum):
    """What a verdict that is passed says."""

    PRINTED = "agrees with the printed value"
    FIGURE = "agrees with the published figure to reading accuracy"
    OWN = "independent value, regression only"


PRINTED: Final = Claim.PRINTED
FIGURE: Final = Claim.FIGURE
OWN: Final = Claim.OWN


@dataclass(frozen=True)
class Interval:
    """A range in which a number must lie, both ends included.

    Args:
        low: -inf where there is none.
        high: inf where there is none.

    Raises:
        InputError: No number is in it, or all are.
    """

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not self.low <= self.high or (math.isinf(self.low) and math.isinf(self.high)):
            raise InputError(f"no interval to be judged by: from {self.low} to {self.high}")


def below(high: float) -> Interval:
    """At most so much."""
    return Interval(high=high)


def above(low: float) -> Interval:
    """At least so much."""
    return Interval(low=low)


@dataclass(frozen=True)
class Factor:
    """A tolerance: within this factor of the published number, up or down.

    Args:
        of: Above 1.

    Raises:
        InputError: It is not.
    """

    of: float

    def __post_init__(self) -> None:
        if not 1 < self.of < math.inf:
            raise InputError(f"a factor to be judged by is above 1, not {self.of}")


@dataclass(frozen=True)
class Verdict:
    """What came of one number.

    Args:
        what: The number, in words.
        published: It, or what is demanded of it, in words.
        ours: Ours.
        tolerance: In words: "1e-08", "exact", "factor 3", "interval", "order".
        passed: Whether they agree.
        claim: What is said then.
        chaotic: What hangs on rounding, in words; empty where nothing does.
        place: (study, method, row) of an energy, so that it can be drawn; None elsewhere.
    """

    what: str
    published: float | str
    ours: float | str
    tolerance: str
    passed: bool
    claim: str
    chaotic: str = ""
    place: tuple[str, str, int] | None = None


@dataclass(frozen=True)
class Check:
    """Numbers beside the published ones; made by the functions of this module.

    Args:
        names: Of the numbers.
        published: As many: numbers, or the intervals in which ours must lie.
        find: Ours, as many.
        tolerance: Of all.
        claim: What is said where they agree.
        methods: (study, method) that must be there, so that a check of what no study has is
            refused before anything is run.
        chaotic: What hangs on rounding, in words.
        places: (method, row) of energies that can be drawn, as many.
        study: One that must be there, where no method is asked for.

    Raises:
        InputError: Nothing would be judged, or everything would pass.
    """

    names: tuple[str, ...]
    published: tuple[float | Interval | str, ...]
    find: Callable[[Results], Sequence[float | str | tuple[str, bool]]]
    tolerance: float | Factor
    claim: Claim
    methods: tuple[tuple[str | None, str], ...] = ()
    chaotic: str = ""
    places: tuple[tuple[str, int], ...] = ()
    study: str | None = None

    def __post_init__(self) -> None:
        if not self.names or len(self.names) != len(self.published):
            raise InputError("a check without a published number judges nothing")
        what = self.names[0]
        if not isinstance(self.claim, Claim):
            raise InputError(
                f"the claim of {what!r} is PRINTED, FIGURE or OWN, not {shown(self.claim)}"
            )
        if not isinstance(self.tolerance, Factor):
            checks.not_negative(f"the tolerance of {what!r}", self.tolerance)
        for name, number in zip(self.names, self.published, strict=True):
            if isinstance(number, (str, Interval)):
                continue
            if isinstance(self.tolerance, Factor):
                checks.positive(f"what is published of {name!r}, within a factor,", number)
            elif number != math.inf:
                checks.real(f"what is published of {name!r}", number)
        for _, row in self.places:
            checks.whole(f"the step of {what!r}", row)


def judge(check: Check, results: Results) -> tuple[Verdict, ...]:
    """One verdict a number.

    Raises:
        InputError: Nothing of that name is there to be judged.
    """
    found = check.find(results)
    studies = {method: results.studies_of(method, study)[0] for study, method in check.methods}
    places: list[tuple[str, str, int] | None] = [None] * len(check.names)
    if check.places:
        places = [(studies[method], method, row) for method, row in check.places]
    named = {study for study, _ in check.methods if study is not None}
    where = f", {named.pop()}" if len(named) == 1 else ""
    return tuple(
        _verdict(check, name + where, published, ours, place)
        for name, published, ours, place in zip(
            check.names, check.published, found, places, strict=True
        )
    )


def _verdict(
    check: Check,
    name: str,
    published: float | Interval | str,
    ours: Any,
    place: tuple[str, str, int] | None,
) -> Verdict:
    said: float | str
    if isinstance(published, str):
        said, (ours, passed) = published, ours
        tolerance = f"order, {check.tolerance:g}" if check.tolerance else "order"
    elif isinstance(published, Interval):
        low, high = published.low, published.high
        passed, tolerance = low <= ours <= high, "interval"
        said = f"[{low:g}, {high:g}]"
        if math.isinf(low) or math.isinf(high):
            said = f"at most {high:g}" if math.isinf(low) else f"at least {low:g}"
    elif isinstance(check.tolerance, Factor):
        said, tolerance = float(published), f"factor {check.tolerance.of:g}"
        passed = published / check.tolerance.of <= ours <= published * check.tolerance.of
    else:
        said = float(published)
        tolerance = f"{check.tolerance:g}" if check.tolerance else "exact"
        # Of a published number and one that is its tolerance away, one bit may be too much.
        passed = bool(abs(ours - published) <= check.tolerance * (1 + 1e-12))
        passed = passed or ours == published
    kept = ours if isinstance(ours, str) else float(ours)
    claim, chaotic = str(check.claim), check.chaotic
    return Verdict(name, said, kept, tolerance, bool(passed), claim, chaotic, place)
