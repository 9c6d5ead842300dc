"""Bits of the index of an amplitude."""

from __future__ import annotations

from qng.execute.statevector.kernels.compiling.jit import inlined


@inlined
def odd(v: int) -> int:
    """Parity of the number of set bits."""
    v ^= v >> 32
    v ^= v >> 16
    v ^= v >> 8
    v ^= v >> 4
    return (0x6996 >> (v & 15)) & 1


@inlined
def position(z: int) -> int:
    """Of the only bit that is set."""
    q = 0
    while z > 1:
        z >>= 1
        q += 1
    return q


@inlined
def highest(x: int) -> int:
    """The highest set bit."""
    bit = 1
    while x > 1:
        x >>= 1
        bit <<= 1
    return bit
