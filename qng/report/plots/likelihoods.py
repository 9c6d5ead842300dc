"""Pictures of statistical models: densities, likelihoods, and how Fisher information comes about.

They are figures 1 to 3 of "Fisher Information and Its Application" (P. Sylvestre, 2023), for any
model of one number, and the second order of a divergence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.checks import whole
from qng.errors import InputError
from qng.models.statistics.divergence import Expansion
from qng.models.statistics.information import fisher, outcomes_given
from qng.models.statistics.model import Model, drawn, limits, log_density, outcomes, point, score
from qng.report.plots import look
from qng.report.plots.lines import Line, Lines, Mark
from qng.report.plots.picture import Picture
from qng.seeds import generator

_NODES: Final = 241
_SCOUTS: Final = 4001

# Beside the middle 99 % of the samples.
_ROOM: Final = 0.2


def densities(model: Model, thetas: ArrayLike, names: Sequence[str] = ()) -> Picture:
    """The densities of a model at several points.

    Args:
        model: Of one number.
        thetas: Shape (points, P).
        names: Of the points; by default their parameters.

    Example:
        >>> from qng.models import Normal
        >>> densities(Normal("sigma"), [[0.5], [1.0], [2.0]]).panels[0].names
        ('sigma = 0.5', 'sigma = 1', 'sigma = 2')
    """
    places = [point(model, theta) for theta in np.atleast_2d(np.asarray(thetas, dtype=float))]
    said = names or [_said(model, theta) for theta in places]
    x = _axis(model, places)
    mark = _mark(model, places[0])
    lines = [Line(n, x, np.exp(log_density(model, t, x)), mark=mark) for n, t in zip(said, places)]
    what = "density" if mark == "line" else "probability"
    return Picture("densities", (Lines(tuple(lines), "$x$", f"{what} $p(x)$"),))


def log_likelihood(
    model: Model, theta: ArrayLike, x: ArrayLike, parameter: int = 0, width: float = 2.0
) -> Picture:
    r"""The log-likelihood of outcomes along one parameter, and its parabola at theta.

    The parabola has the Fisher information for its curvature, ln p - I d^2 / 2 with the slope of
    the score; the sharper it is, the more an outcome tells of the parameter.

    Args:
        model: The model.
        theta: Shape (P,), where the parabolas touch.
        x: Outcomes, shape (N,) or (N, d); one line each.
        parameter: Which one is moved.
        width: How far, in units of 1 / sqrt(I).
    """
    at, values = point(model, theta), outcomes_given(np.atleast_1d(np.asarray(x)), "x")
    k = _parameter(model, parameter)
    information = float(fisher(model, at).diagonal()[k])
    steps = np.linspace(-width, width, _NODES) / np.sqrt(information)
    moved = [at + step * np.eye(len(at))[k] for step in steps]
    found = np.array([log_density(model, t, values) for t in moved])
    slopes, here = score(model, at, values)[:, k], log_density(model, at, values)
    lines = []
    for n, value in enumerate(values):
        name = f"x = {np.round(value, 3)}"
        lines.append(Line(name, at[k] + steps, found[:, n]))
        parabola = here[n] + slopes[n] * steps - information * steps**2 / 2
        parabola = np.where(np.isfinite(found[:, n]), parabola, np.nan)
        lines.append(Line("", at[k] + steps, parabola, mark="reference", like=name))
    panel = Lines(tuple(lines), model.parameters[k], "log-likelihood (nats)")
    return Picture("log-likelihood", (panel,), caption="dashed: to second order, by Fisher's I")


def fisher_steps(model: Model, theta: ArrayLike, parameter: int = 0) -> Picture:
    """The steps to the Fisher information: the density, the score, its square, and their product.

    The area below the last, or its sum, is I.

    Args:
        model: Of one number.
        theta: Shape (P,).
        parameter: Which one.
    """
    at, k = point(model, theta), _parameter(model, parameter)
    x = _axis(model, [at])
    name = model.parameters[k]
    p, s = np.exp(log_density(model, at, x)), score(model, at, x)[:, k]
    information = float(fisher(model, at).diagonal()[k])
    mark = _mark(model, at)
    sum_of = "area" if mark == "line" else "sum"
    steps = (
        ("density" if mark == "line" else "probability", p),
        (f"score of {name}", s),
        ("score squared", s**2),
        (f"product; {sum_of} {information:.4g} = I", p * s**2),
    )
    panels = tuple(
        Lines((Line("", x, y, mark=mark),), "$x$", "", title=title, naming="none")
        for title, y in steps
    )
    return Picture("fisher-steps", panels, _said(model, at), columns=2, width=look.PAGE)


def expansion(found: Expansion) -> Picture:
    """A divergence, its second order, and what is left, against the size of the step."""
    order = "" if np.isnan(found.order) else f", order {found.order:.2f}"
    lines = (
        Line("KL", found.steps, found.divergences, mark="points"),
        Line("second order, by I", found.steps, found.quadratic),
        Line(f"what is left{order}", found.steps, np.abs(found.remainder), mark="both"),
    )
    ends = (0.7 * float(found.steps[-1]), 1.4 * float(found.steps[0]))
    panel = Lines(lines, "step $t$", "nats", log_x=True, log_y=True, naming="legend", x_range=ends)
    return Picture("expansion", (panel,))


def _axis(model: Model, places: Sequence[Array]) -> Array:
    """Outcomes that show the densities at some points."""
    listed = outcomes(model, places[0])
    scouts = [drawn(model, theta, _SCOUTS, generator(0)) for theta in places]
    if scouts[0].ndim != 1:
        raise InputError("this picture is of a model whose outcomes are single numbers")
    if listed is not None:
        return np.asarray(listed[: int(np.searchsorted(listed, np.max(scouts))) + 2], dtype=float)
    ends = np.quantile(scouts, (0.005, 0.995), axis=1)
    low, high = float(np.min(ends[0])), float(np.max(ends[1]))
    room = (high - low) * _ROOM
    known = limits(model, places[0])
    inside = (-np.inf, np.inf) if known is None else (float(known[0]), float(known[1]))
    return np.linspace(max(low - room, inside[0]), min(high + room, inside[1]), _NODES)


def _mark(model: Model, theta: Array) -> Mark:
    return "line" if outcomes(model, theta) is None else "both"


def _parameter(model: Model, k: int) -> int:
    size = len(model.parameters)
    if whole("parameter", k) >= size:
        raise InputError(f"parameter must be below {size}, not {k}")
    return k


def _said(model: Model, theta: Array) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in zip(model.parameters, theta))
