"""What comes of an entry: its runs and numbers, to be judged, drawn and stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.report.sources import Source
from qng.run.comparison import Comparison
from qng.run.results import Run

if TYPE_CHECKING:
    from qng.reproduce.judging import Verdict


@dataclass(frozen=True)
class Results:
    """The runs and the numbers of an entry.

    Args:
        comparisons: By study.
        values: By name, arrays of any shape.
    """

    comparisons: Mapping[str, Comparison]
    values: Mapping[str, Array]

    def comparison(self, study: str | None = None) -> Comparison:
        """That of a study; by default the first one.

        Raises:
            InputError: There is none.
        """
        if not self.comparisons:
            raise InputError("there is no study: the entry has values only")
        name = next(iter(self.comparisons)) if study is None else study
        if name not in self.comparisons:
            raise UnknownNameError("study", name, self.comparisons)
        return self.comparisons[name]

    def studies_of(self, method: str, study: str | None = None) -> list[str]:
        """The studies that a check of a method means.

        Args:
            method: Its label.
            study: A name or a pattern such as "3 layers*"; None: the only one with the method.

        Raises:
            InputError: None has the method; or several have it, and none was named.
        """
        return matching({k: list(c.runs) for k, c in self.comparisons.items()}, method, study)

    def runs(self, method: str, study: str | None = None) -> tuple[Run, ...]:
        """The runs of a method, one a start; see `studies_of`."""
        found = self.studies_of(method, study)
        return tuple(run for name in found for run in self.comparisons[name].runs[method])

    def run(self, method: str, study: str | None = None) -> Run:
        """The first run of a method."""
        return self.runs(method, study)[0]

    def energies(self, method: str, study: str | None = None) -> Array:
        """By run and row, shape (runs, rows); NaN after the last row of a run.

        Where a step was undone, it is the energy of the point kept before.
        """
        return _table([_kept(run) for run in self.runs(method, study)])

    def errors(self, method: str, study: str | None = None) -> Array:
        """As they are judged, by run and row; NaN after the last row of a run.

        Raises:
            InputError: The problem has no reference energy.
        """
        runs = self.runs(method, study)
        if runs[0].reference is None:
            raise InputError(f"the problem {runs[0].problem} has no reference, so no errors")
        return _table([np.asarray(run.judgement.errors, dtype=float) for run in runs])

    def value(self, name: str) -> Array:
        """A number or an array by its name.

        Raises:
            InputError: There is none.
        """
        if name not in self.values:
            raise UnknownNameError("value", name, self.values)
        return np.asarray(self.values[name])


@dataclass(frozen=True)
class Reproduction:
    """A published experiment, done again.

    Args:
        id: Of the entry.
        title: Of the entry.
        source: Where it was published.
        comparisons: By study.
        values: By name.
        verdicts: One a published number.
        seconds: Wall time.
        versions: Of Python and the packages that had a part in it.
        date: When it was begun, in UTC.
        note: What a reader should know.
        resumed: How many of its runs a ledger had already; their time is not in `seconds`.
    """

    id: str
    title: str
    source: Source
    comparisons: dict[str, Comparison]
    values: dict[str, Array]
    verdicts: tuple[Verdict, ...]
    seconds: float
    versions: dict[str, str]
    date: str
    note: str = ""
    resumed: int = 0

    @property
    def results(self) -> Results:
        """Its runs and numbers, with ways to find them."""
        return Results(self.comparisons, self.values)

    @property
    def passed(self) -> bool:
        """Whether every verdict is passed."""
        return all(verdict.passed for verdict in self.verdicts)


def matching(
    methods: Mapping[str, Sequence[str]], method: str, study: str | None = None
) -> list[str]:
    """The studies that are meant by a method and a name or a pattern of studies.

    Args:
        methods: By study, the labels of its methods.
        method: A label.
        study: A name or a pattern; None: the only one that has the method.

    Raises:
        InputError: None is; or several have the method, and none was named.
    """
    having = [name for name, labels in methods.items() if method in labels]
    if not having:
        raise UnknownNameError("method", method, {m for of in methods.values() for m in of})
    if study is None and len(having) > 1:
        raise InputError(f"{method} is in {len(having)} studies: say which, as study={having[0]!r}")
    found = [name for name in having if study is None or fnmatchcase(name, study)]
    found = [study] if study in having else found
    if not found:
        raise InputError(f"no study {study!r} has {method}; these do: {', '.join(having)}")
    return [name for name in found if name is not None]


def _table(rows: Sequence[Array]) -> Array:
    longest = max(map(len, rows))
    return np.array(
        [np.pad(row, (0, longest - len(row)), constant_values=math.nan) for row in rows]
    )


def _kept(run: Run) -> Array:
    """The energies of the points that were kept."""
    accepted = run.trace["accepted"].astype(bool)
    rows = np.maximum.accumulate(np.where(accepted, np.arange(len(accepted)), 0))
    energies: Array = run.trace["energy"][rows]
    return energies
