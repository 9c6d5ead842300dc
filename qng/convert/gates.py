"""Gates as Pauli rotations, fixed gates and phases.

The matrices are Qiskit's, global phase included: the phase is dropped at the top level only, since
under a control it is a rotation of the control,

    c-exp(i t)         = exp(i t/2) RZ_c(t)
    c-exp(-i phi P/2)  = exp(-i (phi/2) P/2) exp(+i (phi/2) P Z_c/2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from qng.angle import Angle, as_angle
from qng.errors import CircuitError
from qng.gate import NAMED, Gate, Matrix, Rotation, controlled, pauli_matrix, unitary
from qng.pauli import Pauli


@dataclass(frozen=True, slots=True)
class Phase:
    """The global phase exp(i angle)."""

    angle: Angle


Element = Rotation | Gate | Phase
Lowering = Callable[..., list[Element]]

_CONTROLLED_NAMES: Final = {f"c{name}" for name in NAMED} & set(NAMED)
_LARGEST_POWER: Final = 4


def word(letters: str, *qubits: int) -> Pauli:
    """The Pauli word with these letters on these qubits."""
    return Pauli.parse(" ".join(f"{letter}{q}" for letter, q in zip(letters, qubits)))


def rotation(letters: str, angle: Angle, *qubits: int) -> Rotation:
    """The rotation about the word with these letters on these qubits."""
    return Rotation(word(letters, *qubits), angle)


def inverted(elements: Sequence[Element]) -> list[Element]:
    """The inverse sequence."""
    return [
        Phase(-element.angle) if isinstance(element, Phase) else element.inverse()
        for element in reversed(elements)
    ]


def under_control(elements: Sequence[Element], control: int, on: int = 1) -> list[Element]:
    """The sequence controlled by one more qubit.

    Args:
        elements: A sequence that does not touch the control.
        control: The qubit.
        on: The value, 1 or 0, at which it acts.
    """
    z = Pauli(0, 1 << control)
    result: list[Element] = []
    for element in elements:
        if isinstance(element, Phase):
            angle = element.angle if on else -element.angle
            result += [Phase(element.angle / 2), Rotation(z, angle)]
        elif isinstance(element, Rotation):
            both = Pauli(element.pauli.x, element.pauli.z | z.z)
            half = element.angle / 2
            result.append(Rotation(element.pauli, half, element.same_gate))
            result.append(Rotation(both, -half if on else half, same_gate=True))
        elif on:
            result.append(_controlled_gate(element, control))
        else:
            flip = Gate("x", (control,))
            result += [flip, _controlled_gate(element, control), flip]
    return result


def raised(elements: Sequence[Element], exponent: Angle) -> list[Element]:
    """The sequence to a power.

    Integer powers repeat. Commuting rotations and phases are scaled, their own generator kept.
    Fixed gates on up to four qubits take the principal power of their matrix, and X, Y, Z, S and
    T also one that holds parameters.

    Raises:
        CircuitError: Any other power that is not an integer.
    """
    power = exponent.number
    if _all_commute(elements):
        return [_scaled(element, exponent) for element in elements]
    if power is not None and power == round(power):
        base = elements if power >= 0 else inverted(elements)
        return [element for _ in range(abs(round(power))) for element in base]
    if power is None:
        generators = [_generator(element) for element in elements]
        if len(generators) == 1 and generators[0] is not None:
            return [_scaled(element, exponent) for element in generators[0]]
        raise CircuitError("a power that holds a parameter needs a rotation, or x, y, z, s or t")
    if any(_angle_parameters(element) for element in elements):
        raise CircuitError(
            f"the power {power:g} of a gate with parameters is not made of rotations"
        )
    from scipy.linalg import schur

    support = _support(elements)
    if support.bit_count() > _LARGEST_POWER:
        raise CircuitError(f"the power {power:g} of a gate on {support.bit_count()} qubits")
    qubits = Pauli(0, support).qubits
    matrix = _matrix(elements, qubits)
    triangle, basis = schur(matrix, output="complex")
    turns = np.angle(np.diagonal(triangle))
    turns[turns < -math.pi + 1e-12] = math.pi
    phases = np.exp(1j * power * turns)
    return [unitary((basis * phases) @ basis.conj().T, qubits)]


def joined(elements: Sequence[Element]) -> list[Element]:
    """The elements of one gate with one argument: its rotations belong together."""
    result: list[Element] = []
    for before, element in pairwise([None, *(e for e in elements if not isinstance(e, Phase))]):
        if isinstance(element, Rotation):
            element = replace(element, same_gate=isinstance(before, Rotation))
        assert element is not None
        result.append(element)
    return [*(e for e in elements if isinstance(e, Phase)), *result]


def compacted(elements: Sequence[Element]) -> list[Element]:
    """The sequence without fixed gates, where they only conjugate its rotations.

    Every rotation is pulled in front of the fixed gates before it; if what is left of these
    cancels in adjacent inverse pairs, the sequence was rotations about other words. A CX, RZ, CX
    is one rotation about Z Z.
    """
    gates: list[Gate] = []
    pulled: list[Element] = []
    left: list[Gate] = []
    for element in elements:
        if isinstance(element, Gate):
            gates.append(element)
            _cancel(left, element)
        elif isinstance(element, Phase):
            pulled.append(element)
        else:
            sign, pauli = 1, element.pauli
            for gate in reversed(gates):
                found = gate.conjugate(pauli)
                if found is None:
                    return list(elements)
                sign, pauli = sign * found[0], found[1]
            angle = element.angle if sign > 0 else -element.angle
            pulled.append(Rotation(pauli, angle, element.same_gate))
    return list(elements) if left else pulled


def _cancel(left: list[Gate], gate: Gate) -> None:
    inverse = gate.inverse()
    for k in range(len(left) - 1, -1, -1):
        other = left[k]
        if other == inverse or (
            set(other.qubits) == set(inverse.qubits)
            and other.name == inverse.name in ("cz", "swap")
        ):
            del left[k]
            return
        if other.support & gate.support:
            break
    left.append(gate)


def _support(elements: Sequence[Element]) -> int:
    support = 0
    for element in elements:
        support |= 0 if isinstance(element, Phase) else element.support
    return support


def _controlled_gate(gate: Gate, control: int) -> Gate:
    name = f"c{gate.name}"
    if gate.matrix is None and name in _CONTROLLED_NAMES:
        return Gate(name, (control, *gate.qubits))
    return unitary(controlled(gate.array()), (control, *gate.qubits))


def _all_commute(elements: Sequence[Element]) -> bool:
    words = [element.pauli for element in elements if isinstance(element, Rotation)]
    return not any(isinstance(element, Gate) for element in elements) and all(
        p.commutes(q) for k, p in enumerate(words) for q in words[:k]
    )


def _scaled(element: Element, factor: Angle) -> Element:
    if isinstance(element, Phase):
        return Phase(factor * element.angle)
    assert isinstance(element, Rotation)
    return replace(element, angle=factor * element.angle)


def _generator(element: Element) -> list[Element] | None:
    """A fixed gate as a phase and a rotation: X = exp(i pi/2) RX(pi), S = exp(i pi/4) RZ(pi/2)."""
    turns = {
        "x": 1.0,
        "y": 1.0,
        "z": 1.0,
        "s": 0.5,
        "sdg": -0.5,
        "t": 0.25,
        "tdg": -0.25,
        "sx": 0.5,
    }
    if not (isinstance(element, Gate) and element.name in turns):
        return None
    letter = {"x": "X", "sx": "X", "y": "Y"}.get(element.name, "Z")
    angle = math.pi * turns[element.name]
    return [Phase(as_angle(angle / 2)), rotation(letter, as_angle(angle), *element.qubits)]


def _angle_parameters(element: Element) -> tuple[str, ...]:
    return () if isinstance(element, Gate) else element.angle.parameters()


def _matrix(elements: Sequence[Element], qubits: tuple[int, ...]) -> Matrix:
    """The product of fixed elements on the given qubits."""
    n = len(qubits)
    place = {q: k for k, q in enumerate(qubits)}
    total: Matrix = np.eye(2**n, dtype=complex)
    for element in elements:
        if isinstance(element, Phase):
            total = np.exp(1j * element.angle.value({})) * total
        elif isinstance(element, Rotation):
            letters = "".join(element.pauli.letter(q) for q in element.qubits)
            p = pauli_matrix(word(letters, *(place[q] for q in element.qubits)), n)
            half = element.angle.value({}) / 2
            total = math.cos(half) * total - 1j * math.sin(half) * (p @ total)
        else:
            total = _embedded(element.array(), [place[q] for q in element.qubits], n) @ total
    return total


def _embedded(matrix: Matrix, places: list[int], n: int) -> Matrix:
    index = np.arange(2**n)
    local = sum(((index >> q & 1) << k for k, q in enumerate(places)), np.zeros_like(index))
    rest = index & ~sum(1 << q for q in places)
    same = rest[:, None] == rest[None, :]
    result: Matrix = np.where(same, matrix[local[:, None], local[None, :]], 0)
    return result


def _fixed(name: str) -> Lowering:
    def lower(*qubits: int) -> list[Element]:
        return [Gate(name, qubits)]

    return lower


def _rotate(letters: str) -> Lowering:
    def lower(t: Angle, *qubits: int) -> list[Element]:
        return [rotation(letters, t, *qubits)]

    return lower


def _p(t: Angle, q: int) -> list[Element]:
    return [Phase(t / 2), rotation("Z", t, q)]


def u(t: Angle, p: Angle, k: Angle, q: int) -> list[Element]:
    """Qiskit's U(theta, phi, lambda)."""
    return [
        Phase((p + k) / 2),
        rotation("Z", k, q),
        rotation("Y", t, q),
        rotation("Z", p, q),
    ]


