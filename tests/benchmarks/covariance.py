"""Claimed over true standard deviations of numbers made of sampled metrics, for every estimator.

For 500 repetitions, eight random pairs v, w and the largest eigenvalue: the standard deviation that
the metric claims of v^T M w, as the root mean square over the repetitions, over the one that is
seen. Beside it what would be claimed if the errors of entries had nothing in common. A ratio is
known to 3 % at 500 repetitions.

    python -m tests.benchmarks.covariance [--repetitions 500] [names ...]
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np

from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.estimate.table import METRICS, chosen
from qng.geometry import Dense, Metric
from qng.geometry.spectrum import decomposed
from qng.plan.quantities import By
from tests.benchmarks.common import one_of
from tests.scores import repeated

OBSERVABLE = PauliSum({"Z0": 0.7, "X1": -0.4, "Z0 Z1": 0.5, "Y0 X1": 0.3})
OPTIONS: dict[str, dict[str, Any]] = {
    "spsa": {"draws": 16, "step": 0.3},
    "fisher": {"basis": "X"},
    "fisher-diagonal": {"basis": "X"},
}
PAIRS = 8


def chain(n_qubits: int) -> Circuit:
    """RY on one qubit, carried to all others by CX, and RZ on all: their bits agree."""
    names = [f"a{k}" for k in range(n_qubits)]
    spread = [Gate("cx", (k, k + 1)) for k in range(n_qubits - 1)]
    turns = [Rotation(Pauli(0, 1 << k), parameter(name)) for k, name in enumerate(names)]
    return Circuit(n_qubits, [Rotation(Pauli.parse("Y0"), as_angle(0.8)), *spread, *turns], names)


CIRCUITS = {
    "3 qubits, 12 parameters": hardware_efficient(3, 1, ("rx", "rz")),
    "8 qubits, 24 parameters": real_amplitudes(8, 2),
    "8 qubits in a chain": chain(8),
}
# What larger circuits are asked for.
LARGE = ("blocks", "overlaps")


class Row:
    """Repetitions of one estimator on one circuit.

    Args:
        name: Of the estimator.
        circuit: The circuit.
        shots: Of one estimate.
        repetitions: How many.
    """

    def __init__(self, name: str, circuit: Circuit, shots: int, repetitions: int) -> None:
        rng = np.random.default_rng(5)
        theta = rng.uniform(0.3, 2.8, circuit.n_parameters)
        by = By(name, **OPTIONS.get(name, {}))
        estimate = chosen("metric", by, METRICS, counting=True)
        self.pairs = rng.normal(size=(PAIRS, 2, circuit.n_parameters))
        self.claimed: list[list[float]] = []
        self.apart: list[list[float]] = []
        plan = estimate(circuit, theta, observable=OBSERVABLE, seed=1)
        values, _ = repeated(plan, shots, self.read, repetitions=repetitions)
        self.true = values.std(axis=0, ddof=1)

    def read(self, metric: Metric) -> np.ndarray:
        """The numbers; what is claimed of them is kept."""
        w, _, errors = decomposed(metric)
        apart = Dense(metric.dense(), metric.std_error)
        self.claimed.append([*(metric.variance_of(*p) for p in self.pairs), errors[-1] ** 2])
        of_apart = decomposed(apart)[2][-1] ** 2
        self.apart.append([*(apart.variance_of(*p) for p in self.pairs), of_apart])
        return np.array([*(v @ metric.matvec(u) for v, u in self.pairs), w[-1]])

    def cells(self) -> list[str]:
        """Of both claims the ratios of forms, smallest to largest, and that of the eigenvalue."""
        found = []
        for claims in (self.claimed, self.apart):
            # What the structure of the circuit fixes has no error.
            ratios = np.sqrt(np.mean(claims, axis=0)) / np.where(
                self.true > 1e-12, self.true, np.nan
            )
            forms, top = ratios[:-1], ratios[-1]
            found += [f"{np.nanmin(forms):.2f} to {np.nanmax(forms):.2f}", f"{top:.2f}"]
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    counting = [name for name, row in METRICS.items() if row.variant(True) is not None]
    parser.add_argument(
        "names", nargs="*", type=one_of(counting), help=f"of {', '.join(counting)}; all by default"
    )
    parser.add_argument("--repetitions", type=int, default=500)
    asked = parser.parse_args()
    names = asked.names or [name for name in counting if name != "stein"]
    print("| circuit | estimator | v^T M w | largest eigenvalue | both, if entries were apart | |")
    print("|---|---|---|---|---|---|")
    for label, circuit in CIRCUITS.items():
        for name in names:
            if circuit.n_qubits > 3 and name not in LARGE:
                continue
            if label.endswith("chain") and name != "blocks":
                continue
            began = time.perf_counter()
            row = Row(name, circuit, 400_000, asked.repetitions)
            print(f"| {label} | {name} | {' | '.join(row.cells())} |", flush=True)
            print(f"{label}, {name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
