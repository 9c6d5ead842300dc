"""A finding: whether something holds at a point, by which rule, and what to change."""

from __future__ import annotations

from dataclasses import dataclass

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
    "minimum": "a minimum above the reference",
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
    """

    name: str
    holds: bool | None
    says: str
    rule: str
    change: str = ""

    @property
    def title(self) -> str:
        """In a few words."""
        return NAMES[self.name]
