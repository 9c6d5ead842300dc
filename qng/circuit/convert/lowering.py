"""Gates as turns about Pauli words and fixed gates, global phase included.

A turn is exp(-i phi P/2), and about the identity it is a phase. So one rule serves both: with k
controls a turn is

    prod over subsets S of the controls of  exp(-i phi (-1)^|S| 2^-k P Z_S / 2),

whose factors commute. A phase under control becomes the rotation of the controls that it is, and
only what is left at the top level is dropped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Amplitudes
from qng.circuit.angle import Angle, as_angle
from qng.circuit.gate import NAMED, Gate, Rotation, controlled, pauli_matrix, unitary
from qng.circuit.heisenberg import back
from qng.circuit.pauli import Pauli, bits
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
    commuting = len(turns) == len(elements) and _commuting(turns)
    fixed = all(isinstance(e, Gate) or e.is_fixed for e in elements)
    whole = k is not None and k.is_integer()
    if commuting and (scales or whole or not fixed):
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
    values, vectors = _eigen(dense(elements, qubits))
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


def tidy(elements: Sequence[Element]) -> list[Element]:
    """The same unitary as turns only, where the fixed gates cancel; else as it was.

    Every turn is moved in front of the Clifford gates before it, so that
    cx a, b; rz(t) b; cx a, b; becomes one turn about Z0 Z1.
    """
    compact = _pulled(elements, lambda e: isinstance(e, Gate))
    if compact is None:
        return list(elements)
    # A basis change may be written with quarter turns: rx(pi/2) b; ... rx(-pi/2) b;
    turns = _pulled(compact, _is_quarter)
    return [*(compact if turns is None else turns)]


def relocate(
    elements: Sequence[Element], qubits: Sequence[int], values: Mapping[str, Angle]
) -> list[Element]:
    """The elements of a definition, on the qubits and with the arguments of a call."""
    sources: dict[object, object] = {}
    moved: list[Element] = []
    for e in elements:
        if isinstance(e, Gate):
            moved.append(Gate(e.name, tuple(qubits[q] for q in e.qubits), e.matrix))
        else:
            word = Pauli(_moved(e.pauli.x, qubits), _moved(e.pauli.z, qubits))
            source = sources.setdefault(e.source, object())
            moved.append(Turn(word, e.angle.substitute(values), source))
    return moved


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
            local = Pauli(_mapped(e.pauli.x, place), _mapped(e.pauli.z, place))
            total = math.cos(half) * total - 1j * math.sin(half) * pauli_matrix(local, n) @ total
        else:
            axes = [n - 1 - place[q] for q in reversed(e.qubits)]
            k = len(axes)
            gate = e.array().reshape((2,) * (2 * k))
            tensor = np.tensordot(gate, total.reshape((2,) * n + (-1,)), (range(k, 2 * k), axes))
            total = np.moveaxis(tensor, range(k), axes).reshape(2**n, 2**n)
    return total


def matrix_gate(array: Amplitudes, qubits: Sequence[int]) -> Gate:
    """A gate from its matrix, by name where it has one."""
    for name, matrix in NAMED.items():
        if matrix.shape == array.shape and np.allclose(matrix, array, rtol=0, atol=1e-12):
            return Gate(name, tuple(qubits))
    # Adding zero makes -0 a 0, so that equal gates have equal digests.
    return unitary(array + 0.0, tuple(qubits))


def logarithm(matrix: Amplitudes) -> Amplitudes:
    """The Hermitian H with U = exp(iH) and eigenvalues in (-pi, pi]."""
    values, vectors = _eigen(matrix)
    return np.asarray((vectors * values) @ vectors.conj().T)


def generator(h: Amplitudes, qubits: Sequence[int]) -> list[tuple[Pauli, float]] | None:
    """H = sum c_P P on the given qubits, the identity included, where all P commute; else None."""
    n = len(qubits)
    parts: list[tuple[Pauli, float]] = []
    for x in range(2**n):
        for z in range(2**n):
            c = float(np.trace(pauli_matrix(Pauli(x, z), n) @ h).real) / 2**n
            if abs(c) > 1e-12:
                word = Pauli(_moved(x, qubits), _moved(z, qubits))
                parts.append((word, _snapped(c)))
    pairs = ((p, q) for k, (p, _) in enumerate(parts) for q, _ in parts[:k])
    return parts if all(p.commutes(q) for p, q in pairs) else None


def _controlled_turn(turn: Turn, controls: Sequence[int], positive: bool) -> list[Element]:
    k = len(controls)
    parts: list[Element] = []
    for subset in range(2**k):
        sign = -1.0 if positive and subset.bit_count() % 2 else 1.0
        word = Pauli(turn.pauli.x, turn.pauli.z | _moved(subset, controls))
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


def _pulled(elements: Sequence[Element], basis: Callable[[Element], bool]) -> list[Turn] | None:
    """The other elements moved in front of the basis changes; None where those do not cancel."""
    turns: list[Turn] = []
    before: list[Gate | Rotation] = []
    for e in elements:
        if basis(e):
            _cancel(before, e if isinstance(e, Gate) else Rotation(e.pauli, e.angle))
            continue
        assert isinstance(e, Turn)
        found = back(before, e.pauli)
        if found is None:
            return None
        sign, word = found
        angle = e.angle if sign == 1 else scaled(e.angle, -1.0)
        turns.append(Turn(word, angle, e.source))
    return None if before else turns


def _cancel(before: list[Gate | Rotation], op: Gate | Rotation) -> None:
    for k in reversed(range(len(before))):
        if before[k].support & op.support:
            if _undoes(before[k], op):
                del before[k]
                return
            break
    before.append(op)


def _undoes(a: Gate | Rotation, b: Gate | Rotation) -> bool:
    if isinstance(a, Rotation) and isinstance(b, Rotation):
        return a.pauli == b.pauli and (a.angle + b.angle).number == 0.0
    if isinstance(a, Rotation) or isinstance(b, Rotation):
        return False
    if a.support != b.support or len(a.qubits) > _POWER_QUBITS:
        return False
    product = dense([a, b], a.qubits)
    return bool(np.allclose(product, np.eye(len(product)), rtol=0, atol=1e-12))


def _is_quarter(e: Element) -> bool:
    if isinstance(e, Gate) or not e.is_fixed or e.pauli == IDENTITY:
        return False
    quarters = 2 * e.angle.value({}) / math.pi
    return abs(quarters - round(quarters)) < 1e-12


def _commuting(turns: Sequence[Turn]) -> bool:
    return all(a.pauli.commutes(b.pauli) for k, a in enumerate(turns) for b in turns[:k])


def _times(exponent: Angle, angle: Angle) -> Angle:
    if exponent.number is not None:
        return scaled(angle, exponent.number)
    return scaled(exponent, angle.number) if angle.number is not None else exponent * angle


def _support(elements: Sequence[Element]) -> int:
    mask = 0
    for e in elements:
        mask |= e.pauli.support if isinstance(e, Turn) else e.support
    return mask


def _eigen(matrix: Amplitudes) -> tuple[np.ndarray, Amplitudes]:
    from scipy.linalg import schur

    triangle, vectors = schur(matrix, output="complex")
    # The cut is turned by a hair, so that an eigenvalue -1 has the logarithm +i pi in spite of
    # rounding.
    hair = 1e-9
    return np.angle(np.diag(triangle) * np.exp(-1j * hair)) + hair, np.asarray(vectors)


def _snapped(c: float) -> float:
    ratio = round(64 * c / math.pi) / 64
    return ratio * math.pi if abs(c - ratio * math.pi) < 1e-12 else c


def _moved(mask: int, qubits: Sequence[int]) -> int:
    return sum(1 << qubits[k] for k in bits(mask))


def _mapped(mask: int, place: Mapping[int, int]) -> int:
    return sum(1 << place[q] for q in bits(mask))
