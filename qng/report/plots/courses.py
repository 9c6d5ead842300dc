"""Pictures of runs and comparisons: errors along the way, share solved against what is spent.

Along an axis (steps, circuits, shots, ...) a run is a step function: its error after c is spent is
that of the last point that is known then. Quartiles over starts are taken at every place where one
of the runs moves. A run that met its stop rule stays where it is; one that failed is infinite from
there on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.report.plots import look
from qng.report.plots.captions import caption_of
from qng.report.plots.lines import ROUNDING, Level, Line, Lines
from qng.report.plots.picture import Picture
from qng.report.plots.spending import default_axis, label_of, spent, wilson
from qng.report.statistics import Spread, accuracy_name, distances, ground_of
from qng.run.results import Comparison, Run

Naming = Literal["ends", "legend", "none"]

_MOST_BANDS: Final = 6
"""With more methods than this, bands of quartiles would hide each other."""

_MOST_PLACES: Final = 400
"""Places at which quartiles are taken, at most."""

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
    return _picture("convergence", panel, comparison)


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
    return _picture("share", panel, comparison)


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
    several = len(comparison.starts) > 1
    left = replace(left, title="error of the starts that are solved" if several else "error")
    right = replace(right, title="starts that are solved")
    return Picture(
        "compared",
        (left, right),
        _headline(comparison, against or default_axis(comparison)),
        caption_of(comparison),
        columns=2,
        width=look.PAGE,
        shares=(1.0, 1.2),
    )


def trace(run: Run) -> Picture:
    """The error, or E where there is no reference, and |grad E| of one run against the step.

    Energies that are sampled have a band of one standard error.
    """
    known = run.reference is not None
    values = distances(run)
    place = np.arange(len(values), dtype=float)
    mark: Literal["both", "line"] = "both" if len(values) <= 40 else "line"
    lower, upper = _sampled(run, values)
    top = Lines(
        lines=(Line(run.method, place, values, lower, upper, mark),),
        x_label="step",
        y_label=_energy_label(run),
        levels=_accuracy(run),
        log_y=known,
        whole=True,
        floor=ROUNDING if known else 0.0,
        title=f"{run.problem}: {run.method}",
        note=run.message.partition(":")[0]
        + ("; band: 1 standard error" if lower is not None else ""),
        naming="ends",
    )
    norms = Line("", place, run.trace["gradient_norm"], mark=mark, like=run.method)
    bottom = Lines(
        lines=(norms,),
        x_label="step",
        y_label=f"gradient norm{f' ({look.plain(run.unit)}/rad)' if run.unit else ''}",
        log_y=True,
        whole=True,
        tall=0.75,
    )
    return Picture("trace", (top, bottom), "", caption_of(run), columns=1, width=4.4)


def cost_of(run: Run, against: str) -> float:
    """Spent until a run is solved; infinite where it is not, NaN where nobody knows it."""
    step = run.steps_to()
    return np.inf if step is None else float(spent(run, against)[step])


def _picture(kind: str, panel: Lines, comparison: Comparison) -> Picture:
    title = comparison.title or comparison.problem
    return Picture(kind, (panel,), title, caption_of(comparison), width=5.0)


def _headline(comparison: Comparison, against: str) -> str:
    """The problem, and how many of the starts no method solves."""
    said = comparison.title or comparison.problem
    columns = list(zip(*comparison.runs.values()))
    never = sum(not any(run.solved for run in column) for column in columns)
    facts = []
    if never and len(columns) > 1:
        facts.append(f"{never} of {len(columns)} starts are solved by no method")
    best = _always_first(comparison, against)
    if best:
        which = "the others" if facts else "every start" if len(columns) > 1 else "it"
        facts.append(f"{best} solves {which} with the fewest {_NOUNS.get(against, against)}")
    return f"{said}: {'; '.join(facts)}" if facts else said


def _always_first(comparison: Comparison, against: str) -> str:
    """The method that solves every start that any method solves, and every time for less."""
    if len(comparison.runs) < 2:
        return ""
    costs = np.array([[cost_of(run, against) for run in runs] for runs in comparison.runs.values()])
    costs = costs[:, np.isfinite(costs).any(axis=0)]
    if not costs.size:
        return ""
    for method, own, others in (
        (method, costs[k], np.delete(costs, k, axis=0)) for k, method in enumerate(comparison.runs)
    ):
        if np.all(own < others):
            return method
    return ""


def _errors(comparison: Comparison, against: str, solved: bool, naming: Naming) -> Lines:
    _check(comparison)
    known, n = comparison.reference is not None, len(comparison.starts)
    banded = n > 1 and len(comparison.runs) <= _MOST_BANDS
    last = max(_last(runs, against) for runs in comparison.runs.values())
    drawn = tuple(
        _course(method, runs, against, banded, solved and known, last)
        for method, runs in comparison.runs.items()
    )
    shown = "median, quartiles, single runs" if banded else "median"
    note = f"{n} starts: {shown}" if n > 1 else "one start"
    if solved and known and n > 1:
        note = "median and quartiles; thin: single runs" if banded else "median"
    return Lines(
        lines=drawn,
        x_label=label_of(against, comparison),
        y_label=_energy_label(comparison),
        levels=_accuracy(comparison),
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
    banded = len(comparison.runs) <= _MOST_BANDS and len(comparison.starts) > 1
    log = against != "steps" and _spread_out(comparison, against)
    return Lines(
        lines=tuple(
            _profile(method, runs, against, banded) for method, runs in comparison.runs.items()
        ),
        x_label=label_of(against, comparison),
        y_label="share of starts solved",
        log_x=log,
        whole=against == "steps",
        x_range=None if log else _until_solved(comparison, against),
        y_range=(-0.02, 1.02),
        note="bands: 95 % intervals (Wilson)" if banded else "",
        naming=naming,
    )


def _until_solved(comparison: Comparison, against: str) -> tuple[float, float] | None:
    """The part of the axis where something is solved; nothing changes behind it."""
    every = [run for runs in comparison.runs.values() for run in runs]
    costs = [cost for run in every if np.isfinite(cost := cost_of(run, against))]
    end = 1.15 * max(costs, default=0.0)
    return (0.0, float(end)) if end > 0 else None


def _check(comparison: Comparison) -> None:
    if not any(comparison.runs.values()):
        raise InputError("there is no picture of a comparison without a run that is done")


def _last(runs: Sequence[Run], against: str) -> float:
    return max((float(spent(run, against)[-1]) for run in runs), default=0.0)


def _spread_out(comparison: Comparison, against: str) -> bool:
    ends = [_last(runs, against) for runs in comparison.runs.values()]
    positive = [end for end in ends if end > 0]
    return bool(positive) and max(positive) > _RATIO * min(positive)


def _course(
    method: str, runs: Sequence[Run], against: str, banded: bool, solved: bool, last: float
) -> Line:
    """Median and quartiles over runs at every place where one of them moves."""
    chosen = [bool(run.solved) for run in runs]
    if not (solved and any(chosen)):
        chosen = [True] * len(runs)
    paths = [(spent(run, against), distances(run)) for run in runs]
    places = _places([x for x, _ in paths], last if against == "steps" else 0.0)
    columns = np.array([
        _held(*path, run.failed, places) for run, path, it in zip(runs, paths, chosen) if it
    ])  # fmt: skip
    spreads = [Spread.of(column) for column in columns.T]
    lower, middle, upper = (
        np.array([getattr(s, part) for s in spreads]) for part in ("lower", "median", "upper")
    )
    failed = not np.isfinite(middle[-1]) and bool(np.isfinite(middle).any())
    singles = tuple(np.array(path) for path in paths) if banded else ()
    if not banded:
        return Line(method, places, middle, failed=failed)
    return Line(method, places, middle, lower, upper, singles=singles, failed=failed)


def _profile(method: str, runs: Sequence[Run], against: str, banded: bool) -> Line:
    """Share of the runs that are solved after so much is spent."""
    n = len(runs)
    costs = sorted(cost for run in runs if np.isfinite(cost := cost_of(run, against)))
    places = np.array([0.0, *costs, max(_last(runs, against), *costs, 0.0)])
    counts = np.searchsorted(np.array(costs), places, side="right")
    bands = np.array([wilson(int(k), n) for k in counts])
    lower, upper = bands.T if banded else (None, None)
    ending = f"{len(costs)} of {n}"
    return Line(method, places, counts / n, lower, upper, mark="stairs", ending=ending)


def _places(axes: Sequence[Array], last: float) -> Array:
    """Where quartiles are taken: everywhere where a run moves, or evenly many of these."""
    places = np.unique(np.concatenate([*axes, [0.0]]))
    if last:
        places = np.arange(last + 1)
    if len(places) > _MOST_PLACES:
        chosen = np.linspace(0, len(places) - 1, _MOST_PLACES).round().astype(int)
        places = places[chosen]
    return places


def _held(x: Array, y: Array, failed: bool, places: Array) -> Array:
    """A run as a step function at places."""
    index = np.searchsorted(x, places, side="right") - 1
    values = y[np.maximum(index, 0)]
    return np.where((places > x[-1]) & failed, np.inf, values)


def _sampled(run: Run, values: Array) -> tuple[Array | None, Array | None]:
    """Ends of a band of one standard error, where energies are sampled and shown as they are."""
    errors = run.trace["std_error"]
    if ground_of(run) == "points" or not np.any(np.nan_to_num(errors) > 0):
        return None, None
    if run.reference is None:
        return values - errors, values + errors
    off = np.abs(run.trace["energy"] - run.reference)
    return np.maximum(off - errors, 0.0), off + errors


def _energy_label(of: Comparison | Run) -> str:
    if of.reference is None:
        return look.in_units("energy", of.unit)
    bound = r" + 2\sigma" if ground_of(of) == "bounds" else ""
    return look.in_units(rf"$|E - E_\mathrm{{ref}}|{bound}$", of.unit)


def _accuracy(of: Comparison | Run) -> tuple[Level, ...]:
    if of.reference is None:
        return ()
    return (Level(accuracy_name(of.accuracy, of.unit).partition(",")[0], of.accuracy),)
