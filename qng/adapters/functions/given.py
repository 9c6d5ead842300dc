"""The circuits whose metric is taken, and the start, as a user gives them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.problem.anyproblem import point_among
from qng.problem.given import Ensemble, ensemble_and_point
from qng.problem.library import load


def placed(circuit: Any, start: ArrayLike) -> tuple[Ensemble, tuple[str, ...], Array]:
    """The circuits, the names of their parameters and the start.

    Args:
        circuit: Whose metric is taken, of any kind; a list of circuits of the same parameters,
            such as one a data point: the mean of their metrics; None: none.
        start: Shape (P,).

    Raises:
        InputError: These do not belong together.
    """
    point = checks.reals("x0", start)
    if point.ndim != 1:
        raise InputError(f"x0 must be a vector, not an array of shape {point.shape}")
    if circuit is None:
        names = tuple(f"x{k}" for k in range(len(point)))
        return (), names, point_among("x0", point, names)
    for k in np.flatnonzero(~np.isfinite(point))[:1]:
        raise InputError(f"x0 must be finite, but x0[{k}] is {point[k]}")
    every = list(circuit) if isinstance(circuit, (list, tuple)) else [circuit]
    if not every:
        raise InputError("circuit is an empty list: give a circuit, or leave it out")
    found = [_ensemble(one, point) for one in every]
    names = tuple(found[0][0][0].parameters)
    for k, ensemble in enumerate(found):
        if (others := tuple(ensemble[0][0].parameters)) != names:
            raise InputError(
                f"the circuits must have the same parameters, but circuit {k} has "
                f"{', '.join(others)}, and the first {', '.join(names)}"
            )
    ensemble = tuple((one, weight / len(found)) for each in found for one, weight in each)
    return ensemble, names, point_among("x0", point, names)


def _ensemble(circuit: Any, start: Array) -> Ensemble:
    """The circuits of one that was given."""
    if isinstance(circuit, (str, Path)):
        circuit = load(circuit)
    if frozen := getattr(circuit, "frozen", ()):
        raise InputError(
            f"the problem holds {', '.join(frozen)}, and fun takes all parameters: hold them in "
            "fun, or minimise with qng.minimize"
        )
    _check_size(getattr(circuit, "parameters", ()), start)
    ensemble, _ = ensemble_and_point(circuit, start)
    _check_size(ensemble[0][0].parameters, start)
    return ensemble


def _check_size(parameters: Any, start: Array) -> None:
    """Refuse a start of another length than a circuit has parameters, where it says these.

    Raises:
        InputError: It is.
    """
    known = parameters if isinstance(parameters, Collection) else ()
    names = [str(getattr(p, "name", p)) for p in known]
    if names and len(names) != len(start):
        raise InputError(
            f"x0 has {len(start)} value(s) and the circuit {len(names)} parameter(s): "
            f"{', '.join(names)}; give the circuit whose parameters fun takes, in its order"
        )
