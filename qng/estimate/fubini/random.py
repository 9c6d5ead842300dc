r"""Metrics from overlaps |<psi(theta)|psi(theta + x)>|^2 in random directions of the parameters.

With F(x) = 1 - x^T g x + O(x^3) a few overlaps give a matrix whose mean over the directions is the
metric, however many parameters there are; a single draw has rank one or two, or is far off. With
noise F(0) is measured as well, and all overlaps turn all rotations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array, distinct
from qng.circuit.circuit import Circuit
from qng.circuit.structure import structure
from qng.estimate.parts.shares import weights
from qng.geometry import Dense, Metric
from qng.geometry.noise import Largest, Terms, entry_errors
from qng.plan.plan import Plan
from qng.plan.request import Overlap, Request, Result
from qng.seeds import Key, generator

ENOUGH = 8
"""Draws from which on their scatter is taken for the standard error."""

_ROUNDING = 1e-9


def spsa(
    circuit: Circuit, theta: ArrayLike, step: float = 0.01, draws: int = 1, *, seed: Key = 0
) -> Plan[Metric]:
    r"""Second differences along pairs of random signs h, h'; biased by order step^2.

        -dF (h h'^T + h' h^T) / (8 step^2),   dF = F(h + h') - F(h) - F(h' - h) + F(-h)

    with x = step times the argument. Its mean over h and h' is g + O(step^2).

    With N shots an overlap, the noise of an entry is about 1/(step sqrt(N)) while
    N step^2 h^T g h is well above 1, and 1/(N step^2) below, where no shot may tell an overlap
    from 1: from shots a step of 0.1 or more is better than the published one.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        step: Radians; the default is the published one.
        draws: Numbers of pairs (h, h'), averaged.
        seed: Of the directions.

    Returns:
        A plan for an estimate of g, shape (P, P). Its standard errors are those of the shots
        given the directions: the scatter of single draws, of order P |g|, is not in them, so that
        draws must be averaged over the steps of a run.

    Raises:
        InputError: A step that is not positive, or no draws.

    Cost: four overlaps a draw; with noise one more for F(0) where two directions agree.

    Reference: Gacon, Zoufal, Carleo, Woerner, arXiv:2103.09232.
    """
    checks.positive("step", step)
    checks.whole("draws", draws, 1)
    point = circuit.check_point(theta)
    signs = generator(seed).choice(np.array([-1.0, 1.0]), size=(draws, 2, len(point)))
    first, second = signs[:, 0], signs[:, 1]
    shifts = np.stack([first + second, first, second - first, -first], axis=1)
    outer = first[:, :, None] * second[:, None]
    tensors = -(outer + outer.transpose(0, 2, 1)) / (8 * step**2 * draws)
    slopes = tensors[:, None] * np.array([1.0, -1.0, -1.0, 1.0])[:, None, None]
    return _overlaps(circuit, point, step * shifts, slopes, None)


def stein(
    circuit: Circuit, theta: ArrayLike, sigma: float = 0.1, draws: int = 8, *, seed: Key = 0
) -> Plan[Metric]:
    r"""Stein's identity for normal directions u; biased by order sigma^2.

        c + (u u^T - 1) (q - c u^T u) / 2,   q = [1 - F(sigma u)/2 - F(-sigma u)/2] / sigma^2

    At c = 0 its mean over u is minus half of the Hessian of F, averaged over a normal cloud of
    width sigma around theta. The opposite direction removes the third derivatives. The baseline
    q = c u^T u, with c fitted to the other draws, changes no mean and takes the noise that the
    trace of g would make.

    Args:
        circuit: The circuit.
        theta: Shape (P,), radians.
        sigma: Radians.
        draws: Number of directions, averaged.
        seed: Of the directions.

    Returns:
        A plan for an estimate of g, shape (P, P). From eight draws on its standard errors are
        those of the average over draws, directions and shots together, from their scatter, and
        given without shots as well. Their squares are right on average; as draws have heavy
        tails, an interval of 1.96 errors may hold the metric in only 60 to 80 % of all cases when
        there are few draws. Below eight draws they are those of the shots given the directions.

    Raises:
        InputError: A sigma that is not positive, or no draws.

    Cost: two overlaps a draw; with noise one more for F(0).

    Reference: Halla, arXiv:2502.17231.
    """
    checks.positive("sigma", sigma)
    checks.whole("draws", draws, 1)
    point = circuit.check_point(theta)
    u = generator(seed).normal(size=(draws, len(point)))
    # The estimate of a draw is q of_q + c of_c.
    of_q = (u[:, :, None] * u[:, None] - np.eye(len(point))) / 2
    squares = np.sum(u**2, axis=1)
    of_c = np.eye(len(point)) - of_q * squares[:, None, None]
    # c of a draw is the sum of q over the others, times this.
    share = np.zeros(draws)
    if draws > 1 and len(point):
        share = 1 / (squares.sum() - squares)

    def estimates(overlaps: Array, here: float) -> Array:
        q = (here - overlaps.mean(axis=1)) / sigma**2
        c = share * (q.sum() - q)
        found: Array = q[:, None, None] * of_q + c[:, None, None] * of_c
        return found

    # d(average) / dF: q of a draw is in its own estimate and, by c, in those of all others.
    fitted = share[:, None, None] * of_c
    slopes = -(of_q + fitted.sum(axis=0) - fitted) / (2 * sigma**2 * draws)
    return _overlaps(
        circuit,
        point,
        sigma * np.stack([u, -u], axis=1),
        np.stack([slopes, slopes], axis=1),
        estimates if draws >= ENOUGH else None,
    )


def _overlaps(
    circuit: Circuit,
    theta: Array,
    shifts: Array,
    slopes: Array,
    estimates: Callable[[Array, float], Array] | None,
) -> Plan[Metric]:
    """sum_k T_k (F(x_k) - F(0)).

    Args:
        circuit: The circuit.
        theta: Shape (P,).
        shifts: x_k, shape (draws, overlaps, P).
        slopes: T_k, shape (draws, overlaps, P, P).
        estimates: The estimates of single draws, shape (draws, P, P), from F, shape
            (draws, overlaps), and F(0), where their scatter gives the standard errors.
    """
    draws, each, size = shifts.shape
    phi, count = circuit.angles(theta), draws * each
    angles = circuit.angles((theta + shifts).reshape(count, size))
    # Equal overlaps of different draws are one measurement, and the first of these is F(0), which
    # is 1 without noise.
    points, which = distinct(np.concatenate([phi[None], angles]))
    summed = np.zeros((len(points), size, size))
    np.add.at(summed, which[1:], slopes.reshape(count, size, size))
    summed[0] -= summed.sum(axis=0)
    known, size_of = structure(circuit).returns, np.abs(summed).max(axis=(1, 2), initial=0.0)
    used = np.arange(len(points)) > 0
    used[0] = not known and size_of[0] > _ROUNDING * size_of.max()
    # Their draws do not depend on which direction came first.
    measured = np.array(sorted(np.flatnonzero(used), key=lambda k: points[k].tolist()), dtype=int)
    if len(measured) == 0:
        return Plan((), lambda _: Dense(np.zeros((size, size))))
    norms = np.sqrt(np.sum(summed[measured] ** 2, axis=(1, 2)))
    turned = np.any(circuit.jacobian(theta) != 0, axis=1) | np.any(points != phi, axis=0)
    kept = None if known else np.tile(turned, (len(measured), 1))
    measure = Overlap(np.tile(phi, (len(measured), 1)), kept)
    request = Request(circuit, points[measured], measure, weights(norms))

    def reduce(results: Sequence[Result]) -> Dense:
        overlaps, errors = np.ones(len(points)), results[0].std_error
        overlaps[measured] = results[0].value
        sources = [] if errors is None else [Terms(summed[measured], errors)]
        if estimates is not None:
            single = estimates(overlaps[which[1:]].reshape(draws, each), float(overlaps[0]))
            deviations = single - single.mean(axis=0)
            weight = 1 / np.sqrt(len(single) * (len(single) - 1))
            sources.append(Terms(deviations, np.full(len(single), weight)))
        matrix = np.tensordot(overlaps - overlaps[0], summed, 1)
        if not sources:
            return Dense(matrix)
        # Scatter is not zero either where no shot has told an overlap from 1.
        noise = Largest(tuple(sources))
        return Dense(matrix, entry_errors(noise, size), noise=noise)

    return Plan((request,), reduce)
