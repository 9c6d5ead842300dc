"""What tuning has tried, chosen and cost: values that travel with a comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, shown
from qng.optimize.method import Method
from qng.optimize.spaces import Range, Space
from qng.run.results import Run

TUNERS: Final = ("auto", "grid", "optuna")
"""How settings are proposed; "auto" is Optuna where it is installed, else the grid."""

STARTS: Final = 3
"""From how many starts every setting is tried."""


@dataclass(frozen=True)
class Tune:
    """How methods are tuned before they are compared: all with the same number of trials.

    Args:
        trials: Settings that are tried of every method, its own among them.
        starts: From how many starts each is tried, drawn as random ones of the comparison are; or
            these, shape (starts, P). None of them is compared.
        tuner: One of `TUNERS`.
        spaces: Ranges of hyperparameters by label; `qng.optimize.spaces.SPACES` for others.
        made: What makes a method of one's own of the hyperparameters in its space, by label: a
            function of these, whose defaults are tried first. Of a method that is complete and not
            named here, the learning rate alone can be tuned.

    Raises:
        InputError: None of these.
    """

    trials: int
    starts: Any = STARTS
    tuner: str = "auto"
    spaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    made: Mapping[str, Callable[..., Method]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks.whole("the number of trials", self.trials, 1)
        if np.ndim(self.starts) == 0:
            checks.whole("the number of starts for tuning", self.starts, 1)
        if self.tuner not in TUNERS:
            raise InputError(f"a tuner is one of {', '.join(TUNERS)}, not {self.tuner!r}")
        if not isinstance(self.spaces, Mapping):
            raise InputError(
                "spaces are ranges by method, as {'qng': {'lr': (0.01, 1)}}, not "
                f"{type(self.spaces).__name__}"
            )
        if not isinstance(self.made, Mapping) or not all(map(callable, self.made.values())):
            raise InputError(
                "made are functions by method, as {'mine': lambda lr=0.1: ...}, not "
                f"{shown(self.made)}"
            )
        for label in self.made:
            if not self.spaces.get(label):
                raise InputError(f"{label} is made of hyperparameters: give their ranges, spaces=")


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Args:
        setting: Values of hyperparameters.
        score: The mean of `score` of its runs; the lowest is chosen.
        solved: How many runs were solved; None where the reference energy is not known.
        runs: How many there were.
        nfev: Circuit evaluations of all of them.
        shots: Of all of them; 0 where exact.
        seconds: Of all of them.
    """

    setting: dict[str, float]
    score: float
    solved: int | None
    runs: int
    nfev: int
    shots: int
    seconds: float

    @staticmethod
    def of(setting: Mapping[str, float], runs: tuple[Run, ...]) -> Trial:
        """That of a setting and its runs."""
        judged = [run.solved for run in runs]
        return Trial(
            setting=dict(setting),
            score=float(np.mean([score(run) for run in runs])),
            solved=None if None in judged else sum(map(bool, judged)),
            runs=len(runs),
            nfev=sum(run.nfev for run in runs),
            shots=sum(run.shots for run in runs),
            seconds=sum(run.seconds for run in runs),
        )


@dataclass(frozen=True, eq=False)
class Tuning:
    """How a method was tuned.

    Args:
        label: Of the method.
        tuner: "grid" or "optuna"; "" where nothing was tuned.
        space: What was looked for, and where.
        trials: What was tried, in order; the first are the method's own values.
        method: The method as it was chosen.
        starts: From where settings were tried, shape (starts, P).
        why: Nothing was tuned, in words.
    """

    label: str
    tuner: str
    space: Space
    trials: tuple[Trial, ...]
    method: Method
    starts: Array
    why: str = ""

    @property
    def best(self) -> Trial | None:
        """The first trial of the lowest score; None where nothing was tuned, or all failed."""
        found = min(self.trials, key=lambda trial: trial.score, default=None)
        return None if found is None or math.isinf(found.score) else found

    @property
    def chosen(self) -> dict[str, float]:
        """The hyperparameters that were chosen."""
        return {} if self.best is None else self.best.setting

    @property
    def runs(self) -> int:
        """Runs of all trials."""
        return sum(trial.runs for trial in self.trials)

    @property
    def nfev(self) -> int:
        """Circuit evaluations of all trials."""
        return sum(trial.nfev for trial in self.trials)

    @property
    def shots(self) -> int:
        """Shots of all trials; 0 where exact."""
        return sum(trial.shots for trial in self.trials)

    @property
    def seconds(self) -> float:
        """Of all trials."""
        return sum(trial.seconds for trial in self.trials)


def score(run: Run) -> float:
    """How good a run is, the lower the better.

    Below 0 where it is solved: the part of its updates that it took, minus 1. Else the decades by
    which its last error is above the accuracy. Where no reference is known, its last energy.
    Infinite for a run that failed.
    """
    if run.failed or not math.isfinite(run.fun):
        return math.inf
    if run.reference is None or run.error is None:
        exact = run.trace.rows[-1].exact
        return exact if math.isfinite(exact) else run.fun
    steps = run.steps_to()
    if steps is not None:
        limit = run.nit if run.made is None else run.made.steps
        return steps / max(limit, 1) - 1
    if not math.isfinite(run.error):
        return math.inf
    return max(math.log10(max(run.error, run.accuracy) / run.accuracy), 0.0)


def in_words(tunings: Mapping[str, Tuning]) -> list[str]:
    """What a reader of a comparison has to know of its tuning, one line each."""
    done = {label: of for label, of in tunings.items() if of.trials}
    lines = []
    if done:
        first = next(iter(done.values()))
        runs = sum(of.runs for of in done.values())
        lines.append(
            f"tuned: {', '.join(done)}: {_count(len(first.trials), 'trial')} of each by "
            f"{'Optuna' if first.tuner == 'optuna' else 'a grid'}, from "
            f"{_count(len(first.starts), 'start')} that {_are(len(first.starts))} not compared, "
            f"{_count(runs, 'run')} in all"
        )
        lines.append("chosen: " + "; ".join(_chosen(of) for of in done.values()))
    lines += _untuned(tunings)
    return lines


def _chosen(tuning: Tuning) -> str:
    if tuning.best is None:
        return f"{tuning.label} as it was: all its trials failed"
    values = [f"{key} = {value:.3g}{_edge(tuning, key)}" for key, value in tuning.chosen.items()]
    return f"{tuning.label} {', '.join(values)}"


def _edge(tuning: Tuning, key: str) -> str:
    """Whether a value is at the edge of what was tried, beyond which may be better ones."""
    tried = {trial.setting[key] for trial in tuning.trials}
    if len(tried) < 2:
        return ""
    ends = {max(tried): " (the largest tried)", min(tried): " (the least tried)"}
    return ends.get(tuning.chosen[key], "")


def _untuned(tunings: Mapping[str, Tuning]) -> Iterator[str]:
    because: dict[str, list[str]] = {}
    for label, of in tunings.items():
        if not of.trials:
            because.setdefault(of.why, []).append(label)
    for why, labels in because.items():
        yield f"not tuned: {', '.join(labels)}: {why}"


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def whole_space(space: Mapping[str, Range]) -> str:
    """A space in words.

    Example:
        >>> whole_space({"lr": Range(0.01, 1.0)})
        'lr from 0.01 to 1'
    """
    return ", ".join(f"{key} from {of.low:.3g} to {of.high:.3g}" for key, of in space.items())
