"""Circuits as quantum functions and tapes of PennyLane."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pennylane as qml
from numpy.typing import ArrayLike

from qng.circuit.angle import Angle
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.paulis import labelled
from qng.circuit.functions import OPERATORS, SMOOTH
from qng.circuit.gate import Gate, Rotation
from qng.errors import InputError

Make = Callable[[Any], Any]


def to_pennylane(
    circuit: Circuit, wires: Sequence[Hashable] | None = None
) -> Callable[[Any], list[Any]]:
    """The circuit as a quantum function.

    Args:
        circuit: The circuit.
        wires: The labels of qubits 0, 1, ...; by default the numbers themselves.

    Returns:
        theta of shape (P,) -> the operations, which a QNode queues; it is differentiable in every
        interface of PennyLane.

    Raises:
        InputError: Fewer wires than qubits; from the function, theta of another length.
    """
    labels = labelled(wires, circuit.n_qubits)
    forms = [op.angle.affine() if isinstance(op, Rotation) else None for op in circuit.ops]

    def function(theta: Any) -> list[Any]:
        if np.shape(theta)[:1] != (circuit.n_parameters,):
            raise InputError(
                f"theta has the shape {tuple(np.shape(theta))}, the circuit has "
                f"{circuit.n_parameters} parameter(s)"
            )
        values = {name: theta[k] for k, name in enumerate(circuit.parameters)}
        made: list[Any] = []
        for op, form in zip(circuit.ops, forms):
            if isinstance(op, Gate):
                made.append(_gate(op, labels))
            elif form is not None:
                made.append(_rotation(op, labels)(_affine(form, values)))
            else:
                made.append(_rotation(op, labels)(_evaluate(op.angle, values)))
        return made

    return function


def angles_tape(
    circuit: Circuit,
    phi: ArrayLike,
    measurements: Sequence[Any],
    wires: Sequence[Hashable] | None = None,
    shots: Any = None,
) -> Any:
    """A tape at numbers for the R parametrised rotations.

    Args:
        circuit: The circuit.
        phi: Shape (R,), in radians.
        measurements: PennyLane's measurement processes.
        wires: The labels of qubits 0, 1, ...; by default the numbers themselves.
        shots: As in QuantumScript.

    Raises:
        InputError: Wrong shape, or fewer wires than qubits.
    """
    labels = labelled(wires, circuit.n_qubits)
    values = np.asarray(phi, dtype=float)
    if values.shape != (circuit.n_rotations,):
        raise InputError(
            f"{circuit.n_rotations} rotation angle(s) are expected, not the shape {values.shape}"
        )
    rest = iter(values)
    with qml.QueuingManager.stop_recording():
        operations = [
            _gate(op, labels)
            if isinstance(op, Gate)
            else _rotation(op, labels)(op.angle.value({}) if op.is_fixed else float(next(rest)))
            for op in circuit.ops
        ]
    return qml.tape.QuantumScript(operations, measurements, shots=shots)


def _rotation(rotation: Rotation, labels: Sequence[Hashable]) -> Make:
    qubits = rotation.qubits
    letters = "".join(rotation.pauli.letter(q) for q in qubits)
    wires = [labels[q] for q in qubits]
    kind = _ROTATIONS.get(letters)
    if kind is not None:
        return lambda angle: kind(angle, wires=wires)
    if set(letters) == {"Z"}:
        return lambda angle: qml.MultiRZ(angle, wires=wires)
    return lambda angle: qml.PauliRot(angle, letters, wires=wires)


def _gate(gate: Gate, labels: Sequence[Hashable]) -> Any:
    wires = [labels[q] for q in gate.qubits]
    make = _GATES.get(gate.name) if gate.matrix is None else None
    # PennyLane's first wire is the most significant bit.
    return qml.QubitUnitary(gate.array(), wires=wires[::-1]) if make is None else make(wires)


def _affine(form: tuple[dict[str, float], float], values: Mapping[str, Any]) -> Any:
    parts = [values[n] if c == 1.0 else c * values[n] for n, c in form[0].items()]
    total = sum(parts[1:], parts[0]) if parts else 0.0
    return total + form[1] if form[1] or not parts else total


def _evaluate(angle: Angle, values: Mapping[str, Any]) -> Any:
    if angle.number is not None:
        return angle.number
    if angle.op == "parameter":
        return values[str(angle.args[0])]
    return _FUNCTIONS[angle.op](*(_evaluate(u, values) for u in angle.args if isinstance(u, Angle)))


_ROTATIONS: Final = {
    "X": qml.RX,
    "Y": qml.RY,
    "Z": qml.RZ,
    "XX": qml.IsingXX,
    "YY": qml.IsingYY,
    "ZZ": qml.IsingZZ,
}

_ONE: Final[dict[str, Make]] = {
    "x": qml.X,
    "y": qml.Y,
    "z": qml.Z,
    "h": qml.Hadamard,
    "s": qml.S,
    "sdg": lambda wires: qml.adjoint(qml.S(wires)),
    "t": qml.T,
    "tdg": lambda wires: qml.adjoint(qml.T(wires)),
    "sx": qml.SX,
    "sxdg": lambda wires: qml.adjoint(qml.SX(wires)),
}


def _controlled(make: Make) -> Make:
    return lambda wires: qml.ctrl(make(wires[1:]), control=wires[:1])


_GATES: Final[dict[str, Make]] = {
    **_ONE,
    **{f"c{name}": _controlled(make) for name, make in _ONE.items()},
    "id": qml.Identity,
    "swap": qml.SWAP,
    "iswap": qml.ISWAP,
    "ccx": qml.Toffoli,
    "ccz": qml.CCZ,
    "cswap": qml.CSWAP,
}

_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **{op: f.value for op, f in OPERATORS.items()},
    **{name: getattr(qml.math, name) for name in SMOOTH},
    "ceiling": qml.math.ceil,
    "floor": qml.math.floor,
    "mod": lambda a, b: a - b * qml.math.trunc(a / b),
}
