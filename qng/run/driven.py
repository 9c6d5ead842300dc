"""What drives a problem in time at a point, from the most that is known of its states.

Of circuits whose derivative states are known, and of wave functions that are summed over all
configurations, (H - E) psi; of everything else the gradient of E, which is enough for imaginary
time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.estimate.evolution import Force, force
from qng.geometry import Metric
from qng.models.objective import Losses
from qng.models.wave.force import WaveForce
from qng.models.wave.sampler import ExactSum
from qng.models.wave.variational import Variational
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.plan.request import Expectation, Overlap
from qng.problem.anyproblem import AnyProblem
from qng.run.bench import answer
from qng.run.objective import Asked, Circuits, warn_of_surrogate

# Metrics of models that are the Fubini-Study metric, or parts of it.
_OF_MODELS: Final = ("auto", "exact", "sr", "minsr", "blocks", "diagonal")

# What an estimator of circuits may be of: g, and what takes its place for mixed states.
_OF_CIRCUITS: Final = ("fubini", "sld", "petz", "hilbert-schmidt", "weighted", "")

# Names of metrics in which the distance from the equation of motion is known by <H^2>.
_WHOLE: Final = (
    "auto",
    "exact",
    "low-rank",
    "implicit",
    "overlaps",
    "hadamard",
    "sld",
    "sr",
    "minsr",
)


class Driven(Protocol):
    """What is known at a point."""

    @property
    def energy(self) -> float:
        """E."""

    @property
    def variance(self) -> float:
        """<H^2> - <H>^2; NaN where it is not known."""

    @property
    def metric(self) -> Metric:
        """g, or what stands for it."""

    def along(self) -> Array:
        """Re <d_i psi|(H - E)|psi> = grad_i E / 2, shape (P,)."""

    def across(self) -> Array:
        """Im <d_i psi|(H - E)|psi>, shape (P,)."""

    def curvature(self) -> Array:
        """F = 2 Im QGT, shape (P, P)."""

    def distance(self, velocity: Array, real: bool) -> float:
        """McLachlan's distance for a velocity; NaN where it is not known."""


Drive = Callable[[Array], Driven]
"""theta of shape (P,) -> what is known there."""


@dataclass(frozen=True, eq=False)
class Source:
    """What is known at any point of a problem.

    Args:
        at: Of a point.
        states: Whether derivatives of the states are known, which real time needs.
    """

    at: Drive
    states: bool


def source_of(problem: AnyProblem, objective: Asked, device: Executor | Service, by: By) -> Source:
    """The most that can be known of a problem.

    Args:
        problem: Without frozen parameters.
        objective: Of it on the device.
        device: What answers.
        by: The metric.

    Raises:
        InputError: What is counted or sampled, or a metric that is not g.
    """
    if isinstance(objective, Circuits):
        return _of_circuits(objective, device, by)
    if isinstance(objective, Losses):
        loss, start = objective.loss, problem.initial
        if by.estimator not in _OF_MODELS:
            raise _not_g(by.estimator, f"of a model take {', '.join(_OF_MODELS)}")
        if loss.drawn(start, (0,)) is not loss:
            raise InputError(
                f"{problem.name or 'the problem'} is sampled, and an integrator takes the scatter "
                "of samples for motion: sum it exactly or take all the data; with samples an Euler "
                "step of imaginary time is one of qng.minimize(problem, 'qng', lr=step / 2)"
            )
        if isinstance(loss, Variational) and isinstance(loss.sampler, ExactSum):
            wave = loss

            def at(theta: Array) -> Driven:
                own = WaveForce(wave.at(theta))
                return Together((own,), (1.0,), wave.metric(theta, by))

            return Source(at, states=True)
    whole = by.estimator in _WHOLE
    return Source(lambda theta: _by_energies(objective, device, by, whole, theta), states=False)


