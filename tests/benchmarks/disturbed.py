"""What errors claim on executors with noise: `python -m tests.benchmarks.disturbed`.

Two qubits whose operations are followed by loss and mixing (`tests.mixed`), or whose bits are read
with errors that are corrected by their rates (`calibration` has measured ones). For every row over
repetitions with fresh shots, and fresh bases and runs where there are any:

held            intervals of 1.96 errors that hold the value, least and mean over the entries, %
claimed / true  root mean square of the errors over the standard deviation of the values
bias / error    the largest, of the mean of the values, in units of the error claimed

The value is that of the states as they are prepared, with infinitely many shots; of runs it is that
at the points where they have ended, so that a level below that has not converged is in it. Of 500
repetitions a share of 95 % is known to 1 %, and the least of ten entries lies 1.5 % below its own.

    python -m tests.benchmarks.disturbed [NAME ...] [--on noise readout] [--repetitions 500]
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import qng
from qng.circuit.circuit import Circuit
from qng.estimate import energy, gradient
from qng.estimate.designs import metric as designs
from qng.estimate.ritz import counted as ritz
from qng.estimate.table import METRICS, chosen
from qng.geometry import AdaptiveShift, Before, RitzStep, mixed
from qng.optimize.direction import direction_error
from qng.optimize.method import State
from qng.optimize.quiver import Quiver
from qng.plan.plan import join
from qng.plan.quantities import By, Measured
from qng.plan.readout import Readout
from qng.run.bench import answer
from tests import dense, scores
from tests.benchmarks.common import one_of
from tests.mixed import Drawn, Mixed, density

HEADER = 'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; input float c; '
# Shared, scaled and subtracted parameters, and a gate that is not Clifford.
CIRCUIT = Circuit.from_qasm(
    HEADER + "qubit[2] q; ry(0.3) q[0]; rx(a) q[0]; ry(b) q[1]; cx q[0], q[1]; t q[1];"
    "rz(2*a) q[1]; ry(a-b) q[0]; rx(c) q[1]; cz q[0], q[1]; ry(c) q[1];"
)
THETA = np.array([0.9, 2.1, 0.6])
H = qng.PauliSum({"I": -0.5, "Z0": 0.7, "X1": -0.4, "Z0 Z1": 0.5, "Y0 X1": 0.3})
# Fewer rotations, for what takes hundreds of circuits or runs.
SMALL = Circuit.from_qasm(
    HEADER.replace("input float c; ", "") + "qubit[2] q; ry(0.3) q[0]; rx(a) q[0]; ry(b) q[1];"
    "cx q[0], q[1]; rz(2*a) q[1]; ry(a-b) q[0];"
)
NEAR = np.array([0.9, 2.1])
PROBLEM = qng.Problem(SMALL, H, start=NEAR)
RATES = Readout(np.array([0.03, 0.06, 0.04]), np.array([0.08, 0.03, 0.05]))

Found = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Values and errors, shape (repetitions, ...), and what is true, one for all or one each."""


def rho(theta: np.ndarray) -> np.ndarray:
    """The state as it is prepared."""
    return density(CIRCUIT, CIRCUIT.angles(theta))


def upper(matrix: np.ndarray) -> np.ndarray:
    """The entries on and above the diagonal, shape (..., entries)."""
    return matrix[(..., *np.triu_indices(matrix.shape[-1]))]


def counted(
    make: Callable[[Circuit], Any],
    circuit: Circuit,
    shots: int,
    noisy: bool,
    repetitions: int,
    read: Any = None,
) -> Found:
    """A plan with fresh shots, on one of the two executors; by default the entries of a matrix."""
    plan = make(circuit.with_noise() if noisy else circuit)
    device = Mixed() if noisy else None
    limit = scores.in_the_limit(plan, shots)
    exact = answer(qng.executor("statevector"), limit)
    if noisy:
        exact = limit.reduce(Mixed().run(limit.requests, 0))
    of = read or (lambda found: (found.dense(), found.std_error))
    found: list[Any] = []

    def kept(each: Any) -> float:
        found.append(of(each))
        return 0.0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores.repeated(plan, shots, kept, None if noisy else RATES, repetitions, device)
    values, errors = (np.array([each[k] for each in found]) for k in (0, 1))
    true = np.asarray(of(exact)[0])
    return (upper(values), upper(errors), upper(true)) if true.ndim == 2 else (values, errors, true)


def with_lowest(found: Any) -> tuple[np.ndarray, np.ndarray]:
    """The entries of M, and w; their errors."""
    errors = np.zeros_like(found.dense()) if found.std_error is None else found.std_error
    values = np.append(upper(found.dense()), found.lowest)
    return values, np.append(upper(errors), found.lowest_error or 0.0)


