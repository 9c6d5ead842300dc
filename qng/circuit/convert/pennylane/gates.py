"""PennyLane's operations as turns about Pauli words and fixed gates, global phase included.

What is a product of rotations by itself stands in a table (`table`). Everything else is `adjoint`,
`ctrl`, `pow`, `prod` or `exp` of operations, has a decomposition, or is refused (`refuse`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.circuit.angle import Angle, as_angle
from qng.circuit.convert.lowering import (
    IDENTITY,
    Element,
    Turn,
    inverse,
    power,
    scaled,
    under_control,
)
from qng.circuit.convert.matrices import matrix_gate
from qng.circuit.convert.pennylane.contents import is_pennylane
from qng.circuit.convert.pennylane.generated import generated, is_generated
from qng.circuit.convert.pennylane.paulis import terms
from qng.circuit.convert.pennylane.reader import Reader, compact, is_traced
from qng.circuit.convert.pennylane.refuse import holds_data, refuse, refuse_data, what
from qng.circuit.convert.pennylane.table import NAMED, SPECIAL, TABLE
from qng.circuit.convert.pennylane.trace import UnfollowedError, one_line
from qng.circuit.convert.tidy import tidy
from qng.circuit.gate import Gate
from qng.circuit.pauli import commuting
from qng.errors import CircuitError

_MATRIX_QUBITS: Final = 8
# A fixed operation on more wires is decomposed where it can be.
_SMALL: Final = 2
_LONGEST_GATE: Final = 400

Qubit = Callable[[Hashable], int]


@dataclass(frozen=True)
class Scope:
    """What a lowering looks up.

    Args:
        reader: Of numbers and boxes.
        qubit: The qubit of a wire label.
        foreign: Operations that were lowered and are no part of PennyLane, by name.
    """

    reader: Reader
    qubit: Qubit
    foreign: list[str] = field(default_factory=list)

    def qubits(self, op: Any) -> list[int]:
        """The qubits of an operation, in the order of its wires."""
        return [self.qubit(label) for label in op.wires]


def lower(op: Any, scope: Scope) -> list[Element]:
    """The elements of one operation.

    Raises:
        CircuitError: By name: a measurement, a channel, an operation on a batch or not on qubits,
            one whose exponent does not commute with itself and that has no decomposition, or
            a matrix or a state that depends on a parameter.
    """
    name = _named(op)
    if isinstance(op, qml.Identity) or name in _IDLE:
        return []
    refuse(op)
    gate = TABLE.get(name)
    if gate is not None:
        return gate.lower(_angles(op, scope), scope.qubits(op))
    if name in NAMED:
        return [Gate(NAMED[name], tuple(scope.qubits(op)))]
    special = SPECIAL.get(name)
    if special is not None:
        return special(op, _angles(op, scope), scope.qubits(op))
    for kind, rule in _COMPOSED:
        if isinstance(op, kind):
            return rule(op, scope)
    if not is_pennylane(op):
        scope.foreign.append(op.name)
    traced = is_traced(list(op.data))
    if traced and holds_data(op):
        refuse_data(op)
    fixed = not traced and op.has_matrix and len(op.wires) <= _MATRIX_QUBITS
    if fixed and (len(op.wires) <= _SMALL or isinstance(op, qml.QubitUnitary)):
        return _fixed(op, scope)
    if name and type(op).__name__ in _LABELS:
        return lower(op.base, scope)
    if op.has_decomposition:
        return _decomposed(op, scope)
    if fixed:
        return _fixed(op, scope)
    if is_generated(op):
        return generated(op, _angles(op, scope)[0], scope.qubit)
    raise CircuitError(
        f"{what(op)} has no decomposition and is not a product of commuting Pauli rotations; "
        "write it as gates that are, or as a Trotter product"
    )


def _named(op: Any) -> str:
    """The name of one of PennyLane's; others may have been given the same."""
    return str(op.name) if is_pennylane(op) else ""


def _angles(op: Any, scope: Scope) -> list[Angle]:
    return [scope.reader.angle(value, f"an angle of {what(op)}") for value in op.data]


def _fixed(op: Any, scope: Scope) -> list[Element]:
    qubits = tuple(scope.qubits(op))
    n = len(qubits)
    matrix = op.matrix()
    if is_traced(matrix):
        refuse_data(op)
    matrix = np.asarray(qml.math.toarray(matrix), dtype=complex)
    # PennyLane's first wire is the most significant bit.
    axes = [*reversed(range(n)), *reversed(range(n, 2 * n))]
    turned = matrix.reshape((2,) * (2 * n)).transpose(axes).reshape(2**n, 2**n)
    try:
        return [matrix_gate(turned, qubits)]
    except CircuitError as error:
        raise CircuitError(f"{what(op)}: {error}") from error


