"""The energy of a problem's circuits as an objective: what a method may ask for, as plans."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

from qng.arrays import Array
from qng.circuit.arrays import arrays_of
from qng.circuit.circuit import Circuit
from qng.circuit.frequencies import frequencies
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, SurrogateWarning, shown
from qng.estimate import divergence
from qng.estimate import energy as energies
from qng.estimate.ensemble import weighted
from qng.estimate.fubini import connection as connections
from qng.estimate.fubini.form import cheapest
from qng.estimate.table import GRADIENTS, METRICS, Chosen, chosen, gradient_by, metric_by
from qng.geometry import Metric
from qng.log import logger
from qng.models.charts import Reparametrised
from qng.models.coordinates import Moved
from qng.models.objective import Losses
from qng.models.problem import ModelProblem
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.plan.request import Density, Gradient, Tangent
from qng.problem.anyproblem import AnyProblem
from qng.problem.given import Ensemble
from qng.problem.problem import Problem
from qng.run.idle import Kept
from qng.seeds import DIRECTIONS, Key, extended

T = TypeVar("T")

_LOG: Final = logger(__name__)


@dataclass(frozen=True)
class Exactness:
    """What can be had without counting bits.

    Args:
        counting: Whether bits are counted.
        gradients: Whether energies are known with their gradients.
        tangents: Whether derivatives of the state are known.
        densities: Whether density matrices are known.
    """

    counting: bool = False
    gradients: bool = False
    tangents: bool = False
    densities: bool = False

    @property
    def known(self) -> dict[str, bool]:
        """What `chosen` asks."""
        return {"counting": self.counting, "tangents": self.tangents}

    @staticmethod
    def of(device: Executor | Service, counting: bool) -> Exactness:
        """That of an executor."""
        return Exactness(
            counting=counting,
            gradients=Gradient in device.answers and not counting,
            tangents=Tangent in device.answers and not counting,
            densities=Density in device.answers and not counting,
        )


@dataclass(frozen=True, eq=False)
class Circuits:
    """E = sum_k w_k <H>_k of weighted circuits; "auto" is exact where that is possible.

    An exact metric of which products are enough is had in the cheapest form
    (`estimate/fubini/form.py`). Qubits on which nothing acts are left out (`idle.py`).

    Args:
        ensemble: Circuits with their weights, on the qubits that are kept.
        observable: H on these.
        kept: Which qubits these are.
        exactness: What can be had without counting.
        key: Of random directions.
        batch: The batch for which directions are drawn.
    """

    ensemble: Ensemble
    observable: PauliSum
    kept: Kept
    exactness: Exactness
    key: Key = 0
    batch: int = 0
    _known: dict[Any, Any] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(problem: Problem, device: Executor | Service, counting: bool, key: Key = 0) -> Circuits:
        """The objective of a problem on an executor."""
        kept = Kept.of(problem.ensemble, device, problem.observable)
        ensemble, observable = kept.ensemble(problem.ensemble), kept.observable(problem.observable)
        return Circuits(ensemble, observable, kept, Exactness.of(device, counting), key)

    def at(self, batch: int) -> Circuits:
        """The same with the random directions of a batch."""
        return Circuits(
            self.ensemble,
            self.observable,
            self.kept,
            self.exactness,
            self.key,
            batch,
            self._known,
        )

    def again(
        self, who: object, what: Hashable, theta: Array, make: Callable[[], Plan[T]]
    ) -> Plan[T]:
        """As in `Objective`."""
        try:
            found = self._known.get((id(who), what))
        except TypeError:  # options that cannot be hashed
            return make()
        if found is not None:
            kept: Plan[T] = found[1].at(theta)
            return kept
        plan = make()
        if plan.rigid and plan.requests:
            # Who asks is kept as well, so that nobody else has this identity.
            self._known[id(who), what] = who, plan
        return plan

    def energy(self, points: Array) -> Plan[Energy[Array]]:
        """Energies at points of shape (points, P)."""
        return over(self.ensemble, lambda c, x: energies.expectation(c, self.observable, x), points)

    def gradient(self, theta: Array, by: By) -> Plan[GradientEstimate]:
        """The gradient at one point.

        Raises:
            UnknownNameError: No such estimator or option.
            UnsupportedMeasureError: It cannot be had from shots, or only from shots.
        """
        return self._estimated(self.gradient_estimator(by), theta, 0)

    def metric(self, theta: Array, by: By, products: bool = False) -> Plan[Metric]:
        """A metric at one point; arguments and errors as `metric_estimator` and `gradient`."""
        return self._estimated(self.metric_estimator(by, products), theta, 1)

    def connection(self, theta: Array, v: Array, by: By | None = None) -> Plan[GradientEstimate]:
        """Gamma_{i,jk} v^j v^k of the Fubini-Study metric at one point.

        Raises:
            InputError: `by` estimates another metric.
        """
        if by is not None:
            metric = self.metric_estimator(by)
            if metric.of != "fubini":
                raise InputError(
                    "a geodesic needs a Fubini-Study metric, whose connection is known; the metric "
                    f"{metric.name} is of {metric.of or 'a quantity that it does not say'}"
                )
        bend = connections.overlaps if self.exactness.counting else connections.exact
        return over(self.ensemble, lambda c, x: bend(c, x, v), theta)

    def divergence(self, theta: Array, points: Array, by: By) -> Plan[Array] | None:
        """KL(p_theta || p_point) of what is measured, at points of shape (points, P).

        Args:
            theta: The point.
            points: The others.
            by: A Fisher matrix, of whose measurement it is.

        Returns:
            None where it cannot be had: from shots, with noise, or of another metric.
        """
        own = self.kept.by(by)
        if not self.exactness.tangents or own.estimator not in ("fisher", "fisher-diagonal"):
            return None
        basis = str(dict(own.options).get("basis", "Z"))
        found = over(self.ensemble, lambda c, x: divergence.born(c, theta, x, basis), points)
        return found.map(lambda energy: energy.value)

    def frequencies(self) -> Sequence[tuple[float, int]]:
        """(c, N) of every parameter.

        Raises:
            InputError: An angle that is not affine, or too many frequencies.
        """
        return self._once("frequencies", lambda: frequencies([c for c, _ in self.ensemble]))

    def smoothness(self) -> float:
        """A bound on the curvature of the energy (`energies.smoothness`).

        Raises:
            InputError: An angle that is not affine.
        """
        return self._once(
            "smoothness",
            lambda: sum(abs(w) * energies.smoothness(c, self.observable) for c, w in self.ensemble),
        )

    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the arrays that theta ravels (`circuit.arrays`)."""
        return arrays_of(self.ensemble[0][0])

    def gradient_estimator(self, by: By) -> Chosen[GradientEstimate]:
        """What `gradient` asks."""

        def find() -> Chosen[GradientEstimate]:
            resolved = gradient_by(by, self.exactness.gradients)
            self._tell("gradient", by, resolved)
            return chosen("gradient", resolved, GRADIENTS, counting=self.exactness.counting)

        return self._once(("gradient", by), find)

    def metric_estimator(self, by: By, products: bool = False) -> Chosen[Metric]:
        """What `metric` asks.

        Args:
            by: A name of `estimate.table.METRICS` or an estimator; "auto" is "exact" where
                derivatives of the state are known, "sld" where density matrices are, "blocks"
                elsewhere.
            products: Whether products with vectors are enough; then "auto" is the cheapest form of
                the exact metric of one circuit.
        """

        def find() -> Chosen[Metric]:
            resolved = metric_by(
                self.kept.by(by), self.exactness.tangents, self.exactness.densities
            )
            exact = by.estimator == "auto" and self.exactness.tangents
            if exact and products and len(self.ensemble) == 1:
                resolved = by.named(cheapest(self.ensemble[0][0]))
            self._tell("metric", by, resolved)
            return chosen("metric", resolved, METRICS, **self.exactness.known)

        return self._once(("metric", by, products), find)

    def _estimated(self, estimate: Chosen[T], theta: Array, which: int) -> Plan[T]:
        seed = extended(self.key, self.batch, DIRECTIONS, which) if estimate.random else 0
        return estimated(self.ensemble, estimate, theta, self.observable, seed)

    def _tell(self, what: str, by: By, resolved: By) -> None:
        told = ("told", what, resolved)
        if by.estimator == "auto" and told not in self._known:
            self._known[told] = True
            _LOG.info("the %s 'auto' is %r", what, resolved.estimator)

    def _once(self, what: Hashable, find: Callable[[], T]) -> T:
        """What does not depend on the batch is found once a run."""
        try:
            found: T = self._known[what]
        except KeyError:
            found = self._known[what] = find()
        except TypeError:  # options that cannot be hashed
            found = find()
        return found