def metric(by: By) -> Callable[[Circuit], Any]:
    """The plan of a metric that counts bits."""
    estimate = chosen("metric", by, METRICS, counting=True)
    return lambda circuit: estimate(circuit, THETA, observable=H)


def hilbert_schmidt() -> np.ndarray:
    """tr(d_i rho d_j rho) / (2 tr rho^2) by differences."""
    moved = dense.differences(
        lambda x: np.array([rho(t) for t in x.reshape(-1, 3)]).reshape(*x.shape[:-1], 4, 4), THETA
    )
    return np.asarray(mixed.hilbert_schmidt(rho(THETA), moved) / 4)


def bases(count: int, kind: str, shots: int, noisy: bool, repetitions: int) -> Found:
    """The metric from random measurements, with bases of its own in every repetition."""
    if noisy:
        circuit, device = CIRCUIT.with_noise(), Drawn(Mixed(CIRCUIT))
        true = hilbert_schmidt()
    else:
        circuit, device = CIRCUIT, Drawn(qng.executor("statevector"), RATES)
        true = dense.metric(CIRCUIT, THETA)
    values, errors = [], []
    for seed in range(repetitions):
        plan = designs.counted(circuit, THETA, count, kind, seed=seed)
        found = answer(device, plan, seed=seed, shots=shots * plan.evaluations)
        values.append(upper(found.dense()))
        errors.append(upper(found.std_error))
    return np.array(values), np.array(errors), upper(true)


def device(noisy: bool) -> Drawn:
    """What runs are made on."""
    return Drawn(Mixed()) if noisy else Drawn(qng.executor("statevector"), RATES)


@dataclass(frozen=True)
class Step:
    """A direction, and its error along itself as a share of it."""

    direction: np.ndarray
    std_error: float

    @staticmethod
    def of(solve: Any, told: dict[str, Any]) -> Step:
        """From what is measured in a step."""
        metric, gradient = told["metric"], told["gradient"]
        found = solve(metric, gradient.value, Before(covariance=gradient.covariance))
        other = Before(memory=found.memory, covariance=gradient.covariance, other=True)
        error = direction_error(
            gradient,
            metric,
            found.direction,
            lambda v: solve(metric, v, other),
            lambda g: g,
            found.inner,
        )
        return Step(found.direction, error or 0.0)

    def parts(self) -> tuple[np.ndarray, float]:
        """Both."""
        return self.direction, self.std_error


def direction(method: str, solve: Any, options: Any, noisy: bool, repetitions: int) -> Found:
    """A step along itself, over its length: errors are relative ones. Of H/20, in small units."""

    def plan(circuit: Circuit) -> Any:
        metric = getattr(ritz, method)(circuit, 0.05 * H, NEAR, **options)
        slope = gradient.parameter_shift(circuit, 0.05 * H, NEAR)
        parts = {"metric": metric.kept_apart("metric"), "gradient": slope}
        return join(parts).map(partial(Step.of, solve))

    return along(counted(plan, SMALL, 300_000, noisy, repetitions, Step.parts))


def along(found: Found) -> Found:
    """How far steps are from the true one along themselves, over their lengths."""
    steps, errors, exact = found
    off = np.sum((steps - exact) * steps, axis=1) / np.sum(steps**2, axis=1)
    return off[:, None], errors[:, None], np.zeros(1)


def slopes(noisy: bool, repetitions: int) -> Found:
    """A step of QUIVER along itself, over its length; of directions that stay the same."""
    method, start = Quiver(draws=2), State.at(NEAR)

    def taken(told: dict[str, Any]) -> Step:
        done = method.next(None, start, [Measured(**told)])
        return Step(done.state.change, done.step.direction_error or 0.0)

    def plan(circuit: Circuit) -> Any:
        slope = gradient.spsa(circuit, H, NEAR, method.step, method.draws, seed=1)
        parts = {"energy": energy.expectation(circuit, H, NEAR[None]), "gradient": slope}
        return join(parts).map(taken)

    return along(counted(plan, SMALL, 4000, noisy, repetitions, Step.parts))


def ends(method: str, noisy: bool, repetitions: int, **options: Any) -> Found:
    """`fun` of runs, and the energy of the states where they have ended."""
    known, found = device(noisy), []
    for seed in range(repetitions):
        run = qng.minimize(
            PROBLEM, method, steps=2, executor=known, shots=2000, seed=seed, **options
        )
        found.append((run.fun, run.std_error, mean_of(SMALL, run.x, noisy)))
        known.known.clear()
    values, errors, true = np.array(found).T[..., None]
    return values, errors, true


