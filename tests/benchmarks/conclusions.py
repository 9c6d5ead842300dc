"""How often a run from shots says what is not so: `python -m tests.benchmarks.conclusions`.

Two tables over whole runs, each with the rate that is promised.

    solved      a method that does nothing, from twice the accuracy: by readings, by bounds
    converged   a method on a slope, tol just below its change a step: one change below its noise
                (the rule of before), a line through the last energies
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from typing import Final

import numpy as np

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.optimize.accept import Always, Blocking
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import Constant
from qng.problem.problem import Problem
from qng.run.judge import FALSE_ALARM as SOLVED
from qng.run.results import Run, Trace
from qng.run.trend import FALSE_ALARM as CONVERGED

_ACCURACY: Final = 1.6e-3


def blind(run: Run) -> Run:
    """The run as of a device whose exact energies nobody knows."""
    return replace(run, trace=Trace(tuple(replace(row, exact=math.nan) for row in run.trace.rows)))


def still(runs: int, steps: int, shots: int) -> tuple[int, int, int]:
    """Runs that are called solved by readings, by bounds and by the points."""
    start = [math.acos(-1 + 2 * _ACCURACY)]
    problem = Problem(real_amplitudes(1, 0), {"Z0": 1.0}, start, accuracy=_ACCURACY)
    method = Optimizer(Constant(1e-12))
    found = [
        qng.minimize(problem, method, steps=steps, shots=shots, seed=seed) for seed in range(runs)
    ]
    readings = sum(bool(np.any(run.trace["energy"] + 1 <= _ACCURACY)) for run in found)
    return readings, sum(bool(blind(run).solved) for run in found), sum(map(solved, found))


def solved(run: Run) -> bool:
    """Whether it is called so."""
    return bool(run.solved)


def sloped(runs: int, steps: int, shots: int, change: float, blocking: bool) -> tuple[int, int]:
    """Runs that converge by one change below its noise, and by the rule of the package.

    The energy falls by about `change` a step, in units of the noise of a reading.
    """
    problem = Problem(real_amplitudes(1, 0), {"Z0": 1.0}, [1.2])
    noise = math.sin(1.2) / math.sqrt(0.1 * shots)
    rate = change * noise / math.sin(1.2) ** 2
    accept = Blocking("noise") if blocking else Always()
    method = Optimizer(Constant(rate), accept=accept)
    exact = qng.minimize(problem, Optimizer(Constant(rate)), steps=steps)
    tol = 0.98 * float(np.min(np.abs(np.diff(exact.trace["energy"]))))
    before = now = 0
    for seed in range(runs):
        run = qng.minimize(problem, method, steps=steps, shots=shots, tol=tol, seed=seed)
        now += run.message.startswith("converged")
        energies, errors = run.trace["energy"], run.trace["std_error"]
        width = np.hypot(errors[1:], errors[:-1])
        before += bool(np.any(np.abs(np.diff(energies)) <= np.maximum(width, tol)))
    return before, now


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500)
    runs = parser.parse_args().runs
    print(f"called solved, of {runs} runs that do nothing (promised: {SOLVED:.1%} at most)")
    print(f"{'steps':>7}{'shots':>8}{'readings':>10}{'bounds':>8}{'points':>8}")
    for steps, shots in ((5, 300), (20, 300), (20, 3000)):
        print(f"{steps:7}{shots:8}{''.join(f'{n:9}' for n in still(runs, steps, shots))}")
    print(f"\ncalled converged, of {runs} runs on a slope (promised: {CONVERGED:.0%} at most)")
    print(f"{'change':>8}{'steps':>7}{'blocking':>10}{'before':>8}{'now':>6}")
    for change in (0.3, 1.0, 10.0):
        for blocking in (False, True):
            before, now = sloped(runs, 12, 20_000, change, blocking)
            print(f"{change:8.1f}{12:7}{'yes' if blocking else 'no':>10}{before:8}{now:6}")


if __name__ == "__main__":
    main()
