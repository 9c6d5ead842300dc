"""PennyLane's operations as turns about Pauli words and fixed gates, global phase included.

The table holds what is a product of rotations by itself. With the turns in the order in which
they act, and wires a, b, ... in PennyLane's order,

    Rot(p, t, o)          = RZ(p) RY(t) RZ(o)
    IsingXY(t)            = XX(-t/2) YY(-t/2)
    PSWAP(t)              = Phase(t/2) ZZ(t) SWAP
    SingleExcitation(t)   = XY(-t/2) YX(t/2)
    FermionicSWAP(t)      = Phase(t/2) ZI(t/2) IZ(t/2) XX(t/2) YY(t/2)
    OrbitalRotation(t)    = YZXI(t/2) XZYI(-t/2) IYZX(t/2) IXZY(-t/2)
    GlobalPhase(t)        = Phase(-t)

with Phase(t) = exp(it); DoubleExcitation is eight words that commute, and the fermionic
excitations have letters Z on the wires between.
Everything else is `adjoint`, `ctrl`, `pow`, `prod` or `exp` of operations, or has a decomposition.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, NoReturn

import numpy as np
import pennylane as qml

from qng.circuit.angle import Angle, as_angle
from qng.circuit.convert.lowering import (
    IDENTITY,
    Element,
    Turn,
    inverse,
    matrix_gate,
    power,
    scaled,
    tidy,
    under_control,
)
from qng.circuit.convert.pennylane.paulis import terms
from qng.circuit.convert.pennylane.trace import (
    Reader,
    UnfollowedError,
    compact,
    is_traced,
    one_line,
)
from qng.circuit.convert.stdgates import BUILTIN, STDGATES, Lowering
from qng.circuit.gate import Gate
from qng.circuit.pauli import Pauli
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
    """

    reader: Reader
    qubit: Qubit

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
    if isinstance(op, qml.Identity) or op.name in _IDLE:
        return []
    _refuse(op)
    gate = _TABLE.get(op.name)
    if gate is not None:
        return gate.lower(_angles(op, scope), scope.qubits(op))
    if op.name in _NAMED:
        return [Gate(_NAMED[op.name], tuple(scope.qubits(op)))]
    special = _SPECIAL.get(op.name)
    if special is not None:
        return special(op, _angles(op, scope), scope.qubits(op))
    for kind, rule in _COMPOSED:
        if isinstance(op, kind):
            return rule(op, scope)
    traced = is_traced(list(op.data))
    if traced and holds_data(op):
        _refuse_data(op)
    fixed = not traced and op.has_matrix and len(op.wires) <= _MATRIX_QUBITS
    if fixed and (len(op.wires) <= _SMALL or isinstance(op, qml.QubitUnitary)):
        return _fixed(op, scope)
    if type(op).__name__ in _LABELS:
        return lower(op.base, scope)
    if op.has_decomposition:
        return _decomposed(op, scope)
    if fixed:
        return _fixed(op, scope)
    raise CircuitError(
        f"{_what(op)} has no decomposition and is not a product of commuting Pauli rotations; "
        "write it as gates that are, or as a Trotter product"
    )


def holds_data(op: Any) -> bool:
    """Whether the parameters of an operation are a matrix or a state instead of angles."""
    while isinstance(op, qml.ops.SymbolicOp):
        op = op.base
    return isinstance(op, _DATA)


def _what(op: Any) -> str:
    wires = ", ".join(map(str, op.wires))
    name = getattr(op, "name", type(op).__name__).removesuffix("MP")
    return f"{name} on wire{'s' if len(op.wires) > 1 else ''} {wires}"


