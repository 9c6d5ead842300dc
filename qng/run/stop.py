"""When a run ends: rules that are functions of the steps so far, judged in one place."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Final

import numpy as np

from qng.arrays import norm
from qng.errors import InputError
from qng.optimize.method import End, State, Step
from qng.plan.shots import PerCircuit, Shots
from qng.run import trend

StopRule = Callable[[Sequence[float]], str | None]
"""The energies so far, one a step that was kept -> why to stop, or None; readings, with shots."""


@dataclass(frozen=True)
class Named:
    """A stop rule with a name, by which a ledger knows it again.

    Args:
        name: It says all that tells the rule from others, such as "below -1.1".
        rule: The rule.
    """

    name: str
    rule: StopRule = field(compare=False, repr=False)

    def __call__(self, energies: Sequence[float]) -> str | None:
        """Why to stop, or None."""
        return self.rule(energies)


# A line search that fails so often in succession will not succeed.
_REJECTED: Final = 10

# Standard errors of its difference by which an energy must be higher to count as risen: of 1,000
# runs that end where they started, one does by chance.
_SIGMAS: Final = 3.0

# The same for exact energies, relative.
_EXACT: Final = 1e-9

# A step so many times as long as theta, or as 1, says nothing about where it leads.
_DIVERGED: Final = 1e4


@dataclass(frozen=True)
class Rules:
    """When a run ends; see `minimize`.

    Args:
        steps: Most updates.
        tol: Smallest change of the energy in a step; of energies with errors see `trend`.
        stop: A rule of one's own.
    """

    steps: int
    tol: float | None = None
    stop: StopRule | None = None

    @property
    def ask(self) -> bool:
        """Whether energies may end a run."""
        return self.tol is not None or self.stop is not None

    def met(self, rows: Sequence[Step], here: Step) -> End | None:
        """Whether the energy at a point ends the run there.

        Args:
            rows: The steps that have led to it; those that were undone say nothing.
            here: The point, with its energy.
        """
        if not self.ask or self._stuck(rows):
            return None
        kept = [*(row for row in rows if row.accepted), here]
        reason = self._settled(kept)
        if reason is None and self.stop is not None:
            reason = self.stop([row.energy for row in kept])
        return End(reason, met=True) if reason else None

    def unmet(self, rows: Sequence[Step], shots: Shots | None) -> str:
        """Why shots could not meet tol, where they could not; a part of a sentence.

        Args:
            rows: All steps of the run.
            shots: Of a step.
        """
        noisy = [row for row in rows if row.std_error]
        if self.tol is None or not noisy:
            return ""
        if not all(row.fresh for row in rows):
            return "tol is not judged, because the method chooses its points by their readings"
        more = trend.lacking(noisy, self.tol, self.steps + 1)
        if more <= 1:
            return ""
        samples = "samples" if shots is None else "shots"
        what = f"tol = {self.tol:g} cannot be resolved with these {samples} in {self.steps} steps"
        if shots is None or more == float("inf"):
            return what
        if isinstance(shots, PerCircuit):
            return f"{what}: it takes about {more * shots.shots:.0e} shots a circuit"
        return f"{what}: it takes about {more * shots:.0e} shots a step"

    def after(self, rows: Sequence[Step]) -> End | None:
        """Whether the steps that are done end the run."""
        stays = rows and rows[-1].eta == 0 and len(rows) >= _REJECTED
        if stays and all(row.eta == 0 and row.accepted for row in rows[-_REJECTED:]):
            return End(f"stopped: the line search found no decrease in {_REJECTED} steps")
        return End(f"all {self.steps} steps done") if len(rows) >= self.steps else None

    def _settled(self, kept: Sequence[Step]) -> str | None:
        """Whether the energy changes by no more than tol: in the last step, or in a window."""
        if self.tol is None or len(kept) < 2:
            return None
        if any(row.std_error for row in kept):
            fresh = [row for row in kept if row.fresh]
            found = trend.settled(fresh, self.tol, self.steps + 1)
            if found is None:
                return None
            changed = f"{found.slope:.1e} +- {found.error:.1e} a step in {found.points} points"
            return f"converged: the energy changed by {changed}, tol is {self.tol:g}"
        change = abs(kept[-1].energy - kept[-2].energy)
        if change > self.tol:
            return None
        return f"converged: the energy changed by {change:.1e}, tol is {self.tol:g}"

    def _stuck(self, rows: Sequence[Step]) -> bool:
        """Whether the last step was not taken although the gradient promises more than tol."""
        if not rows or self.tol is None:
            return False
        return rows[-1].eta == 0 and rows[-1].gradient_norm ** 2 > self.tol


def rise(first: Step, last: Step) -> float:
    """How far a run ended above its start; 0 where it did not, or where noise can be the reason."""
    risen = last.energy - first.energy
    error = math.hypot(first.std_error or 0.0, last.std_error or 0.0)
    floor = max(_SIGMAS * error, _EXACT * max(abs(first.energy), abs(last.energy)))
    return risen if risen > floor else 0.0


def called(rule: StopRule) -> str:
    """What a rule is called, for people."""
    name = getattr(rule, "__qualname__", None)
    if name is not None:
        return f"{rule.__module__}.{name}"
    return str(getattr(rule, "name", type(rule).__qualname__))


def identity(rule: StopRule | None) -> str:
    """By what a stop rule is known again: its name and its code, or what it is made of.

    Raises:
        InputError: A lambda, or a function within another: what tells it from others is not known.
    """
    if rule is None:
        return ""
    name = getattr(rule, "__qualname__", None)
    shown = repr(rule) if name is None else f"{rule.__module__}.{name}"
    if "<" in shown:
        raise InputError(
            f"the stop rule {' '.join(shown.split())} has no name by which a ledger could know it "
            "again: define it at the top of a module, or give qng.run.stop.Named('what it says', "
            "rule)"
        )
    code = getattr(rule, "__code__", None)
    return shown if code is None else f"{shown}:{_digest(code)}"


def _digest(code: CodeType) -> str:
    """Of what a function does, whatever its place in a file."""
    whole = hashlib.sha256(code.co_code)
    for constant in code.co_consts:
        whole.update(_constant(constant).encode())
    whole.update(repr((code.co_names, code.co_varnames)).encode())
    return whole.hexdigest()[:16]


def _constant(value: object) -> str:
    if isinstance(value, CodeType):
        return _digest(value)
    # Sets of texts have another order in every process.
    return repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value)


def diverged(state: State) -> End | None:
    """Whether a step was so long that it says nothing about where it leads."""
    length = norm(state.change)
    if length < _DIVERGED or length < _DIVERGED * max(
        1.0, float(np.linalg.norm(state.theta - state.change))
    ):
        return None
    return End(
        f"diverged at step {state.step - 1}: a step of length {length:.1e}; "
        "lower the learning rate or raise the damping",
        failed=True,
    )
