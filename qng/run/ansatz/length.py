"""The Fubini-Study length of the path that a run has taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qng import checks
from qng.arrays import Array, Integers
from qng.errors import InputError
from qng.geometry.rays import chords, curve_length, distance
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.ansatz.states import circuit_and_point, metrics, model_metrics, states
from qng.run.results import Run
from qng.run.target import is_model


@dataclass(frozen=True, eq=False)
class PathLength:
    """How far a path of states goes, and how far apart its ends are.

    Args:
        kept: Which points of the run are on it, shape (points,): all but those that were undone.
        chords: Distances between states that follow one another, shape (points - 1,), radians.
        straight: Lengths of the straight steps in the parameters, to second order in them,
            likewise; None: not asked for.
        direct: The distance from every point to the first one, shape (points,), at most pi/2; NaN
            of a model, whose states are not at hand.
    """

    kept: Integers
    chords: Array
    direct: Array
    straight: Array | None = None

    @property
    def total(self) -> float:
        """The sum of the chords: no curve through these states is shorter."""
        return float(self.chords.sum())

    @property
    def along(self) -> Array:
        """The length of the path up to every point, shape (points,)."""
        return np.concatenate([[0.0], np.cumsum(self.chords)])

    @property
    def distance(self) -> float:
        """The distance between the ends, at most pi/2."""
        return float(self.direct[-1])

    @property
    def detour(self) -> float:
        """total / distance, at least 1; inf where the path comes back."""
        if np.isnan(self.distance) or self.distance > 0:
            return self.total / self.distance
        return np.inf if self.total > 0 else 1.0


def path_length(run: Any, theta: Any = None, straight: bool = False) -> PathLength:
    """The Fubini-Study length of a run, or of any path of points.

    Steps that were undone are no part of it.

    Args:
        run: What `qng.minimize` returns; or a circuit or problem, with `theta`. Of the run of a
            model the straight steps stand for the chords.
        theta: Points of a circuit in their order, shape (points, P), radians.
        straight: Measure also the straight steps in the parameters, by the metric at all points:
            where these are longer than the chords, the run turns within a step.

    Raises:
        InputError: Another object, a run that does not say what it minimised, an ensemble.

    Cost: a state a point; the metric, too, with `straight`.

    Example:
        >>> import qng
        >>> round(path_length(qng.minimize("one-qubit", "qng", steps=200)).detour, 2)
        1.01
    """
    if isinstance(run, Run):
        if theta is not None:
            raise InputError("a run has its own points: leave theta out")
        if run.made is None:
            raise InputError("the run does not say how it was made: its problem is not known")
        problem: Any = run.made.problem
        kept = np.flatnonzero(np.asarray(run.trace["accepted"], dtype=bool))
        kept = np.unique(np.concatenate([[0], kept]))
        points, start = run.trace["theta"][kept], run.trace["theta"][0]
        points = points[:, problem.free]
        if is_model(problem):
            return _of_model(problem.reduced(start), kept, points)
        circuit, _ = circuit_and_point(problem, start)
    else:
        rows = checks.reals("theta", [] if theta is None else theta)
        if rows.ndim != 2 or not len(rows):
            raise InputError("a path is of points in rows: give a run, or theta of two axes")
        circuit, first = circuit_and_point(run, rows[0])
        assert first is not None
        free = run.free if isinstance(run, Problem) else slice(None)
        kept, points = np.arange(len(rows)), circuit.check(rows[:, free])
    visited = states(circuit, points)
    steps = None
    if straight:
        steps = curve_length(np.diff(points, axis=0), metrics(circuit, points))
    direct = np.atleast_1d(distance(visited[:1], visited))
    return PathLength(kept, chords(visited), direct, steps)


def _of_model(model: AnyProblem, kept: Integers, points: Array) -> PathLength:
    """By the metric of the model at all points."""
    matrices = np.array([found.dense() for found in model_metrics(model, points, "auto")])
    steps = curve_length(np.diff(points, axis=0), matrices)
    return PathLength(kept, steps, np.full(len(points), np.nan), steps)
