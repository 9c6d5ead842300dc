"""Our own study: 16 methods on six problems, from equal shots, tuned with equal budgets.

Declared before anything was run:

* A run has `BUDGET` shots. Methods with a whole gradient take `STEPS` steps; QN-SPSA and CMA-ES,
  whose steps are a few energies, take `MORE` times as many of as many times fewer shots.
* All methods begin at the same starts, uniform on [-pi, pi), and are tuned from others: of every
  method one hyperparameter, with `TRIALS` values at equal ratios from `TUNED` starts. It is the
  learning rate, but of projected inverse iteration eps, which is to it what twice a rate is to QNG,
  and of CMA-ES the first standard deviation. L-BFGS-B has none. Rates and eps are in units of 1 /
  (mean of all states - ground state), so that one grid serves all problems; those of methods whose
  steps know no units of energy (Adam, H-QNG, the linear method) are numbers.
* Rates are constant and no step is judged, as published: `trust=inf`. What a step size that follows
  its decreases adds is another question, and would help all methods. The linear method and
  projected inverse iteration are damped as QNG is, in units of g; their defaults in the package
  bound and judge their steps, and are other methods.
* Every metric is measured anew in each step, but for those of random differences, of which the mean
  is kept. Where the circuits of an estimator are many, its shots a circuit are few: nothing is
  given to it for that.
* A start is solved where the exact energy of a point of the run is within `WITHIN` of the way from
  the ground state to the mean of all states: 97 % of what can be had is had.

"qng oracle" is no method for a device: its metric is the exact one of a simulator, without noise
and without shots, which all go into energy and gradient. It says what metrics from shots could be
worth at most, if they cost nothing.

The first study had nine of these methods; those of `NEW` were added, with the same starts, shots
and trials, so that the runs of the nine stay as they were. What is fixed of the new ones, and
between what they are tuned, was chosen on lih, h2 and heisenberg-6 from three starts that are
neither compared nor tuned from.

Not declared beforehand are the two of `LONGER`, Adam and QNG with blocks in the steps of CMA-ES:
they were added when CMA-ES had been seen to be ahead on lih, h2 and maxcut-8, and Adam to do as
well on lih in as many steps; otherwise nobody could say whether it is the method that wins, or its
steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng import hamiltonians
from qng.circuit import ansatz
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.circuit.pauli import PauliSum
from qng.estimate.fubini import exact
from qng.execute.statevector.executor import Statevector
from qng.geometry import Metric
from qng.optimize import controls, methods
from qng.optimize.average import RunningMean
from qng.optimize.guarded import guarded
from qng.optimize.matrix_methods import h_qng
from qng.optimize.method import Method
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.tangent_methods import linear_method, projected_inverse
from qng.plan.plan import Plan
from qng.plan.quantities import By
from qng.problem.library import load
from qng.problem.problem import Problem
from qng.report.paired import pairs
from qng.report.sources import Source
from qng.reproduce import OWN, Entry, Reproduction, Results, Study, check, plots
from qng.run.several import Comparisons
from qng.run.tuning import Tune

BUDGET: Final = 1_200_000
STEPS: Final = 30
MORE: Final = 5
STARTS: Final = 20
TRIALS: Final = 4
TUNED: Final = 2
WITHIN: Final = 0.03
DAMPING: Final = 0.01
"""Of the Fubini-Study metric; four times as much of the classical Fisher matrix, I <= 4 g."""
HQNG: Final = 0.1
"""Of the metric of H-QNG, which has units of energy: in those of mean of all states - ground."""
SEED: Final = 2026

ORACLE: Final = "qng oracle"
QNG: Final = (
    ORACLE, "qng blocks", "qng overlaps", "qng spsa", "qng observables", "qng random", "spring",
    "qng blocks x5",
)  # fmt: skip
"""The quantum natural gradient by its metrics; QN-SPSA has another gradient, too."""

NEW: Final = (
    "qng observables", "qng random", "spring", "h-qng", "linear-method", "projected-inverse",
    "cma-es",
)  # fmt: skip
"""What was added to the first study, of nine methods."""

LONGER: Final = ("adam x5", "qng blocks x5")
"""Methods of the first study once more, in as many steps as CMA-ES has."""

SHORT: Final = ("qn-spsa", "cma-es", *LONGER)
"""Those of `MORE` steps of fewer shots: their steps are a few energies, or they are of `LONGER`."""


def free(circuit: Circuit, theta: ArrayLike) -> Plan[Metric]:
    """The exact metric of the state, for no request and no shot: nothing that a device can do."""
    plan = exact.exact(circuit, theta)
    found = plan.reduce(Statevector().run(plan.requests, 0))
    return Plan((), lambda results: found)


def _natural(metric: By | str, lr: float) -> Method:
    return methods.qng(lr, DAMPING, metric, trust=math.inf)


def _averaged(lr: float) -> Method:
    """The metric of QN-SPSA with the whole gradient: the mean of all draws so far."""
    kept = MeasuredMetric(By("spsa", step=0.1, draws=4), average=RunningMean(DAMPING))
    return guarded(lr, math.inf, precondition=kept)


@dataclass(frozen=True)
class Tuned:
    """A method with the one hyperparameter of it that is tuned.

    Args:
        make: Of this hyperparameter, by name.
        lowest: The lowest value that is tried.
        name: Of the hyperparameter.
        ratio: Of one value that is tried to the one below.
    """

    make: Callable[..., Method]
    lowest: float
    name: str = "lr"
    ratio: float = 3.0

    @property
    def first(self) -> Callable[..., Method]:
        """What makes it, by default of the lowest value."""
        return partial(self.make, **{self.name: self.lowest})

    def space(self, trials: int) -> dict[str, tuple[float, float]]:
        """The other values: from the second to the last of so many."""
        return {
            self.name: (self.lowest * self.ratio, self.lowest * self.ratio ** (trials - 1)),
        }


def table(depth: float = 1.0) -> dict[str, Tuned]:
    """All methods but L-BFGS-B by label.

    With a ratio of 3 the best rates of momentum and QN-SPSA on the first problem lay at an end of
    what is tried, which was widened then, with as many trials.

    Args:
        depth: The mean of all states less the ground state, in the units of H.
    """
    metrics: dict[str, By | str] = {
        ORACLE: By(free),
        "qng blocks": "blocks",
        "qng overlaps": "overlaps",
        "qng observables": "observables",
        "qng random": By("random-measurements", bases=8),
    }
    unit = 1 / depth
    return {
        **{label: Tuned(partial(_natural, by), 0.1 * unit) for label, by in metrics.items()},
        "qng spsa": Tuned(_averaged, 0.1 * unit),
        "spring": Tuned(
            partial(methods.spring, damping=DAMPING, metric="blocks", trust=math.inf), 0.1 * unit
        ),
        "ng": Tuned(partial(methods.ng, damping=4 * DAMPING, trust=math.inf), 0.4 * unit),
        "h-qng": Tuned(partial(h_qng, damping=HQNG * depth, trust=math.inf), 0.03, ratio=3.5),
        "linear-method": Tuned(partial(linear_method, damping=DAMPING, trust=math.inf), 0.1),
        "projected-inverse": Tuned(
            partial(projected_inverse, damping=DAMPING, trust=math.inf), 0.2 * unit, "eps"
        ),
        "adam": Tuned(methods.adam, 0.03),
        "momentum": Tuned(methods.momentum, 0.03 * unit, ratio=4.5),
        "qn-spsa": Tuned(methods.qn_spsa, 0.01 * unit, ratio=4.3),
        "cma-es": Tuned(controls.cma_es, 0.1, "sigma", 2.5),
        "adam x5": Tuned(methods.adam, 0.03),
        "qng blocks x5": Tuned(partial(_natural, "blocks"), 0.03 * unit),
    }


METHODS: Final = (*table(), "l-bfgs-b")


def heisenberg() -> Problem:
    """Six spins in a row, from three singlets: bonds between them and in them, three layers."""
    chain = hamiltonians.heisenberg(6, periodic=False)
    groups = [
        PauliSum({f"{letter}{q} {letter}{q + 1}": 1.0 for q in bonds for letter in "XYZ"})
        for bonds in ((1, 3), (0, 2, 4))
    ]
    singlets = [
        gate
        for q in (0, 2, 4)
        for gate in (
            Gate("x", (q,)), Gate("x", (q + 1,)), Gate("h", (q,)), Gate("cx", (q, q + 1)),
        )
    ]  # fmt: skip
    circuit = ansatz.hamiltonian_variational(groups, 3, singlets)
    return Problem(circuit, chain, name="heisenberg-6", title="Heisenberg chain, 6 spins")


def max_cut() -> Problem:
    """The graph of maxcut-8 with a quarter of its parameters, where overlaps can be paid."""
    graph = load("maxcut-8")
    return Problem(
        ansatz.real_amplitudes(8, 1),
        graph.observable,
        reference=graph.reference,
        name="maxcut-8 (16)",
        title="Weighted MaxCut, 8 nodes, 16 parameters",
        source=graph.source,
    )


PROBLEMS: Final[dict[str, Callable[[], Problem]]] = {
    "lih": partial(load, "lih"),
    "h2": partial(load, "h2"),
    "maxcut-8": max_cut,
    "heisenberg-6": heisenberg,
    "hea-zz-8": partial(load, "hea-zz-8"),
    "tfim-8": partial(load, "tfim-8"),
}
"""The quick ones first."""


def judged(problem: Problem) -> Problem:
    """With the accuracy of this study."""
    lowest = problem.reference_energy()
    assert lowest is not None
    mean = sum(c.real for word, c in problem.observable if not word.support)
    return replace(problem, reference=lowest, accuracy=WITHIN * (mean - lowest.energy))


@dataclass(frozen=True)
class Size:
    """How much of the study is done.

    Args:
        problems: Which.
        starts: How many; the first ones of the whole study.
        steps: Of methods with a whole gradient.
        budget: Shots of a run.
        trials: Rates that are tried of every method, 3 or more.
        tuned: From how many starts each is tried.
    """

    problems: tuple[str, ...] = tuple(PROBLEMS)
    starts: int = STARTS
    steps: int = STEPS
    budget: int = BUDGET
    trials: int = TRIALS
    tuned: int = TUNED

    def studies(self) -> dict[str, Study]:
        """A comparison a problem."""
        return {name: self.study(judged(PROBLEMS[name]())) for name in self.problems}

    def study(self, problem: Problem) -> Study:
        """All methods on one problem."""
        rng = np.random.default_rng(SEED)
        starts = rng.uniform(-np.pi, np.pi, (STARTS, problem.circuit.n_parameters))
        steps = {m: self.steps * (MORE if m in SHORT else 1) for m in METHODS}
        tuned = table(problem.accuracy / WITHIN)
        made = {label: of.first() for label, of in tuned.items()}
        return Study(
            problem,
            made | {"l-bfgs-b": controls.l_bfgs_b()},
            starts[: self.starts],
            steps=steps,
            shots={label: self.budget // count for label, count in steps.items()},
            seed=SEED,
            tune=Tune(
                self.trials,
                self.tuned,
                "grid",
                spaces={label: of.space(self.trials) for label, of in tuned.items()},
                made={label: of.first for label, of in tuned.items()},
            ),
        )


def values(found: Results) -> dict[str, float]:
    """Whether the budgets were equal, and where the oracle does worse than blocks."""
    spent = {
        (name, label): max(run.shots for run in runs)
        for name, compared in found.comparisons.items()
        for label, runs in compared.runs.items()
    }
    trials = {
        (name, label): len(tuning.trials)
        for name, compared in found.comparisons.items()
        for label, tuning in compared.tuning.items()
        if tuning.trials
    }
    budget = max(
        run.made.steps * run.made.shots
        for compared in found.comparisons.values()
        for runs in compared.runs.values()
        for run in runs
        if run.made is not None and isinstance(run.made.shots, int)
    )
    whole = [shots for (_, label), shots in spent.items() if label != "l-bfgs-b"]
    worse = [
        name
        for name, compared in found.comparisons.items()
        for pair in pairs(compared, "shots")
        if {pair.first, pair.second} == set(QNG[:2]) and pair.better("cost") == QNG[1]
    ]
    return {
        "largest share of the budget that a run spent": max(spent.values()) / budget,
        "smallest of those that do not end by themselves": min(whole) / budget,
        "most trials of a method less the fewest": float(np.ptp(list(trials.values()) or [0])),
        "problems where the oracle costs more than blocks": len(worse),
    }


def distinct(labels: Iterable[str]) -> int:
    """How many methods there are, those of `LONGER` counted once."""
    return len({label.removesuffix(" x5") for label in labels})


def halves(found: Comparisons) -> Comparisons:
    """Every problem twice: the natural gradients by their metrics, and the others."""
    return Comparisons(
        {
            f"{name}, {what}": replace(
                compared,
                goal=replace(compared.goal, title=f"{name}: {what}"),
                runs={m: runs for m, runs in compared.runs.items() if (m in QNG) == natural},
            )
            for name, compared in found.problems.items()
            for natural, what in ((True, "QNG by its metrics"), (False, "other methods"))
        }
    )


def picture(done: Reproduction) -> plots.Picture:
    """The share of starts that is solved against shots, two panels a problem."""
    from qng.report.plots.captions import versions_of

    found = Comparisons(done.comparisons)
    problems = len(found.problems)
    count = distinct(found.methods)
    title = f"{count} methods on {problems} problem{'s' * (problems > 1)}, equal shots"
    recipes = [run.made for c in found.problems.values() for of in c.runs.values() for run in of]
    made = [recipe for recipe in recipes if recipe is not None]
    steps = {recipe.steps: recipe.shots for recipe in made}
    per_run = " or ".join(f"{count} steps of {shots} shots" for count, shots in steps.items())
    caption = f"{done.id}: {per_run} a run, tuned rates, {versions_of(made)}."
    return replace(plots.several(halves(found), "shots"), title=title, caption=caption)


def entry(size: Size, studies: Callable[[], Mapping[str, Study]] | None = None) -> Entry:
    """The study, or a part of it.

    Args:
        size: How much of it.
        studies: Those of the size by default.
    """
    return Entry(
        "study",
        f"{distinct(METHODS)} methods on {len(PROBLEMS)} problems at equal shots",
        Source("qng-study", ("{The qng developers}",), "Who wins at equal shots", 2026),
        studies=studies or size.studies,
        values=values,
        checks=(
            check.value("largest share of the budget that a run spent", check.below(1.02), 0, OWN),
            check.value(
                "smallest of those that do not end by themselves", check.above(0.9), 0, OWN
            ),
            check.value("most trials of a method less the fewest", 0, 0, OWN),
        ),
        picture=picture,
        note="Beyond what is published; the oracle's metric is exact, without noise and without "
        "shots, which no device has. examples/10_who_wins.py says what follows.",
        own=True,
        seconds=3600,
    )


ENTRY = entry(Size())
