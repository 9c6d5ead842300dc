"""How the shots of a batch are dealt out: between the plans of a step, and between points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from qng.arrays import Array, Integers
from qng.errors import InputError
from qng.plan.plan import Plan
from qng.plan.repeats import repeats
from qng.plan.request import known_without_shots_only
from qng.plan.shots import LEAST as LEAST
from qng.plan.shots import PerCircuit, Shots

T = TypeVar("T")

ENERGY: Final = 0.1
"""Share of the energy in the shots of a step; it does not enter the step itself."""

CLOSING: Final = 0.1
"""The shots of the energy at the end of a run, over those of a step; they come on top."""

CLOSING_LEAST: Final = 20
"""Shots of a circuit of that energy, at least, as far as those of a step allow it."""

PILOT: Final = 0.5
"""Share of the metric in what is left, in the first step and where nothing else is known."""

MOST_QUBITS: Final = 62
"""Outcomes are kept as 64-bit masks."""

_FINEST: Final = 8
_WASTE: Final = 0.05


@dataclass(frozen=True)
class Dealing:
    """Which numbers of shots a device runs.

    Args:
        uniform: Whether all rows of a job have the same number; points with more are repeated.
        multiple: Of which the shots of a row are a multiple, where they are uniform.
        rows: A point, at most, on average over the points of a batch, where the spread of the
            weights allows it.
        means: Whether expectation values are asked for as they are, which the device itself makes
            circuits of: every point has the same number of shots, in each of its bases.
    """

    uniform: bool = False
    multiple: int = 1
    rows: int = 5
    means: bool = False

    @property
    def least(self) -> int:
        """Shots of a point, at least."""
        return -(-LEAST // self.multiple) * self.multiple if self.uniform else LEAST


EXACTLY: Final = Dealing()
"""Of a device that runs any numbers of shots in one job."""


def split(plans: Mapping[str, Plan[Any]], share: float) -> dict[str, Plan[Any]]:
    """The plans of one step with the weights of their requests scaled to their shares.

    The metric is kept apart: a step divides the gradient by it, and the errors of both are taken
    as independent, although a Fisher matrix or a Hessian asks at points of the shift rule too.
    Where something is asked that shots cannot answer, there is nothing to share out.

    Args:
        plans: "energy", and maybe "gradient" and "metric".
        share: Of the metric in what the energy leaves, in (0, 1).
    """
    if any(known_without_shots_only(r) for plan in plans.values() for r in plan.requests):
        return dict(plans)
    left = 1 - ENERGY if len(plans) > 1 else 1.0
    shares = {"energy": ENERGY if len(plans) > 1 else 1.0, "gradient": left, "metric": left}
    if "metric" in plans and "gradient" in plans:
        shares |= {"gradient": left * (1 - share), "metric": left * share}
    parts = {name: scaled(plan, shares[name]) for name, plan in plans.items()}
    return {n: plan.kept_apart(n) if n == "metric" else plan for n, plan in parts.items()}


def scaled(plan: Plan[T], share: float) -> Plan[T]:
    """The plan with weights that sum up to its share of a batch's shots."""
    total = sum(float(request.shares.sum()) for request in plan.requests)
    return plan.weighted(share / total) if total else plan


class TooFewShotsError(InputError):
    """Shots that cannot serve the circuits of a batch.

    Args:
        shots: How many there are.
        circuits: Of the batch.
        each: Shots of a circuit, at least.
    """

    def __init__(self, shots: object, circuits: int, each: int = LEAST) -> None:
        self.least = each * circuits
        super().__init__(
            f"{shots!r} shots cannot serve {circuits} circuits of one batch; give at least "
            f"{self.least}, better {max(100, 2 * each) * circuits}, or choose cheaper estimators"
        )


def closing(circuits: int, shots: Shots, dealing: Dealing = EXACTLY) -> Shots:
    """The shots of the energy at the end of a run.

    Args:
        circuits: Of that energy.
        shots: Of a step.
        dealing: Which numbers of shots the device runs.
    """
    if isinstance(shots, PerCircuit):
        return shots
    least = max(CLOSING_LEAST, dealing.least) * circuits
    return min(shots, max(round(CLOSING * shots), least))


def deal(weights: Array, shots: Shots, dealing: Dealing = EXACTLY) -> Integers:
    """Shots by weight, as integer multiples of one base number; at most `shots` in all.

    Args:
        weights: Positive, shape (points,).
        shots: For all points together, or for each.
        dealing: Which numbers the device runs.

    Raises:
        TooFewShotsError: Fewer than the device's least a point.
        InputError: Shots for each that the device does not run.
    """
    if len(weights) == 0:
        return np.zeros(0, dtype=np.int64)
    if isinstance(shots, PerCircuit):
        return shots.dealt(len(weights), dealing.multiple if dealing.uniform else 1)
    if not isinstance(shots, (int, np.integer)) or shots < dealing.least * len(weights):
        raise TooFewShotsError(shots, len(weights), dealing.least)
    if dealing.uniform:
        base, rows = repeats(weights, int(shots), dealing.multiple, dealing.least, dealing.rows)
        return base * rows
    return _as_wanted(weights, shots)


def _as_wanted(weights: Array, shots: int) -> Integers:
    wanted = shots * weights / weights.sum()
    best = np.zeros(0, dtype=np.int64)
    for finer in range(1, _FINEST + 1):
        base = max(int(wanted.min() / finer), LEAST)
        repeats = np.maximum(np.floor(wanted / base + 1e-9), 1).astype(np.int64)
        while base * repeats.sum() > shots:
            # Points that want less than the least have taken it from the others.
            repeats = np.maximum(repeats - 1, 1)
        if base * repeats.sum() > best.sum():
            best = base * repeats
        if best.sum() >= (1 - _WASTE) * shots or base == LEAST:
            break
    return best