def _refuse(op: Any) -> None:
    if type(op).__name__ in _NOT_UNITARY or isinstance(op, qml.operation.Channel):
        raise CircuitError(
            f"{_what(op)} is not supported; a circuit here is a unitary on |0...0>, with "
            "parameters fixed before it starts"
        )
    if not isinstance(op, qml.operation.Operator):
        raise CircuitError(f"{op!r} is not an operation of PennyLane")
    module = type(op).__module__
    if isinstance(op, (qml.operation.CV, qml.operation.CVOperation)) or "qutrit" in module:
        raise CircuitError(f"{_what(op)} does not act on qubits; only qubits are supported")
    if getattr(op, "batch_size", None) is not None:
        raise CircuitError(
            f"{_what(op)} is a batch of {op.batch_size} operations; a batch of circuits is not "
            "lowered, write one circuit a set of values"
        )


def _refuse_data(op: Any) -> NoReturn:
    raise CircuitError(
        f"{_what(op)} holds a matrix or a state that depends on a parameter; only rotations "
        "may: make the argument constant with requires_grad=False, or leave it out of argnum or "
        "out of tape.trainable_params"
    )


def _angles(op: Any, scope: Scope) -> list[Angle]:
    return [scope.reader.angle(value, f"an angle of {_what(op)}") for value in op.data]


def _fixed(op: Any, scope: Scope) -> list[Element]:
    qubits = tuple(scope.qubits(op))
    n = len(qubits)
    matrix = op.matrix()
    if is_traced(matrix):
        _refuse_data(op)
    matrix = np.asarray(qml.math.toarray(matrix), dtype=complex)
    # PennyLane's first wire is the most significant bit.
    axes = [*reversed(range(n)), *reversed(range(n, 2 * n))]
    turned = matrix.reshape((2,) * (2 * n)).transpose(axes).reshape(2**n, 2**n)
    try:
        return [matrix_gate(turned, qubits)]
    except CircuitError as error:
        raise CircuitError(f"{_what(op)}: {error}") from error


