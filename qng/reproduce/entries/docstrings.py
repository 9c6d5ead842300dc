"""Matrices, gradients and steps that PennyLane's docstrings print."""

import numpy as np

import qng
from qng.circuit.circuit import Circuit
from qng.problem.problem import Problem
from qng.reproduce import PRINTED, Entry, Source, Study, check, legacy, published
from qng.reproduce.results import Results

AT = (0.1, 0.2, 0.4, 0.5)


def circuit(names: str, gates: str) -> Circuit:
    inputs = "".join(f"input float[64] {name};" for name in names)
    return Circuit.from_qasm(f'OPENQASM 3; include "stdgates.inc"; {inputs} qubit[2] q; {gates}')


TURNS = circuit("abcd", "rx(a) q[0]; ry(b) q[0]; cx q[0], q[1]; rz(c) q[1]; rz(d) q[0];")
SWAPPED = circuit("abcd", "rx(b) q[0]; ry(a) q[0]; cx q[0], q[1]; rz(c) q[1]; rz(d) q[0];")
QUANTUM = circuit("abc", "ry(a) q[1]; cx q[1], q[0]; ry(b) q[1]; rz(c) q[1];")
CLASSICAL = circuit("ab", "rx(a) q[0]; cx q[0], q[1]; cry(b) q[1], q[0]; h q[1];")
PLANE = circuit("ab", "rx(a) q[0]; ry(b) q[0];")
METRIC = [
    [0.25, 0, -0.0497, -0.0497],
    [0, 0.2475, 0.0243, 0.0243],
    [-0.0497, 0.0243, 0.0123, 0.0123],
    [-0.0497, 0.0243, 0.0123, 0.0123],
]
PART = [[0.25, -0.02495835, -0.02495835], *[[-0.02495835, 0.01226071, 0.01226071]] * 2]


def size(theta: np.ndarray) -> float:
    """Frobenius norm of the block-diagonal metric."""
    return float(np.linalg.norm(qng.metric(TURNS, theta, "blocks", rule="wires").dense()))


def values(found: Results) -> dict[str, np.ndarray]:
    target = Problem(QUANTUM, {"X0 X1": 1.0, "Z1": -0.5}, (0.5, 1.0, 0.2))
    return {
        "metric": qng.metric(TURNS, AT).dense(),
        "metric in blocks": qng.metric(TURNS, AT, "blocks", rule="wires").dense(),
        "slopes of its norm": np.array([size(AT + d) - size(AT - d) for d in 1e-5 * np.eye(4)])
        / 2e-5,
        "metric of three parameters": qng.metric(SWAPPED, AT).dense()[1:, 1:],
        "quantum Fisher information": 4 * qng.metric(target).dense(),
        "gradient": qng.gradient(target).value,
        "classical Fisher information": qng.metric(
            CLASSICAL, legacy.classical_fisher(), "fisher"
        ).dense(),
        "step of qng": found.run("qng").x,
        "step of momentum-qng": found.run("momentum-qng").x,
    }


ENTRY = Entry(
    "docstrings",
    "Matrices, gradients and steps in PennyLane's docstrings",
    Source(
        "pennylane",
        ("{PennyLane}",),
        "Docstrings of PennyLane",
        url="https://docs.pennylane.ai",
        version="0.45.1",
    ),
    studies={
        "qng": Study(
            Problem(PLANE, {"X0": 1.0, "X1": 1.0}, (0.011, 0.012)),
            {"qng": published.block_qng(0.01)},
            steps=1,
        ),
        "momentum": Study(
            Problem(PLANE, {"X0": 1.0}, (0.5, 0.23)),
            {"momentum-qng": published.momentum_qng(0.01, rho=0.93)},
            steps=1,
        ),
    },
    values=values,
    checks=(
        check.value("metric", METRIC, 5e-5, PRINTED),
        check.matrix(
            "metric in blocks", (0.25, 0.2475, 0.0123, 0.0123), {(2, 3): 0.0123}, 5e-5, PRINTED
        ),
        check.value("slopes of its norm", (-0.0282246, 0.01340413, 0, 0), 1e-7, PRINTED),
        check.value("metric of three parameters", PART, 1e-8, PRINTED),
        check.matrix("quantum Fisher information", (1, 1, 0.77517241), {}, 1e-8, PRINTED),
        check.value("gradient", (0.59422561, -0.02615095, -0.05146226), 1e-8, PRINTED),
        check.matrix(
            "classical Fisher information",
            (0.90156094, 0.01748614),
            {(0, 1): -0.12555804},
            1e-8,
            PRINTED,
        ),
        check.value("step of qng", (0.01100528, -0.02799954), 1e-8, PRINTED),
        check.value("step of momentum-qng", (0.50437193, 0.18562052), 1e-8, PRINTED),
    ),
    note="The docstring of metric_tensor with a PhaseShift is left out: what it prints for it is no metric, and differs from that of PennyLane's own adjoint_metric_tensor.",
    fast=True,
    seconds=1,
)
