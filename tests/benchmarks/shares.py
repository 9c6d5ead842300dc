"""How good the split of shots between gradient and metric is: against brute force, as a table.

A step is d = (raised M + 1e-3)^-1 s from shots of which the metric has the share f, the gradient
the rest (after the energy has had its part). Its mean squared error is

    E |d - d*|^2,    d* = (M* + 1e-3)^-1 s*,

with M* and s* what the estimators measure with infinitely many shots. Brute force: every share of a
grid, by 500 repetitions each. Ours: the shares that the rule has chosen after three steps at the
point, from PILOT on, with all their scatter; the mean over them of the error interpolated on the
grid, divided by the smallest error of the grid.

    python -m tests.benchmarks.shares [--shots 20000] [--point random] [PROBLEM ...]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import qng
from qng.estimate import gradient
from qng.estimate.table import METRICS, chosen
from qng.execute.statevector.executor import Statevector
from qng.geometry import Floored
from qng.optimize.shots import metric_share
from qng.plan.counts import Counts
from qng.plan.deal import ENERGY, PILOT
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.run.bench import answer
from qng.run.starts import draw_starts
from tests.benchmarks.common import one_of
from tests.benchmarks.estimators import Remembering

DAMPING = 1e-3
SHARES = (0.02, 0.04, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
PROBLEMS = ("textbook-2", "maxcut-4", "qng-demo", "lih")
ESTIMATORS = ("blocks", "overlaps", "blocks+overlaps", "hadamard")


class Drawn:
    """Answers of one plan, many repetitions at once from distributions computed once."""

    def __init__(self) -> None:
        self.device = Remembering()

    def __call__(self, plan: Plan, shots: int, repetitions: int, seed) -> Iterator:
        low = sampled(plan, shots)
        rng = np.random.default_rng(seed)
        points = []
        for request in low.requests:
            for counts, n in zip(self.device._exact(request), request.shots):
                p = counts.weights / counts.weights.sum()
                points.append((counts.outcomes, rng.multinomial(n, p, size=repetitions), n))
        sizes = [len(request.shots) for request in low.requests]
        for k in range(repetitions):
            found = [
                Counts(outcomes[drawn[k] > 0], drawn[k][drawn[k] > 0] / n, float(n))
                for outcomes, drawn, n in points
            ]
            results, at = [], 0
            for size in sizes:
                results.append(tuple(found[at : at + size]))
                at += size
            yield low.reduce(results)


@dataclass(frozen=True)
class Case:
    """One problem with one estimator at one point."""

    metric: Plan
    slope: Plan
    shots: int
    repetitions: int
    exact: np.ndarray
    draw: Drawn

    @staticmethod
    def of(problem: qng.Problem, theta, name: str, shots: int, repetitions: int) -> Case:
        circuit, observable = problem.circuit, problem.observable
        metric = chosen("metric", By(name), METRICS, counting=True)(circuit, theta)
        slope = gradient.parameter_shift(circuit, observable, theta)
        limit = answer(Statevector(), join({"metric": metric, "gradient": slope}))
        m, s = limit["metric"].dense(), limit["gradient"].value
        exact = np.linalg.solve(m + DAMPING * np.eye(len(s)), s)
        return Case(metric, slope, int((1 - ENERGY) * shots), repetitions, exact, Drawn())

    def measured(self, share: float, repetitions: int, seed: int) -> Iterator[tuple]:
        """(metric, gradient, solution) with this share of the metric."""
        of_metric = round(share * self.shots)
        metrics = self.draw(self.metric, of_metric, repetitions, (seed, 0))
        slopes = self.draw(self.slope, self.shots - of_metric, repetitions, (seed, 1))
        for metric, slope in zip(metrics, slopes):
            yield metric, slope, Floored(DAMPING)(metric, slope.value)

    def error(self, share: float, seed: int) -> float:
        """E |d - d*|^2."""
        found = [
            np.sum((solution.direction - self.exact) ** 2)
            for _, _, solution in self.measured(share, self.repetitions, seed)
        ]
        return float(np.mean(found))

    def chosen(self, times: int, steps: int = 3) -> np.ndarray:
        """Shares that the rule has chosen, each after some steps from PILOT on."""
        found = []
        for seed in range(times):
            share = PILOT
            for step in range(steps):
                for metric, slope, solution in self.measured(share, 1, 1000 * (seed + 1) + step):
                    share = metric_share(share, slope, metric, solution.direction, DAMPING)
            found.append(share)
        return np.array(found)


def row(case: Case, times: int) -> tuple[str, float]:
    """Cells of the table, and the ratio."""
    grid, errors = [], []
    for k, share in enumerate(SHARES):
        try:
            errors.append(case.error(share, k))
        except qng.errors.InputError:  # too few shots for the points
            continue
        grid.append(share)
    best = int(np.argmin(errors))
    shares = case.chosen(times)
    ours = np.exp(np.interp(shares, grid, np.log(errors))).mean()
    low, middle, high = np.quantile(shares, [0.1, 0.5, 0.9])
    size = float(case.exact @ case.exact)
    ratio = float(ours / errors[best])
    cells = (
        f"{grid[best]:g} | {errors[best] / size:.2g} | {middle:.2f} [{low:.2f}, {high:.2f}] | "
        f"{ratio:.2f}"
    )
    shown = " ".join(f"{e / errors[best]:.2g}" for e in errors)
    return f"{cells} | {shown}", ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("problems", nargs="*", default=PROBLEMS, type=one_of(qng.library()))
    parser.add_argument("--metrics", default=",".join(ESTIMATORS))
    parser.add_argument("--shots", type=int, default=20_000)
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--times", type=int, default=60, help="how often the rule chooses")
    parser.add_argument("--point", choices=("start", "random"), default="start")
    given = parser.parse_args()
    grid = " ".join(f"{share:g}" for share in SHARES)
    print("| problem | metric | best share | error of it, relative | ours [10 %, 90 %] ", end="")
    print(f"| ours / best | on the grid {grid} |\n|---|---|---|---|---|---|---|", flush=True)
    worst = 0.0
    for name in given.problems:
        problem = qng.load(name)
        theta = draw_starts(problem, 2, 0)[int(given.point == "random")]
        for metric in given.metrics.split(","):
            began = time.perf_counter()
            case = Case.of(problem, theta, metric, given.shots, given.repetitions)
            cells, ratio = row(case, given.times)
            worst = max(worst, ratio)
            print(f"| {name} | {metric} | {cells} |", flush=True)
            print(f"{name} {metric}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    print(f"\nat most {worst:.2f}")


if __name__ == "__main__":
    main()
