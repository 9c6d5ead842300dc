"""The same methods on several problems: who is ahead where, and over all of them.

Problems count alike, however many starts each has. On each of them a method has

    the share of starts that it solves, and the median cost of that (`profile.py`)
    its rank, the mean over starts of the places of its costs: those that are not there by the cost
        to which all runs are known come last, and share the mean of their places
    cost over the best, its median cost over the lowest one of all methods

and over all of them the mean of shares and ranks, the median and the largest cost over the best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import RenderableType

from qng.arrays import Array
from qng.report import cells, looks
from qng.report.compared import HEADS, median_cell
from qng.report.conclusions import HOW, QUESTIONS, at_most, ranked
from qng.report.grid import Cell, Grid, listed, number, rich, row, said
from qng.report.inference import LEVEL, Interval, wilson
from qng.report.paired import Pair, corrected, pairs
from qng.report.profile import cost_to, equal_cost, is_known, profiles
from qng.report.spent import Axis, counting, default_axis, in_words
from qng.report.statistics import distinct
from qng.run.comparison import Comparison
from qng.run.several import Comparisons


@dataclass(frozen=True, eq=False)
class Standing:
    """What several problems say of one method.

    Args:
        method: Its name.
        problems: On how many it was run.
        starts: From how many starts in all.
        solved: How many of these it solves; None where a problem has no reference.
        share: The mean share over problems, with its interval; None likewise.
        within: Its interval.
        rank: The mean over problems; 1 is the best. NaN where nobody knows it.
        ratio: Cost over the best, by problem; infinite where the median is not known or never.
    """

    method: str
    problems: int
    starts: int
    solved: int | None
    share: float
    within: Interval
    rank: float
    ratio: dict[str, float]

    @property
    def typical(self) -> float:
        """The median cost over the best; NaN of no problem."""
        return float(np.median(list(self.ratio.values()))) if self.ratio else math.nan

    @property
    def worst(self) -> float:
        """The largest; NaN of no problem."""
        return max(self.ratio.values(), default=math.nan)


def axis_over(comparisons: Comparisons) -> Axis:
    """What several problems are compared by where nobody says it."""
    axes = {default_axis(compared) for compared in comparisons.problems.values()}
    if "evaluations" in axes:
        return "evaluations" if len(axes) == 1 else "steps"
    return "shots" if "shots" in axes else "circuits"


def standings(comparisons: Comparisons, axis: Axis) -> list[Standing]:
    """What several problems say of each method, in the order of the methods."""
    ranks = {name: _ranks(compared, axis) for name, compared in comparisons.problems.items()}
    ratios = {name: _ratios(compared, axis) for name, compared in comparisons.problems.items()}
    found = []
    for method in comparisons.methods:
        runs = [
            distinct(of.runs[method]) for of in comparisons.problems.values() if method in of.runs
        ]
        solved = [[bool(run.solved) for run in of] for of in runs]
        known = all(run.reference is not None for of in runs for run in of)
        placed = [rank[method] for rank in ranks.values() if method in rank]
        share = float(np.mean([np.mean(of) for of in solved])) if known else math.nan
        found.append(
            Standing(
                method=method,
                problems=len(runs),
                starts=sum(map(len, runs)),
                solved=sum(map(sum, solved)) if known else None,
                share=share,
                within=_mean_share(solved) if known else Interval(0.0, 1.0),
                rank=float(np.mean(placed)) if placed else math.nan,
                ratio={name: of[method] for name, of in ratios.items() if method in of},
            )
        )
    return found


def pairs_over(comparisons: Comparisons, axis: Axis) -> dict[str, list[Pair]]:
    """All pairs of methods on every problem, corrected for all of these together.

    Returns:
        By problem; p of a question are those of one list (`inference.holm`), at the looks of all.
    """
    found = {name: pairs(compared, axis) for name, compared in comparisons.problems.items()}
    names = [name for name, of in found.items() for _ in of]
    whole = corrected([pair for of in found.values() for pair in of], looks.of_all(comparisons))
    return {name: [pair for known, pair in zip(names, whole) if known == name] for name in found}


def several_table(comparisons: Comparisons, axis: Axis | None = None) -> RenderableType:
    """The methods over all problems, and what each of them solves at which cost.

    Args:
        comparisons: The comparisons.
        axis: What cost is counted in; shots or circuits by default.
    """
    return rich(several_grid(comparisons, axis))


def several_grid(comparisons: Comparisons, axis: Axis | None = None) -> Grid:
    """The same as a value."""
    axis = axis_over(comparisons) if axis is None else axis
    heads = (
        "method",
        "solved",
        f"mean share\n[{100 * LEVEL:.0f} %]",
        "mean\nrank",
        f"{HEADS[axis]} over the best\nmedian, largest",
    )
    names = list(comparisons.problems)
    many = f"{len(names)} problem{'s' if len(names) > 1 else ''}"
    return Grid(
        title=f"{many}: {', '.join(names)}",
        heads=heads,
        rows=tuple(_row(standing) for standing in standings(comparisons, axis)),
        name="comparison-of-problems",
    )


def by_problem(comparisons: Comparisons, axis: Axis | None = None) -> RenderableType:
    """Starts solved and the median cost, by method and problem; success against size is one.

    The fewer of methods and problems are the columns.
    """
    return rich(by_problem_grid(comparisons, axis))


def by_problem_grid(comparisons: Comparisons, axis: Axis | None = None) -> Grid:
    """The same as a value."""
    axis = axis_over(comparisons) if axis is None else axis
    found: dict[tuple[str, str], Cell] = {}
    for name, compared in comparisons.problems.items():
        reach = profiles(compared, axis)
        for method, runs in compared.runs.items():
            if compared.reference is not None:
                solved = f"{sum(bool(run.solved) for run in runs)}/{len(runs)}"
                cost = median_cell(reach.get(method))
                found[name, method] = Cell(
                    f"{solved}  {cost.text:>6}", f"{solved}\\enspace {cost.latex}"
                )
    problems, methods = list(comparisons.problems), comparisons.methods
    across = len(problems) <= len(methods)
    down, columns = (methods, problems) if across else (problems, methods)
    return Grid(
        title=f"starts solved, and median {HEADS[axis]} to it",
        heads=("method" if across else "problem", *columns),
        rows=tuple(
            row(of, *(found.get((c, of) if across else (of, c), said("-")) for c in columns))
            for of in down
        ),
        name="solved-by-problem",
    )


def several_notes(comparisons: Comparisons, axis: Axis | None = None) -> list[str]:
    """What a reader of the tables has to know, one line each."""
    axis = axis_over(comparisons) if axis is None else axis
    members = list(comparisons.problems.values())
    notes = [comparisons.interrupted] if comparisons.interrupted else []
    notes.append(
        "problems count alike; rank: the place of a method by its cost to the accuracy, over "
        "starts, those that are not there at equal cost last; over the best: median cost over the "
        "lowest one of all methods on the same problem, inf where it is not reached"
    )
    fewer = [
        f"{s.method} on {s.problems}"
        for s in standings(comparisons, axis)
        if s.problems < len(members)
    ]
    if fewer:
        notes.append(
            f"means are over the problems with runs; of {len(members)}: {', '.join(fewer)}"
        )
    cost = [line for compared in members for line in in_words(counting(compared, axis))]
    notes += list(dict.fromkeys(cost))
    grown = looks.of_all(comparisons)
    found, lines = pairs_over(comparisons, axis), []
    for question, words in QUESTIONS.items():
        told = [f"{n} ({better})" for n, of in found.items() if (better := ranked(of, question))]
        if told:
            lines.append(f"{words}: {'; '.join(told)}")
    if lines:
        lines.append(
            f"{HOW}, corrected for all problems together; each such line is wrong {at_most(grown)} "
            "of such tables"
        )
    elif any(found.values()):
        lines.append(
            "no two methods are told apart on any problem once all problems are taken together; "
            f"{HOW}"
        )
    if any(found.values()) and (words := looks.in_words(grown)):
        lines.append(words)
    return notes + lines


def _row(standing: Standing) -> tuple[Cell, ...]:
    if standing.solved is None:
        return row(standing.method, "-", "-", "-", "-")
    within = f"[{100 * standing.within.lower:.0f}, {100 * standing.within.upper:.0f}]"
    typical, worst = (cells.shown(x, "{:.2f}") for x in (standing.typical, standing.worst))
    return row(
        standing.method,
        f"{standing.solved}/{standing.starts}",
        f"{100 * standing.share:.0f} % {within}",
        number(standing.rank, "{:.2f}"),
        listed(f"{typical}, {worst}"),
    )


def _mean_share(solved: Sequence[Sequence[bool]]) -> Interval:
    """The interval of a mean of shares, of as many starts as have its variance.

    n' = p (1 - p) / V,    V = sum_i p_i (1 - p_i) / n_i / m^2

    where shares p_i that are 0 or 1 are taken as Wilson's centres, that have an error, too.
    """
    counts = [(sum(of), len(of)) for of in solved if len(of)]
    if not counts:
        return Interval(0.0, 1.0)
    share = float(np.mean([k / n for k, n in counts]))
    total = sum(n for _, n in counts)
    if share in (0.0, 1.0):
        return wilson(share * total, total)
    variance = sum(_spread(k, n) for k, n in counts) / len(counts) ** 2
    size = share * (1 - share) / variance
    return wilson(share * size, size)


def _spread(k: int, n: int) -> float:
    """The variance of a share of k in n, by the Agresti-Coull centre."""
    centre = (k + 2) / (n + 4)
    return centre * (1 - centre) / n


def _ratios(compared: Comparison, axis: Axis) -> dict[str, float]:
    """Median cost over the lowest one; empty where no method has one."""
    medians = {method: found.median for method, found in profiles(compared, axis).items()}
    best = min(medians.values(), default=math.inf)
    if math.isinf(best):
        return {}
    return {
        m: 1.0 if cost == best else cost / best if best else math.inf for m, cost in medians.items()
    }


def _ranks(compared: Comparison, axis: Axis) -> dict[str, float]:
    """The mean place over the starts that all methods have done; empty without a reference."""
    if compared.reference is None or len(compared.runs) < 2:
        return {}
    known = {m: of for m, of in compared.runs.items() if all(is_known(run, axis) for run in of)}
    if not known or len({len(of) for of in known.values()}) > 1:
        return {}
    budget = equal_cost([run for of in known.values() for run in of], axis)
    costs = np.array([[cost_to(run, axis) for run in of] for of in known.values()])
    costs = np.where(costs > budget, math.inf, costs)
    return dict(zip(known, np.mean([_places(column) for column in costs.T], axis=0).tolist()))


def _places(costs: Array) -> Array:
    """1, 2, ... by cost; equal ones share the mean of theirs."""
    below = np.sum(costs[:, None] > costs[None, :], axis=1)
    equal = np.sum(costs[:, None] == costs[None, :], axis=1)
    return np.asarray(below + (equal + 1) / 2, dtype=float)
