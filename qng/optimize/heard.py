"""What a method was told so far, kept as arrays from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array, Memory
from qng.plan.quantities import Energy

_ENERGY: Final = ("value", "std_error", "variance")


@dataclass(frozen=True)
class Answer:
    """What was measured at a point; the gradient has shape (P,)."""

    energy: Energy[float]
    gradient: Array | None = None

    def is_finite(self) -> bool:
        """Whether all numbers are."""
        slopes = () if self.gradient is None else self.gradient
        return bool(np.all(np.isfinite([self.energy.value, *slopes])))


@dataclass(frozen=True)
class Heard:
    """All answers of a run so far.

    Args:
        kept: Those of earlier steps.
        told: Those of this one.
    """

    kept: Memory
    told: Sequence[Answer]

    def __len__(self) -> int:
        return self._before + len(self.told)

    @property
    def _before(self) -> int:
        return len(self.kept["value"]) if self.kept else 0

    def since(self, first: int) -> Sequence[Answer]:
        """Those after the first few; the ones that are kept are made only where they are asked."""
        if first >= self._before:
            return self.told[first - self._before :]
        return [*_recalled(self.kept), *self.told][first:]

    @property
    def memory(self) -> Memory:
        """All of them, to be kept; a column that somebody did not give is left out."""
        new = _columns(self.told)
        if not self.kept:
            return new
        sloped = new["sloped"] + self._before
        gradients = [of["gradient"] for of in (self.kept, new) if len(of["gradient"])]
        return {
            **{
                name: np.concatenate([self.kept[name], new[name]])
                for name in _ENERGY
                if name in self.kept and name in new
            },
            "sloped": np.concatenate([self.kept["sloped"], sloped]),
            "gradient": np.concatenate(gradients) if gradients else np.array([]),
        }


def _columns(told: Sequence[Answer]) -> dict[str, Array]:
    found = {}
    for name in _ENERGY:
        column = [getattr(answer.energy, name) for answer in told]
        if all(value is not None for value in column):
            found[name] = np.array(column, dtype=float)
    sloped = [k for k, answer in enumerate(told) if answer.gradient is not None]
    found["sloped"] = np.array(sloped, dtype=float)
    found["gradient"] = np.array([told[k].gradient for k in sloped])
    return found


def _recalled(kept: Memory) -> list[Answer]:
    """The answers that were kept."""
    gradients = dict(zip(kept["sloped"].astype(int).tolist(), kept["gradient"]))
    energy = Energy(kept["value"], kept.get("variance"), kept.get("std_error"))
    return [Answer(energy.at(k), gradients.get(k)) for k in range(len(energy.value))]
