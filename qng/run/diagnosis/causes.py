"""Findings about how a run goes: its steps, its shots, its metric, the noise of its device."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from qng.optimize.methods import CONTROLS, METHODS, takes
from qng.plan.shots import PerCircuit
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.finding import Finding, in_units
from qng.run.diagnosis.reading import decided, every, opposite, root, some

MISSED: Final = 0.1
"""Share of the squared gradient that a metric has to miss."""

# What is left of a rate with which the energy rises, where no shorter step was tried.
_WITHOUT_PROBE: Final = 0.25


def noise(e: Evidence) -> Finding:
    """The energy that is read is far from that of the state."""
    rule = (
        "the energy that the executor gives differs from that of the noiseless state by more than "
        "the accuracy, and by at least half of what it is above the reference (without one: by "
        "more than is left to gain)"
    )
    if not e.noise:
        return Finding("noise", False, f"{e.executor} has no noise", rule)
    state = e.energy if e.ground == "exact" else e.state
    if e.read is None or state is None:
        return Finding("noise", None, "the energy of the noiseless state is not known", rule)
    bias = e.read.minus(state)
    larger = opposite(decided(bias, e.accuracy))
    if e.reference is not None:
        rest: bool | None = bias.value >= 0.5 * (e.read.value - e.reference)
    else:
        rest = None if e.gain is None else bias.value >= e.gain.value
    says = (
        f"{e.executor} reads {in_units(e.read.value, e)}, the state has {in_units(state.value, e)}"
        f": {in_units(bias.value, e)} higher"
    )
    return Finding(
        "noise",
        every(larger, rest),
        says,
        rule,
        "correct readout (--mitigate 10000), fewer two-qubit gates, a better device; or judge the "
        "parameters by their noiseless energy: qng diagnose {problem} --executor statevector",
    )


def blind_metric(e: Evidence) -> Finding:
    """The metric of the method has no information on a part of the gradient."""
    rule = (
        f"at least {MISSED:.0%} of the squared gradient lies in directions in which the metric of "
        "the method vanishes, and there is more than the accuracy to gain"
    )
    if math.isnan(e.missed):
        says = f"{e.method} measures no metric" if e.method else "no method was asked about"
        return Finding("blind-metric", False if e.method else None, says, rule)
    gains = None if e.gain is None else e.gain.value > e.accuracy
    says = f"{e.method_metric} misses {e.missed:.0%} of the squared gradient"
    return Finding(
        "blind-metric",
        every(e.missed >= MISSED, gains),
        says,
        rule,
        "another metric: --optimizer qng, whose range has every gradient",
        {"method": "qng"},
    )


def long_step(e: Evidence) -> Finding:
    """Steps raise the energy, and shorter ones lower it."""
    rule = (
        "the next step, taken with exact numbers, raises the energy, and a shorter one lowers it "
        "by more than half the accuracy; or in the last steps of the run it rose by more than the "
        "accuracy and by at least half of what it fell (of exact runs and of methods whose next "
        "step is not known), or the run diverged"
    )
    a = e.accuracy
    probe = None
    if not math.isnan(e.next_change):
        probe = e.next_change > 0 and e.next_gain > a / 2
    elif e.step_change is not None:
        probe = e.step_change > 0 and (e.gain is None or e.gain.value > a / 2)
    trace = None
    if not math.isnan(e.rises):
        trace = e.rises > max(a, 0.5 * e.falls)
    if e.failed and "diverged" in e.failed:
        holds: bool | None = True
    elif e.shots is not None and (probe or not math.isnan(e.next_change)):
        holds = probe
    elif e.shots is not None:
        drowned = None if e.step_noise is None else e.step_noise >= e.step_slope
        if drowned is None and e.step_mean is not None:
            drowned = False if e.step_mean.below(0.0) else None
        holds = every(trace, opposite(drowned))
    else:
        holds = some(probe, trace)
    parts = []
    if e.failed:
        parts.append(e.failed)
    if not math.isnan(e.next_change):
        parts.append(f"the next step changes the energy by {in_units(e.next_change, e)}")
        if probe:
            parts.append(f"{e.next_best:.2g} of it would gain {in_units(e.next_gain, e)}")
    if not math.isnan(e.rises):
        parts.append(
            f"in the last {e.steps} steps it rose by {in_units(e.rises, e)} and fell by "
            f"{in_units(e.falls, e)}"
        )
    settings: dict[str, Any] = {}
    guarded = f"a method that does not overshoot: --optimizer {e.all_round}"
    change = f"a smaller --lr, or {guarded}" if _has_rate(e) else guarded
    if math.isfinite(e.eta):
        tried = probe and not math.isnan(e.next_best)
        smaller = e.eta * (e.next_best if tried else _WITHOUT_PROBE)
        named = {"method": e.method} if e.method in METHODS | CONTROLS else {}
        settings = named | {"lr": float(np.fmin(smaller, e.steepest))}
        rate = f"--lr {settings['lr']:.2g} (the step is {e.eta:.2g})"
        change = f"{rate}, or {guarded}"
    return Finding(
        "long-step", holds, "; ".join(parts) or "no run, no method", rule, change, settings
    )


def shot_floor(e: Evidence) -> Finding:
    """What the shots add to the gradient outweighs it."""
    rule = (
        "run: more than half the accuracy is left to gain, and fresh steps from the point, with "
        "the shots of the run, raise the energy on average (where none can be taken, and where "
        "the last steps went up and down: noise adds more to grad . g^-1 . grad than it is); from "
        "shots: grad . g^-1 . grad is not told from "
        "zero, and what is left to gain is not told from more than the accuracy"
    )
    if e.shots is None:
        return Finding("shot-floor", False, "it is exact", rule)
    if e.ground == "shots":
        open_ = every(opposite(e.slope.above(0.0)), opposite(decided(e.left, e.accuracy) or False))
        if e.error is not None and e.error.below(e.accuracy):
            open_ = False
        times = _times(e)
        return Finding(
            "shot-floor",
            open_,
            f"grad . g^-1 . grad is {e.slope.value:.2g} +- {e.slope.std_error:.2g}",
            rule,
            f"more shots: {times}; at a minimum, a saddle or on a plateau only these tell",
        )
    if e.step_noise is None and e.step_mean is None:
        return Finding("shot-floor", None, "the noise of a step is not known", rule)
    left = None if e.gain is None else e.gain.value > e.accuracy / 2
    added = 0.0 if e.step_noise is None else e.step_noise
    ratio = added / e.step_slope if e.step_slope > 0 else math.inf
    drowned: bool | None
    if e.step_change is not None and e.step_mean is not None:
        drowned = True if e.step_mean.above(0.0) else False if e.step_mean.below(0.0) else None
        if not drowned and e.stuck and added >= e.step_slope:
            drowned = True  # what averages over steps falls for a while, and rises again
        says = (
            f"a step changes the energy by {in_units(e.step_change, e)} without noise, and by "
            f"{in_units(e.step_mean.value, e)} +- {e.step_mean.std_error:.1g} on average with it"
        )
        if e.step_change < 0:
            ratio = max(1 - e.step_mean.value / e.step_change, ratio if e.stuck else 0.0)
    else:
        drowned = added >= e.step_slope
        says = f"noise adds {added:.2g} to grad . g^-1 . grad = {e.step_slope:.2g}"
    # What a step gains is in proportion to what is left, what noise costs to 1 / shots: the two are
    # equal at the floor, which is to be at half the accuracy.
    nearer = 1.0 if e.gain is None else max(e.gain.value / e.accuracy, 1.0)
    more = 2 * ratio * nearer * e.shots if math.isfinite(ratio) else math.inf
    option = "--shots-per-circuit" if e.shots_each else "--shots"
    change, settings = "more shots", {}
    if math.isfinite(more):
        change = f"{option} {more:.1e}"
        settings = {"shots": PerCircuit(math.ceil(more)) if e.shots_each else math.ceil(more)}
    return Finding(
        "shot-floor",
        every(left, drowned),
        f"{says} ({e.shots} shots{' a circuit' if e.shots_each else ''})",
        rule,
        f"{change}, or a smaller --lr, which averages more steps" if _has_rate(e) else change,
        settings,
    )


def _has_rate(e: Evidence) -> bool:
    """Whether the method has a learning rate; one of a user's own may."""
    return e.method not in METHODS | CONTROLS or takes(e.method, "lr")


def _times(e: Evidence) -> str:
    """How many shots would tell a slope of the accuracy a radian from zero."""
    wanted = e.accuracy**2
    if e.slope.std_error <= 0 or e.shots is None:
        return "more"
    factor = max((2.6 * e.slope.std_error / wanted), 2.0)
    return (
        f"--shots {factor * e.shots:.0e} would tell a slope of {in_units(root(wanted), e)} a radian"
    )
