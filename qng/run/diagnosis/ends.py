"""Findings about what lies ahead of a point: where its basin ends, and where others do."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from qng.optimize.methods import CONTROLS, METHODS
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.finding import Finding, command, in_units
from qng.run.diagnosis.reading import decided, every, opposite, root
from qng.run.diagnosis.shape import plateau, saddle

# Steps are extrapolated with so much to spare, and are too many beyond so often the usual ones.
_SPARE: Final = 1.5
_MANY: Final = 5

# What noise may add to grad . g^-1 . grad where a larger rate is advised.
_QUIET: Final = 0.1


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


def descending(e: Evidence) -> Finding:
    """More steps gain."""
    a, gain = e.accuracy, e.gain
    if gain is None:
        steep = e.slope.above(0.0) or None
        holds = steep if e.captured is None else e.captured > 0.01
        says = "what is left to gain is not known"
    elif e.ground == "exact":
        holds = gain.value > a / 2 and e.reach > a / 2
        says = f"{in_units(gain.value, e)} lower from here"
    else:
        lies = opposite(decided(gain, a / 2))
        holds = every(True if e.slope.above(0.0) else None, lies)
        says = f"{in_units(gain.value, e)} left near the point"
    if e.bottom_error is not None and e.bottom_error > a:
        says += f", and then still {in_units(e.bottom_error, e)} above the reference"
    steps = f" after {e.nit} steps" if e.nit else ""
    change, settings = _onward(e)
    return Finding(
        "descending",
        holds,
        says + steps,
        "exact: minimising from here gains more than half the accuracy, and there is a slope that "
        "leads there (where that was not done: "
        "the slope is more than a tenth of what it can be, or larger than its error); from shots: "
        "grad . g^-1 . grad is larger than its error, and the curvature leaves as much to gain",
        change,
        settings,
    )


def _onward(e: Evidence) -> tuple[str, dict[str, Any]]:
    """What brings more of what lies ahead: steps, a larger rate, or another method.

    Where what is left falls by exp(-decay) a step, to a part p of it takes log(1/p) / decay steps.
    """
    settings: dict[str, Any] = {"steps": 100}
    if e.all_round != "qng":
        settings = {"method": e.all_round, "steps": 100}
    if not e.nit:
        return f"steps: {command(settings)}", settings
    usual = max(2 * e.limit, 50)
    left = 0.0 if e.gain is None else e.gain.value
    more = math.inf
    if e.decay > 0 and left > e.accuracy / 4:
        more = _SPARE * math.log(4 * left / e.accuracy) / e.decay
    longer = float(np.fmin(e.eta * e.next_longer, e.steepest))
    if e.nit + more <= _MANY * usual:
        settings = {"steps": max(two_digits(e.nit + more), usual)}
    elif not math.isnan(e.next_longer) and longer >= 1.5 * e.eta and _quiet(e):
        settings = {"method": e.method, "lr": longer, "steps": max(e.limit, 100)}
        if e.method not in METHODS | CONTROLS:  # an object of the user's
            return f"a larger rate: {longer:.2g} (it is {e.eta:.2g})", {}
        return f"a larger rate: {command(settings)} (it is {e.eta:.2g})", settings
    elif e.method and e.method != e.all_round and math.isfinite(more):
        settings = {"method": e.all_round, "steps": max(e.limit, 100)}
        said = f"{two_digits(e.nit + more)} steps" if more < 1e9 else "very many steps"
        return f"another method, as this one needs some {said}: {command(settings)}", settings
    else:
        settings = {"steps": usual}
    return f"more steps: qng run --resume FILE --steps {settings['steps']}", settings


def _quiet(e: Evidence) -> bool:
    """Whether a larger rate has no noise to raise."""
    return e.step_noise is None or e.step_noise <= _QUIET * e.step_slope


def two_digits(value: float) -> int:
    """A number of steps, rounded up to two digits."""
    unit = 10.0 ** max(math.floor(math.log10(max(value, 1))) - 1, 0)
    return int(math.ceil(value / unit) * unit)


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
    above = opposite(decided(e.error, a) if e.error is not None else decided(e.variance, a**2))
    if e.noise and (e.state is None or e.error is None):
        above = None
    flat = None if e.gain is None else decided(e.gain, a)
    parts = [] if e.gain is None else [f"{in_units(e.gain.value, e)} left to gain near the point"]
    if e.error is not None:
        parts.append(f"{in_units(e.error.value, e)} above the reference")
        if e.noise and e.state is None:
            parts.append(f"of which the noise of {e.executor} may be all")
    elif e.variance is not None:
        parts.append(f"sqrt(<H^2> - <H>^2) is {in_units(root(e.variance.value), e)}")
    says = ", ".join(parts) or "what is left to gain is not known"
    apart = "--starts 10" if e.ground == "exact" else "--executor statevector"
    # Where the variance is not told from zero, a plateau is told by the curvature alone.
    curved: bool | None = opposite(plateau(e).holds)
    if curved is None and len(e.hessian):
        curved = bool(e.hessian[0] > a)
    return Finding(
        "minimum",
        every(above, flat, opposite(saddle(e).holds), curved),
        says,
        _MINIMUM,
        f"local, or of an ansatz that is too shallow: qng diagnose {{problem}} {apart} tells them "
        "apart by minimising from other starts; qng compare {problem} --starts 20",
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
    "the energy is above the reference by more than the accuracy (without one: "
    "sqrt(<H^2> - <H>^2) is larger than it, so that it is no eigenstate), and no more than the "
    "accuracy is left to gain by slope or by negative curvature"
)
