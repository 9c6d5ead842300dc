"""What several methods would do at one point."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.estimate import gradient as gradients
from qng.estimate.fubini import exact as fubini
from qng.execute.names import executor as executor_named
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.optimize.optimizer import Optimizer
from qng.plan.executor import Executor
from qng.plan.plan import Plan, join
from qng.plan.request import Probabilities, Request
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.given import problem_and_point
from qng.problem.problem import Problem
from qng.run.bench import Bench, answer
from qng.run.driver import steps as steps_of
from qng.run.idle import Kept
from qng.run.objective import Circuits
from qng.run.results import StepReport
from qng.run.sweep import resolved
from qng.seeds import number_of


def compare_steps(
    problem: Problem | str | Path | Any,
    theta: Any = None,
    methods: Sequence[str] | Mapping[str, str | Method] = ("gd", "adam", "ng", "qng"),
    *,
    lr: Mapping[str, float] | None = None,
    executor: str | Executor | Any = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> list[StepReport]:
    """What each method would do at one point, as the first step of a run.

    The steps are those of the executor; what is said of them (length, decrease, ...) is exact.

    Args:
        problem: A problem, its name in the library, a folder, or a QNode.
        theta: Shape (P,), radians, or a mapping from parameters to values; the problem's start
            by default. For a QNode its argument, or a tuple of its arguments.
        methods: Names of `optimizers.METHODS`, or optimizers by a label of your own.
        lr: Learning rates by method.
        executor: By name or as an object.
        shots: For all circuits of one step together, or `PerCircuit(N)`: N for each; None: exact.
        seed: Of everything that is drawn.

    Returns:
        One report a method, in order.

    Raises:
        InputError: Bad input, before anything is computed.
        SingularMetricError: A method without damping at a point where its metric is singular.
    """
    whole, base = problem_and_point(problem, theta)
    device, shots, seed = executor_named(executor), checked_shots(shots), number_of(seed)
    table = resolved(methods, lr or {})
    if len(whole.ensemble) > 1:
        raise InputError("steps are compared on one circuit, not on an ensemble")
    inner, exact = whole.reduced(base), executor_named("statevector")
    point, kept = inner.initial, Kept.of(inner.ensemble, exact, inner.observable)
    circuit, observable = kept.circuit(inner.circuit), kept.observable(inner.observable)
    here = answer(
        exact,
        join(
            {
                "g": fubini.exact(circuit, point),
                "gradient": gradients.exact(circuit, observable, point),
                "energy": energies.expectation(circuit, observable, point),
                "p": _probabilities(circuit, point),
            }
        ),
    )
    for method, optimizer in table.items():
        if not isinstance(optimizer, Optimizer):
            raise InputError(f"{method} has no first step to compare: it asks as it goes")
    toward = _first_step(inner, method_of("qng", {}), Bench(exact), seed)[0]
    reports = []
    for method, optimizer in table.items():
        step, eta = _first_step(inner, optimizer, Bench(device, shots, (seed,)), seed)
        there = answer(
            exact,
            join(
                {
                    "energy": energies.expectation(circuit, observable, point + step),
                    "p": _probabilities(circuit, point + step),
                }
            ),
        )
        reports.append(
            StepReport(
                method=method,
                step=whole.expand(step, np.zeros_like(base)),
                eta=eta,
                length=here["g"].length(step),
                angle=_degrees(step, toward),
                kl=_kl(here["p"], there["p"]),
                predicted=-float(step @ here["gradient"].value),
                actual=float(here["energy"].value[0] - there["energy"].value[0]),
            )
        )
    return reports


def _first_step(problem: Problem, method: Method, bench: Bench, seed: int) -> tuple[Array, float]:
    # The random directions are those of a run with this seed.
    goal = Circuits.of(problem, bench.device, counting=bench.shots is not None, key=seed)
    going = steps_of(method, goal, bench, method.init(problem.initial))
    state, step = next(going)
    return state.change, step.eta


def _probabilities(circuit: Circuit, theta: Array) -> Plan[Array]:
    request = Request(circuit, circuit.angles(theta)[None], Probabilities())
    return Plan((request,), lambda results: results[0][0])


def _degrees(a: Array, b: Array) -> float:
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return math.degrees(math.acos(np.clip(a @ b / norms, -1, 1))) if norms else math.nan


def _kl(p: Array, q: Array) -> float:
    """sum p ln(p/q); probabilities below 1e-24 are rounding."""
    seen = p > 1e-24
    if np.any(q[seen] <= 0):
        return math.inf
    return max(float(np.sum(p[seen] * np.log(p[seen] / q[seen]))), 0.0)
