"""Rows of the adjoint gradient, of matrix-free steps, and of steps from shots."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import qng
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini.overlaps import full as overlap_plan
from qng.estimate.table import GRADIENTS, METRICS, chosen
from qng.execute.statevector.executor import Statevector
from qng.geometry import Metric, Solution, Tikhonov
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.run.bench import answer
from tests.benchmarks import peers
from tests.benchmarks.common import (
    Disagreement,
    Found,
    at_most,
    check,
    executor,
    metric_of,
    slope_of,
)
from tests.benchmarks.timing import Comparison, Effort, clock
from tests.benchmarks.workloads import REFERENCE, deep, reference

SHOTS, DAMPING, RESIDUAL = 1000, 1e-3, 1e-2

# Seconds that are to be reached.
OVERLAPS = 0.06


def adjoint(effort: Effort, quick: bool) -> Found:
    makers = {"lightning.qubit": peers.lightning_gradient, "Qulacs": peers.qulacs_gradient}
    missing: set[str] = set()
    found, fastest = [], []
    for n, layers in [(4, 2)] if quick else REFERENCE:
        problem = reference(n, layers)
        clocks = {"ours": clock(partial(slope_of, problem))}
        for name, make in makers.items():
            try:
                compute = make(n, layers)
            except ImportError:
                missing.add(name)
                continue
            check(f"gradient of {name}, n={n}", slope_of(problem), compute(), 1e-8)
            clocks[name] = clock(compute)
        if len(clocks) == 1:
            raise ImportError("neither lightning.qubit nor Qulacs is installed")
        times = effort.rounds(clocks)
        ours = times.pop("ours")
        fastest.append(min(times, key=lambda name: float(np.median(times[name]))))
        found.append(Comparison.of(f"n={n}", ours, times[fastest[-1]]))
    large = [c.ratio for c, (n, _) in zip(found, REFERENCE) if n >= 18]
    reached = all(c.ratio <= 1 for c in found) and max(large, default=0.0) <= 0.18
    note = "the faster: " + ", ".join(fastest) + "".join(f"; {name} missing" for name in missing)
    return Found(found, None if missing else reached, note)


def implicit_metric(problem: qng.Problem) -> Metric:
    return qng.metric(problem, None, "implicit", executor=executor())


def matrix_free_step(problem: qng.Problem) -> Solution:
    """From the gradient to the step, without a direction to start from."""
    return Tikhonov(DAMPING, RESIDUAL)(implicit_metric(problem), slope_of(problem))


def product(effort: Effort, quick: bool) -> Found:
    found = []
    for problem in [reference(4, 2)] if quick else [reference(16, 6), deep(16, 2000)]:
        v = np.random.default_rng(1).normal(size=problem.circuit.n_parameters)
        metric = implicit_metric(problem)
        if len(v) < 500:
            check("product", metric.matvec(v), metric_of(problem) @ v, 1e-8)
        times = effort.rounds(
            {
                "ours": clock(partial(metric.matvec, v)),
                "gradient": clock(partial(slope_of, problem)),
            }
        )
        found.append(Comparison.of(f"P={len(v)}", times["ours"], times["gradient"]))
    return at_most(4, found)


def big_step(effort: Effort, quick: bool) -> Found:
    problem = deep(6, 60) if quick else deep(16, 2000)
    matrix_free_step(deep(4, 20))  # what is compiled and imported takes memory too
    tracemalloc.start()
    found = matrix_free_step(problem)
    states = tracemalloc.get_traced_memory()[1] / (16 * 2**problem.circuit.n_qubits)
    tracemalloc.stop()
    slope = slope_of(problem)
    left = implicit_metric(problem).matvec(found.direction) + DAMPING * found.direction - slope
    residual = float(np.linalg.norm(left) / np.linalg.norm(slope))
    if residual > 1.01 * RESIDUAL:
        raise Disagreement(f"the step leaves a relative residual of {residual:.1e}")
    clocks = {
        "ours": clock(partial(matrix_free_step, problem)),
        "gradient": clock(partial(slope_of, problem)),
    }
    rare = Effort(effort.seconds, least=1, most=3, per_round=3, warm=False)
    times = rare.rounds(clocks, often="gradient")
    ratio = Comparison.of("", times["ours"], times["gradient"])
    note = f"{found.iterations} products, peak memory {states:.1f} states"
    return Found([ratio], ratio.ratio <= 100 and states <= 10, note)


def shots_plan(problem: qng.Problem) -> tuple[Callable[[], Plan[Any]], int]:
    """Block metric and shift gradient as one batch, and how many circuits that is."""
    circuit, theta = problem.circuit, problem.initial
    metric = chosen("metric", By("blocks", rule="wires"), METRICS, counting=True)
    slope = chosen("gradient", "parameter-shift", GRADIENTS, counting=True)

    def plan() -> Plan[Any]:
        gradient = slope(circuit, theta, observable=problem.observable)
        return join({"gradient": gradient, "metric": metric(circuit, theta)})

    return plan, sampled(plan(), 10**9).cost.points


def shots_step(name: str, bound: float, effort: Effort, quick: bool) -> Found:
    """Block metric and shift gradient, every circuit with the same number of shots."""
    n, layers = (3, 1) if quick else (8, 4)
    problem = reference(n, layers)
    circuit, theta = problem.circuit, problem.initial
    theirs = peers.lightning_step(n, layers, SHOTS)
    device = executor() if name == "statevector" else qng.executor(name)
    plan, points = shots_plan(problem)

    def ours() -> tuple[np.ndarray, np.ndarray]:
        found = answer(device, plan(), seed=1, shots=SHOTS * points)
        return found["metric"].dense(), found["gradient"].value

    exact = answer(executor(), fubini.blocks(circuit, theta, rule="wires")).dense()
    for who, (g, gradient) in {"ours": ours(), "theirs": theirs()}.items():
        # Bounds of many standard errors: that both measure the same.
        check(f"sampled metric, {who}", g, exact, 0.1)
        check(f"sampled gradient, {who}", gradient, slope_of(problem), 1.0)
    times = effort.rounds({"ours": clock(ours), "theirs": clock(theirs)})
    note = f"{points} circuits of {SHOTS} shots, theirs {peers.circuits_run(n, layers, SHOTS)}"
    return at_most(bound, [Comparison.of("", times["ours"], times["theirs"])], note)


def overlaps(effort: Effort, quick: bool) -> Found:
    """The metric from shots on return trips, against the draws alone: generators and numbers."""
    problem = reference(*((3, 1) if quick else (6, 3)))
    plan = overlap_plan(problem.circuit, problem.initial)
    points = sampled(plan, 10**9).cost.points

    def ours() -> np.ndarray:
        return answer(executor(), plan, seed=1, shots=SHOTS * points).dense()

    check("sampled overlaps", ours(), metric_of(problem), 0.2)

    def draws() -> None:
        for k in range(points):
            np.random.default_rng((1, k)).binomial(SHOTS, 0.9)

    times = effort.rounds({"ours": clock(ours), "draws": clock(draws)})
    found = Comparison.of("", times["ours"], times["draws"])
    return Found(
        [found], found.ours <= OVERLAPS, f"P={problem.circuit.n_parameters}, {points} circuits"
    )


def threads_of_a_sweep(effort: Effort, quick: bool) -> Found:
    """Gradient, state and a matrix-free product with all threads, against one."""
    found = []
    for n, layers in [(4, 2)] if quick else [(18, 6), (20, 5), (22, 3)]:
        problem = reference(n, layers)
        v = np.random.default_rng(1).normal(size=problem.circuit.n_parameters)
        few, all_of_them = Statevector(threads=1), executor()
        kinds = {
            "gradient": lambda device, p=problem: qng.gradient(p, executor=device).value,
            "product": lambda device, p=problem, v=v: qng.metric(
                p, None, "implicit", executor=device
            ).matvec(v),
        }
        for kind, compute in kinds.items():
            check(f"{kind}, n={n}", compute(all_of_them), compute(few), 0.0)
            times = effort.rounds(
                {"ours": clock(partial(compute, all_of_them)), "one": clock(partial(compute, few))}
            )
            found.append(Comparison.of(f"{kind}, n={n}", times["ours"], times["one"]))
    return at_most(0.8, found)
