"""How many shots a batch has: so many in all, or so many a circuit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Integers
from qng.errors import InputError

LEAST: Final = 2
"""Shots of a point: a sample variance needs two. Intervals of 1.96 standard errors hold the value
in 93 % of all cases from two on for means of words and overlaps, from ten on for everything."""


@dataclass(frozen=True)
class PerCircuit:
    """So many shots for every circuit of a batch, which is what most papers mean by shots.

    A circuit is one with its angles bound and the basis in which it is measured. Where a number is
    given instead, it is that of all circuits of a step together, dealt out for the smallest error;
    here all circuits have the same, and the energies at the end of a run, too.

    Args:
        shots: Of each, at least 2.

    Raises:
        InputError: No such number.

    Example:
        >>> PerCircuit(1e3).dealt(circuits=3).tolist()
        [1000, 1000, 1000]
    """

    shots: int

    def __post_init__(self) -> None:
        number = checks.shots(self.shots)
        if number is None or number < LEAST:
            raise InputError(
                f"a circuit has at least {LEAST} shots, a whole number, not {self.shots!r}"
            )
        object.__setattr__(self, "shots", number)

    def __str__(self) -> str:
        return f"{self.shots} a circuit"

    def dealt(self, circuits: int, multiple: int = 1) -> Integers:
        """The shots of so many circuits.

        Args:
            circuits: How many there are.
            multiple: Of which the device has the shots of a circuit be one.

        Raises:
            InputError: They are none.
        """
        if self.shots % multiple:
            more = -(-self.shots // multiple) * multiple
            raise InputError(
                f"this device runs multiples of {multiple} shots, not {self.shots} a circuit: "
                f"give {more}"
            )
        return np.full(circuits, self.shots, dtype=np.int64)


Shots = int | PerCircuit
"""Of a step: in all, or of each of its circuits."""


def checked(value: Any) -> Shots | None:
    """Shots as a user gives them; None: exact.

    Raises:
        InputError: Neither a number nor `PerCircuit`.
    """
    return value if isinstance(value, PerCircuit) else checks.shots(value)


def in_words(shots: Shots | None) -> str:
    """For captions and tables.

    Example:
        >>> in_words(1000), in_words(PerCircuit(50)), in_words(None)
        ('1000 shots a step', '50 shots a circuit', 'exact')
    """
    if shots is None:
        return "exact"
    return (
        f"{shots.shots} shots a circuit"
        if isinstance(shots, PerCircuit)
        else f"{shots} shots a step"
    )


def part(shots: Shots, share: float) -> Shots:
    """The shots of a round that has a share of those of a step."""
    return shots if isinstance(shots, PerCircuit) else int(shots * share)
