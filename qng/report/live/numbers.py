"""What a live view shows of a step: its finite numbers by name, and of a run its settings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from qng.optimize.method import Step
from qng.plan.shots import in_words
from qng.run.recipe import Recipe
from qng.run.results import Run

_SHOWN: Final = {
    "energy": "energy",
    "std_error": "standard_error",
    "gradient_norm": "gradient_norm",
    "eta": "step/size",
    "length": "step/length",
    "predicted": "step/predicted_decrease",
    "direction_error": "step/direction_error",
    "damping": "metric/damping",
    "rank": "metric/rank",
    "condition": "metric/condition",
    "evaluations": "cost/evaluations",
    "shots": "cost/shots",
    "seconds": "cost/seconds",
}
"""Members of `Step`, and what they are called; a slash makes groups."""


def numbers(step: Step, reference: float | None = None) -> dict[str, float]:
    """The finite numbers of a step by name.

    Args:
        step: While the run goes on.
        reference: The energy from which errors are measured. An error is shown of exact energies
            only: one of a reading would be the noise of its shots.
    """
    found = {}
    for member, name in _SHOWN.items():
        value = getattr(step, member)
        if value is not None and math.isfinite(value):
            found[name] = float(value)
    if reference is not None and step.std_error is None and math.isfinite(step.energy):
        found["error"] = step.energy - reference
    return found


def afterwards(run: Run) -> Iterator[tuple[int, dict[str, float]]]:
    """What is known of the points of a run only when it has ended: (step, numbers by name)."""
    errors = run.judgement.errors if run.reference is not None else [math.nan] * len(run.trace)
    for row, error in zip(run.trace.rows, errors, strict=True):
        known = {"exact_energy": row.exact, "fidelity": row.fidelity, "judged_error": float(error)}
        finite = {name: value for name, value in known.items() if math.isfinite(value)}
        if finite:
            yield row.step, finite


def settings(made: Recipe | None) -> dict[str, str]:
    """How a run is made, as words by name."""
    if made is None:
        return {}
    return {
        "problem": made.problem.name,
        "method": repr(made.method),
        "executor": made.executor,
        "shots": in_words(made.shots),
        "seed": str(made.seed),
        "steps": str(made.steps),
        "tol": "none" if made.tol is None else f"{made.tol:g}",
    }
