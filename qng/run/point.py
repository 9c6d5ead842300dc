"""Values at a point, or at many: energy, gradient, Hessian, metric and Berry curvature."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.estimate.fubini.hadamard import CurvatureEstimate
from qng.estimate.table import BERRY, GRADIENTS, HESSIANS, METRICS, chosen, gradient_by, metric_by
from qng.execute.names import executor as executor_of
from qng.geometry import Dense, Metric
from qng.models.amplitudes.state import StateFunction
from qng.plan.executor import Executor
from qng.plan.plan import Plan
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.given import ensemble_and_point, problem_and_point
from qng.problem.problem import Problem
from qng.run import pointwise
from qng.run.bench import answer, answers
from qng.run.idle import Kept
from qng.run.objective import Exactness, estimated, over, warn_of_surrogate
from qng.run.target import circuits_of
from qng.seeds import number_of, of_point

Points = np.ndarray[tuple[int, int], np.dtype[Any]] | Sequence[Sequence[float]]


@overload
def metric(
    target: Circuit | Problem | str | Path | Any,
    theta: Array | Sequence[float] | None = None,
    estimator: str = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
    **options: Any,
) -> Metric: ...
@overload
def metric(
    target: Circuit | Problem | str | Path | Any,
    theta: Points,
    estimator: str = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
    **options: Any,
) -> tuple[Metric, ...]: ...
@overload
def metric(
    target: Circuit | Problem | str | Path | Any,
    theta: Any,
    estimator: str = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
    **options: Any,
) -> Any: ...
def metric(
    target: Circuit | Problem | str | Path | Any,
    theta: Any = None,
    estimator: str = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
    **options: Any,
) -> Metric | tuple[Metric, ...]:
    """The metric of a circuit at a point, or at each of many.

    Args:
        target: A circuit (ours, Qiskit's or a QNode, quantum function or tape), a problem of
            circuits or of a model, a problem's name, or a `StateFunction`.
        theta: Shape (P,), radians, or (points, P), or a mapping from parameters to values; the
            start of a problem by default. An array for a Qiskit circuit is in the order of its own
            `parameters`. For PennyLane the argument or a tuple of the arguments, whose trainable
            numbers are the parameters, argument by argument in C order: one point.
        estimator: A name of `estimate.table.METRICS`; of a model one of its own
            (`qng.models.loss.Loss.metric`). Fubini-Study g (QFI = 4 g): "exact",
            "blocks", "diagonal", ...; classical Fisher matrix (I <= 4 g): "fisher", ...; of the
            density matrix that a simulator prepares, noise included: "sld" (SLD/4),
            "hilbert-schmidt" (HS/4; from bits of random bases "random-measurements"), "petz", and
            of a problem's terms "wa", all g where states are pure, but for "petz" and words on some
            of the qubits. "auto" is exact without shots ("sld" where there is noise) and "blocks"
            with them.
        executor: By name or as an object.
        shots: For all circuits of a point together, or `PerCircuit(N)`: N for each; None: exact.
            Errors are made for ten shots a circuit and more.
        seed: Of everything that is drawn; errors at different points are independent, but for
            those of readout rates, which a batch has in common.
        options: Of the estimator: rule="commuting" or "wires" for "blocks"; basis="Z", "X0 Y1",
            ... for "fisher"; function="bkm", "wigner-yanase", ... or f(t) for "petz"; around=True
            for "sld" where the rank of the state is larger next to the point than at it;
            words="local-2", "light-cone" or ("Z0 Z1", "X0"), weight= and floor= for "observables".

    Returns:
        A metric, or a tuple of them, one a point; `dense()` has shape (P, P), in the order of
        `circuit.parameters`, `std_error` the same shape, or None where exact, and
        `variance_of(v, w)` the variance of v^T M w, with what entries from the same shots share.

    Raises:
        UnknownNameError: No such estimator or option.
        UnsupportedMeasureError: An estimator that cannot be had from shots, or not here.
        InputError: theta of the wrong length or not finite; too few shots.

    Example:
        >>> import qng
        >>> qng.metric("one-qubit", [0.0, 0.0]).dense().round(3).tolist()
        [[0.25, 0.0], [0.0, 0.25]]
    """
    shots, seed = checked_shots(shots), number_of(seed)
    if (model := pointwise.with_metric(target, theta)) is not None:
        asked = By(estimator, **options)
        return pointwise.metric(model, theta, asked, executor, shots, seed)
    device = executor_of(executor)
    exactness = Exactness.of(device, shots is not None)
    given = metric_by(By(estimator, **options), exactness.tangents, exactness.densities)
    estimate = chosen("metric", given, METRICS, **exactness.known)
    if estimate.of == "hessian":
        raise InputError(
            f"{estimator} is that of an energy, no metric of a circuit: see hessian(problem, theta)"
        )
    whole: PauliSum | None = None
    if estimate.observable:
        problem, point = problem_and_point(target, theta, many=True)
        ensemble, whole = problem.ensemble, problem.observable
    else:
        ensemble, point = ensemble_and_point(target, theta, many=True)
    kept = Kept.of(ensemble, device, whole)
    estimate = chosen("metric", kept.by(given), METRICS, **exactness.known)
    warn_of_surrogate(device, estimate)
    circuits = kept.ensemble(ensemble)
    observable = None if whole is None else kept.observable(whole)

    def plan(x: Array, k: int = 0) -> Plan[Metric]:
        return estimated(circuits, estimate, x, observable, of_point(seed, k))

    if point.ndim == 2:
        return answers(device, [plan(x, k) for k, x in enumerate(point)], seed, shots)
    return answer(device, plan(point), seed, shots)


def gradient(
    target: Problem | str | Path | Any,
    theta: Any = None,
    estimator: str = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
    **options: Any,
) -> GradientEstimate:
    """The gradient of a problem's energy at a point, or at each of many.

    Args:
        target: A problem, its name, or a QNode that returns an expectation value.
        theta: Shape (P,), radians, or (points, P), or a mapping from parameters to values; the
            start by default. For a QNode its argument or a tuple: one point.
        estimator: A name of `estimate.table.GRADIENTS`; "auto" is exact without shots and
            "parameter-shift" with them.
        executor: By name or as an object.
        shots: For all circuits of a point together, or `PerCircuit(N)`: N for each; None: exact.
            Errors are made for ten shots a circuit and more.
        seed: Of everything that is drawn; errors at different points are independent, but for
            those of readout rates, which a batch has in common.
        options: Of the estimator, such as step=0.1 for "finite-difference".

    Returns:
        `value` of shape (P,), in the order of `circuit.parameters`, or (points, P), and
        `std_error`, which is None where exact.

    Raises:
        UnknownNameError: No such estimator.
        InputError: theta of the wrong length or not finite; too few shots.

    Example:
        >>> import qng
        >>> qng.gradient("one-qubit", [0.3, 0.8]).value.round(4).tolist()
        [-0.4179, -0.0197]
        >>> measured = qng.gradient("one-qubit", [0.3, 0.8], shots=10_000)
        >>> measured.std_error.shape
        (2,)
    """
    shots, seed = checked_shots(shots), number_of(seed)
    if (model := pointwise.model_of(target)) is not None:
        asked = By(estimator, **options)
        return pointwise.gradient(model, theta, asked, executor, shots, seed)
    problem, point = problem_and_point(target, theta, many=True)
    device = executor_of(executor)
    exactness = Exactness.of(device, shots is not None)
    by = gradient_by(By(estimator, **options), exactness.gradients)
    estimate = chosen("gradient", by, GRADIENTS, counting=exactness.counting)
    kept = Kept.of(problem.ensemble, device, problem.observable)
    circuits, observable = kept.ensemble(problem.ensemble), kept.observable(problem.observable)

    def plan(x: Array, k: int = 0) -> Plan[GradientEstimate]:
        return estimated(circuits, estimate, x, observable, of_point(seed, k))

    if point.ndim == 1:
        return answer(device, plan(point), seed, shots)
    found = answers(device, [plan(x, k) for k, x in enumerate(point)], seed, shots)
    return GradientEstimate(
        np.array([gradient.value for gradient in found]).reshape(point.shape),
        _column([gradient.covariance for gradient in found]),
    )


def _column(values: Sequence[Any]) -> Array | None:
    """One array of what is known at all points."""
    return np.array(values) if values and values[0] is not None else None


def hessian(
    target: Problem | str | Path | Any,
    theta: Any = None,
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> Dense:
    """The Hessian of a problem's energy at a point, symmetric, maybe indefinite.

    Args:
        target: A problem, its name, or a QNode that returns an expectation value.
        theta: Shape (P,), radians, or a mapping from parameters to values; the start by default.
            For a QNode its argument or a tuple.
        executor: By name or as an object.
        shots: For all circuits together, or `PerCircuit(N)`: N for each; None: exact.
        seed: Of everything that is drawn.

    Returns:
        `dense()` has shape (P, P), in the order of `circuit.parameters`.

    Cost: 2R + 1 gradients for R rotations.

    Example:
        >>> import qng
        >>> qng.hessian("one-qubit", [0.3, 0.8]).dense().round(4).tolist()
        [[-1.3509, 0.0061], [0.0061, -1.3509]]
    """
    shots, seed = checked_shots(shots), number_of(seed)
    if (model := pointwise.model_of(target)) is not None:
        return pointwise.hessian(model, theta, executor, shots, seed)
    problem, point = problem_and_point(target, theta)
    estimate = chosen("Hessian", "hessian", HESSIANS, counting=shots is not None)
    device = executor_of(executor)
    kept = Kept.of(problem.ensemble, device, problem.observable)
    circuits, observable = kept.ensemble(problem.ensemble), kept.observable(problem.observable)
    plan = estimated(circuits, estimate, point, observable)
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
    shots: Shots,
    seed: int = 0,
) -> CurvatureEstimate: ...
def berry_curvature(
    target: Circuit | Problem | str | Path | Any,
    theta: Any = None,
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> Array | CurvatureEstimate:
    """F_ij = 2 Im <d_i psi|d_j psi> at a point, antisymmetric, shape (P, P).

    F = dA with A = Im <psi|d psi>, the opposite sign of A = i <psi|d psi>.

    Args:
        target: A circuit (ours, Qiskit's or a QNode, quantum function or tape), a problem, a
            problem's name, or a `StateFunction`.
        theta: Shape (P,), radians, or a mapping from parameters to values; the start of a problem
            by default. An array for a Qiskit circuit is in the order of its own `parameters`. For
            PennyLane the argument or a tuple of the arguments, whose trainable numbers are the
            parameters, argument by argument in C order.
        executor: By name or as an object.
        shots: For all circuits together, or `PerCircuit(N)`: N for each; None: exact.
        seed: Of everything that is drawn.

    Returns:
        The matrix; with shots `value` and `std_error`, from Hadamard tests.

    Example:
        >>> import qng
        >>> qng.berry_curvature("one-qubit", [0.3, 0.8]).round(4).tolist()
        [[0.0, 0.4777], [-0.4777, 0.0]]
    """
    shots, seed = checked_shots(shots), number_of(seed)
    if isinstance(target, StateFunction):
        return pointwise.curvature(target, theta, executor, shots)
    if (model := pointwise.model_of(target)) is not None:
        target = circuits_of(model, "the Berry curvature")
    ensemble, point = ensemble_and_point(target, theta)
    if len(ensemble) > 1:
        raise InputError("the Berry curvature is that of one circuit, not of an ensemble")
    estimate = chosen("Berry curvature", "curvature", BERRY, counting=shots is not None)
    device = executor_of(executor)
    circuit = Kept.of(ensemble, device).circuit(ensemble[0][0])
    found: Array | CurvatureEstimate = answer(
        device, estimate(circuit, point), seed=seed, shots=shots
    )
    return found


def energy(
    target: Problem | str | Path | Any,
    theta: Any = None,
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> Energy[Any]:
    """The energy of a problem at a point, or at each of many, in the units of its observable.

    Args:
        target: A problem, its name, or a QNode that returns an expectation value.
        theta: Shape (P,), radians, or (points, P), or a mapping from parameters to values; the
            start by default. For a QNode its argument or a tuple: one point.
        executor: By name or as an object.
        shots: For all circuits of a point together, or `PerCircuit(N)`: N for each; None: exact.
            Errors are made for ten shots a circuit and more.
        seed: Of everything that is drawn; errors at different points are independent, but for
            those of readout rates, which a batch has in common.

    Returns:
        `value`, a number or of shape (points,), and `std_error`, which is None where exact.

    Example:
        >>> import qng
        >>> float(round(qng.energy("one-qubit", [0.3, 0.8]).value, 4))
        1.3509
        >>> qng.energy("one-qubit", [[0.3, 0.8], [0.0, 0.0]]).value.shape
        (2,)
    """
    shots, seed = checked_shots(shots), number_of(seed)
    if (model := pointwise.model_of(target)) is not None:
        return pointwise.energy(model, theta, executor, shots, seed)
    problem, point = problem_and_point(target, theta, many=True)
    device = executor_of(executor)
    kept = Kept.of(problem.ensemble, device, problem.observable)
    circuits, observable = kept.ensemble(problem.ensemble), kept.observable(problem.observable)

    def plan(x: Array) -> Plan[Energy[Array]]:
        return over(circuits, lambda c, y: energies.expectation(c, observable, y), x)

    if point.ndim == 1:
        return answer(device, plan(point), seed, shots).at(0)
    if shots is None:
        return answer(device, plan(point), seed)
    found = answers(device, [plan(x) for x in point], seed, shots)
    return Energy(
        np.array([energy.value[0] for energy in found]),
        std_error=_column([None if e.std_error is None else e.std_error[0] for e in found]),
    )
