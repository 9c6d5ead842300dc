"""Circuits of Qiskit and PennyLane where a circuit or a problem of ours is expected.

What an object is, is seen from the package that its class comes from: nothing is imported to
look.
"""

from __future__ import annotations

import functools
import sys
import warnings
from typing import Any

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, UnusedDeviceWarning, need
from qng.problem.problem import Problem

Ensemble = tuple[tuple[Circuit, float], ...]
"""Weighted circuits."""


def origin(target: Any) -> str | None:
    """The package of an object, qiskit or pennylane; None where it is from neither."""
    if isinstance(target, type):
        return None
    if isinstance(target, functools.partial):
        return origin(target.func)
    packages = {cls.__module__.partition(".")[0] for cls in type(target).__mro__}
    for package in ("qiskit", "pennylane"):
        if package in packages:
            return package
    # Of PennyLane's sources one is a plain function.
    is_function = callable(target) and hasattr(target, "__code__")
    return "pennylane" if is_function else None


def _need_pennylane(target: Any) -> None:
    """Refuse a plain function where it cannot be one of PennyLane's.

    Raises:
        MissingPackageError: PennyLane is not installed.
    """
    inner = target.func if isinstance(target, functools.partial) else target
    if hasattr(inner, "__code__"):
        need(
            "pennylane",
            "a function of numbers becomes a problem as qng.models.function(f, start); "
            "a quantum function",
        )


def ensemble_of(target: Any, theta: Any) -> tuple[Ensemble, Array]:
    """(weighted circuits, theta) of a foreign circuit at a point.

    Args:
        target: A Qiskit circuit, or a QNode, quantum function, tape or cost made of QNodes.
        theta: For Qiskit shape (P,), in the order of its `parameters`, or a mapping from them to
            values. For PennyLane the argument, or a tuple of all arguments.

    Raises:
        CircuitError: What cannot be lowered.
        InputError: No point, or one of the wrong shape.
    """
    if origin(target) == "qiskit":
        circuit = Circuit.from_qiskit(target)
        if theta is None:
            raise InputError(
                f"theta is needed: {circuit.n_parameters} numbers for the circuit, in the order "
                f"{', '.join(circuit.parameters)}"
            )
        return ((circuit, 1.0),), circuit.check_point(theta)
    _need_pennylane(target)
    from qng.circuit.convert.pennylane import convert

    arguments = _arguments(target, theta)
    cost = _cost(target, arguments)
    if cost is not None:
        return cost.circuits, _point(cost.theta)
    found = convert(target, *arguments)
    say_unused(target)
    return ((found.circuit, 1.0),), _point(found.theta)


def opened(circuit: Any, observable: Any, start: Any) -> tuple[Circuit, Any, Any]:
    """(circuit, observable, start) of a problem, from those of Qiskit, PennyLane or ours.

    Args:
        circuit: What was given; a QNode or quantum function of PennyLane is a circuit, whatever
            it returns.
        observable: Operators of PennyLane act on the wires of the QNode, by their labels.
        start: Of a QNode its argument, or a tuple of all arguments, in their own shapes.

    Raises:
        CircuitError: What cannot be lowered.
        InputError: A QNode without a start, another circuit, or a wire that is not known.
    """
    if isinstance(circuit, Circuit) or origin(circuit) != "pennylane":
        ours, seen = parts_of(circuit, observable)
        return ours, seen, start if start is None else natural(ours, start)
    _need_pennylane(circuit)
    from qng.circuit.convert.pennylane import convert

    if start is None and not hasattr(circuit, "operations"):
        raise InputError("a QNode needs start=, its argument or a tuple of all its arguments")
    arguments = _arguments(circuit, start)
    found = convert(circuit, *arguments)
    if origin(observable) == "pennylane":
        others = [label for label in getattr(observable, "wires", ()) if label not in found.wires]
        if others:
            found = convert(circuit, *arguments, wire_order=[*found.wires, *others])
        observable = PauliSum.from_pennylane(observable, found.wires)
    say_unused(circuit)
    return found.circuit, observable, _point(found.theta)


def parts_of(circuit: Any, observable: Any) -> tuple[Circuit, Any]:
    """(circuit, observable) of a problem, from those of Qiskit or ours.

    Args:
        circuit: What was given.
        observable: What was given with it; operators of Qiskit become ours.

    Raises:
        CircuitError: What cannot be lowered.
        InputError: Another circuit, or an operator on the physical qubits of a transpiled circuit.
    """
    ours = circuit if isinstance(circuit, Circuit) else _converted(circuit)
    if origin(observable) != "qiskit":
        return ours, observable
    if ours is not circuit:
        _check_width(circuit, getattr(observable, "num_qubits", None))
    return ours, PauliSum(observable)


