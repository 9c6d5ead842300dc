"""How often intervals of 1.96 standard errors hold the value: every estimator at few shots.

Small circuits at points where means are generic, near 0 and near +-1, all points of a request with
the same number of shots. For every estimator and number of shots: the least and the mean coverage
over entries, circuits and points, in per cent, with `repetitions` draws each. A coverage of 95 % is
known to 0.7 % from 1000 draws; the least of a hundred lies about 1.7 % below its own value.

    python -m tests.benchmarks.coverage [--repetitions 1000] [--shots 4 6 10 20 100] [name ...]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.estimate import energy
from qng.estimate.fubini import connection
from qng.estimate.table import BERRY, GRADIENTS, METRICS, chosen
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.lower import sampled
from qng.plan.plan import Plan
from qng.plan.quantities import By
from qng.plan.request import Request
from qng.run.bench import answer
from tests.benchmarks.common import one_of

H = PauliSum({"Z0": 1.0, "X0": 0.5, "Z0 Z1": -0.7, "Y1": 0.2})
WORD = PauliSum({"Z0": 1.0})
EXACT = Statevector(threads=1)
PROMISED = 93.0


def turned(n_qubits: int, *ops: str) -> Circuit:
    """Rotations "Y0 a" by a parameter, and gates "cx 0 1"."""
    built: list[Gate | Rotation] = []
    names: list[str] = []
    for op in ops:
        name, *rest = op.split()
        if name[0].isupper():
            words, last = op.rsplit(" ", 1)
            built.append(Rotation(Pauli.parse(words), parameter(last)))
            names += [last] if last not in names else []
        else:
            built.append(Gate(name, tuple(map(int, rest))))
    return Circuit(n_qubits, built, tuple(names))


CIRCUITS = {
    "one": turned(1, "Y0 a", "Z0 b", "X0 c"),
    "two": turned(2, "Y0 a", "X1 b", "cx 0 1", "Z0 c", "Y1 a"),
    "layers": turned(2, "X0 a", "Y1 b", "cz 0 1", "Z0 c", "Z1 d", "X0 d"),
}
# Means of the first rotations: generic, near 0 and 0, near 1 and 1.
ANGLES = {
    "generic": [0.7, -0.9, 1.3, 0.4],
    "mean .1": [math.pi / 2 - 0.1, 0.1, math.pi / 2 + 0.1, 0.2],
    "mean .3": [math.pi / 2 - 0.3, math.pi / 2 + 0.4, 0.3, -0.3],
    "mean 0": [math.pi / 2, 0.0, math.pi / 2, math.pi / 2],
    "mean .9": [0.45, -0.3, 0.35, 0.5],
    "mean 1": [0.05, 0.1, 0.0, math.pi],
}


@dataclass(frozen=True)
class Case:
    """What is repeated: a plan, its exact value, and how its value is read."""

    plan: Plan[Any]
    read: Callable[[Any], np.ndarray]

    def coverage(self, shots: int, repetitions: int) -> np.ndarray:
        """Of the entries that are not known by structure, in per cent."""
        values, errors = drawn(self.plan, shots, repetitions, self.read)
        exact = self.read(limit(self.plan))
        used = np.any(errors > 0, axis=0)
        held = np.abs(values - exact) <= 1.96 * errors + 1e-12
        return 100 * held.mean(axis=0)[used]


def limit(plan: Plan[Any]) -> Any:
    """With exact distributions of what is counted."""
    lowered = sampled(plan, 10**9)
    asked = [Request(r.circuit, r.angles, r.measure) for r in lowered.requests]
    return answer(EXACT, Plan(tuple(asked), lowered.reduce))


def drawn(
    plan: Plan[Any], shots: int, repetitions: int, read: Callable[[Any], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """(values, standard errors), shape (repetitions, ...), with equal shots at all points."""
    lowered = sampled(plan, 10**9)
    asked = [Request(r.circuit, r.angles, r.measure) for r in lowered.requests]
    exact = answer(EXACT, Plan(tuple(asked), tuple))
    rng = np.random.default_rng(0)
    seen = [
        [rng.multinomial(shots, c.weights / c.weights.sum(), size=repetitions) for c in points]
        for points in exact
    ]
    found = []
    for k in range(repetitions):
        results = [
            tuple(
                Counts(c.outcomes, rows[k] / shots, float(shots)) for c, rows in zip(points, drawn)
            )
            for points, drawn in zip(exact, seen)
        ]
        found.append(lowered.reduce(results))
    return np.array([read(f) for f in found]), np.array([f.std_error for f in found])


def matrix(found: Any) -> np.ndarray:
    return found.dense()


def value(found: Any) -> np.ndarray:
    return np.asarray(found.value)


def cases(name: str, circuit: Circuit, theta: list[float]) -> Iterator[Case]:
    """The plans of a row of the table at one point."""
    n = circuit.n_qubits
    observable = H if n > 1 else PauliSum({"Z0": 1.0, "X0": 0.5})
    kind, _, rest = name.partition(" ")
    if kind == "word":
        yield Case(energy.expectation(circuit, WORD, theta), value)
    elif kind == "energy":
        yield Case(energy.expectation(circuit, observable, theta), value)
    elif kind == "connection":
        yield Case(connection.overlaps(circuit, theta, np.ones(len(theta))), value)
    else:
        table = {"gradient": GRADIENTS, "metric": METRICS, "berry": BERRY}[kind]
        options = OPTIONS.get(name, {})
        by = chosen(kind, By(rest.split()[0], **options), table, counting=True)
        plan = by(circuit, theta, observable=observable, seed=3)
        yield Case(plan, matrix if kind == "metric" else value)


OPTIONS: dict[str, dict[str, Any]] = {
    "metric blocks pairs": {"pairs": True},
    "metric spsa": {"step": 0.3, "draws": 4},
    "metric stein": {"sigma": 0.3, "draws": 4},
    "metric subspace": {"size": 2},
    "metric observables coefficients": {"weight": "coefficients"},
    "metric observables terms": {"weight": "terms"},
    "gradient spsa": {"draws": 3},
}
ROWS = [
    "word",
    "energy",
    *(f"gradient {name}" for name in ("parameter-shift", "finite-difference", "spsa")),
    *(
        f"metric {name}"
        for name in (
            "blocks",
            "blocks pairs",
            "diagonal",
            "overlaps",
            "blocks+overlaps",
            "hadamard",
            "spsa",
            "stein",
            "subspace",
            "fisher",
            "fisher-diagonal",
            "fisher-random",
            "random-measurements",
            "observables",
            "observables coefficients",
            "observables terms",
            "hessian",
            "linear-method",
            "projected-inverse",
        )
    ),
    "berry curvature",
    "connection",
]


def row(name: str, shots: list[int], repetitions: int) -> list[np.ndarray]:
    """For every number of shots the coverages of all entries, circuits and points."""
    found: list[list[np.ndarray]] = [[] for _ in shots]
    for circuit in CIRCUITS.values():
        for angles in ANGLES.values():
            for case in cases(name, circuit, angles[: circuit.n_parameters]):
                if case.plan.requests:
                    for k, n in enumerate(shots):
                        found[k].append(case.coverage(n, repetitions).ravel())
    return [np.concatenate(each) for each in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=ROWS, type=one_of(ROWS))
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--shots", type=int, nargs="+", default=[4, 6, 10, 20, 100])
    given = parser.parse_args()
    print("estimator                   ", *(f"{n:>5} shots" for n in given.shots))
    for name in given.names:
        found = row(name, given.shots, given.repetitions)
        print(f"{name:28}", *(f"{c.min():5.1f}/{c.mean():5.1f}" for c in found), flush=True)


if __name__ == "__main__":
    main()
