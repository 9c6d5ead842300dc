"""QN-SPSA against QNG, gradient descent and SPSA, after figure 1(b) of Gacon et al."""

from __future__ import annotations

import numpy as np

from qng.circuit.random_layers import gacon, random_axes
from qng.optimize import methods
from qng.plan.shots import PerCircuit
from qng.problem.problem import Problem
from qng.report.literature import TEXTS
from qng.reproduce import FIGURE, Entry, Reproduction, Study, check, pictures, plots, published

QUBITS, REPEATS = 7, 10  # published are 11 and 25: some ten times as long
ONCE = {"gd": published.gd(0.01), "qng": published.block_qng(0.01, 1e-3)}
REPEATED = {
    "spsa": methods.spsa(0.01, step=0.01),
    "qn-spsa": methods.qn_spsa(0.01, step=0.01),
}


def studies() -> dict[str, Study]:
    """One random circuit and start, as published; which ones, is not known."""
    circuit, middle = gacon(random_axes(QUBITS, 4, seed=0)), QUBITS // 2
    start = np.random.default_rng(0).uniform(-np.pi, np.pi, circuit.n_parameters)
    observable = {f"Z{middle - 1} Z{middle}": 1.0}
    problem = Problem(circuit, observable, start, reference=-1.0, name=f"random-{QUBITS}")
    shots = PerCircuit(8192)
    return {
        "once": Study(problem, ONCE, steps=600, shots=shots),
        "repeated": Study(
            problem, REPEATED, start=np.tile(start, (REPEATS, 1)), steps=600, shots=shots
        ),
    }


def picture(done: Reproduction) -> plots.Picture:
    """Mean energies, with the standard deviation of the repeats as a band."""
    curves: dict[str, object] = {}
    for name in (*ONCE, *REPEATED):
        energies = done.results.energies(name)
        middle, spread = energies.mean(axis=0), energies.std(axis=0)
        steps = np.arange(len(middle))
        banded = (steps, middle, middle - spread, middle + spread)
        curves[name] = banded if name in REPEATED else (steps, middle)
    return pictures.curves(done, curves, "step", "energy", note="mean and standard deviation")


ENTRY = Entry(
    "P19",
    "QN-SPSA against QNG, gradient descent and SPSA",
    TEXTS["gacon2021"],
    studies=studies,
    checks=(
        check.ordering("qng < qn-spsa < gd", FIGURE, at=200, study="*", over="mean"),
        check.ordering("qng < qn-spsa < gd", FIGURE, at=400, study="*", over="mean"),
        check.ordering("gd ~ spsa", FIGURE, at=200, within=0.1, study="*", over="mean"),
        check.ordering("gd ~ spsa", FIGURE, at=400, within=0.1, study="*", over="mean"),
    ),
    picture=picture,
    note="Settings of the Amazon Braket example, whose circuit and start are drawn without a seed: "
    "only the order of the methods can be compared. 7 qubits and 10 repeats for 11 and 25.",
    seconds=62,
)
