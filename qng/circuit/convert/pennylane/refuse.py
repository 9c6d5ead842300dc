"""Operations of PennyLane that have no place in a circuit, and what is said about them."""

from __future__ import annotations

from typing import Any, Final, NoReturn

import pennylane as qml

from qng.errors import CircuitError


def holds_data(op: Any) -> bool:
    """Whether the parameters of an operation are a matrix or a state instead of angles."""
    while isinstance(op, qml.ops.SymbolicOp):
        op = op.base
    return isinstance(op, _DATA)


def what(op: Any) -> str:
    """The name of an operation and its wires, for messages."""
    wires = ", ".join(map(str, op.wires))
    name = getattr(op, "name", type(op).__name__).removesuffix("MP")
    return f"{name} on wire{'s' if len(op.wires) > 1 else ''} {wires}"


def refuse(op: Any) -> None:
    """Refuse what is not a unitary gate on qubits.

    Raises:
        CircuitError: By name: a measurement, a channel, a batch, or what does not act on qubits.
    """
    is_channel = isinstance(op, qml.operation.Channel)
    if type(op).__name__ in _NOT_UNITARY or is_channel:
        noise = "; noise belongs to the executor, such as executor=AerSimulator(noise_model=...)"
        raise CircuitError(
            f"{what(op)} is not supported; a circuit here is a unitary on |0...0>, with "
            f"parameters fixed before it starts{noise if is_channel else ''}"
        )
    if not isinstance(op, qml.operation.Operator):
        raise CircuitError(f"{op!r} is not an operation of PennyLane")
    module = type(op).__module__
    if isinstance(op, (qml.operation.CV, qml.operation.CVOperation)) or "qutrit" in module:
        raise CircuitError(f"{what(op)} does not act on qubits; only qubits are supported")
    try:
        batch = getattr(op, "batch_size", None)
    except ValueError as error:
        raise CircuitError(f"{what(op)} is no operation: {' '.join(str(error).split())}") from error
    if batch is not None:
        raise CircuitError(
            f"{what(op)} is a batch of {batch} operations; a batch of circuits is not "
            "lowered, write one circuit a set of values"
        )


def refuse_data(op: Any) -> NoReturn:
    """Refuse a matrix or a state that depends on a parameter."""
    raise CircuitError(
        f"{what(op)} holds a matrix or a state that depends on a parameter; only rotations "
        "may: make the argument constant with requires_grad=False, or leave it out of argnum or "
        "out of tape.trainable_params"
    )


_DATA: Final = (
    qml.QubitUnitary,
    qml.DiagonalQubitUnitary,
    qml.BlockEncode,
    qml.SpecialUnitary,
    qml.operation.StatePrepBase,
    qml.MottonenStatePreparation,
)

# By name, because their classes have moved between versions.
_NOT_UNITARY: Final = frozenset(
    {
        *("MidMeasure", "MidMeasureMP", "PauliMeasure", "Conditional"),
        *("Allocate", "Deallocate", "QubitDensityMatrix"),
    }
)
