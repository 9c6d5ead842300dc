"""Where runs with default settings end: a table of problems, methods and starts.

Every problem of the library, from its own start and from random ones, by every method with a
measured metric. A run "rose" where its last energy is above its first by more than 1e-9; with
shots both are judged by the exact energies of the two points.

    python -m tests.benchmarks.defaults [--trust inf] [--shots 1000] [--rows] [PROBLEM ...]

`--trust inf` is the published form of each method, without any safeguard.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import qng
from qng import optimizers
from qng.errors import NoisyMetricWarning
from qng.optimize.precondition import MeasuredMetric
from qng.run.comparison import Comparison
from tests.benchmarks.common import one_of

ABOVE = 1e-9


def family() -> list[str]:
    """The methods with a measured metric."""
    made = {name: make() for name, make in optimizers.METHODS.items()}
    return [name for name, m in made.items() if isinstance(m.precondition, MeasuredMetric)]


@dataclass(frozen=True)
class Ended:
    """One run: its energies at the first and the last point, the lowest, and how it ended."""

    problem: str
    method: str
    start: int
    first: float
    last: float
    best: float
    failed: bool
    solved: bool
    evaluations: int

    @property
    def rose(self) -> bool:
        """Whether it ended above its start."""
        return not self.last <= self.first + ABOVE

    def __str__(self) -> str:
        return (
            f"| {self.problem} | {self.method} | {self.start} | {self.first:.5f} | "
            f"{self.last:.5f} | {self.best:.5f} | {'yes' if self.rose else ''} | "
            f"{'yes' if self.solved else ''} | {self.evaluations} |"
        )


def ended(comparison: Comparison, problem: qng.Problem, noisy: bool) -> Iterator[Ended]:
    """The runs of a comparison, judged by exact energies."""
    for method, runs in comparison.runs.items():
        for k, run in enumerate(runs):
            points, energies = run.trace["theta"], run.trace["energy"]
            if noisy:
                energies = np.array([qng.energy(problem, x).value for x in points[[0, -1]]])
            yield Ended(
                problem=problem.name,
                method=method,
                start=k,
                first=float(energies[0]),
                last=float(energies[-1]),
                best=float(np.nanmin(energies)),
                failed=run.failed,
                solved=bool(energies[-1] - run.reference <= run.accuracy),
                evaluations=run.nfev,
            )


def methods(names: Sequence[str], trust: float | None) -> dict[str, optimizers.Method]:
    """By name, with this radius where the method takes one."""
    made = {}
    for name in names:
        takes = "trust" in inspect.signature(optimizers.METHODS[name]).parameters
        given = {"trust": trust} if takes and trust is not None else {}
        made[name] = optimizers.named(name, **given)
    return made


def table(found: Sequence[Ended], names: Sequence[str]) -> Iterator[str]:
    """Rose / solved by problem and method, and the totals."""
    yield "| rose, solved | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    problems = list(dict.fromkeys(run.problem for run in found))
    for problem in [*problems, "all"]:
        cells = []
        for name in names:
            runs = [r for r in found if r.method == name and problem in (r.problem, "all")]
            cells.append(f"{sum(r.rose for r in runs)}, {sum(r.solved for r in runs)}")
        yield f"| {problem} | " + " | ".join(cells) + " |"


def main() -> None:
    known = family()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "problems", nargs="*", type=one_of(qng.library()), help="of the library; all by default"
    )
    parser.add_argument("--methods", default=",".join(known), help="all of the family by default")
    parser.add_argument("--starts", type=int, default=6)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shots", type=int, help="of a step; exact by default")
    parser.add_argument("--trust", type=float, help="instead of the methods' own")
    parser.add_argument("--rows", action="store_true", help="print every run")
    given = parser.parse_args()
    names = given.methods.split(",")
    warnings.simplefilter("ignore", NoisyMetricWarning)
    found: list[Ended] = []
    if given.rows:
        print("| problem | method | start | first | last | lowest | rose | solved | evaluations |")
        print("|---|---|---|---|---|---|---|---|---|")
    for name in given.problems or qng.library():
        began, problem = time.perf_counter(), qng.load(name)
        compared = qng.compare(
            problem,
            methods(names, given.trust),
            starts=given.starts,
            steps=given.steps,
            seed=given.seed,
            shots=given.shots,
            workers=1,
            threads=1,
        )
        rows = list(ended(compared, problem, given.shots is not None))
        found += rows
        if given.rows:
            print("\n".join(map(str, rows)), flush=True)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    print("\n".join(table(found, names)))
    rose = [r for r in found if r.rose]
    print(f"\n{len(rose)} of {len(found)} runs ended above their start", end="")
    print(f", the highest by {max(r.last - r.first for r in rose):.3g}" if rose else "")
    print(f"{sum(r.failed for r in found)} failed, {sum(r.solved for r in found)} solved")


if __name__ == "__main__":
    main()
