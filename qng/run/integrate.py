r"""theta' = f(t, theta), piece by piece: SciPy's solvers with error control, and Euler's steps.

SciPy's solvers are stepped here one step at a time, so that what is done is never lost: whatever
ends the integration, the pieces so far have been handed on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import EvolutionError

INTEGRATORS: Final = ("RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA", "euler")
"""Names of SciPy's solvers with error control, and "euler" for steps of one size."""

LEAST_RTOL: Final = 100 * float(np.finfo(float).eps)
"""SciPy's solvers take no smaller one."""

Field = Callable[[float, Array], Array]


@dataclass(frozen=True, eq=False)
class Piece:
    """One accepted step.

    Args:
        start: Where it begins.
        end: Where it ends.
        last: theta there, shape (P,).
        at: theta at a time between the two.
    """

    start: float
    end: float
    last: Array
    at: Callable[[float], Array]


@dataclass(frozen=True)
class Integrator:
    """How theta' = f is integrated.

    Args:
        name: Of `INTEGRATORS`.
        rtol: Allowed error of a step, relative to theta; not used by "euler".
        atol: Allowed error of a step, radians; not used by "euler".
        step: The size of Euler's steps; elsewhere the largest step, None: no limit.
    """

    name: str = "RK45"
    rtol: float = 1e-6
    atol: float = 1e-8
    step: float | None = None

    def pieces(self, f: Field, theta: Array, time: float) -> Iterator[Piece]:
        """The accepted steps from 0 to a time.

        Args:
            f: The right-hand side.
            theta: Where it starts, shape (P,).
            time: Where it ends, above 0.

        Raises:
            EvolutionError: The solver cannot go on, such as below the smallest step.
        """
        if self.name == "euler":
            return self._steps(f, theta, time)
        return self._controlled(f, theta, time)

    def grid(self, time: float) -> Array:
        """Where Euler's steps are, from 0 to a time; the last is shorter if they are not even."""
        assert self.step is not None
        count = max(1, int(np.ceil(time / self.step * (1 - 1e-12))))
        return np.append(self.step * np.arange(count), time)

    def _steps(self, f: Field, theta: Array, time: float) -> Iterator[Piece]:
        times = self.grid(time).tolist()
        for start, end in pairwise(times):
            assert self.step is not None
            size = end - start
            if abs(size - self.step) <= 1e-12 * time:
                size = self.step  # as it was given, to the bit
            rate = f(start, theta)
            last = theta + size * rate
            yield Piece(start, end, last, _straight(start, theta, rate))
            theta = last

    def _controlled(self, f: Field, theta: Array, time: float) -> Iterator[Piece]:
        import scipy.integrate

        limit = np.inf if self.step is None else self.step
        kind: Any = getattr(scipy.integrate, self.name)
        solver = kind(f, 0.0, theta, time, rtol=self.rtol, atol=self.atol, max_step=limit)
        while solver.status == "running":
            with warnings.catch_warnings():
                # LSODA warns of what it returns as a failure, too.
                warnings.filterwarnings("ignore", message="lsoda:", category=UserWarning)
                message = solver.step()
            if solver.status == "failed":
                why = " ".join((message or "it gives no reason").split()).rstrip(".")
                raise EvolutionError(
                    f"{self.name} cannot go on ({why}): the equations are too stiff for it, or "
                    "singular; take more damping, or integrator='Radau'"
                )
            yield Piece(solver.t_old, solver.t, solver.y.copy(), solver.dense_output())


def _straight(start: float, theta: Array, rate: Array) -> Callable[[float], Array]:
    return lambda t: theta + (t - start) * rate
