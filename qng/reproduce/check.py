"""Checks: the published numbers, where ours are found, and how near they must be.

Make one with a function of this module; all take the claim that is made (`PRINTED`, `FIGURE`,
`OWN`) as their last positional argument, and by keywords

    study     which study has the method, where several have it: its name, or a pattern such as
              "3 layers*", over which the runs are pooled
    over      what is compared where there are many runs: "median" or "mean"
    chaotic   what hangs on rounding, in words: such a number is judged with a tolerance or an
              interval that is stable, and its verdict says so

A tolerance is absolute, in the units of the number, or a `Factor`; in the place of a published
number an `Interval` may stand, `below(...)` or `above(...)`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, shown
from qng.reproduce.judging import Check as Check
from qng.reproduce.judging import Claim as Claim
from qng.reproduce.judging import Factor as Factor
from qng.reproduce.judging import Interval as Interval
from qng.reproduce.judging import above as above
from qng.reproduce.judging import below as below
from qng.reproduce.numbers import matrix as matrix
from qng.reproduce.numbers import value as value
from qng.reproduce.results import Results

Centre = Callable[[Array], np.floating]


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
    rows, centre = [row + after for row in published], _centre(over)
    return Check(
        tuple(f"{method}, {'iteration' if after else 'step'} {row}" for row in published),
        tuple(published.values()),
        lambda results: _at(results.energies(method, study), rows, centre),
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

    centre = _centre(over)

    def found(results: Results) -> list[float]:
        tables = {method: results.energies(method, study) for method in published}
        return [_at(tables[method], [row + after], centre)[0] for method, row, _ in known]

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
    rows, centre = [checks.whole("a step", row) for row in published], _centre(over)
    return Check(
        tuple(f"error of {method}, step {row}" for row in rows),
        tuple(published.values()),
        lambda results: _at(results.errors(method, study), rows, centre),
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

    name = "reference energy" if study is None else f"reference energy, {study}"
    return Check((name,), (published,), found, tolerance, claim, study=study)


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
    centre = _centre(over)
    parts = [part.strip() for part in re.split(r" (<=|<|~) ", checks.text("order", order))]
    labels, signs, row = parts[::2], parts[1::2], checks.whole("at", at)
    if not signs or len(set(labels)) < len(labels):
        raise InputError(
            f"an order is written as 'block <= adam < gd', of different methods, not {order!r}"
        )

    def found(results: Results) -> list[tuple[str, bool]]:
        values = [_at(results.energies(label, study), [row], centre)[0] for label in labels]
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
    centre = _centre(over)
    if isinstance(published, (Interval, float, int)):

        def found_one(results: Results) -> list[float]:
            return [float(centre(np.array(find(results))))]

        return Check((what,), (published,), found_one, tolerance, claim, (method,), chaotic)
    many = tuple(float(number) for number in published)

    def found(results: Results) -> Sequence[float]:
        ours = find(results)
        if len(ours) != len(many):
            raise InputError(f"{what}: {len(many)} numbers are published, there are {len(ours)}")
        return ours

    names = tuple(f"{what}, start {k}" for k in range(len(many)))
    return Check(names, many, found, tolerance, claim, (method,), chaotic)


def _at(curves: Array, rows: Sequence[int], centre: Centre) -> list[float]:
    """The middle of curves of shape (runs, rows) at some rows; NaN after the last one."""
    length = curves.shape[1]
    return [float(centre(curves[:, row])) if row < length else math.nan for row in rows]


def _centre(over: str) -> Centre:
    """What is compared where there are many runs.

    Raises:
        InputError: Neither "median" nor "mean".
    """
    centres: dict[str, Centre] = {"median": np.median, "mean": np.mean}
    if over not in centres:
        raise InputError(f"over is 'median' or 'mean', not {shown(over)}")
    return centres[over]