def _decomposed(op: Any, scope: Scope) -> list[Element]:
    try:
        with qml.QueuingManager.stop_recording():
            parts = op.decomposition()
    except Exception as error:
        raise UnfollowedError(
            f"{_what(op)} cannot be decomposed by PennyLane: {one_line(error)}"
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
        raise CircuitError(f"{_what(op)}: {error}") from error


def _power(op: Any, scope: Scope) -> list[Element]:
    exponent = scope.reader.angle(op.z, f"the exponent of {_what(op)}")
    base = lower(op.base, scope)
    try:
        return power(base, exponent, _scales(op.base))
    except CircuitError as error:
        raise CircuitError(f"{_what(op)}: {error}") from error


def _scales(op: Any) -> bool:
    if isinstance(op, (qml.ops.Adjoint, qml.ops.Controlled)):
        return _scales(op.base)
    known = _TABLE.get(op.name)
    return (
        op.name in _SPECIAL or isinstance(op, qml.ops.Exp) or (known is not None and known.scales)
    )


def _product(op: Any, scope: Scope) -> list[Element]:
    return [e for factor in reversed(op.operands) for e in lower(factor, scope)]


def _multiple(op: Any, scope: Scope) -> list[Element]:
    scalar = scope.reader.scalar(op.scalar, f"the factor of {_what(op)}")
    re, im = scalar.re.number, scalar.im.number
    if re is None or im is None or abs(abs(complex(re, im)) - 1) > 1e-9:
        raise CircuitError(f"{_what(op)} is not unitary: the factor must be a number of modulus 1")
    phase = Turn(IDENTITY, as_angle(-2 * np.angle(complex(re, im))), object())
    return [phase, *lower(op.base, scope)]


def _exponential(op: Any, scope: Scope) -> list[Element]:
    coefficient = scope.reader.scalar(op.coeff, f"the coefficient of {_what(op)}")
    source = object()
    turns: list[Turn] = []
    for word, factor in terms(op.base, scope.reader, scope.qubit):
        c = coefficient * factor
        if c.re.number is None or abs(c.re.number) > 1e-12:
            raise CircuitError(
                f"{_what(op)} is not unitary: the coefficient of {word} in the exponent is "
                f"{c.re} + i ({c.im}), it must be imaginary"
            )
        turns.append(Turn(word, compact(scaled(c.im, -2.0)), source))
    if all(a.pauli.commutes(b.pauli) for k, a in enumerate(turns) for b in turns[:k]):
        return [*turns]
    if all(turn.is_fixed for turn in turns) and len(op.wires) <= _MATRIX_QUBITS:
        return _fixed(op, scope)
    raise CircuitError(
        f"{_what(op)}: the Pauli words of the exponent do not commute, so it is not a product of "
        "their rotations; write qml.TrotterProduct or qml.ApproxTimeEvolution"
    )


def _word(letters: str, qubits: Sequence[int]) -> Pauli:
    x = sum(1 << q for q, letter in zip(qubits, letters) if letter in "XY")
    z = sum(1 << q for q, letter in zip(qubits, letters) if letter in "YZ")
    return Pauli(x, z)


def _turns(*parts: tuple[str, float]) -> Lowering:
    """Turns about words of fixed letters by fixed multiples of one angle; "" is the identity."""

    def lowered(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
        source = object()
        return [Turn(_word(w, qubits), scaled(angles[0], c), source) for w, c in parts]

    return Lowering(1, max(len(w) for w, _ in parts), lowered, scales=True)


def _diagonal(values: Sequence[float]) -> list[tuple[str, float]]:
    """exp(i t d) for d = `values`, whose first wire is the most significant bit."""
    n = len(values).bit_length() - 1
    letters = ["".join(word) for word in product("IZ", repeat=n)]
    index = np.arange(len(values))
    signs = 1.0 - 2.0 * (np.bitwise_count(index[:, None] & index) & 1)
    coefficients = signs @ np.asarray(values, dtype=float) / len(values)
    return [(w, -2.0 * float(c)) for w, c in zip(letters, coefficients) if abs(c) > 1e-15]


def _excitation(n: int) -> list[tuple[str, float]]:
    """The rotation by t/2 from |0^n 1^n> towards |1^n 0^n>.

    With |1><0| = (X - iY)/2 the transfer T = |1^n 0^n><0^n 1^n| is a sum c_P P, and the rotation
    is exp((T - T^dagger) t/2), about each word by -2 Im(c_P) t.
    """
    parts: list[tuple[str, float]] = []
    for word in product("XY", repeat=2 * n):
        c = np.prod([(1, -1j if k < n else 1j)[letter == "Y"] for k, letter in enumerate(word)])
        if c.imag:
            parts.append(("".join(word), -2.0 * float(c.imag) / 4**n))
    return parts


def _excitation_and_phase(n: int, others: float) -> Lowering:
    """The same, and all other states times exp(i t others)."""
    kept = {2**n - 1, (2**n - 1) << n}
    phases = [0.0 if k in kept else others for k in range(4**n)]
    return _turns(*_excitation(n), *_diagonal(phases))


def _fermionic_single(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    between = "Z" * (len(qubits) - 2)
    return _turns((f"Y{between}X", -0.5), (f"X{between}Y", 0.5)).lower(angles, qubits)


def _fermionic_double(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    first, second = ("Z" * (len(op.hyperparameters[name]) - 2) for name in ("wires1", "wires2"))
    parts = [(w[0] + first + w[1:3] + second + w[3], f) for w, f in _excitation(2)]
    return _turns(*parts).lower(angles, qubits)


def _rot(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    gates = zip(("rz", "ry", "rz"), angles)
    return [e for name, angle in gates for e in STDGATES[name].lower([angle], qubits)]


def _pswap(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    phase = _turns(("", -1.0), ("ZZ", 1.0)).lower(angles, qubits)
    return [*phase, Gate("swap", tuple(qubits))]


def _multi_rz(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return _turns(("Z" * len(qubits), 1.0)).lower(angles, qubits)


def _pauli_rot(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return _turns((op.hyperparameters["pauli_word"], 1.0)).lower(angles, qubits)


def _projector_phase(op: Any, angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    if len(qubits) > _MATRIX_QUBITS:
        raise CircuitError(
            f"{_what(op)} is 2^{len(qubits)} rotations; at most {_MATRIX_QUBITS} wires are lowered"
        )
    inside = op.hyperparameters["dimension"][0]
    signs = [1.0 if k < inside else -1.0 for k in range(2 ** len(qubits))]
    return _turns(*_diagonal(signs)).lower(angles, qubits)


_TABLE: Final[dict[str, Lowering]] = {
    **{f"R{letter}": STDGATES[f"r{letter.lower()}"] for letter in "XYZ"},
    **dict.fromkeys(("PhaseShift", "U1"), STDGATES["p"]),
    "U2": STDGATES["u2"],
    "U3": BUILTIN["U"],
    "Rot": Lowering(3, 1, _rot),
    "GlobalPhase": _turns(("", 2.0)),
    **{f"Ising{word}": _turns((word, 1.0)) for word in ("XX", "YY", "ZZ")},
    "IsingXY": _turns(("XX", -0.5), ("YY", -0.5)),
    "PSWAP": Lowering(1, 2, _pswap),
    "CPhaseShift00": _turns(*_diagonal([1.0, 0.0, 0.0, 0.0])),
    "CPhaseShift01": _turns(*_diagonal([0.0, 1.0, 0.0, 0.0])),
    "CPhaseShift10": _turns(*_diagonal([0.0, 0.0, 1.0, 0.0])),
    "SingleExcitation": _turns(*_excitation(1)),
    "SingleExcitationPlus": _excitation_and_phase(1, 0.5),
    "SingleExcitationMinus": _excitation_and_phase(1, -0.5),
    "DoubleExcitation": _turns(*_excitation(2)),
    "DoubleExcitationPlus": _excitation_and_phase(2, 0.5),
    "DoubleExcitationMinus": _excitation_and_phase(2, -0.5),
    "FermionicSWAP": _turns(("", -1.0), ("Z", 0.5), ("IZ", 0.5), ("XX", 0.5), ("YY", 0.5)),
    "OrbitalRotation": _turns(("YZX", 0.5), ("XZY", -0.5), ("IYZX", 0.5), ("IXZY", -0.5)),
}

_SPECIAL: Final[dict[str, Callable[[Any, Sequence[Angle], Sequence[int]], list[Element]]]] = {
    "MultiRZ": _multi_rz,
    "PauliRot": _pauli_rot,
    "PCPhase": _projector_phase,
    "FermionicSingleExcitation": _fermionic_single,
    "FermionicDoubleExcitation": _fermionic_double,
}

_NAMED: Final = {
    "Hadamard": "h",
    **{f"Pauli{letter}": letter.lower() for letter in "XYZ"},
    **{"S": "s", "T": "t", "SX": "sx", "SWAP": "swap", "ISWAP": "iswap"},
}

_IDLE: Final = frozenset({"Barrier", "Snapshot", "WireCut"})

_LABELS: Final = frozenset({"LabelledOp", "MarkedOp"})

_DATA: Final = (
    qml.QubitUnitary,
    qml.DiagonalQubitUnitary,
    qml.BlockEncode,
    qml.SpecialUnitary,
    qml.operation.StatePrepBase,
    qml.MottonenStatePreparation,
)

_COMPOSED: Final[tuple[tuple[Any, Callable[[Any, Scope], list[Element]]], ...]] = (
    (qml.ops.Adjoint, _adjoint),
    (qml.ops.Controlled, _controlled),
    (qml.ops.Pow, _power),
    (qml.ops.Prod, _product),
    (qml.ops.SProd, _multiple),
    (qml.ops.Exp, _exponential),
)

# By name, because their classes have moved between versions.
_NOT_UNITARY: Final = frozenset(
    {
        *("MidMeasure", "MidMeasureMP", "PauliMeasure", "Conditional"),
        *("Allocate", "Deallocate", "QubitDensityMatrix"),
    }
)
