"""Circuits as they come, their states at many points, and their derivative states at one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.geometry import Metric
from qng.plan.plan import Plan
from qng.plan.request import Request, Tangent
from qng.plan.request import State as StateMeasure
from qng.problem.anyproblem import AnyProblem
from qng.problem.foreign import origin
from qng.problem.given import ensemble_and_point
from qng.problem.problem import Problem
from qng.run.bench import answer
from qng.run.library import load
from qng.run.point import metric
from qng.run.pointwise import model_of as model
from qng.run.target import is_model

# Amplitudes held at once.
_MANY: Final = 2**22

_MOST_QUBITS: Final = 14


def circuit_and_point(target: Any, theta: Any = None) -> tuple[Circuit, Array | None]:
    """One circuit in its free parameters, and a point of it where there is one.

    Args:
        target: A circuit (ours, Qiskit's, or a QNode, quantum function or tape), a problem, its
            name or a folder; or a pair of a QNode and its arguments, at which it is read.
        theta: The point, as in `qng.metric`; None: the start of a problem, and none of a circuit.

    Raises:
        InputError: None of these, a point of the wrong shape, several weighted circuits, or too
            many qubits for exact states.
    """
    if isinstance(target, (str, Path)):
        target = load(target)
    if is_pair(target) and theta is None:
        target, arguments = target
        return circuit_and_point(target, arguments)[0], None
    bare = theta is None and (isinstance(target, Circuit) or origin(target) == "qiskit")
    if bare:
        circuit = target if isinstance(target, Circuit) else Circuit.from_qiskit(target)
        return _checked(circuit), None
    if isinstance(target, Problem) and target.frozen:
        _, point = ensemble_and_point(target, theta)
        target = target.reduced(point)
        theta = None
    if is_model(target):
        raise InputError(
            f"{target.name or 'the model'} has no circuit, or is in coordinates of its own: this "
            "is of the states of a circuit in its own angles"
        )
    ensemble, point = ensemble_and_point(target, theta)
    if len(ensemble) > 1:
        raise InputError("the geometry is that of one circuit, and this problem has several")
    return _checked(ensemble[0][0]), point


def is_pair(target: Any) -> bool:
    """Whether it is a function of PennyLane with its arguments."""
    return isinstance(target, tuple) and len(target) == 2 and origin(target[0]) is not None


def model_of(target: Any, theta: Any = None) -> AnyProblem | None:
    """The problem that is a model, or is in other coordinates, in its free parameters.

    Args:
        target: What was given.
        theta: Where frozen parameters are held; None: at its start.

    Returns:
        None of a circuit, or of a problem of one.
    """
    # Looking into a circuit of Qiskit for what a problem has would touch what is deprecated there.
    found = None if isinstance(target, Circuit) or origin(target) is not None else model(target)
    if found is None or not found.frozen:
        return found
    reduced: AnyProblem = found.reduced(theta)
    return reduced


def model_metrics(problem: AnyProblem, thetas: Array, name: str) -> list[Metric]:
    """A metric of a model at points of shape (points, P)."""
    found: Any = metric(problem, thetas, name)
    return list(found)


def _checked(circuit: Circuit) -> Circuit:
    if circuit.n_qubits > _MOST_QUBITS:
        raise InputError(
            f"the geometry of an ansatz is had from exact states, up to {_MOST_QUBITS} qubits, not "
            f"on {circuit.n_qubits}"
        )
    return circuit


def random_points(circuit: Circuit, count: int, seed: int, purpose: int = 0) -> Array:
    """Points drawn uniformly from [-pi, pi), shape (count, P).

    Args:
        circuit: Of P parameters.
        count: How many.
        seed: Every point has its own stream, so that more points do not change the first ones.
        purpose: Another one, other streams.
    """
    checks.memory(f"{count} points", 8 * count * max(circuit.n_parameters, 1))
    size = circuit.n_parameters
    streams = (np.random.default_rng([seed, purpose, k]) for k in range(count))
    rows = [stream.uniform(-np.pi, np.pi, size) for stream in streams]
    return np.array(rows).reshape(count, size)


def states(circuit: Circuit, thetas: Array) -> Amplitudes:
    """The states at points, shape (points, 2^n).

    Args:
        circuit: The circuit.
        thetas: Shape (points, P), radians.
    """
    checks.memory(f"{len(thetas)} states", (16 * len(thetas)) << circuit.n_qubits)
    device, rows = executor_of("statevector"), max(1, _MANY >> circuit.n_qubits)
    found = []
    for start in range(0, len(thetas), rows):
        request = Request(circuit, circuit.angles(thetas[start : start + rows]), StateMeasure())
        plan: Plan[Amplitudes] = Plan((request,), lambda results: results[0])
        found.append(answer(device, plan))
    return np.concatenate(found)


def metrics(circuit: Circuit, thetas: Array, estimator: str = "exact", **options: Any) -> Array:
    """A metric at every point as a matrix, shape (points, P, P).

    Args:
        circuit: The circuit.
        thetas: Shape (points, P), radians.
        estimator: As of `qng.metric`.
        options: Of it.
    """
    size = circuit.n_parameters
    checks.memory(f"{len(thetas)} metrics", 16 * len(thetas) * size**2)
    found: Any = metric(circuit, thetas, estimator, **options)
    return np.array([one.dense() for one in found]).reshape(len(thetas), size, size)


def tangents(
    circuit: Circuit, theta: Array, rotations: bool = False
) -> tuple[Amplitudes, Amplitudes]:
    """(derivative states without their parts along the state, as rows; the state).

    Args:
        circuit: Of R rotations and P parameters.
        theta: Shape (P,), radians.
        rotations: By the angles of all rotations instead of the parameters.

    Returns:
        Shapes (P, 2^n), or (R, 2^n), and (2^n,).
    """
    phi = circuit.angles(theta)
    a = Slopes.of(np.eye(circuit.n_rotations)) if rotations else circuit.slopes(theta)
    size = circuit.n_rotations if rotations else circuit.n_parameters
    checks.memory(f"{size} derivative states", (32 * size) << circuit.n_qubits)
    request = Request(circuit, phi[None], Tangent(a))
    plan: Plan[tuple[Amplitudes, Amplitudes]] = Plan(
        (request,), lambda results: (results[0].dense(), results[0].state)
    )
    rows, psi = answer(executor_of("statevector"), plan)
    return rows - np.outer(rows @ psi.conj(), psi), psi
