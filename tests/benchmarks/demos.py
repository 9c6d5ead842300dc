"""Loops in the shape of PennyLane's demos, with its optimizers and with ours by one changed import.

    python -m tests.benchmarks.demos [--quick] [--only NAME ...] [--json FILE]

Each demo is a function of a package of optimizers, `qml` or `qng.adapters.pennylane`, and nothing
else differs. Printed are the largest differences of the trajectories, the times of a step in turns,
and what a step takes over the bare call, `qng.minimize`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pennylane as qml
from pennylane import numpy as np

import qng
from qng.adapters import pennylane as ours
from tests.benchmarks.common import one_of
from tests.benchmarks.timing import machine


@dataclass(frozen=True)
class Trajectory:
    """What a loop has gone through.

    Args:
        points: Shape (steps, P).
        costs: Shape (steps,).
        step: Median time of a call of the optimizer, seconds.
        whole: Of the loop, seconds.
    """

    points: numpy.ndarray
    costs: numpy.ndarray
    step: float
    whole: float


Loop = Callable[[ModuleType, int], Trajectory]


def followed(optimizer: Any, cost: Any, start: Any, steps: int, energies: bool) -> Trajectory:
    """The loop of all of them: step, note, and look at the energy where the demo does."""
    params, points, costs, times = start, [], [], []
    began = time.perf_counter()
    for _ in range(steps):
        before = time.perf_counter()
        params, value = optimizer.step_and_cost(cost, params)
        times.append(time.perf_counter() - before)
        if energies:
            cost(params)
        points.append(numpy.array(params))
        costs.append(float(value))
    whole = time.perf_counter() - began
    return Trajectory(numpy.array(points), numpy.array(costs), statistics.median(times), whole)


def natural_gradient(optimizers: ModuleType, steps: int) -> Trajectory:
    """Four parameters in two layers on three wires (tutorial_quantum_natural_gradient)."""

    @qml.qnode(qml.device("default.qubit", wires=3))
    def circuit(params: Any) -> Any:
        for wire, angle in enumerate((0.8, 1.1, 0.4)):
            qml.RY(angle, wires=wire)
        qml.RZ(params[0], wires=0)
        qml.RZ(params[1], wires=1)
        qml.CNOT(wires=[0, 1])
        qml.CNOT(wires=[1, 2])
        qml.RY(params[2], wires=1)
        qml.RX(params[3], wires=2)
        qml.CNOT(wires=[0, 1])
        qml.CNOT(wires=[1, 2])
        return qml.expval(qml.Y(0))

    start = np.array([0.4, -0.1, 0.5, 0.2], requires_grad=True)
    return followed(optimizers.QNGOptimizer(0.01, lam=1e-3), circuit, start, steps, False)


def one_qubit(optimizers: ModuleType, steps: int) -> Trajectory:
    """Two rotations of one qubit (the first part of tutorial_vqe_qng)."""

    @qml.qnode(qml.device("default.qubit", wires=1))
    def cost(params: Any) -> Any:
        qml.RX(params[0], wires=0)
        qml.RY(params[1], wires=0)
        return qml.expval(1.5 * qml.X(0) + 0.7 * qml.Z(0))

    start = np.array([3.0, 0.2], requires_grad=True)
    return followed(optimizers.QNGOptimizer(0.01), cost, start, steps, True)


def h2_node() -> tuple[Any, Any]:
    """(QNode, start) of the energy of H2: 12 rotations on four wires."""
    hamiltonian = qng.load("h2").observable.to_pennylane(range(4))
    occupied = numpy.array([1, 1, 0, 0])

    # One wire is free: PennyLane's whole metric needs it.
    @qml.qnode(qml.device("default.qubit", wires=5))
    def cost(params: Any) -> Any:
        qml.BasisState(occupied, wires=range(4))
        for wire in range(4):
            qml.RZ(params[3 * wire], wires=wire)
            qml.RY(params[3 * wire + 1], wires=wire)
            qml.RZ(params[3 * wire + 2], wires=wire)
        qml.CNOT(wires=[2, 3])
        qml.CNOT(wires=[2, 0])
        qml.CNOT(wires=[3, 1])
        return qml.expval(hamiltonian)

    start = numpy.random.default_rng(0).uniform(0, 2 * numpy.pi, 12)
    return cost, np.array(start, requires_grad=True)


def h2(optimizers: ModuleType, steps: int) -> Trajectory:
    """The energy of H2 (tutorial_vqe_qng)."""
    cost, start = h2_node()
    return followed(optimizers.QNGOptimizer(0.5, lam=1e-3), cost, start, steps, True)


def h2_costs(optimizers: ModuleType, steps: int) -> Trajectory:
    """The energy of H2, where the costs of two steps are compared: nothing is run beside steps."""
    cost, start = h2_node()
    return followed(optimizers.QNGOptimizer(0.5, lam=1e-3), cost, start, steps, False)


def h2_descent(optimizers: ModuleType, steps: int) -> Trajectory:
    """The same by gradient descent (tutorial_vqe_qng)."""
    cost, start = h2_node()
    return followed(optimizers.GradientDescentOptimizer(0.5), cost, start, steps, True)


def h2_whole(optimizers: ModuleType, steps: int) -> Trajectory:
    """The same by all of the metric."""
    cost, start = h2_node()
    optimizer = optimizers.QNGOptimizer(0.5, approx=None, lam=1e-3)
    return followed(optimizer, cost, start, steps, True)


def classifier(optimizers: ModuleType, steps: int) -> Trajectory:
    """The mean square error of a classifier with a bias on twenty points, a function of QNodes."""

    @qml.qnode(qml.device("default.qubit", wires=4))
    def circuit(weights: Any, point: Any) -> Any:
        qml.AngleEmbedding(point, wires=range(4))
        for layer in weights:
            for wire in range(4):
                qml.Rot(*layer[wire], wires=wire)
            for wire in range(4):
                qml.CNOT(wires=[wire, (wire + 1) % 4])
        return qml.expval(qml.Z(0))

    rng = numpy.random.default_rng(3)
    points = rng.normal(size=(20, 4))
    labels = numpy.sign(points[:, 0])

    def cost(params: Any) -> Any:
        weights, bias = params[:-1].reshape(2, 4, 3), params[-1]
        errors = [(circuit(weights, x) + bias - y) ** 2 for x, y in zip(points, labels)]
        return np.mean(np.stack(errors))

    start = np.array(rng.normal(size=25), requires_grad=True)
    return followed(optimizers.AdamOptimizer(0.1), cost, start, steps, False)


def qnspsa(optimizers: ModuleType, steps: int) -> Trajectory:
    """MaxCut of a ring by random directions (tutorial_qnspsa); draws of their own."""
    n = 6

    @qml.qnode(qml.device("default.qubit", wires=n))
    def cost(params: Any) -> Any:
        for layer in params:
            for wire in range(n):
                qml.RY(layer[wire], wires=wire)
            for wire in range(n):
                qml.CNOT(wires=[wire, (wire + 1) % n])
        return qml.expval(qml.sum(*(qml.Z(k) @ qml.Z((k + 1) % n) for k in range(n))))

    start = np.array(numpy.random.default_rng(5).normal(size=(2, n)), requires_grad=True)
    optimizer = optimizers.QNSPSAOptimizer(0.05, seed=7)
    return followed(optimizer, cost, start, steps, False)


DEMOS: dict[str, tuple[Loop, int, bool]] = {
    "natural-gradient": (natural_gradient, 100, True),
    "one-qubit": (one_qubit, 60, True),
    "h2": (h2, 40, True),
    "h2-costs": (h2_costs, 40, True),
    "h2-whole": (h2_whole, 15, True),
    "h2-descent": (h2_descent, 40, True),
    "classifier": (classifier, 10, True),
    "qnspsa": (qnspsa, 200, False),
}
"""Loops, their steps, and whether trajectories have to agree."""


@dataclass(frozen=True)
class Row:
    """A demo with both.

    Args:
        name: Of the demo.
        steps: Of a loop.
        points: Largest difference of a parameter, NaN where draws are their own.
        costs: Largest difference of a cost, or that of the last ones.
        ours: Median time of a step, seconds.
        theirs: Median time of a step, seconds.
        ratio: Median of theirs / ours over the rounds.
        loops: The same of the whole loops, in which theirs is both times what looks at the energy.
    """

    name: str
    steps: int
    points: float
    costs: float
    ours: float
    theirs: float
    ratio: float
    loops: float


def row(name: str, rounds: int, quick: bool) -> Row:
    """A demo with PennyLane's optimizers and with ours, in turns."""
    loop, steps, same = DEMOS[name]
    steps = min(steps, 10) if quick else steps
    loop(ours, 2)  # compiles
    pairs = [(loop(qml, steps), loop(ours, steps)) for _ in range(rounds)]
    theirs, mine = pairs[0]
    apart = numpy.abs(theirs.points - mine.points).max() if same else numpy.nan
    costs = numpy.abs(theirs.costs - mine.costs)
    return Row(
        name,
        steps,
        float(apart),
        float(costs.max() if same else costs[-1]),
        statistics.median(b.step for _, b in pairs),
        statistics.median(a.step for a, _ in pairs),
        statistics.median(a.step / b.step for a, b in pairs),
        statistics.median(a.whole / b.whole for a, b in pairs),
    )


