"""Integrals of densities: SciPy's rules in coordinates in which samples say that the density lies.

On a line tanh-sinh, which ends of the support with infinite slopes do not disturb; in two or three
dimensions adaptive cubature, over boxes with an end at infinity as images of the unit box (SciPy's
own map of (-inf, b) integrates over (-b, inf) instead, as of 1.17).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from typing import Final

import numpy as np

from qng.arrays import Array

# Of a quadrature, relative to its largest integral: of tanh-sinh, and of cubature by its axes.
_FINE: Final = 1e-10
_TOLERANCES: Final = {1: 1e-9, 2: 1e-8, 3: 1e-6}
_MOST_CUTS: Final = {1: 40, 2: 300, 3: 1000}
_LEVELS: Final = 4

# An error that is taken where rounding forbids a smaller one.
_NEAR: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Frame:
    """Coordinates y of the outcomes x = middle + root y.

    Args:
        middle: Shape (d,).
        root: Shape (d, d).
    """

    middle: Array
    root: Array

    @property
    def volume(self) -> float:
        """dx / dy."""
        return float(abs(np.linalg.det(self.root)))

    def back(self, y: Array) -> Array:
        """x of y, shape (m, d)."""
        placed: Array = self.middle + y @ self.root.T
        return placed

    def to(self, x: Array) -> Array:
        """y of x, shape (m, d)."""
        return np.asarray(np.linalg.solve(self.root, (x - self.middle).T).T)


@dataclass(frozen=True, eq=False)
class Piece:
    """A box in y, of which an end may be infinite, as the image of the unit box.

    Args:
        low: Shape (d,).
        high: Shape (d,).
    """

    low: Array
    high: Array

    def place(self, t: Array) -> tuple[Array, Array]:
        """y of t and dy / dt, shapes (m, d) and (m,)."""
        y, stretched = np.empty_like(t), np.ones(len(t))
        for k, (low, high) in enumerate(zip(self.low, self.high)):
            u = t[:, k]
            if np.isfinite(low) and np.isfinite(high):
                y[:, k], slope = low + (high - low) * u, np.full(len(u), high - low)
            else:
                far, slope = u / (1 - u), 1 / (1 - u) ** 2
                y[:, k] = low + far if np.isfinite(low) else high - far
            stretched = stretched * slope
        return y, stretched


def integral(f: Callable[[Array], Array], low: Array, high: Array, scouts: Array) -> Array | None:
    """The integral of f over a box.

    Args:
        f: Of nodes of shape (m, d), returns shape (m, K).
        low: Its lower limits, shape (d,), maybe -inf.
        high: Its upper limits, shape (d,), maybe inf.
        scouts: Samples that say where f lies, shape (n, d).

    Returns:
        Shape (K,); None where it does not converge.

    Cost: 2 x 5 calls of f on a line where it is smooth.
    """
    frame = _frame(low, high, scouts)
    y = frame.to(scouts)
    # Where the axes are turned, no limit is finite.
    ends = (np.stack([low, high]) - frame.middle) / np.abs(np.diag(frame.root))
    plans = _LINE if len(low) == 1 else _SPACE
    for rule, shares in plans:
        found = _added(f, frame, _boxes(ends, np.quantile(y, shares, axis=0), y), rule)
        if found is not None:
            return found
    return None


def unresolved(f: Callable[[Array], Array], low: Array, high: Array, total: Array) -> float:
    """What of an integral on a line lies nearer to an end than numbers can tell apart, about.

    Next to 0 there are numbers of any size, next to other ends only those that rounding leaves.

    Args:
        f: As `integral`.
        low: Shape (1,).
        high: Shape (1,).
        total: The integral, shape (K,).

    Returns:
        The largest share of the largest number.
    """
    lost = 0.0
    for end, inner in ((low, np.inf), (high, -np.inf)):
        if np.isfinite(end[0]) and end[0] != 0:
            last = np.nextafter(end, inner)
            part = np.abs(f(last[None]))[0] * abs(float(last[0] - end[0]))
            lost = max(lost, float(np.max(part)))
    return lost / float(np.max(np.abs(total)))


Rule = Callable[[Callable[[Array], Array], Piece, float], "Array | None"]
Plans = Sequence[tuple[Rule, list[float]]]


def _added(
    f: Callable[[Array], Array], frame: Frame, pieces: Sequence[Piece], rule: Rule
) -> Array | None:
    total: Array | None = None
    for piece in pieces:
        # What is small beside the whole need not be known as well as the whole.
        scale = 1.0 if total is None else float(np.max(np.abs(total), initial=1.0))
        part = rule(lambda y: f(frame.back(y)) * frame.volume, piece, scale)
        if part is None:
            return None
        total = part if total is None else total + part
    return total


def _tanh_sinh(
    f: Callable[[Array], Array], piece: Piece, scale: float, near: float = _FINE
) -> Array | None:
    from scipy.integrate import tanhsinh

    def flat(y: Array) -> Array:
        """Shape (K, ...), for y of shape (...)."""
        return np.asarray(f(np.reshape(y, (-1, 1))).T.reshape(-1, *np.shape(y)))

    tolerance = _FINE
    with np.errstate(all="ignore"):
        found = tanhsinh(
            flat,
            piece.low[0],
            piece.high[0],
            minlevel=_LEVELS,  # its errors at lower ones are too small by orders of magnitude
            preserve_shape=True,
            rtol=tolerance,
            atol=tolerance * scale,
        )
    known = found.success | (found.error <= near * np.maximum(np.abs(found.integral), scale))
    return np.asarray(found.integral) if np.all(known) else None


def _cubature(f: Callable[[Array], Array], piece: Piece, scale: float) -> Array | None:
    from scipy.integrate import cubature

    axes = len(piece.low)

    def stretched(t: Array) -> Array:
        y, slopes = piece.place(t)
        return f(y) * slopes[:, None]

    tolerance = _TOLERANCES[axes]
    with np.errstate(all="ignore"):
        found = cubature(
            stretched,
            np.zeros(axes),
            np.ones(axes),
            rtol=tolerance,
            atol=tolerance * scale,
            max_subdivisions=_MOST_CUTS[axes],
        )
    converged = found.status == "converged" and not np.any(np.isnan(found.estimate))
    return np.asarray(found.estimate) if converged else None


# Rules, and at which shares of the samples the boxes are cut; the next where one fails.
_LINE: Final[Plans] = (
    (_tanh_sinh, [0.5]),
    (_cubature, [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0]),
    (partial(_tanh_sinh, near=_NEAR), [0.5]),
)
_SPACE: Final[Plans] = ((_cubature, [0.5]),)


def _boxes(ends: Array, cuts: Array, y: Array) -> list[Piece]:
    """Boxes between two ends, shape (2, d), cut along each axis; those with most samples first."""
    axes = []
    for k in range(ends.shape[1]):
        inner = [c for c in np.unique(cuts[:, k]) if ends[0, k] < c < ends[1, k]]
        edges = [ends[0, k], *inner, ends[1, k]]
        axes.append(list(pairwise(edges)))
    boxes = [np.array(box).T for box in product(*axes)]
    held = [np.count_nonzero(np.all((y >= box[0]) & (y <= box[1]), axis=1)) for box in boxes]
    return [Piece(boxes[k][0], boxes[k][1]) for k in np.argsort(-np.array(held), kind="stable")]


def _frame(low: Array, high: Array, scouts: Array) -> Frame:
    """The middle and the widths of samples, and their correlations where no limit is in the way.

    On a line with an end, the end nearest 0 is the middle: outcomes next to it are told apart.
    """
    middle = np.median(scouts, axis=0)
    kept = np.clip(scouts, *np.quantile(scouts, (0.05, 0.95), axis=0))
    widths = kept.std(axis=0)
    widths = np.where(widths > 0, widths, 1.0)
    if len(middle) == 1 and (finite := [end for end in (low, high) if np.isfinite(end[0])]):
        return Frame(min(finite, key=lambda end: abs(float(end[0]))), np.diag(widths))
    if len(middle) > 1 and not np.any(np.isfinite(np.stack([low, high]))):
        correlation = np.corrcoef(kept.T)
        if np.all(np.isfinite(correlation)) and np.linalg.eigvalsh(correlation)[0] > 1e-9:
            return Frame(middle, widths[:, None] * np.linalg.cholesky(correlation))
    return Frame(middle, np.diag(widths))
