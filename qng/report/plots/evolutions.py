"""Pictures of evolutions in time: energies and means with their exact curves, and infidelities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, shown
from qng.report.cells import headed
from qng.report.evolution import kind_in_words
from qng.report.plots import look
from qng.report.plots.captions import versions_of
from qng.report.plots.lines import Level, Line, Lines, Mark
from qng.report.plots.picture import Picture
from qng.run.evolution import Evolution
from qng.run.imaginary import beside
from qng.run.results import Run

# A mean that moves by less does not move.
_STILL: Final = 1e-9

# Points of a run, at most.
_POINTS: Final = 20

# Infidelities below this are rounding; at the start there is nothing else.
_ROUNDING: Final = 1e-14


@dataclass(frozen=True, eq=False)
class _Course:
    """What is drawn of an evolution or a run.

    Args:
        times: Shape (times,).
        energies: Likewise.
        exact: Exact energies, or None.
        infidelities: Likewise.
        bound: sin^2 of the drift, in real time; else None.
        residual: McLachlan's distance, or None.
        mark: How it is drawn.
    """

    times: Array
    energies: Array
    exact: Array | None
    infidelities: Array | None
    bound: Array | None = None
    residual: Array | None = None
    mark: Mark = "line"


def evolution(
    found: Evolution | Mapping[str, Evolution | Run],
    title: str | None = None,
    width: float = 4.4,
) -> Picture:
    """The energy against time with the exact curve, and the infidelity below.

    In real time the energy is conserved: means of observables, where they were asked for, say more
    and come first, and the infidelity has its bound, sin^2 of the drift. Without exact states the
    residual is shown.

    Args:
        found: An evolution, or several by name, from the same state and of the same kind. Runs of
            the natural gradient may be among those in imaginary time: a step of eta is 2 eta of it.
        title: Above it; by default what was evolved.
        width: Inches.

    Raises:
        InputError: Nothing, or evolutions of different kinds.
    """
    several = dict(found) if isinstance(found, Mapping) else {_name_of(found): found}
    evolutions = [one for one in several.values() if isinstance(one, Evolution)]
    if not evolutions:
        raise InputError(f"a picture in time is of evolutions (qng.evolve), not of {shown(found)}")
    first = evolutions[0]
    if len({one.made.kind for one in evolutions}) > 1 or (
        first.real and len(evolutions) < len(several)
    ):
        raise InputError("imaginary and real time have no axis in common: draw them apart")
    courses = {name: _course(one) for name, one in several.items()}
    panels = [_means(name, evolutions, several) for name in first.means] if first.real else []
    panels.append(_energies(courses, first))
    rest = _infidelities(courses, first) or _residuals(courses, first)
    panels += [] if rest is None else [rest]
    if not first.real:
        panels += [_means(name, evolutions, several) for name in first.means]
    made = first.made
    tolerance = (
        f"steps of {made.integrator.step:g}"
        if made.integrator.name == "euler"
        else f"rtol {made.integrator.rtol:g}"
    )
    settings = f"{made.integrator.name}, {tolerance}" if len(several) == 1 else ""
    said = "; ".join(filter(None, [first.goal.name, kind_in_words(first), settings]))
    heading = headed(first.goal.title or first.goal.name, f"{made.kind} time")
    return Picture(
        "evolution",
        tuple(panels),
        heading if title is None else title,
        f"{said}. {versions_of()}.",
        columns=1,
        width=width,
    )


def _name_of(found: Evolution) -> str:
    return "circuit" if hasattr(found.made.problem, "circuit") else "model"


def _course(one: Evolution | Run) -> _Course:
    if isinstance(one, Evolution):
        exact = one.exact
        return _Course(
            one.times,
            one.energies,
            None if exact is None else exact.energies,
            None if exact is None else one.infidelities,
            np.sin(np.minimum(one["drift"], np.pi / 2)) ** 2 if one.real else None,
            one["residual"],
        )
    known = beside(one)
    overlaps = known.overlaps
    assert overlaps is not None
    lost = np.maximum(1 - overlaps, 0.0)
    # Points, so that a line on which they lie is seen, too.
    some = slice(None, None, -(-len(lost) // _POINTS))
    energies = one.trace["energy"][some]
    return _Course(known.times[some], energies, known.energies[some], lost[some], mark="points")


def _energies(courses: Mapping[str, _Course], first: Evolution) -> Lines:
    drawn = [Line(name, c.times, c.energies, mark=c.mark) for name, c in courses.items()]
    # The exact curve of the one that has most of it.
    longest = max(courses.values(), key=lambda c: (c.times[-1], c.mark == "line", len(c.times)))
    if longest.exact is not None:
        drawn.append(Line("exact", longest.times, longest.exact, mark="reference"))
    ground = first.goal.reference
    levels = () if ground is None or first.real else (Level("reference", ground),)
    word = "loss" if first.exact is None and _name_of(first) == "model" else "energy"
    label, tall = look.in_units(word, first.goal.unit), 0.6 if first.real else 1.0
    span = _room(courses, first)
    return Lines(tuple(drawn), _time(first), label, levels=levels, y_range=span, tall=tall)


def _room(courses: Mapping[str, _Course], first: Evolution) -> tuple[float, float] | None:
    """An axis on which the scatter of a conserved energy does not look like motion."""
    if not first.real:
        return None
    values = np.concatenate([c.energies for c in courses.values()])
    spread = float(np.sqrt(max(first.moments[0].variance or 0.0, 0.0)))
    middle, half = float(values.mean()), max(float(np.ptp(values)), spread / 2, 1e-9)
    return middle - half, middle + half


def _infidelities(courses: Mapping[str, _Course], first: Evolution) -> Lines | None:
    drawn = [
        Line(name, c.times, _seen(c.infidelities), mark=c.mark)
        for name, c in courses.items()
        if c.infidelities is not None
    ]
    if not drawn:
        return None
    if first.real and len(courses) == 1:
        (course,) = courses.values()
        assert course.bound is not None
        drawn.append(Line("bound", course.times, _seen(course.bound), mark="reference"))
    label = r"$1 - |\langle\psi_\mathrm{exact}|\psi\rangle|^2$"
    return Lines(tuple(drawn), _time(first), label, log_y=True, tall=0.8)


def _seen(infidelities: Array) -> Array:
    """Without what is rounding, unless nothing else is there."""
    small = infidelities < _ROUNDING
    if np.all(small):
        return np.full(len(infidelities), _ROUNDING)
    return np.where(small, np.nan, infidelities)


def _residuals(courses: Mapping[str, _Course], first: Evolution) -> Lines | None:
    drawn = [
        Line(name, c.times, c.residual)
        for name, c in courses.items()
        if c.residual is not None and np.any(np.isfinite(c.residual))
    ]
    if not drawn:
        return None
    return Lines(tuple(drawn), _time(first), "residual", log_y=True, tall=0.8)


def _means(name: str, evolutions: list[Evolution], several: Mapping[str, Evolution | Run]) -> Lines:
    names = {id(one): word for word, one in several.items()}
    known = [one for one in evolutions if name in one.means]
    drawn = [Line(names[id(one)], one.times, one.means[name]) for one in known]
    exact = known[0].exact
    if exact is not None:
        drawn.append(Line("exact", known[0].times, exact.means[name], mark="reference"))
    label = rf"$\langle$ {look.plain(name)} $\rangle$"
    values = np.concatenate([line.y for line in drawn])
    # What does not move is a line, not the scatter of its rounding.
    still = (float(values.mean()) - 0.1, float(values.mean()) + 0.1)
    span = still if np.ptp(values) < _STILL else None
    return Lines(tuple(drawn), _time(known[0]), label, y_range=span)


def _time(of: Evolution) -> str:
    return "real time $t$" if of.real else r"imaginary time $\tau$"
