"""Requests about circuits of few qubits, answered together: points of equal circuits are one array.

What is asked at the same points, such as a gradient and a Gram matrix, shares the states there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.execute.statevector.once import once
from qng.execute.statevector.small.feeds import Fed, fed, fed_alike
from qng.execute.statevector.small.levels import Levels, levels
from qng.execute.statevector.small.walks import Walk, is_small, stretches, walk
from qng.execute.statevector.tangents.derivatives import of_length
from qng.execute.statevector.tangents.rows import spare
from qng.plan.request import Expectation, Gradient, Request, Result, Tangent, Tangents, Values


@dataclass(frozen=True, eq=False)
class _Tangents:
    """Derivative states at a stretch of points, made for all of them when one is asked for."""

    walk: Walk
    fed: Fed

    @once
    def gram(self) -> tuple[Array, Array]:
        return self.walk.gram(self.fed)

    @once
    def states(self) -> Amplitudes:
        return self.walk.state

    @once
    def derivatives(self) -> Amplitudes:
        return self.walk.derivatives(self.fed)


@dataclass(frozen=True, eq=False)
class SmallTangent:
    """J = d psi / d theta at one point of a stretch.

    Args:
        tangents: Those at all points of the stretch.
        k: Which point.
    """

    tangents: _Tangents
    k: int

    @property
    def state(self) -> Amplitudes:
        """psi, shape (2^n,)."""
        found: Amplitudes = self.tangents.states[self.k].copy()
        return found

    def jvp(self, v: ArrayLike) -> Amplitudes:
        """J v, shape (2^n,)."""
        rows = self.tangents.derivatives[self.k]
        moved: Amplitudes = of_length(len(rows), np.asarray(v, dtype=float)) @ rows
        return moved

    def vjp(self, w: ArrayLike) -> Array:
        """Re(J^dagger w), shape (P,)."""
        rows = self.tangents.derivatives[self.k]
        ket = of_length(rows.shape[1], np.asarray(w, dtype=complex))
        pulled: Array = (rows.conj() @ ket).real
        return pulled

    def dense(self) -> Amplitudes:
        """All derivative states, shape (P, 2^n)."""
        found: Amplitudes = self.tangents.derivatives[self.k].copy()
        return found

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi>, shape (P, P), and b with <psi|d_j psi> = i b_j, shape (P,)."""
        products, means = self.tangents.gram
        return products[self.k], means[self.k]


def held(request: Request) -> int:
    """Bytes of the states that answer a request at one of its points."""
    measure = request.measure
    rows = measure.jacobian.shape[1] if isinstance(measure, (Tangent, Tangents)) else 0
    return room(request.circuit, rows)


def room(circuit: Circuit, rows: int) -> int:
    """Bytes of the states of all levels at a point, with so many derivative states."""
    return _room(levels(circuit), circuit.n_qubits, rows)


def _room(program: Levels, n_qubits: int, rows: int) -> int:
    return 16 * (2 * rows + 4 * len(program.signs)) << n_qubits


