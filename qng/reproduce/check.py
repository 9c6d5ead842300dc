"""Checks: the published numbers, where ours are found, and how near they must be.

A check is data: `judge` turns it into one verdict a number. Make one with a function of this
module; all take the claim that is made (`PRINTED`, `FIGURE`, `OWN`) as their last positional
argument, and by keywords

    study     which study has the method, where several have it: its name, or a pattern such as
              "3 layers*", over which the runs are pooled
    over      what is compared where there are many runs: "median" or "mean"
    chaotic   what hangs on rounding, in words: such a number is judged with a tolerance or an
              interval that is stable, and its verdict says so
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
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


def below(high: float) -> Interval:
    """At most so much."""
    return Interval(high=high)


def above(low: float) -> Interval:
    """At least so much."""
    return Interval(low=low)


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


def energies(
    method: str,
    published: Mapping[int, float | Interval],
    tolerance: float | Factor,
    claim: Claim,
    *,
    after: bool = False,
    study: str | None = None,
    over: str = "median",
    chaotic: str = "",
) -> Check:
    """Energies by the number of updates.

    Args:
        method: Its label.
        published: By updates: {0: ..., 20: ...}.
        tolerance: Units of the observable.
        claim: See the module.
        after: The numbers are those of iterations that count from zero, and the energies those
            after them: iteration n is update n + 1. So print PennyLane's demos.
        study: See the module, like the next two.
        over: See there.
        chaotic: See there.
    """
    rows = [row + after for row in published]
    return Check(
        tuple(f"{method}, {'iteration' if after else 'step'} {row}" for row in published),
        tuple(published.values()),
        lambda results: _at(results.energies(method, study), rows, over),
        tolerance,
        claim,
        ((study, method),),
        chaotic,
        tuple((method, row) for row in rows),
    )


def curves(
    published: Mapping[str, Sequence[float]],
    at: Sequence[int],
    tolerance: float | Factor,
    claim: Claim,
    *,
    after: bool = False,
    study: str | None = None,
    over: str = "median",
    chaotic: str = "",
) -> Check:
    """Energies of several methods after the same numbers of updates.

    Args:
        published: By label, one number for each of `at`; NaN where nothing is published.
        at: Updates, ascending; of shorter curves the first ones.
        tolerance: As of `energies`, like the others.
        claim: See there.
        after: See there.
        study: See there.
        over: See there.
        chaotic: See there.
    """
    for method, numbers in published.items():
        if len(numbers) > len(at):
            raise InputError(f"{method} has {len(numbers)} numbers for {len(at)} steps")
    known = [
        (method, row, number)
        for method, numbers in published.items()
        for row, number in zip(at, numbers, strict=False)
        if not math.isnan(number)
    ]

    def found(results: Results) -> list[float]:
        tables = {method: results.energies(method, study) for method in published}
        return [_at(tables[method], [row + after], over)[0] for method, row, _ in known]

    return Check(
        tuple(f"{method}, {'iteration' if after else 'step'} {row}" for method, row, _ in known),
        tuple(number for _, _, number in known),
        found,
        tolerance,
        claim,
        tuple((study, method) for method in published),
        chaotic,
        tuple((method, row + after) for method, row, _ in known),
    )


def errors(
    method: str,
    published: Mapping[int, float | Interval],
    tolerance: float | Factor,
    claim: Claim,
    *,
    study: str | None = None,
    over: str = "median",
    chaotic: str = "",
) -> Check:
    """Errors from the reference energy by the number of updates; as `energies`."""
    rows = [checks.whole("a step", row) for row in published]
    return Check(
        tuple(f"error of {method}, step {row}" for row in rows),
        tuple(published.values()),
        lambda results: _at(results.errors(method, study), rows, over),
        tolerance,
        claim,
        ((study, method),),
        chaotic,
    )


def last(
    method: str,
    published: float | Interval | Sequence[float],
    tolerance: float | Factor,
    claim: Claim,
    *,
    study: str | None = None,
    over: str = "median",
    chaotic: str = "",
) -> Check:
    """The last energy of the runs; a sequence of published ones is one a start."""
    return _of_runs(
        f"last energy of {method}",
        published,
        lambda results: [run.fun for run in results.runs(method, study)],
        tolerance,
        claim,
        (study, method),
        over,
        chaotic,
    )


def steps(
    method: str,
    published: float | Interval | Sequence[float],
    claim: Claim,
    *,
    within: float = 0,
    after: bool = False,
    study: str | None = None,
    over: str = "median",
    chaotic: str = "",
) -> Check:
    """The number of updates at which runs stop; a sequence of published ones is one a start.

    Args:
        method: Its label.
        published: Updates.
        claim: See the module.
        within: So many more or fewer agree as well.
        after: Published is the last iteration, counted from zero: one less than the updates.
        study: See the module, like the next two.
        over: See there.
        chaotic: See there.
    """
    return _of_runs(
        f"{'last iteration' if after else 'steps'} of {method}",
        published,
        lambda results: [run.nit - after for run in results.runs(method, study)],
        within,
        claim,
        (study, method),
        over,
        chaotic,
    )


def first_below(
    method: str,
    energy: float,
    published: float | Interval | Sequence[float],
    claim: Claim,
    *,
    within: float = 0,
    study: str | None = None,
    over: str = "median",
    chaotic: str = "",
) -> Check:
    """The first number of updates at which the energy is below a value; inf where it never is."""

    def found(results: Results) -> list[float]:
        hit = results.energies(method, study) < energy
        return [float(row.argmax()) if row.any() else math.inf for row in hit]

    what = f"first step of {method} below {energy:g}"
    return _of_runs(
        what, published, found, within, claim, (study, method), over, chaotic
    )  # fmt: skip


def solved(
    method: str,
    published: int | Interval,
    claim: Claim,
    *,
    within: int = 0,
    study: str | None = None,
    chaotic: str = "",
) -> Check:
    """How many runs come within the accuracy of the problem."""
    return Check(
        (f"runs solved by {method}",),
        (published,),
        lambda results: [float(sum(bool(r.solved) for r in results.runs(method, study)))],
        within,
        claim,
        ((study, method),),
        chaotic,
    )


def reference(
    published: float, tolerance: float, claim: Claim, *, study: str | None = None
) -> Check:
    """The reference energy of a study's problem, such as the ground state's; of the first study."""

    def found(results: Results) -> list[float]:
        comparison = results.comparison(study)
        return [math.nan if comparison.reference is None else comparison.reference]

    return Check(("reference energy",), (published,), found, tolerance, claim)


def ordering(
    order: str,
    claim: Claim,
    *,
    at: int,
    within: float = 0.0,
    study: str | None = None,
    over: str = "median",
    chaotic: str = "",
) -> Check:
    """The order of the energies of methods after some updates: "block <= adam < gd".

    Args:
        order: Labels with <, <= or ~ (equal within the tolerance) between them, in spaces.
        claim: See the module.
        at: After so many updates.
        within: Of ~, and so much more is taken for <= as well.
        study: See the module, like the next two.
        over: See there.
        chaotic: See there.
    """
    parts = [part.strip() for part in re.split(r" (<=|<|~) ", checks.text("order", order))]
    labels, signs, row = parts[::2], parts[1::2], checks.whole("at", at)
    if not signs or len(set(labels)) < len(labels):
        raise InputError(
            f"an order is written as 'block <= adam < gd', of different methods, not {order!r}"
        )

    def found(results: Results) -> list[tuple[str, bool]]:
        values = [_at(results.energies(label, study), [row], over)[0] for label in labels]
        holds = all(
            {"<": a < b, "<=": a <= b + within, "~": abs(a - b) <= within}[sign]
            for a, sign, b in zip(values, signs, values[1:])
        )
        numbers = [f"{value:.4g}" for value in values]
        words = " ".join(f"{value} {sign}" for value, sign in zip(numbers, [*signs, ""])).strip()
        return [(words if holds else f"not {words}", holds)]

    return Check(
        (f"energies at step {at}",),
        (order,),
        found,
        within,
        claim,
        tuple((study, label) for label in labels),
        chaotic,
    )


def value(
    name: str,
    published: ArrayLike | Interval,
    tolerance: float | Factor,
    claim: Claim,
    *,
    chaotic: str = "",
) -> Check:
    """A number or an array of the entry's `values`, entry by entry; NaN: nothing published."""
    if isinstance(published, Interval):
        return Check((name,), (published,), lambda results: [float(results.value(name))],
                     tolerance, claim, chaotic=chaotic)  # fmt: skip
    expected = checks.reals(f"what is published of {name}", published)
    known = ~np.isnan(expected)
    places = [tuple(map(int, place)) for place in np.argwhere(known)]

    def found(results: Results) -> list[float]:
        ours = results.value(name)
        if ours.shape != expected.shape:
            raise InputError(
                f"{name} has the shape {ours.shape}, and what is published {expected.shape}"
            )
        return [float(ours[place]) for place in places]

    return Check(
        tuple(f"{name}{list(place) if place else ''}" for place in places),
        tuple(float(expected[place]) for place in places),
        found,
        tolerance,
        claim,
        chaotic=chaotic,
    )