def _of_circuits(objective: Circuits, device: Executor | Service, by: By) -> Source:
    if Expectation not in device.answers:
        raise InputError(
            f"the executor {device.name} counts bits, and an integrator takes the scatter of "
            "readings for motion; an Euler step of imaginary time with shots is one of "
            "qng.minimize(problem, 'qng', lr=step / 2, trust=math.inf, shots=...)"
        )
    if getattr(device, "single", False):
        raise InputError(
            f"{device.name} rounds derivatives to single precision, and an integrator takes that "
            "for motion: take executor='statevector'"
        )
    known = objective.exactness
    if by.estimator == "auto" and Overlap in device.answers:
        # "auto" would take blocks of the metric, which say less.
        by = by if known.tangents or known.densities else by.named("overlaps")
    estimate = objective.metric_estimator(by)
    if estimate.of not in _OF_CIRCUITS:
        raise _not_g(estimate.name, "take exact, or sld where there is noise")
    if estimate.random:
        raise InputError(
            f"the metric {estimate.name} is drawn at random, and an integrator takes the scatter "
            "for motion: take exact, or minimise with it (lr = step / 2)"
        )
    warn_of_surrogate(device, estimate, stacklevel=6)
    if not known.tangents:
        whole = estimate.name in _WHOLE
        return Source(lambda theta: _by_energies(objective, device, by, whole, theta), states=False)
    matrix = objective.observable.matrix(objective.ensemble[0][0].n_qubits)
    weights = tuple(weight for _, weight in objective.ensemble)

    def at(theta: Array) -> Driven:
        plans: dict[str, Plan[Any]] = {"metric": objective.metric(theta, by)}
        for k, (circuit, _) in enumerate(objective.ensemble):
            plans[str(k)] = force(circuit, matrix, theta)
        told = answer(device, join(plans))
        return Together(tuple(told[str(k)] for k in range(len(weights))), weights, told["metric"])

    return Source(at, states=True)


@dataclass(frozen=True, eq=False)
class Together:
    """The weighted sum of what drives several states with the same parameters.

    Args:
        forces: One a state.
        weights: Likewise.
        metric: g, the sum of theirs.
    """

    forces: tuple[Force | WaveForce, ...]
    weights: tuple[float, ...]
    metric: Metric

    @property
    def energy(self) -> float:
        """E."""
        return float(self._sum([f.energy for f in self.forces]))

    @property
    def variance(self) -> float:
        """Of every state in itself."""
        return float(self._sum([f.variance for f in self.forces]))

    def along(self) -> Array:
        """grad E / 2, shape (P,)."""
        return np.asarray(self._sum([f.along() for f in self.forces]))

    def across(self) -> Array:
        """Im <d_i psi|(H - E)|psi>, shape (P,)."""
        return np.asarray(self._sum([f.across() for f in self.forces]))

    def curvature(self) -> Array:
        """F, shape (P, P)."""
        return np.asarray(self._sum([f.curvature() for f in self.forces]))

    def distance(self, velocity: Array, real: bool) -> float:
        """The root of the sum of squares."""
        return float(np.sqrt(self._sum([f.distance(velocity, real) ** 2 for f in self.forces])))

    def _sum(self, values: list[Any]) -> Any:
        return np.tensordot(np.array(self.weights), np.array(values), 1)


@dataclass(frozen=True, eq=False)
class Slope:
    """What is known without states.

    Args:
        energy: E.
        variance: <H^2> - <H>^2; NaN where it is not known, or the metric is not all of g.
        metric: g, or what stands for it.
        gradient: grad E, shape (P,).
    """

    energy: float
    variance: float
    metric: Metric
    gradient: Array

    def along(self) -> Array:
        """grad E / 2, shape (P,)."""
        return self.gradient / 2

    def across(self) -> Array:
        """It is not known.

        Raises:
            InputError: Always.
        """
        raise InputError("real time needs derivatives of the state, which are not known here")

    def curvature(self) -> Array:
        """It is not known; as `across`."""
        return self.across()

    def distance(self, velocity: Array, real: bool) -> float:
        """sqrt(theta'^T g theta' + theta' . grad E + Var H), 0 where rounding makes it negative.

        With the SLD metric it is the same of mixed states, along rho' = -{H - E, rho}.
        """
        if real or math.isnan(self.variance):
            return math.nan
        change = float(velocity @ self.gradient)
        return math.sqrt(max(self.metric.length(velocity) ** 2 + change + self.variance, 0.0))


def _by_energies(
    objective: Asked, device: Executor | Service, by: By, whole: bool, theta: Array
) -> Driven:
    """What energies, gradient and metric say, the metric being all of g or not."""
    plans: dict[str, Plan[Any]] = {
        "energy": objective.energy(theta[None]),
        "gradient": objective.gradient(theta, By("auto")),
        "metric": objective.metric(theta, by),
    }
    told = answer(device, join(plans))
    energy = told["energy"].at(0)
    known = whole and energy.variance is not None
    variance = float(energy.variance) if known else math.nan
    return Slope(energy.value, variance, told["metric"], told["gradient"].value)


def _not_g(name: Any, hint: str) -> InputError:
    return InputError(
        f"an evolution in time is that of the Fubini-Study metric g, which {name} is not: {hint}"
    )
