"""Tuning: every method has the same number of trials, from starts that are not compared.

A trial is a setting of hyperparameters and a run of it from each of these starts, with the steps,
rules and shots of the comparison. The first trial is of the method's own values. The others are
proposed by Optuna or lie on a grid (`qng.run.tune`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.optimize.hyperparameters import defaults
from qng.optimize.method import Method
from qng.optimize.methods import CONTROLS, METHODS, named
from qng.optimize.spaces import Range, as_range, rate_of, space_of, with_rate_of
from qng.plan.shots import Shots
from qng.problem.problem import Problem
from qng.run.contest import Contest, Progress
from qng.run.starts import draw_starts
from qng.run.stop import StopRule
from qng.run.sweep import RATE, resolved, rules_of, shots_of
from qng.run.target import problem_and_point
from qng.run.tune import Search, Setting, tuner_of
from qng.run.tuning import STARTS, Trial, Tune, Tuning
from qng.seeds import number_of, of_name, seed

if TYPE_CHECKING:
    from qng.run.ledger import Ledger
    from qng.run.many import Runs

# The stream of the starts from which settings are tried, and of their runs.
_TUNING: Final = of_name("tuning")


def tune(
    problem: Problem | str | Path | Any,
    method: str | Method = "qng",
    *,
    trials: int = 10,
    starts: int | ArrayLike = STARTS,
    tuner: str = "auto",
    space: Mapping[str, Any] | None = None,
    start: Any = None,
    spread: float | None = None,
    steps: int = 100,
    tol: float | None = None,
    stop: StopRule | None = None,
    seed: int = 0,
    executor: Any = "statevector",
    shots: Shots | None = None,
    workers: int | None = None,
    threads: int | None = None,
    ledger: str | PathLike[str] | Ledger | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Look for good hyperparameters of a method.

    Args:
        problem: As in `compare`, like what is not named here.
        method: By name, or one that is complete, of which the learning rate is looked for.
        trials: Settings that are tried, its own among them.
        starts: From how many starts each is tried, drawn as those of a comparison; or these, shape
            (starts, P).
        tuner: "optuna", "grid", or "auto": Optuna where it is installed (the extra `tune`).
        space: Ranges by hyperparameter, as {"lr": (0.01, 1.0)}; `qng.optimize.spaces.SPACES` by
            default.
        start: The first start of the problem, around which others are drawn with `spread`.
        spread: See `compare`.
        steps: Most updates of a run.
        tol: See `minimize`.
        stop: See there.
        seed: Of starts, runs and proposals.
        executor: See `compare`.
        shots: See there.
        workers: See there.
        threads: See there.
        ledger: See there.
        progress: Called with (runs done, runs).

    Returns:
        What was tried and chosen; its `method` goes into `minimize` and `compare`.

    Raises:
        InputError: Bad input, or a method that has nothing to tune.
        KeyboardInterrupt: It was cut.

    Example:
        >>> import qng
        >>> found = qng.tune("one-qubit", "gd", trials=3, starts=2, steps=20, workers=1)
        >>> sorted(found.chosen)
        ['lr']
    """
    label = method if isinstance(method, str) else "method"
    table = resolved({label: method})
    contest = Contest(
        methods=table,
        names={label: method} if isinstance(method, str) else {},
        rules=rules_of(table, steps, tol, stop),
        shots=shots_of(table, shots),
        start=start,
        starts=1,
        spread=spread,
        seed=number_of(seed),
        executor=executor,
        workers=workers,
        threads=threads,
        ledger=ledger,
        tune=Tune(trials, starts, tuner, {} if space is None else {label: space}),
    )
    runs = contest.runs_on(problem)
    plan = Plan.of(contest, runs, compared=False)
    if not plan.searches:
        raise InputError(f"{label} cannot be tuned: {plan.fixed[label]}")
    with contest.opened() as inner:
        return replace(plan, contest=inner).done(progress)[label]