def matrix(
    name: str,
    diagonal: Sequence[float],
    off: Mapping[tuple[int, int], float],
    tolerance: float | Factor,
    claim: Claim,
    *,
    rest: float = 0.0,
) -> Check:
    """A symmetric matrix of the entry's `values`, by its upper triangle.

    Args:
        name: Of the value.
        diagonal: What is published of it.
        off: Entries beside it by (row, column), row < column.
        tolerance: Of all.
        claim: See the module.
        rest: All other entries; NaN: nothing is published of them.
    """
    size = len(diagonal)
    expected = np.full((size, size), math.nan)
    expected[np.triu_indices(size, 1)] = rest
    for place, entry in off.items():
        expected[place] = entry
    np.fill_diagonal(expected, diagonal)
    return value(name, expected, tolerance, claim)


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


def _of_runs(
    what: str,
    published: float | Interval | Sequence[float],
    find: Callable[[Results], Sequence[float]],
    tolerance: float | Factor,
    claim: Claim,
    method: tuple[str | None, str],
    over: str,
    chaotic: str,
) -> Check:
    """A number of every run: all beside theirs, or the middle one beside the published one."""
    if isinstance(published, (Interval, float, int)):
        _check_over(over)
        return Check((what,), (published,), lambda results: [_middle(find(results), over)],
                     tolerance, claim, (method,), chaotic)  # fmt: skip
    many = tuple(float(number) for number in published)

    def found(results: Results) -> Sequence[float]:
        ours = find(results)
        if len(ours) != len(many):
            raise InputError(f"{what}: {len(many)} numbers are published, there are {len(ours)}")
        return ours

    names = tuple(f"{what}, start {k}" for k in range(len(many)))
    return Check(names, many, found, tolerance, claim, (method,), chaotic)


def _at(curves: Array, rows: Sequence[int], over: str) -> list[float]:
    """The middle of curves of shape (runs, rows) at some rows; NaN after the last one."""
    _check_over(over)
    length = curves.shape[1]
    return [_middle(curves[:, row], over) if row < length else math.nan for row in rows]


def _middle(numbers: Sequence[float] | Array, over: str) -> float:
    several = np.asarray(numbers, dtype=float)
    return float(several.mean() if over == "mean" else np.median(several))


def _check_over(over: str) -> None:
    if over not in ("median", "mean"):
        raise InputError(f"over is 'median' or 'mean', not {over!r}")
