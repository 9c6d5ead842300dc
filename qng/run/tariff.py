"""What the batches of a run would be on a device, each planned once more as for counted bits.

An estimator that only a simulator has is replaced by one of the same quantity,

    gradient       "parameter-shift"
    full metric    the one of "hadamard", "overlaps", "blocks+overlaps" with the fewest circuits

and the batch is lowered, as `step_cost` does it. One of each kind is planned, at the start of the
problem, for a device without noise, as simulated shots are: what the structure of a circuit fixes
is not measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.geometry import Identity, Metric
from qng.optimize.method import Method, State
from qng.optimize.optimizer import Optimizer
from qng.optimize.scipy import SciPy
from qng.plan.deal import PILOT, split
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.plan.request import (
    Expectation,
    Gradient,
    Overlap,
    Probabilities,
    Request,
    Result,
    Samples,
    Tangent,
)
from qng.plan.request import State as StateMeasure
from qng.problem.given import Ensemble
from qng.problem.problem import Problem
from qng.run.objective import Circuits
from qng.run.results import Run

FULL: Final = ("hadamard", "overlaps", "blocks+overlaps")
"""Unbiased estimators of the full metric from shots."""

ONLY_EXACT: Final = ("auto", "exact", "implicit", "low-rank")
"""Names of the full metric where nothing is counted."""

# A last step that is not zero, so that a point ahead of theta is another one.
_CHANGE: Final = 0.1

# More shots than any plan has points.
_MANY: Final = 10**9


@dataclass(frozen=True)
class Batch:
    """A batch.

    Args:
        circuits: On a device.
        asked: Evaluations of a simulator, as the bench counts them.
    """

    circuits: int
    asked: int


@dataclass(frozen=True)
class _Simulator:
    """What plans see of an exact simulator, and of a device without noise.

    Args:
        able: Whether it has derivatives of energies and states.
    """

    able: bool = True
    name: str = "simulator"
    noise: str = ""

    @property
    def answers(self) -> frozenset[type]:
        """The measures that it answers."""
        derived = {Gradient, Tangent} if self.able else set()
        return frozenset({Expectation, Overlap, Probabilities, Samples, StateMeasure, *derived})

    def run(self, requests: Sequence[Request], seed: int, /) -> list[Result]:
        """Nothing is run here."""
        raise AssertionError("batches are counted, not run")


@dataclass(frozen=True)
class Tariff:
    """Plans batches of a problem twice: as a simulator was asked, and as a device would be.

    Args:
        problem: Of free parameters only.
        ensemble: Its circuits; with the observable and the method they decide what is counted.
        observable: H.
        method: What asks.
        theta: Where it is planned.
        able: Whether the simulator had derivatives of energies and states.
    """

    problem: Problem = field(compare=False)
    ensemble: Ensemble
    observable: PauliSum
    method: Method
    theta: tuple[float, ...]
    able: bool = True

    @staticmethod
    def of(run: Run) -> Tariff:
        """That of a run."""
        assert run.made is not None
        recipe = run.made
        inner = recipe.problem.reduced(recipe.problem.initial)
        theta = tuple(inner.initial.tolist())
        # Where "auto" became blocks the executor had no derivatives of states.
        able = "Blocks" not in set(run.trace["metric"]) or not _is_auto(recipe.method)
        return Tariff(inner, inner.ensemble, inner.observable, recipe.method, theta, able)

    @property
    def size(self) -> int:
        """P, the number of free parameters."""
        return len(self.theta)

    @cached_property
    def asked(self) -> Circuits:
        """What the run could ask of a simulator."""
        return Circuits.of(self.problem, _Simulator(self.able), False)

    @cached_property
    def device(self) -> _Device:
        """What it can ask of a device."""
        return _Device(Circuits.of(self.problem, _Simulator(), True), self.able)

    @property
    def counted_as(self) -> str:
        """What the full metric was counted as, or ""."""
        wants = getattr(getattr(self.method, "precondition", None), "wants", None)
        wanted = wants(State.at(np.zeros(self.size))) if wants is not None and self.size else None
        if wanted is None or not self.device.is_full(wanted.by):
            return ""
        try:
            return _cheapest(self)
        except TypeError:  # as in `counted`
            return _cheapest.__wrapped__(self)

    def counted(self, *kind: Any) -> Batch:
        """A batch of a kind: ("energy",), ("step", later, due), ("question", sloped), ..."""
        try:
            return _counted(self, kind)
        except TypeError:  # a method with parts that cannot be hashed
            return _counted.__wrapped__(self, kind)

    def plan(self, goal: Any, kind: tuple[Any, ...]) -> Plan[Any]:
        """The batch as an objective plans it."""
        theta, what = np.array(self.theta), kind[0]
        if what == "connection":
            bend: Plan[Any] = goal.connection(theta, np.ones(self.size))
            return bend
        if what == "step":
            assert isinstance(self.method, Optimizer)
            _, later, due = kind
            state = State.at(theta)
            state = replace(state, change=np.full(self.size, _CHANGE)) if later else state
            state = state if due else replace(state, metric=Identity(self.size))
            return join(split(self.method.measurements(goal, state), PILOT))
        plans: dict[str, Plan[Any]] = {"energy": goal.energy(theta[None])}
        if what == "question" and kind[1]:
            assert isinstance(self.method, SciPy)
            assert self.method.gradient is not None
            plans["gradient"] = goal.gradient(theta, By.of(self.method.gradient))
        return join(split(plans, PILOT))


@lru_cache(maxsize=256)
def _cheapest(tariff: Tariff) -> str:
    return tariff.device.full(np.array(tariff.theta))


@lru_cache(maxsize=1024)
def _counted(tariff: Tariff, kind: tuple[Any, ...]) -> Batch:
    plan = tariff.plan(tariff.device, kind)
    circuits = sampled(plan, _MANY).cost.points if plan.requests else 0
    return Batch(circuits, tariff.plan(tariff.asked, kind).evaluations)


@dataclass(frozen=True, eq=False)
class _Device:
    """An objective from shots, with estimators of the same quantities for those that have none.

    Args:
        circuits: The objective from shots.
        able: Whether "auto" was the full metric.
    """

    circuits: Circuits
    able: bool

    def energy(self, points: Array) -> Plan[Energy[Array]]:
        """As of the circuits."""
        return self.circuits.energy(points)

    def gradient(self, theta: Array, by: By) -> Plan[GradientEstimate]:
        """By the shift rule, where it was exact."""
        exact = isinstance(by.estimator, str) and by.estimator == "exact"
        return self.circuits.gradient(theta, By("parameter-shift") if exact else by)

    def metric(self, theta: Array, by: By, products: bool = False) -> Plan[Metric]:
        """The full metric from its cheapest estimator, where it was exact."""
        return self.circuits.metric(theta, By(self.full(theta)) if self.is_full(by) else by)

    def connection(self, theta: Array, v: Array) -> Plan[GradientEstimate]:
        """As of the circuits."""
        return self.circuits.connection(theta, v)

    def full(self, theta: Array) -> str:
        """The estimator of the full metric with the fewest circuits."""
        return min(FULL, key=lambda name: self.circuits.metric(theta, By(name)).evaluations)

    def is_full(self, by: By) -> bool:
        """Whether it is the full metric, as only a simulator has it."""
        if by.estimator == "auto":
            return self.able
        return isinstance(by.estimator, str) and by.estimator in ONLY_EXACT


def _is_auto(method: Method) -> bool:
    """Whether the executor decides which metric is measured."""
    by = getattr(getattr(method, "precondition", None), "by", None)
    return isinstance(by, By) and by.estimator == "auto"
