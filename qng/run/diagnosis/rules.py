"""Findings from the evidence: each with its rule, which is a decision at a stated level.

Exact numbers are compared as they are. Sampled ones are decided by 2.58 standard errors, so that
each decision is wrong in at most 0.5 % of the cases, whatever is true; what they do not decide is
left open. Energies count from the accuracy of the problem on, a: what gains less is no reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from qng.run.diagnosis.causes import blind_metric, in_units, long_step, noise, shot_floor
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.finding import NAMES, Finding
from qng.run.diagnosis.reading import decided, every, opposite, root

FLAT: Final = 0.05
"""u, and half of c, of a plateau: to see a slope of this share takes 400 shots a parameter."""

# What the end of a basin has to explain of the error to be named before the way there.
_MOST_OF_IT: Final = 0.5


def findings(e: Evidence) -> tuple[Finding, ...]:
    """All findings, those that hold first, the most useful cause first."""
    found = [rule(e) for rule in _RULES]
    order = list(NAMES)
    gain, error = e.gain, e.bottom_error
    if gain is not None and error is not None and gain.value < _MOST_OF_IT * (gain.value + error):
        order.remove("descending")
        order.insert(order.index("minimum") + 1, "descending")
    rank = {True: 0, None: 1, False: 2}
    return tuple(sorted(found, key=lambda f: (rank[f.holds], order.index(f.name))))


def solved(e: Evidence) -> Finding:
    """The error is within the accuracy; without a reference, nothing lower is known."""
    a = e.accuracy
    if e.error is not None:
        holds = True if e.error.below(a) else False if e.error.above(a) else None
        says = f"{in_units(e.error.value, e)} above the reference, the accuracy is {a:g}"
        return Finding("solved", holds, says, "E - E_ref <= accuracy", "nothing: it is solved")
    still = None if e.gain is None else e.gain.below(a)
    eigenstate = None if e.variance is None else e.variance.below(a**2)
    kind = e.qubits is None or eigenstate
    lower = None if not len(e.bottoms) else not bool(e.bottoms.min() < e.energy.value - a)
    holds = every(still, kind, opposite(saddle(e).holds), lower if len(e.bottoms) else True)
    says = f"no reference is known; {len(e.bottoms)} other starts were tried"
    rule = (
        "without a reference: no more than the accuracy is left to gain, no way down is known, and "
        "sqrt(<H^2> - <H>^2) <= accuracy"
    )
    return Finding("solved", holds, says, rule, "a reference energy would decide it")


def no_influence(e: Evidence) -> Finding:
    """All parameters leave the energy alone."""
    size = len(e.parameters)
    says = f"{len(e.still)} of {size} parameters move the energy nowhere"
    return Finding(
        "no-influence",
        len(e.still) == size,
        says,
        "d_i E = 0 for all i here and at all random points, or no operation with a parameter is in "
        "the light cone of the observable",
        "let parameters act on the qubits that the observable measures, before it does",
    )


def saddle(e: Evidence) -> Finding:
    """The slope leads nowhere, and another direction leads down."""
    a = e.accuracy
    holds: bool | None
    if e.drop is None:
        holds = False if len(e.hessian) and e.hessian[-1] > -math.inf else None
        says = "the Hessian has no negative eigenvalue" if holds is False else "no Hessian is known"
        if len(e.hessian) and not np.isfinite(e.hessian[-1]):
            says = "no Hessian is known"
            holds = None
    else:
        down = True if e.drop.above(a) else False if e.drop.below(a) else None
        if e.left is not None:
            flat: bool | None = True if e.left.below(a) else False if e.left.above(a) else None
            if e.ground == "shots" and flat is None and not e.slope.above(0.0):
                flat = True
        else:
            flat = None if e.captured is None else e.captured <= 0.01
        holds = every(down, flat, opposite(plateau(e).holds or False))
        says = (
            f"lowest curvature {e.hessian[-1]:.3g}; along it the energy falls by "
            f"{in_units(e.drop.value, e)}"
        )
    return Finding(
        "saddle",
        holds,
        says,
        "the energy falls by more than the accuracy along the direction of lowest curvature, and "
        "no more than that is left to gain by the gradient; and it is no plateau",
        "start a little beside it: qng run {problem} --start FILE, with the FILE that --to writes",
    )


def plateau(e: Evidence) -> Finding:
    """Slope and curvature are a small share of what they can be."""
    level = FLAT**2
    here = None if e.share is None else decided(e.share, level)
    bend = None if e.bend is None else decided(e.bend, 4 * level)
    if e.variance is not None and e.share is None and e.ground == "exact":
        here = False
    holds = every(here, bend, opposite(no_influence(e).holds))
    share = "not known" if e.share is None else f"{root(e.share.value):.2g}"
    says = f"slopes are {share} of what they can be (1: all of it)"
    if e.share_elsewhere is not None:
        says += f", {root(e.share_elsewhere):.2g} at random points"
    if e.qubits is not None:
        says += f"; on random states of {e.qubits} qubits {2.0 ** (-(e.qubits + 1) / 2):.2g}"
    barren = e.share_elsewhere is not None and e.share_elsewhere <= level
    change = (
        "a barren plateau: fewer layers, an observable of few qubits, parameters that start near "
        "zero or layer by layer; or a start from a classical solution"
        if barren
        else "another start: qng compare {problem} --starts 20"
    )
    return Finding(
        "plateau",
        holds,
        says,
        f"u <= {FLAT} and c <= {2 * FLAT}: root mean squares of d_i E and of H_ii over "
        "2 sqrt(<H^2> - <H>^2) sqrt(g_ii)",
        change,
    )


def singular_point(e: Evidence) -> Finding:
    """The metric has more directions elsewhere."""
    known = e.rank is not None and e.rank_elsewhere is not None
    holds = None if not known else bool((e.rank or 0) < (e.rank_elsewhere or 0))
    return Finding(
        "singular-point",
        holds,
        f"{e.rank} directions here, {e.rank_elsewhere} at random points"
        if known
        else "not known from shots",
        "the rank of the metric here is lower than at random points",
        "start elsewhere: --start random, or --spread 0.1 in qng compare",
    )


def null_space(e: Evidence) -> Finding:
    """Some directions of the parameters do not move the state, wherever."""
    size, ranks = len(e.parameters), [r for r in (e.rank, e.rank_elsewhere) if r is not None]
    holds = None if not ranks else max(ranks) < size
    says = f"{max(ranks)} directions of {size} parameters" if ranks else "not known from shots"
    if e.still:
        says += f"; without influence: {', '.join(e.still[:6])}"
        says += ", ..." if len(e.still) > 6 else ""
    return Finding(
        "null-space",
        holds,
        says,
        "the rank of the metric is lower than the number of parameters, here and at random points",
        "harmless with damping; without it the solve breaks: --damping 1e-3, or freeze some: "
        "--freeze NAMES",
    )


def descending(e: Evidence) -> Finding:
    """More steps gain."""
    a, gain = e.accuracy, e.gain
    if gain is None:
        steep = e.slope.above(0.0) or None
        holds = steep if e.captured is None else e.captured > 0.01
        says = "what is left to gain is not known"
    elif e.ground == "exact":
        holds = gain.value > a / 2 and e.slope.value > 0
        says = f"{in_units(gain.value, e)} lower from here"
    else:
        lies = opposite(decided(gain, a / 2))
        holds = every(True if e.slope.above(0.0) else None, lies)
        says = f"{in_units(gain.value, e)} left near the point"
    if e.bottom_error is not None and e.bottom_error > a:
        says += f", and then still {in_units(e.bottom_error, e)} above the reference"
    steps = f" after {e.nit} steps" if e.nit else ""
    more = f"--steps {max(2 * e.limit, 50)}" if e.limit else "--steps 100"
    return Finding(
        "descending",
        holds,
        says + steps,
        "exact: minimising from here gains more than half the accuracy (where that was not done: "
        "the slope is more than a tenth of what it can be, or larger than its error); from shots: "
        "grad . g^-1 . grad is larger than its error, and the curvature leaves as much to gain",
        f"more steps: qng run {{problem}} {more}, or --resume FILE; a larger --lr where steps are "
        "short",
    )


def local_minimum(e: Evidence) -> Finding:
    """From other starts it goes lower."""
    a = e.accuracy
    if e.ground == "shots" or e.bottom is None or not len(e.bottoms):
        return Finding(
            "local-minimum",
            False if solved(e).holds else None,
            "no other starts were tried",
            _LOCAL,
        )
    lower = int(np.sum(e.bottoms < e.bottom - a))
    above = e.bottom_error is None or e.bottom_error > a
    says = (
        f"from here it ends at {e.bottom:.8g}, from {lower} of {len(e.bottoms)} random starts lower"
    )
    if lower:
        says += f", at best at {e.bottoms.min():.8g}"
    return Finding(
        "local-minimum",
        bool(above and lower),
        says,
        _LOCAL,
        "other starts: qng compare {problem} --starts 20; the best one found is the FILE that --to "
        "writes: --start FILE",
    )


def shallow(e: Evidence) -> Finding:
    """No start gets near the reference."""
    a, tried = e.accuracy, len(e.bottoms)
    if e.ground == "shots" or e.bottom is None or not tried:
        return Finding(
            "shallow", False if solved(e).holds else None, "no other starts were tried", _SHALLOW
        )
    none_lower = not bool(np.any(e.bottoms < e.bottom - a))
    complete = e.directions is not None and e.rank_elsewhere == e.directions
    if e.bottom_error is not None:
        above: bool | None = e.bottom_error > a
    else:
        above = None if e.variance is None or e.gain is None else bool(
            e.variance.above(a**2) and e.gain.below(a)
        )  # fmt: skip
    holds = every(above, none_lower, None if complete and none_lower and above else True)
    missed = 1 - 0.05 ** (1 / tried)
    says = f"none of {tried} random starts ends lower than {e.bottom:.8g}"
    if e.bottom_error is not None:
        says += f", {in_units(e.bottom_error, e)} above the reference"
    if e.variance is not None:
        says += f"; sqrt(<H^2> - <H>^2) is {in_units(root(e.variance.value), e)} here"
    if complete:
        says += "; but the metric has all directions that there are, so that the ansatz is not"
    return Finding(
        "shallow",
        holds,
        f"{says} (starts that lead lower are missed in 5 % of cases where they are "
        f"{missed:.0%} of all)",
        _SHALLOW,
        "more layers, other generators, or another symmetry sector: qng geometry {problem} shows "
        "how many directions it has",
    )


def minimum(e: Evidence) -> Finding:
    """From shots: no slope, no way down, above the reference."""
    a = e.accuracy
    if e.ground == "exact" and e.bottom is not None and len(e.bottoms):
        return Finding("minimum", False, "told apart by other starts", _MINIMUM)
    above = opposite(decided(e.error, a))
    flat = None if e.gain is None else decided(e.gain, a)
    parts = [] if e.gain is None else [f"{in_units(e.gain.value, e)} left to gain near the point"]
    if e.error is not None:
        parts.append(f"{in_units(e.error.value, e)} above the reference")
    says = ", ".join(parts) or "what is left to gain is not known"
    # Where the variance is not told from zero, a plateau is told by the curvature alone.
    curved: bool | None = opposite(plateau(e).holds)
    if curved is None and len(e.hessian):
        curved = bool(e.hessian[0] > a)
    return Finding(
        "minimum",
        every(above, flat, opposite(saddle(e).holds), curved),
        says,
        _MINIMUM,
        "local, or of an ansatz that is too shallow: qng diagnose {problem} --executor statevector "
        "tells them apart by minimising from other starts; qng compare {problem} --starts 20",
    )


_LOCAL: Final = (
    "exact: minimising from here ends above the reference by more than the accuracy, and from one "
    "of the random starts lower by more than it"
)
_SHALLOW: Final = (
    "exact: minimising from here ends above the reference by more than the accuracy (without a "
    "reference: its variance is larger than the square of that), from no random start lower by "
    "more than it, and the metric does not have all directions of the states"
)
_MINIMUM: Final = (
    "the energy is above the reference, and no more than the accuracy is left to gain by slope or "
    "by negative curvature"
)

_RULES: Final[tuple[Callable[[Evidence], Finding], ...]] = (
    noise,
    solved,
    no_influence,
    blind_metric,
    long_step,
    saddle,
    plateau,
    shot_floor,
    singular_point,
    descending,
    local_minimum,
    shallow,
    minimum,
    null_space,
)
