"""Requests about circuits of few qubits, answered together: points of equal circuits are one array.

What is asked at the same points, such as a gradient and a Gram matrix, shares the states there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.execute.statevector.derivatives import of_length
from qng.execute.statevector.feeds import feeds
from qng.execute.statevector.levels import levels
from qng.execute.statevector.small import Walk, stretches, walk
from qng.plan.request import Expectation, Gradient, Request, Result, Tangent, Tangents, Values


@dataclass(frozen=True, eq=False)
class SmallTangent:
    """J = d psi / d theta at one point.

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (R,).
        jacobian: A = d phi / d theta, shape (R, P).
        known: What `gram` gives, where it is known already.
    """

    circuit: Circuit
    phi: Array
    jacobian: Slopes
    known: tuple[Array, Array] | None = None

    @cached_property
    def _walk(self) -> Walk:
        return walk(self.circuit, self.phi[None])

    @property
    def state(self) -> Amplitudes:
        """psi, shape (2^n,)."""
        found: Amplitudes = self._walk.state[0]
        return found

    def jvp(self, v: ArrayLike) -> Amplitudes:
        """J v, shape (2^n,)."""
        direction = of_length(self.jacobian.shape[1], np.asarray(v, dtype=float))
        moved: Amplitudes = direction @ self._rows
        return moved

    def vjp(self, w: ArrayLike) -> Array:
        """Re(J^dagger w), shape (P,)."""
        ket = of_length(2**self.circuit.n_qubits, np.asarray(w, dtype=complex))
        pulled: Array = (self._rows.conj() @ ket).real
        return pulled

    def dense(self) -> Amplitudes:
        """All derivative states, shape (P, 2^n)."""
        return self._rows.copy()

    @cached_property
    def _rows(self) -> Amplitudes:
        fed = feeds(self.circuit, self.jacobian)
        rows = self._walk.rows(fed, self.jacobian.values[None])[0]
        found: Amplitudes = -0.5j * (rows @ levels(self.circuit).last)
        return found[fed.of_columns]

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi>, shape (P, P), and b with <psi|d_j psi> = i b_j, shape (P,)."""
        if self.known is not None:
            return self.known
        products, means = self._walk.gram(
            feeds(self.circuit, self.jacobian), self.jacobian.values[None]
        )
        return products[0], means[0]


