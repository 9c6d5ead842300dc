"""The angles of a circuit as functions of its parameters, phi(theta), and their derivatives.

The Jacobian A = d phi / d theta is kept by its entries: most angles depend on one parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array, Integers, all_finite
from qng.circuit.angle import Angle
from qng.circuit.point import in_order
from qng.errors import InputError


@dataclass(frozen=True, eq=False)
class Slopes:
    """A matrix by the entries that may differ from zero, sorted by rows and then by columns.

    Args:
        rows: Shape (entries,).
        columns: Shape (entries,).
        values: Shape (entries,).
        shape: Of the matrix, (R, P).
    """

    rows: Integers
    columns: Integers
    values: Array
    shape: tuple[int, int]

    @staticmethod
    def of(matrix: ArrayLike | Slopes) -> Slopes:
        """The entries of a matrix, shape (R, P), that are not zero."""
        if isinstance(matrix, Slopes):
            return matrix
        full = np.asarray(matrix, dtype=float)
        rows, columns = np.nonzero(full)
        return Slopes(rows, columns, full[rows, columns], (full.shape[0], full.shape[1]))

    @staticmethod
    def sorted(
        rows: Sequence[int] | Integers,
        columns: Sequence[int] | Integers,
        values: Sequence[float] | Array,
        shape: tuple[int, int],
    ) -> Slopes:
        """The matrix with these entries, in any order, each place at most once."""
        i, j = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
        order = np.lexsort((j, i))
        return Slopes(i[order], j[order], np.asarray(values, float)[order], shape)

    @cached_property
    def T(self) -> Slopes:
        """The transpose, shape (P, R)."""
        return Slopes.sorted(self.columns, self.rows, self.values, (self.shape[1], self.shape[0]))

    @cached_property
    def _first(self) -> Integers:
        """The first entry of every row that has one."""
        return np.flatnonzero(np.diff(self.rows, prepend=-1))

    @cached_property
    def _one_a_row(self) -> bool:
        """Whether every row has exactly one entry."""
        return np.array_equal(self.rows, np.arange(self.shape[0]))

    @cached_property
    def _is_identity(self) -> bool:
        """Whether every angle is a parameter of its own, in order."""
        square = self.shape[0] == self.shape[1] and self._one_a_row
        return square and np.array_equal(self.columns, self.rows) and bool((self.values == 1).all())

    def __matmul__(self, v: ArrayLike) -> Array:
        """A v of vectors in the last axis, shape (..., P) -> (..., R). Cost: the entries."""
        vectors = np.asarray(v, dtype=float)
        if self._is_identity and vectors.shape[-1] == self.shape[1]:
            return vectors.copy()
        if self._one_a_row:
            picked: Array = vectors.take(self.columns, axis=-1) * self.values
            return picked
        out = np.zeros((*vectors.shape[:-1], self.shape[0]))
        if len(self.rows):
            products = vectors[..., self.columns] * self.values
            out[..., self.rows[self._first]] = np.add.reduceat(products, self._first, axis=-1)
        return out

    def dense(self) -> Array:
        """The matrix, shape (R, P)."""
        full = np.zeros(self.shape)
        full[self.rows, self.columns] = self.values
        return full


@dataclass(frozen=True, eq=False)
class AngleMap:
    """theta -> phi(theta): R angles in P parameters.

    Args:
        angles: phi_r.
        parameters: Their names in the order of theta.
    """

    angles: tuple[Angle, ...]
    parameters: tuple[str, ...]

    def values(self, theta: ArrayLike) -> Array:
        """phi(theta) in radians, shape (R,) or (points, R).

        Args:
            theta: Shape (P,) or (points, P).

        Raises:
            InputError: As `check`.
        """
        if self._is_point(theta):
            phi = self._last(theta.tobytes()).copy()
            return phi if theta.ndim == 1 else phi[None]
        return self._values(self.check(theta))

    def _is_point(self, theta: ArrayLike) -> TypeGuard[Array]:
        """Whether these are the numbers of one point, shape (P,) or (1, P), finite or not."""
        return (
            isinstance(theta, np.ndarray)
            and theta.dtype == np.float64
            and theta.shape in self._shapes
        )

    @cached_property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        return (len(self.parameters),), (1, len(self.parameters))

    @cached_property
    def _last(self) -> Callable[[bytes], Array]:
        """phi by the numbers of theta; the last one is known: a step asks for its point often."""

        def values(numbers: bytes) -> Array:
            point = np.frombuffer(numbers)
            return self._values(point if all_finite(point) else self.check(point))

        return lru_cache(maxsize=1)(values)

    def _values(self, points: Array) -> Array:
        a, b = self._affine
        phi = a @ points + b
        if self._nonlinear:
            for point in np.ndindex(points.shape[:-1]):
                named = dict(zip(self.parameters, points[point]))
                for r in self._nonlinear:
                    phi[(*point, r)] = self.angles[r].value(named)
        return phi

    def slopes(self, theta: ArrayLike) -> Slopes:
        """A = d phi / d theta at one point, by its entries; shape (R, P)."""
        return self._slopes(self.check_point(theta))

    def at(self, theta: ArrayLike) -> tuple[Array, Slopes]:
        """phi(theta) and A at one point, as `values` and `slopes`."""
        point = theta if self._is_point(theta) and theta.ndim == 1 else self.check_point(theta)
        return self.values(point), self._slopes(point)

    def _slopes(self, point: Array) -> Slopes:
        a, _ = self._affine
        if not self._nonlinear:
            return a
        named = dict(zip(self.parameters, point))
        rows, columns, slopes = zip(*self._curved)
        return Slopes.sorted(
            np.concatenate([a.rows, rows]),
            np.concatenate([a.columns, columns]),
            np.concatenate([a.values, [slope.value(named) for slope in slopes]]),
            a.shape,
        )

    def curvature(self, theta: ArrayLike, weights: ArrayLike) -> Array:
        """sum_r w_r d^2 phi_r / d theta^2, shape (P, P); zero where all angles are affine.

        Args:
            theta: Shape (P,).
            weights: Shape (R,).
        """
        named = dict(zip(self.parameters, self.check_point(theta)))
        w = np.asarray(weights, dtype=float)
        total = np.zeros((len(self.parameters), len(self.parameters)))
        for r, column, slope in self._curved:
            for name in slope.parameters():
                row = self._columns[name]
                total[row, column] += w[r] * slope.derivative(name).value(named)
        # The two orders of differentiation round differently.
        return (total + total.T) / 2

    def check(self, theta: ArrayLike | Mapping[Any, float]) -> Array:
        """theta as an array of shape (P,) or (points, P).

        Args:
            theta: Numbers in the order of `parameters`, or a mapping from names to numbers.

        Raises:
            InputError: Wrong length, or a value that is not a finite number.
        """
        size = len(self.parameters)
        if isinstance(theta, Mapping):
            theta = in_order(theta, self.parameters)
        values = checks.reals("theta", checks.settled("theta", theta))
        if values.ndim not in (1, 2) or values.shape[-1] != size:
            given = f"{len(values)} value(s)" if values.ndim == 1 else f"the shape {values.shape}"
            raise InputError(
                f"theta has {given}, the circuit has {size} parameter(s): "
                f"{_listed(self.parameters)}"
            )
        if not all_finite(values):
            bad = self.parameters[int(np.argwhere(~np.isfinite(values))[0][-1])]
            raise InputError(f"theta must be finite, but {bad} is not")
        return values

    def check_point(self, theta: ArrayLike | Mapping[Any, float]) -> Array:
        """theta as an array of shape (P,).

        Raises:
            InputError: As `check`, or several points.
        """
        values = self.check(theta)
        if values.ndim != 1:
            raise InputError(f"one point is expected, not an array of shape {values.shape}")
        return values

    @cached_property
    def _forms(self) -> list[tuple[dict[str, float], float] | None]:
        """Coefficients and offset of every angle, None where it is not affine."""
        return [angle.affine() for angle in self.angles]

    @cached_property
    def _affine(self) -> tuple[Slopes, Array]:
        """(A, b) of the affine angles, phi = A theta + b; zero in the rows of the others."""
        rows, columns, values = [], [], []
        b = np.zeros(len(self.angles))
        for r, form in enumerate(self._forms):
            if form is not None:
                b[r] = form[1]
                for name, coefficient in form[0].items():
                    rows.append(r)
                    columns.append(self._columns[name])
                    values.append(coefficient)
        return Slopes.sorted(rows, columns, values, (len(self.angles), len(self.parameters))), b

    @cached_property
    def _nonlinear(self) -> tuple[int, ...]:
        return tuple(r for r, form in enumerate(self._forms) if form is None)

    @property
    def is_affine(self) -> bool:
        """Whether all angles are: then A is the same everywhere."""
        return not self._nonlinear

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {name: k for k, name in enumerate(self.parameters)}

    @cached_property
    def _curved(self) -> list[tuple[int, int, Angle]]:
        """The slopes that depend on theta: rotation, parameter, d phi / d theta."""
        return [
            (r, self._columns[name], self.angles[r].derivative(name))
            for r in self._nonlinear
            for name in self.angles[r].parameters()
        ]


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "none"
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:6])}, ..., {names[-1]}"
