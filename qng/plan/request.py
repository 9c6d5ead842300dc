"""What can be asked of an executor: a circuit, an array of points and a measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array, Flags, Integers, equal
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.plan.readout import Rate


@dataclass(frozen=True)
class Expectation:
    """<H> at every point; answered by `Values`."""

    observable: PauliSum


@dataclass(frozen=True, eq=False)
class Overlap:
    """|<psi(phi')|psi(phi)>|^2 at every point; answered by `Values`.

    With noise the overlap of a state with itself is not 1, and depends on which operations were
    cancelled against their inverses (`uncompute`). Overlaps that are to be compared must have the
    same ones: `kept` are the rotations that stay though their angles agree.

    Args:
        others: phi', shape (points, R).
        kept: Shape (points, R), where there is noise; None: none, and all of them where no angle
            differs.
    """

    others: Array
    kept: Flags | None = None

    def different(self, circuit: Circuit, angles: Array) -> Flags:
        """Which rotations differ there and back, or are kept as if they did; shape (points, R).

        Args:
            circuit: The circuit.
            angles: phi, shape (points, R).
        """
        different: Flags = angles != self.others
        if not circuit.noisy:
            return different
        if self.kept is not None:
            different |= self.kept
        return different | ~different.any(axis=1, keepdims=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Overlap) or not np.array_equal(self.others, other.others):
            return False
        if self.kept is None or other.kept is None:
            return self.kept is other.kept
        return np.array_equal(self.kept, other.kept)

    def __hash__(self) -> int:
        return hash(self.others.tobytes())


@dataclass(frozen=True)
class Samples:
    """Some qubits measured in some letters; answered by a tuple of `Counts`, one a point.

    Args:
        basis: The qubits of this word are measured, each in its letter.
    """

    basis: Pauli


@dataclass(frozen=True)
class Gradient:
    """<H> and d<H>/d phi at every point; answered by `Values` with `gradient`."""

    observable: PauliSum


@dataclass(frozen=True, init=False, eq=False)
class Tangent:
    """The state and its derivatives along given directions; answered by a `TangentMap`.

    Args:
        jacobian: A = d phi / d theta, shape (R, P): a matrix, or its entries.
        gram: Whether the Gram matrix will be asked for: what is prepared for it can serve a
            gradient at the same point.
    """

    jacobian: Slopes
    gram: bool

    def __init__(self, jacobian: ArrayLike | Slopes, gram: bool = False) -> None:
        object.__setattr__(self, "gram", gram)
        object.__setattr__(self, "jacobian", Slopes.of(jacobian))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tangent) and self._entries() == other._entries()

    def __hash__(self) -> int:
        return hash(self._entries())

    def _entries(self) -> tuple[object, ...]:
        a = self.jacobian
        return self.gram, a.shape, a.rows.tobytes(), a.columns.tobytes(), a.values.tobytes()


@dataclass(frozen=True, eq=False)
class Tangents:
    """The states and their derivatives at every point, along directions that all points share.

    Answered by a `TangentMaps`, by a simulator of small circuits.

    Args:
        jacobian: A = d phi / d theta, shape (R, P), the same at all points.
        gram: Whether the Gram matrices will be asked for, and not the states.
    """

    jacobian: Slopes
    gram: bool = False


@dataclass(frozen=True)
class State:
    """The statevector at every point; answered by an array (points, 2^n)."""


@dataclass(frozen=True)
class Probabilities:
    """Born probabilities of the computational basis; answered by an array (points, 2^n)."""


@dataclass(frozen=True)
class Density:
    """The density matrix of some qubits at every point, (points, 2^k, 2^k) complex.

    It is that of the state, noise of its gates included, before anything is measured: readout
    errors are not in it. Only a simulator knows it, with shots as without them.

    Args:
        qubits: Which, ascending: the first is the least significant bit of an index; None: all.
    """

    qubits: tuple[int, ...] | None = None

    def of(self, n_qubits: int) -> tuple[int, ...]:
        """The qubits themselves."""
        return tuple(range(n_qubits)) if self.qubits is None else self.qubits


Measure = (
    Expectation
    | Overlap
    | Samples
    | Gradient
    | Tangent
    | Tangents
    | State
    | Probabilities
    | Density
)


@dataclass(frozen=True, eq=False)
class Request:
    """One circuit, an array of points and what to measure there.

    Args:
        circuit: The circuit.
        angles: phi at every point, shape (points, R), radians.
        measure: What to measure at every point. `Tangent` takes a single point.
        weights: Relative numbers of shots of the points, shape (points,); None: 1 each.
        shots: Numbers of shots of the points, shape (points,), where they are dealt out
            (`lower.sampled`); None: exact.
        draws: Name the stream of every point, shape (points, 2), so that any part of a batch draws
            what the whole one draws; None: the places of the request and of its points.
        apart: Names of what the numbers are for. Requests whose names differ never share shots,
            even where they come to the same circuit, so that their errors are independent.

    Raises:
        InputError: Shapes that do not fit, weights or shots that are not positive.
    """

    circuit: Circuit
    angles: Array
    measure: Measure
    weights: Array | None = None
    shots: Integers | None = None
    draws: Integers | None = None
    apart: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.angles.shape
        if len(shape) != 2 or shape[1] != self.circuit.n_rotations:
            raise InputError(
                f"a request needs angles of shape (points, {self.circuit.n_rotations}), "
                f"not {self.angles.shape}"
            )
        if isinstance(self.measure, Tangent):
            rows = self.measure.jacobian.shape[0]
            if (len(self.angles), rows) != (1, self.circuit.n_rotations):
                raise InputError(
                    f"derivative states need a single point and a Jacobian of "
                    f"{self.circuit.n_rotations} rows, not {len(self.angles)} and {rows}"
                )
        if isinstance(self.measure, Overlap) and self.measure.others.shape != self.angles.shape:
            raise InputError(
                f"overlaps need two angles a rotation and point: {self.angles.shape} and "
                f"{self.measure.others.shape} differ"
            )
        if self.draws is not None and self.draws.shape != (len(self.angles), 2):
            raise InputError(f"draws must be two numbers a point, not {self.draws.shape}")
        if self.weights is not None:
            self._check_per_point("weights", self.weights)
        if self.shots is not None:
            self._check_per_point("shots", self.shots)

    def _check_per_point(self, name: str, numbers: Array | Integers) -> None:
        if numbers.shape != (len(self.angles),) or not (numbers > 0).all():
            raise InputError(f"{name} must be positive numbers, one a point")

    def at(self, angles: Array) -> Request:
        """The request at other points, as many as there are."""
        return self._but(angles=angles)

    def _but(self, **changes: Any) -> Request:
        """The request with other values that fit it: they are not checked again."""
        other = object.__new__(Request)
        vars(other).update(vars(self), **changes)
        return other

    def drawn(self, place: int) -> Request:
        """The request with its streams named as those of its place in a batch."""
        if self.draws is not None:
            return self
        return self._but(draws=streams(place, len(self.angles)))

    @property
    def shares(self) -> Array:
        """The weights, ones where none are given; shape (points,)."""
        return np.ones(len(self.angles)) if self.weights is None else self.weights

    def weighted(self, factor: float) -> Request:
        """The request with its weights multiplied."""
        weights = factor * self.shares
        self._check_per_point("weights", weights)
        return self._but(weights=weights)

    def kept_apart(self, name: str) -> Request:
        """The request with shots that it shares with none of another name."""
        return self._but(apart=(name, *self.apart))

    def same_point(self, other: Request) -> bool:
        """Whether circuit and angles are the same."""
        same = self.circuit is other.circuit or self.circuit == other.circuit
        return same and equal(self.angles, other.angles)


def streams(place: int, points: int) -> Integers:
    """The names of the streams of a request in its place of a batch, shape (points, 2)."""
    names = np.empty((points, 2), dtype=np.int64)
    names[:, 0], names[:, 1] = place, np.arange(points)
    return names


def known_without_shots_only(request: Request) -> bool:
    """Whether only an exact simulator knows it: no shots are ever dealt out to its batch."""
    return isinstance(request.measure, (Gradient, Tangent, State, Probabilities))


def known_with_shots(request: Request) -> bool:
    """Whether a simulator that counts bits knows it all the same, and no shots are spent on it."""
    return isinstance(request.measure, Density)


@dataclass(frozen=True)
class Values:
    """Expectation values or overlaps at the points of a request.

    Args:
        value: <H>, shape (points,).
        variance: <H^2> - <H>^2 of the state, shape (points,), or None where it is not known.
        gradient: d<H>/d phi, shape (points, R), where it was asked for.
        std_error: Standard error of `value`, shape (points,); None where it is exact. The errors
            of different points are independent.
        drift: By how much `value` moves with every readout rate that corrects it, one standard
            error each, shape (points,): errors that different points have in common and that
            `std_error` is without. Executors know nothing of it.
    """

    value: Array
    variance: Array | None = None
    gradient: Array | None = None
    std_error: Array | None = None
    drift: Mapping[Rate, Array] | None = None


class TangentMap(Protocol):
    """J = d psi / d theta as a linear map, and the state itself.

    It is never stored; products are computed when they are asked for.
    """

    @property
    def state(self) -> Amplitudes:
        """psi, shape (2^n,)."""

    def jvp(self, v: Array) -> Amplitudes:
        """J v, shape (2^n,)."""

    def vjp(self, w: Amplitudes) -> Array:
        """Re(J^dagger w), shape (P,)."""

    def dense(self) -> Amplitudes:
        """All derivative states as rows, shape (P, 2^n)."""

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi>, shape (P, P), and b with <psi|d_j psi> = i b_j, shape (P,)."""


class TangentMaps(Protocol):
    """What a `TangentMap` says, at many points: all arrays have these as their first axis."""

    @property
    def state(self) -> Amplitudes:
        """psi, shape (points, 2^n)."""

    def dense(self) -> Amplitudes:
        """All derivative states as rows, shape (points, P, 2^n)."""

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi> and b, shapes (points, P, P) and (points, P)."""


Result = Any  # Values | TangentMap | array | tuple of Counts: what the measure's docstring says
