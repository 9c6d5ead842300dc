r"""How much of the energy's slope a parameter sees, at a point and at random ones.

    u^2 = sum_i (d_i E)^2 / (4 V sum_i g_ii),    V = <H^2> - <H>^2

By Cauchy and Schwarz every (d_i E)^2 is at most 4 V g_ii, so that u is between 0 and 1. On states
that are random to H it is 2^{-(n+1)/2} (the mean over a 2-design), and on global observables as
small already without depth: a barren plateau. To see a slope of that share takes some 1/u^2 shots a
parameter. At minima u vanishes as well, but curvature does not: c is the same of the diagonal of H,

    c^2 = mean_i H_ii^2 / (4 V mean_i g_ii).

A saddle may have a diagonal that vanishes, but no Hessian that does; the peak is the largest
|eigenvalue| of H in place of the root mean square of H_ii.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array, Flags, Integers
from qng.errors import InputError
from qng.geometry import Metric
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.reading import Reading
from qng.run.starts import draw_starts

POINTS: Final = 16
"""Random points that are looked at."""

# Eigenvalues of metrics below this are none, radians of states by radians of parameters squared.
_NONE: Final = 1e-20

# Slopes below this fraction of the observable's size are rounding.
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """What is seen at random points.

    Args:
        shares: u at each, shape (points,).
        ranks: Of the metric at each, shape (points,); empty where it was not asked for.
        still: Which parameters move the energy nowhere, shape (P,).
    """

    shares: Array
    ranks: Integers
    still: Flags


def share_of(squares: Reading, variance: Reading | None, metric: float) -> Reading | None:
    """u^2, or c^2, as a reading; None where it is not known or not defined.

    Args:
        squares: The sum over the parameters of squared slopes.
        variance: V.
        metric: The sum of g_ii.
    """
    if variance is None or metric <= 0 or variance.value <= 3 * variance.std_error:
        return None
    scale = 4 * variance.value * metric
    if scale <= 0:
        return None
    relative = variance.std_error / variance.value
    value = squares.value / scale
    return Reading(value, float(np.hypot(squares.std_error / scale, value * relative)))


def peak_of(largest: Reading, variance: Reading | None, metric: float) -> Reading | None:
    """The largest |eigenvalue| of H on the scale of c; None where that is not known.

    Args:
        largest: It.
        variance: V.
        metric: The mean of g_ii.
    """
    if variance is None or metric <= 0 or variance.value <= 3 * variance.std_error:
        return None
    scale = 2 * (variance.value * metric) ** 0.5
    relative = variance.std_error / variance.value / 2 if variance.value else 0.0
    value = largest.value / scale if scale else np.inf
    return Reading(value, float(np.hypot(largest.std_error / scale, value * relative)))


def elsewhere(asker: Asker, seed: int, ranked: bool, points: int = POINTS) -> Elsewhere:
    """Slopes at random points, drawn as `qng.compare` draws its starts.

    Args:
        asker: Without shots.
        seed: Of the points.
        ranked: Whether the metric is asked for as a whole.
        points: How many.

    Cost: a gradient and a metric a point.
    """
    shares, ranks, sizes = [], [], []
    circuits = hasattr(asker.objective, "ensemble")
    for theta in draw_starts(asker.problem, points + 1, seed)[1:]:
        plans: dict[str, Plan[Any]] = {
            "energy": asker.objective.energy(theta[None]),
            "gradient": asker.objective.gradient(theta, By("auto")),
        }
        if ranked or circuits:
            plans["metric"] = asker.objective.metric(theta, By("auto" if ranked else "diagonal"))
        found = asker.ask(join(plans))
        energy, g = found["energy"].at(0), found["gradient"].value
        sizes.append(np.abs(g))
        if "metric" not in found:
            continue
        if ranked:
            ranks.append(rank_of(found["metric"].spectrum()))
        variance = None if energy.variance is None else Reading(energy.variance)
        trace = float(np.sum(found["metric"].diagonal()))
        share = share_of(Reading(float(g @ g)), variance, trace)
        shares.append(np.nan if share is None else share.value**0.5)
    largest = np.max(sizes, axis=0) if sizes else np.zeros(0)
    scale = _ROUNDING * observable_size(asker)
    return Elsewhere(np.array(shares), np.array(ranks, dtype=np.int64), largest <= scale)


def rank_of(values: Array) -> int:
    """How many eigenvalues are information, of a metric that was formed as a matrix.

    Its rounding is that of its largest eigenvalue, some 1e-16 of it; a gap is looked for above.
    """
    w = np.abs(values)
    return int(np.sum(w > max(1e-10 * float(w.max(initial=0.0)), _NONE)))


def observable_size(asker: Asker) -> float:
    """sum_P |c_P| of the words of the observable, or 1 of a model."""
    observable = getattr(asker.objective, "observable", None)
    if observable is None:
        return 1.0
    return float(sum(abs(c) for p, c in observable if p.support)) or 1.0


def partial(by: By) -> str:
    """What a metric is called that is not all of g; "": it is."""
    if not isinstance(by.estimator, str):
        return "of one's own"
    return "" if by.estimator in _WHOLE else by.estimator


_WHOLE: Final = frozenset(
    ("auto", "exact", "implicit", "low-rank", "overlaps", "blocks+overlaps", "hadamard", "sld")
)


def metric_at(asker: Asker, theta: Array, by: By) -> Metric | None:
    """The metric at a point; None of a problem that has none.

    Raises:
        InputError: One was asked for by name, and there is no such.
    """
    try:
        return asker.ask(asker.objective.metric(theta, by))
    except InputError:
        if by.estimator != "auto":
            raise
        return None
