"""Sweeps over the passes of a circuit: the kernels that are called from Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.additions import (
    add_derivative,
    add_derivatives,
    add_products,
    add_signed,
)
from qng.execute.statevector.kernels.carry import carry, clear, copy
from qng.execute.statevector.kernels.hermitian import add_turned
from qng.execute.statevector.kernels.jit import inlined, kernel
from qng.execute.statevector.kernels.kinds import PAIR, PHASE, TURN
from qng.execute.statevector.kernels.shares import meet
from qng.execute.statevector.kernels.slopes import pass_slopes
from qng.execute.statevector.kernels.walsh import signs


@kernel
def states(at: Any, spare: Any, kept: Any, rows: Any, passes: Any, point: Any, share: Any) -> None:
    """The state |0...0> at the times that are kept: rows[kept[k]] is the one at time k."""
    clear(at, share)
    if share[0] == 0:
        at[0, 0] = 1.0
    meet(share)
    for k in range(kept.shape[0]):
        if k > 0:
            carry(at, spare, k - 1, k, passes, point, share)
        if kept[k] >= 0:
            copy(rows[kept[k]], at, share)
            meet(share)


@kernel
def derivatives(
    rows: Any,
    mine: Any,
    offset: int,
    middle: int,
    entries: Any,
    rotations: Any,
    weights: Any,
    passes: Any,
    point: Any,
    place: Any,
    before: Any,
    after: Any,
    kept: Any,
    states: Any,
    spare: Any,
    share: Any,
) -> None:
    """rows[i - offset], the derivative states of the parameters `mine`, at the time `middle`.

    Rows are planes one behind the other, with room at their ends. Parameter i is fed by
    rotations[entries[i]:entries[i + 1]], in the order of the passes. What comes before the middle
    goes ahead to it, what comes after goes back to it.
    """
    planes, size = spare.shape[1:]
    line = np.empty(size)
    for i in mine:
        row = rows[i - offset, : planes * size].reshape(planes, size)
        clear(row, share)
        border = entries[i]
        while border < entries[i + 1] and place[rotations[border], 0] < middle:
            border += 1
        for early in (True, False):
            start = entries[i] if early else border
            stop = border if early else entries[i + 1]
            if start == stop:
                continue
            both = not early and border > entries[i]
            to = spare[1] if both else row
            if both:
                clear(to, share)
            # After the first pass of what is early, before the last one of what is late.
            time = place[rotations[start], 0] + 1 if early else place[rotations[stop - 1], 0]
            while start < stop:
                low, high = _of_one_pass(place, rotations, start, stop, early)
                start, stop = (high, stop) if early else (start, low)
                k = place[rotations[low], 0]
                here = k + 1 if early else k
                carry(to, spare[0], time, here, passes, point, share)
                time = here
                which, by = rotations[low:high], weights[low:high]
                turned = after if early else before
                add_derivatives(
                    to, states[kept[time]], which, by, turned, passes, place, line, share
                )
            carry(to, spare[0], time, middle, passes, point, share)
            if both:
                for plane in range(row.shape[0]):
                    for j in range(row.shape[1]):
                        row[plane, j] += to[plane, j]


@inlined
def _of_one_pass(place: Any, rotations: Any, start: int, stop: int, early: bool) -> Any:
    """The rotations of the earliest pass among some, or of the latest, from and to which index."""
    if early:
        high = start + 1
        while high < stop and place[rotations[high], 0] == place[rotations[start], 0]:
            high += 1
        return start, high
    low = stop - 1
    while low > start and place[rotations[low - 1], 0] == place[rotations[stop - 1], 0]:
        low -= 1
    return low, stop


@kernel
def push_forward(
    psi: Any,
    dpsi: Any,
    spare: Any,
    weights: Any,
    passes: Any,
    point: Any,
    after: Any,
    share: Any,
) -> None:
    """dpsi = sum_r weights[r] d_r psi, and psi the state after the circuit."""
    clear(psi, share)
    clear(dpsi, share)
    if share[0] == 0:
        psi[0, 0] = 1.0
    meet(share)
    turned = np.zeros(4)
    for k in range(passes[0].shape[0]):
        carry(psi, spare, k, k + 1, passes, point, share)
        carry(dpsi, spare, k, k + 1, passes, point, share)
        if passes[0][k] == TURN:
            _add_turns(dpsi, psi, k, weights, passes, after, turned, share)
        elif passes[0][k] in (PHASE, PAIR):
            _add_words(dpsi, psi, k, weights, passes, spare[0], share)


@inlined
def _add_turns(
    out: Any, psi: Any, k: int, weights: Any, passes: Any, after: Any, turned: Any, share: Any
) -> None:
    """out += sum_r weights[r] d_r psi of a TURN pass: the matrices of a qubit are one matrix."""
    _, starts, elements = passes[:3]
    e = starts[k]
    while e < starts[k + 1]:
        qubit = elements[e, 0]
        for i in range(4):
            turned[i] = 0.0
        while e < starts[k + 1] and elements[e, 0] == qubit:
            r = elements[e, 2]
            if elements[e, 1] != 0 and r < weights.shape[0]:
                for i in range(4):
                    turned[i] += weights[r] * after[r, i]
            e += 1
        add_turned(out, psi, 1 << qubit, turned, 1.0, share)
        meet(share)


@inlined
def _add_words(
    out: Any, psi: Any, k: int, weights: Any, passes: Any, line: Any, share: Any
) -> None:
    """out += sum_r weights[r] d_r psi of a PHASE or PAIR pass."""
    _, starts, elements, flips, odd = passes[:5]
    zs = np.empty(starts[k + 1] - starts[k], dtype=np.int64)
    signed = np.zeros(len(zs))
    for e in range(starts[k], starts[k + 1]):
        zs[e - starts[k]] = elements[e, 0]
        if elements[e, 2] < weights.shape[0]:
            signed[e - starts[k]] = elements[e, 1] * weights[elements[e, 2]]
    if share[0] == 0:
        signs(line, zs, signed)
    meet(share)
    add_signed(out, psi, flips[k], odd[k], line, share)
    meet(share)


@kernel
def pull_back(
    states: Any,
    kept: Any,
    middle: int,
    w: Any,
    spare: Any,
    out: Any,
    passes: Any,
    point: Any,
    before: Any,
    after: Any,
    share: Any,
) -> None:
    """out[:, r], parts of the sum Re <d_r psi|w>; w is carried from the end to the start.

    With K_r the rotation as it acts beside its pass, Re <d_r psi|w> = -Im <psi|K_r|w> / 2. It is
    taken after passes that come before the middle and before later ones, with the states of
    `kept`; one without a state is left out. Where `kept` is empty, states[0] is the last one,
    carried with w.
    """
    carried = kept.shape[0] == 0
    for k in range(passes[0].shape[0] - 1, -1, -1):
        early = k < middle
        if not early:
            carry(w, spare, k + 1, k, passes, point, share)
        place = 0 if carried else kept[k + 1 if early else k]
        if place >= 0:
            turned = after if early else before
            pass_slopes(states[place], w, k, spare[0], out, turned, passes, share)
        meet(share)
        if early:
            carry(w, spare, k + 1, k, passes, point, share)
        if carried:
            carry(states[0], spare, k + 1, k, passes, point, share)


@kernel
def accumulated(
    rows: Any,
    columns: Any,
    spare: Any,
    borders: Any,
    rotations: Any,
    parameters: Any,
    weights: Any,
    passes: Any,
    point: Any,
    place: Any,
    after: Any,
    share: Any,
) -> None:
    """rows[i] += V^dagger d_r psi weights[e]: derivative states carried back to the start.

    The columns of V, the circuit so far, are carried instead. Entries of pass k are borders[k] to
    borders[k + 1], each with a rotation r and a parameter i.
    """
    for k in range(borders.shape[0] - 1):
        for column in range(columns.shape[0]):
            carry(columns[column], spare[0], k, k + 1, passes, point, share)
        for e in range(borders[k], borders[k + 1]):
            clear(spare[1], share)
            psi = columns[0]
            add_derivative(spare[1], psi, rotations[e], weights[e], after, passes, place, share)
            add_products(rows[parameters[e]], columns, spare[1])
