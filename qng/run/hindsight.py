"""What only a simulator knows of the points of a run: no evaluations, and nothing a method sees.

Fidelities, and where a run has shots or noise the exact energies by which it is judged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Amplitudes, Array
from qng.errors import QngError
from qng.execute.names import executor as executor_of
from qng.models.charts import Reparametrised
from qng.models.loss import Judged
from qng.models.problem import ModelProblem
from qng.optimize.method import Step
from qng.plan.executor import Executor, Service, answers_at_once
from qng.plan.plan import Plan
from qng.plan.request import Request
from qng.plan.request import State as StateMeasure
from qng.plan.shots import Shots
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.bench import answer
from qng.run.judge import is_cheap
from qng.run.objective import Circuits

# States held at once.
_POINTS: Final = 64


def diagnosed(
    rows: Sequence[Step],
    problem: AnyProblem,
    inner: AnyProblem,
    device: Executor | Service,
    shots: Shots | None,
    lost: bool = False,
) -> list[Step]:
    """The rows of a run with their fidelities and exact energies, where these can be had.

    Args:
        rows: With all parameters.
        problem: What was minimised.
        inner: The same in its free parameters only.
        device: What answered.
        shots: Of a step; None: exact.
        lost: Whether it does not answer any more.

    Cost: the states of all points once more. Exact energies are had from the device, where it is an
    exact simulator, or from the statevector, where that is cheap (`judge.is_cheap`).
    """
    simulator = None
    if StateMeasure in device.answers and answers_at_once(device) and not lost:
        simulator = device
    free, found = problem.free, list(rows)
    if not (isinstance(problem, Problem) and isinstance(inner, Problem)):
        return _judged(found, free, inner)
    if shots is not None or device.noise:
        exact = None if device.noise else simulator
        if exact is None and is_cheap(inner.ensemble, inner.observable):
            exact = executor_of("statevector", most_threads=1)
        if exact is not None:
            energies = _energies(inner, exact)
            found = _looked(found, free, energies, lambda row, x: row.but(exact=x))
    space = None if simulator is None else problem.ground_space()
    if space is not None and simulator is not None:
        weights = _weights(inner, simulator, space[1].conj())
        found = _looked(found, free, weights, lambda row, x: row.but(fidelity=x))
    return found


def _judged(rows: list[Step], free: NDArray[np.intp], inner: AnyProblem) -> list[Step]:
    """The rows of a model with exact values, where it has samples and these are cheap."""
    exact = _without_samples(inner)
    if exact is None or exact(inner.initial[None]) is None:  # not cheap
        return rows
    return _looked(rows, free, exact, lambda row, x: row.but(exact=x))


def _without_samples(problem: AnyProblem) -> Callable[[Array], Any] | None:
    """Exact values of a model from samples, in whatever coordinates it is; None: it has none."""
    if isinstance(problem, Reparametrised):
        exact = _without_samples(problem.problem)
        return None if exact is None else lambda points: exact(problem.theta(points))
    loss: Any = problem.loss if isinstance(problem, ModelProblem) else None
    if loss is None or loss.drawn(problem.initial, 0) is loss or not isinstance(loss, Judged):
        return None
    return loss.exact


def _energies(inner: Problem, device: Executor) -> Callable[[Array], Array]:
    """Exact energies at points."""
    objective = Circuits.of(inner, device, counting=False)
    return lambda thetas: answer(device, objective.energy(thetas)).value


def _weights(inner: Problem, device: Executor, ground: Amplitudes) -> Callable[[Array], Array]:
    """Weights in the ground space at points."""

    def weights(thetas: Array) -> Array:
        request = Request(inner.circuit, inner.circuit.angles(thetas), StateMeasure())
        states = answer(device, Plan((request,), lambda results: results[0]))
        return np.asarray(np.sum(np.abs(ground @ states.T) ** 2, axis=0), dtype=float)

    return weights


def _looked(
    rows: Sequence[Step],
    free: NDArray[np.intp],
    look: Callable[[Array], Array],
    noted: Callable[[Step, float], Step],
) -> list[Step]:
    """The rows with one more number, of those points at which there is an energy.

    They stay as they are where the states do not fit into the memory of the device.
    """
    defined = [k for k, row in enumerate(rows) if not math.isnan(row.energy)]
    found = list(rows)
    for start in range(0, len(defined), _POINTS):
        places = defined[start : start + _POINTS]
        thetas = np.array([rows[k].theta for k in places])[:, free]
        try:
            values = look(thetas).tolist()
        except QngError:
            return list(rows)
        for k, value in zip(places, values):
            found[k] = noted(found[k], value)
    return found
