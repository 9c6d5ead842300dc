"""Comparisons that grow: methods and starts are added to what is there, and only these are run.

All runs of a comparison are on the same terms: problem, executor, shots, seed, limits. What is
added is refused where one of them is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.optimize.method import Method
from qng.plan.shots import Shots
from qng.problem.anyproblem import AnyProblem
from qng.run.again import missing
from qng.run.codec import dumps
from qng.run.comparison import Comparison
from qng.run.described import digest
from qng.run.many import Pair, Runs
from qng.run.recipe import Recipe
from qng.run.results import Goal, Run
from qng.run.stop import Rules, called


@dataclass(frozen=True, eq=False)
class Terms:
    """On which terms the runs of a method are.

    Args:
        method: Its parts.
        rules: The limit on updates and the tolerance.
        shots: For all circuits of a step, or `PerCircuit`; None: exact.
        stop: What the stop rule is called.
    """

    method: Method
    rules: Rules
    shots: Shots | None
    stop: str = ""

    @staticmethod
    def of(made: Recipe) -> Terms:
        """Those of a run."""
        return Terms(made.method, Rules(made.steps, made.tol), made.shots, made.stop)

    def settled(self) -> dict[str, Any]:
        """What all methods may have in common, by the names of the arguments."""
        rules = self.rules
        return {
            "shots": self.shots,
            "steps": rules.steps,
            "tol": rules.tol,
            "stop": self.stop or None,
        }


@dataclass(frozen=True, eq=False)
class There:
    """A comparison as it is there: what its runs have in common.

    Args:
        comparison: It has runs.
        made: How its first run was made.
        terms: By method.
    """

    comparison: Comparison
    made: Recipe
    terms: Mapping[str, Terms]

    @staticmethod
    def of(comparison: Comparison) -> There:
        """What is there.

        Raises:
            InputError: It does not say how it was made, or was tuned.
        """
        firsts = {label: runs[0].made for label, runs in comparison.runs.items() if runs}
        known = {label: made for label, made in firsts.items() if made is not None}
        if not known or len(known) < len(firsts):
            raise InputError(
                "the comparison does not say how it was made, so nothing can be added to it"
            )
        if comparison.tuning:
            raise InputError(
                "the methods that are there were tuned together, which others cannot be any more: "
                "compare all of them again"
            )
        terms = {label: Terms.of(made) for label, made in known.items()}
        return There(comparison, next(iter(known.values())), terms)

    @property
    def problem(self) -> AnyProblem:
        """What is minimised."""
        return self.made.problem

    @property
    def seed(self) -> int:
        """Of the comparison."""
        seed = self.made.seed
        return seed if isinstance(seed, int) else seed[0]

    def check(
        self,
        problem: AnyProblem,
        executor: tuple[str, Mapping[str, Any]],
        seed: int,
        terms: Mapping[str, Terms],
        points: Array,
    ) -> None:
        """Refuse what is on other terms.

        Args:
            problem: Of what is added.
            executor: Its name, and how it is made again.
            seed: Of the comparison.
            terms: By method.
            points: The starts, shape (starts, P); fewer or more than are there.

        Raises:
            InputError: Something differs.
        """
        there = self.comparison
        self.check_problem(problem)
        if Goal.of(problem) != there.goal:
            raise InputError("the problem differs in reference, accuracy, unit or title")
        name, settings = executor
        if (name, dict(settings)) != (self.made.executor, dict(self.made.settings)):
            raise InputError(
                f"the executor differs: {_device(name, settings)}, there "
                f"{_device(self.made.executor, self.made.settings)}"
            )
        if seed != self.seed:
            raise InputError(f"the seed differs: {seed}, there {self.seed}")
        n = min(len(points), len(there.starts))
        if not np.array_equal(points[:n], there.starts[:n]):
            raise InputError(
                "the starts differ: give the first start, the spread and the seed of what is there"
            )
        for label, asked in terms.items():
            self._check_terms(label, asked)

    def check_problem(self, problem: AnyProblem) -> None:
        """Refuse another problem.

        Raises:
            InputError: It is one.
        """
        if digest(problem) != digest(self.problem):
            known, other = self.problem.name, problem.name
            named = f"{other!r}, there {known!r}" if known != other else "of the same name"
            raise InputError(f"the problem differs: it is another one ({named})")

    def _check_terms(self, label: str, asked: Terms) -> None:
        known = self.terms.get(label)
        of = [known] if known is not None else list(self.terms.values())
        there = [one.settled() for one in of]
        for what, value in asked.settled().items():
            values = [one[what] for one in there]
            if value not in values:
                raise InputError(
                    f"{what} of {label} differ: {_none(value)}, there {_none(values[0])}"
                )
        if known is not None and dumps(asked.method) != dumps(known.method):
            raise InputError(
                f"{label} is there with other hyperparameters: give it a label of its own, such "
                f"as {label}@0.05 with a learning rate"
            )


def joined(runs: Runs, there: Comparison) -> tuple[Runs, dict[Pair, Run]]:
    """All runs of what is there and what is added, and those that are done.

    Args:
        runs: What is asked for.
        there: What is there.

    Raises:
        InputError: What is asked for is on other terms; or methods that are there are to run from
            further starts, and a file does not have all of them.
    """
    known = There.of(there)
    asked = {
        label: Terms(
            method,
            runs.rules[label],
            runs.shots[label],
            "" if (rule := runs.rules[label].stop) is None else called(rule),
        )
        for label, method in runs.methods.items()
    }
    name = runs.executor if isinstance(runs.executor, str) else runs.executor.name
    if runs.settings.keys() == {"name"} and runs.settings == known.made.settings:
        name = known.made.executor
    known.check(runs.problem, (name, runs.settings), runs.seed, asked, runs.points)
    terms = {**known.terms, **asked}
    points = runs.points if len(runs.points) > len(there.starts) else there.starts
    whole = replace(
        runs,
        methods={label: of.method for label, of in terms.items()},
        points=points,
        rules={label: of.rules for label, of in terms.items()},
        shots={label: of.shots for label, of in terms.items()},
    )
    goal = Goal.of(runs.problem)
    done = {
        (label, place_of(run, k)): replace(whole.owned(run), goal=goal)
        for label, found in there.runs.items()
        for k, run in enumerate(found)
    }
    for label in {label for label, k in whole.pairs if (label, k) not in done}:
        lost = [*missing(whole.methods[label]), *missing(whole.problem)]
        if lost:
            raise InputError(
                f"{label} is to run from further starts, and has {lost[0]}, which a file cannot "
                "keep: give it again under its label"
            )
        if terms[label].stop and label not in asked:
            raise InputError(
                f"{label} is to run from further starts, and has the stop rule "
                f"{terms[label].stop}, which a file cannot keep: give it again under its label"
            )
    return whole, done


def place_of(run: Run, k: int) -> int:
    """The number of the start of a run, as its seed names it."""
    seed = None if run.made is None else run.made.seed
    return seed[1] if isinstance(seed, tuple) and len(seed) == 3 else k


def _device(name: str, settings: Mapping[str, Any]) -> str:
    more = [f"{key}={value}" for key, value in settings.items() if key != "name"]
    return " with ".join([name, ", ".join(more)]) if more else name


def _none(value: Any) -> str:
    return "none" if value is None else str(value)
