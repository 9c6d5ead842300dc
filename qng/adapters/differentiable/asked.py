"""What a user hands to an adapter: problems and circuits without a point, and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qng.adapters.differentiable.jets import Draws
from qng.circuit.circuit import Circuit
from qng.errors import InputError, shown
from qng.estimate.table import METRICS, chosen, metric_by
from qng.execute.names import executor as executor_of
from qng.plan.executor import Executor, Service
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.anyproblem import AnyProblem
from qng.problem.foreign import origin
from qng.problem.problem import Problem
from qng.run.bench import check_at_once
from qng.run.objective import Exactness
from qng.run.target import as_problem, device_for
from qng.seeds import key_of

Weighted = tuple[tuple[Circuit, float], ...]


def problem_for(target: Any) -> AnyProblem:
    """A problem, or the one of a name; a foreign function has to be made one first.

    Raises:
        InputError: No problem.
    """
    if origin(target) == "pennylane":
        raise InputError(
            f"{shown(target)} has its circuit at a point only: give qng.Problem(qnode, observable, "
            "start=arguments), or Circuit.from_pennylane(qnode, *arguments) where a circuit will do"
        )
    return as_problem(target)


def circuit_or_problem(target: Any) -> Circuit | AnyProblem:
    """A circuit, or a problem of any kind.

    Raises:
        InputError: Neither.
    """
    if isinstance(target, Circuit):
        return target
    return Circuit.from_qiskit(target) if origin(target) == "qiskit" else problem_for(target)


def ensemble_for(target: Any) -> Weighted:
    """Weighted circuits of a circuit or a problem of circuits.

    Raises:
        InputError: Neither.
    """
    found = circuit_or_problem(target)
    if isinstance(found, Circuit):
        return ((found, 1.0),)
    if not isinstance(found, Problem):
        raise InputError(
            f"a circuit or a problem with one is expected, and {found.name or 'this'} is a model"
        )
    return found.ensemble


def circuit_for(target: Any, what: str) -> Circuit:
    """The circuit of what was given, where it is one.

    Raises:
        InputError: Several weighted circuits.
    """
    ensemble = ensemble_for(target)
    if len(ensemble) > 1:
        raise InputError(f"{what} are those of one circuit, and this problem has several")
    return ensemble[0][0]


@dataclass(frozen=True)
class Asked:
    """Whom a function asks.

    Args:
        device: The executor.
        shots: For every quantity of a point; None: exact.
        draws: What decides them.
    """

    device: Executor | Service
    shots: Shots | None
    draws: Draws

    @staticmethod
    def of(executor: Any, shots: Any, seed: Any, source: Circuit | AnyProblem) -> Asked:
        """From what a user gives, and what is asked.

        Raises:
            InputError: An executor, shots or a seed that is none; a cloud, which takes a ledger.
        """
        found, key = checked_shots(shots), key_of(seed)
        if isinstance(source, Circuit):
            device = executor_of(executor)
        else:
            device = device_for(source, executor, found)
        check_at_once(device)
        return Asked(device, found, Draws(found is not None, key))

    @property
    def exactness(self) -> Exactness:
        """What can be had without counting."""
        return Exactness.of(self.device, self.shots is not None)


def check_metric(source: Circuit | AnyProblem, by: By, asked: Asked) -> None:
    """Refuse a metric of circuits that cannot be had, before anything is asked.

    Raises:
        UnknownNameError: No such estimator or option.
        UnsupportedMeasureError: It cannot be had from shots, or only from shots.
    """
    if isinstance(source, (Circuit, Problem)):
        known = asked.exactness
        chosen("metric", metric_by(by, known.tangents, known.densities), METRICS, **known.known)
