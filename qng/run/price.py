"""What a run costs on a device: circuits, shots and jobs, row by row.

A run from shots knows its circuits and its shots. An exact one is counted as what the same steps
would be on a device (`tariff.py`): an exact metric is one sweep of a simulator, and hundreds of
circuits there. Steps differ by what they measure: with a fresh metric or with one that is kept,
with so many energies of a search; how often each kind occurred is read off the trace. A step that
was undone has cost what it measured.

    shots = 1000 circuits, of exact runs            QPU time = 2 s a job + 0.35 ms a shot
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from weakref import finalize

import numpy as np

from qng.arrays import Array
from qng.errors import InputError, QngError
from qng.geometry import Identity
from qng.optimize.cmaes import CMAES
from qng.optimize.method import State
from qng.optimize.optimizer import Optimizer
from qng.optimize.quiver import Quiver
from qng.optimize.rotosolve import Rotosolve
from qng.optimize.scipy import SciPy
from qng.optimize.search.descent import rounds
from qng.optimize.search.divergence import DivergenceRegion
from qng.optimize.search.geodesic import Geodesic
from qng.optimize.search.plane import PlaneSearch
from qng.plan.cost import quantum_seconds
from qng.problem.problem import Problem
from qng.run.objective import Counted, is_own
from qng.run.results import Run
from qng.run.tariff import Batch, Tariff

SHOTS_A_CIRCUIT: Final = 1_000
"""Of an exact run, where nobody has said how many."""


class UnpricedError(InputError):
    """Nobody can say what a run costs on a device."""


@dataclass(frozen=True, eq=False)
class Price:
    """What a run has cost up to and with each of its rows, the final energy in the last one.

    Args:
        circuits: With their measurement basis and angles, shape (nit + 1,).
        shots: Likewise.
        jobs: Batches, likewise; where a search may leave rounds out, at most.
        counted_as: The estimator by which the full metric of an exact run was counted, or "".
    """

    circuits: Array
    shots: Array
    jobs: Array
    counted_as: str = ""

    @property
    def seconds(self) -> Array:
        """Estimated QPU time, by IBM's quick form, shape (nit + 1,)."""
        return quantum_seconds(self.shots, self.jobs)


def price(run: Run) -> Price:
    """What a run costs on a device; nothing is run.

    Args:
        run: From shots, or exact.

    Raises:
        UnpricedError: A method of your own, whose questions nobody knows before, or an estimator
            that cannot be had from shots.

    Cost: planning and lowering one step of each kind, once a problem and method.
    """
    known = _PRICES.get(id(run))
    if known is None:
        known = _PRICES[id(run)] = _priced(run)
        finalize(run, _PRICES.pop, id(run), None)
    if isinstance(known, UnpricedError):
        raise known.with_traceback(None)
    return known


# By the identity of runs, for as long as these are there: who draws a picture asks many times.
_PRICES: Final[dict[int, Price | UnpricedError]] = {}


def _priced(run: Run) -> Price | UnpricedError:
    try:
        return _counted(run)
    except UnpricedError as error:
        return error


def _counted(run: Run) -> Price:
    if run.made is None:
        raise UnpricedError(f"the run of {run.method} does not say how it was made")
    if not isinstance(run.made.problem, (Problem, Counted)):
        if is_own(run.made.problem):
            raise UnpricedError(f"{run.problem} asks for more than energies of circuits")
        raise UnpricedError(f"{run.problem} is a model: nothing of it is run on a device")
    tariff = Tariff.of(run)
    try:
        rows = _rows(run, tariff)
    except UnpricedError:
        raise
    except QngError as error:
        raise UnpricedError(f"{run.method} cannot be counted on a device: {error}") from error
    jobs = np.cumsum([row.jobs for row in rows])
    if run.made.shots is not None:
        return Price(run.trace["evaluations"], run.trace["shots"], jobs)
    circuits = np.cumsum([row.circuits for row in rows])
    return Price(circuits, SHOTS_A_CIRCUIT * circuits, jobs, tariff.counted_as)


@dataclass(frozen=True)
class _Batches:
    """What was asked in a row, as it would be on a device.

    Args:
        circuits: In all its batches.
        jobs: How many batches.
    """

    circuits: int
    jobs: int

    def __add__(self, other: _Batches) -> _Batches:
        return _Batches(self.circuits + other.circuits, self.jobs + other.jobs)


_NOTHING: Final = _Batches(0, 0)


