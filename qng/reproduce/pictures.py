"""The pictures of entries: what a reader of the publication would recognise.

An entry names one of these functions (`picture="energies"`), or gives a function of its own that
takes the reproduction and returns a `qng.report.plots.Picture`; it may call these, and all of
`qng.report.plots`.

    energies   against steps, published numbers as open markers; a panel a study, or where the
               studies are a sweep over numbers, the last energies against these
    errors     the same with errors on a logarithmic axis
    curves     of any kind, under the title of the entry
    metrics    matrices of the entry's values as heat maps
    paths      energies, landscape, and for one qubit the Bloch sphere: of two parameters
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, QngError, UnknownNameError, shown
from qng.plan.shots import in_words
from qng.problem.problem import Problem
from qng.reproduce import found, plots
from qng.reproduce.entry import Entry
from qng.reproduce.judging import OWN
from qng.reproduce.results import Reproduction
from qng.run.comparison import Comparison

_MOST_PANELS: Final = 6

_WIDE: Final = 20.0
"""Largest number of a sweep over the smallest, from which the axis is logarithmic."""


def energies(
    done: Reproduction,
    *,
    studies: Sequence[str] | None = None,
    references: Mapping[str, Any] | None = None,
    published: Mapping[str, Any] | None = None,
    log_y: bool = False,
    title: str | None = None,
) -> plots.Picture:
    """Energies against steps: medians with quartiles, published numbers as open markers.

    Args:
        done: The reproduction.
        studies: Which; by default all, as a sweep where there are many.
        references: Curves that are known otherwise, by name: y, or (x, y).
        published: Further published points by method: y, or (x, y).
        log_y: Logarithmic.
        title: Above it; by default that of the entry.
    """
    return _courses(done, "energy", studies, references, published, log_y, title)


def errors(
    done: Reproduction,
    *,
    studies: Sequence[str] | None = None,
    references: Mapping[str, Any] | None = None,
    published: Mapping[str, Any] | None = None,
    title: str | None = None,
) -> plots.Picture:
    """Errors from the reference energy against steps, on a logarithmic axis; as `energies`."""
    return _courses(done, "error", studies, references, published, True, title)


def curves(
    done: Reproduction, drawn: Mapping[str, Any], x_label: str, y_label: str, **options: Any
) -> plots.Picture:
    """Curves of any kind under the title of the entry.

    Args:
        done: The reproduction.
        drawn: By name: y, (x, y), (x, y, errors) or (x, y, lower, upper).
        x_label: With its unit.
        y_label: Likewise.
        options: Of `qng.report.plots.lines`: published, references, levels, log_x, slopes, ...
    """
    given: dict[str, Any] = {"title": done.title, "caption": caption(done), "width": 5.0} | options
    return plots.lines(drawn, x_label=x_label, y_label=y_label, **given)


def metrics(done: Reproduction, *names: str, labels: Sequence[str] = ()) -> plots.Picture:
    """Matrices of the values as heat maps.

    Args:
        done: The reproduction.
        names: Of the values.
        labels: Of rows and columns; by default numbers.
    """
    from qng.report.plots.matrix import HeatMap

    maps = []
    for name in names:
        matrix = done.results.value(name)
        # What is rounding beside the largest entry reads as zero.
        rounded = np.where(np.abs(matrix) < 1e-12 * np.abs(matrix).max(), 0.0, matrix)
        drawn = plots.heat_map(rounded, labels)
        (panel,) = drawn.panels
        assert isinstance(panel, HeatMap)
        maps.append(replace(drawn, panels=(replace(panel, title=name),)))
    whole = plots.together(
        *maps, kind="metrics", title=done.title, caption=caption(done), columns=min(len(maps), 2)
    )
    return whole if len(maps) > 1 else replace(whole, width=5.0)


def paths(done: Reproduction) -> plots.Picture:
    """Energies, the landscape with the paths and, of one qubit, the Bloch sphere.

    Raises:
        InputError: The problem of the first study has not two parameters.
    """
    comparison = done.results.comparison()
    runs: dict[str, Any] = {method: of[0] for method, of in comparison.runs.items()}
    made = next(iter(runs.values())).made
    if made is None or len(made.problem.parameters) != 2:
        raise InputError("the picture 'paths' is of a problem of two parameters")
    panels = [energies(done), plots.landscape(made.problem, runs, title="")]
    if isinstance(made.problem, Problem) and made.problem.circuit.n_qubits == 1:
        panels.append(plots.bloch(runs))
    return plots.together(
        *panels, kind="paths", title=done.title, caption=caption(done), columns=len(panels)
    )


PICTURES: Final[dict[str, Callable[[Reproduction], plots.Picture]]] = {
    "energies": energies,
    "errors": errors,
    "paths": paths,
}
"""By name."""


def caption(done: Reproduction) -> str:
    """Where it was published, the settings, and with which versions it was done again."""
    from qng.report.plots.captions import versions_of

    said = [done.source.line()]
    settings = [_settings(comparison) for comparison in done.comparisons.values()]
    common = [parts[0] for parts in zip(*settings) if parts[0] and len(set(parts)) == 1]
    if common:
        said.append(", ".join(common))
    recipes = [
        run.made
        for comparison in done.comparisons.values()
        for runs in comparison.runs.values()
        for run in runs
        if run.made is not None
    ]
    return f"{'; '.join(said)}. {done.id}, {versions_of(recipes)}."


def picture(entry: Entry, done: Reproduction) -> plots.Picture | None:
    """The picture of an entry, or None where there is nothing to draw.

    Raises:
        InputError: No picture of that name.
        QngError: It cannot be drawn.
    """
    draw = entry.picture
    if isinstance(draw, str):
        if draw not in PICTURES:
            raise UnknownNameError("picture", draw, PICTURES)
        if draw == "energies" and not done.comparisons:
            return None
        draw = PICTURES[draw]
    try:
        drawn = draw(done)
    except QngError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())
        raise QngError(f"it cannot be drawn: {type(error).__name__}: {why}") from error
    if not isinstance(drawn, plots.Picture):
        raise InputError(f"it is no qng.report.plots.Picture, but {shown(drawn)}")
    return drawn


def again(done: Reproduction) -> plots.Picture:
    """The picture of a reproduction that was saved: that of its entry, or its energies.

    Raises:
        InputError: There is nothing to draw.
    """
    known = found.entries().entries
    if done.id in known and known[done.id].studies and not done.comparisons:
        raise InputError(
            f"the runs of {done.id} are too many for this file: its picture is drawn from "
            f"{done.id.lower()}.picture.json beside it"
        )
    drawn = picture(known[done.id], done) if done.id in known else energies(done)
    if drawn is None:
        raise InputError(f"{done.id} has no picture: its numbers are in its verdicts")
    return drawn


def save(entry: Entry, done: Reproduction, folder: Path, form: str) -> str:
    """Draw the picture of an entry into a folder, and its numbers beside it.

    Args:
        entry: It.
        done: What came of it.
        folder: Where it is saved.
        form: "png", "pdf" or "svg".

    Returns:
        The name of the file; "" where there is nothing to draw.

    Raises:
        QngError: It cannot be drawn or saved.
    """
    drawn = picture(entry, done)
    if drawn is None:
        return ""
    name = f"{entry.id.lower()}.{form}"
    plots.save(drawn, folder / name)
    return name


def _courses(
    done: Reproduction,
    what: str,
    studies: Sequence[str] | None,
    references: Mapping[str, Any] | None,
    published: Mapping[str, Any] | None,
    log_y: bool,
    title: str | None,
) -> plots.Picture:
    names = list(done.comparisons) if studies is None else list(studies)
    if not names:
        raise InputError("there is no study to draw")
    if len(names) > _MOST_PANELS and studies is None:
        return _sweep(done, what, title)
    panels = []
    for name in names:
        curves = {
            method: _curve(done, what, method, name) for method in done.comparisons[name].runs
        }
        drawn = plots.lines(
            curves,
            x_label="step",
            y_label=_label(what, done.comparisons[name]),
            published=published,
            references=references,
            log_y=log_y,
            errors=what == "error",
            panel_title=name if len(names) > 1 else "",
            note=_bands(done.comparisons[name], what),
        )
        panels.append(_marked(drawn, done, name) if what == "energy" else drawn)
    heading = done.title if title is None else title
    whole = plots.together(
        *panels, kind=what, title=heading, caption=caption(done), columns=min(len(panels), 2)
    )
    return replace(whole, width=5.0) if len(panels) == 1 else whole


def _sweep(done: Reproduction, what: str, title: str | None) -> plots.Picture:
    """Last energies or errors against what the studies are called, in numbers or in order."""
    try:
        places = np.array([float(name) for name in done.comparisons])
    except ValueError:
        places = np.arange(len(done.comparisons), dtype=float)
    methods = dict.fromkeys(m for c in done.comparisons.values() for m in c.runs)
    curves = {}
    for method in methods:
        having = [k for k, c in enumerate(done.comparisons.values()) if method in c.runs]
        names = [name for name, c in done.comparisons.items() if method in c.runs]
        quartiles = np.array([_last(done, what, method, name) for name in names])
        order = np.argsort(places[having])
        low, middle, high = quartiles[order].T
        curves[method] = (places[having][order], middle, low, high)
    first = next(iter(done.comparisons.values()))
    return plots.lines(
        curves,
        x_label="study",
        y_label=f"last {_label(what, first)}",
        log_x=bool(places.min() > 0 and places.max() >= _WIDE * places.min()),
        errors=what == "error",
        mark="both",
        kind="sweep",
        title=done.title if title is None else title,
        note=_starts(first),
        caption=caption(done),
        width=5.0,
    )


def _last(done: Reproduction, what: str, method: str, study: str) -> Array:
    """Quartiles of the last numbers of the runs."""
    runs = done.results.runs(method, study)
    ends = [run.fun if what == "energy" else float(run.judgement.errors[-1]) for run in runs]
    quartiles: Array = np.nanquantile(ends, [0.25, 0.5, 0.75])
    return quartiles


def _curve(done: Reproduction, what: str, method: str, study: str) -> Any:
    """Of one run with its standard errors, of several the median with quartiles."""
    results = done.results
    table = results.energies(method, study) if what == "energy" else results.errors(method, study)
    if len(table) > 1:
        # A run that met its stop rule stays where it is.
        filled = np.array([_held(row) for row in table])
        low, middle, high = np.nanquantile(filled, [0.25, 0.5, 0.75], axis=0)
        return np.arange(table.shape[1]), middle, low, high
    error = results.run(method, study).trace["std_error"].astype(float)
    if what == "energy" and np.isfinite(error).any():
        return np.arange(len(error)), table[0], np.nan_to_num(error)
    return table[0]


def _held(row: Array) -> Array:
    """The last number in the place of those after it."""
    known = np.flatnonzero(np.isfinite(row))
    if len(known):
        row = np.where(np.arange(len(row)) > known[-1], row[known[-1]], row)
    return row


def _marked(drawn: plots.Picture, done: Reproduction, study: str) -> plots.Picture:
    """With the numbers that are compared as open markers, in the colours of the methods."""
    from qng.report.plots.lines import Lines

    found: dict[str, list[tuple[float, float]]] = {}
    claims = set()
    for v in done.verdicts:
        if v.place is not None and v.place[0] == study and isinstance(v.published, float):
            found.setdefault(v.place[1], []).append((v.place[2], v.published))
            claims.add(v.claim)
    if not found:
        return drawn
    (panel,) = drawn.panels
    assert isinstance(panel, Lines)
    marks = [
        replace(plots.line_of("", tuple(np.array(points).T), "open"), like=method)
        for method, points in found.items()
    ]
    own = str(OWN)
    word = "published" if own not in claims else "independent values"
    word = f"{word} and published" if len(claims) > 1 and own in claims else word
    note = "; ".join(part for part in (panel.note, f"open markers: {word}") if part)
    return replace(drawn, panels=(replace(panel, lines=(*panel.lines, *marks), note=note),))


def _label(what: str, comparison: Comparison) -> str:
    unit = f" ({comparison.unit})" if comparison.unit else ""
    return f"energy{unit}" if what == "energy" else rf"$E - E_\mathrm{{ref}}${unit}"


def _starts(comparison: Comparison) -> str:
    n = len(comparison.starts)
    return f"{n} starts: median, quartiles" if n > 1 else ""


def _bands(comparison: Comparison, what: str) -> str:
    """What lies around the curves, in words."""
    runs = [run for of in comparison.runs.values() for run in of]
    alone = len(comparison.starts) == 1 and what == "energy"
    sampled = alone and any(run.std_error is not None for run in runs)
    return "band: 1 standard error" if sampled else _starts(comparison)


def _settings(comparison: Comparison) -> tuple[str, str, str]:
    """Its problem, its steps and its shots."""
    run = next(run for runs in comparison.runs.values() for run in runs)
    steps = f"at most {comparison.steps} step{'s' if comparison.steps > 1 else ''}"
    if run.made is None:
        return comparison.problem, steps, ""
    # A model without shots may have samples of its own.
    sampled = run.made.shots is None and run.std_error is not None
    return comparison.problem, steps, "sampled" if sampled else in_words(run.made.shots)
