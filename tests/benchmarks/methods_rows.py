"""What methods cost until they are there, as rows of a table: `methods.py` has the runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qng.report import cells
from qng.report.inference import wilson
from qng.report.paired import pairs
from qng.report.profile import is_known, reached
from qng.report.spent import Axis
from qng.run.comparison import Comparison
from qng.run.tuning import Tuning


@dataclass(frozen=True)
class Cost:
    """What getting there costs, over the starts that any method solves.

    Args:
        median: Infinite where less than half of them are solved.
        lower: Of its interval.
        upper: Likewise.
        best: Whether nothing is known to be lower.
    """

    median: float = math.inf
    lower: float = 0.0
    upper: float = math.inf
    best: bool = False

    def __str__(self) -> str:
        if math.isinf(self.lower):
            return self.short
        return f"{self.short} [{cells.amount(self.lower)}, {cells.amount(self.upper)}]"

    @property
    def short(self) -> str:
        """Without its interval."""
        known = math.isfinite(self.median)
        return f"{cells.amount(self.median) if known else '-'}{' *' if self.best else ''}"


@dataclass(frozen=True)
class Row:
    """A method on a problem.

    Args:
        label: The method.
        setting: What was chosen, in words.
        steps: To the accuracy.
        circuits: Likewise.
        solved: Starts that are.
        starts: Of so many.
        possible: How many of these any method solves.
    """

    label: str
    setting: str
    steps: Cost
    circuits: Cost
    solved: int
    starts: int
    possible: int

    @staticmethod
    def read(kept: Any) -> Row:
        """One that was kept as plain data."""
        return Row(**{**kept, "steps": Cost(**kept["steps"]), "circuits": Cost(**kept["circuits"])})

    def __str__(self) -> str:
        share = wilson(self.solved, self.starts)
        return (
            f"| {self.label} | {self.setting} | {self.steps} | {self.circuits} | {self.solved}/"
            f"{self.starts} [{100 * share.lower:.0f}, {100 * share.upper:.0f}] |"
        )


def costs(comparison: Comparison, possible: Sequence[int], axis: Axis) -> dict[str, Cost]:
    """By method what getting there costs, from the starts that are possible."""
    found: dict[str, Cost] = {}
    for label, runs in comparison.runs.items():
        found[label] = Cost()
        if possible and all(is_known(run, axis) for run in runs):
            reach = reached([runs[k] for k in possible], axis)
            found[label] = Cost(reach.median, reach.interval.lower, reach.interval.upper)
    first = min(found, key=lambda label: found[label].median)
    if math.isinf(found[first].median):
        return found
    lost = [pair for pair in pairs(comparison, axis) if pair.better("cost") == first]
    worse = {pair.worse("cost") for pair in lost}
    return {
        label: replace(cost, best=math.isfinite(cost.median) and label not in worse)
        for label, cost in found.items()
    }


def rows(comparison: Comparison) -> list[Row]:
    """A row for every method, those of the fewest steps first."""
    solved = {label: [bool(run.solved) for run in runs] for label, runs in comparison.runs.items()}
    possible = np.flatnonzero(np.any(list(solved.values()), axis=0)).tolist()
    steps = costs(comparison, possible, "steps")
    circuits = costs(comparison, possible, "circuits")
    found = [
        Row(
            label,
            setting_in_words(comparison.tuning[label]),
            steps[label],
            circuits[label],
            sum(of),
            len(of),
            len(possible),
        )
        for label, of in solved.items()
    ]
    return sorted(found, key=lambda row: (row.steps.median, -row.solved, row.circuits.median))


def whole_table(name: str, found: Sequence[Row]) -> list[str]:
    """All that is known of a problem, as Markdown."""
    return [
        "",
        f"{name}: {found[0].possible} of {found[0].starts} starts are solved by any method",
        "",
        "| method | chosen | steps [95 %] | circuits [95 %] | solved [95 %] |",
        "|---|---|---|---|---|",
        *map(str, found),
    ]


def short_table(found: Mapping[str, Sequence[Row]]) -> list[str]:
    """Steps, circuits and starts solved of all problems, as Markdown; * beside what is best."""
    ranks: dict[str, list[float]] = {}
    for of in found.values():
        medians = [row.steps.median for row in of]
        for row in of:
            lower = sum(m < row.steps.median for m in medians)
            same = sum(m == row.steps.median for m in medians)
            ranks.setdefault(row.label, []).append(lower + (same + 1) / 2)
    cell = {
        (name, row.label): f"{row.steps.short}, {row.circuits.short}, {row.solved}/{row.starts}"
        for name, of in found.items()
        for row in of
    }
    return [
        "",
        f"| method: steps, circuits, solved | {' | '.join(found)} | mean rank in steps |",
        f"|---|{'---|' * (len(found) + 1)}",
        *(
            f"| {label} | {' | '.join(cell[name, label] for name in found)} | "
            f"{np.mean(ranks[label]):.1f} |"
            for label in sorted(ranks, key=lambda label: np.mean(ranks[label]))
        ),
    ]


def setting_in_words(tuning: Tuning) -> str:
    """The setting that was chosen, in words, and whether more extreme ones may be better."""
    tried = {key: [trial.setting[key] for trial in tuning.trials] for key in tuning.space}
    words = [
        f"{key}={value:.3g}{' (end)' if value in (min(tried[key]), max(tried[key])) else ''}"
        for key, value in tuning.chosen.items()
    ]
    return ", ".join(words) or "-"
