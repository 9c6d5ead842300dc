"""What the batches of a run would be on a device, each planned once more as for counted bits.

An estimator that only a simulator has is replaced by one of the same quantity,

    gradient       "parameter-shift"
    full metric    the one of "hadamard", "overlaps", "blocks+overlaps" with the fewest circuits

and the batch is lowered, as `step_cost` does it. One of each kind is planned, at the start of the
problem, for a device without noise, as simulated shots are: what the structure of a circuit fixes
is not measured.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import UnsupportedMeasureError
from qng.estimate.fubini.counts import full_metric
from qng.estimate.table import METRICS
from qng.geometry import Identity
from qng.optimize.method import Method, State
from qng.optimize.optimizer import Optimizer
from qng.optimize.scipy import SciPy
from qng.plan.deal import PILOT, split
from qng.plan.estimator import Estimator
from qng.plan.grouping import grouped
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Energy, GradientEstimate, Objective
from qng.plan.request import (
    Expectation,
    Gradient,
    Overlap,
    Probabilities,
    Request,
    Result,
    Samples,
    Tangent,
    known_with_shots,
)
from qng.plan.request import State as StateMeasure
from qng.problem.anyproblem import AnyProblem
from qng.problem.given import Ensemble
from qng.problem.problem import Problem
from qng.run.idle import Kept
from qng.run.objective import Counted, objective_of
from qng.run.results import Run
from qng.run.target import counted

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
class _Place:
    """A problem at its start; equal ones are planned once, whatever the method.

    Args:
        problem: Of free parameters only.
        ensemble: Its circuits; with the observable they decide what is counted.
        observable: H.
        theta: Its start.
        more: What else decides.
    """

    problem: AnyProblem = field(compare=False)
    ensemble: Ensemble
    observable: PauliSum
    theta: tuple[float, ...]
    more: Hashable = ()

    @cached_property
    def device(self) -> Objective:
        """What can be asked of a device."""
        return objective_of(self.problem, _Simulator(), True)

    @cached_property
    def kept(self) -> Kept:
        """The qubits that a device gets."""
        return Kept.of(self.ensemble, _Simulator(), self.observable)

    @cached_property
    def circuits(self) -> list[Circuit]:
        """The circuits as a device gets them, each once."""
        return list(dict.fromkeys(circuit for circuit, _ in self.kept.ensemble(self.ensemble)))


@dataclass(frozen=True)
class Tariff:
    """Plans batches of a run twice: as a simulator was asked, and as a device would be.

    Args:
        place: What is measured.
        method: What asks.
        able: Whether the simulator had derivatives of energies and states.
    """

    place: _Place
    method: Method
    able: bool = True

    @staticmethod
    def of(run: Run) -> Tariff:
        """That of a run."""
        assert run.made is not None
        recipe = run.made
        problem = counted(recipe.problem, "the price of a run on a device")
        inner = problem.reduced(problem.initial)
        of, more = (inner.problem, inner.decisive) if isinstance(inner, Counted) else (inner, ())
        assert isinstance(of, Problem)
        theta = tuple(inner.initial.tolist())
        # Where "auto" became blocks the executor had no derivatives of states.
        able = "Blocks" not in set(run.trace["metric"]) or not _is_auto(recipe.method)
        place = _Place(inner, of.ensemble, of.observable, theta, more)
        return Tariff(place, recipe.method, able)

    @property
    def size(self) -> int:
        """P, the number of free parameters."""
        return len(self.place.theta)

    @cached_property
    def asked(self) -> Objective:
        """What the run could ask of a simulator."""
        return objective_of(self.place.problem, _Simulator(self.able), False)

    @property
    def counted_as(self) -> str:
        """What the full metric was counted as, or ""."""
        by = self._by()
        return _cached(_cheapest, self.place)[0] if by is not None and self._is_full(by) else ""

    def counted(self, *kind: Any) -> Batch:
        """A batch of a kind: ("energy",), ("step", later, due), ("question", sloped), ..."""
        found: Batch = _cached(_counted, self, kind)
        return found

    def plan(self, goal: Any, kind: tuple[Any, ...]) -> Plan[Any]:
        """The batch as an objective plans it, without a metric."""
        theta, what = np.array(self.place.theta), kind[0]
        if what == "connection":
            bend: Plan[Any] = goal.connection(theta, np.ones(self.size))
            return bend
        if what == "step":
            assert isinstance(self.method, Optimizer)
            state = replace(State.at(theta), metric=Identity(self.size))
            if kind[1]:
                state = replace(state, change=np.full(self.size, _CHANGE))
            return join(split(self.method.measurements(goal, state), PILOT))
        plans: dict[str, Plan[Any]] = {"energy": goal.energy(theta[None])}
        if what == "question" and kind[1]:
            assert isinstance(self.method, SciPy)
            assert self.method.gradient is not None
            plans["gradient"] = goal.gradient(theta, By.of(self.method.gradient))
        return join(split(plans, PILOT))

    def metric(self) -> Batch:
        """A metric, which has shots of its own, apart from the rest of its batch."""
        by = self._by()
        assert by is not None
        theta = np.array(self.place.theta)
        asked = self.asked.metric(theta, by, products=True).evaluations
        if self._is_full(by):
            return Batch(_cached(_cheapest, self.place)[1], asked)
        return Batch(_cached(_from_shots, self.place, _known(by)), asked)

    def _by(self) -> By | None:
        """How the method measures its metric, if it does."""
        wants = getattr(getattr(self.method, "precondition", None), "wants", None)
        wanted = None if wants is None else wants(State.at(np.array(self.place.theta)))
        return None if wanted is None or not self.size else By.of(wanted.by)

    def _is_full(self, by: By) -> bool:
        """Whether it is the full metric, as only a simulator has it."""
        if by.estimator == "auto":
            return self.able
        return isinstance(by.estimator, str) and by.estimator in ONLY_EXACT


def points_of(plan: Plan[Any]) -> int:
    """How many circuits a plan is on a device.

    Raises:
        UnsupportedMeasureError: It asks for density matrices, which no device has.
    """
    if any(known_with_shots(request) for request in plan.requests):
        raise UnsupportedMeasureError(
            "a metric of density matrices is known to simulators only: on a device it would take "
            "tomography, which is not priced"
        )
    alone = plan.requests[0] if len(plan.requests) == 1 else None
    if alone is not None and isinstance(alone.measure, Expectation):
        # Those of a Hessian may be many; every point has shots of its own in every basis.
        return len(alone.angles) * len(grouped(alone.circuit, (alone.measure.observable,)))
    lowered = sampled(plan, _MANY).requests if plan.requests else ()
    return sum(len(request.angles) for request in lowered)


@lru_cache(maxsize=1024)
def _counted(tariff: Tariff, kind: tuple[Any, ...]) -> Batch:
    circuits = points_of(tariff.plan(_Device(tariff.place.device), kind))
    asked = tariff.plan(tariff.asked, kind).evaluations
    if kind[0] == "step" and kind[2]:
        metric = tariff.metric()
        return Batch(circuits + metric.circuits, asked + metric.asked)
    return Batch(circuits, asked)


@lru_cache(maxsize=256)
def _from_shots(place: _Place, by: By) -> int:
    """The circuits of a metric that can be had from shots."""
    theta, row = np.array(place.theta), _row(by)
    if row is None or row.circuits is None:
        return points_of(place.device.metric(theta, by))
    of_what = (place.kept.observable(place.observable),) if row.observable else ()
    return sum(row.circuits(circuit, *of_what, theta) for circuit in place.circuits)


@lru_cache(maxsize=256)
def _cheapest(place: _Place) -> tuple[str, int]:
    """The estimator of the full metric with the fewest circuits, and how many these are."""
    counts = [full_metric(circuit, np.array(place.theta)) for circuit in place.circuits]
    totals = {name: sum(count[name] for count in counts) for name in FULL}
    return min(totals.items(), key=lambda of: of[1])


def _cached(count: Any, *of: Any) -> Any:
    """What a function counts, also of things that cannot be hashed."""
    try:
        hash(of)
    except TypeError:
        return getattr(count, "__wrapped__", count)(*of)
    return count(*of)


@dataclass(frozen=True, eq=False)
class _Device:
    """An objective from shots whose exact gradients are those of the shift rule.

    Args:
        circuits: The objective from shots.
    """

    circuits: Objective

    def energy(self, points: Array) -> Plan[Energy[Array]]:
        """As of the circuits."""
        return self.circuits.energy(points)

    def gradient(self, theta: Array, by: By) -> Plan[GradientEstimate]:
        """By the shift rule, where it was exact."""
        exact = isinstance(by.estimator, str) and by.estimator == "exact"
        return self.circuits.gradient(theta, By("parameter-shift") if exact else by)

    def connection(self, theta: Array, v: Array) -> Plan[GradientEstimate]:
        """As of the circuits."""
        return self.circuits.connection(theta, v)


def _known(by: By) -> By:
    """Without options that say how a simulator has it, such as masked=True of blocks."""
    row = _row(by)
    known = None if row is None or row.sampled is None else row.options(True)
    if known is None:
        return by
    return By(by.estimator, **{name: value for name, value in by.options if name in known})


def _row(by: By) -> Estimator[Any] | None:
    """The estimator, if it is one of the table or of one's own."""
    if isinstance(by.estimator, str):
        return METRICS.get(by.estimator)
    return by.estimator if isinstance(by.estimator, Estimator) else None


def _is_auto(method: Method) -> bool:
    """Whether the executor decides which metric is measured."""
    by = getattr(getattr(method, "precondition", None), "by", None)
    return isinstance(by, By) and by.estimator == "auto"