def _converted(circuit: Any) -> Circuit:
    if origin(circuit) != "qiskit":
        raise InputError(
            f"circuit must be a Circuit, not {type(circuit).__name__}; a QuantumCircuit or a QNode "
            "will do, and Circuit.from_qasm reads text"
        )
    return Circuit.from_qiskit(circuit)


def _check_width(circuit: Any, width: int | None) -> None:
    """After apply_layout an operator is as wide as the device."""
    from qng.circuit.convert.qiskit.layout import places_of

    places = places_of(circuit)
    if places is not None and len(places) < circuit.num_qubits == width:
        raise InputError(
            f"the operator has {width} qubits, as after apply_layout, and the circuit had "
            f"{len(places)} before it was transpiled: give the operator on these, or the circuit "
            "as Circuit.from_qiskit(circuit, qubits='physical')"
        )


def problem_of(target: Any, theta: Any) -> Problem:
    """The problem of a QNode at a point: its expectation value, starting there.

    Args:
        target: A QNode or tape that returns one expectation value, or a function that returns a
            sum of multiples of those of QNodes.
        theta: The argument, or a tuple of all arguments.

    Raises:
        CircuitError: What cannot be lowered.
        InputError: No point, no expectation value or several, or a Qiskit circuit, which has none.
    """
    if origin(target) == "qiskit":
        raise InputError(
            "a Qiskit circuit has no observable; give qng.Problem(circuit, operator, start=theta)"
        )
    _need_pennylane(target)
    from qng.circuit.convert.pennylane import convert

    arguments = _arguments(target, theta)
    cost = _cost(target, arguments)
    if cost is not None:
        circuits = cost.circuits
        several = circuits if len(circuits) > 1 else ()
        return Problem(
            circuits[0][0],
            cost.observable,
            start=_point(cost.theta),
            name=cost.name,
            ensemble=several,
        )
    found = convert(target, *arguments)
    if len(found.observables) != 1:
        raise InputError(
            f"one expectation value is minimised, the function returns {len(found.observables)}; "
            "give qng.Problem(circuit, observable, start=theta), or return the one that is meant: "
            "a probability is the expectation value of qml.Projector(bits, wires)"
        )
    say_unused(target)
    return Problem(
        found.circuit, found.observables[0], start=_point(found.theta), name=_name(target)
    )


def point_of(circuit: Circuit, theta: Any, many: bool = False) -> Array:
    """A point of a circuit, shape (P,), also from arguments of the function that it comes from.

    Args:
        circuit: The circuit.
        theta: Shape (P,); of a circuit from a QNode also its argument or a tuple of all arguments.
        many: Whether it may be several points, of shape (points, P).

    Raises:
        InputError: Neither.
    """
    values = natural(circuit, theta)
    return circuit.check(values) if many else circuit.check_point(values)


def natural(circuit: Circuit, theta: Any) -> Any:
    """Arguments of the function that a circuit comes from, as one vector; else what was given."""
    is_flat = isinstance(theta, np.ndarray) and theta.shape == (circuit.n_parameters,)
    if circuit.origin is None or is_flat:
        return theta
    found = circuit.origin.maker.ravelled(theta)
    return theta if found is None or len(found) != circuit.n_parameters else found


def _cost(target: Any, arguments: tuple[Any, ...]) -> Any:
    """The cost that a plain function is; None where it calls no QNode."""
    inner = target.func if isinstance(target, functools.partial) else target
    if not hasattr(inner, "__code__"):
        return None
    from qng.circuit.convert.pennylane import cost_of

    found = cost_of(target, arguments, {})
    for node in () if found is None else found.nodes:
        say_unused(node)
    return found


def say_unused(target: Any) -> None:
    """Warn once of a QNode's own device and shots."""
    node = target.func if isinstance(target, functools.partial) else target
    if not hasattr(node, "device"):
        return
    from qng.circuit.convert.pennylane import unused

    line = unused(node)
    if line is not None:
        warnings.warn(line, UnusedDeviceWarning, stacklevel=_outside())


def _outside() -> int:
    """How far above the caller the user's code is."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("qng."):
        frame, level = frame.f_back, level + 1
    return level


def _name(target: Any) -> str:
    inner = target.func if isinstance(target, functools.partial) else target
    return getattr(getattr(inner, "func", inner), "__name__", "tape")


def _arguments(target: Any, theta: Any) -> tuple[Any, ...]:
    if isinstance(theta, tuple):
        return theta
    if theta is not None:
        return (theta,)
    if hasattr(target, "operations"):
        return ()  # a tape holds its point
    raise InputError(
        "theta is needed: the argument of the quantum function, or a tuple of its arguments"
    )


def _point(theta: Array) -> Array:
    return np.asarray(theta, dtype=float)