@dataclass(frozen=True, eq=False)
class Plan:
    """Tuning before it is done.

    Args:
        contest: The comparison that it is for.
        runs: Its runs, which have the problem and the starts that are compared.
        searches: What is looked for, by label.
        fixed: Why nothing is looked for, by label.
        starts: From where settings are tried.
    """

    contest: Contest
    runs: Runs
    searches: Mapping[str, Search]
    fixed: Mapping[str, str]
    starts: Array

    @staticmethod
    def of(contest: Contest, runs: Runs, compared: bool = True) -> Plan:
        """What is to be done; all input is checked.

        Args:
            contest: The comparison.
            runs: Its runs.
            compared: Whether these will be done.

        Raises:
            InputError: A range that is none, a method that is not compared, or starts that are.
        """
        given = contest.tune
        assert given is not None
        for label in given.spaces:  # `made` has no others
            if label not in contest.methods:
                raise InputError(
                    f"a space is given for {label!r}, which is not compared: "
                    f"{list(contest.methods)}"
                )
        searches: dict[str, Search] = {}
        fixed: dict[str, str] = {}
        for label, method in contest.methods.items():
            make, space = given.made.get(label), given.spaces.get(label, {})
            found = (
                _search(contest, label, method, given.spaces.get(label))
                if make is None
                else _own_search(label, make, space)
            )
            if isinstance(found, str):
                fixed[label] = found
            else:
                searches[label] = found
        tuner_of(given.tuner)
        starts = _starts(contest, runs, given.starts, runs.points if compared else runs.points[:0])
        return Plan(contest, runs, searches, fixed, starts)

    @property
    def n_runs(self) -> int:
        """How many runs it takes."""
        tune = self.contest.tune
        return 0 if tune is None else len(self.searches) * tune.trials * len(self.starts)

    def done(self, progress: Progress | None = None) -> dict[str, Tuning]:
        """The tuning of all methods.

        Raises:
            KeyboardInterrupt: It was cut.
        """
        given = self.contest.tune
        assert given is not None
        kind, tuner = tuner_of(given.tuner)
        tuners = {
            label: tuner(search, given.trials, seed(self.runs.seed, _TUNING, of_name(label)))
            for label, search in self.searches.items()
        }
        trials: dict[str, list[Trial]] = {label: [] for label in tuners}
        before = 0
        while any(asked := {label: tuner.proposed() for label, tuner in tuners.items()}.values()):
            settings = dict(zip(tuners, asked))
            count = partial(_counted, progress, before, self.n_runs)
            for label, found in self._tried(settings, trials, count).items():
                trials[label] += found
                tuners[label].told(found)
            before = sum(trial.runs for found in trials.values() for trial in found)
        return {
            label: self._tuning(label, kind, trials.get(label, [])) for label in self.runs.methods
        }

    def _tried(
        self,
        settings: Mapping[str, list[Setting]],
        before: Mapping[str, list[Trial]],
        progress: Progress,
    ) -> dict[str, list[Trial]]:
        """One round of all methods, as one comparison."""
        names = {
            f"{label}, trial {len(before[label]) + number}": (label, setting)
            for label, of in settings.items()
            for number, setting in enumerate(of, 1)
        }
        contest = replace(
            self.contest,
            methods={
                name: self.searches[label].made(setting) for name, (label, setting) in names.items()
            },
            names={},
            rules={name: self.contest.rules[label] for name, (label, _) in names.items()},
            shots={name: self.contest.shots[label] for name, (label, _) in names.items()},
            start=self.starts,
            starts=None,
            spread=None,
            seed=seed(self.runs.seed, _TUNING),
            tune=None,
        )
        try:
            done = contest.on(self.runs.problem, progress)
        except Exception as error:
            vars(error).pop("partial", None)  # runs of trials are no part of the comparison
            raise
        if done.interrupted:
            raise KeyboardInterrupt
        found: dict[str, list[Trial]] = {label: [] for label in settings}
        for name, (label, setting) in names.items():
            found[label].append(Trial.of(setting, done.runs[name]))
        return found

    def _tuning(self, label: str, kind: str, trials: list[Trial]) -> Tuning:
        search = self.searches.get(label)
        method = self.contest.methods[label]
        made = Tuning(
            label=label,
            tuner="" if search is None else kind,
            space={} if search is None else search.space,
            trials=tuple(trials),
            method=method,
            starts=self.starts,
            why=self.fixed.get(label, ""),
        )
        if search is None or made.best is None:
            return made
        return replace(made, method=search.made(made.best.setting))


def _counted(progress: Progress | None, before: int, total: int, done: int, _: int) -> None:
    if progress:
        progress(before + done, total)


def _search(
    contest: Contest, label: str, method: Method, given: Mapping[str, Any] | None
) -> Search | str:
    """What is looked for of a method, or why nothing is."""
    name = contest.names.get(label)
    if label in contest.rates or (name is not None and RATE in name):
        if given is not None:
            raise InputError(f"a space is given for {label}, and so is its learning rate")
        return "the learning rate is given"
    if name is None:
        rate = rate_of(method)
        if rate is None:
            return "it is complete, and has no learning rate that is a number"
        space = {"lr": Range.around(rate, 16.0, 8.0)}
        if given is not None:
            if set(given) != {"lr"}:
                raise InputError(f"of {label}, which is complete, only lr can be tuned")
            space = {"lr": as_range("lr", given["lr"])}
        return Search(space, {"lr": rate}, lambda setting: with_rate_of(method, setting["lr"]))
    found = space_of(name, given)
    if not found:
        return "it has no learning rate"
    own = defaults({**METHODS, **CONTROLS}[name])
    whole = [key for key in found if isinstance(own[key], int)]

    def made(setting: Setting) -> Method:
        return named(name, **{k: round(v) if k in whole else v for k, v in setting.items()})

    known = {
        key: float(own[key]) if isinstance(own[key], (int, float)) else of.at(0.5)
        for key, of in found.items()
    }
    return Search(found, known, made)


def _own_search(label: str, make: Callable[..., Method], given: Mapping[str, Any]) -> Search:
    """What is looked for of a method that a function makes.

    Raises:
        InputError: It has no such hyperparameters, or one without a default.
    """
    own = defaults(make)
    for key in given:
        if not isinstance(own.get(key), (int, float)):
            raise InputError(
                f"what makes {label} has no hyperparameter {key} with a number as its default: "
                f"{', '.join(own) or 'none'}"
            )
    space = {key: as_range(key, value) for key, value in given.items()}
    return Search(space, {key: float(own[key]) for key in space}, lambda setting: make(**setting))


def _starts(contest: Contest, runs: Runs, given: Any, compared: Array) -> Array:
    """From where settings are tried; none of these is compared.

    Raises:
        InputError: No such points, or one that is compared.
    """
    if np.ndim(given) == 0:
        n = checks.whole("the number of starts for tuning", given, 1)
        drawn = seed(runs.seed, _TUNING)
        return draw_starts(runs.problem, n + 1, drawn, contest.spread)[1:]
    points = problem_and_point(runs.problem, given, many=True)[1]
    if points.ndim != 2 or not len(points):
        raise InputError(
            f"starts for tuning have the shape (starts, parameters), not {points.shape}"
        )
    if any(np.array_equal(one, other) for one in points for other in compared):
        raise InputError("a start for tuning is compared, too: tune from others")
    return points
