"""What a gradient from readings costs: by the shift rule, by differences, and as it is chosen.

    python -m tests.benchmarks.slopes [--starts 100]

The function is the mean of a QAOA of two layers on a ring, from shots; rotations are by weights, so
that gamma has many frequencies. The first table has readings times mean squared error of one entry
of the gradient over random points, without sampling, from means and variances of the state: ratios
of the shift rule's over that of differences and over that of what is chosen. The second has runs of
`qng` from the same starts, over as many steps, and the mean difference of their true energies with
its standard error.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from qiskit.circuit.library import QAOAAnsatz
from qiskit.quantum_info import SparsePauliOp

from qng.adapters.functions import choice, slopes
from qng.adapters.functions.loop import Asked, Settings, minimized
from qng.circuit.circuit import Circuit
from qng.circuit.frequencies import waves

SHOTS = (100, 500, 5000)
LAYERS = 2


@dataclass(frozen=True)
class Ring:
    """QAOA on a ring with weights; parameters are all beta, then all gamma."""

    weights: tuple[float, ...]

    @cached_property
    def circuit(self) -> Circuit:
        """As Qiskit makes it."""
        n = len(self.weights)
        words = [("ZZ", [k, (k + 1) % n], w) for k, w in enumerate(self.weights)]
        operator = SparsePauliOp.from_sparse_list(words, num_qubits=n)
        return Circuit.from_qiskit(QAOAAnsatz(operator, reps=LAYERS).decompose(reps=3))

    @cached_property
    def cost(self) -> np.ndarray:
        """The value of every bit string, shape (2^n,)."""
        n = len(self.weights)
        spins = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        return np.array(self.weights) @ (spins * np.roll(spins, -1, axis=1)).T

    def probabilities(self, points: np.ndarray) -> np.ndarray:
        """Shape (points, 2^n)."""
        n = len(self.weights)
        psi = np.full((len(points), 2**n), 2 ** (-n / 2), complex)
        for k in range(LAYERS):
            psi = psi * np.exp(-1j * points[:, LAYERS + k, None] * self.cost)
            beta = points[:, k, None, None, None]
            for q in range(n):
                v = psi.reshape(len(points), -1, 2, 2**q)
                psi = np.cos(beta) * v - 1j * np.sin(beta) * v[:, :, ::-1]
            psi = psi.reshape(len(points), -1)
        found: np.ndarray = np.abs(psi) ** 2
        return found / found.sum(axis=1, keepdims=True)

    def moments(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of a shot."""
        p = self.probabilities(points)
        mean = p @ self.cost
        return mean, p @ self.cost**2 - mean**2


RINGS = (
    Ring((1.0, 0.7, 0.5, 0.3)),
    Ring((1.0, 1.0, 1.0, 1.0)),
    Ring((0.8, 1.3, 0.4, 0.9, 1.1, 0.6)),
    Ring((1.0,) * 8),
)


def price(ring: Ring, way: slopes.Combination, i: int, points: np.ndarray, shots: int) -> float:
    """Readings times mean squared error of entry i."""
    mine = way.weights[:, i] != 0
    moves, weights = way.moves[mine], way.weights[mine, i]
    total = 0.0
    for theta in points:
        means, variances = ring.moments(theta + moves)
        ends = ring.moments(theta + 1e-5 * np.outer([1, -1], np.eye(len(theta))[i]))[0]
        bias = float(weights @ means - (ends[0] - ends[1]) / 2e-5)
        total += float(weights**2 @ variances) / shots + bias**2
    return float(mine.sum()) * total / len(points)


def prices(ring: Ring) -> list[str]:
    """Lines of the first table."""
    rng, known = np.random.default_rng(17), waves([ring.circuit])
    points = rng.uniform(-np.pi, np.pi, (40, 2 * LAYERS))
    spread = float(np.std(ring.moments(rng.uniform(-np.pi, np.pi, (2000, 2 * LAYERS)))[0]))
    lines = []
    for shots in SHOTS:
        sigma = float(np.sqrt(np.mean(ring.moments(points)[1]) / shots))
        reach = choice.reach_of(sigma, spread)
        ways = (
            choice.by_rule(known),
            choice.by_differences(known, reach),
            choice.better(known, reach),
        )
        for name, i in (("beta", 0), ("gamma", LAYERS)):
            rule, short, chosen = (price(ring, w.combination, i, points, shots) for w in ways)
            wave: Any = known[i]
            lines.append(
                f"| {shown(ring)} | {name}, N = {wave.rule[1]} | {shots} | {rule / short:.1f} | "
                f"{rule / chosen:.1f} |"
            )
    return lines


def energy(
    ring: Ring, gradient: str, start: np.ndarray, shots: int, seed: int
) -> tuple[float, int]:
    """The true energy where a run ends, and its evaluations."""
    rng = np.random.default_rng((seed, shots))

    def read(points: np.ndarray) -> np.ndarray:
        p = ring.probabilities(points.reshape(-1, len(start)))
        return np.array([rng.multinomial(shots, one) @ ring.cost / shots for one in p])

    asked = Asked(read, start, circuit=ring.circuit, together=True, steps=15)
    found = minimized(Settings("qng", gradient=gradient), asked)
    return float(ring.moments(found.run.x[None])[0][0]), found.nfev


def runs(ring: Ring, starts: int) -> list[str]:
    """Lines of the second table."""
    lines = []
    points = np.random.default_rng(18).uniform(-1, 1, (starts, 2 * LAYERS))
    for shots in SHOTS:
        ends = {
            name: np.array([energy(ring, name, x, shots, k) for k, x in enumerate(points)])
            for name in ("parameter-shift", "auto")
        }
        (rule, many), (ours, few) = (ends[name].T for name in ("parameter-shift", "auto"))
        error = np.std(ours - rule, ddof=1) / np.sqrt(starts)
        lines.append(
            f"| {shown(ring)} | {shots} | {np.mean(many):.0f} | {np.mean(few):.0f} | "
            f"{np.mean(many) / np.mean(few):.1f} | {np.mean(rule):.3f} | {np.mean(ours):.3f} | "
            f"{np.mean(ours - rule):+.3f} +- {error:.3f} |"
        )
    return lines


def shown(ring: Ring) -> str:
    """Its weights."""
    return " ".join(f"{w:g}" for w in ring.weights)


def main(words: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=100)
    starts = parser.parse_args(words).starts
    print("| weights | parameter | shots | rule / differences | rule / chosen |")
    print("|---|---|---|---|---|")
    for ring in RINGS:
        print("\n".join(prices(ring)), flush=True)
    print("\n| weights | shots | readings, rule | chosen | ratio | E, rule | chosen | difference |")
    print("|---|---|---|---|---|---|---|---|")
    for ring in RINGS:
        print("\n".join(runs(ring, starts)), flush=True)


if __name__ == "__main__":
    main()
