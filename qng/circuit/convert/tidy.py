"""Basis changes undone: what is written with them as turns about the words that they make.

cx a, b;  rz(t) b;  cx a, b;        is one turn about Z_a Z_b.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from qng.circuit.convert.lowering import IDENTITY, Element, Turn, dense, scaled
from qng.circuit.gate import Gate, Rotation
from qng.circuit.heisenberg import back

_MATRIX_QUBITS: Final = 4


def tidy(elements: Sequence[Element]) -> list[Element]:
    """The same unitary as turns only, where the fixed gates cancel; else as it was."""
    compact = _pulled(elements, lambda e: isinstance(e, Gate))
    if compact is None:
        return list(elements)
    # A basis change may be written with quarter turns: rx(pi/2) b; ... rx(-pi/2) b;
    turns = _pulled(compact, _is_quarter)
    return [*(compact if turns is None else turns)]


def _pulled(elements: Sequence[Element], basis: Callable[[Element], bool]) -> list[Turn] | None:
    """The other elements moved before the basis changes; None where those do not cancel."""
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
    if a.support != b.support or len(a.qubits) > _MATRIX_QUBITS:
        return False
    product = dense([a, b], a.qubits)
    return bool(np.allclose(product, np.eye(len(product)), rtol=0, atol=1e-12))


def _is_quarter(e: Element) -> bool:
    if isinstance(e, Gate) or not e.is_fixed or e.pauli == IDENTITY:
        return False
    quarters = 2 * e.angle.value({}) / math.pi
    return abs(quarters - round(quarters)) < 1e-12
