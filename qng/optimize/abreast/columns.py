"""Steps of many runs, field by field: every array has the runs as its first axis."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from qng.arrays import Array, Flags, Integers
from qng.optimize.method import Step


@dataclass(frozen=True, eq=False)
class Columns:
    """A step of many runs; the fields are those of `Step`, each of shape (runs,).

    Args:
        step: Updates done before it.
        theta: Shape (runs, P).
        energy: <H>.
        energy_variance: Of the states.
        eta: Step sizes.
        gradient_norm: Euclidean norms.
        length: In the metrics.
        rank: Of the metrics.
        condition: Of what was inverted.
        predicted: Decreases to first order.
        accepted: Whether the points were kept.
        metric: The class of those metrics that were used.
        damping: lambda there.
    """

    step: Integers
    theta: Array
    energy: Array
    energy_variance: Array
    eta: Array
    gradient_norm: Array
    length: Array
    rank: Integers
    condition: Array
    predicted: Array
    accepted: Flags
    metric: str
    damping: float

    def but(self, which: Integers, other: Columns) -> Columns:
        """With other steps of some of the runs."""
        new = arrays(other)
        own = {name: put(value, which, new[name]) for name, value in arrays(self).items()}
        return replace(self, **own, metric=other.metric, damping=other.damping)

    def at(self, k: int, **spent: float) -> Step:
        """The step of run k, with what has been spent by then."""
        values = {name: column[k] for name, column in self._lists}
        template = self._kept if values["accepted"] else _UNDONE
        return template.but(theta=self.theta[k], **values, **spent)

    @cached_property
    def _lists(self) -> list[tuple[str, list[Any]]]:
        return [(n, array.tolist()) for n, array in arrays(self).items() if n != "theta"]

    @cached_property
    def _kept(self) -> Step:
        return _UNDONE.but(metric=self.metric, damping=self.damping)


_UNDONE: Final = Step(step=0, theta=np.zeros(0), energy=math.nan)


def arrays(of: Any) -> dict[str, Any]:
    """The fields of a value that are arrays."""
    return {
        field.name: value
        for field in fields(of)
        if isinstance(value := getattr(of, field.name), np.ndarray)
    }


def put(array: Any, which: Integers, new: Any) -> Any:
    """An array with other entries for some of the runs."""
    whole = np.array(array)
    whole[which] = new
    return whole
