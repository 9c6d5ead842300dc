"""A circuit in columns: what stands on which wire, before anything is drawn.

An operation stands in the first column in which the wires from its lowest to its highest qubit are
free; what stands in one column acts at one time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from qng.circuit.angle import Angle
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Rotation

CONTROL: Final = "control"
NOT: Final = "not"
SWAP: Final = "swap"
BOX: Final = "box"

_LONGEST: Final = 12
"""Letters of an angle."""

# Gates that are not a box of their own name: controls first, then what is controlled.
_SHAPES: Final = {
    "cx": (CONTROL, NOT),
    "ccx": (CONTROL, CONTROL, NOT),
    "cz": (CONTROL, CONTROL),
    "ccz": (CONTROL, CONTROL, CONTROL),
    "swap": (SWAP, SWAP),
    "cswap": (CONTROL, SWAP, SWAP),
}


@dataclass(frozen=True)
class Mark:
    """What an operation has on one wire.

    Args:
        qubit: Whose wire.
        shape: CONTROL, NOT, SWAP or BOX.
        name: What stands in a box.
        angle: Below or after the name, in the box that has it; empty elsewhere.
    """

    qubit: int
    shape: str
    name: str = ""
    angle: str = ""


@dataclass(frozen=True)
class Placed:
    """An operation in its column.

    Args:
        marks: Ascending by qubit; those of several qubits are joined by a line.
        free: Whether it has a parameter.
        words: All of it in words.
    """

    marks: tuple[Mark, ...]
    free: bool
    words: str


def columns(circuit: Circuit, most: int) -> list[list[Placed]]:
    """The operations of a circuit in columns.

    Args:
        circuit: The circuit.
        most: So many of its first operations.
    """
    return placed(islice(circuit.ops, most), circuit.n_qubits)


def placed(ops: Iterable[Op], n_qubits: int) -> list[list[Placed]]:
    """Operations in columns, each as early as its wires are free."""
    front = [0] * n_qubits
    found: list[list[Placed]] = []
    for op in ops:
        low, high = min(op.qubits), max(op.qubits)
        column = max(front[low : high + 1])
        front[low : high + 1] = [column + 1] * (high + 1 - low)
        if column == len(found):
            found.append([])
        found[column].append(_placed(op))
    return found


def _placed(op: Op) -> Placed:
    if isinstance(op, Rotation):
        angle, last = angle_in_words(op.angle), max(op.qubits)
        alone = len(op.qubits) == 1
        marks = [
            Mark(q, BOX, f"R{op.pauli.letter(q)}" if alone else op.pauli.letter(q),
                 angle if q == last else "")
            for q in op.qubits
        ]  # fmt: skip
        words = f"exp(-i φ/2 {op.pauli}), φ = {op.angle}"
        return Placed(tuple(marks), not op.is_fixed, words)
    name = op.name
    if name in _SHAPES:
        marks = [Mark(q, shape) for q, shape in zip(op.qubits, _SHAPES[name])]
    elif len(op.qubits) == 2 and name.startswith("c"):
        marks = [Mark(op.qubits[0], CONTROL), Mark(op.qubits[1], BOX, _gate_name(name[1:]))]
    else:
        own = "U" if name == "unitary" else _gate_name(name)
        marks = [Mark(q, BOX, own) for q in op.qubits]
    marks.sort(key=lambda mark: mark.qubit)
    qubits = ", ".join(map(str, op.qubits))
    return Placed(tuple(marks), False, f"{name} on {qubits}")


def _gate_name(name: str) -> str:
    """As physicists write it.

    Example:
        >>> _gate_name("sdg"), _gate_name("h"), _gate_name("iswap")
        ('S†', 'H', 'iSW')
    """
    known = {"sx": "√X", "sxdg": "√X†", "iswap": "iSW"}
    if name in known:
        return known[name]
    return f"{name.removesuffix('dg').upper()}{'†' if name.endswith('dg') else ''}"


def angle_in_words(angle: Angle, most: int = _LONGEST) -> str:
    """An angle in a few letters.

    Example:
        >>> from qng.circuit.angle import as_angle, parameter
        >>> t = parameter("theta[3]")
        >>> [angle_in_words(a) for a in (2 * t, t + 1, as_angle(math.pi / 2), as_angle(0.12345))]
        ['2θ[3]', 'θ[3]+1', 'π/2', '0.123']
    """
    number = angle.number
    if number is not None:
        return in_pi(number)
    text = str(angle).replace("theta", "θ").replace("phi", "φ").replace("gamma", "γ")
    text = text.replace("beta", "β").replace("alpha", "α")
    text = re.sub(r"(?<![\w.\[])-?\d+\.\d+(e[+-]?\d+)?", lambda m: in_pi(float(m[0])), text)
    text = re.sub(r"^1·|^1 \* ", "", text).replace(" * ", "·").replace(" ", "")
    text = re.sub(r"(?<![\w.])(\d+)·(?=[^\W\d])", r"\1", text)
    text = re.sub(r"^\((-[\d.π/]+)\)·", r"\1·", text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def in_pi(number: float) -> str:
    """A number, as a simple fraction of π where it is one.

    Example:
        >>> in_pi(-math.pi), in_pi(3 * math.pi / 4), in_pi(2.0), in_pi(0.3333333)
        ('-π', '3π/4', '2', '0.333')
    """
    for below in (1, 2, 3, 4, 6, 8):
        above = number / math.pi * below
        if number and abs(above - round(above)) < 1e-12 * max(1, abs(above)) and abs(above) < 100:
            whole = round(above)
            sign = "-" if whole < 0 else ""
            front = "" if abs(whole) == 1 else str(abs(whole))
            return f"{sign}{front}π{'' if below == 1 else f'/{below}'}"
    return f"{number:.3g}"