def overhead(rounds: int, steps: int) -> dict[str, float]:
    """Milliseconds of a step on H2: the adapter, and `qng.minimize` of QNode and problem."""
    node, _ = h2_node()
    problem = qng.load("h2")
    options = {"lr": 0.5, "trust": numpy.inf, "steps": steps}
    rng, times = numpy.random.default_rng(1), {"adapter": [], "QNode": [], "problem": []}
    for _ in range(rounds + 1):
        # A QNode is asked once a point: none is used twice.
        here = np.array(rng.uniform(0, 6, 12), requires_grad=True)
        optimizer, x = ours.Optimizer("qng", lr=0.5), here
        optimizer.step(node, x)
        optimizer.reset()
        began = time.perf_counter()
        for _ in range(steps):
            x = optimizer.step(node, x)
        times["adapter"].append(time.perf_counter() - began)
        for name, target, point in (("QNode", node, here), ("problem", problem, here)):
            at = numpy.array(point) if name == "problem" else point
            began = time.perf_counter()
            qng.minimize(target, "qng", start=at, **options)
            times[name].append(time.perf_counter() - began)
    return {name: 1e3 * statistics.median(t[1:]) / steps for name, t in times.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten steps, one round")
    parser.add_argument("--only", nargs="+", type=one_of(DEMOS), default=list(DEMOS))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    rounds = 1 if given.quick else 3
    print("| demo | steps | parameters apart | costs apart | ours, ms a step | theirs |", end="")
    print(" steps, times faster | loops, times faster |")
    print("|---" * 8 + "|")
    rows = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "step_and_cost")
        for name in given.only:
            r = row(name, rounds, given.quick)
            rows.append(asdict(r))
            print(
                f"| {r.name} | {r.steps} | {r.points:.1e} | {r.costs:.1e} | {1e3 * r.ours:.3g} | "
                f"{1e3 * r.theirs:.3g} | {r.ratio:.3g} | {r.loops:.3g} |"
            )
    over = overhead(rounds, 10 if given.quick else 100)
    listed = ", ".join(f"{name} {ms:.3g}" for name, ms in over.items())
    print(f"\nOne step of qng on H2, ms: {listed}; on {machine()}")
    if given.json:
        given.json.write_text(json.dumps({"demos": rows, "overhead": over}))


if __name__ == "__main__":
    main()
