"""The effective dimension of Abbas et al. of a circuit, or of any model with a Fisher matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.geometry.capacity import EffectiveDimension
from qng.geometry.capacity import effective_dimension as of_fishers
from qng.run.ansatz.states import circuit_and_point, metrics
from qng.seeds import number_of

DATA: tuple[float, ...] = (1e3, 2e3, 8e3, 1e4, 4e4, 6e4, 1e5, 1.5e5, 2e5, 5e5, 1e6)
"""Numbers of data, as published."""


def effective_dimension(
    model: Any,
    data: ArrayLike = DATA,
    *,
    points: int = 100,
    low: float = -np.pi,
    high: float = np.pi,
    seed: int = 0,
    gamma: float = 1.0,
    parameters: int | None = None,
    basis: str = "Z",
) -> EffectiveDimension:
    """The effective dimension d_n of a model, over points drawn uniformly from a cube.

    Args:
        model: One of these:
            a circuit, a problem or its name: the Fisher matrix of measuring it in `basis`;
            a function theta -> Fisher matrix, shape (P, P), with `parameters`;
            an object with `fisher(theta)` and `parameters`, such as a model of `qng.models`;
            or the matrices themselves, shape (points, P, P).
        data: n.
        points: How many thetas.
        low: Least value of every parameter.
        high: Largest value.
        seed: Of the points.
        gamma: In (0, 1].
        parameters: P, of a function.
        basis: As of `qng.metric(..., "fisher")`, of a circuit.

    Returns:
        d_n with its standard error over the points, and d_n / P.

    Raises:
        InputError: None of these, or as `qng.geometry.capacity.effective_dimension`.

    Reference: Abbas et al., Nat. Comput. Sci. 1, 403 (2021), arXiv:2011.00027.

    Example:
        >>> found = effective_dimension(lambda t: np.diag([1.0, 1e-9]), [1e6], parameters=2)
        >>> found.value.round(1).tolist()
        [1.1]
    """
    if isinstance(model, (np.ndarray, list, tuple)):
        return of_fishers(model, data, gamma)
    fisher, size = _fisher(model, parameters, basis)
    if not checks.real("low", low) < checks.real("high", high):
        raise InputError(f"parameters are drawn between low and high, not {low:g} and {high:g}")
    if not size:
        raise InputError("there is no effective dimension of a model without parameters")
    count = checks.whole("points", points, 1)
    checks.memory(f"{count} Fisher matrices", 16 * count * size**2)
    thetas = np.random.default_rng([number_of(seed), 3]).uniform(low, high, (count, size))
    return of_fishers(fisher(thetas), data, gamma)


def _fisher(model: Any, parameters: int | None, basis: str) -> tuple[Callable[[Array], Array], int]:
    """(points -> Fisher matrices, P)."""
    own = getattr(model, "fisher", None)
    if callable(own):
        names = getattr(model, "parameters", None)
        return _each(own), _given(parameters) if names is None else len(names)
    if callable(model) and parameters is not None:
        return _each(model), _given(parameters)
    circuit, _ = circuit_and_point(model, None)

    def of_circuit(thetas: Array) -> Array:
        return metrics(circuit, thetas, "fisher", basis=basis)

    return of_circuit, circuit.n_parameters


def _given(parameters: Any) -> int:
    if parameters is None:
        raise InputError("a function needs parameters=, the number of its parameters")
    return checks.whole("parameters", parameters, 1)


def _each(fisher: Callable[[Array], Any]) -> Callable[[Array], Array]:
    """The same of many points; a Metric is taken by its matrix."""

    def of_many(thetas: Array) -> Array:
        found = (fisher(theta) for theta in thetas)
        return np.array([getattr(m, "dense", lambda m=m: m)() for m in found], dtype=float)

    return of_many
