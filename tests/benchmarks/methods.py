"""Steps and circuits to the accuracy: every method on five problems, tuned alike.

    python -m tests.benchmarks.methods [h2 lih h4 n2 tfim-8] [--only qng adam ...] [--folder FOLDER]

The rules. Two were changed after a first look at gd and adam: rates alone have a wider range, as
the best ones on lih lay at its end, and equal settings are told apart by the error that is left.

* All runs are exact, from the same starts. A run ends where its energy is within the accuracy of
  the problem (1.6 mHa of molecules; 0.01 of tfim-8, whose energy has no unit), after 200 updates,
  or where its method ends by itself. Methods whose update is a few energies (`CHEAP`) have five
  times as many updates.
* Every method is tuned alike: its own values and five others of a grid over what decides the length
  of its steps (`qng.optimize.spaces`; of a rate alone, from a quarter of its own to 32 times), from
  six starts that are not compared. The setting with the fewest updates in the mean is taken, where
  a start that is not solved counts as the limit and one more; of equal ones that with the least
  error at the end. "(end)": at an end of what was tried.
* Starts of h2, lih and tfim-8 are uniform on [-pi, pi); those of h4 and n2 within 0.5 and 0.3 of
  the Hartree-Fock state, as nobody begins elsewhere.
* The median is over the starts that any of the methods has solved: the others (local minima, of
  half the starts of h2) say nothing of methods. It has the interval of a sign test; shares solved
  are of all starts, with 95 % intervals of Wilson.
* A star is at the lowest median, and at all that the exact signed-rank test of the same starts,
  Holm over all pairs, does not tell from it.

Circuits are those of the same steps on a device, as `qng compare` counts them: gradients by
parameter shift, the full metric by the estimator that is cheapest there, words that share a basis
measured together. The runs themselves have no shots: what noise does to a method this table does
not say (`qng reproduce study` does).

With a folder every method is kept there once it is done, and is not done again. Of several problems
there is a short table at the end, in the order of the mean ranks in steps.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

import qng
from qng.optimize.hyperparameters import defaults
from qng.optimize.method import Method
from qng.optimize.methods import CONTROLS, METHODS, named
from qng.optimize.spaces import Range, space_of
from qng.plan.quantities import By
from qng.problem.molecule import Options, built
from qng.report.statistics import final_error
from qng.run.comparison import Comparison
from qng.run.results import Run
from qng.run.starts import draw_starts
from qng.run.tune import Setting, grid
from qng.run.tuning import Trial, Tuning
from tests.benchmarks.common import one_of
from tests.benchmarks.methods_rows import Row, rows, setting_in_words, short_table, whole_table

SEED: Final = 17
CHEAP: Final = ("spsa", "qn-spsa", "cobyla", "cma-es")
MORE: Final = 5
ALONE: Final = (4.0, 32.0)
"""Where a rate is all that decides the length of steps: so many times below and above its own."""


@dataclass(frozen=True)
class Case:
    """A problem and its starts.

    Args:
        made: What makes it.
        starts: From how many starts methods are compared.
        spread: Radians around its own start; None: uniform.
    """

    made: Callable[[], qng.Problem]
    starts: int = 20
    spread: float | None = None


def molecule(atoms: str, **options: Any) -> qng.Problem:
    """A molecule that begins at its Hartree-Fock state, without the qubits that symmetries fix."""
    return built(atoms, None, Options(**options, start="hf", taper=True)).problem


def h4() -> qng.Problem:
    """Four hydrogen atoms in a row, 1 Angstrom apart: 6 qubits, 24 parameters."""
    return molecule("H 0 0 0; H 0 0 1; H 0 0 2; H 0 0 3", ansatz="k-upccgsd", layers=2)


def n2() -> qng.Problem:
    """Six electrons of N2 in six orbitals, 1.1 Angstrom: 7 qubits, 15 parameters, 204 rotations."""
    active = {"basis": "sto-6g", "active_electrons": 6, "active_orbitals": 6}
    return molecule("N 0 0 0; N 0 0 1.1", ansatz="uccsd", **active)


CASES: Final[dict[str, Case]] = {
    "lih": Case(partial(qng.load, "lih")),
    "h2": Case(partial(qng.load, "h2"), starts=40),
    "tfim-8": Case(partial(qng.load, "tfim-8")),
    "h4": Case(h4, spread=0.5),
    "n2": Case(n2, spread=0.3),
}

ENTRANTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    **{name: (name, {}) for name in METHODS},
    "qng, observables": ("qng", {"metric": By("observables")}),
    "qng, random-measurements": ("qng", {"metric": By("random-measurements")}),
    **{name: (name, {}) for name in CONTROLS},
}
"""By label the method, and what is always given to it."""


@dataclass(frozen=True)
class Size:
    """How much is done.

    Args:
        steps: Most updates.
        trials: Settings that are tried, the method's own among them.
        tuned: From how many starts each is tried.
        starts: From how many methods are compared; None: as of the problem.
    """

    steps: int = 200
    trials: int = 6
    tuned: int = 6
    starts: int | None = None

    def limit(self, label: str) -> int:
        """Most updates of a method."""
        return self.steps * (MORE if ENTRANTS[label][0] in CHEAP else 1)


@dataclass(frozen=True)
class Field:
    """A problem with its starts, and how much is done on it."""

    problem: qng.Problem
    tuning: np.ndarray
    held: np.ndarray
    size: Size

    @staticmethod
    def of(name: str, size: Size) -> Field:
        """That of a case, or of a problem of the library by name."""
        case = CASES.get(name) or Case(partial(qng.load, name))
        problem, held = case.made(), size.starts or case.starts
        starts = draw_starts(problem, size.tuned + held + 1, SEED, case.spread)[1:]
        return Field(problem, starts[: size.tuned], starts[size.tuned :], size)

    def compared(self, label: str, method: Method, starts: np.ndarray) -> Comparison:
        """A method from some starts, until it is solved."""
        known = self.problem.reference_energy()
        assert known is not None
        goal = known.energy + self.problem.accuracy

        def solved(energies: Sequence[float]) -> str | None:
            return "solved" if energies[-1] <= goal else None

        return qng.compare(
            self.problem,
            {label: method},
            start=starts,
            steps=self.size.limit(label),
            stop=solved,
            seed=SEED,
            workers=1,
            threads=1,
        )

    def tuned(self, label: str) -> Tuning:
        """The settings of a method that were tried, the best of which is chosen."""
        name, fixed = ENTRANTS[label]
        own = defaults({**METHODS, **CONTROLS}[name])
        space, limit = space_of(name), self.size.limit(label)
        if set(space) == {"lr"}:
            space = {"lr": Range.around(own["lr"], *ALONE)}
        settings: list[Setting] = [{key: own[key] for key in space}]
        if space:
            settings += grid(space, self.size.trials - 1)
        trials = []
        for setting in settings:
            method = named(name, **fixed, **setting)
            runs = self.compared(label, method, self.tuning).runs[label]
            trials.append(replace(Trial.of(setting, runs), score=score(runs, limit)))
        found = Tuning(label, "grid", space, tuple(trials), method, self.tuning)
        return replace(found, method=named(name, **fixed, **found.chosen))

    def is_of(self, kept: Any, label: str) -> bool:
        """Whether a result that was kept is what would be measured."""
        tuning, size = kept.tuning[label], self.size
        return (
            np.array_equal(kept.starts, self.held)
            and np.array_equal(tuning.starts, self.tuning)
            and kept.steps == size.limit(label)
            and len(tuning.trials) == (size.trials if tuning.space else 1)
        )

    def measured(self, label: str) -> Comparison:
        """A method, tuned and run."""
        tuning = self.tuned(label)
        return replace(self.compared(label, tuning.method, self.held), tuning={label: tuning})


def score(runs: Sequence[Run], limit: int) -> float:
    """Updates to the accuracy in the mean, and a little of the decades that are left."""
    steps = [run.steps_to() for run in runs]
    left = np.mean([math.log10(max(final_error(run) / run.accuracy, 1.0)) for run in runs])
    return float(np.mean([limit + 1 if of is None else of for of in steps]) + 1e-6 * left)


def together(parts: Sequence[Comparison]) -> Comparison:
    """Comparisons of one method each as one of all."""
    runs = {label: of for part in parts for label, of in part.runs.items()}
    tuning = {label: of for part in parts for label, of in part.tuning.items()}
    return replace(parts[0], runs=runs, tuning=tuning, steps=max(part.steps for part in parts))


def measure(name: str, labels: Sequence[str], size: Size, folder: Path | None) -> list[Row]:
    """All methods on a problem; what the folder has of this size is not done again."""
    counted = None if folder is None else folder / f"{name}.json"
    if counted is not None and counted.exists():
        known = json.loads(counted.read_text())
        if known["size"] == asdict(size) and known["labels"] == list(labels):
            return [Row.read(kept) for kept in known["rows"]]
    field = Field.of(name, size)
    parts = []
    for label in labels:
        file = None if folder is None else folder / name / f"{label.replace(', ', '-')}.json"
        if file is not None and file.exists() and field.is_of(kept := qng.load_run(file), label):
            parts.append(kept)
            continue
        began = time.process_time()
        part = field.measured(label)
        took, solved = (
            time.process_time() - began,
            sum(bool(run.solved) for run in part.runs[label]),
        )
        words = setting_in_words(part.tuning[label])
        print(
            f"{name} {label}: {took:.1f} s, {words}, {solved} solved", file=sys.stderr, flush=True
        )
        parts.append(part)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            part.save(file)
    found = rows(together(parts))
    if counted is not None:
        kept_as = {"size": asdict(size), "labels": list(labels), "rows": list(map(asdict, found))}
        counted.write_text(json.dumps(kept_as))
    return found


def main(words: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.methods")
    parser.add_argument("problems", nargs="*", default=list(CASES))
    parser.add_argument("--only", nargs="+", type=one_of(ENTRANTS), default=list(ENTRANTS))
    parser.add_argument("--steps", type=int, default=Size.steps)
    parser.add_argument("--trials", type=int, default=Size.trials)
    parser.add_argument("--tuned", type=int, default=Size.tuned)
    parser.add_argument("--starts", type=int)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args(words)
    size = Size(given.steps, given.trials, given.tuned, given.starts)
    found = {}
    for name in given.problems:
        found[name] = measure(name, given.only, size, given.folder)
        print("\n".join(whole_table(name, found[name])), flush=True)
    if len(found) > 1:
        print("\n".join(short_table(found)))


if __name__ == "__main__":
    main()
