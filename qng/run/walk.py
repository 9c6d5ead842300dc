"""An evolution row by row: the integrator's steps, what is seen at them, and where they end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.errors import EvolutionError, InputError, QngError
from qng.run.evolution import Moment
from qng.run.flow import Flow, Rate
from qng.run.integrate import Integrator, Piece

Until = Callable[[float, Array], float]
"""(time, theta) -> a number of which the first zero ends the evolution."""

# To which the place of such a zero is known, relative to the time.
_PLACE: Final = 1e-10


def walked(
    flow: Flow, integrator: Integrator, theta: Array, rows: Array, until: Until | None = None
) -> Iterator[Moment]:
    """The rows of an evolution, each as soon as it is reached.

    Path length and drift are integrated by Simpson's rule between rows and steps, along Euler's
    steps as Euler goes.

    Args:
        flow: The equation.
        integrator: What follows it.
        theta: Where it starts, shape (P,).
        rows: Times of the rows, ascending, from 0 to the end.
        until: Of which the first zero ends it, with a row there.

    Raises:
        EvolutionError: It cannot go on.
    """
    simple = integrator.name == "euler"
    length, last, here = 0.0, 0.0, _rate(flow, 0.0, theta)
    drift = 0.0 * here.residual  # NaN where it is not known
    yield _moment(flow, 0.0, theta, here, length, drift, 0)
    side = None if until is None else _side(until, 0.0, theta)
    pieces = integrator.pieces(lambda t, x: _rate(flow, t, x).velocity, theta, float(rows[-1]))
    for count, piece in enumerate(pieces, 1):
        end, over = piece.end, False
        if until is not None and side is not None:
            there = _side(until, piece.end, piece.last)
            if side * there <= 0 and not side == there == 0:
                end, over = _crossing(until, piece), True
            side = there
        inside = rows[(rows > piece.start) & (rows < end)].tolist()
        for time in [*inside, end]:
            point = piece.last if time == piece.end else piece.at(time)
            after, middle = _rate(flow, time, point), None
            if not simple:
                half = (last + time) / 2
                middle = _rate(flow, half, piece.at(half))
            length += _integral(last, time, here, after, middle, lambda rate: rate.speed)
            drift += _integral(last, time, here, after, middle, lambda rate: rate.residual)
            last, here = time, after
            if time in rows or over:
                yield _moment(flow, time, point, after, length, drift, count)
        if over:
            return


def _rate(flow: Flow, time: float, theta: Array) -> Rate:
    try:
        return flow.rate(theta, time)
    except InputError:
        raise
    except QngError as error:
        raise EvolutionError(f"at time {time:.6g}: {error}") from error


def _integral(
    start: float,
    end: float,
    first: Rate,
    last: Rate,
    middle: Rate | None,
    of: Callable[[Rate], float],
) -> float:
    if middle is None:
        return (end - start) * of(first)
    return (end - start) * (of(first) + 4 * of(middle) + of(last)) / 6


def _moment(
    flow: Flow, time: float, theta: Array, rate: Rate, length: float, drift: float, steps: int
) -> Moment:
    return Moment(
        time=time,
        theta=np.array(theta),
        energy=rate.driven.energy,
        variance=_known(rate.driven.variance),
        speed=rate.speed,
        length=length,
        residual=_known(rate.residual),
        drift=_known(drift),
        rank=rate.solution.rank,
        condition=rate.solution.condition,
        steps=steps,
        evaluations=flow.evaluations,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _side(until: Until, time: float, theta: Array) -> float:
    """The value of the user's function.

    Raises:
        InputError: It is no finite number.
    """
    value = until(time, theta.copy())
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"until must give a finite number, not {value!r}, at time {time:g}")
    return number


def _crossing(until: Until, piece: Piece) -> float:
    """Where in a step the function is zero."""
    from scipy.optimize import brentq

    def value(time: float) -> float:
        return _side(until, time, piece.last if time == piece.end else piece.at(time))

    if value(piece.end) == 0:
        return piece.end
    found: float = brentq(value, piece.start, piece.end, xtol=_PLACE * max(piece.end, 1e-300))
    return found
