"""Gates as turns about Pauli words and fixed gates, global phase included.

A turn is exp(-i phi P/2), and about the identity it is a phase. So one rule serves both: with k
controls a turn is

    prod over subsets S of the controls of  exp(-i phi (-1)^|S| 2^-k P Z_S / 2),

whose factors commute. A phase under control becomes the rotation of the controls that it is, and
only what is left at the top level is dropped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Amplitudes
from qng.circuit.angle import Angle, as_angle
from qng.circuit.convert.matrices import eigen, generator, matrix_gate
from qng.circuit.gate import NAMED, Gate, Rotation, controlled, pauli_matrix
from qng.circuit.pauli import Pauli, bits, commuting, moved
from qng.errors import CircuitError

IDENTITY: Final = Pauli(0, 0)

_MATRIX_QUBITS: Final = 8
_POWER_QUBITS: Final = 4
_REPEATED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Turn:
    """exp(-i phi P/2), where P may be the identity.

    Args:
        pauli: P.
        angle: phi, in radians.
        source: A token that is the same for all turns of one argument of one source gate.
    """

    pauli: Pauli
    angle: Angle
    source: object

    @property
    def is_fixed(self) -> bool:
        """Whether its angle holds no parameter."""
        return not self.angle.parameters()


Element = Turn | Gate


def scaled(angle: Angle, factor: float) -> Angle:
    """The angle times a factor, with factors that are already there multiplied in."""
    if angle.number is not None:
        return as_angle(factor * angle.number)
    first = angle.args[0]
    if angle.op == "neg" and isinstance(first, Angle):
        return scaled(first, -factor)
    if angle.op == "*" and isinstance(first, Angle) and first.number is not None:
        rest = angle.args[1]
        assert isinstance(rest, Angle)
        return scaled(rest, factor * first.number)
    return -angle if factor == -1.0 else factor * angle


def under_control(
    elements: Sequence[Element], controls: Sequence[int], positive: bool = True
) -> list[Element]:
    """The elements under controls that all have to be 1 (positive) or all 0.

    Raises:
        CircuitError: The result would need a matrix on more than 8 qubits, or 2^9 rotations.
    """
    if len(controls) > _MATRIX_QUBITS:
        raise CircuitError(
            f"{len(controls)} controls make 2^{len(controls)} rotations of one; "
            f"at most {_MATRIX_QUBITS} are lowered"
        )
    grown: list[Element] = []
    for element in elements:
        if isinstance(element, Turn):
            grown += _controlled_turn(element, controls, positive)
            continue
        flips = [] if positive else [Gate("x", (c,)) for c in controls]
        grown += [*flips, _controlled_gate(element, controls), *flips]
    return grown


def inverse(elements: Sequence[Element]) -> list[Element]:
    """The inverse: reversed order, every element inverted."""
    return [
        Turn(e.pauli, scaled(e.angle, -1.0), e.source) if isinstance(e, Turn) else _inverse_gate(e)
        for e in reversed(elements)
    ]


def power(elements: Sequence[Element], exponent: Angle, scales: bool) -> list[Element]:
    """The elements, as one gate, to a real power.

    Turns that commute are scaled where that is the gate's own definition of a power, by an
    integer, or where an angle holds a parameter. Other fixed gates have the principal power, the
    logarithms of their eigenvalues in (-i pi, i pi].

    Args:
        elements: The gate.
        exponent: The power; it may hold parameters.
        scales: Whether the gate is a rotation, whose power scales its angle at any size.

    Raises:
        CircuitError: A power that is not defined or that is not a product of Pauli rotations.
    """
    k = exponent.number
    turns = [e for e in elements if isinstance(e, Turn)]
    scalable = len(turns) == len(elements) and commuting([e.pauli for e in turns])
    fixed = all(isinstance(e, Gate) or e.is_fixed for e in elements)
    whole = k is not None and k.is_integer()
    if scalable and (scales or whole or not fixed):
        return [Turn(e.pauli, _times(exponent, e.angle), e.source) for e in turns]
    if k is not None and whole:
        if abs(k) * len(elements) > _REPEATED:
            raise CircuitError(f"the power {k:g} repeats a gate too often")
        return list(elements if k > 0 else inverse(elements)) * abs(int(k))
    qubits = bits(_support(elements))
    if not fixed or len(qubits) > _POWER_QUBITS:
        raise CircuitError(
            f"the power {exponent} is defined for integers, for gates without parameters on at "
            f"most {_POWER_QUBITS} qubits, and for rotations that commute"
        )
    values, vectors = eigen(dense(elements, qubits))
    if k is not None and qubits:
        return [matrix_gate((vectors * np.exp(1j * k * values)) @ vectors.conj().T, qubits)]
    parts = generator((vectors * values) @ vectors.conj().T, qubits)
    if parts is None:
        raise CircuitError(
            f"the power {exponent} of this gate is not a product of commuting Pauli rotations; "
            "write a number, or the rotation that is meant"
        )
    source = object()
    return [Turn(p, scaled(exponent, -2.0 * c), source) for p, c in parts]


def relocate(
    elements: Sequence[Element], qubits: Sequence[int], values: Mapping[str, Angle]
) -> list[Element]:
    """The elements of a definition, on the qubits and with the arguments of a call."""
    sources: dict[object, object] = {}
    relocated: list[Element] = []
    for e in elements:
        if isinstance(e, Gate):
            relocated.append(Gate(e.name, tuple(qubits[q] for q in e.qubits), e.matrix))
        else:
            source = sources.setdefault(e.source, object())
            relocated.append(Turn(e.pauli.moved(qubits), e.angle.substitute(values), source))
    return relocated


def finish(elements: Sequence[Element]) -> list[Rotation | Gate]:
    """Operations of a circuit: the phase is dropped, neighbours of one source are marked."""
    ops: list[Rotation | Gate] = []
    before: object = None
    for e in elements:
        if isinstance(e, Gate):
            ops.append(e)
            before = None
        elif e.pauli != IDENTITY:
            ops.append(Rotation(e.pauli, e.angle, same_gate=e.source is before))
            before = e.source
    return ops


def dense(elements: Sequence[Element], qubits: Sequence[int]) -> Amplitudes:
    """The matrix of fixed elements; qubits[0] is its least significant bit."""
    n = len(qubits)
    place = {q: k for k, q in enumerate(qubits)}
    total = np.eye(2**n, dtype=complex)
    for e in elements:
        if isinstance(e, Turn):
            half = e.angle.value({}) / 2
            local = e.pauli.moved(place)
            total = math.cos(half) * total - 1j * math.sin(half) * pauli_matrix(local, n) @ total
        else:
            axes = [n - 1 - place[q] for q in reversed(e.qubits)]
            k = len(axes)
            gate = e.array().reshape((2,) * (2 * k))
            tensor = np.tensordot(gate, total.reshape((2,) * n + (-1,)), (range(k, 2 * k), axes))
            total = np.moveaxis(tensor, range(k), axes).reshape(2**n, 2**n)
    return total


def _controlled_turn(turn: Turn, controls: Sequence[int], positive: bool) -> list[Element]:
    k = len(controls)
    parts: list[Element] = []
    for subset in range(2**k):
        sign = -1.0 if positive and subset.bit_count() % 2 else 1.0
        word = Pauli(turn.pauli.x, turn.pauli.z | moved(subset, controls))
        parts.append(Turn(word, scaled(turn.angle, sign / 2**k), turn.source))
    return parts


def _controlled_gate(gate: Gate, controls: Sequence[int]) -> Gate:
    if gate.name == "id":
        return gate
    name, left = gate.name, len(controls)
    while gate.matrix is None and left and f"c{name}" in NAMED:
        name, left = f"c{name}", left - 1
    qubits = (*controls, *gate.qubits)
    if not left:
        return Gate(name, qubits, gate.matrix)
    if len(qubits) > _MATRIX_QUBITS:
        raise CircuitError(
            f"a fixed gate on {len(qubits)} qubits needs a matrix of 2^{len(qubits)} rows; "
            f"at most {_MATRIX_QUBITS} qubits are lowered"
        )
    return matrix_gate(controlled(gate.array(), len(controls)), qubits)


def _inverse_gate(gate: Gate) -> Gate:
    inverted = gate.inverse()
    return inverted if inverted.matrix is None else matrix_gate(inverted.array(), gate.qubits)


def _times(exponent: Angle, angle: Angle) -> Angle:
    if exponent.number is not None:
        return scaled(angle, exponent.number)
    return scaled(exponent, angle.number) if angle.number is not None else exponent * angle


def _support(elements: Sequence[Element]) -> int:
    mask = 0
    for e in elements:
        mask |= e.pauli.support if isinstance(e, Turn) else e.support
    return mask
