"""What whoever is asked would refuse, refused when a function is made.

Frameworks call out of compiled programs, where an error loses its type: too few shots, or none for
an executor that counts bits, are found by going through the motions once without running anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qng.adapters.differentiable.asked import Asked
from qng.adapters.differentiable.jets import Jets, Level
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.plan.deal import Dealing
from qng.plan.executor import Executor, Service, dealing_of
from qng.plan.request import Request, Result
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem


def tried(
    jets: Jets, make: Callable[[Asked], Level], asked: Asked, source: Circuit | AnyProblem
) -> Jets:
    """A function that refuses derivatives as whoever is asked would; refused itself if so.

    Args:
        jets: The function.
        make: How its derivatives are had.
        asked: Of whom.
        source: The circuit or the problem.

    Raises:
        InputError: Its values would be refused.
    """
    point = somewhere(source)

    def trial(order: int) -> None:
        if point is not None:
            level = make(replace(asked, device=Rehearsal(asked.device)))
            rehearse(lambda: level(point[None], range(order, order + 1), 0))

    found = replace(jets, trial=trial)
    found.try_order(0)
    return found


def rehearse(call: Callable[[], object]) -> None:
    """Go on until something would be run."""
    with contextlib.suppress(_StopError):
        call()


class _StopError(Exception):
    """Something would be run now."""


@dataclass(frozen=True)
class Rehearsal:
    """An executor that refuses what another one refuses, and runs nothing.

    Args:
        inner: The other one.
    """

    inner: Executor | Service

    @property
    def name(self) -> str:
        """That of the other one."""
        return self.inner.name

    @property
    def noise(self) -> str:
        """That of the other one."""
        return self.inner.noise

    @property
    def answers(self) -> frozenset[type]:
        """Those of the other one."""
        return self.inner.answers

    @property
    def dealing(self) -> Dealing:
        """That of the other one."""
        return dealing_of(self.inner)

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """Stop here."""
        raise _StopError


def somewhere(source: Circuit | AnyProblem) -> Array | None:
    """A point where angles are known to be defined; None where nobody has said."""
    if isinstance(source, Circuit):
        return np.zeros(source.n_parameters) if source.is_affine else None
    if not isinstance(source, Problem):
        return None
    affine = all(circuit.is_affine for circuit, _ in source.ensemble)
    return source.initial if affine or source.start is not None else None
