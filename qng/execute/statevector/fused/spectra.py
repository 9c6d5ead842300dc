"""Sums of words of Z that come back: phases of one parameter, as in every layer of QAOA.

Where the words of a PHASE pass on several qubits turn by c_k theta each, what they add up to is

    theta C[j],    C[j] = sum_k c_k (-1)^|j & z_k|

and C depends on the circuit alone. Often it has few levels, such as the sizes of cuts; then there
are as many values of exp(-i theta C/2), and C is a table of small numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.execute.statevector.kernels.kinds import PHASE

# Different sums of which a program keeps the levels: those that come most often.
_MOST: Final = 4

# Amplitudes of a level, on average, from which on levels are worth it.
_FEW: Final = 4

# Levels that are closer, in units of the sum of all |c_k|, differ by rounding.
_CLOSE: Final = 2.0**-46

Element = tuple[int, int, int]
Sum = tuple[tuple[int, float], ...]


@dataclass(frozen=True, eq=False)
class Spectra:
    """The sums of the PHASE passes of a program.

    Args:
        n_qubits: n.
        groups: Number of the sum of every pass or -1, shape (T,).
        coefficients: c_k of the elements that are in the sum of their pass, and otherwise 0.
        sums: (z_k, c_k) of every sum.
    """

    n_qubits: int
    groups: Integers
    coefficients: Array
    sums: tuple[Sum, ...]

    @property
    def n_bytes(self) -> int:
        """What the `Levels` take at most."""
        return (2 + 8 // _FEW) * len(self.sums) << self.n_qubits


@dataclass(frozen=True, eq=False)
class Levels:
    """The values of the sums that have few.

    Args:
        groups: As in `Spectra`; -1 also where the sum has too many.
        starts: Where the levels of every sum start, shape (sums + 1,).
        values: All levels.
        which: The level of every amplitude, shape (sums, 2^n).
    """

    groups: Integers
    starts: Integers
    values: Array
    which: Integers


def spectra(
    circuit: Circuit, kinds: Sequence[int], elements: Sequence[Sequence[Element]]
) -> Spectra:
    """The sums of a program, by the kinds and the elements of its passes."""
    rotations = [op for op in circuit.ops if isinstance(op, Rotation) and not op.is_fixed]
    sums = [_sum(own, rotations) if kind == PHASE else None for kind, own in zip(kinds, elements)]
    counted = Counter(found for found in sums if found)
    kept = [found for found, _ in counted.most_common(_MOST)]
    groups = [kept.index(found) if found in kept else -1 for found in sums]
    coefficients = []
    for own, group in zip(elements, groups):
        taken = iter(kept[group] if group >= 0 else ())
        coefficients += [next(taken)[1] if group >= 0 and _several(z) else 0.0 for z, *_ in own]
    numbers = np.array(groups, dtype=np.int64), np.array(coefficients, dtype=float)
    return Spectra(circuit.n_qubits, *numbers, tuple(kept))


def levels(sums: Spectra) -> Levels:
    """The levels. Cost: n 2^n for every sum."""
    n = sums.n_qubits
    groups = sums.groups.copy()
    values = [np.zeros(0)]
    which = np.zeros((len(sums.sums), 2**n), dtype=np.uint16)
    starts = [0]
    for number, words in enumerate(sums.sums):
        found = _levels(words, n)
        if found is None:
            groups[groups == number] = -1
        else:
            values.append(found[0])
            which[number] = found[1]
        starts.append(sum(map(len, values)))
    return Levels(groups, np.array(starts, dtype=np.int64), np.concatenate(values), which)


def _slope(rotations: Sequence[Rotation], slot: int) -> tuple[str, float] | None:
    """The parameter and the slope of an angle that is linear in one."""
    known = rotations[slot].angle.affine() if slot < len(rotations) else None
    if known is None or len(known[0]) != 1:
        return None
    ((name, slope),) = known[0].items()
    return (name, slope) if slope else None


def _sum(elements: Sequence[Element], rotations: Sequence[Rotation]) -> Sum | None:
    """The words on several qubits, if they turn by one parameter."""
    words = [(z, _slope(rotations, slot)) for z, _, slot in elements if _several(z)]
    if len({slope[0] if slope else None for _, slope in words}) != 1:
        return None
    found = tuple((z, slope[1]) for z, slope in words if slope)
    return found or None


def _several(z: int) -> bool:
    return z & (z - 1) != 0


def _levels(words: Sum, n_qubits: int) -> tuple[Array, Integers] | None:
    line = np.zeros(2**n_qubits)
    for z, c in words:
        line[z] += c
    for q in range(n_qubits):
        pairs = line.reshape(-1, 2, 1 << q)
        pairs[:, 0], pairs[:, 1] = pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]
    close = _CLOSE * sum(abs(c) for _, c in words)
    most = min(len(line) // _FEW, np.iinfo(np.uint16).max)
    if len(np.unique(np.rint(line[: 2 * most + 2] / close))) > most:
        return None
    _, first, which = np.unique(np.rint(line / close), return_index=True, return_inverse=True)
    return (line[first], which.ravel()) if len(first) <= most else None
