"""Errors of all estimates from bits that are corrected by measured readout rates: a table.

Two qubits, four random Pauli rotations, a sum of X, Y, Z and ZZ; readout errors of 3 to 8 %. For
every quantity, over repetitions with fresh shots and a fresh calibration each: errors claimed over
true ones (root mean squares over standard deviations) and coverage of 1.96 errors, least and most
over the entries; chi2 a number; and the largest bias in units of the error claimed. Of 1,000
repetitions a ratio is known to 2.2 %, a coverage of 95 % to .7 %.

    python -m tests.benchmarks.calibration [--calibration 200] [--shots 1000] [--repetitions 1000]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from qng.circuit.ansatz import random_pauli
from qng.circuit.pauli import PauliSum
from qng.estimate import energy, gradient, hessian
from qng.estimate.fubini import blocks, hadamard, overlaps
from qng.plan.plan import Plan
from qng.plan.readout import Readout
from tests import dense, scores

CIRCUIT = random_pauli(2, 2, seed=5)
THETA = np.linspace(0.3, 1.4, 4)
H = PauliSum({"X0": 1.0, "Y1": 1.0, "Z0": 1.0, "Z0 Z1": 0.7})
RATES = np.array([0.03, 0.06, 0.04]), np.array([0.08, 0.03, 0.05])

Row = tuple[Callable[[], Plan[Any]], Callable[[Any], np.ndarray], np.ndarray]


def rows() -> dict[str, Row]:
    """By name the plan, how its numbers are read, and their true values."""
    g, f = dense.metric(CIRCUIT, THETA), 2 * dense.tensor(CIRCUIT, THETA).imag
    inside = [block.rotations for block in CIRCUIT.blocks()]
    in_blocks = np.zeros_like(g)
    for index in inside:
        in_blocks[np.ix_(index, index)] = g[np.ix_(index, index)]

    def matrix(found: Any) -> np.ndarray:
        return found.dense()

    def value(found: Any) -> np.ndarray:
        return found.value

    of = CIRCUIT, H, THETA
    return {
        "energy": (lambda: energy.expectation(*of), value, dense.energy(*of)),
        "gradient": (lambda: gradient.parameter_shift(*of), value, dense.gradient(*of)),
        "hessian": (lambda: hessian.parameter_shift(*of), matrix, dense.hessian(*of)),
        "blocks": (lambda: blocks.blocks(CIRCUIT, THETA), matrix, in_blocks),
        "overlaps": (lambda: overlaps.full(CIRCUIT, THETA), matrix, g),
        "blocks+overlaps": (lambda: overlaps.blocks_plus(CIRCUIT, THETA), matrix, g),
        "hadamard": (lambda: hadamard.full(CIRCUIT, THETA), matrix, g),
        "curvature": (lambda: hadamard.berry_curvature(CIRCUIT, THETA), value, f),
    }


def line(name: str, row: Row, calibration: float, shots: int, repetitions: int) -> str:
    """A row of the table; `shots` are those of a circuit and point."""
    make, read, true = row
    plan = make()
    points = scores.in_the_limit(plan).evaluations
    readout = Readout(*RATES, shots=calibration)
    values, errors = scores.repeated(plan, shots * points, read, readout, repetitions)
    some = np.all(errors > 1e-6, axis=0) & (np.ptp(values, axis=0) > 1e-9)
    z = (values - true)[:, some] / errors[:, some]
    claimed = np.sqrt(np.mean(errors[:, some] ** 2, axis=0))
    ratio = claimed / values[:, some].std(axis=0)
    bias = (values.mean(axis=0) - true)[some] / claimed
    held = np.mean(np.abs(z) <= 1.96, axis=0)
    return (
        f"| {name} | {ratio.min():.2f} to {ratio.max():.2f} | {held.min():.3f} to "
        f"{held.max():.3f} | {np.mean(z**2):.2f} | {np.abs(bias).max():.2f} |"
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calibration", type=float, default=200)
    parser.add_argument("--shots", type=int, default=1000)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--only", nargs="*", default=None, help="names of rows")
    given = parser.parse_args(arguments)
    print("| quantity | claimed / true | coverage | chi2 a number | bias / error |")
    print("|---|---|---|---|---|")
    for name, row in rows().items():
        if given.only is None or name in given.only:
            found = line(name, row, given.calibration, given.shots, given.repetitions)
            print(found, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
