"""What a page says of a result: its table, what is drawn, its settings, how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import RenderableType

from qng.plan.shots import in_words
from qng.problem.problem import Problem
from qng.report import cells
from qng.report.cite import of_runs
from qng.report.compared import comparison_notes, comparison_table
from qng.report.html.figures import Points, courses, errors, shares
from qng.report.html.geometry import metric_figure
from qng.report.html.pictures import of_picture as figures_of
from qng.report.html.pictures import words
from qng.report.html.repeat import as_command, in_python, seed_of
from qng.report.html.traces import Figure
from qng.report.markup import Html, joined, of_terminal, paragraphs, tag
from qng.report.plots.picture import Picture
from qng.report.several import by_problem, several_notes, several_table
from qng.report.sources import Source
from qng.report.spent import Axis
from qng.report.tables import run_summary, run_table
from qng.run.comparison import Comparison
from qng.run.recipe import Recipe
from qng.run.results import Run
from qng.run.several import Comparisons

_ROWS: Final = 12


@dataclass(frozen=True)
class Chapter:
    """A result on a page.

    Args:
        title: Its heading.
        parts: What it says and draws, in order.
        sources: What to cite for it.
    """

    title: str
    parts: tuple[Html | Figure, ...]
    sources: tuple[Source, ...] = ()


def of_run(run: Run, file: str = "", title: str = "") -> Chapter:
    """What a page says of a run.

    Args:
        run: The run.
        file: Where it was saved; empty where it is in no file.
        title: The heading; by default its problem and its method.

    Cost: an exact metric, where that is cheap.
    """
    figures = courses({run.method: [run]}), metric_figure([run])
    return Chapter(
        title or cells.headed(run.goal.title or run.problem, run.method),
        (
            tables([run_summary(run), run_table(run, _ROWS)]),
            *(figure for figure in figures if figure is not None),
            settings([run]),
            repeated(run, file),
        ),
        _sources([run]),
    )


def of_comparison(
    comparison: Comparison,
    file: str = "",
    title: str = "",
    published: Mapping[str, Points] | None = None,
    against: Axis | None = None,
) -> Chapter:
    """What a page says of a comparison.

    Args:
        comparison: The comparison.
        file: Where it was saved; empty where it is in no file.
        title: The heading; by default that of the problem.
        published: By method, points that were published, drawn with the energies.
        against: What cost is counted in; shots by default, circuits where exact.

    Cost: what its runs cost on a device is counted, and an exact metric where that is cheap.
    """
    runs = [run for of in comparison.runs.values() for run in of]
    figures = (
        errors(comparison, against),
        shares(comparison, against),
        courses(comparison.runs, published),
        metric_figure(runs),
    )
    return Chapter(
        title or comparison.title or comparison.problem,
        (
            tables([comparison_table(comparison, against)], comparison_notes(comparison, against)),
            *(figure for figure in figures if figure is not None),
            settings(runs),
            repeated(comparison, file),
        ),
        _sources(runs),
    )


def of_comparisons(comparisons: Comparisons, against: Axis | None = None) -> list[Chapter]:
    """What a page says of several problems: who is ahead over all of them, then each of them.

    Args:
        comparisons: The comparisons.
        against: As in `of_comparison`.

    Cost: that of each comparison.
    """
    shown = [several_table(comparisons, against), by_problem(comparisons, against)]
    notes = several_notes(comparisons, against)
    first = Chapter(f"{len(comparisons.problems)} problems", (tables(shown, notes),))
    each = [
        of_comparison(compared, title=f"{label}: {compared.title}", against=against)
        for label, compared in comparisons.problems.items()
    ]
    return [first, *each]


def of_picture(picture: Picture, file: str = "") -> Chapter:
    """What a page says of a picture that was saved.

    Args:
        picture: It.
        file: Where its numbers were saved; empty where they are in no file.
    """
    parts: list[Html | Figure] = [*figures_of(picture)]
    parts.append(tag("p", picture.caption, class_="made"))
    if file:
        parts.append(tag("pre", tag("code", shlex.join(["qng", "plot", file])), tabindex="0"))
    return Chapter(words(picture.title) or picture.kind, tuple(parts))


def tables(shown: Iterable[RenderableType], notes: Iterable[str] = ()) -> Html:
    """Tables of the terminal, and the lines below them."""
    return joined(*map(of_terminal, shown), paragraphs(notes))


def settings(runs: Sequence[Run]) -> Html:
    """How runs were made: methods with all settings, seeds and starts, versions and date."""
    made: dict[str, Recipe] = {}
    for run in runs:
        if run.made is not None:
            made.setdefault(run.method, run.made)
    if not made:
        return Html("")
    first = next(iter(made.values()))
    methods = cells.pairs((method, repr(recipe.method)) for method, recipe in made.items())
    seeds = sorted({str(seed_of(recipe)) for recipe in made.values()})
    limits = sorted({recipe.steps for recipe in made.values()})
    shots = sorted({in_words(recipe.shots) for recipe in made.values()})
    tolerances = sorted({"none" if r.tol is None else f"{r.tol:g}" for r in made.values()})
    size = f"{len(first.problem.parameters)} parameters"
    if isinstance(first.problem, Problem):
        size = f"{first.problem.circuit.n_qubits} qubits, {size}"
    shared = cells.pairs(
        [
            ("problem", f"{first.problem.name}: {first.problem.title}"),
            ("source", " ".join(first.problem.source.split()) or "-"),
            ("circuit" if isinstance(first.problem, Problem) else "model", size),
            ("executor", ", ".join(sorted({recipe.executor for recipe in made.values()}))),
            ("shots", ", ".join(shots)),
            ("steps at most", ", ".join(map(str, limits))),
            ("tolerance", ", ".join(tolerances)),
            ("seed", ", ".join(seeds)),
            ("begun", first.date),
        ]
    )
    versions = cells.pairs(first.versions.items())
    return tag(
        "details",
        tag("summary", "Settings and versions"),
        tag("h3", "Settings"),
        of_terminal(shared),
        tag("h3", "Methods"),
        of_terminal(methods),
        tag("h3", "Versions"),
        of_terminal(versions),
    )


def repeated(result: Run | Comparison, file: str) -> Html:
    """How a result is made again."""
    parts: list[Html] = []
    if command := as_command(result):
        parts += [tag("p", "As a command:"), tag("pre", tag("code", command), tabindex="0")]
    if file:
        parts += [
            tag("p", f"From {file}, which has everything but rules and functions of your own:"),
            tag("pre", tag("code", in_python(result, file)), tabindex="0"),
        ]
    if not parts:
        parts = [tag("p", "Save the result with --save FILE, and repeat it from there.")]
    return tag("details", tag("summary", "How to repeat it"), *parts)


def _sources(runs: Sequence[Run]) -> tuple[Source, ...]:
    return of_runs(runs) if any(run.made is not None for run in runs) else ()