@dataclass(frozen=True, eq=False)
class SmallTangents:
    """J = d psi / d theta at many points.

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (points, R).
        jacobian: A = d phi / d theta, shape (R, P), the same at all points.
        known: What `gram` gives, where it is known already.
    """

    circuit: Circuit
    phi: Array
    jacobian: Slopes
    known: tuple[Array, Array] | None = None

    @cached_property
    def _walk(self) -> Walk:
        return walk(self.circuit, self.phi)

    @property
    def state(self) -> Amplitudes:
        """psi, shape (points, 2^n)."""
        return self._walk.state

    def dense(self) -> Amplitudes:
        """All derivative states, shape (points, P, 2^n)."""
        fed = feeds(self.circuit, self.jacobian)
        rows = self._walk.rows(fed, self.jacobian.values[None])
        found: Amplitudes = -0.5j * (rows @ levels(self.circuit).last)
        return found[:, fed.of_columns]

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi> and b, shapes (points, P, P) and (points, P)."""
        if self.known is not None:
            return self.known
        return self._walk.gram(feeds(self.circuit, self.jacobian), self.jacobian.values[None])


def answers(requests: Mapping[int, Request]) -> dict[int, Result]:
    """The results of expectation values, gradients and derivative states of small circuits.

    Args:
        requests: By number; each for one of `ANSWERED`.
    """
    questions: dict[object, list[int]] = {}
    for k, request in requests.items():
        key = request.circuit, type(request.measure), ANSWERED[type(request.measure)].key(request)
        questions.setdefault(key, []).append(k)
    places: dict[object, list[_Question]] = {}
    for which in questions.values():
        question = _Question(which, [requests[k] for k in which])
        places.setdefault(question.place, []).append(question)
    found: dict[int, Result] = {}
    for together in places.values():
        for question, arrays in zip(together, _answered(together)):
            found |= zip(question.which, question.dealt(arrays))
    return found


def held(request: Request) -> int:
    """Bytes of the states that answer a request at one of its points, at least."""
    measure = request.measure
    rows = measure.jacobian.shape[1] if isinstance(measure, (Tangent, Tangents)) else 0
    return room(request.circuit, rows)


def room(circuit: Circuit, rows: int) -> int:
    """Bytes of the states of all levels at a point, with so many derivative states."""
    return 16 * (rows + 4 * len(levels(circuit).signs)) << circuit.n_qubits


@dataclass(frozen=True, eq=False)
class _Question:
    """What some requests ask alike of one circuit.

    Args:
        which: Their numbers.
        requests: The requests.
    """

    which: Sequence[int]
    requests: Sequence[Request]

    @cached_property
    def phi(self) -> Array:
        """The points of all of them, shape (points, R)."""
        if len(self.requests) == 1:
            return self.requests[0].angles
        return np.concatenate([request.angles for request in self.requests])

    @property
    def place(self) -> object:
        """Equal where the points are."""
        return self.requests[0].circuit, self.phi.shape, self.phi.tobytes()

    @property
    def _kind(self) -> _Kind:
        return ANSWERED[type(self.requests[0].measure)]

    @property
    def n_rows(self) -> int:
        """Derivative states of a point."""
        measure = self.requests[0].measure
        return measure.jacobian.shape[1] if isinstance(measure, (Tangent, Tangents)) else 0

    def answer(self) -> _Answer:
        return self._kind.answer(self.requests)

    def dealt(self, arrays: Sequence[Array]) -> list[Result]:
        """The results of the requests."""
        found, start = [], 0
        for request in self.requests:
            stop = start + len(request.angles)
            found.append(self._kind.result(request, *(array[start:stop] for array in arrays)))
            start = stop
        return found


_Answer = Callable[[Walk, slice], Sequence[Array]]


def _answered(questions: Sequence[_Question]) -> list[Sequence[Array]]:
    """Arrays with an axis of points for every question, all of them at the same points."""
    circuit, phi = questions[0].requests[0].circuit, questions[0].phi
    asked = [question.answer() for question in questions]
    found = []
    for part in stretches(circuit, len(phi), max(question.n_rows for question in questions)):
        at = walk(circuit, phi[part])
        found.append([answer(at, part) for answer in asked])
    if len(found) == 1:
        return found[0]
    return [[np.concatenate(parts) for parts in zip(*stretch)] for stretch in zip(*found)]


def _expectation(requests: Sequence[Any]) -> _Answer:
    observable = requests[0].measure.observable
    return lambda at, _: at.moments(observable)[:2]


def _gradient(requests: Sequence[Any]) -> _Answer:
    observable = requests[0].measure.observable
    return lambda at, _: at.gradient(observable)


def _gram(requests: Sequence[Any]) -> _Answer:
    jacobians = [request.measure.jacobian for request in requests]
    if not requests[0].measure.gram:
        return lambda at, _: ()
    fed = feeds(requests[0].circuit, jacobians[0])
    if all(jacobian is jacobians[0] for jacobian in jacobians):
        weights = jacobians[0].values[None]
        return lambda at, _: at.gram(fed, weights)
    each = np.array([jacobian.values for jacobian in jacobians])
    return lambda at, part: at.gram(fed, each[part])


def _entries(request: Any) -> object:
    a = request.measure.jacobian
    return request.measure.gram, a.shape, a.rows.tobytes(), a.columns.tobytes()


def _tangent(request: Any, *known: Array) -> SmallTangent:
    gram = (known[0][0], known[1][0]) if known else None
    return SmallTangent(request.circuit, request.angles[0], request.measure.jacobian, gram)


def _tangents(request: Any, *known: Array) -> SmallTangents:
    gram = (known[0], known[1]) if known else None
    return SmallTangents(request.circuit, request.angles, request.measure.jacobian, gram)


@dataclass(frozen=True)
class _Kind:
    """How one kind of measure is answered.

    Args:
        key: What it must have in common with another to be asked together.
        answer: Of requests with the same key, what answers a stretch of their points.
        result: The result of a request from its part of the arrays.
    """

    key: Callable[[Any], object]
    answer: Callable[[Sequence[Any]], _Answer]
    result: Callable[..., Result]


ANSWERED: Final[Mapping[type, _Kind]] = {
    Expectation: _Kind(
        lambda request: request.measure.observable, _expectation, lambda _, *seen: Values(*seen)
    ),
    Gradient: _Kind(
        lambda request: request.measure.observable, _gradient, lambda _, *seen: Values(*seen)
    ),
    Tangent: _Kind(_entries, _gram, _tangent),
    Tangents: _Kind(lambda request: id(request.measure), _gram, _tangents),
}
"""The measures that are answered here."""
