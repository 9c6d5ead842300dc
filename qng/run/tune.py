"""Proposals of settings: a logarithmic grid, or Optuna's tree of Parzen estimators.

The grid has one hyperparameter at equal ratios, and several at the points of a Halton sequence, so
that any number of trials fills the space. Every tuner proposes the method's own values first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, Protocol

import numpy as np

from qng.errors import MissingPackageError
from qng.optimize.method import Method
from qng.optimize.spaces import Space
from qng.run.tuning import Trial

Setting = dict[str, float]
"""Values of hyperparameters."""


@dataclass(frozen=True)
class Search:
    """What is looked for of one method.

    Args:
        space: Ranges by hyperparameter.
        own: The method's own values.
        made: The method of a setting.
    """

    space: Space
    own: Setting
    made: Callable[[Setting], Method]


class Tuner(Protocol):
    """Settings of one method, proposed in rounds."""

    def proposed(self) -> list[Setting]:
        """The settings of the next round; empty at the end."""

    def told(self, trials: list[Trial]) -> None:
        """How those of the last round went."""


@dataclass
class Grid:
    """A logarithmic grid, proposed at once."""

    search: Search
    trials: int
    seed: int
    done: bool = False

    def proposed(self) -> list[Setting]:
        """The method's own values, then those of the grid."""
        if self.done:
            return []
        self.done = True
        return [self.search.own, *grid(self.search.space, self.trials - 1)]

    def told(self, trials: list[Trial]) -> None:
        """It does not matter."""


def grid(space: Space, n: int) -> Iterator[Setting]:
    """So many settings that fill a space.

    Example:
        >>> from qng.optimize.spaces import Range
        >>> [round(setting["lr"], 3) for setting in grid({"lr": Range(0.01, 1.0)}, 3)]
        [0.01, 0.1, 1.0]
    """
    if len(space) == 1:
        shares = np.linspace(0, 1, n)[:, None] if n > 1 else np.full((n, 1), 0.5)
    else:
        from scipy.stats.qmc import Halton

        shares = Halton(len(space), scramble=False).random(n + 1)[1:]  # the first one is a corner
    for row in shares.tolist():
        yield {key: of.at(share) for (key, of), share in zip(space.items(), row)}


class OptunaTuner:
    """Proposals of Optuna, one after another.

    Args:
        search: What is looked for.
        trials: How many settings.
        seed: Of the sampler.
    """

    def __init__(self, search: Search, trials: int, seed: int) -> None:
        import optuna

        self._search = search
        self._left = trials
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=seed % 2**32)
        self._study = optuna.create_study(sampler=sampler)
        self._study.enqueue_trial(
            {
                k: min(max(v, search.space[k].low), search.space[k].high)
                for k, v in search.own.items()
            }
        )
        self._asked: Any = None
        self._first = True

    def proposed(self) -> list[Setting]:
        """One setting."""
        if not self._left:
            return []
        import optuna

        self._left -= 1
        self._asked = self._study.ask(
            {
                key: optuna.distributions.FloatDistribution(of.low, of.high, log=True)
                for key, of in self._search.space.items()
            }
        )
        if self._first:
            self._first = False
            return [self._search.own]
        space = self._search.space
        return [{key: space[key].rounded(value) for key, value in self._asked.params.items()}]

    def told(self, trials: list[Trial]) -> None:
        """How it went."""
        import optuna

        (trial,) = trials
        if np.isfinite(trial.score):
            self._study.tell(self._asked, trial.score)
        else:
            self._study.tell(self._asked, state=optuna.trial.TrialState.FAIL)


_TUNERS: Final[dict[str, Callable[[Search, int, int], Tuner]]] = {
    "grid": Grid,
    "optuna": OptunaTuner,
}


def tuner_of(name: str) -> tuple[str, Callable[[Search, int, int], Tuner]]:
    """Which tuner it is, and what makes one of a search, the number of trials and a seed.

    Raises:
        MissingPackageError: Optuna is asked for and not installed.
    """
    installed = find_spec("optuna") is not None
    if name == "optuna" and not installed:
        raise MissingPackageError("the tuner optuna", "optuna", "tune")
    kind = ("optuna" if installed else "grid") if name == "auto" else name
    return kind, _TUNERS[kind]
