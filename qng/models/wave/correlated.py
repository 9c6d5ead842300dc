"""Means of Markov chains, with errors that know of autocorrelation.

    sigma^2(mean) = tau Var / N,    tau = 1 + 2 sum_k rho_k,

tau by emcee, with Sokal's window, of the chains behind each other: their common mean is subtracted
(that of each chain would hide what chains have not yet forgotten), and pairs across their ends,
which have nothing in common, weigh lags as the means of finite chains do.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array

# As many chains say by their own means how far these spread.
_ENOUGH: Final = 8


def autocorrelation_time(values: Array) -> float:
    """tau in units of draws, at least 1; 1 where nothing varies.

    From eight chains on it is not below what the spread of their means says.

    Args:
        values: Real, shape (draws, chains).

    Reference:
        Sokal, Monte Carlo methods in statistical mechanics (1996); Foreman-Mackey et al., emcee,
        PASP 125, 306 (2013).
    """
    from emcee.autocorr import integrated_time

    draws, chains = values.shape
    variance = float(np.var(values, ddof=1))
    if not variance > _ROUNDING * float(np.mean(values**2)) or draws < 2:
        return 1.0
    series = values.T.reshape(-1, 1, 1)
    tau = max(1.0, float(integrated_time(series, tol=0, quiet=True)[0]))
    if chains < _ENOUGH:
        return tau
    between: float = draws * np.var(values.mean(axis=0), ddof=1)
    return max(tau, between / variance)


def common_time(values: Array) -> float:
    """One tau of many means, by the spread of the means of chains; at least 1.

    Args:
        values: Shape (draws, chains, P).
    """
    draws, chains = values.shape[:2]
    within = np.var(values.reshape(draws * chains, -1), axis=0)
    moving = within > 0
    if chains < 2 or not np.any(moving):
        return 1.0
    between = draws * np.var(values.mean(axis=0), axis=0, ddof=1)
    return max(1.0, float(np.mean(between[moving] / within[moving])))


# Of a variance against the squares of the values.
_ROUNDING: Final = 1e-24
