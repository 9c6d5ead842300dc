"""Captions: with which settings and versions the numbers of a picture were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from qng.execute.nothing import NAME as NOTHING
from qng.report.statistics import accuracy_name, ground_of
from qng.run.comparison import Comparison
from qng.run.made import Origin
from qng.run.recipe import Recipe, versions
from qng.run.results import Run

_SAID = ("qng", "numpy", "python")
"""Versions that are said; all of them stand in the runs."""


def caption_of(of: Run | Comparison) -> str:
    """The settings and versions of a run or a comparison in one paragraph."""
    return f"{'; '.join(_settings(of))}. {versions_of(_recipes(of))}."


def caption_of_several(comparisons: Sequence[Comparison]) -> str:
    """The settings and versions of comparisons; what they have in common is said once."""
    each = [_settings(comparison) for comparison in comparisons]
    common = [part for part in each[0] if all(part in other for other in each)]
    own = [", ".join(part for part in parts if part not in common) for parts in each]
    said = [part for part in dict.fromkeys([*own, *common]) if part]
    recipes = [recipe for comparison in comparisons for recipe in _recipes(comparison)]
    return f"{'; '.join(said)}. {versions_of(recipes)}."


def _recipes(of: Run | Comparison) -> list[Recipe]:
    runs = [of] if isinstance(of, Run) else [run for runs in of.runs.values() for run in runs]
    return [run.made for run in runs if run.made is not None]


def _settings(of: Run | Comparison) -> list[str]:
    runs = [of] if isinstance(of, Run) else [run for runs in of.runs.values() for run in runs]
    recipes = _recipes(of)
    said = [of.problem]
    if isinstance(of, Comparison):
        n = len(of.starts)
        said.append(f"{n} start{'s' if n != 1 else ''}, at most {of.steps} steps each")
        trials = max((len(tuning.trials) for tuning in of.tuning.values()), default=0)
        said += [f"tuned before, {trials} trials each"] if trials else []
    else:
        said.append(f"{of.method}, {of.nit} steps")
    if of.interrupted:
        said.append("interrupted" if isinstance(of, Run) else of.interrupted)
    said.append(_rates(of, runs))
    said += _device(recipes)
    if of.reference is not None:
        ground = {"energies": "", "points": " (errors of exact energies)",
                  "bounds": " (errors are bounds: 2 standard errors added)"}  # fmt: skip
        said.append(f"{accuracy_name(of.accuracy, of.unit)}{ground[ground_of(of)]}")
    return [part for part in said if part]


def versions_of(recipes: Iterable[Recipe | Origin] = ()) -> str:
    """The versions with which something was made: those of today where it does not say so.

    Example:
        >>> versions_of().startswith("qng ")
        True
    """
    found = next((recipe.versions for recipe in recipes), None) or versions()
    return ", ".join(f"{name} {found[name]}" for name in _SAID if name in found)


def _rates(of: Run | Comparison, runs: list[Run]) -> str:
    """The rates, where all are constant and there are few."""
    rates = (
        {of.method: of.learning_rate}
        if isinstance(of, Run)
        else {method: done[0].learning_rate for method, done in of.runs.items() if done}
    )
    known = {method: rate for method, rate in rates.items() if rate is not None}
    if not known or len(known) > 6:
        return ""
    if len(set(known.values())) == 1:
        return f"lr {next(iter(known.values())):g}"
    return "lr " + ", ".join(f"{rate:g} ({method})" for method, rate in known.items())


def _device(recipes: list[Recipe]) -> list[str]:
    # A model without shots may have samples of its own.
    shots = {_shots(recipe) for recipe in recipes if recipe.executor != NOTHING}
    executors = {recipe.executor for recipe in recipes} - {NOTHING}
    said = sorted(shots) if len(shots) == 1 else []
    return said + [f"executor {name}" for name in executors if len(executors) == 1]


def _shots(recipe: Recipe) -> str:
    shots: Any = recipe.shots
    if shots is None:
        return "exact"
    return f"{shots} shots a step" if isinstance(shots, int) else str(shots)
