"""What `compare` returns: several methods from the same starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qng.arrays import Array, same
from qng.errors import UnknownNameError
from qng.run.results import Goal, Run
from qng.run.tabled import Tabled

if TYPE_CHECKING:
    from qng.report.notebook import Picture
    from qng.run.tuning import Tuning


Looks = tuple[tuple[int, int], ...]
"""How many (methods, starts) a comparison had each time before it grew."""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Tabled):
    """The result of `compare`: several methods from the same starts.

    Args:
        goal: What was minimised.
        runs: By method, one run a start, in the order of `starts`.
        starts: Shape (starts, P).
        steps: The limit on updates.
        interrupted: Where it was cut, in words; empty where all runs are done. Then it has the runs
            that are done, and a method without one is left out.
        unfinished: The runs that were cut.
        tuning: How each method was tuned before, by label; empty where none was.
        looks: Of one that has grown the (methods, starts) that it had before, each time at which
            there were methods to compare (`qng.report.looks`).
    """

    goal: Goal
    runs: dict[str, tuple[Run, ...]]
    starts: Array
    steps: int
    interrupted: str = ""
    unfinished: tuple[Run, ...] = ()
    tuning: dict[str, Tuning] = field(default_factory=dict)
    looks: Looks = field(default=(), metadata={"later": True})

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.problem, *self.runs))

    @property
    def problem(self) -> str:
        """The problem's name."""
        return self.goal.name

    @property
    def title(self) -> str:
        """One line for tables and plots."""
        return self.goal.title

    @property
    def unit(self) -> str:
        """Of the energies."""
        return self.goal.unit

    @property
    def accuracy(self) -> float:
        """The error below which the problem counts as solved."""
        return self.goal.accuracy

    @property
    def reference(self) -> float | None:
        """The energy from which errors are measured, or None."""
        return self.goal.reference

    @property
    def learning_rates(self) -> dict[str, float | None]:
        """eta by method, where it is constant."""
        return {method: runs[0].learning_rate for method, runs in self.runs.items()}

    @property
    def looked(self) -> Looks:
        """The looks at it once it grows: those before, and the one at what is there now."""
        several = len(self.runs) > 1
        return (*self.looks, *([(len(self.runs), len(self.starts))] if several else []))

    def merged(self, *others: Comparison) -> Comparison:
        """The methods of all as one comparison.

        Args:
            others: On the same problem, from the same starts, with the same executor, shots, seed
                and steps. All at once they are one look more, one after another one each.

        Raises:
            InputError: Something differs.

        Example:
            >>> import qng
            >>> one = qng.compare("one-qubit", ["gd"], starts=2, steps=1)
            >>> list(one.merged(qng.compare("one-qubit", ["ng"], starts=2, steps=1)).runs)
            ['gd', 'ng']
        """
        from qng.run.united import merged

        return merged(self, *others)

    def __getitem__(self, method: str) -> tuple[Run, ...]:
        """The runs of a method, one a start.

        Raises:
            UnknownNameError: No such method.
        """
        if method not in self.runs:
            raise UnknownNameError("method of this comparison", method, self.runs or ["none"])
        return self.runs[method]

    def __iter__(self) -> Iterator[str]:
        return iter(self.runs)

    def __contains__(self, method: object) -> bool:
        return method in self.runs

    def plot(self, kind: str | None = None, **options: Any) -> Picture:
        """A picture, which a notebook shows; `qng.report.plots.save(picture, path)` keeps it.

        Args:
            kind: "compared", "convergence", "share" or "rates"; the first by default.
            **options: Of the function of `qng.report.plots` of that name, such as against="shots".

        Raises:
            UnknownNameError: No such picture, or option.
            MissingPackageError: Matplotlib is not installed.
        """
        from qng.report.notebook import plot

        return plot(self, kind, **options)

    def __repr__(self) -> str:
        done = ", ".join(f"{method}: {len(runs)}" for method, runs in self.runs.items())
        cut = f", interrupted: {self.interrupted}" if self.interrupted else ""
        return (
            f"Comparison({self.problem!r}, starts={len(self.starts)}, steps={self.steps}, "
            f"runs: {{{done}}}{cut})"
        )

    def __str__(self) -> str:
        from qng.report.notebook import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        from qng.report.notebook import comparison_html

        return comparison_html(self)
