"""The effective dimension of Abbas et al. of a circuit, or of any model with a Fisher matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, shown
from qng.geometry.capacity import EffectiveDimension
from qng.geometry.capacity import effective_dimension as of_fishers
from qng.models.learning.labels import labels_of
from qng.models.learning.regression import fisher_rows
from qng.run.ansatz.states import circuit_and_point, is_pair, metrics, model_metrics, model_of
from qng.seeds import number_of

DATA: tuple[float, ...] = (1e3, 2e3, 8e3, 1e4, 4e4, 6e4, 1e5, 1.5e5, 2e5, 5e5, 1e6)
"""Numbers of data, as published."""

# Fisher information per squared radian below this is rounding.
_ROUNDING: Final = 1e-20


class NoInformationError(InputError):
    """No outcome of a circuit depends on its parameters."""


def effective_dimension(
    model: Any,
    data: ArrayLike = DATA,
    *,
    points: int = 100,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    seed: int = 0,
    gamma: float = 1.0,
    parameters: int | None = None,
    basis: str = "Z",
    inputs: ArrayLike | None = None,
) -> EffectiveDimension:
    """The effective dimension d_n of a model, over points drawn uniformly from a cube.

    Args:
        model: One of these:
            a circuit, a problem or its name, or a pair of a QNode and its arguments: the Fisher
            matrix of measuring it in `basis`;
            a function theta -> Fisher matrix, shape (P, P), with `parameters`;
            an object with `fisher(theta)` and `parameters`, such as a statistical model;
            a model of labels y given data x, such as `CircuitClassifier`, with `inputs`: the mean
            of the Fisher matrix over these;
            a model problem or its name: the Fisher matrix of its data;
            or the matrices themselves, shape (points, P, P).
        data: n.
        points: How many thetas.
        low: Least value of every parameter, or of each, shape (P,); by default -pi, of a model
            problem its start less its spread.
        high: Largest value; by default pi, or the start and its spread.
        seed: Of the points.
        gamma: In (0, 1].
        parameters: P, of a function.
        basis: As of `qng.metric(..., "fisher")`, of a circuit.
        inputs: x, shape (N, features), of a model of labels.

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
    checks.text("basis", basis)
    if isinstance(model, (np.ndarray, list, tuple)) and not is_pair(model):
        return of_fishers(model, data, gamma)
    fisher, size, middle, spread = _fisher(model, parameters, basis, inputs)
    if not size:
        raise InputError("there is no effective dimension of a model without parameters")
    least = middle - spread if low is None else _bound("low", low, size)
    largest = middle + spread if high is None else _bound("high", high, size)
    if not np.all(least < largest):
        k = int(np.argmax(least >= largest))
        raise InputError(
            f"parameters are drawn between low and high, not {least[k]:g} and {largest[k]:g}"
        )
    count = checks.whole("points", points, 1)
    checks.memory(f"{count} Fisher matrices", 16 * count * size**2)
    rng = np.random.default_rng([number_of(seed), 3])
    return of_fishers(fisher(rng.uniform(least, largest, (count, size))), data, gamma)


def _fisher(
    model: Any, parameters: int | None, basis: str, inputs: ArrayLike | None
) -> tuple[Callable[[Array], Array], int, Array, float]:
    """(points -> Fisher matrices, P, the middle of the points that are drawn, their spread)."""

    def anywhere(
        fisher: Callable[[Array], Array], size: int
    ) -> tuple[Callable[[Array], Array], int, Array, float]:
        return fisher, size, np.zeros(size), np.pi

    own, names = getattr(model, "fisher", None), getattr(model, "parameters", None)
    if inputs is not None:
        if not hasattr(model, "likelihood") or not hasattr(model, "jacobian"):
            raise InputError(
                "inputs= are the data of a model of labels, such as CircuitClassifier, not of "
                f"{shown(model)}"
            )
        return anywhere(_of_labels(model, checks.reals("inputs", inputs)), len(names or ()))
    if callable(own):
        return anywhere(_each(own), _given(parameters) if names is None else len(names))
    if hasattr(model, "jacobian") and hasattr(model, "likelihood"):
        raise InputError("a model of labels needs inputs=, data of shape (N, features)")
    if callable(model) and parameters is not None:
        return anywhere(_each(model), _given(parameters))
    problem = model_of(model)
    if problem is not None:
        matrices = partial(model_metrics, problem, name="fisher")
        spread = np.pi if problem.spread is None else problem.spread
        return _matrices(matrices), len(problem.parameters), problem.initial, spread
    circuit, _ = circuit_and_point(model, None)

    def measured(thetas: Array) -> Array:
        found = metrics(circuit, thetas, "fisher", basis=basis)
        if np.abs(found).max(initial=0.0) < _ROUNDING:
            raise NoInformationError(
                f"measured in the basis {basis}, the outcomes of the circuit do not depend on its "
                "parameters: take another one (basis=)"
            )
        return found

    return anywhere(measured, circuit.n_parameters)


def _bound(name: str, given: ArrayLike, size: int) -> Array:
    """One bound of every parameter, shape (P,)."""
    found = checks.reals(name, given)
    if found.shape not in ((), (size,)) or not np.all(np.isfinite(found)):
        raise InputError(f"{name} must be a finite number, or {size} of them, not {shown(given)}")
    return np.broadcast_to(found, (size,))


def _of_labels(model: Any, x: Array) -> Callable[[Array], Array]:
    """The Fisher matrix of labels, the mean over data."""
    labels = labels_of(model.likelihood)

    def of_many(thetas: Array) -> Array:
        found = []
        for theta in thetas:
            rows = fisher_rows(model, labels, theta, x)
            flat = rows.reshape(-1, rows.shape[2])
            found.append(flat.T @ flat / len(x))
        return np.array(found)

    return of_many


def _given(parameters: Any) -> int:
    if parameters is None:
        raise InputError("a function needs parameters=, the number of its parameters")
    return checks.whole("parameters", parameters, 1)


def _each(fisher: Callable[[Array], Any]) -> Callable[[Array], Array]:
    """The same of many points; a Metric is taken by its matrix."""
    return _matrices(lambda thetas: [fisher(theta) for theta in thetas])


def _matrices(fishers: Callable[[Array], Sequence[Any]]) -> Callable[[Array], Array]:
    def of_many(thetas: Array) -> Array:
        found = fishers(thetas)
        return np.array([m.dense() if hasattr(m, "dense") else m for m in found], dtype=float)

    return of_many
