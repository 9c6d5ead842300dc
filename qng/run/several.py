"""The same methods on several problems."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qng.arrays import same
from qng.errors import InputError, UnknownNameError, shown
from qng.problem.anyproblem import AnyProblem
from qng.run.comparison import Comparison, Looks
from qng.run.tabled import Tabled
from qng.run.target import as_problem

if TYPE_CHECKING:
    from qng.report.notebook import Picture


@dataclass(frozen=True, eq=False, repr=False)
class Comparisons(Tabled):
    """The result of `compare` on several problems, or on several circuits of one kind.

    Args:
        problems: A comparison by the label of each problem, in order.
        interrupted: Where it was cut, in words; empty where all is done. Then it has the problems
            that were begun.
        looks: As of a comparison, of all problems together.
    """

    problems: dict[str, Comparison]
    interrupted: str = ""
    looks: Looks = field(default=(), metadata={"later": True})

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.problems))

    @property
    def methods(self) -> list[str]:
        """The labels of all methods, in order."""
        found = (method for compared in self.problems.values() for method in compared.runs)
        return list(dict.fromkeys(found))

    @property
    def looked(self) -> Looks:
        """The looks at them once they grow: those before, and the one at what is there now."""
        starts = sum(len(compared.starts) for compared in self.problems.values())
        several = len(self.methods) > 1
        return (*self.looks, *([(len(self.methods), starts)] if several else []))

    def __getitem__(self, problem: str) -> Comparison:
        """The comparison on a problem.

        Raises:
            UnknownNameError: No such problem.
        """
        if problem not in self.problems:
            raise UnknownNameError("problem of these comparisons", problem, self.problems)
        return self.problems[problem]

    def __iter__(self) -> Iterator[str]:
        return iter(self.problems)

    def __contains__(self, problem: object) -> bool:
        return problem in self.problems

    def plot(self, kind: str | None = None, **options: Any) -> Picture:
        """A picture, which a notebook shows; `qng.report.plots.save(picture, path)` keeps it.

        Args:
            kind: "several", "success" or "cost"; the first by default.
            **options: Of the function of `qng.report.plots` of that name, such as against="shots".

        Raises:
            UnknownNameError: No such picture, or option.
            MissingPackageError: Matplotlib is not installed.
        """
        from qng.report.notebook import plot

        return plot(self, kind, **options)

    def __repr__(self) -> str:
        cut = f", interrupted: {self.interrupted}" if self.interrupted else ""
        return f"Comparisons({list(self.problems)}, methods={self.methods}{cut})"

    def __str__(self) -> str:
        from qng.report.notebook import comparisons_text

        return comparisons_text(self)

    def _repr_html_(self) -> str:
        from qng.report.notebook import comparisons_html

        return comparisons_html(self)

    def merged(self, name: str = "", title: str = "") -> Comparison:
        """All runs of each method as one comparison: a mean over circuits of one kind.

        Args:
            name: What all problems together are called; their names by default.
            title: One line for tables and plots; likewise.

        Returns:
            Its reference is NaN where those of the problems differ: every run is judged by its own.

        Raises:
            InputError: Problems of different size, unit or accuracy: their errors have no mean.
        """
        members = list(self.problems.values())
        if not members:
            raise InputError("there is no problem to merge")
        goals = [compared.goal for compared in members]
        kinds = {
            "numbers of parameters": {compared.starts.shape[1] for compared in members},
            "units": {goal.unit for goal in goals},
            "accuracies": {goal.accuracy for goal in goals},
        }
        for what, found in kinds.items():
            if len(found) > 1:
                raise InputError(
                    f"problems of different {what} ({', '.join(map(str, sorted(found)))}) cannot "
                    "be merged: look at each of them"
                )
        references = {goal.reference for goal in goals}
        label = name or ", ".join(self.problems)
        goal = replace(
            goals[0],
            name=label,
            title=title or name or f"{len(members)} problems",
            reference=references.pop() if len(references) == 1 else math.nan,
        )
        return Comparison(
            goal=goal,
            runs={
                method: tuple(run for m in members for run in m.runs.get(method, ()))
                for method in self.methods
            },
            starts=np.concatenate([compared.starts for compared in members]),
            steps=max(compared.steps for compared in members),
            interrupted=self.interrupted,
            unfinished=tuple(run for compared in members for run in compared.unfinished),
            looks=max((self.looks, *(compared.looks for compared in members)), key=len),
        )


def problems_of(given: Sequence[Any] | Mapping[str, Any]) -> dict[str, AnyProblem]:
    """Problems by label.

    Args:
        given: Problems, names or folders; or these by labels.

    Raises:
        InputError: None, no such problem, or two of one name.
    """
    if isinstance(given, Mapping):
        for label in given:
            if not isinstance(label, str):
                raise InputError(f"problems are given by labels, which are text, not {label!r}")
        table = {label: as_problem(problem) for label, problem in given.items()}
    else:
        listed = [as_problem(problem) for problem in given]
        names = [problem.name for problem in listed]
        for name in names:
            if names.count(name) > 1:
                raise InputError(
                    f"two problems are called {name!r}: give labels, as "
                    f"{{'{name} 1': ..., '{name} 2': ...}}"
                )
        table = dict(zip(names, listed))
    if not table:
        raise InputError("a comparison needs at least one problem")
    return table


def are_several(given: Any) -> bool:
    """Whether several problems are given, not one.

    Raises:
        InputError: Something that could be several, but has no order.
    """
    if isinstance(given, (set, frozenset)):
        raise InputError(f"problems are given as a list, which has an order, not as {shown(given)}")
    return isinstance(given, (list, tuple, Mapping)) and not isinstance(given, (str, Path))
