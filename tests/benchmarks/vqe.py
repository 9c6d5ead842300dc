"""VQE of qiskit-algorithms with our optimizer, and with its own SPSA and L-BFGS-B.

Same ansatz, starts, estimator and number of evaluations, which the estimator counts itself. Errors
are those of the exact energies at the points that VQE returns. The metric of `qng` is computed; of
`qng-blocks` it is measured from shots, and its circuits count as evaluations: VQE gets as many
fewer. What is solved is within 1.6 mHa, or of a spin chain within 1 % of its lowest energy.

    python -m tests.benchmarks.vqe [--starts 20] [--evaluations 1500] [--noise 0 0.01] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.primitives import BaseEstimatorV2, StatevectorEstimator
from qiskit.primitives.containers import DataBin, PrimitiveResult, PubResult
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.primitive_job import PrimitiveJob
from qiskit.quantum_info import SparsePauliOp

import qng
from qng.report.inference import holm, signed_rank, wilson
from qng.report.statistics import Spread
from tests.benchmarks.common import check

SHOTS = 20_000
"""Of the measured metric in a step."""

TRIED = 18
"""Evaluations at the start by which noise is found, which the trace does not count."""

OURS = "qng"
ROWS = ("qng", "qng damping=0.03", "qng-blocks", "SPSA", "L-BFGS-B")


@dataclass(frozen=True)
class Task:
    """A Hamiltonian and an ansatz."""

    name: str
    ansatz: QuantumCircuit
    operator: SparsePauliOp
    accuracy: float

    @property
    def problem(self) -> qng.Problem:
        return qng.Problem(self.ansatz, self.operator)

    @property
    def lowest(self) -> float:
        return float(np.linalg.eigvalsh(self.operator.to_matrix())[0])


def tasks() -> list[Task]:
    """H2 in two qubits and the transverse-field Ising chain at its critical point."""
    h2 = SparsePauliOp(
        ["II", "IZ", "ZI", "ZZ", "XX"],
        [-1.052373, 0.397937, -0.397937, -0.011280, 0.180931],
    )
    n = 5
    pairs = [("ZZ", [k, k + 1], -1.0) for k in range(n - 1)]
    fields = [("X", [k], -1.0) for k in range(n)]
    chain = SparsePauliOp.from_sparse_list(pairs + fields, num_qubits=n)
    lowest = abs(float(np.linalg.eigvalsh(chain.to_matrix())[0]))
    return [
        Task("H2, 8 parameters", efficient_su2(2, reps=1), h2, 1.6e-3),
        Task("Ising, 15 parameters", real_amplitudes(n, reps=2), chain, 0.01 * lowest),
    ]


class Counting(BaseEstimatorV2):
    """Energies of one problem with normal noise: a StatevectorEstimator, 20 times faster.

    Attributes:
        asked: At how many points.
    """

    def __init__(self, problem: qng.Problem, precision: float, seed: int) -> None:
        self.problem, self.precision = problem, precision
        self.rng = np.random.default_rng(seed)
        self.asked = 0

    def run(self, pubs: Any, *, precision: float | None = None) -> Any:
        made = [EstimatorPub.coerce(pub, self.precision) for pub in pubs]
        job = PrimitiveJob(lambda: PrimitiveResult([self._one(pub) for pub in made]))
        job._submit()
        return job

    def _one(self, pub: EstimatorPub) -> PubResult:
        points = pub.parameter_values.as_array(pub.circuit.parameters)
        flat = points.reshape(-1, points.shape[-1])
        self.asked += len(flat)
        values = qng.energy(self.problem, flat).value + self.precision * self.rng.normal(
            size=len(flat)
        )
        evs = values.reshape(pub.shape)
        stds = np.full(pub.shape, self.precision)
        return PubResult(DataBin(evs=evs, stds=stds, shape=pub.shape), metadata={})


@dataclass(frozen=True)
class Row:
    """What an optimizer has done from all starts."""

    task: str
    noise: float
    optimizer: str
    errors: list[float]
    evaluations: list[int]
    accuracy: float
    seconds: float

    @property
    def solved(self) -> int:
        return sum(error <= self.accuracy for error in self.errors)


def optimizer(name: str, most: int) -> Any:
    """One of `ROWS` that takes at most so many evaluations, with its own settings."""
    from qiskit_algorithms.optimizers import L_BFGS_B, SPSA

    from qng.adapters.qiskit import Optimizer

    if name == "SPSA":
        return SPSA(maxiter=(most - 51) // 2)  # 50 for its calibration, one at the end
    if name == "L-BFGS-B":
        return L_BFGS_B(maxfun=most)
    more: dict[str, Any] = {"shots": SHOTS, "seed": 1} if name == "qng-blocks" else {}
    if "damping" in name:
        more = {"damping": 0.03}
    return Optimizer(name.partition(" ")[0], maxiter=most, maxfev=most, **more)


def one(
    task: Task,
    problem: qng.Problem,
    name: str,
    start: np.ndarray,
    most: int,
    noise: float,
    seed: int,
) -> tuple[float, int]:
    """(error, evaluations) of one VQE."""
    from qiskit_algorithms import VQE
    from qiskit_algorithms.utils import algorithm_globals

    algorithm_globals.random_seed = seed  # of the directions of SPSA
    estimator = Counting(problem, noise, seed)
    vqe = VQE(estimator, task.ansatz, optimizer(name, most), initial_point=start)
    found = vqe.compute_minimum_eigenvalue(task.operator)
    x, spent = np.asarray(found.optimal_point), estimator.asked
    if name.startswith("qng"):
        x, spent = _within(found.optimizer_result.run, most, name == "qng-blocks", spent)
    return float(qng.energy(problem, x).value) - task.lowest, spent


def _within(run: Any, most: int, measured: bool, spent: int) -> tuple[np.ndarray, int]:
    """The last point that was kept within the evaluations, those of a measured metric included."""
    rows = run.trace.rows
    for row in reversed(rows):
        used = row.evaluations - (0 if measured else row.step + (row is not rows[-1]))
        if used <= most - TRIED and row.accepted:
            return np.asarray(row.theta), used
    return np.asarray(rows[0].theta), spent


def measure(task: Task, noise: float, starts: int, most: int) -> list[Row]:
    """All optimizers from the same starts."""
    problem = task.problem
    rng = np.random.default_rng(16)
    points = rng.uniform(-np.pi, np.pi, (starts, task.ansatz.num_parameters))
    theirs = StatevectorEstimator().run([(task.ansatz, task.operator, points[0])]).result()
    check(task.name, qng.energy(problem, points[:1]).value, np.atleast_1d(theirs[0].data.evs), 1e-9)
    found = []
    for name in ROWS:
        begun = time.perf_counter()
        runs = [one(task, problem, name, x, most, noise, k) for k, x in enumerate(points)]
        errors, spent = zip(*runs)
        seconds = (time.perf_counter() - begun) / starts
        found.append(Row(task.name, noise, name, list(errors), list(spent), task.accuracy, seconds))
    return found


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of Markdown: shares solved with 95 % intervals, errors, and who is better than ours."""
    ours = {(row.task, row.noise): row for row in rows if row.optimizer == OURS}
    others = [row for row in rows if row.optimizer != OURS]
    chances = holm([_chance(ours[row.task, row.noise], row) for row in others])
    known = {id(row): chance for row, chance in zip(others, chances)}
    lines = [
        "| problem | noise | optimizer | solved [95 %] | error, median [quartiles] | evaluations | "
        "against qng (Wilcoxon, Holm) | s a run |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        share, errors = wilson(row.solved, len(row.errors)), Spread.of(row.errors)
        said = (
            "" if row.optimizer == OURS else _said(ours[row.task, row.noise], row, known[id(row)])
        )
        lines.append(
            f"| {row.task} | {row.noise:g} | {row.optimizer} | {row.solved}/{len(row.errors)} "
            f"[{share.lower:.0%}, {share.upper:.0%}] | {errors.median:.1e} [{errors.lower:.1e}, "
            f"{errors.upper:.1e}] | {np.median(row.evaluations):.0f} | {said} | {row.seconds:.2f} |"
        )
    return lines


def _chance(ours: Row, other: Row) -> float:
    """p that both are as good, from the logarithms of the errors at the same starts."""
    return signed_rank(np.log(np.maximum(other.errors, 1e-9) / np.maximum(ours.errors, 1e-9)))


def _said(ours: Row, other: Row, chance: float) -> str:
    ratio = np.maximum(other.errors, 1e-9) / np.maximum(ours.errors, 1e-9)
    ratio = ratio[ratio != 1.0]  # both at the floor: nobody knows
    if chance > 0.05:
        return f"not told apart (p = {chance:.2g})"
    return f"qng is {'better' if np.median(ratio) > 1 else 'worse'} (p = {chance:.1g})"


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=1500)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.01])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(words)
    rows: list[Row] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for noise in asked.noise:
            for task in tasks():
                rows += measure(task, noise, asked.starts, asked.evaluations)
    print(f"{asked.starts} starts, {asked.evaluations} evaluations each")
    print("\n".join(table(rows)))
    if asked.json is not None:
        asked.json.write_text(json.dumps([asdict(row) for row in rows]))


if __name__ == "__main__":
    main()
