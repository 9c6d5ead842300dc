"""An observable on a state in planes, and its moments: H psi, <H>, <H^2> - <H>^2.

Words that flip the same qubits are one group:

    H psi [j] = sum_x f_x(j ^ x) psi[j ^ x],   f_x(j) = sum_k c_k (-1)^|j & z_k|,

with c_k the factor of X^x Z^z_k. A block of H psi is finished before the next one is begun: what
is added to it stays near.
"""

from __future__ import annotations

from typing import Any, Final

from qng.execute.statevector.kernels.bits import odd
from qng.execute.statevector.kernels.compiling.jit import allocating, inlined, kernel
from qng.execute.statevector.kernels.room import zeros
from qng.execute.statevector.kernels.shares import meet, own
from qng.execute.statevector.kernels.simd import (
    WIDTH,
    load,
    minus,
    plus,
    splat,
    store,
    summed,
    times,
)
from qng.execute.statevector.kernels.walsh import walsh

# Amplitudes of a block that stays in the nearest cache.
_BLOCK: Final = 1 << 10


@kernel
def moments(
    out: Any, psi: Any, starts: Any, xs: Any, zs: Any, re: Any, im: Any, sums: Any, share: Any
) -> None:
    """out = H psi, and parts of <H> and of <H^2> - <H>^2 into sums[0] and sums[1].

    Words k from starts[g] to starts[g + 1] flip xs[g] and have the factors re[k] + i im[k]. A plane
    that psi does not have is added to `out` where H takes psi into it.
    """
    _image(out, psi, starts, xs, zs, re, im, share)
    size, parts = psi.shape[1], sums.shape[1]
    stretch = size // parts
    first, last = own(parts, 1, share)
    meet(share)
    for part in range(first, last):
        low = part * stretch
        high = low + stretch
        for plane in range(psi.shape[0]):
            sums[0, part] += _product(psi[plane, low:high], out[plane, low:high])
    meet(share)
    energy = 0.0
    for part in range(parts):
        energy += sums[0, part]
    for part in range(first, last):
        low = part * stretch
        high = low + stretch
        for plane in range(out.shape[0]):
            of = psi[plane if plane < psi.shape[0] else 0, low:high]
            by = energy if plane < psi.shape[0] else 0.0
            # ||H psi - E psi||^2 loses less to rounding than <H^2> - E^2.
            sums[1, part] += _distance(out[plane, low:high], of, by)


@allocating
def _image(out: Any, psi: Any, starts: Any, xs: Any, zs: Any, re: Any, im: Any, share: Any) -> None:
    size = psi.shape[1]
    block = min(size, _BLOCK)
    line = zeros(block)
    low, high = own(size, block, share)
    for base in range(low, high, block):
        for plane in range(out.shape[0]):
            for j in range(base, base + block):
                out[plane, j] = 0.0
        for g in range(xs.shape[0]):
            first, last = starts[g], starts[g + 1]
            x = xs[g]
            inside = x & (block - 1)
            source = base ^ (x - inside)
            to, of = out[:, base : base + block], psi[:, source : source + block]
            if _signs(line, source, zs[first:last], re[first:last]):
                for plane in range(psi.shape[0]):
                    _add(to[plane], of[plane], line, inside, 1.0)
            if _signs(line, source, zs[first:last], im[first:last]):
                if psi.shape[0] == 2:
                    _add(to[0], of[1], line, inside, -1.0)
                if out.shape[0] == 2:
                    _add(to[1], of[0], line, inside, 1.0)


@inlined
def _signs(line: Any, start: int, zs: Any, factors: Any) -> bool:
    """line[j] = sum_k factors[k] (-1)^|(start + j) & zs[k]|; whether there is any factor."""
    size = line.shape[0]
    number = 0
    the_one = 0
    for k in range(zs.shape[0]):
        if factors[k] != 0.0:
            number += 1
            the_one = k
    if number == 0:
        return False
    if number == 1:
        line[0] = -factors[the_one] if odd(start & zs[the_one]) else factors[the_one]
        done = 1
        while done < size:
            sign = -1.0 if zs[the_one] & done else 1.0
            for j in range(done):
                line[done + j] = sign * line[j]
            done *= 2
        return True
    for j in range(size):
        line[j] = 0.0
    for k in range(zs.shape[0]):
        line[zs[k] & (size - 1)] += -factors[k] if odd(start & zs[k]) else factors[k]
    walsh(line)
    return True


@inlined
def _add(out: Any, psi: Any, line: Any, x: int, sign: float) -> None:
    """out[j] += sign line[j ^ x] psi[j ^ x]."""
    size = out.shape[0]
    if size < WIDTH or x & (WIDTH - 1):
        for j in range(size):
            k = j ^ x
            out[j] += sign * line[k] * psi[k]
        return
    f = splat(sign)
    for j in range(0, size, WIDTH):
        k = j ^ x
        store(out, j, plus(load(out, j), times(times(f, load(line, k)), load(psi, k))))


@inlined
def _product(a: Any, b: Any) -> Any:
    """sum a b."""
    if a.shape[0] < WIDTH:
        found = 0.0
        for j in range(a.shape[0]):
            found += a[j] * b[j]
        return found
    total = splat(0.0)
    for j in range(0, a.shape[0], WIDTH):
        total = plus(total, times(load(a, j), load(b, j)))
    return summed(total)


@inlined
def _distance(a: Any, b: Any, by: float) -> Any:
    """sum (a - by b)^2."""
    if a.shape[0] < WIDTH:
        found = 0.0
        for j in range(a.shape[0]):
            left = a[j] - by * b[j]
            found += left * left
        return found
    total, f = splat(0.0), splat(by)
    for j in range(0, a.shape[0], WIDTH):
        lefts = minus(load(a, j), times(f, load(b, j)))
        total = plus(total, times(lefts, lefts))
    return summed(total)
