"""Rows of small circuits: steps, many starts, and whole optimisations against other packages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

import qng
from tests.benchmarks import optimizers
from tests.benchmarks.common import Found, at_most, check
from tests.benchmarks.timing import Comparison, Effort, clock
from tests.benchmarks.workloads import LAYERS, reference

DAMPING = 1e-3

# Small enough that 100 steps as published stay finite from a random start.
RATE = 0.01

# The same for whole runs: VarQITE adds up times of 2 eta, and takes a step more where they round.
ADDED_UP = 2.0**-7

Problems = list[tuple[str, qng.Problem]]


def _problems(quick: bool) -> Problems:
    if quick:
        return [("n=2", reference(2, 1))]
    named: Problems = [(name, qng.load(name)) for name in ("h2", "hea-zz-8")]
    sizes = {2: 3, 4: 4, 6: 5, **LAYERS}
    return named + [(f"n={n}", reference(n, sizes[n])) for n in (2, 4, 6, 8, 10, 12, 14)]


def _steps_of(method: str, quick: bool, effort: Effort) -> Found:
    """A step of a run with default settings, against one jitted function from theta to theta."""
    found = []
    for label, problem in _problems(quick):
        theirs = optimizers.tensorcircuit_step(problem, method, RATE, DAMPING)
        published = {"damping": DAMPING, "trust": np.inf} if method == "qng" else {}
        few = qng.minimize(problem, method, steps=5, lr=RATE, **published)
        check(f"5 steps, {label}", few.x, optimizers.repeated(theirs, problem.initial, 5), 1e-6)
        n = problem.circuit.n_qubits
        steps = 200 if n <= 6 else 50 if n <= 8 else 3
        times = effort.rounds(
            {
                "ours": clock(partial(qng.minimize, problem, method, steps=steps, lr=RATE)),
                "theirs": clock(partial(optimizers.repeated, theirs, problem.initial, steps)),
            }
        )
        found.append(Comparison.of(label, times["ours"] / steps, times["theirs"] / steps))
    return at_most(1, found)


def qng_steps(effort: Effort, quick: bool) -> Found:
    return _steps_of("qng", quick, effort)


def gd_steps(effort: Effort, quick: bool) -> Found:
    return _steps_of("gd", quick, effort)


def starts(effort: Effort, quick: bool) -> Found:
    """A comparison from many starts against its runs one by one."""
    count, steps = (4, 3) if quick else (100, 100)
    found = []
    for method in ("gd",) if quick else ("gd", "adam", "ng", "qng"):

        def together(method: str = method) -> qng.Comparison:
            return qng.compare("h2", (method,), starts=count, steps=steps)

        points = [run.trace.rows[0].theta for run in together().runs[method]]

        def alone(method: str = method, points: list[np.ndarray] = points) -> None:
            for point in points:
                qng.minimize("h2", method, start=point, steps=steps)

        times = effort.rounds({"ours": clock(together), "theirs": clock(alone)})
        found.append(Comparison.of(method, times["ours"], times["theirs"]))
    return at_most(1 / 5, found, f"{count} starts, {steps} steps")


def _whole(
    make: Callable[[qng.Problem, int], Callable[[], float]],
    bound: float,
    effort: Effort,
    steps: int,
) -> Found:
    """An optimisation of h2 from its start, energies at the end compared."""
    problem = qng.load("h2")
    theirs = make(problem, steps)

    def ours() -> float:
        run = qng.minimize(problem, "qng", lr=ADDED_UP, damping=DAMPING, trust=np.inf, steps=steps)
        return float(run.fun)

    check("energy at the end", np.array(ours()), np.array(theirs()), 1e-4)
    few = Effort(effort.seconds, effort.least, 5, per_round=5)
    times = few.rounds({"ours": clock(ours), "theirs": clock(theirs)})
    return at_most(bound, [Comparison.of("", times["ours"], times["theirs"])], f"{steps} steps")


def pennylane_optimizer(effort: Effort, quick: bool) -> Found:
    make = partial(optimizers.pennylane_run, lr=ADDED_UP, damping=DAMPING)
    return _whole(make, 1 / 100, effort, 2 if quick else 10)


def var_qite(effort: Effort, quick: bool) -> Found:
    make = partial(optimizers.var_qite_run, lr=ADDED_UP, damping=DAMPING)
    return _whole(make, 1 / 100, effort, 2 if quick else 10)
