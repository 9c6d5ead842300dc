"""The same problem in other coordinates: what depends on them, and what does not, can be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, shown
from qng.models.coordinates import Coordinates
from qng.models.problem import ModelProblem
from qng.problem.anyproblem import AnyProblem, expanded, names_among, point_among
from qng.problem.passed import Passed
from qng.problem.problem import Problem, Reference


@dataclass(frozen=True, eq=False)
class Reparametrised:
    """A problem in the coordinates x with theta = forward(x).

    Args:
        problem: In theta, of circuits or a model, without frozen parameters.
        coordinates: The map.
        start: Shape (Q,).
        parameters: Names of the coordinates.
        frozen: Those that are held at their start values.
        spread: How far from the start others are drawn; None: as those of a circuit.
    """

    problem: AnyProblem
    coordinates: Coordinates
    start: Array
    parameters: tuple[str, ...]
    frozen: tuple[str, ...] = ()
    spread: float | None = None

    name, title, source, unit = Passed[str](), Passed[str](), Passed[str](), Passed[str]()
    accuracy = Passed[float]()

    @property
    def initial(self) -> Array:
        """The start, shape (Q,)."""
        return np.array(self.start)

    @property
    def free(self) -> NDArray[np.intp]:
        """The indices of the trainable coordinates, ascending."""
        held = set(self.frozen)
        return np.array([k for k, p in enumerate(self.parameters) if p not in held], dtype=np.intp)

    def freeze(self, *names: str) -> Reparametrised:
        """The problem with further coordinates held at their start values."""
        return replace(self, frozen=names_among((*self.frozen, *names), self.parameters))

    def only(self, *names: str) -> Reparametrised:
        """The problem in which these coordinates, and no others, are trained."""
        kept = names_among(names, self.parameters)
        return replace(self, frozen=tuple(p for p in self.parameters if p not in kept))

    def reduced(self, theta: ArrayLike | Mapping[str, float] | None = None) -> Reparametrised:
        """The problem of the free coordinates alone."""
        full = self.initial if theta is None else point_among("start", theta, self.parameters)
        if not self.frozen:
            return replace(self, start=full)
        free, whole = self.free, self.coordinates
        inner = Coordinates(
            lambda x: whole.theta(self.expand(x, full)),
            lambda x: whole.slopes(self.expand(x, full))[:, free],
        )
        names = tuple(self.parameters[k] for k in free)
        return Reparametrised(self.problem, inner, full[free], names, (), self.spread)

    def expand(self, x: ArrayLike, base: ArrayLike | None = None) -> Array:
        """All coordinates from the free ones, shape (..., Q)."""
        full = self.initial if base is None else point_among("base", base, self.parameters)
        return expanded(x, full, self.free)

    def reference_energy(self) -> Reference | None:
        """That of the problem."""
        return self.problem.reference_energy()

    def ground_space(self) -> None:
        """None: states are not looked at in other coordinates."""

    def theta(self, x: ArrayLike) -> Array:
        """The points theta of points x: shape (Q,) or (points, Q), such as the trace of a run."""
        points = checks.reals("x", x)
        many = self.coordinates.thetas(np.atleast_2d(points))
        return many if points.ndim == 2 else many[0]


def reparametrised(
    problem: Problem | ModelProblem | Reparametrised,
    forward: Callable[[Array], Any],
    jacobian: Callable[[Array], Any] | None = None,
    *,
    start: ArrayLike | Mapping[str, float],
    names: Sequence[str] | None = None,
    spread: float | None = None,
) -> Reparametrised:
    """The same problem in other coordinates x, with theta = forward(x).

    Natural gradient with small steps goes the same way in all coordinates, gradient descent does
    not.

    Args:
        problem: Of circuits or a model.
        forward: x of shape (Q,) -> theta, shape (P,).
        jacobian: x -> d theta/dx, shape (P, Q); central differences by default.
        start: x where a run starts, shape (Q,), or a mapping from names to values.
        names: Of the coordinates; those of the mapping, or x0, x1, ... by default.
        spread: How far from the start others are drawn; that of the problem by default.

    Raises:
        InputError: Maps that are not like that, a start outside the problem, or frozen parameters.

    Example:
        >>> import qng
        >>> squared = reparametrised(qng.load("one-qubit"), lambda x: x**2, start=[1.9, 1.7])
        >>> squared.parameters
        ('x0', 'x1')
    """
    if not isinstance(problem, (Problem, ModelProblem, Reparametrised)):
        raise InputError(f"a problem is expected, as qng.load returns it, not {shown(problem)}")
    if problem.frozen:
        raise InputError("the problem has frozen parameters: take problem.reduced() first")
    if not callable(forward):
        raise InputError(f"forward must be a function, not {shown(forward)}")
    checks.function("jacobian", jacobian)
    if names is None:
        size = len(start) if isinstance(start, Mapping) else np.size(checks.reals("start", start))
        names = list(start) if isinstance(start, Mapping) else [f"x{k}" for k in range(size)]
    named = tuple(checks.text("a name of a coordinate", name) for name in names)
    begun, map_ = point_among("start", start, named), Coordinates(forward, jacobian)
    point_among("forward(start)", map_.theta(begun), problem.parameters)
    map_.slopes(begun)
    wide = problem.spread if spread is None else checks.positive("spread", spread)
    return Reparametrised(problem, map_, begun, named, (), wide)
