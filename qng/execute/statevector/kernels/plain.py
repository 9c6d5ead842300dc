"""Plain sweeps, an operation at a time, over complex amplitudes.

Index j of a state holds qubit q in bit q. A Pauli word P = i^y X^x Z^z, y = |x & z|, acts as
(P psi)[j ^ x] = i^y (-1)^|j & z| psi[j]. A program is the arrays that `program.py` makes of a
circuit: per operation its kind, two masks (or an offset and a count) and a slot. Scratch space is
handed in, since an allocation in a loop would double the time to compile it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from qng.execute.statevector.kernels.bits import highest, odd
from qng.execute.statevector.kernels.compiling.jit import inlined, kernel

ROTATION: Final = 0
ONE_QUBIT: Final = 1
MANY_QUBITS: Final = 2


@inlined
def _phase(x: int, z: int) -> complex:
    """i^|x & z|."""
    v = x & z
    count = 0
    while v:
        v &= v - 1
        count += 1
    power = count % 4
    if power == 0:
        return 1.0 + 0.0j
    if power == 1:
        return 1.0j
    if power == 2:
        return -1.0 + 0.0j
    return -1.0j


@inlined
def begin(psi: Any) -> None:
    """|0...0>."""
    for j in range(psi.shape[0]):
        psi[j] = 0.0
    psi[0] = 1.0


@inlined
def rotate(psi: Any, x: int, z: int, phi: float) -> None:
    """psi <- exp(-i phi P/2) psi, in place."""
    c = np.cos(0.5 * phi)
    s = np.sin(0.5 * phi)
    size = psi.shape[0]
    if x == 0:
        plus = complex(c, -s)
        minus = complex(c, s)
        for j in range(size):
            psi[j] *= minus if odd(j & z) else plus
        return
    phase = _phase(x, z)
    to_k = -1.0j * s * phase
    to_j = -to_k if odd(x & z) else to_k
    pivot = highest(x)
    plain = (z & ~pivot) == 0
    for base in range(0, size, 2 * pivot):
        for j in range(base, base + pivot):
            k = j ^ x
            a = psi[j]
            b = psi[k]
            if plain or not odd(j & z):
                psi[j] = c * a + to_j * b
                psi[k] = c * b + to_k * a
            else:
                psi[j] = c * a - to_j * b
                psi[k] = c * b - to_k * a


@inlined
def add_word(out: Any, psi: Any, x: int, z: int, factor: complex) -> None:
    """out += factor P psi."""
    f = factor * _phase(x, z)
    for j in range(psi.shape[0]):
        out[j ^ x] += -f * psi[j] if odd(j & z) else f * psi[j]


@kernel
def add_sum(out: Any, psi: Any, xs: Any, zs: Any, coefficients: Any) -> None:
    """out += sum_k c_k P_k psi."""
    for k in range(xs.shape[0]):
        add_word(out, psi, xs[k], zs[k], coefficients[k])


@inlined
def _one_qubit(psi: Any, bit: int, controls: int, m: Any) -> None:
    for base in range(0, psi.shape[0], 2 * bit):
        for j in range(base, base + bit):
            if j & controls == controls:
                a = psi[j]
                b = psi[j | bit]
                psi[j] = m[0] * a + m[1] * b
                psi[j | bit] = m[2] * a + m[3] * b


@inlined
def _many_qubits(psi: Any, offsets: Any, m: Any, before: Any) -> None:
    side = offsets.shape[0]
    mask = offsets[side - 1]
    for j in range(psi.shape[0]):
        if j & mask:
            continue
        for local in range(side):
            before[local] = psi[j | offsets[local]]
        for row in range(side):
            total = 0.0j
            for column in range(side):
                total += m[row * side + column] * before[column]
            psi[j | offsets[row]] = total


@inlined
def _apply(
    psi: Any,
    kind: int,
    a: int,
    b: int,
    slot: int,
    phi: Any,
    pool: Any,
    offsets: Any,
    scratch: Any,
) -> None:
    if kind == ROTATION:
        rotate(psi, a, b, phi[slot])
    elif kind == ONE_QUBIT:
        _one_qubit(psi, a, b, pool[slot : slot + 4])
    else:
        _many_qubits(psi, offsets[a : a + b], pool[slot : slot + b * b], scratch)


@kernel
def walk(
    states: Any,
    steps: Any,
    kinds: Any,
    a: Any,
    b: Any,
    slots: Any,
    phi: Any,
    pool: Any,
    offsets: Any,
    scratch: Any,
) -> None:
    """states[target] <- O_{stop-1} ... O_start states[source], a step after the other.

    A step is (source, target, start, stop, row): source -1 stands for |0...0>, and phi[row] are the
    angles of the operations. A state that is its own target goes on from where it is.
    """
    for m in range(steps.shape[0]):
        source, target = steps[m, 0], steps[m, 1]
        psi, angles = states[target], phi[steps[m, 4]]
        if source < 0:
            begin(psi)
        elif source != target:
            for j in range(psi.shape[0]):
                psi[j] = states[source, j]
        for k in range(steps[m, 2], steps[m, 3]):
            _apply(psi, kinds[k], a[k], b[k], slots[k], angles, pool, offsets, scratch)


@inlined
def push_forward(
    psi: Any,
    rows: Any,
    kinds: Any,
    a: Any,
    b: Any,
    slots: Any,
    phi: Any,
    pool: Any,
    offsets: Any,
    scratch: Any,
    starts: Any,
    columns: Any,
    weights: Any,
    active: Any,
) -> None:
    """Carry the state and derivative states through the circuit.

    Row i becomes sum_r A_ri d_r psi, d_r psi = -(i/2) U_after P_r U_before |0>. A is given by
    rows: rotation r feeds columns[starts[r]:starts[r + 1]]. Contributions to one row are added
    where they arise, so a shared parameter costs one row. Rows start as zeros and inactive.
    """
    n = starts.shape[0] - 1
    for k in range(kinds.shape[0]):
        _apply(psi, kinds[k], a[k], b[k], slots[k], phi, pool, offsets, scratch)
        for i in range(rows.shape[0]):
            if active[i]:
                _apply(rows[i], kinds[k], a[k], b[k], slots[k], phi, pool, offsets, scratch)
        if kinds[k] == ROTATION and slots[k] < n:
            for entry in range(starts[slots[k]], starts[slots[k] + 1]):
                add_word(rows[columns[entry]], psi, a[k], b[k], -0.5j * weights[entry])
                active[columns[entry]] = True
