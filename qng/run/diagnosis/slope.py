r"""grad . g^-1 . grad: how steep the energy is along the states, and what noise adds to it.

Its root is the largest slope of the energy by the length of the path of states, and by Cauchy and
Schwarz it is at most 4 (<H^2> - <H>^2), with equality where the derivative states span the way that
imaginary time goes. Exactly it is had on the range of g. From shots g is damped. With the measured
gradient s, of covariance C, and the measured metric g + delta, its eigenvalues w_k and its
eigenvectors v_k,

    gamma_k = 1 / (w_k + lambda),    Gamma = sum_k gamma_k v_k v_k^T,    d = Gamma s,

with an exact metric the mean of s^T Gamma s is larger than grad^T (g + lambda)^-1 grad by
tr(Gamma C), which is taken off; the variance of what is left is

    4 grad^T Gamma C Gamma grad + 2 tr(Gamma C Gamma C),

of which the first is larger by 4 tr(Gamma C Gamma C) where s stands for grad. With a measured
metric Gamma is biased, too, and not by a series in delta: eigenvalues below zero are cut off there.
Bias and error are then those of a parametric bootstrap: of s + xi and g + delta, with xi of
covariance C and independent entries of delta in the eigenvectors of g, of Var(v_j^T delta v_k).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.geometry import Metric
from qng.geometry.eigen import above_rounding
from qng.geometry.metric import noise_of
from qng.geometry.noise import Noise
from qng.plan.quantities import GradientEstimate
from qng.run.diagnosis.reading import Reading, root

# lambda over the size of the error of the metric, as a matrix.
_DAMPING: Final = 2.0

# Pairs of draws of the bootstrap, at least and at most, and the work of their eigenvalues.
_DRAWS: Final = (16, 100)
_WORK: Final = 2**22


@dataclass(frozen=True, eq=False)
class Slope:
    """grad . (g + lambda)^-1 . grad, and what it is made of.

    Args:
        squared: In the square of the unit of the energy; without the part of the noise.
        damping: lambda; 0: on the range of g.
        noise: tr(Gamma C), what the errors of the gradient add to it; 0 where exact.
        direction: (g + lambda)^-1 grad, shape (P,).
        values: Eigenvalues of the metric, descending, shape (P,).
        value_errors: Their standard errors; zeros where exact.
    """

    squared: Reading
    damping: float
    noise: float
    direction: Array
    values: Array
    value_errors: Array


def slope_of(gradient: GradientEstimate, metric: Metric, damping: float | None = None) -> Slope:
    """The slope of the energy by its gradient and a metric.

    Args:
        gradient: Of P parameters.
        metric: g, with its errors where it is from shots, independent of those of the gradient.
        damping: lambda; by default 0 of an exact metric, else twice the size of its error.
    """
    eigen = metric.eigen()
    order = np.argsort(eigen.values)[::-1]
    w, v = np.asarray(eigen.values)[order].copy(), np.asarray(eigen.vectors)[:, order]
    noise = noise_of(metric)
    spread = np.zeros((len(w), len(w))) if noise is None else _spread(noise, v)
    if damping is None:
        damping = _DAMPING * float(np.sqrt(spread.sum(axis=1).max(initial=0.0)))
    if damping:
        gains = 1 / (np.maximum(w, 0.0) + damping)
    else:
        kept = above_rounding(w) & (w > 0)
        gains = np.where(kept, 1 / np.where(kept, w, 1.0), 0.0)
    g = v.T @ gradient.value
    direction = v @ (gains * g)
    squared, added = float(gains @ g**2), 0.0
    c = np.zeros((len(w), len(w)))
    if gradient.covariance is not None:
        c = v.T @ gradient.covariance @ v
        added = float(gains @ np.diag(c))
    if noise is not None and damping > 0:
        bias, error = _bootstrapped(w, spread, g, c, damping)
    else:
        bias, twice = added, float(np.sum(gains[:, None] * c * gains[None, :] * c))
        form = float((gains * g) @ c @ (gains * g))
        error = root(max(4 * form - 2 * twice, 2 * twice))
    return Slope(
        squared=Reading(squared - bias, error),
        damping=damping,
        noise=added,
        direction=direction,
        values=w,
        value_errors=np.sqrt(np.diag(spread)),
    )


def _spread(noise: Noise, v: Array) -> Array:
    """Var(v_j^T delta v_k), shape (P, P)."""
    size = len(v)
    first, other = np.triu_indices(size)
    found = np.zeros((size, size))
    at_once = 512
    for start in range(0, len(first), at_once):
        i, j = first[start : start + at_once], other[start : start + at_once]
        found[i, j] = found[j, i] = noise.variances(v[:, i], v[:, j])
    return found


def _bootstrapped(
    w: Array, spread: Array, g: Array, c: Array, damping: float
) -> tuple[float, float]:
    """By how much s^T Gamma s is too large on average, and its standard error.

    Args:
        w: Eigenvalues of the metric, shape (P,).
        spread: Var(v_j^T delta v_k), shape (P, P).
        g: The gradient along the eigenvectors, shape (P,).
        c: Its covariance there, shape (P, P).
        damping: lambda.

    Cost: 32 to 200 eigenvalue problems.
    """
    size, kept = len(w), np.maximum(w, 0.0)
    rng = np.random.default_rng(0)  # equal evidence gives equal numbers
    draws = int(np.clip(_WORK / size**3, *_DRAWS))
    entries = np.triu(rng.normal(size=(draws, size, size)) * np.sqrt(spread))
    delta = entries + np.transpose(np.triu(entries, 1), (0, 2, 1))
    values, vectors = np.linalg.eigh(c)
    xi = rng.normal(size=(draws, size)) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    found = []
    for sign in (1.0, -1.0):  # both, so that what is odd cancels in the mean
        eigen, turned = np.linalg.eigh(np.diag(kept) + sign * delta)
        along = np.einsum("bik,bi->bk", turned, g + sign * xi)
        found.append(np.sum(along**2 / (np.maximum(eigen, 0.0) + damping), axis=1))
    squares = np.concatenate(found)
    return float(squares.mean() - np.sum(g**2 / (kept + damping))), float(squares.std(ddof=1))
