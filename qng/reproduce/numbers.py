"""Checks of an entry's `values`, the numbers that are no energies; see `qng.reproduce.check`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.errors import InputError
from qng.reproduce.judging import Check, Claim, Factor, Interval
from qng.reproduce.results import Results


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
