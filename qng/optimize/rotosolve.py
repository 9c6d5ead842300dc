"""Rotosolve: every parameter in turn to the minimum of the energy as a function of it.

With all other parameters fixed, a parameter of rotations by c_r theta_i gives a trigonometric
polynomial in x = c theta_i, with c the largest number of which all c_r are multiples. Its degree
is N = sum |c_r|/c; 2N + 1 equidistant points fix it, and its minimum is found among the roots of
its derivative. One rotation has N = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.optimize.method import Done, NotFiniteError, State, Step
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, Objective


@dataclass(frozen=True)
class Rotosolve:
    """Every parameter in turn to its minimum: a step is a sweep.

    Cost: sum_i (2 N_i + 1) energies a step, one batch a parameter; the shots of a step are those
    of all its batches, and every energy has as many.

    Reference: Ostaszewski, Grant, Benedetti, Quantum 5, 391 (2021), arXiv:1905.09692; several
    frequencies: Wierichs et al., arXiv:2107.12390.
    """

    at_most: ClassVar[bool] = False

    def init(self, theta: ArrayLike) -> State:
        """The state before the first sweep; theta has shape (P,)."""
        return State.at(np.asarray(theta, dtype=float))

    def next(self, objective: Objective, state: State, told: Sequence[Any]) -> Plan[Any] | Done:
        """The energies along the next parameter, with those before it at their minima.

        Raises:
            InputError: A parameter has no frequencies, or too many; before anything is asked.
            NotFiniteError: An energy is a NaN or an infinity.
        """
        frequencies = objective.frequencies()
        moving = [i for i, (_, degree) in enumerate(frequencies) if degree]
        x = state.theta.copy()
        for i, energies in zip(moving, told):
            if not np.all(np.isfinite(energies.value)):
                raise NotFiniteError
            x[i] += _found(energies.value.tobytes()) / frequencies[i][0]
        if not moving and not told:
            return objective.energy(x[None])
        if len(told) < len(moving):
            return _asked(objective, x, moving[len(told)], frequencies)
        energy: Energy[float] = told[0].at(0)
        after = replace(
            state, theta=x, step=state.step + 1, change=x - state.theta, energy=energy.value
        )
        return Done(after, Step.at(state, energy))

    def batches(self, objective: Objective, theta: Array) -> Sequence[Plan[Any]]:
        """One a parameter."""
        frequencies = objective.frequencies()
        moving = [i for i, (_, degree) in enumerate(frequencies) if degree]
        if not moving:
            return (objective.energy(theta[None]),)
        return tuple(_asked(objective, theta, i, frequencies) for i in moving)

    def noted(self, state: State, energy: Energy[float]) -> State:
        """The state as it is: no step is undone."""
        return state


def _asked(
    objective: Objective, x: Array, i: int, frequencies: Sequence[tuple[float, int]]
) -> Plan[Energy[Array]]:
    """The energies along parameter i; all have as many shots."""
    line = _line(x, i, frequencies)
    points = sum(2 * degree + 1 for _, degree in frequencies if degree)
    return objective.energy(line).of_step(len(line) / points)


def _line(x: Array, i: int, frequencies: Sequence[tuple[float, int]]) -> Array:
    """The points x + 2 pi k / (2N + 1) / c along parameter i, shape (2N + 1, P)."""
    unit, degree = frequencies[i]
    count = 2 * degree + 1
    points = np.tile(x, (count, 1))
    points[:, i] += 2 * np.pi / count / unit * np.arange(count)
    return points


# All that a sweep was told is read again at its next question.
@lru_cache(maxsize=1024)
def _found(values: bytes) -> float:
    return lowest(np.frombuffer(values))


def lowest(values: Array) -> float:
    """Where a trigonometric polynomial of degree N has its minimum, in (-pi, pi].

    Args:
        values: At 2 pi k / (2N + 1) for k = 0, ..., 2N.

    Returns:
        The place; of several equal ones the nearest to 0, which is 0 where all values are equal.
    """
    degree = len(values) // 2
    c = np.fft.rfft(values) / len(values)
    order = np.arange(1, degree + 1)
    slopes = 1j * order * c[1:]
    # z^N f'(x) for z = exp(ix), highest power first.
    roots = np.roots(np.concatenate([slopes[::-1], [0], slopes.conj()]))
    places = np.append(np.angle(roots), 0.0)

    def series(x: Array, terms: Amplitudes) -> Array:
        return np.asarray(2 * (np.exp(1j * np.multiply.outer(x, order)) @ terms).real)

    for _ in range(3):  # the roots have lost digits where there are many
        slope, curvature = series(places, slopes), series(places, 1j * order * slopes)
        convex = curvature > 1e-9 * np.abs(curvature).max(initial=0.0)
        places = places - np.where(convex, slope / np.where(convex, curvature, 1.0), 0.0)
    places = np.append(np.pi - (np.pi - places) % (2 * np.pi), 0.0)
    found = series(places, c[1:])
    good = found <= found.min() + 1e-12 * float(np.abs(values).max())
    return float(places[good][np.argmin(np.abs(places[good]))])
