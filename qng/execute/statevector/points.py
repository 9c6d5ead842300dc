"""Answers that take a sweep of one state: gradients, and whatever is asked of a large state.

The state of a small circuit is looked at as amplitudes, gate by gate (`states.py`). A larger one
goes through the passes of the fused circuit, and free threads share each sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.execute.statevector import states
from qng.execute.statevector.fused.fuse import fused
from qng.execute.statevector.fused.passes import Passes, amplitudes, moments
from qng.plan.request import Density, Expectation, Gradient, Probabilities, Request, State

SWEEPING: Final = 5
"""States that a gradient takes: two that are carried, scratch, and the turns of a pass."""

# Amplitudes of a state from which on passes are faster, as measured, also where points have
# operations in common that gate by gate are done once.
_LARGE: Final = 1 << 8

# States that one by passes takes, with its amplitudes.
_LARGE_STATE: Final = 6

Answer = Callable[[Circuit, Array, Any, int], Any]
"""What a point is answered with: of the circuit, its angles, the measure (of expectation values
all that are asked for) and how many threads."""


def answer_of(request: Request, results: int, memory: int) -> Answer | None:
    """How a point is answered, or None where its state is one of many that are looked at.

    Args:
        request: What is asked for.
        results: How many states its results take.
        memory: Limit in bytes. Passes take more than gates one by one, which go where they do not.
    """
    size = 2**request.circuit.n_qubits
    fits = 16 * size * (_LARGE_STATE + results) <= memory
    large = _BY_PASSES if size >= _LARGE and fits else {}
    kind = type(request.measure)
    return large.get(kind) or _PLAIN.get(kind)


def _gradient(
    circuit: Circuit, phi: Array, measure: Gradient, threads: int
) -> tuple[float, float, Array]:
    passes = Passes(fused(circuit), phi, threads=threads)
    psi = passes.state()
    energy, variance, w = moments(measure.observable, psi, threads)
    return energy, variance, 2.0 * passes.pull_back(psi, w)


def _expectations(
    circuit: Circuit, phi: Array, measures: Sequence[Expectation], threads: int
) -> list[tuple[float, float]]:
    psi = Passes(fused(circuit), phi, threads=threads).state()
    return [moments(measure.observable, psi, threads)[:2] for measure in measures]


def _state(circuit: Circuit, phi: Array, _: object, threads: int) -> Amplitudes:
    return amplitudes(Passes(fused(circuit), phi, threads=threads).state())


def _plain_state(circuit: Circuit, phi: Array, _: object, threads: int) -> Amplitudes:
    return states.state(circuit, phi)


def _density(state: Answer) -> Answer:
    return lambda circuit, phi, of, threads: states.reduced(
        state(circuit, phi, of, threads), of.of(circuit.n_qubits)
    )


def _probabilities(state: Answer) -> Answer:
    return lambda circuit, phi, of, threads: np.abs(state(circuit, phi, of, threads)) ** 2


_PLAIN: Final[dict[type, Answer]] = {
    Gradient: _gradient,
    State: _plain_state,
    Density: _density(_plain_state),
    Probabilities: _probabilities(_plain_state),
}

_BY_PASSES: Final[dict[type, Answer]] = {
    Expectation: _expectations,
    State: _state,
    Density: _density(_state),
    Probabilities: _probabilities(_state),
}
