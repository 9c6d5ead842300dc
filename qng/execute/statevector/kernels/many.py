"""Small circuits at many points: one call a stretch of points, a plain sweep a point."""

from __future__ import annotations

from typing import Any

import numpy as np

from qng.execute.statevector.kernels.compiling.jit import inlined, kernel
from qng.execute.statevector.kernels.plain import add_sum, begin, push_forward


@inlined
def _pushed(
    psi: Any, rows: Any, active: Any, phi: Any, weights: Any, ops: Any, entries: Any
) -> None:
    """The state at a point and its derivatives along the columns of A."""
    kinds, a, b, slots, pool, offsets, scratch = ops
    starts, columns = entries
    begin(psi)
    for i in range(rows.shape[0]):
        active[i] = False
        for j in range(psi.shape[0]):
            rows[i, j] = 0.0
    push_forward(
        psi, rows, kinds, a, b, slots, phi, pool, offsets, scratch, starts, columns, weights, active
    )


@kernel
def grams(
    phi: Any,
    weights: Any,
    psi: Any,
    rows: Any,
    active: Any,
    ops: Any,
    entries: Any,
    products: Any,
    means: Any,
) -> None:
    """products[k] = Re <d_i psi|d_j psi> and means[k, j] = Im <psi|d_j psi> at phi[k]."""
    for k in range(phi.shape[0]):
        _pushed(psi, rows, active, phi[k], weights[k], ops, entries)
        for i in range(rows.shape[0]):
            mean = 0.0
            for m in range(psi.shape[0]):
                mean += psi[m].real * rows[i, m].imag - psi[m].imag * rows[i, m].real
            means[k, i] = mean
            for j in range(i + 1):
                total = 0.0
                for m in range(psi.shape[0]):
                    total += rows[i, m].real * rows[j, m].real + rows[i, m].imag * rows[j, m].imag
                products[k, i, j] = total
                products[k, j, i] = total


@kernel
def gradients(
    phi: Any,
    weights: Any,
    psi: Any,
    rows: Any,
    active: Any,
    ops: Any,
    entries: Any,
    words: Any,
    energies: Any,
    variances: Any,
    slopes: Any,
) -> None:
    """<H>, <H^2> - <H>^2 and slopes[k, i] = 2 Re <d_i psi|H psi> at phi[k]."""
    image = np.zeros_like(psi)
    xs, zs, coefficients = words
    for k in range(phi.shape[0]):
        _pushed(psi, rows, active, phi[k], weights[k], ops, entries)
        for m in range(psi.shape[0]):
            image[m] = 0.0
        add_sum(image, psi, xs, zs, coefficients)
        energy = 0.0
        for m in range(psi.shape[0]):
            energy += psi[m].real * image[m].real + psi[m].imag * image[m].imag
        energies[k] = energy
        spread = 0.0
        for m in range(psi.shape[0]):
            # ||H psi - E psi||^2 loses less to rounding than <H^2> - E^2.
            spread += abs(image[m] - energy * psi[m]) ** 2
        variances[k] = spread
        for i in range(rows.shape[0]):
            total = 0.0
            for m in range(psi.shape[0]):
                total += rows[i, m].real * image[m].real + rows[i, m].imag * image[m].imag
            slopes[k, i] = 2.0 * total
