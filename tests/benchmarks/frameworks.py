"""What a call through JAX or PyTorch costs over the bare call, and what PennyLane's QNodes cost.

    python -m tests.benchmarks.frameworks [--seconds 2] [--quick]

Every row is measured in turn with its bare call, A B A B ..., and says the medians and the median
ratio. Values and gradients are checked against the bare ones first.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

import qng
from tests.benchmarks.common import check
from tests.benchmarks.timing import Comparison, Effort, clock, machine
from tests.benchmarks.workloads import reference

Calls = dict[str, tuple[Callable[[], Any], Callable[[], Any]]]


def of_jax(problem: qng.Problem, many: np.ndarray) -> Calls:
    """Jitted calls, with their bare ones."""
    import jax

    import qng.adapters.jax as adapter

    jax.config.update("jax_enable_x64", True)
    f = adapter.energy(problem)
    value, slope, batch = jax.jit(f), jax.jit(jax.value_and_grad(f)), jax.jit(jax.vmap(jax.grad(f)))
    theta, points = jax.numpy.asarray(problem.initial), jax.numpy.asarray(many)
    check("jax", np.asarray(slope(theta)[1]), qng.gradient(problem).value, 1e-10)
    check("jax, points", np.asarray(batch(points)), qng.gradient(problem, many).value, 1e-10)
    ready = jax.block_until_ready
    return {
        "jax.jit(f)": (lambda: ready(value(theta)), lambda: qng.energy(problem)),
        "jax.jit(value_and_grad(f))": (
            lambda: ready(slope(theta)),
            lambda: qng.gradient(problem),
        ),
        f"jax.jit(vmap(grad(f))), {len(many)} points": (
            lambda: ready(batch(points)),
            lambda: qng.gradient(problem, many),
        ),
    }


def of_torch(problem: qng.Problem, many: np.ndarray) -> Calls:
    """Calls and backward passes, with their bare ones."""
    import torch

    import qng.adapters.torch as adapter

    f = adapter.energy(problem)
    still = torch.tensor(problem.initial)
    theta, points = (torch.tensor(x, requires_grad=True) for x in (problem.initial, many))

    def back(x: Any) -> Any:
        x.grad = None
        f(x).sum().backward()
        return x.grad

    check("torch", back(theta).numpy(), qng.gradient(problem).value, 1e-10)
    check("torch, points", back(points).numpy(), qng.gradient(problem, many).value, 1e-10)
    return {
        "torch f": (lambda: f(still), lambda: qng.energy(problem)),
        "torch f, backward()": (lambda: back(theta), lambda: qng.gradient(problem)),
        f"torch f, backward(), {len(many)} points": (
            lambda: back(points),
            lambda: qng.gradient(problem, many),
        ),
    }


def of_pennylane(problem: qng.Problem, many: np.ndarray) -> Calls:
    """A QNode with PyTorch's interface in the place of the bare call."""
    import pennylane as qml
    import torch

    import qng.adapters.torch as adapter

    f = adapter.energy(problem)
    wires = range(problem.circuit.n_qubits)
    observable = problem.observable.to_pennylane(wires)
    operations = problem.circuit.to_pennylane(wires)

    @qml.qnode(qml.device("lightning.qubit", wires=len(wires)), diff_method="adjoint")
    def node(theta: Any) -> Any:
        operations(theta)
        return qml.expval(observable)

    def back(function: Any) -> Callable[[], Any]:
        theta = torch.tensor(problem.initial, requires_grad=True)

        def call() -> Any:
            theta.grad = None
            function(theta).backward()
            return theta.grad

        return call

    check("pennylane", back(node)().numpy(), qng.gradient(problem).value, 1e-7)
    return {"torch f, backward() over a QNode's": (back(f), back(node))}


KINDS = (of_jax, of_torch, of_pennylane)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--quick", action="store_true", help="one small circuit")
    given = parser.parse_args(arguments)
    problems = [("h2, P=12", qng.load("h2"))]
    if not given.quick:
        problems += [("n=8, P=64", reference(8, 4)), ("n=12, P=120", reference(12, 5))]
    print(machine())
    print("| call | circuit | ms | bare ms | difference ms | ratio |")
    print("|---|---|---|---|---|---|")
    effort = Effort(seconds=given.seconds, most=2001)
    for kind in KINDS:
        for label, problem in problems:
            points = np.random.default_rng(0).normal(size=(100, len(problem.parameters)))
            try:
                calls = kind(problem, points)
            except ImportError as error:
                print(f"{kind.__name__}: left out, {error}")
                break
            for name, (ours, bare) in calls.items():
                times = effort.rounds({"ours": clock(ours), "bare": clock(bare)})
                row = Comparison.of(label, times["ours"], times["bare"])
                over = 1e3 * np.median(times["ours"] - times["bare"])
                print(
                    f"| {name} | {label} | {1e3 * row.ours:.3f} | {1e3 * row.theirs:.3f} "
                    f"| {over:+.3f} | {row.ratio:.3g} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