def mean_of(circuit: Circuit, theta: np.ndarray, noisy: bool) -> float:
    """<H> of the state of a circuit as it is prepared."""
    state = dense.state(circuit, theta)
    of = np.outer(state, state.conj())
    if noisy:
        of = density(circuit, circuit.angles(theta))
    return float(np.trace(of @ dense.pauli_sum(H, 2)).real)


def levels(way: str, noisy: bool, repetitions: int) -> Found:
    """Energies of three states after a step, and the last excitation: nothing has converged."""
    known, found = device(noisy), []
    for seed in range(repetitions):
        run = getattr(qng.excited, way)(
            PROBLEM, 3, method="gd", steps=1, executor=known, shots=3000, seed=seed, lr=0.3
        )
        known.known.clear()
        circuits = [SMALL] * 3
        if way == "ssvqe":
            circuits = [
                circuit
                for circuit, _ in qng.excited.subspace(PROBLEM, references=run.references).ensemble
            ]
        true = [mean_of(circuit, x, noisy) for circuit, x in zip(circuits, run.points)]
        found.append(
            (
                [*run.energies, run.excitations[2]],
                [*run.std_error, run.excitation_errors[2]],
                [*true, true[2] - true[0]],
            )
        )
    values, errors, exact = (np.array([each[k] for each in found]) for k in range(3))
    return values, errors, exact


@dataclass(frozen=True)
class Row:
    """What is repeated: on which of the executors, and how."""

    run: Callable[[bool, int], Found]

    def line(self, noisy: bool, repetitions: int) -> str:
        """The cells of a row of the table."""
        values, errors, true = self.run(noisy, repetitions)
        some = np.any(errors > 1e-12, axis=0) & (np.ptp(values, axis=0) > 1e-9)
        miss, errors = (values - true)[:, some], errors[:, some]
        held = 100 * np.mean(np.abs(miss) <= 1.96 * errors, axis=0)
        claimed = np.sqrt(np.mean(errors**2, axis=0))
        ratio, bias = claimed / miss.std(axis=0), np.abs(miss.mean(axis=0)) / claimed
        return (
            f"{held.min():.1f} / {held.mean():.1f} | {ratio.min():.2f} to {ratio.max():.2f} | "
            f"{bias.max():.2f}"
        )


def _rows() -> Iterator[tuple[str, Row]]:
    def of(make: Any, circuit: Circuit, shots: int, read: Any = None) -> Row:
        return Row(lambda noisy, n: counted(make, circuit, shots, noisy, n, read))

    linear = partial(ritz.linear_method, observable=H, theta=NEAR)
    inverse = partial(ritz.projected_inverse, observable=H, theta=NEAR, eps=2.0)
    yield "linear-method and w", of(linear, SMALL, 200_000, with_lowest)
    yield "projected-inverse", of(inverse, SMALL, 200_000)
    steps = RitzStep(0.03), AdaptiveShift(0.03, eps=10.0)
    yield "step of linear-method", Row(partial(direction, "linear_method", steps[0], {}))
    of_inverse = partial(direction, "projected_inverse", steps[1], {"eps": 10.0})
    yield "step of projected-inverse", Row(of_inverse)
    for label, shots, options in (
        ("observables", 10_000, {}),
        ("observables", 100_000, {}),
        ("observables local-2", 30_000, {"words": "local-2"}),
        ("observables coefficients", 10_000, {"weight": "coefficients"}),
        ("observables terms", 10_000, {"weight": "terms"}),
    ):
        plan = metric(By("observables", **options))
        yield f"{label}, {shots} shots", of(plan, CIRCUIT, shots)
    for count, kind in ((5, "mutually-unbiased"), (8, "clifford"), (16, "clifford")):
        name = f"random-measurements, {count} {kind} bases, 100 shots a point"
        yield name, Row(partial(bases, count, kind, 100))
    yield "levels of ssvqe", Row(partial(levels, "ssvqe"))
    yield "levels of vqd", Row(partial(levels, "vqd"))
    yield "step of quiver", Row(slopes)
    yield "end of spring", Row(partial(ends, "spring"))
    yield "end of cma-es", Row(partial(ends, "cma-es"))


ROWS = dict(_rows())


def main(words: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(ROWS), type=one_of(ROWS))
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument(
        "--on", nargs="+", default=["noise", "readout"], choices=["noise", "readout"]
    )
    asked = parser.parse_args(words)
    print("| what | with | held | claimed / true | bias / error |")
    print("|---|---|---|---|---|")
    for name in asked.names:
        for kind in asked.on:
            noisy = kind == "noise"
            began = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cells = ROWS[name].line(noisy, asked.repetitions)
            print(f"| {name} | {'noise' if noisy else 'readout errors'} | {cells} |", flush=True)
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
