"""Which form of the exact metric makes a step cheapest: dense, low-rank or by products.

For n qubits, N = 2^n amplitudes, T operations and P parameters, in units of one operation on one
amplitude (0.1 to 0.2 ns on two cores of 2025):

    dense      N T P/4 + N P^2/10 + P^3          derivative states, Gram matrix, eigenvectors
    low-rank   3 N T P/2 + (2N)^2 P/10 + 8 N^3   the states at the end, then the same in 2N rows
    implicit   200 N T                           40 products of five sweeps

40 is more than most solves take at damping 1e-3 and tolerance 1e-2; smaller ones need more.
"""

from __future__ import annotations

from typing import Final

from qng.circuit.circuit import Circuit

SMALL: Final = 1e9
"""Work that is not worth saving, a fifth of a second: dense comes first, then low-rank."""

MEMORY: Final = 8 * 2**30
"""Bytes of derivative states and matrices above which only products are left."""

_PRODUCTS: Final = 40


def cheapest(circuit: Circuit) -> str:
    """The name of the metric estimator whose step costs least: "exact", "low-rank", "implicit".

    Products solve to a tolerance only: they are taken where they cost less than half of the
    others, and those more than `SMALL`.

    Args:
        circuit: The circuit, of which sizes are looked at and nothing else.
    """
    size, n_ops, p = 2**circuit.n_qubits, len(circuit.ops), circuit.n_parameters
    push = size * n_ops * p
    work = {"exact": push / 4 + size * p**2 / 10 + p**3}
    held = {"exact": 16 * size * p + 24 * p**2}
    if 2 * size < p:
        work["low-rank"] = 1.5 * push + (2 * size) ** 2 * p / 10 + (2 * size) ** 3
        held["low-rank"] = 32 * size * p
    fitting = [name for name in work if held[name] <= MEMORY]
    if not fitting:
        return "implicit"
    for name in fitting:
        if work[name] <= SMALL:
            return name
    best = min(fitting, key=work.__getitem__)
    products = _PRODUCTS * 5 * size * n_ops
    return "implicit" if 2 * products < work[best] else best
