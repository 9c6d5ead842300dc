"""The metric of some parameters, drawn at random: g_ij for i and j in the set, zero elsewhere.

With B the columns of the identity for the set, this is B (B^T g B) B^T: biased by nature, and not
scaled, so that it is g itself on the set. A step solved with it should move only the parameters
of the set, as a pseudo-inverse does; (M + lambda)^-1 has 1/lambda in all other directions.

Stochastic-coordinate quantum natural gradient: Kolotouros and Wallden, arXiv:2311.04135.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.structure import structure
from qng.errors import InputError
from qng.estimate.parts.shares import shares
from qng.estimate.parts.stencil import Stencil
from qng.geometry import Blocks, Metric
from qng.geometry.noise import Noise, Pulled, Sum, entry_errors
from qng.plan.plan import Plan
from qng.plan.request import Overlap, Request, Result, Tangent
from qng.seeds import Key, generator


def exact(
    circuit: Circuit, theta: ArrayLike, size: int | None = None, seed: Key = 0
) -> Plan[Metric]:
    """The metric of some parameters, drawn at random, and zero elsewhere.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        size: How many parameters, half of them (rounded up) by default.
        seed: Of the set.

    Returns:
        A plan for a matrix of shape (P, P) that is zero outside of one block.

    Raises:
        InputError: A size that is not between 1 and P.

    Cost: one sweep of `size` derivative states.

    Reference: Kolotouros and Wallden, arXiv:2311.04135.
    """
    chosen = drawn(circuit.n_parameters, size, seed)
    jacobian = circuit.jacobian(theta)[:, list(chosen)]
    request = Request(circuit, circuit.angles(theta)[None], Tangent(jacobian, gram=True))

    def reduce(results: Sequence[Result]) -> Blocks:
        products, b = results[0].gram()
        return _block(chosen, products - np.outer(b, b), circuit.n_parameters)

    return Plan((request,), reduce)


def overlaps(
    circuit: Circuit, theta: ArrayLike, size: int | None = None, seed: Key = 0
) -> Plan[Metric]:
    """The metric of random parameters, from overlaps at shifted angles; arguments as `exact`.

    Returns:
        A plan for a matrix of shape (P, P) that is zero outside of one block, with its standard
        errors; unbiased inside the block, so that it may have negative eigenvalues.

    Cost: at most 2 K^2 - K overlaps for the K rotations that the parameters of the set move.

    Reference: Mari, Bromley, Killoran, arXiv:2008.06517.
    """
    chosen = drawn(circuit.n_parameters, size, seed)
    jacobian = circuit.jacobian(theta)[:, list(chosen)]
    phi, fixed = circuit.angles(theta), structure(circuit)
    missing = np.isnan(fixed.metric)
    known: Array = jacobian.T @ np.where(missing, 0.0, fixed.metric) @ jacobian
    # g = -D/2 for D the second derivatives of the overlap, which is 1 where nothing is shifted,
    # or measured there, once for every diagonal entry.
    stencil = Stencil.of(jacobian, missing)
    shifts, norms, single = stencil.shifts, stencil.norms, len(stencil.single)
    if len(norms) == 0:
        return Plan((), lambda _: _block(chosen, known, circuit.n_parameters))
    kept = None
    if not fixed.returns:
        kept = np.concatenate([shifts, shifts[:single]]) != 0
        shifts = np.concatenate([shifts, np.zeros_like(shifts[:single])])
        norms = np.concatenate([norms, norms[:single]])
    shifted = len(stencil.norms)

    def reduce(results: Sequence[Result]) -> Blocks:
        values, errors = results[0].value, results[0].std_error
        centre = 1.0 if fixed.returns else values[shifted:]
        matrix = known - stencil.matrix(values[:shifted], centre) / 2
        if errors is None:
            return _block(chosen, matrix, circuit.n_parameters)
        variances = errors[:shifted] ** 2
        if not fixed.returns:
            variances[:single] += errors[shifted:] ** 2
        noise = Sum.of([stencil.noise(variances, 0.0)], [1 / 4])
        return _block(chosen, matrix, circuit.n_parameters, noise)

    here = np.tile(phi, (len(norms), 1))
    measure = Overlap(here, kept)
    return Plan((Request(circuit, here + shifts, measure, shares(norms)),), reduce)


def drawn(parameters: int, size: int | None, seed: Key) -> tuple[int, ...]:
    """The set: `size` of 0, ..., P - 1, every set as likely as any other; ascending.

    Raises:
        InputError: A size that is not between 1 and P.
    """
    count = (parameters + 1) // 2 if size is None else size
    if not isinstance(count, (int, np.integer)) or not min(1, parameters) <= count <= parameters:
        raise InputError(f"size must be a whole number from 1 to {parameters}, not {size!r}")
    found = generator(seed).choice(parameters, count, replace=False)
    return tuple(sorted(found.tolist()))


def _block(
    chosen: tuple[int, ...], matrix: Array, parameters: int, noise: Noise | None = None
) -> Blocks:
    """A matrix on the parameters of the set, zero elsewhere, with its errors."""
    if not chosen:
        return Blocks((), (), parameters)
    if noise is None:
        return Blocks((chosen,), (matrix,), parameters)
    whole = np.zeros((parameters, parameters))
    whole[np.ix_(chosen, chosen)] = entry_errors(noise, len(chosen))
    pulled = Pulled(noise, np.eye(parameters)[list(chosen)])
    return Blocks((chosen,), (matrix,), parameters, whole, pulled)
