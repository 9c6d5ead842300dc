r"""How evenly states fill the space of all states: fidelities of pairs against Haar's.

The fidelity F = |<psi|phi>|^2 of two Haar-random states of N amplitudes has the density
(N - 1)(1 - F)^(N - 2), so the probability of a bin from a to b is (1 - a)^(N-1) - (1 - b)^(N-1).

    expressibility     KL(observed || Haar) over bins, of Sim, Johnson and Aspuru-Guzik,
                       arXiv:1905.10876: 0 is as even as Haar; in nats
    frame potentials   E[F^t], which are least for Haar: t! (N - 1)! / (N - 1 + t)!

A histogram of finitely many pairs has a divergence of its own, about (bins - 1) / (2 pairs) even
for Haar-random states. It is known by the jackknife, and taken off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array, Integers
from qng.errors import InputError

BINS: Final = 75
"""Of equal width, as published."""

_FEWEST: Final = 10
"""Pairs a bin, from which the errors hold."""


@dataclass(frozen=True, eq=False)
class Expressibility:
    """How far the fidelities of a circuit are from Haar's.

    Args:
        dimension: N.
        pairs: S, how many fidelities.
        edges: Of the bins, shape (bins + 1,).
        observed: The share of fidelities in every bin, shape (bins,).
        expected: Haar's, shape (bins,).
        divergence: KL(observed || expected) in nats, as published: with its bias.
        bias: Of that, by how much S pairs raise it.
        std_error: Of the divergence, with or without its bias.
        potentials: E[F^t] for t = 1, 2, ..., shape (orders,).
        potential_errors: Their standard errors.
    """

    dimension: int
    pairs: int
    edges: Array
    observed: Array
    expected: Array
    divergence: float
    bias: float
    std_error: float
    potentials: Array
    potential_errors: Array

    @property
    def value(self) -> float:
        """The divergence without its bias; of states as even as Haar's it scatters about 0."""
        return self.divergence - self.bias

    @property
    def haar_potentials(self) -> Array:
        """Haar's E[F^t], shape (orders,)."""
        orders = range(1, len(self.potentials) + 1)
        return np.array([frame_potential(self.dimension, t) for t in orders])

    @property
    def is_haar(self) -> bool:
        """Whether so many pairs cannot tell the fidelities from Haar's (two standard errors)."""
        return self.value < 2 * self.std_error


def frame_potential(dimension: int, order: int) -> float:
    """E[F^t] of Haar-random states: t! (N - 1)! / (N - 1 + t)!.

    Args:
        dimension: N.
        order: t.

    Example:
        >>> frame_potential(2, 1), frame_potential(4, 2)
        (0.5, 0.1)
    """
    n, t = checks.whole("dimension", dimension, 1), checks.whole("order", order, 1)
    return 1 / math.comb(n + t - 1, t)


def expressibility(
    fidelities: ArrayLike, dimension: int, bins: int = BINS, orders: int = 4
) -> Expressibility:
    """The expressibility from fidelities of independent pairs of states.

    Args:
        fidelities: F, from 0 to 1, of independent pairs, shape (S,), at least ten a bin.
        dimension: N, at least 2.
        bins: Of equal width on [0, 1].
        orders: Of frame potentials, 1 to this.

    Raises:
        InputError: Other numbers.

    Reference: Sim, Johnson, Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070 (2019),
    arXiv:1905.10876; bias and errors are ours.
    """
    size, count = checks.whole("dimension", dimension, 2), checks.whole("bins", bins, 2)
    f = checks.reals("fidelities", fidelities)
    if f.ndim != 1 or len(f) < _FEWEST * count:
        raise InputError(
            f"{count} bins need the fidelities of {_FEWEST * count} pairs or more, so that errors "
            f"can be told, not of {len(f) if f.ndim == 1 else f.shape}; take fewer bins or more "
            "pairs"
        )
    if not np.all((f > -1e-9) & (f < 1 + 1e-9)):
        raise InputError("fidelities must be from 0 to 1")
    f = np.clip(f, 0.0, 1.0)
    edges = np.linspace(0.0, 1.0, count + 1)
    logs = haar_logs(edges, size)
    divergence, bias, error = _divergence(np.histogram(f, edges)[0], logs)
    powers = f[:, None] ** np.arange(1, checks.whole("orders", orders, 1) + 1)
    return Expressibility(
        dimension=size,
        pairs=len(f),
        edges=edges,
        observed=np.histogram(f, edges)[0] / len(f),
        expected=np.exp(logs),
        divergence=divergence,
        bias=bias,
        std_error=error,
        potentials=powers.mean(axis=0),
        potential_errors=powers.std(axis=0, ddof=1) / math.sqrt(len(f)),
    )


def _divergence(counts: Integers, logs: Array) -> tuple[float, float, float]:
    """(KL(n / S || q), its bias, its standard error).

    Args:
        counts: n, shape (bins,).
        logs: log q, likewise.
    """
    n, pairs = counts.astype(float), int(counts.sum())
    entropy, cross = _n_log_n(n), float(n @ np.where(n > 0, logs, 0.0))
    found = (float(entropy.sum()) - cross) / pairs - math.log(pairs)
    # Without one pair of every bin in turn.
    seen = n > 0
    others = entropy.sum() - entropy[seen] + _n_log_n(n[seen] - 1) - cross + logs[seen]
    left = others / (pairs - 1) - math.log(pairs - 1)
    bias = (pairs - 1) * (float(n[seen] @ left) / pairs - found)
    # To first order the spread of log n / (S q); where that is noise only, the second order.
    surprise = np.log(n[seen] / pairs) - logs[seen]
    first = float(n[seen] @ (surprise - found) ** 2) / pairs**2
    second = (int(seen.sum()) - 1) / (2 * pairs**2)
    return found, bias, math.sqrt(max(first - second, second))


def _n_log_n(n: Array) -> Array:
    return np.asarray(n * np.log(np.maximum(n, 1.0)))


def haar_logs(edges: ArrayLike, dimension: int) -> Array:
    """log of Haar's probability of every bin, also where that is below the least float.

    Args:
        edges: Ascending from 0 to 1, shape (bins + 1,).
        dimension: N.
    """
    e = np.asarray(edges, dtype=float)
    with np.errstate(divide="ignore"):
        tails = (dimension - 1) * np.log1p(-e)
        # log(e^x - e^y) = x + log(1 - e^(y - x)) for x > y.
        return np.asarray(tails[:-1] + np.log(-np.expm1(tails[1:] - tails[:-1])))
