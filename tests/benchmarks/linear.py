"""Steps to the accuracy: linear method and projected inverse iteration against natural gradient.

Every method has six settings. One is chosen on ten random starts by the median
number of steps, and what is printed is that of ten others, undone steps counted. A start that no
method solves is left out, as its circuit cannot say which is better; one that a method does not
solve counts as more than all steps.

    python -m tests.benchmarks.linear [h2 lih tfim-8 ...] [--steps 100] [--starts 10]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

import qng
from qng.optimize.optimizer import Optimizer
from qng.run.starts import draw_starts

PROBLEMS = ("h2", "lih", "tfim-8", "hea-zz-8")

Settings = list[tuple[str, Callable[[], Optimizer]]]


def grid(name: str, **values: Sequence[float]) -> Settings:
    """All settings of a method: texts, and what makes it."""
    found: Settings = []
    for chosen in product(*values.values()):
        options = dict(zip(values, chosen))
        text = ", ".join(f"{key}={value:g}" for key, value in options.items())
        found.append((text, lambda options=options: qng.optimizers.named(name, **options)))
    return found


METHODS: dict[str, Settings] = {
    "qng, as published": grid("qng", lr=[0.05, 0.1, 0.2, 0.4, 0.8, 1.6], trust=[math.inf]),
    "qng": grid("qng", lr=[0.1, 0.4, 1.0], trust=[0.1, 0.5]),
    "newton": grid("newton", damping=[1e-3, 1e-2, 1e-1], trust=[0.5, 1.0]),
    "linear-method": grid("linear-method", damping=[0.01, 0.03, 0.1], trust=[0.5, 1.0]),
    "linear-method, trials": grid("linear-method", damping=[0.01, 0.03, 0.1], trials=[3, 5]),
    "projected-inverse": grid("projected-inverse", eps=[0.3, 1.0, 100.0], trust=[0.5, 1.0]),
}


def steps_to_it(
    problem: qng.Problem, method: Optimizer, starts: np.ndarray, most: int
) -> np.ndarray:
    """The first step within the accuracy, infinity where there is none; shape (starts,)."""
    reference = problem.reference_energy().energy
    found = []
    for start in starts:
        energies = qng.minimize(problem, method, start=start, steps=most).trace["energy"]
        (reached,) = np.nonzero(energies - reference <= problem.accuracy)
        found.append(reached[0] if len(reached) else math.inf)
    return np.array(found)


def _score(steps: np.ndarray, most: int) -> float:
    """Their median, and where that is the same their mean."""
    counted = np.minimum(steps, most + 1)
    return float(np.median(counted) + 1e-3 * np.mean(counted))


def rows(name: str, n_starts: int, most: int) -> list[str]:
    """A line of the table for every method."""
    problem = qng.load(name)
    starts = draw_starts(problem, 2 * n_starts + 1, seed=17)[1:]
    tuning, held = starts[:n_starts], starts[n_starts:]
    found, default = {}, {}
    for method, settings in METHODS.items():
        scores = [_score(steps_to_it(problem, make(), tuning, most), most) for _, make in settings]
        text, make = settings[int(np.argmin(scores))]
        found[method] = text, steps_to_it(problem, make(), held, most)
        if method in qng.optimizers.METHODS:
            default[method] = steps_to_it(problem, qng.optimizers.named(method), held, most)
    every = np.array([steps for _, steps in found.values()] + list(default.values()))
    possible = np.isfinite(every).any(axis=0)

    def shown(steps: np.ndarray) -> str:
        median = np.median(steps[possible]) if possible.any() else math.inf
        return f"{median:g} ({np.isfinite(steps[possible]).sum()}/{possible.sum()})"

    return [
        f"| {name} | {method} | {text} | {shown(steps)} | "
        f"{shown(default[method]) if method in default else '-'} |"
        for method, (text, steps) in found.items()
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.linear")
    parser.add_argument("problems", nargs="*", default=PROBLEMS)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--starts", type=int, default=10)
    given = parser.parse_args(arguments)
    print("| problem | method | best setting | median steps (solved) | by default |")
    print("|---|---|---|---|---|")
    for name in given.problems:
        for line in rows(name, given.starts, given.steps):
            print(line, flush=True)


if __name__ == "__main__":
    main()
