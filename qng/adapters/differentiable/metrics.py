"""Metrics as jets: any of them, and the derivative of those of which it is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from qng.adapters.differentiable.asked import Asked, check_metric, circuit_or_problem, ensemble_for
from qng.adapters.differentiable.derived import DIFFER
from qng.adapters.differentiable.jets import Jets, Level, levelled
from qng.adapters.differentiable.rehearsed import tried
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.estimate.fubini import derivative
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.plan.request import Tangent
from qng.problem.anyproblem import AnyProblem
from qng.run import point as values
from qng.run.bench import answers
from qng.run.idle import Kept

_ONLY: Final = (
    "the derivative is known of 'exact', 'blocks', 'diagonal' and 'blocks-diagonal', without shots "
    "and on the statevector"
)

_WHOLE: Final = ("exact", "implicit", "low-rank", "overlaps", "blocks+overlaps", "hadamard")
"""Names of the whole metric, which without shots is the same for all of them."""


def metric(
    target: Any, estimator: str, executor: Any, shots: Any, seed: Any, **options: Any
) -> Jets:
    """A metric, with its derivative where that is known.

    Args:
        target: A circuit, ours or Qiskit's, or a problem.
        estimator: As in `qng.metric`.
        executor: By name or as an object.
        shots: Of a metric; None: exact.
        seed: Of all draws, where a call brings none.
        options: Of the estimator.
    """
    source = circuit_or_problem(target)
    names, shape = source.parameters, (len(source.parameters),) * 2
    asked = Asked.of(executor, shots, seed, source)
    check_metric(source, By(estimator, **options), asked)
    known = asked.shots is None and Tangent in asked.device.answers
    slopes = _slopes_of_metric(estimator, options) if known else None
    most, why = (0, _ONLY) if slopes is None else (1, DIFFER)

    def make(whom: Asked) -> Level:
        def value(points: Array, key: int) -> Array:
            call = {"executor": whom.device, "shots": whom.shots, "seed": key, **options}
            found: Any = values.metric(source, points, estimator, **call)
            return np.array([one.dense() for one in found])

        return levelled([value]) if slopes is None else _with_slopes(source, value, slopes, whom)

    found = Jets("the metric", names, shape, most, why, make(asked), asked.draws)
    return tried(found, make, asked, source)


Slopes = Callable[[Circuit, Array], Plan[tuple[Array, Array]]]


def _with_slopes(
    source: Circuit | AnyProblem, value: Callable[[Array, int], Array], slopes: Slopes, asked: Asked
) -> Level:
    """Values in their own way, and derivatives with them."""
    ensemble = ensemble_for(source)
    circuits = Kept.of(ensemble, asked.device).ensemble(ensemble)

    def level(points: Array, orders: range, key: int) -> Sequence[Array]:
        if orders.stop == 1:
            return [value(points, key)]
        found = answers(asked.device, [_weighted(circuits, slopes, x) for x in points])
        return [np.array(column) for column in zip(*found)][orders.start :]

    return level


def _slopes_of_metric(estimator: str, options: dict[str, Any]) -> Slopes | None:
    """g and its derivative, of the metrics of which that is known."""
    if estimator in ("auto", *_WHOLE):
        return derivative.exact
    if estimator == "diagonal":
        return lambda circuit, theta: derivative.of_diagonal(derivative.exact(circuit, theta))
    rule = partial(derivative.blocks, rule=options.get("rule", "commuting"))
    if estimator == "blocks":
        return rule
    if estimator == "blocks-diagonal":
        return lambda circuit, theta: derivative.of_diagonal(rule(circuit, theta))
    return None


def _weighted(
    circuits: Sequence[tuple[Circuit, float]], make: Slopes, theta: Array
) -> Plan[tuple[Array, Array]]:
    """sum_k w_k of g and its derivative."""
    plans = {str(k): make(circuit, theta) for k, (circuit, _) in enumerate(circuits)}
    weights = np.array([weight for _, weight in circuits])

    def total(found: dict[str, tuple[Array, Array]]) -> tuple[Array, Array]:
        g, slopes = zip(*found.values())
        return np.tensordot(weights, g, 1), np.tensordot(weights, slopes, 1)

    return join(plans).map(total)
