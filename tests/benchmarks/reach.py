"""What noise of a gradient does along flat directions, and what `Floored.reach` saves.

    python -m tests.benchmarks.reach

An energy is a user's function with normal noise of a known standard deviation; the metric is exact.
The same starts are run with the reach of the method, without one (Tikhonov's damping alone), and
with a larger damping, at equal evaluations. Shares solved are given with 95 % intervals of Wilson;
errors at the same starts are compared by the exact Wilcoxon test, Holm over all rows.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import qng
from qng.adapters.loop import Asked, Settings, minimized
from qng.optimize.methods import method as method_of
from qng.report.inference import holm, signed_rank, wilson
from qng.report.statistics import Spread
from tests.benchmarks.vqe import tasks

VARIANTS = ("reach", "none", "damping 0.03")


@dataclass(frozen=True)
class Case:
    """A problem, what counts as solved, and its lowest energy."""

    name: str
    ansatz: QuantumCircuit
    operator: SparsePauliOp
    accuracy: float
    lowest: float


@dataclass(frozen=True)
class Row:
    """Errors of a method in one variant from all starts."""

    case: str
    noise: float
    method: str
    variant: str
    errors: list[float]
    accuracy: float

    @property
    def solved(self) -> int:
        return sum(error <= self.accuracy for error in self.errors)


def cases() -> list[Case]:
    """H2, the Ising chain in two ansaetze, a weighted cut and a random Hamiltonian."""
    rng = np.random.default_rng(4)
    pairs = [("ZZ", [i, j], float(rng.uniform(0.2, 1))) for i in range(5) for j in range(i)]
    cut = SparsePauliOp.from_sparse_list(
        [pair for pair in pairs if rng.uniform() < 0.7], num_qubits=5
    )
    words = ["".join(rng.choice(list("IXYZ"), 3)) for _ in range(12)]
    random = SparsePauliOp(words, rng.normal(size=12) / 2).simplify()
    h2, chain = tasks()
    small = SparsePauliOp.from_sparse_list(
        [("ZZ", [k, k + 1], -1.0) for k in range(3)] + [("X", [k], -1.0) for k in range(4)],
        num_qubits=4,
    )
    known = [Case(t.name, t.ansatz, t.operator, t.accuracy, t.lowest) for t in (h2, chain)]
    others = [
        ("cut, 10 parameters", real_amplitudes(5, reps=1), cut),
        ("random, 18 parameters", efficient_su2(3, reps=2), random),
        ("Ising, 16 parameters", efficient_su2(4, reps=1), small),
    ]
    for name, ansatz, operator in others:
        energies = np.linalg.eigvalsh(operator.to_matrix())
        accuracy = 0.005 * float(energies[-1] - energies[0])
        known.append(Case(name, ansatz, operator, accuracy, float(energies[0])))
    return known


def one(case: Case, method: Any, start: np.ndarray, noise: float, most: int, seed: int) -> float:
    """The error of a run."""
    problem, rng = qng.Problem(case.ansatz, case.operator), np.random.default_rng(seed)

    def energies(points: np.ndarray) -> np.ndarray:
        values = np.atleast_1d(qng.energy(problem, points.reshape(-1, len(start))).value)
        return values + noise * rng.normal(size=len(values))

    asked = Asked(
        energies, start, circuit=case.ansatz, together=True, steps=most, most=most - 2 * len(start)
    )
    run = minimized(Settings(method, std_error=noise), asked).run
    return float(qng.energy(problem, run.x).value) - case.lowest


def measure(case: Case, noise: float, name: str, starts: int, most: int) -> list[Row]:
    """All variants from the same starts."""
    points = np.random.default_rng(17).uniform(-np.pi, np.pi, (starts, case.ansatz.num_parameters))
    rows = []
    for variant in VARIANTS:
        made: Any = method_of(name, {"damping": 0.03} if variant == "damping 0.03" else {})
        if variant != "reach":
            made = replace(made, solve=replace(made.solve, reach=0.0))
        errors = [one(case, made, x, noise, most, k) for k, x in enumerate(points)]
        rows.append(Row(case.name, noise, name, variant, errors, case.accuracy))
    return rows


def table(groups: Sequence[list[Row]]) -> list[str]:
    """Lines of Markdown."""
    pairs = [(group[0], other) for group in groups for other in group[1:]]
    ratios = [np.log(np.maximum(b.errors, 1e-9) / np.maximum(a.errors, 1e-9)) for a, b in pairs]
    chances = holm([signed_rank(ratio) for ratio in ratios])
    known = {id(b): (r, p) for (_, b), r, p in zip(pairs, ratios, chances)}
    lines = [
        "| problem | noise | method | variant | solved [95 %] | error, median [quartiles] | "
        "times that with reach (Wilcoxon, Holm) |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in (row for group in groups for row in group):
        share, spread = wilson(row.solved, len(row.errors)), Spread.of(row.errors)
        said = ""
        if id(row) in known:
            ratio, chance = known[id(row)]
            said = f"{np.exp(np.median(ratio)):.2g} (p = {chance:.1g})"
        lines.append(
            f"| {row.case} | {row.noise:g} | {row.method} | {row.variant} | {row.solved}/"
            f"{len(row.errors)} [{share.lower:.0%}, {share.upper:.0%}] | {spread.median:.1e} "
            f"[{spread.lower:.1e}, {spread.upper:.1e}] | {said} |"
        )
    return lines


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=1500)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.003, 0.01, 0.03])
    parser.add_argument("--methods", nargs="+", default=["qng"])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(words)
    groups = [
        measure(case, noise, name, asked.starts, asked.evaluations)
        for name in asked.methods
        for case in cases()
        for noise in asked.noise
    ]
    print(f"{asked.starts} starts, {asked.evaluations} evaluations each")
    print("\n".join(table(groups)))
    if asked.json is not None:
        rows = [asdict(row) for group in groups for row in group]
        asked.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