def _rows(run: Run, tariff: Tariff) -> list[_Batches]:
    """What each row has cost; the circuits are those of an exact run."""
    assert run.made is not None
    method, asked = run.made.method, np.diff(run.trace["evaluations"], prepend=0)
    exact = run.made.shots is None
    first: tuple[Any, ...]
    steps, last = asked[:-1].astype(int).tolist(), int(asked[-1])
    if isinstance(method, Optimizer):
        accepted = run.trace["accepted"][:-1]
        found, due = _optimized(method, tariff, steps, accepted, exact)
        first = ("step", bool(steps), due)
    elif isinstance(method, SciPy):
        found = [_iterated(method, tariff, n) if exact else _Batches(0, 1) for n in steps]
        first = ("question", method.gradient is not None)
    elif isinstance(method, (CMAES, Quiver)):
        found = [_drawn(tariff, n) for n in steps]
        first = ("energy",)
    elif isinstance(method, Rotosolve):
        found = [_swept(tariff, n) for n in steps]
        first = ("energy",)
    else:
        raise UnpricedError(
            f"{run.method} is a method of your own that asks as it goes: what it costs on a device "
            "is not known"
        )
    return [*found, _closing(run, tariff, last, first) if exact else _Batches(0, 1)]


def _optimized(
    method: Optimizer, tariff: Tariff, asked: Sequence[int], accepted: Array, exact: bool
) -> tuple[list[_Batches], bool]:
    """The steps of an optimizer, and whether a metric was due after them.

    Args:
        method: It.
        tariff: What plans its batches.
        asked: Evaluations of each step.
        accepted: Whether its point was kept.
        exact: Whether evaluations are those of a simulator.
    """
    found, shares = [], rounds(method.search)
    state, known = State.at(np.zeros(tariff.size)), dict[tuple[bool, bool], Batch]()
    for k, (evaluations, kept) in enumerate(zip(asked, accepted)):
        wanted = method.precondition.wants(state)
        here = _Batches(0, 1)
        if exact:
            kind = (k > 0, wanted is not None)
            if kind not in known:
                known[kind] = tariff.counted("step", *kind)
            first = known[kind]
            here = _Batches(first.circuits, 1)
            if shares and kept:
                here += _searched(method, tariff, evaluations - first.asked)
        elif shares and kept:
            here += _Batches(0, len(shares))
        found.append(here)
        if not kept:
            state = replace(state, step=k + 1, age=state.age + 1, undone=state.undone + 1)
            continue
        metric = state.metric if wanted is None or not wanted.kept else Identity(tariff.size)
        age = 1 if wanted is not None and wanted.anew else state.age + 1
        state = replace(state, step=k + 1, metric=metric, age=age)
    return found, method.precondition.wants(state) is not None


def _searched(method: Optimizer, tariff: Tariff, asked: int) -> _Batches:
    """What a search has asked, from its evaluations on a simulator."""
    search, energy = method.search, tariff.counted("energy")
    found = _NOTHING
    if isinstance(search, Geodesic):
        bend = tariff.counted("connection")
        if asked >= bend.asked:
            asked, found = asked - bend.asked, _Batches(bend.circuits, 1)
    points = max(asked, 0) // energy.asked
    if isinstance(search, DivergenceRegion):
        # A device does not know the divergences that are asked for beside the energies.
        points = min(points, search.trials)
    # After its grid, of one size or another, a plane search may measure one point more.
    fitted = isinstance(search, PlaneSearch) and points in (
        search.trials + 1,
        3 * search.trials + 3,
    )
    return found + _Batches(points * energy.circuits, (points > 0) + fitted)


def _iterated(method: SciPy, tariff: Tariff, asked: int) -> _Batches:
    """What an iteration of SciPy's has asked: energies, with gradients as the method does."""
    energy = tariff.counted("energy")
    if method.gradient is None:
        points = asked // energy.asked
        return _Batches(points * energy.circuits, points)
    both = tariff.counted("question", True)
    sloped = asked // both.asked
    if method.name == "SLSQP":
        sloped = min(sloped, 1)
    alone = (asked - sloped * both.asked) // energy.asked
    circuits = sloped * both.circuits + alone * energy.circuits
    return _Batches(circuits, sloped + alone)


def _swept(tariff: Tariff, asked: int) -> _Batches:
    """A sweep of Rotosolve's."""
    energy = tariff.counted("energy")
    moving = sum(bool(degree) for _, degree in tariff.asked.frequencies())
    return _Batches(asked // energy.asked * energy.circuits, max(moving, 1))


def _drawn(tariff: Tariff, asked: int) -> _Batches:
    """Energies of one batch: a generation of CMA-ES, or the slopes of QUIVER."""
    energy = tariff.counted("energy")
    return _Batches(asked // energy.asked * energy.circuits, 1)


def _closing(run: Run, tariff: Tariff, asked: int, first: tuple[Any, ...]) -> _Batches:
    """What was asked after the last step: the first batch of one that was not done, energies.

    Args:
        run: The run.
        tariff: What plans its batches.
        asked: Evaluations.
        first: The kind of that batch.
    """
    energy = tariff.counted("energy")
    closed = 0 if run.failed or run.interrupted else energy.asked
    found, left = _NOTHING, asked - closed
    if left > 0 and tariff.size:
        begun = tariff.counted(*first)
        if left >= begun.asked:
            found, left = _Batches(begun.circuits, 1), left - begun.asked
    points = max(left + closed, 0) // energy.asked
    return found + _Batches(points * energy.circuits, points)
