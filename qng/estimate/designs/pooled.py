r"""What bases say together: T / tr rho^2 with its errors, from the numbers of single bases.

With T_k and pi_k the unbiased numbers of basis k of K, T and pi their means and m = T / pi,

    e_k = (T_k - m pi_k) / pi,    Var m = sum_k e_k e_k / (K (K - 1)),

which has in it the errors of the shots as well; and sum_k e_k (pi_k - pi) / (K (K - 1) pi) is added
to m, which is too small by that on average (Tin, J. Am. Stat. Assoc. 60, 294 (1965)).

Of K different ones of finitely many bases, a share f of all, the means over bases err less:

    Var m = (1 - f) sum_k e_k e_k / (K (K - 1)) + f (variance of the shots)

Variances of few bases have errors of their own, and single bases are skewed: they are raised by the
square of t / 1.96, t Student's with K - 1 degrees of freedom, and by 1 + `SKEWED` / K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.geometry import Dense
from qng.geometry.noise import Noise, Sum, Terms, entry_errors

SKEWED: Final = 8.0
"""Variances are larger by 1 + SKEWED/K: from K = 8 on intervals of 1.96 errors cover 93 % and more
of generic states, 91 % and more of stabiliser states, of which many bases show nothing."""

# How far from zero the purity must be, in standard errors, for its bias to be taken off.
_SURE: Final = 3.0

# Of the largest number of a basis; what differs less between bases does not differ.
_ROUNDING: Final = 1e-14


@dataclass(frozen=True, eq=False)
class Purities:
    """tr rho^2 from every basis.

    Args:
        values: Shape (K,).
        variances: By their shots, shape (K,).
        least: 1 / N, which it cannot be below.
    """

    values: Array
    variances: Array
    least: float


@dataclass(frozen=True, eq=False)
class AtLeast:
    """The errors of a mean over draws, and at least those of the draws themselves.

    Args:
        between: By the scatter of the draws.
        own: Of the mean, by the errors of every draw.
        share: f; what of the second is not in the first.
    """

    between: Noise
    own: Noise
    share: float

    def variances(self, v: Array, w: Array) -> Array:
        """between + f own, and at least own."""
        own = self.own.variances(v, w)
        return np.maximum(self.between.variances(v, w) + self.share * own, own)


def pooled(
    found: Array, shots: Sequence[Noise] | None, purities: Purities | None, share: float
) -> Dense:
    """T / tr rho^2, with its standard errors.

    Args:
        found: T_k, shape (K, P, P).
        shots: Errors of T_k by the shots; None: none, of distributions.
        purities: None: 1, of pure states.
        share: f.
    """
    k, size = found.shape[:2]
    matrix, deviations, pi, error = found.mean(axis=0), found - found.mean(axis=0), 1.0, 0.0
    if purities is not None:
        pi = max(float(purities.values.mean()), purities.least)
        error = float(np.sqrt(purities.variances.sum())) / k
        matrix = matrix / pi
        deviations = (found - matrix * purities.values[:, None, None]) / pi
        matrix = matrix + _taken_off(matrix, deviations, purities, pi, error, share)
    matrix = (matrix + matrix.T) / 2
    deviations = np.where(np.abs(deviations) > _ROUNDING * np.abs(found).max(), deviations, 0.0)
    sources: list[Noise] = []
    if share < 1:
        from scipy import special

        raised = (special.stdtrit(k - 1, 0.975) / special.ndtri(0.975)) ** 2 * (1 + SKEWED / k)
        weight = np.sqrt((1 - share) * raised / (k * (k - 1)))
        sources.append(Terms(deviations, np.full(k, weight)))
    if shots is not None:
        own: Noise = Sum.of(shots, np.full(len(shots), 1 / (k * pi) ** 2))
        if error:
            own = Sum.of([own, Terms(matrix[None], np.array([error / pi]))])
        sources = [AtLeast(sources[0], own, share) if sources else own]
    if not sources:
        return Dense(matrix)
    return Dense(matrix, entry_errors(sources[0], size), noise=sources[0])


def _taken_off(
    matrix: Array, deviations: Array, purities: Purities, pi: float, error: float, share: float
) -> Array:
    """What is added to m so that it is right on average, to first order in 1/K and in 1/shots."""
    k, apart = len(purities.values), purities.values - purities.values.mean()
    spread = float(np.sqrt(np.sum(apart**2) / (k * (k - 1)))) if k > 1 else 0.0
    if pi < _SURE * max(spread, error):
        return np.zeros_like(matrix)
    between = np.tensordot(apart, deviations, 1) / (k * max(k - 1, 1) * pi)
    added: Array = (1 - share) * between - share * matrix * (error / pi) ** 2
    return added
