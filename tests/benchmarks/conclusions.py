"""How often runs and comparisons say what is not so: `python -m tests.benchmarks.conclusions`.

Two tables over whole runs from shots, each with the rate that is promised,

    solved      from twice the accuracy, a method that does nothing and some that wander: called
                solved although no point is, by readings, by bounds and by the points
    converged   a method on a slope, tol just below its change a step: one change below its noise
                (the rule of before), a line through the last energies

and three over many runs, of costs that are drawn, or of comparisons of a method with itself,

    intervals   how often those of 95 % hold the share solved and the median cost to the accuracy,
                where some runs are cut before they get there and some never do
    alarms      how often methods that are equal are told apart, over all their pairs
    itself      the same from real runs: one method under three labels, from shots
    looks       the same of comparisons that grow until something shows, by starts or by methods:
                as if each look were the only one, and as they are corrected
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

import numpy as np
from scipy.stats import norm

import qng
from qng.arrays import Array
from qng.circuit.ansatz import real_amplitudes
from qng.optimize.accept import Always, Blocking
from qng.optimize.cmaes import CMAES
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import Constant
from qng.problem.problem import Problem
from qng.report.conclusions import QUESTIONS
from qng.report.inference import LEVEL, holm, mcnemar, reach, signed_rank, wilson
from qng.report.looks import counts, wrong
from qng.report.paired import pairs
from qng.run.judge import FALSE_ALARM as SOLVED
from qng.run.results import Run
from qng.run.trace import Trace
from qng.run.trend import FALSE_ALARM as CONVERGED

_ACCURACY: Final = 1.6e-3


def blind(run: Run) -> Run:
    """The run as of a device whose exact energies nobody knows."""
    return replace(run, trace=Trace(tuple(replace(row, exact=math.nan) for row in run.trace.rows)))


def unsolved(runs: int, steps: int, shots: int, method: str) -> tuple[int, int, int]:
    """Runs that are called solved by readings, by bounds and by the points, and are not."""
    start = [math.acos(-1 + 2 * _ACCURACY)] * 2
    problem = Problem(real_amplitudes(2, 0), {"Z0": 0.5, "Z1": 0.5}, start, accuracy=_ACCURACY)
    told = np.zeros(3, dtype=int)
    for seed in range(runs):
        run = qng.minimize(problem, METHODS[method](), steps=steps, shots=shots, seed=seed)
        if np.all(run.trace["exact"] + 1 > _ACCURACY):
            readings = bool(np.any(run.trace["energy"] + 1 <= _ACCURACY))
            told += readings, bool(blind(run).solved), bool(run.solved)
    return tuple(told.tolist())


METHODS: Final = {
    "none": lambda: Optimizer(Constant(1e-12)),
    "spring": qng.optimizers.spring,
    "cma-es": lambda: CMAES(0.05),
}
"""Of the first table."""


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


def intervals(repetitions: int, runs: int, cut: float, lost: float) -> tuple[float, float, float]:
    """Rates at which the interval of the share, that at a cost, and that of the median hold.

    Costs are log-normal; a share of runs is cut at random costs, another never gets there.
    """
    rng, tail = np.random.default_rng(runs), 1 - lost
    centre = math.exp(norm.ppf(0.5 / tail)) if tail > 0.5 else math.inf
    held = np.zeros(3)
    for _ in range(repetitions):
        costs = np.exp(rng.normal(size=runs))
        costs[rng.random(runs) < lost] = np.inf
        cuts = np.where(rng.random(runs) < cut, np.exp(rng.normal(0.5, 1, size=runs)), np.inf)
        there = costs <= cuts
        found = reach(np.where(there, costs, np.nan), cuts)
        k = np.searchsorted(found.cost, 1.0, side="right") - 1
        share = wilson(int(np.isfinite(costs).sum()), runs)
        held += (
            share.lower <= tail <= share.upper,
            found.lower[k] <= 0.5 * tail <= found.upper[k],
            found.interval.lower <= centre <= found.interval.upper,
        )
    return tuple((held / repetitions).tolist())


def alarms(repetitions: int, methods: int, starts: int, hard: float) -> tuple[float, float]:
    """Rates at which equal methods are told apart, by their costs and by what they solve."""
    rng = np.random.default_rng(methods)
    cost = solved = 0
    for _ in range(repetitions):
        base = rng.normal(0, 2, size=(starts, 1))
        costs = np.exp(base + rng.normal(size=(starts, methods)))
        costs[rng.random((starts, methods)) < hard] = np.inf
        there, sides = np.isfinite(costs), list(combinations(range(methods), 2))
        with np.errstate(invalid="ignore"):
            ranks = [signed_rank(costs[:, a] - costs[:, b]) for a, b in sides]
        counts = [
            mcnemar(
                int(np.sum(there[:, a] & ~there[:, b])), int(np.sum(there[:, b] & ~there[:, a]))
            )
            for a, b in sides
        ]
        cost += min(holm(ranks)) <= 1 - LEVEL
        solved += min(holm(counts)) <= 1 - LEVEL
    return cost / repetitions, solved / repetitions


def looked(repetitions: int, sizes: Sequence[tuple[int, int]], hard: float) -> tuple[float, float]:
    """Rates at which equal methods are told apart at any look, by tests of one look and by ours.

    Args:
        repetitions: Comparisons.
        sizes: (methods, starts) at each look, both growing.
        hard: Share of runs that never get there.
    """
    rng, (methods, starts) = np.random.default_rng(len(sizes)), sizes[-1]
    once = ours = 0
    for _ in range(repetitions):
        base = rng.normal(0, 2, size=(starts, 1))
        costs = np.exp(base + rng.normal(size=(starts, methods)))
        costs[rng.random((starts, methods)) < hard] = np.inf
        least = [_least(costs[:n, :m]) for m, n in sizes]
        once += min(least) <= 1 - LEVEL
        ours += any(counts(sizes[:k]) * p <= 1 - LEVEL for k, p in enumerate(least))
    return once / repetitions, ours / repetitions


def _least(costs: Array) -> float:
    """The smallest p of all pairs of methods, corrected for these."""
    with np.errstate(invalid="ignore"):
        sides = combinations(range(costs.shape[1]), 2)
        return min(holm([signed_rank(costs[:, a] - costs[:, b]) for a, b in sides]))


def itself(repetitions: int, starts: int) -> tuple[float, ...]:
    """Rates at which one method under three labels is told apart from itself, by question."""
    told = dict.fromkeys(QUESTIONS, 0)
    for seed in range(repetitions):
        found = qng.compare(
            "one-qubit", dict.fromkeys("abc", "spsa"), starts=starts, steps=5, shots=300,
            seed=seed, workers=1,
        )  # fmt: skip
        both = pairs(found, "shots")
        for question in told:
            told[question] += any(pair.better(question) for pair in both)
    return tuple(count / repetitions for count in told.values())


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500)
    runs = parser.parse_args().runs
    print(f"called solved and not, of {runs} runs (promised: {SOLVED:.1%} at most)")
    print(f"{'method':>8}{'steps':>7}{'shots':>8}{'readings':>10}{'bounds':>8}{'points':>8}")
    for method, steps, shots in (
        ("none", 5, 300),
        ("none", 20, 300),
        ("none", 20, 3000),
        ("spring", 20, 300),
        ("cma-es", 20, 300),
    ):
        told = "".join(f"{n:9}" for n in unsolved(runs, steps, shots, method))
        print(f"{method:>8}{steps:7}{shots:8}{told}", flush=True)
    print(f"\ncalled converged, of {runs} runs on a slope (promised: {CONVERGED:.0%} at most)")
    print(f"{'change':>8}{'steps':>7}{'blocking':>10}{'before':>8}{'now':>6}")
    for change in (0.3, 1.0, 10.0):
        for blocking in (False, True):
            before, now = sloped(runs, 12, 20_000, change, blocking)
            print(f"{change:8.1f}{12:7}{'yes' if blocking else 'no':>10}{before:8}{now:6}")
    print(f"\nintervals that hold, of {runs} (promised: {LEVEL:.0%})")
    print(f"{'runs':>6}{'cut':>6}{'never':>7}{'share':>8}{'at a cost':>11}{'median':>8}")
    for size, cut, lost in ((5, 0, 0), (10, 0, 0), (10, 0.5, 0), (20, 0.5, 0.3), (50, 0.5, 0.3)):
        rates = intervals(runs, size, cut, lost)
        print(f"{size:6}{cut:6}{lost:7}{rates[0]:8.1%}{rates[1]:11.1%}{rates[2]:8.1%}")
    print(f"\nequal methods told apart, in {runs} comparisons (promised: {1 - LEVEL:.0%} at most)")
    print(f"{'methods':>9}{'starts':>8}{'never':>7}{'cost':>7}{'solved':>8}")
    for methods, starts, hard in ((2, 10, 0.3), (2, 30, 0.5), (4, 20, 0.3), (7, 20, 0.3)):
        cost, solved = alarms(runs, methods, starts, hard)
        print(f"{methods:9}{starts:8}{hard:7}{cost:7.1%}{solved:8.1%}")
    print(f"\nthe same at any look, in {runs} comparisons that grow")
    print(f"{'from':>14}{'to':>14}{'looks':>7}{'as if one':>11}{'corrected':>11}{'promised':>10}")
    by_starts = tuple((2, n) for n in range(5, 41, 5))
    by_methods = tuple((m, 20) for m in range(2, 11))
    for sizes in (by_starts, by_starts[1::2], by_methods):
        once, ours = looked(runs, sizes, 0.3)
        ends = "".join(f"{f'{m} from {n}':>14}" for m, n in (sizes[0], sizes[-1]))
        most = wrong(sizes[:-1])
        print(f"{ends}{len(sizes):7}{once:11.1%}{ours:11.1%}{most:10.0%}", flush=True)
    apart = "".join(f"{q:>8} {rate:.1%}" for q, rate in zip(QUESTIONS, itself(runs, 8)))
    print(f"\none method under three labels, from shots, told apart in {runs} comparisons:{apart}")


if __name__ == "__main__":
    main()
