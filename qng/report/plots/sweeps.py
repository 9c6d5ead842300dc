"""Pictures of sweeps: success and cost against size, quality against learning rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np

from qng.errors import InputError
from qng.problem.problem import Problem
from qng.report.cells import headed
from qng.report.inference import wilson
from qng.report.plots import look
from qng.report.plots.captions import caption_of, versions_of
from qng.report.plots.lines import ROUNDING, Level, Line, Lines
from qng.report.plots.picture import Picture
from qng.report.plots.spending import cost_of, default_axis, label_of
from qng.report.statistics import Spread, accuracy_name, final_error
from qng.run.comparison import Comparison
from qng.run.results import Run
from qng.run.several import Comparisons

Triple = tuple[float, float, float]
"""(lower, middle, upper)"""

Several = Comparisons | Mapping[float, Comparison]


def success(
    several: Several,
    sizes: Sequence[float] | None = None,
    *,
    x_label: str = "qubits",
    title: str = "Success against size",
    width: float = look.COLUMN,
) -> Picture:
    """The share of starts that each method solves, against the size of the problem.

    Bars are Wilson's 95 % intervals.

    Args:
        several: A comparison a size: by size, or by problem.
        sizes: Of the comparisons, in their order; by default their numbers of qubits, or the keys
            where these are numbers.
        x_label: What the size is.
        title: Above it.
        width: Inches.

    Raises:
        InputError: There is none, or nothing is known of what is solved.
    """
    found = _by_size(several, sizes)
    if any(comparison.reference is None for comparison in found.values()):
        raise InputError("without a reference energy nothing is solved")

    def shares(runs: Sequence[Run]) -> Triple:
        k, n = sum(bool(run.solved) for run in runs), len(runs)
        band = wilson(k, n)
        return band.lower, k / n, band.upper

    panel = Lines(
        lines=_swept(found, shares),
        x_label=x_label,
        y_label="share of starts solved",
        y_range=(-0.03, 1.03),
        note="bars: 95 % intervals (Wilson)",
    )
    return Picture("success", (panel,), title, _caption(found), width=width)


def cost(
    several: Several,
    sizes: Sequence[float] | None = None,
    *,
    against: str | None = None,
    x_label: str = "qubits",
    log_x: bool = False,
    title: str = "Cost against size",
    width: float = look.COLUMN,
) -> Picture:
    """What each method spends until a start is solved, against the size of the problem.

    The median over all starts, those that are never solved counting as infinite; bars are
    quartiles, open upwards where a quarter is never solved. Where half of the starts are not solved
    there is no median, and no point.

    Args:
        several: As of `success`, like the next one.
        sizes: See there.
        against: What is spent: "steps", "circuits", "shots", "qpu" or "seconds"; by default shots,
            or circuits where energies are exact.
        x_label: What the size is.
        log_x: Whether that axis is logarithmic.
        title: Above it.
        width: Inches.

    Raises:
        InputError: There is none, or nothing is known of what is solved.
    """
    found = _by_size(several, sizes)
    axis = against or default_axis(next(iter(found.values())))

    def costs(runs: Sequence[Run]) -> Triple:
        spread = Spread.of(cost_of(run, axis) for run in runs)
        return spread.lower, spread.median, spread.upper

    label = label_of(axis, next(iter(found.values())))
    panel = Lines(
        lines=_swept(found, costs),
        x_label=x_label,
        y_label=f"{label} until solved",
        log_x=log_x,
        log_y=True,
        note="median and quartiles of all starts",
    )
    return Picture("cost", (panel,), title, _caption(found), width=width)


def rates(
    comparison: Comparison,
    what: Literal["error", "share"] = "error",
    *,
    title: str | None = None,
    width: float = look.COLUMN,
) -> Picture:
    """The quality that each method reaches, against its learning rate.

    Args:
        comparison: With several rates a method, named as "qng@0.05".
        what: "error": the last error, median and quartiles over starts; "share": of the starts that
            are solved, with Wilson's 95 % intervals.
        title: Above it; by default the problem's.
        width: Inches.

    Raises:
        InputError: No method has a constant rate, or nothing is known of what is solved.
    """
    table: dict[str, dict[float, Sequence[Run]]] = {}
    for label, runs in comparison.runs.items():
        rate = runs[0].learning_rate if runs else None
        if rate:
            table.setdefault(label.partition("@")[0], {})[float(rate)] = runs
    if not table:
        raise InputError("there is no method with a constant learning rate: name them as 'qng@0.1'")
    known = comparison.reference is not None
    if what == "share" and not known:
        raise InputError("without a reference energy nothing is solved")

    def quality(runs: Sequence[Run]) -> Triple:
        if what == "share":
            k, n = sum(bool(run.solved) for run in runs), len(runs)
            band = wilson(k, n)
            return band.lower, k / n, band.upper
        spread = Spread.of(np.inf if run.failed else final_error(run) for run in runs)
        return spread.lower, spread.median, spread.upper

    shares = what == "share"
    label = "last error" if known else "last energy"
    panel = Lines(
        lines=tuple(_line(name, rows, quality) for name, rows in table.items()),
        x_label="learning rate",
        y_label="share of starts solved" if shares else look.in_units(label, comparison.unit),
        levels=(Level(accuracy_name(comparison.accuracy, "").partition(",")[0],
                      comparison.accuracy),) if known and not shares else (),
        log_x=True,
        log_y=known and not shares,
        floor=ROUNDING if known and not shares else 0.0,
        y_range=(-0.03, 1.03) if shares else None,
        note="bars: 95 % intervals (Wilson)" if shares else "median and quartiles of all starts",
    )  # fmt: skip
    heading = (
        title if title is not None else headed(comparison.title or comparison.problem, "rates")
    )
    return Picture("rates", (panel,), heading, caption_of(comparison), width=width)


def _by_size(several: Several, sizes: Sequence[float] | None) -> dict[float, Comparison]:
    members = several.problems if isinstance(several, Comparisons) else several
    if not members:
        raise InputError("there is no picture of no comparisons")
    found = list(members.values())
    if sizes is None:
        numbers = [key for key in members if isinstance(key, (int, float))]
        sizes = numbers if len(numbers) == len(members) else [_qubits(one) for one in found]
    if len(sizes) != len(found):
        raise InputError(f"{len(sizes)} sizes for {len(found)} comparisons")
    order = np.argsort(np.asarray(sizes, dtype=float), kind="stable")
    return {float(sizes[k]): found[k] for k in order}


def _qubits(comparison: Comparison) -> int:
    for runs in comparison.runs.values():
        for run in runs:
            if run.made is not None and isinstance(run.made.problem, Problem):
                return run.made.problem.circuit.n_qubits
    raise InputError(f"the runs of {comparison.problem} do not say how many qubits they have: give "
                     "sizes=")  # fmt: skip


def _swept(
    found: Mapping[float, Comparison], value: Callable[[Sequence[Run]], Triple]
) -> tuple[Line, ...]:
    methods = dict.fromkeys(name for comparison in found.values() for name in comparison.runs)
    rows = {
        method: {size: c.runs[method] for size, c in found.items() if c.runs.get(method)}
        for method in methods
    }
    return tuple(_line(method, by_size, value) for method, by_size in rows.items() if by_size)


def _line(
    name: str, rows: Mapping[float, Sequence[Run]], value: Callable[[Sequence[Run]], Triple]
) -> Line:
    places = sorted(rows)
    lower, middle, upper = np.array([value(rows[place]) for place in places]).T
    return Line(name, np.array(places), middle, lower, upper, mark="both", bars=True)


def _caption(found: Mapping[float, Comparison]) -> str:
    starts = sorted({len(comparison.starts) for comparison in found.values()})
    names = ", ".join(comparison.problem for comparison in found.values())
    recipes = [
        run.made
        for comparison in found.values()
        for runs in comparison.runs.values()
        for run in runs
        if run.made is not None
    ]
    said = f"{names}; {' to '.join(str(n) for n in sorted({starts[0], starts[-1]}))} starts each"
    return f"{said}. {versions_of(recipes)}."
