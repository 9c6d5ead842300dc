"""The natural direction of a gradient that somebody else has computed: (M + lambda) d = grad."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from qng import checks
from qng.adapters.asked import Asked, check_metric, circuit_or_problem
from qng.adapters.jets import Draws, rows_of
from qng.adapters.rehearsed import Rehearsal, rehearse, somewhere
from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.errors import InputError, shown
from qng.geometry import AdaptiveTikhonov, Dense, Floored, LinearDamping, Metric, Solver
from qng.plan.quantities import By
from qng.problem.anyproblem import AnyProblem
from qng.run import point as values


@dataclass(frozen=True)
class Natural:
    """M d = grad with the metric of a circuit, at many points.

    Args:
        parameters: Their names, in the order of theta.
        metrics: (points of shape (N, P), seed) -> N metrics, in one batch.
        solve: M d = grad.
        draws: What decides them.
        trained: Which parameters are, shape (F,): the direction of the others is 0.
    """

    parameters: tuple[str, ...]
    metrics: Callable[[Array, int], tuple[Metric, ...]]
    solve: Solver
    draws: Draws
    trained: Integers

    @staticmethod
    def of(
        target: Any,
        damping: float | Solver,
        metric: str | By,
        executor: Any,
        shots: Any,
        seed: Any,
    ) -> Natural:
        """From what a user gives.

        Args:
            target: A circuit, ours or Qiskit's, or a problem.
            damping: lambda, or a solver of `qng.geometry`.
            metric: As in `qng.metric`; with options as `By("blocks", rule="wires")`.
            executor: By name or as an object.
            shots: Of a metric; None: exact.
            seed: Of all draws, where a call brings none.

        Raises:
            InputError: Any of these that is not like that.
        """
        source, by = circuit_or_problem(target), By.of(metric)
        asked = Asked.of(executor, shots, seed, source)
        check_metric(source, by, asked)
        if (point := somewhere(source)) is not None:
            dry = replace(asked, device=Rehearsal(asked.device))
            rehearse(lambda: _metrics(source, by, dry, point[None], 0))
        solve = _solver(damping)
        names = source.parameters
        trained = np.arange(len(names)) if isinstance(source, Circuit) else source.free
        return Natural(names, partial(_metrics, source, by, asked), solve, asked.draws, trained)

    def directions(
        self,
        points: Array,
        gradients: Array,
        words: Integers | None = None,
        free: Integers | None = None,
    ) -> Array:
        """d at many points; of some parameters alone, where the others do not move.

        Args:
            points: Shape (..., P); where a number is not finite, d is NaN.
            gradients: Shape (..., P), or (..., F) of the free ones.
            words: Of a seed a point, shape (..., W).
            free: Which parameters, shape (F,); None: all.

        Returns:
            Shape of the gradients.
        """
        flat, rows = rows_of(np.asarray(points, float)), rows_of(np.asarray(gradients, float))
        columns = np.arange(rows.shape[1]) if free is None else free
        moved = np.flatnonzero(np.isin(columns, self.trained))
        own, whole = columns[moved], len(moved) == len(self.parameters)
        found = np.full(rows.shape, np.nan)
        good = np.flatnonzero(np.isfinite(flat).all(axis=1) & np.isfinite(rows).all(axis=1))
        for key, chosen in self.draws.groups(good, None if words is None else rows_of(words)):
            for k, metric in zip(chosen, self.metrics(flat[chosen], key)):
                inner = metric if whole else _part(metric, own)
                found[k] = 0.0
                found[k, moved] = self.solve(inner, rows[k, moved]).direction
        return found.reshape(np.shape(gradients))


def _metrics(
    source: Circuit | AnyProblem, by: By, asked: Asked, points: Array, key: int
) -> tuple[Metric, ...]:
    name: Any = by.estimator
    call: dict[str, Any] = {"executor": asked.device, "shots": asked.shots, **dict(by.options)}
    found: Any = values.metric(source, points, name, seed=key, **call)
    return tuple(found)


def _part(metric: Metric, free: Integers) -> Metric:
    """The rows and columns of some parameters: the others do not move."""
    own, error = np.ix_(free, free), metric.std_error
    return Dense(metric.dense()[own], None if error is None else error[own])


def _solver(damping: Any) -> Solver:
    if isinstance(damping, (AdaptiveTikhonov, LinearDamping)):
        raise InputError(
            f"{type(damping).__name__} needs the steps before it, which are not known here: give a "
            "number, or a solver such as qng.geometry.SpectralCutoff"
        )
    if callable(damping) and hasattr(damping, "needs_matrix"):
        solver: Solver = damping
        return solver
    if callable(damping) or isinstance(damping, (str, bytes)) or np.ndim(damping):
        raise InputError(f"damping must be a number or a solver, not {shown(damping)}")
    return Floored(checks.not_negative("damping", damping))
