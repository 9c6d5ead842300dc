"""A saved result, made again, and whether it agrees.

What is exact is to agree to rounding. What was drawn has the same counts where seed, versions and
processor are the same, and is equal then; elsewhere fresh results are drawn, of which the recorded
one has to be one (`agree`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from typing import Any, Final

import numpy as np

from qng import checks
from qng.errors import InputError, NoisyMetricWarning, SurrogateWarning
from qng.run import agree
from qng.run.again import Given, threads_as_then
from qng.run.ansatz.report import GeometryReport
from qng.run.comparison import Comparison
from qng.run.evolution import Evolution
from qng.run.excited.results import ExcitedStates
from qng.run.made import MetricResult, StepsResult
from qng.run.relations import AdamReport
from qng.run.remade import (
    adam_numbers,
    again_of_adam,
    again_of_evolution,
    again_of_excited,
    again_of_geometry,
    again_of_metric,
    again_of_steps,
    excited_numbers,
    geometry_numbers,
    metric_numbers,
    step_numbers,
)
from qng.run.repeated import (
    DIFFERENT,
    STATISTICS,
    Part,
    Repeat,
    elsewhere,
    ground_of,
    in_words,
    name_of,
    part_of_run,
)
from qng.run.rerun import (
    Progress,
    again_of_runs,
    check_law,
    fresh_of_run,
    runs_in,
    told_of,
)
from qng.run.results import Run
from qng.run.saved import read_saved
from qng.run.scanned import Scan
from qng.run.several import Comparisons

_KINDS = (
    "a run, a comparison, a scan, levels, an evolution, a metric, step reports, a report of Adam, "
    "a geometry"
)

_SAVED_BY: Final = {
    "metric": "; `qng metric --save` keeps a metric with how it was made",
    "Geometry": "; `qng geometry --save` keeps a geometry with how it was made",
    "list": "; `qng steps --save` keeps step reports with how they were made",
}


def repeat(
    saved: str | PathLike[str] | Any,
    *,
    problem: Any = None,
    method: Any = None,
    executor: Any = None,
    stop: Any = None,
    hamiltonian: Any = None,
    repeats: int | None = None,
    progress: Progress | None = None,
) -> Repeat:
    """Make a result again, and say whether it agrees.

    Args:
        saved: A file of `save`, or a run, comparison, comparisons, evolution, `ExcitedStates`,
            `MetricResult`, `StepsResult`, report of Adam or `GeometryReport`.
        problem: To be given again where it has functions of your own.
        method: Likewise; of a comparison a mapping by label.
        executor: To be given again where it was an object. Another one in the place of hardware
            rehearses it.
        stop: The stop rule, which is not in a file; without it a run is made again up to the step
            at which it has ended.
        hamiltonian: Of an evolution under a function of the time.
        repeats: How many fresh results are drawn of each where counts differ; by default so many
            that of results that are the same at most one in 100 is called different.
        progress: Told (done, of) of runs.

    Returns:
        Whether it agrees, on which ground, and what was made again.

    Raises:
        InputError: It does not say how it was made, has run on hardware, or something is to be
            given again.

    Cost: that of the result; where counts differ 20 times as much, and 100 times where that is not
    clear, for one result; of comparisons 2 to 8 times.

    Example:
        >>> import qng
        >>> qng.repeat(qng.minimize("one-qubit", "qng", steps=3)).agrees
        True
    """
    value = read_saved(saved) if isinstance(saved, (str, PathLike)) else saved
    if repeats is not None:
        checks.whole("repeats", repeats, 1)
    checks.function("progress", progress)
    given = Given(problem, method, executor, stop)
    with warnings.catch_warnings():
        # It was said when the result was made.
        warnings.simplefilter("ignore", NoisyMetricWarning)
        warnings.simplefilter("ignore", SurrogateWarning)
        return _repeated(value, given, hamiltonian, repeats, progress)


def _repeated(
    value: Any, given: Given, hamiltonian: Any, repeats: int | None, progress: Progress | None
) -> Repeat:
    """By the kind of the result."""
    if isinstance(value, (Run, Comparison, Comparisons, Scan)):
        return _of_runs(value, given, repeats, progress)
    if isinstance(value, Evolution):
        with threads_as_then(value.made):
            return _of_evolution(value, given, hamiltonian)
    if isinstance(value, MetricResult):
        with threads_as_then(value.made):
            return _of_values(value, given, again_of_metric, metric_numbers, repeats)
    if isinstance(value, StepsResult):
        with threads_as_then(value.made):
            return _of_values(value, given, again_of_steps, step_numbers, repeats)
    if isinstance(value, AdamReport):
        with threads_as_then(value.made):
            return _of_values(value, given, again_of_adam, adam_numbers, repeats)
    if isinstance(value, ExcitedStates):
        with threads_as_then(value.made):
            return _of_values(value, given, again_of_excited, excited_numbers, repeats)
    if isinstance(value, GeometryReport):
        found = _of_values(value, given, again_of_geometry, geometry_numbers, repeats)
        if value.length is None:
            return found
        return replace(found, message=f"{found.message}; the path of a run is not made again")
    kind = type(value).__name__
    if kind == "Diagnosis":
        raise InputError(
            "a diagnosis is not repeated but made again: qng diagnose, of its run or its problem"
        )
    hint = _SAVED_BY.get("metric" if hasattr(value, "matvec") else kind, "")
    raise InputError(f"no {kind} says how it was made: give {_KINDS}{hint}")


def _of_runs(
    value: Run | Comparison | Comparisons | Scan,
    given: Given,
    repeats: int | None,
    progress: Progress | None,
) -> Repeat:
    """Runs are compared by the energies of their traces."""
    before = runs_in(value)
    if not before:
        raise InputError("there is no run in it that could be made again")
    result = again_of_runs(value, given, progress)
    after = runs_in(result)
    parts = [part_of_run(name, run, after[name]) for name, run in before.items()]
    first = next(iter(before.values()))
    ground = ground_of(parts)
    largest = max(part.largest for part in parts)
    verdict = Repeat(
        kind=type(value).__name__,
        agrees=ground != DIFFERENT,
        ground=ground,
        largest=largest,
        message=_noted(in_words(ground, parts, first.made, first.unit), first.made, given),
        parts=tuple(parts),
        result=result,
    )
    different = [part for part in parts if not part.rounded]
    if not different or not all(part.drawn for part in different):
        return verdict
    # Where other counts are to be expected, those that came out as then are draws as well: without
    # them only the unlikely ones would be judged.
    if given.executor is None and not elsewhere(first.made):
        judged = different
    else:
        judged = [part for part in parts if part.drawn]
    names = [part.name for part in judged]
    for name in names:
        check_law(before[name], given)
    told = told_of(progress, len(names) * (repeats or agree.fresh_for(len(names), agree.LOOK)))

    def draw(first: int, end: int) -> Any:
        fresh = [[told(run) for run in fresh_of_run(before[k], given, first, end)] for k in names]
        return np.array([[[run.fun] for run in runs] for runs in fresh])

    recorded = np.array([[before[name].fun] for name in names])
    found = agree.unlikely(recorded, draw, repeats)
    return _judged(verdict, found, len(names), first.made, given, "the energies at the end")


def _of_evolution(value: Evolution, given: Given, hamiltonian: Any) -> Repeat:
    """Evolutions are compared by their energies and means."""
    result = again_of_evolution(value, given, hamiltonian)
    made = value.made
    count = min(len(value), len(result))
    other = "" if len(value) == len(result) else f"it has {len(result)} rows, not {len(value)}"
    means = sorted(value.means.keys() & result.means.keys())
    numbers = [
        np.concatenate([of.energies[:count], *(of.means[name][:count] for name in means)])
        for of in (value, result)
    ]
    part = Part.of(
        "",
        (numbers[0], numbers[1]),
        (value.points[:count], result.points[:count]),
        False,
        agree.rounding(name_of(made)),
        other,
    )
    ground = ground_of([part])
    return Repeat(
        kind="Evolution",
        agrees=ground != DIFFERENT,
        ground=ground,
        largest=part.largest,
        message=_noted(in_words(ground, [part], made, value.goal.unit), made, given),
        parts=(part,),
        result=result,
    )


def _of_values(
    value: Any,
    given: Given,
    again: Callable[[Any, Given, int | None], Any],
    numbers: Callable[[Any], Any],
    repeats: int | None,
) -> Repeat:
    """Values at a point are compared number by number."""
    made, result = value.made, again(value, given, None)
    drawn = made.shots is not None
    none = np.zeros(0)
    part = Part.of(
        "", (numbers(value), numbers(result)), (none, none), drawn, agree.rounding(name_of(made))
    )
    ground = ground_of([part])
    verdict = Repeat(
        kind=type(value).__name__,
        agrees=ground != DIFFERENT,
        ground=ground,
        largest=part.largest,
        message=_noted(in_words(ground, [part], made, ""), made, given),
        parts=(part,),
        result=result,
    )
    if part.rounded or not drawn:
        return verdict

    def draw(first: int, end: int) -> Any:
        return np.array([[numbers(again(value, given, k)) for k in range(first, end)]])

    found = agree.unlikely(numbers(value)[None], draw, repeats)
    return _judged(verdict, found, 1, made, given, "the numbers")


def _judged(
    verdict: Repeat,
    found: tuple[float, float, int],
    results: int,
    made: Any,
    given: Given,
    what: str,
) -> Repeat:
    """The verdict by fresh draws, of so many results."""
    p, level, each = found
    agrees = p > level * (1 + 1e-9)
    changed = elsewhere(made)
    why = f"it was made with {', '.join(changed)}" if changed else "other draws than then"
    message = (
        f"{'agrees' if agrees else 'differs'} statistically: other counts ({why}); among "
        f"{results * each} fresh results {what} have p = {p:.2g}; of results that are the same at "
        f"most {level:.2g} are called different"
    )
    return replace(
        verdict,
        agrees=agrees,
        ground=STATISTICS if agrees else DIFFERENT,
        message=_noted(message, made, given),
        p_value=p,
        level=level,
        draws=results * each,
    )


def _noted(message: str, made: Any, given: Given) -> str:
    """A verdict, with a word where another executor has taken the place of that of the result."""
    if given.executor is None:
        return message
    name = given.executor_of(made).name
    return (
        message if name == made.executor else f"rehearsed on {name}, for {made.executor}: {message}"
    )
