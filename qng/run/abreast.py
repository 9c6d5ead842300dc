"""Runs that take their steps abreast: what is measured at all their points is one batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate import gradient
from qng.estimate.fisher import exact as fisher
from qng.estimate.fubini import exact as fubini
from qng.optimize.abreast.rows import Seen
from qng.optimize.abreast.steps import go_abreast
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.plan.executor import Executor, Gathering, Service
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Objective
from qng.run.objective import Circuits

_At = Callable[[Circuit, Array], Plan[Array]]

# Estimators at one point, and at many points of a circuit.
_METRICS: Any = {fubini.exact: fubini.exact_at, fisher.born: fisher.born_at}


@dataclass(frozen=True, eq=False)
class Team:
    """What runs of one method on one circuit have in common.

    Args:
        method: What steps.
        circuit: The circuit.
        observable: H.
        metric: Measures the metrics at many points, where there are any.
    """

    method: Optimizer
    circuit: Circuit
    observable: PauliSum
    metric: _At | None

    @staticmethod
    def of(method: object, objective: Objective, device: Executor | Service) -> Team | None:
        """That of a method on an objective; None where its runs cannot go abreast.

        Args:
            method: What steps.
            objective: Exact, of a run.
            device: What answers.
        """
        if not (go_abreast(method) and isinstance(objective, Circuits)):
            return None
        (circuit, weight), *others = objective.ensemble
        if others or weight != 1.0 or not circuit.is_affine or objective.exactness.counting:
            return None
        if not isinstance(device, Gathering) or device.gathers(circuit) < 2:
            return None
        by = objective.gradient_estimator(By.of(method.gradient))
        if by.function is not gradient.exact or by.options:
            return None
        team = Team(method, circuit, objective.observable, None)
        if not isinstance(method.precondition, MeasuredMetric):
            return team
        products = not method.solve.needs_matrix
        wanted = objective.metric_estimator(method.precondition.by, products)
        at: _At | None = _METRICS.get(wanted.function)
        if at is None:
            return None
        return Team(method, circuit, objective.observable, partial(at, **dict(wanted.options)))

    @property
    def evaluations(self) -> int:
        """Of a step of each run."""
        return 1 if self.metric is None else 2

    def plan(self, points: Array) -> Plan[Seen]:
        """What is measured at the points of some runs, shape (runs, P)."""
        plans: dict[str, Plan[Any]] = {
            "slopes": gradient.exact_at(self.circuit, self.observable, points)
        }
        if self.metric is not None:
            plans["metrics"] = self.metric(self.circuit, points)

        def seen(told: dict[str, Any]) -> Seen:
            of = told["slopes"]
            return Seen(of.value, of.variance, of.gradient, told.get("metrics"))

        return join(plans).map(seen)
