"""Values at 1,000 points in one call, against a loop over the points: microseconds a point.

    python -m tests.benchmarks.points [--points N]

Every figure is the best of three rounds, in which both take turns, after one that compiles. "apart"
is the largest difference of a number.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import qng

PROBLEMS = ("one-qubit", "h2", "lih", "qng-demo", "tfim-8")
QUANTITIES = {"energy": qng.energy, "gradient": qng.gradient, "metric": qng.metric}


def timed(f: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and the result."""
    began = time.perf_counter()
    found = f()
    return time.perf_counter() - began, found


def compared(
    f: Callable[..., Any], problem: qng.Problem, points: np.ndarray
) -> tuple[float, float, float]:
    """Seconds of the loop and of the call, and how far apart their numbers are."""
    f(problem, points[:64])
    loop, call = np.inf, np.inf
    for _ in range(3):
        seconds, alone = timed(lambda: [f(problem, x) for x in points])
        loop = min(loop, seconds)
        seconds, together = timed(lambda: f(problem, points))
        call = min(call, seconds)
    return loop, call, float(np.abs(numbers(alone) - numbers(together)).max())


def numbers(found: Any) -> np.ndarray:
    """The values at all points, whether in a tuple or in an array."""
    if isinstance(found, (list, tuple)):
        return np.array([x.dense() if hasattr(x, "dense") else x.value for x in found])
    return np.asarray(found.value)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1000)
    n_points = parser.parse_args().points
    print(f"{'problem':10} {'quantity':9} {'loop':>6} {'call':>6} {'ratio':>6}   apart")
    for name in PROBLEMS:
        problem = qng.load(name)
        points = np.random.default_rng(0).uniform(-3, 3, (n_points, len(problem.initial)))
        for quantity, f in QUANTITIES.items():
            loop, call, apart = compared(f, problem, points)
            each = 1e6 / n_points
            print(
                f"{name:10} {quantity:9} {loop * each:6.0f} {call * each:6.0f} "
                f"{loop / call:6.1f}   {apart:.0e}"
            )


if __name__ == "__main__":
    main()
