"""Whether two results are one: to the last bit, to rounding, or as draws of one law.

Draws of one law are exchangeable: of a recorded result and R fresh ones, each is as likely as any
other to be the outermost one, whatever the law is. So one that is a draw of the law is the
outermost with a probability of 1 / (R + 1), and of several the sum of their ranks is as far from
even as the uniform law of ranks says. Where that is so with 5 % or less, as many more are drawn as
it takes to say it with 1 %: what is the same is called different in at most 1 % of cases.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from zlib import crc32

import numpy as np

from qng.arrays import Array

LEVEL: Final = 0.01
"""Of results that are the same, at most so many are called different."""

LOOK: Final = 0.05
"""Where a first look is as unlikely as this, there is a second one."""

ROUNDING: Final = 1e-9
"""Differences of exact results that are rounding, relative to the largest number, or to 1."""

_SINGLE: Final = 1e-5


def rounding(executor: str) -> float:
    """Relative differences that are rounding on an executor: more in single precision."""
    return _SINGLE if executor.endswith(":single") else ROUNDING


def apart(first: Array, second: Array) -> Array:
    """|first - second| entry by entry; 0 where both are NaN or the same infinity."""
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    with np.errstate(invalid="ignore"):
        off = np.abs(one - other)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    off = np.where(same, 0.0, off)
    return np.where(np.isnan(off), np.inf, off)


def scale(values: Array) -> float:
    """The largest size among finite numbers, or 1."""
    finite = np.abs(values[np.isfinite(values)])
    return max(1.0, float(finite.max(initial=0.0)))


def fresh_for(n: int, level: float) -> int:
    """How many fresh results each of n takes so that they can be told apart at a level.

    Example:
        >>> [fresh_for(n, 0.05) for n in (1, 2, 4, 6, 100)]
        [19, 6, 2, 1, 1]
    """
    if n == 1:
        return round(1 / level) - 1
    return max(1, int(np.ceil((2 / level) ** (1 / n) * (1 - 1e-12))) - 1)


def unlikely(
    recorded: Array, draw: Callable[[int, int], Array], n: int | None = None
) -> tuple[float, float, int]:
    """How likely recorded results are among fresh ones of their laws, and the level of that.

    Args:
        recorded: Shape (results, numbers): of one result all its numbers, of several one each.
        draw: Makes the fresh results from one number to another, shape (results, fresh, numbers).
        n: How many fresh ones of each; by default some, and more where these are not clear.

    Returns:
        (p, level, fresh results of each): it is called different where p <= level, which is so
        of at most that share of results that are the same.
    """
    many = len(recorded)
    count = fresh_for(many, LOOK) if n is None else n
    fresh = draw(0, count)
    p = _likely(recorded, fresh)
    if n is None and p <= LOOK:
        more = max(fresh_for(many, LEVEL), 4 * count)
        fresh = np.concatenate([fresh, draw(count, more)], axis=1)
        count, p = more, _likely(recorded, fresh)
    # So few draws can say it with this level only; by default there are enough where it matters.
    least = 1 / (count + 1) if many == 1 else 2 / (count + 1) ** many
    return p, LEVEL if n is None else max(LEVEL, least), count


def _likely(recorded: Array, fresh: Array) -> float:
    seen = np.concatenate([recorded.ravel(), fresh.ravel()])
    rng = np.random.default_rng(crc32(seen.tobytes()))  # other lots for other results
    if len(recorded) == 1:
        return outermost(recorded[0], fresh[0], rng)
    return shifted(recorded[:, 0], fresh[:, :, 0], rng)


def outermost(recorded: Array, fresh: Array, rng: np.random.Generator) -> float:
    """How likely one of R + 1 draws of a law is at least as far out as the recorded one.

    How far out is the mean distance from the median of all draws, each number in units of the
    median distance; it treats all of them alike. Ties are broken by lot.

    Args:
        recorded: Numbers of one draw, shape (d,).
        fresh: Of R others, shape (R, d).
        rng: For ties.

    Returns:
        k / (R + 1) for the k-th outermost.
    """
    draws = np.vstack([recorded, fresh])
    draws = np.where(np.isnan(draws), np.inf, draws)
    middle = np.median(draws, axis=0)
    off = apart(draws, np.broadcast_to(middle, draws.shape))
    unit = np.median(off, axis=0)
    unit = np.where((unit > 0) & np.isfinite(unit), unit, 1.0)
    far = np.mean(off / unit, axis=1)
    return _rank(far, rng) / len(draws)


def _rank(far: Array, rng: np.random.Generator) -> int:
    """The place of the first number among all, the largest being 1."""
    lot = rng.permutation(len(far))
    ahead = (far > far[0]) | ((far == far[0]) & (lot < lot[0]))
    return 1 + int(np.count_nonzero(ahead))


def shifted(recorded: Array, fresh: Array, rng: np.random.Generator) -> float:
    """How likely the ranks of n draws, each among others of its law, are so far from even.

    Args:
        recorded: One number each, shape (n,).
        fresh: R others of each, shape (n, R).
        rng: For ties.

    Returns:
        P(|sum of ranks - its mean| >= what is seen), exact: ranks are uniform.
    """
    n, others = fresh.shape
    one = np.where(np.isnan(recorded), np.inf, recorded)
    rest = np.where(np.isnan(fresh), np.inf, fresh)
    ranks = [
        _rank(np.concatenate([[one[k]], rest[k]]), rng) - 1 for k in range(n)
    ]  # 0 to R, uniform
    law = np.ones(1)
    for _ in range(n):
        law = np.convolve(law, np.full(others + 1, 1 / (others + 1)))
    sums, middle = np.arange(len(law)), n * others / 2
    seen = abs(sum(ranks) - middle)
    return float(law[np.abs(sums - middle) >= seen - 1e-9].sum())
