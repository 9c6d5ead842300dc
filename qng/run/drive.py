"""What drives a problem in time at a point, from the most that is known of its states.

Of circuits whose derivative states are known, and of wave functions that are summed over all
configurations, (H - E) psi; of everything else the gradient of E, which is enough for imaginary
time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate.evolution import force
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
from qng.run.driven import Driven, Slope, Together
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


Drive = Callable[[Array, float], Driven]
"""theta of shape (P,), time -> what is known there."""

Hamiltonian = Callable[[float], Any]
"""time -> H, as a `PauliSum` or what makes one."""


@dataclass(frozen=True, eq=False)
class Source:
    """What is known at any point of a problem.

    Args:
        at: Of a point.
        states: Whether derivatives of the states are known, which real time needs.
    """

    at: Drive
    states: bool


def source_of(
    problem: AnyProblem,
    objective: Asked,
    device: Executor | Service,
    by: By,
    hamiltonian: Hamiltonian | None = None,
) -> Source:
    """The most that can be known of a problem.

    Args:
        problem: Without frozen parameters.
        objective: Of it on the device.
        device: What answers.
        by: The metric.
        hamiltonian: H at a time, in the place of the problem's.

    Raises:
        InputError: What is counted or sampled, or a metric that is not g.
    """
    if isinstance(objective, Circuits):
        return _of_circuits(objective, device, by, hamiltonian)
    if hamiltonian is not None:
        raise _timeless()
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

            def at(theta: Array, time: float) -> Driven:
                own = WaveForce(wave.at(theta))
                return Together((own,), (1.0,), wave.metric(theta, by))

            return Source(at, states=True)
    whole = by.estimator in _WHOLE
    return Source(lambda x, _: _by_energies(objective, device, by, whole, x), states=False)


def observable_at(hamiltonian: Hamiltonian, time: float, n_qubits: int) -> PauliSum:
    """H at a time.

    Raises:
        InputError: It is no Hermitian sum of Pauli words on these qubits.
    """
    value = hamiltonian(time)
    terms = (value if isinstance(value, PauliSum) else PauliSum(value)).hermitian()
    if terms.n_qubits > n_qubits:
        raise InputError(
            f"the Hamiltonian acts on qubit {terms.n_qubits - 1} at time {time:g}, the circuit has "
            f"{n_qubits}"
        )
    return terms


def _timeless() -> InputError:
    return InputError(
        "a Hamiltonian that depends on time drives a circuit whose derivative states are known: "
        "take a problem with a circuit and executor='statevector'"
    )


def _of_circuits(
    objective: Circuits, device: Executor | Service, by: By, hamiltonian: Hamiltonian | None
) -> Source:
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
        if hamiltonian is not None:
            raise _timeless()
        whole = estimate.name in _WHOLE
        return Source(lambda x, _: _by_energies(objective, device, by, whole, x), states=False)
    n = objective.ensemble[0][0].n_qubits
    fixed = objective.observable.matrix(n) if hamiltonian is None else None
    weights = tuple(weight for _, weight in objective.ensemble)

    def at(theta: Array, time: float) -> Driven:
        matrix = fixed
        if hamiltonian is not None:
            matrix = observable_at(hamiltonian, time, n).matrix(n)
        plans: dict[str, Plan[Any]] = {"metric": objective.metric(theta, by)}
        for k, (circuit, _) in enumerate(objective.ensemble):
            plans[str(k)] = force(circuit, matrix, theta)
        told = answer(device, join(plans))
        return Together(tuple(told[str(k)] for k in range(len(weights))), weights, told["metric"])

    return Source(at, states=True)


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
