"""Rows of the exact metric: against a matrix product, the plain algorithm and other packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import qng
from qng.execute.statevector.executor import Statevector
from tests.benchmarks import peers
from tests.benchmarks.common import (
    Disagreement,
    Found,
    at_most,
    check,
    executor,
    metric_of,
    step,
)
from tests.benchmarks.timing import Comparison, Effort, clock, gram, plain_pass, threads
from tests.benchmarks.workloads import (
    LAYERS,
    REFERENCE,
    passes,
    qaoa_regular,
    reference,
    unitary_coupled_cluster,
)

GOALS = {"n=10": 2.5, "n=12": 2.0, "n=14": 1.8, "n=16": 1.6}


def _each_at_most(bounds: Mapping[str, float], found: list[Comparison]) -> Found:
    return Found(found, all(c.ratio <= bounds.get(c.label, np.inf) for c in found))


def against_product(effort: Effort, quick: bool) -> Found:
    found = []
    for n, layers in [(6, 2)] if quick else REFERENCE[:4]:
        problem = reference(n, layers)
        product = gram(n, problem.circuit.n_parameters)
        times = effort.rounds({"ours": step(problem), "product": product})
        found.append(Comparison.of(f"n={n}", times["ours"], times["product"]))
    return _each_at_most(GOALS, found)


def against_passes(effort: Effort, problem: qng.Problem, label: str = "") -> Comparison:
    """Ours, and the passes of the plain algorithm at their measured time with the Gram matrix."""
    circuit = problem.circuit
    n, p, count = circuit.n_qubits, circuit.n_parameters, passes(circuit)
    times = effort.rounds({"ours": step(problem), "pass": plain_pass(n, p), "gram": gram(n, p)})
    return Comparison.of(label, times["ours"], count * times["pass"] + times["gram"])


def _of_passes(effort: Effort, problem: qng.Problem, bound: float) -> Found:
    c = problem.circuit
    note = f"n={c.n_qubits}, P={c.n_parameters}, R={c.n_rotations}, {passes(c)} passes"
    return at_most(bound, [against_passes(effort, problem)], note)


def qaoa_passes(effort: Effort, quick: bool) -> Found:
    return _of_passes(effort, qaoa_regular(6, 2) if quick else qaoa_regular(), 0.12)


def ucc_passes(effort: Effort, quick: bool) -> Found:
    return _of_passes(effort, unitary_coupled_cluster(*((6, 2) if quick else (12, 4))), 0.04)


def _against(
    peer: Callable[[int, int], peers.Compute], sizes: Sequence[tuple[int, int]], effort: Effort
) -> list[Comparison]:
    found = []
    for n, layers in sizes:
        problem, theirs = reference(n, layers), peer(n, layers)
        results: list[np.ndarray] = []
        times = effort.rounds(
            {
                "ours": clock(partial(metric_of, problem)),
                "theirs": clock(lambda compute=theirs, kept=results: kept.append(compute())),
            }
        )
        check(f"metric, n={n}", metric_of(problem), results[-1], 1e-6)
        found.append(Comparison.of(f"n={n}", times["ours"], times["theirs"]))
    return found


def single_precision(effort: Effort, quick: bool) -> Found:
    found, errors = [], []
    for n, layers in [(6, 2)] if quick else REFERENCE[2:4]:
        problem, halves = reference(n, layers), Statevector(threads=threads(), single=True)

        def ours(problem: qng.Problem = problem, halves: Statevector = halves) -> np.ndarray:
            return qng.metric(problem, None, "exact", executor=halves).dense()

        errors.append(float(np.abs(ours() - metric_of(problem)).max()))
        times = effort.rounds({"ours": clock(ours), "double": clock(partial(metric_of, problem))})
        found.append(Comparison.of(f"n={n}", times["ours"], times["double"]))
    return at_most(0.65, found, f"largest error of an entry {max(errors):.1e}")


def tensorcircuit(effort: Effort, quick: bool) -> Found:
    sizes = [(4, 1)] if quick else [(n, LAYERS[n]) for n in (8, 10, 12, 14)]
    found = _against(peers.tensorcircuit_metric, sizes, effort)
    return Found(found, all(c.ratio <= 1 for c in found) and found[-1].ratio <= 1 / 4)


def pennylane(effort: Effort, quick: bool) -> Found:
    metric_of(reference(3, 1))  # theirs is run once, so nothing else warms up
    once = Effort(seconds=0.0, least=1, per_round=9)
    found = _against(peers.pennylane_metric, [(3, 1) if quick else (10, 5)], once)
    return at_most(1 / 3000, found)


def reverse_qgt(effort: Effort, quick: bool) -> Found:
    sizes = [(3, 1) if quick else (8, LAYERS[8])]
    few = Effort(effort.seconds, effort.least, 5, per_round=9)
    return at_most(1 / 500, _against(peers.qiskit_metric, sizes, few))


def fresh(effort: Effort, quick: bool) -> Found:
    if find_spec("tensorcircuit") is None:
        raise ImportError("No module named 'tensorcircuit'")

    def run(who: str, n: int, layers: int) -> float:
        command = [sys.executable, "-m", "tests.benchmarks.fresh", who, str(n), str(layers)]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, capture_output=True, text=True, cwd=root)
        if done.returncode:
            raise Disagreement(f"a fresh process failed: {done.stderr.strip().splitlines()[-1]}")
        return float(done.stdout.split()[-1])

    found = []
    for n, layers in [(4, 1)] if quick else [(10, 5), (14, 6)]:
        run("qng", n, layers)  # the kernels are on disk now
        clocks = {who: partial(run, who, n, layers) for who in ("qng", "tensorcircuit")}
        times = Effort(0.0, effort.least, effort.least, warm=False).rounds(clocks)
        found.append(Comparison.of(f"n={n}", times["qng"], times["tensorcircuit"]))
    return at_most(1 / 30, found, "imports over before the clock starts, for both")


def _scaling(effort: Effort, sizes: Sequence[tuple[int, int]], axis: str) -> Found:
    """Ours against the cost of the plain algorithm, which is c_1 P L 2^n n + c_2 P^2 2^n."""
    found, xs = [], []
    for n, layers in sizes:
        problem = reference(n, layers)
        size = problem.circuit.n_parameters if axis == "P" else n
        xs.append(float(np.log(size) if axis == "P" else n * np.log(2)))
        found.append(against_passes(effort, problem, f"{axis}={size}"))
    slopes = [np.polyfit(xs, np.log(y), 1)[0] for y in zip(*((c.ours, c.theirs) for c in found))]
    ratios = np.log([c.ratio for c in found])
    off = float(np.exp(np.abs(ratios - ratios.mean()).max()))
    base = "P" if axis == "P" else "(2^n)"
    note = f"ours ~ {base}^{slopes[0]:.2f}, model {base}^{slopes[1]:.2f}, factor {off:.2f}"
    return Found(found, off <= 2, note)


def scaling_p(effort: Effort, quick: bool) -> Found:
    return _scaling(effort, [(4, 1), (4, 2)] if quick else [(12, k) for k in (2, 4, 8, 16)], "P")


def scaling_n(effort: Effort, quick: bool) -> Found:
    return _scaling(effort, [(3, 2), (6, 1)] if quick else [(10, 12), (12, 10), (15, 8)], "n")


def blocks(effort: Effort, quick: bool) -> Found:
    """The exact block metric against the whole one, of which it is a part."""
    sizes = [(4, 1)] if quick else [(n, LAYERS.get(n, 4)) for n in (4, 6, 8, 10, 12, 14)]
    problems = {f"n={n}": reference(n, layers) for n, layers in sizes}
    if not quick:
        problems |= {"QAOA": qaoa_regular(), "UCC": unitary_coupled_cluster()}
    found = []
    for label, problem in problems.items():

        def part(problem: qng.Problem = problem) -> np.ndarray:
            return qng.metric(problem, None, "blocks", executor=executor()).dense()

        whole, own = metric_of(problem), part()
        check(f"blocks, {label}", own, np.where(own != 0, whole, 0.0), 1e-10)
        times = effort.rounds({"ours": clock(part), "whole": clock(partial(metric_of, problem))})
        found.append(Comparison.of(label, times["ours"], times["whole"]))
    return at_most(1.1, found)