@dataclass(frozen=True, eq=False)
class SmallTangents:
    """J = d psi / d theta at many points.

    Args:
        stretches: Those at stretches of the points.
    """

    stretches: Sequence[_Tangents]

    @property
    def state(self) -> Amplitudes:
        """psi, shape (points, 2^n)."""
        found: Amplitudes = _whole([tangents.states for tangents in self.stretches])
        return found

    def dense(self) -> Amplitudes:
        """All derivative states, shape (points, P, 2^n)."""
        found: Amplitudes = _whole([tangents.derivatives for tangents in self.stretches])
        return found

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi> and b, shapes (points, P, P) and (points, P)."""
        products, means = zip(*(tangents.gram for tangents in self.stretches))
        return _whole(products), _whole(means)


def _whole(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def at_one_point(requests: Sequence[Request], memory: int) -> list[Result] | None:
    """The results of a batch about one circuit at one point: what most steps ask, all in one walk.

    Args:
        requests: The batch.
        memory: Limit in bytes.

    Returns:
        As `answers`; None where it is another batch, or may not fit.
    """
    first = requests[0]
    circuit, phi = first.circuit, first.angles
    if len(phi) != 1 or not is_small(circuit):
        return None
    rows = 0
    for request in requests:
        measure = request.measure
        if isinstance(measure, Tangent):
            rows = max(rows, measure.jacobian.shape[1])
        elif not isinstance(measure, Gradient):
            return None
        if request.angles is not phi or request.circuit is not circuit:
            return None
    program = levels(circuit)
    needed = 2 * _room(program, circuit.n_qubits, rows)
    if needed > memory:
        return None
    spare(needed, memory)
    at, results = walk(circuit, phi), list[Result]()
    for request in requests:
        measure = request.measure
        if isinstance(measure, Tangent):
            results.append(SmallTangent(_Tangents(at, fed_alike(program, measure.jacobian)), 0))
        elif isinstance(measure, Gradient):
            results.append(Values(*at.gradient(measure.observable)))
    return results


def answers(requests: Mapping[int, Request]) -> dict[int, Result]:
    """The results of expectation values, gradients and derivative states of small circuits.

    Args:
        requests: By number; each for one of `ANSWERED`.
    """
    alike: dict[object, tuple[_Kind, list[int]]] = {}
    for k, request in requests.items():
        kind = ANSWERED[type(request.measure)]
        key = request.circuit, kind, kind.key(request)
        alike.setdefault(key, (kind, []))[1].append(k)
    places: dict[object, list[_Question]] = {}
    for kind, which in alike.values():
        mine = [requests[k] for k in which]
        each = [request.angles for request in mine]
        phi = each[0] if len(each) == 1 else np.concatenate(each)
        place = mine[0].circuit, phi.shape, phi.tobytes()
        places.setdefault(place, []).append(_Question(kind, which, mine, phi, []))
    found: dict[int, Result] = {}
    for together in places.values():
        _ask(together)
        for question in together:
            results = question.kind.results(question.requests, question.seen)
            found.update(zip(question.which, results))
    return found


class _Question(NamedTuple):
    """What some requests ask alike of one circuit.

    Args:
        kind: How it is answered.
        which: Their numbers.
        requests: The requests.
        phi: The points of all of them, shape (points, R).
        seen: What was found for stretches of points.
    """

    kind: _Kind
    which: Sequence[int]
    requests: Sequence[Any]
    phi: Array
    seen: list[Any]


def _ask(questions: Sequence[_Question]) -> None:
    """Answer questions about the same circuit at the same points."""
    circuit, phi = questions[0].requests[0].circuit, questions[0].phi
    rows = max(question.kind.rows(question.requests[0]) for question in questions)
    for part in stretches(circuit, len(phi), rows):
        at = walk(circuit, phi[part])
        for question in questions:
            question.seen.append(question.kind.answer(at, question.requests, part))


def _values(requests: Sequence[Any], seen: list[tuple[Array, ...]]) -> list[Values]:
    """The results of requests from arrays over stretches of all their points."""
    arrays = seen[0] if len(seen) == 1 else tuple(map(np.concatenate, zip(*seen)))
    found, start = [], 0
    for request in requests:
        stop = start + len(request.angles)
        mine = [array[start:stop] for array in arrays]
        found.append(Values(mine[0], mine[1], mine[2] if len(mine) > 2 else None))
        start = stop
    return found


def _tangents(requests: Sequence[Any], seen: list[_Tangents]) -> list[SmallTangent]:
    return [
        SmallTangent(tangents, k) for tangents in seen for k in range(tangents.walk.path.shape[1])
    ]


def _fed(at: Walk, requests: Sequence[Any], part: slice) -> _Tangents:
    jacobians = [request.measure.jacobian for request in requests]
    return _Tangents(at, fed(at.circuit, jacobians, part))


def _places(request: Any) -> object:
    a = request.measure.jacobian
    return a.shape, a.rows.tobytes(), a.columns.tobytes()


@dataclass(frozen=True, eq=False)
class _Kind:
    """How one kind of measure is answered.

    Args:
        key: What it must have in common with another to be asked together.
        rows: How many derivative states of a point it holds.
        answer: From the states at a stretch of the points of requests with the same key.
        results: Of these requests, from the answers at all stretches.
    """

    key: Callable[[Any], object]
    rows: Callable[[Any], int]
    answer: Callable[[Walk, Sequence[Any], slice], Any]
    results: Callable[[Sequence[Any], list[Any]], Sequence[Result]]


ANSWERED: Final[Mapping[type, _Kind]] = {
    Expectation: _Kind(
        key=lambda request: request.measure.observable,
        rows=lambda request: 0,
        answer=lambda at, requests, _: at.moments(requests[0].measure.observable)[:2],
        results=_values,
    ),
    Gradient: _Kind(
        key=lambda request: request.measure.observable,
        rows=lambda request: 0,
        answer=lambda at, requests, _: at.gradient(requests[0].measure.observable),
        results=_values,
    ),
    Tangent: _Kind(
        key=_places,
        rows=lambda request: request.measure.jacobian.shape[1],
        answer=_fed,
        results=_tangents,
    ),
    Tangents: _Kind(
        key=id,
        rows=lambda request: request.measure.jacobian.shape[1],
        answer=_fed,
        results=lambda _, seen: [SmallTangents(seen)],
    ),
}
"""The measures that are answered here."""
