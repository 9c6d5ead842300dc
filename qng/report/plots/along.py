"""Runs as step functions of what they spend: their quartiles, and the share that is solved.

The error of a run after c is spent is that of the last point that is known then. Quartiles over
starts are taken at every place where one of the runs moves. A run that met its stop rule stays
where it is; one that failed is infinite from there on. The line of a method ends where its longest
run was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.report.plots import look
from qng.report.plots.lines import Level, Line
from qng.report.plots.spending import spent
from qng.report.profile import has_ended, reached
from qng.report.spent import axis_of
from qng.report.statistics import Spread, accuracy_name, distances, ground_of
from qng.run.comparison import Comparison
from qng.run.results import Run

_MOST_PLACES: Final = 400
"""Places at which quartiles are taken, at most."""


@dataclass(frozen=True, eq=False)
class Band:
    """A band, and what it is.

    Args:
        lower: Shape (nit + 1,).
        upper: Likewise.
        words: What it is.
    """

    lower: Array
    upper: Array
    words: str


def course(
    method: str, runs: Sequence[Run], against: str, banded: bool, solved: bool, last: float
) -> Line:
    """Median and quartiles over runs at every place where one of them moves."""
    chosen = [bool(run.solved) for run in runs]
    if not (solved and any(chosen)):
        chosen = [True] * len(runs)
    paths = [(spent(run, against), distances(run)) for run in runs]
    # Where a run was cut nobody knows how it goes on.
    end = last if all(has_ended(run) for run in runs) else last_of(runs, against)
    places = _places([x for x, _ in paths], end if against == "steps" else 0.0)
    columns = np.array([
        _held(*path, run.failed, places) for run, path, it in zip(runs, paths, chosen) if it
    ])  # fmt: skip
    spreads = [Spread.of(column) for column in columns.T]
    lower, middle, upper = (
        np.array([getattr(s, part) for s in spreads]) for part in ("lower", "median", "upper")
    )
    failed = not np.isfinite(middle[-1]) and bool(np.isfinite(middle).any())
    band = sampled(runs[0]) if len(runs) == 1 else None
    if band is not None:
        x, of = paths[0][0], runs[0]
        lower, upper = (_held(x, y, of.failed, places) for y in (band.lower, band.upper))
        return Line(method, places, middle, lower, upper, failed=failed)
    singles = tuple(np.array(path) for path in paths) if banded else ()
    if not banded:
        return Line(method, places, middle, failed=failed)
    return Line(method, places, middle, lower, upper, singles=singles, failed=failed)


def profile(method: str, runs: Sequence[Run], against: str, banded: bool) -> Line:
    """Share of the runs that are solved after so much is spent, as far as it is known."""
    found = reached(runs, axis_of(against))
    end = max(last_of(runs, against), float(found.cost[-1]))
    places = np.append(found.cost, end)
    share, lower, upper = (np.append(v, v[-1]) for v in (found.share, found.lower, found.upper))
    failed = sum(run.failed for run in runs)
    ending = f"{sum(bool(run.solved) for run in runs)} of {len(runs)}"
    ending += f", {failed} fail" if failed else ""
    if not banded:
        return Line(method, places, share, mark="stairs", ending=ending)
    return Line(method, places, share, lower, upper, mark="stairs", ending=ending)


def last_of(runs: Sequence[Run], against: str) -> float:
    """The most that a run had spent when it got to its last point."""
    return max((float(spent(run, against)[-1]) for run in runs), default=0.0)


def energy_label(of: Comparison | Run) -> str:
    """What stands at the axis of errors, or of energies where there is no reference."""
    if of.reference is None:
        return look.in_units("energy", of.unit)
    bound = r" + 2\sigma" if ground_of(of) == "bounds" else ""
    return look.in_units(rf"$|E - E_\mathrm{{ref}}|{bound}$", of.unit)


def accuracy_levels(of: Comparison | Run) -> tuple[Level, ...]:
    """The accuracy as a line across a panel, where there is a reference."""
    if of.reference is None:
        return ()
    return (Level(accuracy_name(of.accuracy, of.unit).partition(",")[0], of.accuracy),)


def sampled(run: Run) -> Band | None:
    """The band of a run whose energies are sampled and shown as they are; None where exact."""
    errors = run.trace["std_error"]
    if ground_of(run) == "points" or not np.any(np.nan_to_num(errors) > 0):
        return None
    values = distances(run)
    if run.reference is None:
        return Band(values - errors, values + errors, "band: 1 standard error")
    reading = np.abs(run.trace["energy"] - run.reference)
    return Band(reading, values, "band: 2 standard errors above the reading")


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
