"""Small circuits at many points: one call a stretch of points, a plain sweep a point."""

from __future__ import annotations

from typing import Any

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
def derivatives(
    phi: Any,
    psi: Any,
    rows: Any,
    active: Any,
    ops: Any,
    weights: Any,
    entries: Any,
    words: Any,
    products: Any,
    means: Any,
    moments: Any,
    slopes: Any,
) -> None:
    """What is asked of the derivative states at phi[k], whatever has room; those stay in `rows`.

    products[k] = Re <d_i psi|d_j psi> and means[k, j] = Im <psi|d_j psi>; moments[k] = <H> and
    <H^2> - <H>^2, and slopes[k, i] = 2 Re <d_i psi|H psi>. The last one of `psi` is scratch.
    """
    for k in range(phi.shape[0]):
        _pushed(psi[0], rows, active, phi[k], weights[k], ops, entries)
        if k < products.shape[0]:
            _gram(psi[0], rows, products[k], means[k])
        if k < moments.shape[0]:
            _gradient(psi[0], psi[psi.shape[0] - 1], rows, words, moments[k], slopes[k])


@inlined
def _gram(psi: Any, rows: Any, products: Any, means: Any) -> None:
    for i in range(rows.shape[0]):
        mean = 0.0
        for m in range(psi.shape[0]):
            mean += psi[m].real * rows[i, m].imag - psi[m].imag * rows[i, m].real
        means[i] = mean
        for j in range(i + 1):
            total = 0.0
            for m in range(psi.shape[0]):
                total += rows[i, m].real * rows[j, m].real + rows[i, m].imag * rows[j, m].imag
            products[i, j] = total
            products[j, i] = total


@inlined
def _gradient(psi: Any, image: Any, rows: Any, words: Any, moments: Any, slopes: Any) -> None:
    xs, zs, coefficients = words
    for m in range(psi.shape[0]):
        image[m] = 0.0
    add_sum(image, psi, xs, zs, coefficients)
    energy = 0.0
    for m in range(psi.shape[0]):
        energy += psi[m].real * image[m].real + psi[m].imag * image[m].imag
    spread = 0.0
    for m in range(psi.shape[0]):
        # ||H psi - E psi||^2 loses less to rounding than <H^2> - E^2.
        left = image[m] - energy * psi[m]
        spread += left.real * left.real + left.imag * left.imag
    moments[0], moments[1] = energy, spread
    for i in range(rows.shape[0]):
        total = 0.0
        for m in range(psi.shape[0]):
            total += rows[i, m].real * image[m].real + rows[i, m].imag * image[m].imag
        slopes[i] = 2.0 * total
