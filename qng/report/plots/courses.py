"""Pictures of comparisons: errors along the way, share solved against what is spent."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

import numpy as np

from qng.errors import InputError
from qng.report.plots import look
from qng.report.plots.along import accuracy_levels, course, energy_label, last_of, profile, sampled
from qng.report.plots.captions import caption_of, caption_of_several
from qng.report.plots.lines import ROUNDING, Lines
from qng.report.plots.picture import Picture
from qng.report.plots.spending import (
    cost_of,
    counted_how,
    default_axis,
    label_of,
    least_cost_of,
    unknown,
)
from qng.run.comparison import Comparison
from qng.run.results import Run
from qng.run.several import Comparisons

Naming = Literal["ends", "legend", "none"]

_MOST_BANDS: Final = 6
"""With more methods than this, bands of quartiles would hide each other."""

_NOUNS: Final = {"seconds": "wall seconds", "qpu": "seconds of a QPU"}

_RATIO: Final = 20.0
"""Where costs of methods differ by more than this, their axis is logarithmic."""


def convergence(
    comparison: Comparison, against: str = "steps", solved: bool = False, naming: Naming = "ends"
) -> Picture:
    """The error of every method: median, quartiles and single runs.

    It is |E - E_ref| of exact energies, or a bound where only readings are known. Without a
    reference energy it is E, on a linear axis. With one start, or with many methods, only medians
    are drawn.

    Args:
        comparison: Of one problem.
        against: "steps", "circuits", "shots", "qpu" or "seconds".
        solved: Median and quartiles of the starts that a method solves, the others as single runs;
            a method that solves none has its median over all.
        naming: Where names are written, as of `lines`.

    Raises:
        InputError: No run is done, or an unknown axis.
    """
    panel = _errors(comparison, against, solved, naming)
    return _picture("convergence", panel, comparison, against)


def share(comparison: Comparison, against: str | None = None, naming: Naming = "ends") -> Picture:
    """The share of starts that are solved against what was spent until then: a data profile.

    The bands are Wilson's 95 % intervals at every place. A line ends where its longest run ends.

    Args:
        comparison: With a reference energy.
        against: As of `convergence`; by default shots, or circuits where energies are exact.
        naming: Likewise.

    Raises:
        InputError: No run is done, there is no reference energy, or an unknown axis.
    """
    panel = _share(comparison, against, naming)
    return _picture("share", panel, comparison, against or default_axis(comparison))


def compared(comparison: Comparison, against: str | None = None) -> Picture:
    """What a comparison says at a glance: errors of the solved starts, and the share solved.

    Two panels: the error of the starts that are solved against the steps, with bands, and the share
    of starts solved against what was spent. Without a reference energy it is the convergence alone.

    Args:
        comparison: Of one problem.
        against: Axis of the share, as of `share`; where it is given, that of the errors too.

    Raises:
        InputError: No run is done, or an unknown axis.
    """
    if comparison.reference is None:
        return convergence(comparison, against or "steps")
    left = _errors(comparison, against or "steps", True, "none")
    right = _share(comparison, against, "ends")
    if set(left.names) - set(right.names):  # it is not known what they spend
        left = replace(left, naming="legend")
    solved = any(run.solved for runs in comparison.runs.values() for run in runs)
    chosen = solved and len(comparison.starts) > 1
    left = replace(left, title="error of the starts that are solved" if chosen else "error")
    right = replace(right, title="starts that are solved")
    return Picture(
        "compared",
        (left, right),
        _headline(comparison, against or default_axis(comparison)),
        _caption(comparison, against or default_axis(comparison)),
        columns=2,
        width=look.PAGE,
        shares=(1.0, 1.2),
    )


def several(comparisons: Comparisons, against: str | None = None) -> Picture:
    """The same methods on several problems: the share solved of each, or its errors.

    Args:
        comparisons: By problem.
        against: As of `share`.

    Raises:
        InputError: No run is done, or an unknown axis.
    """
    panels, drawn = [], []
    for name, comparison in comparisons.problems.items():
        if not any(comparison.runs.values()):
            continue
        axis = against or default_axis(comparison)
        if comparison.reference is None or len(comparison.starts) == 1:
            panel = _errors(comparison, axis, False, "ends")
        else:
            panel = _share(comparison, axis, "ends")
        panels.append(replace(panel, title=comparison.title or name))
        drawn.append(comparison)
    if not panels:
        raise InputError("there is no picture of comparisons without a run that is done")
    how = counted_how(drawn[0], against or default_axis(drawn[0]))
    caption = f"{caption_of_several(drawn)} {how}".strip()
    return Picture("several", tuple(panels), "", caption, columns=2, width=look.PAGE)


def _picture(kind: str, panel: Lines, comparison: Comparison, against: str) -> Picture:
    title = comparison.title or comparison.problem
    return Picture(kind, (panel,), title, _caption(comparison, against), width=5.0)


def _caption(comparison: Comparison, against: str) -> str:
    return f"{caption_of(comparison)} {counted_how(comparison, against)}".strip()


def _headline(comparison: Comparison, against: str) -> str:
    """The problem, and how many of the starts no method solves."""
    said = comparison.title or comparison.problem
    # After an interrupt it is not known which starts are missing.
    if len({len(runs) for runs in comparison.runs.values()}) > 1:
        return said
    columns = list(zip(*comparison.runs.values()))
    never = sum(not any(run.solved for run in column) for column in columns)
    facts = []
    if never and len(columns) > 1:
        facts.append(f"{never} of {len(columns)} starts are solved by no method")
    best = _always_first(comparison, against)
    if best:
        which = " on each of the others" if facts else " on each start" if len(columns) > 1 else ""
        facts.append(f"{best} needs the fewest {_NOUNS.get(against, against)}{which}")
    return f"{said}: {'; '.join(facts)}" if facts else said


def _always_first(comparison: Comparison, against: str) -> str:
    """The method that solves every start that any method solves, and every time for less.

    Runs that were cut before are known up to there only, and are not said to need more.
    """
    table = [list(runs) for runs in comparison.runs.values()]
    if len(table) < 2 or unknown(comparison, against):
        return ""
    costs = np.array([[cost_of(run, against) for run in runs] for runs in table])
    least = np.array([[least_cost_of(run, against) for run in runs] for runs in table])
    solved = np.isfinite(costs).any(axis=0)
    if not solved.any():
        return ""
    for k, method in enumerate(comparison.runs):
        others = np.delete(least, k, axis=0)
        if np.all(costs[k, solved] < others[:, solved]):
            return method
    return ""


def _errors(comparison: Comparison, against: str, solved: bool, naming: Naming) -> Lines:
    _check(comparison)
    known, n = comparison.reference is not None, len(comparison.starts)
    shown_runs = _known(comparison, against)
    banded = n > 1 and len(shown_runs) <= _MOST_BANDS
    last = max(last_of(runs, against) for runs in shown_runs.values())
    drawn = tuple(
        course(method, runs, against, banded, solved and known, last)
        for method, runs in shown_runs.items()
    )
    shown = "median, quartiles, single runs" if banded else "median"
    note = f"{n} starts: {shown}" if n > 1 else "one start"
    bands = [sampled(of[0]) for of in shown_runs.values() if len(of) == 1]
    note += "".join(f"; {words}" for words in sorted({band.words for band in bands if band}))
    if solved and known and n > 1:
        note = "median and quartiles; thin: single runs" if banded else "median"
    return Lines(
        lines=drawn,
        x_label=label_of(against, comparison),
        y_label=energy_label(comparison),
        levels=accuracy_levels(comparison),
        log_x=against != "steps" and _spread_out(comparison, against),
        log_y=known,
        whole=against == "steps",
        floor=ROUNDING if known else 0.0,
        note=note,
        naming=naming,
    )


def _share(comparison: Comparison, against: str | None, naming: Naming) -> Lines:
    _check(comparison)
    if comparison.reference is None:
        raise InputError("without a reference energy nothing is solved: draw the convergence")
    against = against or default_axis(comparison)
    shown_runs = _known(comparison, against)
    banded = len(shown_runs) <= _MOST_BANDS and len(comparison.starts) > 1
    log = against != "steps" and _spread_out(comparison, against)
    return Lines(
        lines=tuple(profile(method, runs, against, banded) for method, runs in shown_runs.items()),
        x_label=label_of(against, comparison),
        y_label="share of starts solved",
        log_x=log,
        whole=against == "steps",
        x_range=None if log else _until_solved(comparison, against),
        y_range=(-0.02, 1.02),
        note="bands: 95 % intervals (Wilson)" if banded else "",
        naming=naming,
    )


def _until_solved(comparison: Comparison, against: str) -> tuple[float, float]:
    """The part of the axis where something is solved; nothing changes behind it."""
    every = [run for runs in comparison.runs.values() for run in runs]
    costs = [cost for run in every if np.isfinite(cost := cost_of(run, against))]
    last = max(last_of(runs, against) for runs in _known(comparison, against).values())
    end = min(1.15 * max(costs, default=0.0), max([last, *costs])) or last
    return (0.0, float(end)) if end > 0 else (0.0, 1.0)


def _check(comparison: Comparison) -> None:
    if not any(comparison.runs.values()):
        raise InputError("there is no picture of a comparison without a run that is done")


def _known(comparison: Comparison, against: str) -> dict[str, tuple[Run, ...]]:
    """The methods of which it is known what they spend.

    Raises:
        InputError: There is none.
    """
    without = unknown(comparison, against)
    known = {name: runs for name, runs in comparison.runs.items() if name not in without}
    if not known:
        raise InputError(
            f"of no method is it known what it spends: {against}; draw it against steps"
        )
    return known


def _spread_out(comparison: Comparison, against: str) -> bool:
    ends = [last_of(runs, against) for runs in _known(comparison, against).values()]
    positive = [end for end in ends if end > 0]
    return bool(positive) and max(positive) > _RATIO * min(positive)
