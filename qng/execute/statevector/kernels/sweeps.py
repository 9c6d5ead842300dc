"""Sweeps over the passes of a circuit: the kernels that are called from Python."""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.additions import (
    add_derivatives,
    add_words,
)
from qng.execute.statevector.kernels.bundles import bundled
from qng.execute.statevector.kernels.carry import moved
from qng.execute.statevector.kernels.compiling.jit import allocating, inlined, kernel
from qng.execute.statevector.kernels.copies import add, clear, copy
from qng.execute.statevector.kernels.hermitian import add_turned
from qng.execute.statevector.kernels.kinds import PAIR, PHASE, SHUFFLE, TURN
from qng.execute.statevector.kernels.room import zeros
from qng.execute.statevector.kernels.shares import meet
from qng.execute.statevector.kernels.slopes import pass_slopes


@kernel
def states(at: Any, spare: Any, kept: Any, rows: Any, passes: Any, point: Any, share: Any) -> None:
    """The state |0...0> at the times that are kept: rows[kept[k]] is the one at time k."""
    point = bundled(point)
    clear(at, share)
    if share[0] == 0:
        at[0, 0] = 1.0
    meet(share)
    time = 0
    for k in range(kept.shape[0]):
        if kept[k] >= 0:
            if moved(at, spare, time, k, passes, point, share):
                at, spare = spare, at
            time = k
            copy(rows[kept[k]], at, share)
            meet(share)


@kernel
def derivatives(
    rows: Any,
    rounded: Any,
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

    Or rounded[i - offset], in single precision, where that has rows and `spare` has a third state.
    Rows are planes one behind the other, with room at their ends. Parameter i is fed by
    rotations[entries[i]:entries[i + 1]], in the order of the passes. What comes before the middle
    goes ahead to it, what comes after goes back to it.
    """
    point = bundled(point)
    planes, size = spare.shape[1:]
    line = zeros(size)
    for i in mine:
        row = spare[spare.shape[0] - 1]
        if rounded.shape[0] == 0:
            row = rows[i - offset, : planes * size].reshape(planes, size)
        if entries[i] == entries[i + 1]:
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
            to, other = spare[1] if both else row, spare[0]
            # After the first pass of what is early, before the last one of what is late.
            first = place[rotations[start], 0] + 1 if early else place[rotations[stop - 1], 0]
            if not both and _shuffles(first, middle, passes) % 2 == 1:
                to, other = other, to
            time, adds = first, False
            while True:
                low, high = _of_one_pass(place, rotations, start, stop, early)
                start, stop = (high, stop) if early else (start, low)
                k = place[rotations[low], 0] if low < high else middle
                here = k + 1 if early and low < high else k
                if moved(to, other, time, here, passes, point, share):
                    to, other = other, to
                if low == high:
                    break
                time = here
                which, by = rotations[low:high], weights[low:high]
                turned = after if early else before
                psi = states[kept[time]]
                add_derivatives(to, psi, which, by, turned, passes, place, line, adds, share)
                adds = True
            if both:
                add(row, to)
        if rounded.shape[0] > 0:
            for plane in range(planes):
                for j in range(size):
                    rounded[i - offset, plane * size + j] = row[plane, j]


@inlined
def _shuffles(start: int, stop: int, passes: Any) -> int:
    """How many passes between two times move a state to its spare place."""
    number = 0
    for k in range(min(start, stop), max(start, stop)):
        number += passes[0][k] == SHUFFLE
    return number


@inlined
def _of_one_pass(place: Any, rotations: Any, start: int, stop: int, early: bool) -> Any:
    """The rotations of the earliest pass among some, or of the latest, from and to which index.

    Of no rotations: none.
    """
    if start == stop:
        return start, stop
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
    before: Any,
    after: Any,
    share: Any,
) -> int:
    """sum_r weights[r] d_r psi, in one of the three arrays, and the number of that.

    Derivatives are added after a pass, together with those of the next one.
    """
    point = bundled(point)
    clear(psi, share)
    clear(dpsi, share)
    if share[0] == 0:
        psi[0, 0] = 1.0
    meet(share)
    turned = zeros(4)
    n_passes = passes[0].shape[0]
    time, stopped = 0, -1
    found, free = 1, 2
    # The last round goes to the end and adds nothing.
    for k in range(n_passes + 1):
        if k < n_passes and not _has_rotations(k, weights.shape[0], passes):
            continue
        here = k if stopped == k or k == n_passes else k + 1
        if moved(dpsi, spare, time, here, passes, point, share):
            dpsi, spare = spare, dpsi
            found, free = free, found
        if k == n_passes:
            break
        if moved(psi, spare, time, here, passes, point, share):
            psi, spare = spare, psi
            free = 3 - found - free
        time, stopped = here, here
        if passes[0][k] == TURN:
            matrices = before if here == k else after
            _add_turns(dpsi, psi, k, weights, passes, matrices, turned, share)
        else:
            _add_words(dpsi, psi, k, weights, passes, spare[0], share)
    return found


@inlined
def _add_turns(
    out: Any, psi: Any, k: int, weights: Any, passes: Any, matrices: Any, turned: Any, share: Any
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
                    turned[i] += weights[r] * matrices[r, i]
            e += 1
        add_turned(out, psi, 1 << qubit, turned, 1.0, True, share)
        meet(share)


@allocating
def _add_words(
    out: Any, psi: Any, k: int, weights: Any, passes: Any, line: Any, share: Any
) -> None:
    """out += sum_r weights[r] d_r psi of a PHASE or PAIR pass."""
    starts, elements = passes[1:3]
    signed = zeros(starts[k + 1] - starts[k])
    for e in range(starts[k], starts[k + 1]):
        if elements[e, 2] < weights.shape[0]:
            signed[e - starts[k]] = elements[e, 1] * weights[elements[e, 2]]
    add_words(out, psi, k, signed, passes, line, share)
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
    carried with w, and slopes are taken before a pass, together with those of the pass before it.
    """
    point = bundled(point)
    carried = kept.shape[0] == 0
    n_passes = passes[0].shape[0]
    time, stopped = n_passes, -1
    psi = states[0]
    for k in range(n_passes - 1, -1, -1):
        if not _has_rotations(k, out.shape[1], passes):
            continue
        is_after = stopped == k + 1 if carried else k < middle
        here = k + 1 if is_after else k
        place = 0 if carried else kept[here]
        if place < 0:
            continue
        if moved(w, spare, time, here, passes, point, share):
            w, spare = spare, w
        if not carried:
            psi = states[place]
        elif moved(psi, spare, time, here, passes, point, share):
            psi, spare = spare, psi
        time, stopped = here, here
        turned = after if is_after else before
        pass_slopes(psi, w, k, spare[0], out, turned, passes, share)
        meet(share)


@inlined
def _has_rotations(k: int, n_rotations: int, passes: Any) -> bool:
    """Whether a pass has a rotation with a parameter."""
    kinds, starts, elements = passes[:3]
    found = False
    if kinds[k] == TURN or kinds[k] == PHASE or kinds[k] == PAIR:
        for e in range(starts[k], starts[k + 1]):
            found |= elements[e, 1] != 0 and elements[e, 2] < n_rotations
    return found
