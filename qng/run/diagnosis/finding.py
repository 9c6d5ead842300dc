"""A finding: whether something holds at a point, by which rule, and what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from qng.run.diagnosis.evidence import Evidence

NAMES: dict[str, str] = {
    "noise": "the noise of the device dominates",
    "solved": "converged",
    "no-influence": "no parameter moves the energy",
    "blind-metric": "the metric misses directions of the gradient",
    "long-step": "the step is too long",
    "plateau": "a plateau",
    "saddle": "a saddle",
    "shot-floor": "the gradient is below its shot noise",
    "descending": "still descending",
    "local-minimum": "a local minimum, above the reference",
    "shallow": "the ansatz is too shallow",
    "minimum": "a minimum, not of the lowest energy",
    "singular-point": "a singular point of the parameters",
    "null-space": "redundant parameters",
}
"""What findings are called, the most useful cause first."""


@dataclass(frozen=True)
class Finding:
    """Whether something holds at a point.

    Args:
        name: One of `NAMES`.
        holds: None where the evidence does not decide it.
        says: The evidence in words.
        rule: When it holds.
        change: What to do; {problem} stands for its name.
        settings: The same as arguments of `qng.minimize`, beside which those of the run stay (or,
            of steps alone, of `run.resumed`), where it can be said so.
    """

    name: str
    holds: bool | None
    says: str
    rule: str
    change: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """In a few words."""
        return NAMES[self.name]


def command(settings: Mapping[str, Any]) -> str:
    """The command line of a run with these settings."""
    options = [f"--{_OPTIONS.get(key, key)} {_shown(value)}" for key, value in settings.items()]
    return " ".join(["qng run {problem}", *options])


_OPTIONS: Final = {"method": "optimizer"}


def _shown(value: Any) -> str:
    return f"{value:.2g}" if isinstance(value, float) else str(value)


def in_units(value: float, e: Evidence) -> str:
    """An energy in its unit."""
    return f"{value:.4g} {e.unit}".strip()
