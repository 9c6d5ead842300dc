"""Matrices, gradients and steps that PennyLane's docstrings print."""

import numpy as np

import qng
from qng.circuit.circuit import Circuit
from qng.problem.problem import Problem
from qng.reproduce import (
    OWN,
    PRINTED,
    Entry,
    Results,
    Source,
    Study,
    check,
    legacy,
    pictures,
    published,
)


def circuit(names: str, gates: str) -> Circuit:
    """Two qubits, and a parameter a letter."""
    inputs = "".join(f"input float[64] {name};" for name in names)
    return Circuit.from_qasm(f'OPENQASM 3; include "stdgates.inc"; {inputs} qubit[2] q; {gates}')


AT = (0.1, 0.2, 0.4, 0.5)
TURNS = circuit("abcd", "rx(a) q[0]; ry(b) q[0]; cx q[0], q[1]; rz(c) q[1]; rz(d) q[0];")
SWAPPED = circuit("abcd", "rx(b) q[0]; ry(a) q[0]; cx q[0], q[1]; rz(c) q[1]; rz(d) q[0];")
CLASSICAL = circuit("ab", "rx(a) q[0]; cx q[0], q[1]; cry(b) q[1], q[0]; h q[1];")
QUANTUM = circuit("abc", "ry(a) q[1]; cx q[1], q[0]; ry(b) q[1]; rz(c) q[1];")
TARGET = Problem(QUANTUM, {"X0 X1": 1.0, "Z1": -0.5}, (0.5, 1.0, 0.2))
PLANE = circuit("ab", "rx(a) q[0]; ry(b) q[0];")
BOTH = Problem(PLANE, {"X0": 1.0, "X1": 1.0}, (0.011, 0.012))
ONE = Problem(PLANE, {"X0": 1.0}, (0.5, 0.23))
SHORT = [0.25, 0.2475, 0.0123, 0.0123]
SHORT_BEYOND = {(0, 2): -0.0497, (0, 3): -0.0497, (1, 2): 0.0243, (1, 3): 0.0243}
LONG = [0.25, 0.24750832, 0.01226071, 0.01226071]
LONG_BEYOND = {(0, 2): -0.04966733, (0, 3): -0.04966733, (1, 2): 0.02433865, (1, 3): 0.02433865}
SHORT_LAST, LONG_LAST = {(2, 3): 0.0123}, {(2, 3): 0.01226071}
URL = "https://docs.pennylane.ai"
PART = {(0, 1): -0.02495835, (0, 2): -0.02495835, (1, 2): 0.01226071}


def blocks(theta: np.ndarray | tuple[float, ...]) -> np.ndarray:
    """PennyLane's block-diagonal metric."""
    return qng.metric(TURNS, theta, "blocks", rule="wires").dense()


def values(found: Results) -> dict[str, object]:
    """What the docstrings print."""
    norms = [[np.linalg.norm(blocks(AT + s * e)) for s in (1e-5, -1e-5)] for e in np.eye(4)]
    return {
        "metric": qng.metric(TURNS, AT).dense(),
        "in blocks": blocks(AT),
        "slope of its norm": np.subtract(*np.transpose(norms)) / 2e-5,
        "of b, c and d": qng.metric(SWAPPED, AT).dense()[1:, 1:],
        "4 g": 4 * qng.metric(TARGET).dense(),
        "gradient": qng.gradient(TARGET).value,
        "Fisher": qng.metric(CLASSICAL, legacy.classical_fisher(), "fisher").dense(),
        "step of qng": found.run("qng").x,
        "step of momentum-qng": found.run("momentum-qng").x,
    }


ENTRY = Entry(
    "docstrings",
    "Matrices, gradients and steps in PennyLane's docstrings",
    Source("pennylane-docs", ("{PennyLane}",), "Docstrings of PennyLane 0.45.1", url=URL),
    studies={
        "qng": Study(BOTH, {"qng": published.block_qng(0.01)}, steps=1),
        "momentum": Study(ONE, {"momentum-qng": published.momentum_qng(0.01, rho=0.93)}, steps=1),
    },
    values=values,
    checks=(
        check.matrix("metric", SHORT, SHORT_LAST | SHORT_BEYOND, 5e-5, PRINTED),
        check.matrix("metric", LONG, LONG_LAST | LONG_BEYOND, 1e-8, OWN),
        check.matrix("in blocks", SHORT, SHORT_LAST, 5e-5, PRINTED),
        check.matrix("in blocks", LONG, LONG_LAST, 1e-8, OWN),
        check.value("slope of its norm", (-0.0282246, 0.01340413, 0, 0), 1e-7, PRINTED),
        check.matrix("of b, c and d", (0.25, 0.01226071, 0.01226071), PART, 1e-8, PRINTED),
        check.matrix("4 g", (1, 1, 0.77517241), {}, 1e-8, PRINTED),
        check.value("gradient", (0.59422561, -0.02615095, -0.05146226), 1e-8, PRINTED),
        check.matrix("Fisher", (0.90156094, 0.01748614), {(0, 1): -0.12555804}, 1e-8, PRINTED),
        check.value("step of qng", (0.01100528, -0.02799954), 1e-8, PRINTED),
        check.value("step of momentum-qng", (0.50437193, 0.18562052), 1e-8, PRINTED),
    ),
    picture=lambda done: pictures.metrics(done, "metric", "in blocks"),
    note="Left out: the metric of a PhaseShift, of which the docstring prints entries that are not "
    "those of PennyLane's adjoint_metric_tensor.",
    fast=True,
    seconds=0.5,
)
