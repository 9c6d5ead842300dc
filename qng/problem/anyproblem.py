"""What `minimize` and `compare` need to know of whatever is minimised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.point import in_order
from qng.errors import InputError, UnknownNameError, shown
from qng.problem.problem import Reference


class AnyProblem(Protocol):
    """A problem of circuits (`Problem`), or one of anything else (`qng.models.ModelProblem`)."""

    @property
    def name(self) -> str:
        """Its name in the library."""

    @property
    def title(self) -> str:
        """One line for tables and plots."""

    @property
    def source(self) -> str:
        """Where it was published."""

    @property
    def accuracy(self) -> float:
        """The error below which it counts as solved."""

    @property
    def unit(self) -> str:
        """Of what is minimised."""

    @property
    def frozen(self) -> tuple[str, ...]:
        """Parameters that are held at their start values."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all P parameters."""

    @property
    def start(self) -> Array | None:
        """Where a run starts, shape (P,); None: at zeros."""

    @property
    def spread(self) -> float | None:
        """How far from the start others are drawn; None: uniform on the circle, as angles are."""

    @property
    def initial(self) -> Array:
        """A copy of the start, shape (P,)."""

    @property
    def free(self) -> NDArray[np.intp]:
        """The indices of the trainable parameters, ascending."""

    def reduced(self, theta: ArrayLike | None = None) -> AnyProblem:
        """The problem of the free parameters alone, the others being as in theta."""

    def expand(self, x: ArrayLike, base: ArrayLike | None = None) -> Array:
        """All P parameters from the free ones, shape (..., P)."""

    def reference_energy(self) -> Reference | None:
        """The value from which errors are measured, where one is known."""

    def ground_space(self) -> tuple[float, Amplitudes] | None:
        """The ground energy and its states, where these are circuits' and known."""


def names_among(names: Any, parameters: Sequence[str]) -> tuple[str, ...]:
    """Names of parameters, in the order of these.

    Raises:
        UnknownNameError: One that is none.
    """
    several = (names,) if isinstance(names, str) else names
    if not isinstance(several, Iterable):
        raise InputError(f"frozen must be names of parameters, not {shown(names)}")
    given = [getattr(name, "name", name) for name in several]
    for name in given:
        if name not in parameters:
            raise UnknownNameError("parameter", str(name), parameters)
    return tuple(p for p in parameters if p in given)


def expanded(x: ArrayLike, full: Array, free: NDArray[np.intp]) -> Array:
    """All P parameters from the free ones.

    Args:
        x: Shape (..., free parameters).
        full: Shape (P,), for the others.
        free: Indices.

    Raises:
        InputError: Another number of values.
    """
    values = checks.reals("x", x)
    if values.ndim == 0 or values.shape[-1] != len(free):
        raise InputError(
            f"{len(free)} free parameter(s) are expected, not the shape {values.shape}"
        )
    result = np.broadcast_to(full, (*values.shape[:-1], len(full))).copy()
    result[..., free] = values
    return result


def point_among(what: str, values: Any, parameters: Sequence[str], many: bool = False) -> Array:
    """A point of shape (P,), from numbers or a mapping; checked.

    Args:
        what: What it is, for messages.
        values: What was given.
        parameters: The names of the parameters.
        many: Whether it may be several points, of shape (points, P).

    Raises:
        InputError: Another number of values, or one that is not finite.
    """
    checks.settled(what, values)
    if isinstance(values, Mapping):
        values = in_order(values, parameters, what)
    point = checks.reals(what, values)
    if point.ndim not in ((1, 2) if many else (1,)) or point.shape[-1] != len(parameters):
        given = f"{len(point)} value(s)" if point.ndim == 1 else f"the shape {point.shape}"
        raise InputError(f"{what} has {given}, the problem has {len(parameters)} parameter(s)")
    for name, column in zip(parameters, point.T):
        if not np.all(np.isfinite(column)):
            raise InputError(f"{what} must be finite, but {name} is {column}")
    return point
