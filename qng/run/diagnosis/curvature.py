r"""The Hessian at a point: its signs, what is left to gain there, and where a saddle leads down.

With eigenvalues h_k and eigenvectors v_k, the quadratic model falls along v_k by G_k^2 / 2 |h_k|,
G_k = v_k . grad, at the distance |G_k / h_k|. What is left to gain near the point is

    left = sum_k min(G_k^2 / 2 |h_k|, pi |G_k|),

no more than what the slope gives half a turn away. It does not depend on the coordinates. From
shots |h_k| is raised by the size of the error of H, and what the noise of the gradient adds,
Cov(grad)_kk / 2 |h_k|, is taken off.

Whether negative curvature leads anywhere is seen, not concluded: the energy is asked for along the
eigenvector of the lowest h, and, where all of H is known exactly, along sums of all v_k with
h_k < 0, of random signs: at a maximum one direction alone leads to the next saddle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Dense, Metric
from qng.geometry.metric import noise_of
from qng.plan.quantities import By, GradientEstimate
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.reading import Reading, best, root

# Curvatures below this fraction of the largest one are rounding.
_ROUNDING: Final = 1e-9

# Largest change of a parameter along the direction of lowest curvature, radians.
_ALONG: Final = (0.1, 0.2, 0.4, 0.8, 1.2, 1.6, 2.2, 2.8)

# Half the distance of the gradients whose difference is a product H v, radians.
_APART: Final = 1e-4

# Parameters up to which all of the Hessian is had of differences, and where that is the least.
_DIFFERENCES: Final = 64
_FEW: Final = 3

# Sums of eigenvectors of negative curvature that are tried.
_SUMS: Final = 4

# Products of random signs, twice, of which the diagonal of a large Hessian is made.
_SIGNS: Final = 4

# Numbers that a Hessian may take: amplitudes times rotations squared.
_MOST: Final = 2**28


@dataclass(frozen=True, eq=False)
class Curvature:
    """The Hessian at a point.

    Args:
        values: Its eigenvalues, descending, shape (P,); of a large problem the largest and the
            lowest one only. NaN where it is not known.
        lowest: The eigenvector of the lowest one, shape (P,).
        vectors: All eigenvectors, in columns, shape (P, P), or none of them, (0, 0).
        largest: The largest |eigenvalue|; None where it is not known.
        left: What is left to gain; None where only the ends are known.
        diagonal: The mean square of the diagonal of H; None likewise.
    """

    values: Array
    lowest: Array
    left: Reading | None
    diagonal: Reading | None
    vectors: Array = field(default_factory=lambda: np.zeros((0, 0)))
    largest: Reading | None = None


def curvature_of(hessian: Metric, gradient: GradientEstimate) -> Curvature:
    """What a Hessian says, exact or with errors.

    Args:
        hessian: Symmetric, maybe indefinite.
        gradient: At the same point, with errors that are independent of the Hessian's.
    """
    h, v = np.linalg.eigh(hessian.dense())
    h, v = h[::-1].copy(), v[:, ::-1]
    noise, g = noise_of(hessian), v.T @ gradient.value
    diagonal, error = hessian.diagonal(), np.zeros(len(h))
    if noise is None:
        size = np.abs(h)
        known = size > _ROUNDING * size.max(initial=0.0)
        quadratic = np.where(known, g**2 / (2 * np.where(known, size, 1.0)), np.inf)
        left = Reading(float(np.sum(np.minimum(quadratic, np.pi * np.abs(g)))))
    else:
        unit = np.eye(len(h))
        error = noise.variances(unit, unit)
        # The size of a random matrix with these variances.
        rows = np.sum(hessian.std_error**2, axis=1) if hessian.std_error is not None else error
        size = np.maximum(np.abs(h), 2 * float(np.sqrt(rows.max(initial=0.0))))
        gains = np.where(size > 0, 0.5 / np.where(size > 0, size, 1.0), 0.0)
        c = np.zeros((len(h), len(h))) if gradient.covariance is None else gradient.covariance
        c = v.T @ c @ v
        both = gains[:, None] * c * gains[None, :]
        twice = float(np.sum(both * c))
        variance = max(4 * float(g @ both @ g) - 2 * twice, 2 * twice)
        left = Reading(float(gains @ (g**2 - np.diag(c))), float(np.sqrt(variance)))
    squares = diagonal**2 - error
    spread = np.sqrt(np.sum(4 * np.maximum(squares, 0) * error + 2 * error**2)) / max(len(h), 1)
    mean = Reading(float(squares.mean()) if len(h) else 0.0, float(spread))
    if not len(h):
        return Curvature(h, h, left, mean)
    k = int(np.abs(h).argmax())
    spread = 0.0 if noise is None else float(noise.variances(v[:, k : k + 1], v[:, k : k + 1])[0])
    largest = Reading(abs(float(h[k])), root(spread))
    return Curvature(h, v[:, -1], left, mean, v, largest)


def exact_curvature(asker: Asker, theta: Array, gradient: GradientEstimate) -> Curvature:
    """The exact Hessian at a point, or on large problems its ends by Lanczos.

    Args:
        asker: Without shots.
        theta: Shape (P,).
        gradient: There.

    Cost: 2R + 1 gradients of R rotations; by differences 2P; by Lanczos two a product.
    """
    if _hessian_work(asker) <= _MOST:
        try:
            return curvature_of(asker.ask(asker.objective.metric(theta, By("hessian"))), gradient)
        except InputError:
            pass  # without a Hessian: its gradients have one
        if len(theta) <= _DIFFERENCES:
            return curvature_of(Dense(_by_differences(asker, theta)), gradient)
    elif len(theta) <= _FEW:
        return curvature_of(Dense(_by_differences(asker, theta)), gradient)
    return _by_products(asker, theta)


def gradient_work(asker: Asker) -> int:
    """Changes of amplitudes that an exact gradient takes; 0 of a model."""
    ensemble = getattr(asker.objective, "ensemble", ())
    return sum(4 * len(c.ops) << c.n_qubits for c, _ in ensemble)


def _hessian_work(asker: Asker) -> int:
    """The same of an exact Hessian."""
    ensemble = getattr(asker.objective, "ensemble", ())
    return sum((2 * c.n_rotations + 1) * (4 * len(c.ops) << c.n_qubits) for c, _ in ensemble)


def _by_differences(asker: Asker, theta: Array) -> Array:
    """H_ij = [d_i E(theta + a e_j) - d_i E(theta - a e_j)] / 2a, made symmetric."""
    rows = np.zeros((len(theta), len(theta)))
    for j, unit in enumerate(_APART * np.eye(len(theta))):
        ends = [asker.gradient(theta + unit).value, asker.gradient(theta - unit).value]
        rows[j] = (ends[0] - ends[1]) / (2 * _APART)
    return (rows + rows.T) / 2


def _by_products(asker: Asker, theta: Array) -> Curvature:
    """By H v = [grad E(theta + a v) - grad E(theta - a v)] / 2a."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    size = len(theta)

    def product(v: Array) -> Array:
        step = _APART * np.ravel(v) / max(float(np.linalg.norm(v)), 1e-300)
        ends = [asker.gradient(theta + step).value, asker.gradient(theta - step).value]
        return np.asarray((ends[0] - ends[1]) * float(np.linalg.norm(v)) / (2 * _APART))

    operator: Any = LinearOperator((size, size), matvec=product, dtype=float)
    rng = np.random.default_rng(asker.seed)
    h, v = eigsh(operator, k=2, which="BE", v0=rng.normal(size=size), tol=1e-3)
    # The mean of z o H z over random signs z is the diagonal; two of them err independently.
    first, other = (
        np.mean([z * product(z) for z in rng.choice([-1.0, 1.0], (_SIGNS, size))], axis=0)
        for _ in range(2)
    )
    diagonal = Reading(float(np.mean(first * other)))
    largest = Reading(float(np.abs(h).max()))
    lowest = v[:, int(np.argmin(h))]
    return Curvature(np.sort(h)[::-1].copy(), lowest, None, diagonal, largest=largest)


