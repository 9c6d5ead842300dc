"""Sums of a PHASE pass with the signs of its words of Z: line[j] = sum_k w_k (-1)^|j & z_k|.

Words on one qubit need no transform: the line is doubled a bit at a time. Those on several have a
sum of their own, which is known up to its scale where they turn by one parameter (`spectra.py`).
"""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.bits import position
from qng.execute.statevector.kernels.compiling.jit import allocating, inlined
from qng.execute.statevector.kernels.room import zeros
from qng.execute.statevector.kernels.walsh import walsh


@allocating
def scaled(k: int, weights: Any, passes: Any) -> Any:
    """(group, scale): the words of pass k on several qubits sum to scale times what is known.

    The group is -1 where nothing is. There is a weight for every element of the pass.
    """
    starts = passes[1]
    groups, all_coefficients = passes[13:15]
    coefficients = all_coefficients[starts[k] : starts[k + 1]]
    if groups[k] < 0:
        return -1, 0.0
    largest = 0
    for e in range(coefficients.shape[0]):
        if abs(coefficients[e]) > abs(coefficients[largest]):
            largest = e
    scale = weights[largest] / coefficients[largest]
    for e in range(coefficients.shape[0]):
        found = scale * coefficients[e]
        if coefficients[e] != 0.0 and abs(weights[e] - found) > 1e-15 * abs(found):
            return -1, 0.0
    return groups[k], scale


@allocating
def levels(group: int, passes: Any) -> Any:
    """The values of a sum that is known."""
    starts, values = passes[15:17]
    return values[starts[group] : starts[group + 1]]


@inlined
def sorted_weights(k: int, weights: Any, passes: Any, singles: Any, others: Any) -> Any:
    """The weights by word: on one qubit, on none, and on several. Returns that of no qubit."""
    starts, elements = passes[1:3]
    constant = 0.0
    for e in range(weights.shape[0]):
        z = elements[starts[k] + e, 0]
        if z == 0:
            constant += weights[e]
        elif z & (z - 1) == 0:
            singles[position(z)] += weights[e]
        elif others.shape[0] > 0:
            others[z] += weights[e]
    return constant


@allocating
def signs(line: Any, k: int, weights: Any, passes: Any) -> None:
    """line[j] = sum_e weights[e] (-1)^|j & z_e| over the elements of pass k."""
    size = line.shape[0]
    group, scale = scaled(k, weights, passes)
    singles = zeros(64)
    others = zeros(size if group < 0 else 0)
    constant = sorted_weights(k, weights, passes, singles, others)
    _single_signs(line, constant, singles)
    if group >= 0:
        values, which = levels(group, passes), passes[17][group]
        for j in range(size):
            line[j] += scale * values[which[j]]
    else:
        walsh(others)
        for j in range(size):
            line[j] += others[j]


@inlined
def _single_signs(line: Any, constant: float, singles: Any) -> None:
    """line[j] = constant + sum_q singles[q] (-1)^(bit q of j): each qubit doubles what is done."""
    line[0] = constant
    done = 1
    q = 0
    while done < line.shape[0]:
        for j in range(done):
            line[done + j] = line[j] - singles[q]
            line[j] += singles[q]
        done *= 2
        q += 1