@runtime_checkable
class Own(Protocol):
    """A problem that knows itself what a run may ask of it (`qng.adapters.functions.objective`)."""

    def objective(self, device: Executor | Service, counting: bool, key: Key = 0, /) -> Any:
        """An `Objective`, which also has `divergence`; arguments as of `objective_of`."""


@runtime_checkable
class Counted(Protocol):
    """A problem of its own whose questions are all answered by circuits: they can be counted."""

    @property
    def problem(self) -> Problem:
        """The one that it was made of."""

    @property
    def decisive(self) -> Hashable:
        """What decides its circuits, beside those of the problem."""


def is_own(target: Any) -> bool:
    """Whether something is a problem that knows itself what a run may ask of it."""
    return not isinstance(target, type) and isinstance(target, Own) and hasattr(target, "reduced")


Asked = Circuits | Losses | Moved
"""What a run asks: circuits, a loss, or either in other coordinates."""


def objective_of(
    problem: AnyProblem, device: Executor | Service, counting: bool, key: Key = 0
) -> Asked:
    """The objective of a problem: its circuits on an executor, its loss, or its own.

    Args:
        problem: Without frozen parameters (`reduced`).
        device: What answers.
        counting: Whether bits are counted.
        key: Of random directions and samples.
    """
    if isinstance(problem, Problem):
        return Circuits.of(problem, device, counting, key)
    if isinstance(problem, ModelProblem):
        return Losses(problem.loss, key)
    if isinstance(problem, Reparametrised):
        inner = objective_of(problem.problem, device, counting, key)
        return Moved(inner, problem.coordinates, len(problem.parameters))
    if isinstance(problem, Own):
        own: Asked = problem.objective(device, counting, key)
        return own
    raise InputError(f"a problem is expected, not {shown(problem)}")