@dataclass(frozen=True)
class Drop:
    """How far the energy falls along a direction of negative curvature.

    Args:
        depth: E(theta) - E(theta + t v) at the best t.
        change: t v, shape (P,).
    """

    depth: Reading
    change: Array


def down_of(curvature: Curvature, seed: int) -> Array:
    """Directions of negative curvature, in rows: the lowest one, and sums of all, shape (D, P)."""
    rows = [curvature.lowest]
    floor = _ROUNDING * float(np.abs(curvature.values).max(initial=0.0))
    if curvature.vectors.size and int(np.sum(falls := curvature.values < -floor)) > 1:
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], (_SUMS, int(falls.sum())))
        rows += list(signs @ curvature.vectors[:, falls].T)
    return np.array(rows)


def drop_along(asker: Asker, theta: Array, directions: Array, share: float = 1.0) -> Drop:
    """The lowest energy along directions, both ways.

    Args:
        asker: What is asked.
        theta: Shape (P,).
        directions: Shape (D, P), of any lengths.
        share: Of the shots.
    """
    units = [v / max(float(np.abs(v).max(initial=0.0)), 1e-300) for v in directions]
    changes = np.array([t * s * unit for unit in units for t in _ALONG for s in (1.0, -1.0)])
    here, *there = asker.energies(np.concatenate([theta[None], theta + changes]), share)
    depths = [here.minus(energy) for energy in there]
    k = best(depths)
    return Drop(depths[k].of_several(len(depths)), changes[k])
