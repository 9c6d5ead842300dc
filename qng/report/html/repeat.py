"""How a result is made again: in Python, and as a command where one says all of it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np

from qng.errors import QngError
from qng.execute.nothing import NAME as NOTHING
from qng.optimize.methods import named
from qng.plan.shots import PerCircuit
from qng.problem.anyproblem import AnyProblem
from qng.run.codec import dumps
from qng.run.comparison import Comparison
from qng.run.library import load, names
from qng.run.recipe import Recipe
from qng.run.results import Run
from qng.run.starts import draw_starts
from qng.run.sweep import resolved


def in_python(result: Run | Comparison, file: str) -> str:
    """A script that does all runs of a file of `save` again.

    Args:
        result: What is in it.
        file: Its name.
    """
    runs = "[result]" if isinstance(result, Run) else "sum(result.runs.values(), ())"
    return "\n".join(
        [
            "import qng",
            "",
            f"result = qng.load_run({file!r})",
            f"for run in {runs}:",
            "    made = run.made",
            "    again = qng.minimize(",
            "        made.problem, made.method, start=made.start, steps=made.steps, tol=made.tol,",
            "        seed=made.seed, executor=made.executor, shots=made.shots,",
            "    )",
            "    print(run.method, again.fun, run.fun)",
        ]
    )


def as_command(result: Run | Comparison) -> str:
    """The command that makes a result again; empty where no command says all of it.

    That is so of problems and starts of one's own, and of methods with settings of one's own.
    """
    try:
        return _of_run(result) if isinstance(result, Run) else _of_comparison(result)
    except (QngError, ValueError, TypeError):
        return ""


def _of_run(run: Run) -> str:
    made = run.made
    if made is None or not _is_of_library(made.problem, made.start):
        return ""
    if not isinstance(made.seed, int) or not _equal(made.method, named(run.method)):
        return ""
    words = ["qng", "run", made.problem.name, "--optimizer", run.method]
    words += ["--steps", str(made.steps), "--seed", str(made.seed)]
    return shlex.join([*words, *_rest(made)])


def _of_comparison(comparison: Comparison) -> str:
    runs = [run for of in comparison.runs.values() for run in of]
    recipes = [run.made for run in runs if run.made is not None]
    if not recipes or len(recipes) < len(runs) or comparison.interrupted:
        return ""
    first, starts = recipes[0], comparison.starts
    seed = seed_of(first)
    if seed is None:
        return ""
    whole = [len(of) == len(starts) for of in comparison.runs.values()]
    if not all(whole) or not _is_of_library(first.problem, starts[0]):
        return ""
    if not np.array_equal(draw_starts(first.problem, len(starts), seed), starts):
        return ""
    for label, method in resolved(list(comparison.runs)).items():
        if not _equal(getattr(comparison.runs[label][0].made, "method", None), method):
            return ""
    shared = {(made.steps, seed_of(made), *_rest(made)) for made in recipes}
    if len(shared) != 1:
        return ""
    words = ["qng", "compare", first.problem.name, "--methods", ",".join(comparison.runs)]
    words += ["--starts", str(len(starts)), "--steps", str(first.steps), "--seed", str(seed)]
    return shlex.join([*words, *_rest(first)])


def seed_of(made: Recipe) -> int | None:
    """The seed that was given for a run or for its comparison, or None."""
    seed = made.seed
    return seed if isinstance(seed, int) else next(iter(seed), None)


def _rest(made: Recipe) -> Sequence[str]:
    """The options that are not given where nothing is said."""
    words: list[str] = []
    if made.tol is not None:
        words += ["--tol", f"{made.tol!r}"]
    if made.executor not in ("statevector", NOTHING):
        words += ["--executor", made.executor]
    if isinstance(made.shots, PerCircuit):
        words += ["--shots-per-circuit", str(made.shots.shots)]
    elif made.shots is not None:
        words += ["--shots", str(made.shots)]
    return words


def _is_of_library(problem: AnyProblem, start: object) -> bool:
    """Whether a problem is that of its name in the library, from its own start."""
    if problem.name not in names():
        return False
    known = load(problem.name)
    begun = bool(np.array_equal(known.initial, np.asarray(start)))
    return begun and _equal(known, problem)


def _equal(first: object, second: object) -> bool:
    """Whether two values are stored alike."""
    return dumps(first) == dumps(second)
