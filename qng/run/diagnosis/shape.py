"""Findings about the shape of the energy at a point: flat, bent down, directions missing."""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.finding import Finding, in_units
from qng.run.diagnosis.reading import decided, every, opposite, root

FLAT: Final = 0.05
"""u, and half of c, of a plateau: to see a slope of this share takes 400 shots a parameter."""

TOGETHER: Final = 0.2
"""sqrt(P) u, what all parameters see together: above, many small slopes lead down quickly."""

PEAK: Final = 0.5
"""The largest eigenvalue of H on a plateau: random entries of size u have one of 2 sqrt(P) u."""


def no_influence(e: Evidence) -> Finding:
    """All parameters leave the energy alone."""
    size = len(e.parameters)
    says = f"{len(e.still)} of {size} parameters move the energy nowhere"
    if not size:
        says = "there are no free parameters"
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
        known = not e.parameters or (len(e.hessian) and bool(np.isfinite(e.hessian[-1])))
        holds = False if known else None
        says = "the Hessian has no negative eigenvalue" if known else "no Hessian is known"
    else:
        down = True if e.drop.above(a) else False if e.drop.below(a) else None
        if e.left is not None:
            flat: bool | None = True if e.left.below(a) else False if e.left.above(a) else None
            if e.ground == "shots" and flat is None and not e.slope.above(0.0):
                flat = True
        elif e.ground == "exact" and e.reach <= a:
            flat = True
        else:
            flat = None if e.captured is None else e.captured <= 0.01
        holds = every(down, flat, opposite(plateau(e).holds or False))
        says = (
            f"lowest curvature {e.hessian[-1]:.3g}; down there the energy falls by "
            f"{in_units(e.drop.value, e)}"
        )
    return Finding(
        "saddle",
        holds,
        says,
        "the energy falls by more than the accuracy along a direction of negative curvature, and "
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
    together = None
    if e.share is not None:
        together = decided(e.share.times(len(e.parameters)), TOGETHER**2)
    peak = None if e.peak is None else decided(e.peak, PEAK)
    holds = every(here, together, bend, peak, opposite(no_influence(e).holds))
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
        f"u <= {FLAT}, sqrt(P) u <= {TOGETHER} and c <= {2 * FLAT}, u and c the root mean squares "
        "of the P slopes d_i E and of H_ii over 2 sqrt(<H^2> - <H>^2) sqrt(g_ii); and no "
        f"eigenvalue of H is larger than {PEAK} on the scale of c",
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