def _decomposed(op: Any, scope: Scope) -> list[Element]:
    try:
        with qml.QueuingManager.stop_recording():
            parts = op.decomposition()
    except Exception as error:
        raise UnfollowedError(
            f"{what(op)} cannot be decomposed by PennyLane: {one_line(error)}"
        ) from error
    elements = [e for part in parts for e in lower(part, scope)]
    # A gate of one or a few angles, spelt with basis changes that cancel.
    is_gate = bool(op.data) and all(qml.math.ndim(d) == 0 for d in op.data)
    return tidy(elements) if is_gate and len(elements) <= _LONGEST_GATE else elements


def _adjoint(op: Any, scope: Scope) -> list[Element]:
    return inverse(lower(op.base, scope))


def _controlled(op: Any, scope: Scope) -> list[Element]:
    ones, zeros = (
        [scope.qubit(w) for w, v in zip(op.control_wires, op.control_values) if bool(v) is wanted]
        for wanted in (True, False)
    )
    base = lower(op.base, scope)
    try:
        return under_control(under_control(base, ones), zeros, positive=False)
    except CircuitError as error:
        if op.has_decomposition:
            return _decomposed(op, scope)
        raise CircuitError(f"{what(op)}: {error}") from error


def _power(op: Any, scope: Scope) -> list[Element]:
    exponent = scope.reader.angle(op.z, f"the exponent of {what(op)}")
    base = lower(op.base, scope)
    try:
        return power(base, exponent, _scales(op.base))
    except CircuitError as error:
        raise CircuitError(f"{what(op)}: {error}") from error


def _scales(op: Any) -> bool:
    if isinstance(op, (qml.ops.Adjoint, qml.ops.Controlled)):
        return _scales(op.base)
    name = _named(op)
    known = TABLE.get(name)
    return name in SPECIAL or isinstance(op, qml.ops.Exp) or (known is not None and known.scales)


def _product(op: Any, scope: Scope) -> list[Element]:
    return [e for factor in reversed(op.operands) for e in lower(factor, scope)]


def _multiple(op: Any, scope: Scope) -> list[Element]:
    scalar = scope.reader.scalar(op.scalar, f"the factor of {what(op)}")
    re, im = scalar.re.number, scalar.im.number
    if re is None or im is None or abs(abs(complex(re, im)) - 1) > 1e-9:
        raise CircuitError(f"{what(op)} is not unitary: the factor must be a number of modulus 1")
    phase = Turn(IDENTITY, as_angle(-2 * np.angle(complex(re, im))), object())
    return [phase, *lower(op.base, scope)]


def _exponential(op: Any, scope: Scope) -> list[Element]:
    coefficient = scope.reader.scalar(op.coeff, f"the coefficient of {what(op)}")
    source = object()
    turns: list[Turn] = []
    for word, factor in terms(op.base, scope.reader, scope.qubit):
        c = coefficient * factor
        if c.re.number is None or abs(c.re.number) > 1e-12:
            raise CircuitError(
                f"{what(op)} is not unitary: the coefficient of {word} in the exponent is "
                f"{c.re} + i ({c.im}), it must be imaginary"
            )
        turns.append(Turn(word, compact(scaled(c.im, -2.0)), source))
    if commuting([turn.pauli for turn in turns]):
        return [*turns]
    if all(turn.is_fixed for turn in turns) and len(op.wires) <= _MATRIX_QUBITS:
        return _fixed(op, scope)
    raise CircuitError(
        f"{what(op)}: the Pauli words of the exponent do not commute, so it is not a product of "
        "their rotations; write qml.TrotterProduct or qml.ApproxTimeEvolution"
    )


_IDLE: Final = frozenset({"Barrier", "Snapshot", "WireCut"})

_LABELS: Final = frozenset({"LabelledOp", "MarkedOp"})

_COMPOSED: Final[tuple[tuple[Any, Callable[[Any, Scope], list[Element]]], ...]] = (
    (qml.ops.Adjoint, _adjoint),
    (qml.ops.Controlled, _controlled),
    (qml.ops.Pow, _power),
    (qml.ops.Prod, _product),
    (qml.ops.SProd, _multiple),
    (qml.ops.Exp, _exponential),
)
