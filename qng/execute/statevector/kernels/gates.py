"""The gates of TURN passes at a point: products of 2x2 matrices, one a qubit and pass.

With G = g_m ... g_1 the gate of a qubit and g_r = exp(-i phi P/2) one of its factors, the rotation
is the Hermitian matrix (g_(r-1) ... g_1)^dagger P (g_(r-1) ... g_1) on the state before the pass,
and G times that times G^dagger on the state after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.compiling.jit import inlined, kernel
from qng.execute.statevector.kernels.kinds import TURN


@kernel
def make(
    kinds: Any,
    starts: Any,
    elements: Any,
    angles: Any,
    pool: Any,
    n_rotations: int,
    gate_starts: Any,
    bit: Any,
    real: Any,
    mats: Any,
    before: Any,
    after: Any,
    scratch: Any,
) -> None:
    """The gates of TURN passes, one a qubit, and their rotations as Hermitian 2x2 matrices.

    mats[0, g] is gate g, real and imaginary parts in turn, and mats[1, g] its inverse. before[r]
    is the matrix on the state before the pass, after[r] on the one after it: the two diagonal
    entries, and real and imaginary part of the upper one.
    """
    total, part, step, word, inverse = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    g = 0
    for k in range(kinds.shape[0]):
        gate_starts[k] = g
        e = starts[k]
        while kinds[k] == TURN and e < starts[k + 1]:
            qubit = elements[e, 0]
            first = e
            total[0], total[1], total[2], total[3] = 1.0, 0.0, 0.0, 1.0
            part[0], part[1], part[2], part[3] = 1.0, 0.0, 0.0, 1.0
            while e < starts[k + 1] and elements[e, 0] == qubit:
                _element(elements[e], angles, pool, step)
                _product(step, total, total)
                e += 1
            _adjoint(total, inverse)
            bit[g] = 1 << qubit
            real[g] = True
            for i in range(4):
                mats[0, g, 2 * i], mats[0, g, 2 * i + 1] = total[i].real, total[i].imag
                mats[1, g, 2 * i], mats[1, g, 2 * i + 1] = inverse[i].real, inverse[i].imag
                real[g] &= total[i].imag == 0.0
            for n in range(first, e):
                axis, slot = elements[n, 1], elements[n, 2]
                _element(elements[n], angles, pool, step)
                _product(step, part, part)
                if axis == 0 or slot >= n_rotations:
                    continue
                # P, part^dagger P part, and that carried through the whole gate.
                word[0], word[3] = 0.0, 0.0
                word[1] = complex(1.0, 0.0) if axis == 1 else complex(0.0, -1.0)
                word[2] = word[1].conjugate()
                _adjoint(part, step)
                _product(step, word, step)
                _product(step, part, step)
                _store(before[slot], step)
                _product(total, step, step)
                _product(step, inverse, step)
                _store(after[slot], step)
            g += 1
    gate_starts[kinds.shape[0]] = g


@inlined
def _product(a: Any, b: Any, out: Any) -> None:
    """out = a b, 2x2 matrices in a row."""
    p = a[0] * b[0] + a[1] * b[2]
    q = a[0] * b[1] + a[1] * b[3]
    r = a[2] * b[0] + a[3] * b[2]
    out[3] = a[2] * b[1] + a[3] * b[3]
    out[0], out[1], out[2] = p, q, r


@inlined
def _adjoint(a: Any, out: Any) -> None:
    """out = a^dagger."""
    out[0], out[1] = a[0].conjugate(), a[2].conjugate()
    out[2], out[3] = a[1].conjugate(), a[3].conjugate()


@inlined
def _element(element: Any, angles: Any, pool: Any, out: Any) -> None:
    """The gate of an element of a TURN pass."""
    axis, slot = element[1], element[2]
    if axis == 0:
        for i in range(4):
            out[i] = pool[slot + i]
        return
    c = np.cos(0.5 * angles[slot])
    s = np.sin(0.5 * angles[slot])
    out[0] = c
    out[3] = c
    out[1] = complex(0.0, -s) if axis == 1 else complex(-s, 0.0)
    out[2] = complex(0.0, -s) if axis == 1 else complex(s, 0.0)


@inlined
def _store(out: Any, m: Any) -> None:
    """out = m, Hermitian: the two diagonal entries, real and imaginary part of the upper one."""
    out[0], out[1], out[2], out[3] = m[0].real, m[3].real, m[1].real, m[1].imag
