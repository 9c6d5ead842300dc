"""What PennyLane itself says about a quantum function, and differences of its statevector."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import pennylane as qml

from qng.circuit.circuit import Circuit
from qng.execute.statevector import states as statevector
from tests import dense

Function = Callable[..., Any]


def flipped(array: np.ndarray) -> np.ndarray:
    """The first wire from the most to the least significant bit, on the last axes."""
    n = array.shape[-1].bit_length() - 1
    n_axes = 2 if array.ndim == 2 and array.shape[0] == array.shape[1] else 1
    shape = array.shape[: array.ndim - n_axes]
    split = array.reshape(*shape, *(2,) * (n * n_axes))
    lead = len(shape)
    order = [lead + a * n + k for a in range(n_axes) for k in reversed(range(n))]
    return split.transpose(*range(lead), *order).reshape(array.shape)


def unitary(function: Function, wires: Sequence[Hashable], *args: Any) -> np.ndarray:
    """PennyLane's matrix, with wires[0] as the least significant bit."""
    tape = qml.tape.make_qscript(function)(*args)
    return flipped(np.asarray(qml.matrix(tape, wire_order=list(wires)), dtype=complex))


def state(function: Function, wires: Sequence[Hashable], *args: Any) -> np.ndarray:
    """The state of default.qubit, with wires[0] as the least significant bit."""
    tape = qml.tape.make_qscript(function)(*args)
    device = qml.device("default.qubit", wires=list(wires))
    full = qml.tape.QuantumScript(tape.operations, [qml.state()])
    return flipped(np.asarray(qml.execute([full], device)[0], dtype=complex)[None])[0]


def states(function: Function, wires: Sequence[Hashable], points: np.ndarray) -> np.ndarray:
    """Of a function of one vector, at points of shape (..., P): shape (..., 2^n)."""
    flat = [state(function, wires, p) for p in points.reshape(-1, points.shape[-1])]
    return np.reshape(flat, (*points.shape[:-1], -1))


def metric_and_gradient(
    function: Function, wires: Sequence[Hashable], theta: np.ndarray, observable: Any
) -> tuple[np.ndarray, np.ndarray]:
    """g and the gradient of <observable> by differences of sixth order."""
    psi = state(function, wires, theta)
    d = dense.differences(lambda p: states(function, wires, p), theta)
    mean = d.conj() @ psi
    g = d.conj() @ d.T - np.outer(mean, mean.conj())
    h = flipped(np.asarray(qml.matrix(observable, wire_order=list(wires)), dtype=complex))
    return g.real, 2 * (d.conj() @ h @ psi).real


def same_up_to_phase(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-11) -> None:
    phase = np.vdot(found, expected)
    np.testing.assert_allclose(abs(phase), np.linalg.norm(expected) ** 2, rtol=tolerance)
    np.testing.assert_allclose(found * phase / abs(phase), expected, rtol=0, atol=tolerance)


def our_unitary(circuit: Circuit, theta: np.ndarray) -> np.ndarray:
    return np.asarray(statevector.unitary(circuit, circuit.angles(theta)))


def our_state(circuit: Circuit, theta: np.ndarray) -> np.ndarray:
    return np.asarray(statevector.state(circuit, circuit.angles(theta)))
