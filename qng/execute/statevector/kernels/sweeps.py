"""Sweeps over the passes of a circuit: the kernels that are called from Python."""

from __future__ import annotations

from typing import Any

from qng.execute.statevector.kernels.additions import (
    add_derivatives,
)
from qng.execute.statevector.kernels.bundles import bundled
from qng.execute.statevector.kernels.carry import moved
from qng.execute.statevector.kernels.compiling.jit import inlined, kernel
from qng.execute.statevector.kernels.copies import add, clear, copy, round_off
from qng.execute.statevector.kernels.kinds import PAIR, PHASE, SHUFFLE, TURN
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
) -> int:
    """rows[i - offset], the derivative states of the parameters `mine`, at the time `middle`.

    Or rounded[i - offset], in single precision, where that has rows and `spare` has a third state.
    Rows are planes one behind the other, with room at their ends. Parameter i is fed by
    rotations[entries[i]:entries[i + 1]], in the order of their elements. What comes before the
    middle goes ahead to it, what comes after goes back to it.

    Where `kept` is empty, the state is carried with the row, from the start on: there is one row,
    the middle is the end, and states[0] and spare[0] are used up.

    Returns:
        Where the last row has come to be: 0 in rows, 1 in spare[0], 2 in states[0]; always in rows
        unless the state is carried.
    """
    point = bundled(point)
    planes, size = spare.shape[1:]
    carried = kept.shape[0] == 0
    psi, since = states[0], 0
    if carried:
        clear(psi, share)
        if share[0] == 0:
            psi[0, 0] = 1.0
        meet(share)
    found, free = 0, 1
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
            if not (both or carried) and _shuffles(first, middle, passes) % 2 == 1:
                to, other = other, to
            time, adds = first, False
            while True:
                low, high = _of_one_pass(place, rotations, start, stop, early)
                start, stop = (high, stop) if early else (start, low)
                k = place[rotations[low], 0] if low < high else middle
                here = k + 1 if early and low < high else k
                if moved(to, other, time, here, passes, point, share):
                    to, other = other, to
                    found, free = free, found
                if low == high:
                    break
                time = here
                if not carried:
                    psi = states[kept[time]]
                elif moved(psi, other, since, time, passes, point, share):
                    psi, other = other, psi
                    free = 3 - found - free
                since = time
                which, by = rotations[low:high], weights[low:high]
                turned = after if early else before
                add_derivatives(to, psi, which, by, turned, passes, place, other[0], adds, share)
                meet(share)
                adds = True
            if both:
                add(row, to)
        if rounded.shape[0] > 0:
            round_off(rounded[i - offset], row)
    return found if carried else 0


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
