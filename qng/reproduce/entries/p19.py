"""QN-SPSA against QNG, gradient descent and SPSA, after figure 1(b) of Gacon et al."""

import numpy as np

from qng.circuit.random_layers import gacon, random_axes
from qng.optimize import methods
from qng.plan.shots import PerCircuit
from qng.problem.problem import Problem
from qng.report.literature import TEXTS
from qng.reproduce import FIGURE, Entry, Study, check, published

QUBITS, REPEATS = 7, 10  # as published: 11 qubits and 25 repeats, some ten times as long
METHODS = {
    "gd": published.gd(0.01),
    "qng": published.block_qng(0.01, 1e-3),
    "spsa": methods.spsa(0.01, step=0.01),
    "qn-spsa": methods.qn_spsa(0.01, step=0.01),
}


def studies() -> dict[str, Study]:
    """One random circuit and start, as published; which, is not known."""
    circuit, middle = gacon(random_axes(QUBITS, 4, seed=0)), QUBITS // 2
    start = np.random.default_rng(0).uniform(-np.pi, np.pi, circuit.n_parameters)
    problem = Problem(
        circuit, {f"Z{middle - 1} Z{middle}": 1.0}, start, reference=-1.0, accuracy=0.01
    )
    return {
        f"{QUBITS} qubits, 8192 shots a circuit": Study(
            problem,
            METHODS,
            start=np.tile(start, (REPEATS, 1)),
            steps=600,
            shots=PerCircuit(8192),
        )
    }


ENTRY = Entry(
    "P19",
    "QN-SPSA against QNG, gradient descent and SPSA",
    TEXTS["gacon2021"],
    studies=studies,
    checks=(
        check.ordering("qng < qn-spsa < gd", FIGURE, at=200, over="mean"),
        check.ordering("qng < qn-spsa < gd", FIGURE, at=400, over="mean"),
        check.ordering("gd ~ spsa", FIGURE, at=200, within=0.1, over="mean"),
        check.ordering("gd ~ spsa", FIGURE, at=400, within=0.1, over="mean"),
    ),
    note="Settings of the Amazon Braket example, whose circuit is drawn without a seed: only the "
    "order of the methods can be compared. 7 qubits and 10 repeats in place of 11 and 25.",
    seconds=60,
)
