"""Values at one point: energy, gradient, Hessian, metric and Berry curvature."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, overload

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.estimate.fubini.hadamard import CurvatureEstimate
from qng.estimate.table import BERRY, GRADIENTS, HESSIANS, METRICS, chosen, gradient_by, metric_by
from qng.execute.names import executor as executor_of
from qng.geometry import Dense, Metric
from qng.plan.executor import Executor
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.problem.given import ensemble_and_point, problem_and_point
from qng.problem.problem import Problem
from qng.run.bench import answer
from qng.run.objective import Exactness, over, run_on, warn_of_surrogate


def metric(
    target: Circuit | Problem | str | Path | Any,
    theta: Any = None,
    estimator: str = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: int | None = None,
    seed: int = 0,
    **options: Any,
) -> Metric:
    """The metric of a circuit at a point.

    Args:
        target: A circuit (ours, Qiskit's or a QNode, quantum function or tape), a problem, or a
            problem's name.
        theta: Shape (P,), radians; the start of a problem by default. For PennyLane the argument
            or a tuple of the arguments, whose trainable numbers are the parameters, argument by
            argument in C order.
        estimator: A name of `estimate.table.METRICS`. Fubini-Study g (QFI = 4 g): "exact",
            "blocks", "diagonal", ...; classical Fisher matrix (I <= 4 g): "fisher", ... "auto" is
            exact without shots and "blocks" with them.
        executor: By name or as an object.
        shots: For all circuits together; None: exact.
        seed: Of everything that is drawn.
        options: Of the estimator: rule="commuting" or "wires" for "blocks"; basis="Z", "X0 Y1",
            ... for "fisher".

    Returns:
        A metric; `dense()` has shape (P, P), in the order of `circuit.parameters`, and
        `std_error` the same shape, or is None where exact.

    Raises:
        UnknownNameError: No such estimator or option.
        UnsupportedMeasureError: An estimator that cannot be had from shots, or not here.
        InputError: theta of the wrong length or not finite; too few shots.

    Example:
        >>> import qng
        >>> qng.metric("one-qubit", [0.0, 0.0]).dense().round(3).tolist()
        [[0.25, 0.0], [0.0, 0.25]]
    """
    ensemble, point = ensemble_and_point(target, theta)
    device = executor_of(executor)
    exactness = Exactness.of(device, shots is not None)
    by = metric_by(By(estimator, **options), exactness.tangents)
    estimate = chosen("metric", by, METRICS, counting=exactness.counting)
    if estimate.observable:
        raise InputError(f"{estimator} is not of a circuit alone: use qng.hessian(problem, theta)")
    warn_of_surrogate(device, estimate)
    plan: Plan[Metric] = over(run_on(device, ensemble), partial(estimate, seed=seed), point)
    return answer(device, plan, seed=seed, shots=shots)


def gradient(
    target: Problem | str | Path | Any,
    theta: Any = None,
    estimator: str = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: int | None = None,
    seed: int = 0,
    **options: Any,
) -> GradientEstimate:
    """The gradient of a problem's energy at a point.

    Args:
        target: A problem, its name, or a QNode that returns an expectation value.
        theta: Shape (P,), radians; the start by default. For a QNode its argument or a tuple.
        estimator: A name of `estimate.table.GRADIENTS`; "auto" is exact without shots and
            "parameter-shift" with them.
        executor: By name or as an object.
        shots: For all circuits together; None: exact.
        seed: Of everything that is drawn.
        options: Of the estimator, such as step=0.1 for "finite-difference".

    Returns:
        `value` of shape (P,), in the order of `circuit.parameters`, and `std_error`.

    Raises:
        UnknownNameError: No such estimator.
        InputError: theta of the wrong length or not finite; too few shots.
    """
    problem, point = problem_and_point(target, theta)
    device = executor_of(executor)
    exactness = Exactness.of(device, shots is not None)
    by = gradient_by(By(estimator, **options), exactness.gradients)
    estimate = chosen("gradient", by, GRADIENTS, counting=exactness.counting)
    of_circuit = partial(estimate, observable=problem.observable, seed=seed)
    plan = over(run_on(device, problem.ensemble), of_circuit, point)
    return answer(device, plan, seed=seed, shots=shots)


def hessian(
    target: Problem | str | Path | Any,
    theta: Any = None,
    *,
    executor: str | Executor = "statevector",
    shots: int | None = None,
    seed: int = 0,
) -> Dense:
    """The Hessian of a problem's energy at a point, symmetric, maybe indefinite.

    Args:
        target: A problem, its name, or a QNode that returns an expectation value.
        theta: Shape (P,), radians; the start by default. For a QNode its argument or a tuple.
        executor: By name or as an object.
        shots: For all circuits together; None: exact.
        seed: Of everything that is drawn.

    Returns:
        `dense()` has shape (P, P), in the order of `circuit.parameters`.

    Cost: 2R + 1 gradients for R rotations.
    """
    problem, point = problem_and_point(target, theta)
    estimate = chosen("Hessian", "hessian", HESSIANS, counting=shots is not None)
    device = executor_of(executor)
    of_circuit = partial(estimate, observable=problem.observable)
    plan = over(run_on(device, problem.ensemble), of_circuit, point)
    return answer(device, plan, seed=seed, shots=shots)


@overload
def berry_curvature(
    target: Any,
    theta: Any = None,
    *,
    executor: str | Executor = "statevector",
    shots: None = None,
    seed: int = 0,
) -> Array: ...
@overload
def berry_curvature(
    target: Any,
    theta: Any = None,
    *,
    executor: str | Executor = "statevector",
    shots: int,
    seed: int = 0,
) -> CurvatureEstimate: ...
def berry_curvature(
    target: Circuit | Problem | str | Path | Any,
    theta: Any = None,
    *,
    executor: str | Executor = "statevector",
    shots: int | None = None,
    seed: int = 0,
) -> Array | CurvatureEstimate:
    """F_ij = 2 Im <d_i psi|d_j psi> at a point, antisymmetric, shape (P, P).

    F = dA with A = Im <psi|d psi>, the opposite sign of A = i <psi|d psi>.

    Args:
        target: A circuit (ours, Qiskit's or a QNode, quantum function or tape), a problem, or a
            problem's name.
        theta: Shape (P,), radians; the start of a problem by default. For PennyLane the argument
            or a tuple of the arguments, whose trainable numbers are the parameters, argument by
            argument in C order.
        executor: By name or as an object.
        shots: For all circuits together; None: exact.
        seed: Of everything that is drawn.

    Returns:
        The matrix; with shots `value` and `std_error`, from Hadamard tests.
    """
    ensemble, point = ensemble_and_point(target, theta)
    if len(ensemble) > 1:
        raise InputError("the Berry curvature is that of one circuit, not of an ensemble")
    estimate = chosen("Berry curvature", "curvature", BERRY, counting=shots is not None)
    device = executor_of(executor)
    ((circuit, _),) = run_on(device, ensemble)
    found: Array | CurvatureEstimate = answer(
        device, estimate(circuit, point), seed=seed, shots=shots
    )
    return found


def energy(
    target: Problem | str | Path | Any,
    theta: Any = None,
    *,
    executor: str | Executor = "statevector",
    shots: int | None = None,
    seed: int = 0,
) -> Energy[float]:
    """The energy of a problem at a point, in the units of its observable.

    Args:
        target: A problem, its name, or a QNode that returns an expectation value.
        theta: Shape (P,), radians; the start by default. For a QNode its argument or a tuple.
        executor: By name or as an object.
        shots: For all circuits together; None: exact.
        seed: Of everything that is drawn.

    Returns:
        `value` and `std_error`, which is None where exact.
    """
    problem, point = problem_and_point(target, theta)
    device, observable = executor_of(executor), problem.observable
    ensemble = run_on(device, problem.ensemble)
    plan = over(ensemble, lambda c, x: energies.expectation(c, observable, x), point)
    found = answer(device, plan, seed=seed, shots=shots)
    return found.at(0)
