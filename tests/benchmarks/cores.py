"""What more cores would do: every row with one thread and with all, and the share that is serial.

    python -m tests.benchmarks.cores [--quick] [--only NAME ...]

With t_1 and t_k the times with one and k threads, the serial share is s = (k t_k / t_1 - 1)/(k - 1)
(Amdahl), and c cores would take s + (1 - s)/c of t_1. What the caches and the memory of the machine
share among its cores is part of s.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import qng
from qng.execute.statevector.executor import Statevector
from qng.run.bench import answer
from tests.benchmarks.common import step_plan
from tests.benchmarks.step_rows import SHOTS, shots_plan
from tests.benchmarks.timing import Effort, clock, machine, threads
from tests.benchmarks.workloads import LAYERS, qaoa_regular, reference, unitary_coupled_cluster

Work = Callable[[Statevector], Any]

CORES = 16


def metric_and_gradient(problem: qng.Problem) -> Work:
    return lambda device: answer(device, step_plan(problem))


def gradient(problem: qng.Problem) -> Work:
    return lambda device: qng.gradient(problem, executor=device)


def product(problem: qng.Problem) -> Work:
    v = np.random.default_rng(1).normal(size=problem.circuit.n_parameters)
    return lambda device: qng.metric(problem, None, "implicit", executor=device).matvec(v)


def sampled_step(problem: qng.Problem) -> Work:
    plan, points = shots_plan(problem)
    return lambda device: answer(device, plan(), seed=1, shots=SHOTS * points)


def rows(quick: bool) -> dict[str, Work]:
    """What is measured, by name."""
    if quick:
        return {"metric n=4": metric_and_gradient(reference(4, 1))}
    steps = {n: metric_and_gradient(reference(n, LAYERS[n])) for n in (10, 12, 14, 16)}
    sweeps = {f"gradient n={n}": gradient(reference(n, LAYERS[n])) for n in (16, 18, 20)}
    return {
        **{f"metric n={n}": step for n, step in steps.items()},
        "QAOA": metric_and_gradient(qaoa_regular()),
        "UCC": metric_and_gradient(unitary_coupled_cluster()),
        **sweeps,
        "product n=18": product(reference(18, 6)),
        "shots n=8": sampled_step(reference(8, 4)),
    }


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args(arguments)
    effort = Effort(seconds=0.0, least=2) if options.quick else Effort(seconds=4.0)
    count = max(threads(), 2)
    one, several = Statevector(threads=1), Statevector(threads=count)
    print(f"| what | 1 thread | {count} threads | serial share | {CORES} cores: times faster |")
    print("|---|---|---|---|---|")
    for name, work in rows(options.quick).items():
        if options.only and name not in options.only:
            continue
        clocks = {"one": clock(partial(work, one)), "several": clock(partial(work, several))}
        times = effort.rounds(clocks)
        ratio = statistics.median(times["several"] / times["one"])
        serial = min(max((count * ratio - 1) / (count - 1), 0.0), 1.0)
        faster = 1 / (serial + (1 - serial) / CORES)
        first, second = (1e3 * statistics.median(times[which]) for which in clocks)
        print(
            f"| {name} | {first:.3g} ms | {second:.3g} ms | {serial:.0%} | {faster:.1f} |",
            flush=True,
        )
    print(f"\n- {machine()}")


if __name__ == "__main__":
    main()