def over(
    ensemble: Ensemble, estimate: Callable[[Circuit, Array], Plan[T]], theta: Array
) -> Plan[T]:
    """The weighted sum of what is estimated on every circuit."""
    if _is_one(ensemble):
        return estimate(ensemble[0][0], theta)
    circuits = _merged(ensemble)
    return _sum([estimate(circuit, theta) for circuit in circuits], list(circuits.values()))


def estimated(
    ensemble: Ensemble,
    estimate: Chosen[T],
    theta: Array,
    observable: PauliSum | None = None,
    seed: Key = 0,
) -> Plan[T]:
    """The weighted sum of what an estimator gives for every circuit, each with its own draws.

    Args:
        ensemble: The circuits and their weights.
        estimate: The estimator.
        theta: Shape (P,), radians.
        observable: H, where the estimator is of one.
        seed: Of the draws.
    """
    if _is_one(ensemble):
        return estimate(ensemble[0][0], theta, observable=observable, seed=seed)
    circuits = _merged(ensemble)
    plans = []
    for k, circuit in enumerate(circuits):
        key = extended(seed, k) if k and estimate.random and not estimate.same_draws else seed
        plans.append(estimate(circuit, theta, observable=observable, seed=key))
    return _sum(plans, list(circuits.values()))


def _is_one(ensemble: Ensemble) -> bool:
    """Whether it is a circuit and nothing else."""
    return len(ensemble) == 1 and ensemble[0][1] == 1.0


def _merged(ensemble: Ensemble) -> dict[Circuit, float]:
    """The circuits, each once, with the sums of their weights."""
    weights: dict[Circuit, float] = {}
    for circuit, weight in ensemble:
        weights[circuit] = weights.get(circuit, 0.0) + weight
    return weights


def _sum(plans: Sequence[Plan[T]], weights: Sequence[float]) -> Plan[T]:
    return plans[0] if len(plans) == 1 and weights[0] == 1.0 else weighted(plans, weights)


def warn_of_surrogate(
    device: Executor | Service, metric: Chosen[Metric], stacklevel: int = 3
) -> None:
    """Say so where a noisy executor is asked for a metric of pure states.

    The classical Fisher matrix is that of what was measured, with noise too.
    """
    if device.noise and metric.pure:
        warnings.warn(
            f"the executor {device.name} has noise ({device.noise}): the metric {metric.name!r} is "
            "that of a pure state, here a surrogate",
            SurrogateWarning,
            stacklevel=stacklevel,
        )
