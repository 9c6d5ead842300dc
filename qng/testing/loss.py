"""Whether a loss does what every loss must do: shapes, derivatives, and draws by key."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.geometry import Metric
from qng.models import pieces
from qng.models.loss import Loss
from qng.models.problem import ModelProblem
from qng.plan.quantities import By
from qng.run.codec import dumps
from qng.testing.subject import WIDTH, require

# The relative error of a gradient that is no mistake of its own.
_SLOPE: Final = 1e-5

_METRICS: Final = ("auto", "fisher", "empirical-fisher", "gauss-newton")
"""Metrics that are positive semidefinite."""


def check_loss(problem: ModelProblem, *, draws: int = 200, seed: int = 0) -> None:
    """Run the tests that every loss of the package passes, at the start of a problem.

    Shapes; the gradient against differences of the loss; metrics are symmetric and have no
    negative eigenvalues; equal keys draw equally and others otherwise, and standard errors cover
    the scatter of the draws; it can be stored.

    Args:
        problem: With the loss, such as `ModelProblem(loss, start)`.
        draws: How many are compared with the standard errors, where it draws.
        seed: Of the draws.

    Raises:
        AssertionError: What failed, in one line.

    Example:
        >>> import qng
        >>> check_loss(qng.models.function(lambda t: float(t @ t), [1.0, 2.0], lambda t: 2 * t))
    """
    loss, theta = problem.loss, problem.initial
    sizes = sum(int(np.prod(shape)) for shape in loss.arrays)
    require(sizes == len(theta), f"arrays hold {sizes} of {len(theta)} parameters")
    drawn = loss.drawn(theta, (seed, 0))
    _values(drawn, theta)
    _slopes(drawn, theta)
    for name in _METRICS:
        _metric(drawn, theta, name)
    if drawn is not loss:
        _draws(loss, theta, draws, seed)
    require(bool(dumps(problem)), "it must be stored by its name and its fields")


def _values(loss: Loss, theta: Array) -> None:
    points = np.array([theta, theta + 1e-3])
    found = loss.energy(points)
    value = np.asarray(found.value)
    require(
        value.shape == (2,), f"energy of two points must have the shape (2,), not {value.shape}"
    )
    one = np.asarray(loss.energy(theta[None]).value)
    same = np.allclose(one, value[:1], rtol=1e-9, atol=1e-12)
    require(same, "a point has another energy beside other points than alone")
    again = np.asarray(loss.energy(points).value)
    require(np.array_equal(value, again, equal_nan=True), "asked twice the energy is another one")


def _slopes(loss: Loss, theta: Array) -> None:
    found = loss.gradient(theta)
    value = np.asarray(found.value)
    require(value.shape == theta.shape, f"the gradient must have the shape {theta.shape}")
    if found.covariance is not None:
        return  # its samples are no function of theta
    expected = pieces.finite_difference(loss, theta).value
    room = _SLOPE * max(1.0, float(np.abs(expected).max()))
    off = float(np.abs(value - expected).max())
    require(off <= room, f"the gradient is off by {off:.1e} from differences of the energy")


def _metric(loss: Loss, theta: Array, name: str) -> None:
    try:
        metric: Metric = loss.metric(theta, By(name))
    except InputError:
        return
    matrix = metric.dense()
    require(matrix.shape == (len(theta),) * 2, f"the metric {name} has the shape {matrix.shape}")
    scale = max(float(np.abs(matrix).max()), 1e-300)
    require(np.allclose(matrix, matrix.T, atol=1e-9 * scale), f"the metric {name} is not symmetric")
    if metric.std_error is None:
        lowest = float(np.linalg.eigvalsh(matrix).min())
        require(lowest >= -1e-9 * scale, f"the metric {name} has an eigenvalue of {lowest:.1e}")


def _draws(loss: Loss, theta: Array, draws: int, seed: int) -> None:
    def drawn(key: int) -> Any:
        return loss.drawn(theta, (seed, key)).energy(theta[None])

    first, again, other = drawn(1), drawn(1), drawn(2)
    require(np.array_equal(first.value, again.value), "equal keys must draw equally")
    require(not np.array_equal(first.value, other.value), "other keys must draw otherwise")
    require(first.std_error is not None, "what is drawn must have a standard error")
    found = [drawn(key) for key in range(3, 3 + draws)]
    values = np.array([one.value[0] for one in found])
    errors = np.array([one.std_error[0] for one in found])
    # The scatter of values has a relative error of 1 / sqrt(2 (draws - 1)).
    ratio = float(values.std(ddof=1) / np.sqrt(np.mean(errors**2)))
    room = 1 + WIDTH / np.sqrt(2 * (draws - 1))
    require(
        1 / room < ratio < room,
        f"values scatter by {ratio:.2f} times their standard errors over {draws} draws",
    )