def _cu(t: Angle, p: Angle, k: Angle, g: Angle, control: int, q: int) -> list[Element]:
    return under_control([Phase(g), *u(t, p, k, q)], control)


def _controlled(lower: Lowering, n_arguments: int) -> Lowering:
    def under(*given: Angle | int) -> list[Element]:
        arguments, (control, *qubits) = given[:n_arguments], given[n_arguments:]
        assert isinstance(control, int)
        return under_control(lower(*arguments, *qubits), control)

    return under


def _u2(p: Angle, k: Angle, q: int) -> list[Element]:
    return u(as_angle(math.pi / 2), p, k, q)


# name: (arguments, qubits, lowering)
BUILTIN: Final[dict[str, tuple[int, int, Lowering]]] = {"U": (3, 1, u)}

STDGATES: Final[dict[str, tuple[int, int, Lowering]]] = {
    **{
        name: (0, 1, _fixed(name))
        for name in ["id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx"]
    },
    **{name: (0, 2, _fixed(name)) for name in ["cx", "cy", "cz", "ch", "swap"]},
    **{name: (0, 3, _fixed(name)) for name in ["ccx", "cswap"]},
    "CX": (0, 2, _fixed("cx")),
    "p": (1, 1, _p),
    "phase": (1, 1, _p),
    "u1": (1, 1, _p),
    "rx": (1, 1, _rotate("X")),
    "ry": (1, 1, _rotate("Y")),
    "rz": (1, 1, _rotate("Z")),
    "cp": (1, 2, _controlled(_p, 1)),
    "cphase": (1, 2, _controlled(_p, 1)),
    "crx": (1, 2, _controlled(_rotate("X"), 1)),
    "cry": (1, 2, _controlled(_rotate("Y"), 1)),
    "crz": (1, 2, _controlled(_rotate("Z"), 1)),
    "u2": (2, 1, _u2),
    "u3": (3, 1, u),
    "cu": (4, 2, _cu),
}
