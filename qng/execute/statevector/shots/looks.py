"""Samples, expectation values and overlaps: what is looked at in states that points may share.

Every point is drawn from a stream of its own. States come in batches; what is asked of several of
them, the probabilities in one basis, is computed for all of these together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from qng.arrays import Amplitudes, Array, distinct
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import basis_change
from qng.circuit.pauli import Pauli
from qng.execute.statevector import states
from qng.execute.statevector.shots.distribution import FEW, Distribution, drawn, probabilities
from qng.execute.statevector.shots.prefixes import Visit
from qng.execute.statevector.shots.streams import Streams
from qng.execute.statevector.small import walks
from qng.plan.counts import Counts
from qng.plan.request import Expectation, Measure, Request, Result, Samples, Values

LOOKS: Final[tuple[type, ...]] = (Samples, Expectation)
"""The measures that are answered by looking at states."""


# States of a small circuit that are looked at together.
_TOGETHER: Final = 2**9


class Visiting(Protocol):
    """Shows the states of many points (`prefixes.visit_states`)."""

    def __call__(
        self, points: Sequence[tuple[Circuit, Array]], visit: Visit, held: int = 0, /
    ) -> None:
        """With so many further states held meanwhile."""


def looked_at(
    requests: Sequence[Request], seed: int, visiting: Visiting, held: int = 0
) -> list[Result]:
    """The results of samples and expectation values on the same number of qubits.

    Args:
        requests: Their streams are named (`Request.drawn`).
        seed: Of all streams.
        visiting: Shows the states.
        held: How many states the results take.
    """
    points = _Points.of(requests, seed)
    found: list[Any] = [None] * len(points.owner)

    def visit(places: Sequence[Sequence[int]], psi: Amplitudes) -> None:
        asked: dict[object, list[tuple[int, int]]] = {}
        for row, here in enumerate(places):
            for point in here:
                asked.setdefault(points.looks[points.owner[point]], []).append((row, point))
        for which in asked.values():
            rows, here = zip(*which)
            for point, one in zip(here, points.seen(psi, rows, here)):
                found[point] = one

    visiting([_measured(request) for request in requests], visit, held)
    stops = np.cumsum([len(request.angles) for request in requests]).tolist()
    return [
        _collected(request, found[stop - len(request.angles) : stop])
        for request, stop in zip(requests, stops)
    ]


def overlaps(circuit: Circuit, here: Array, there: Array, visiting: Visiting) -> Array:
    """|<psi(phi')|psi(phi)>|^2, shape (points,)."""
    others, which = distinct(there)
    bras = np.zeros((len(others), 2**circuit.n_qubits), dtype=complex)
    found = np.zeros(len(here))

    def keep(places: Sequence[Sequence[int]], psi: Amplitudes) -> None:
        for one, of in zip(psi, places):
            bras[of] = one

    def compare(places: Sequence[Sequence[int]], psi: Amplitudes) -> None:
        for ket, of in zip(psi, places):
            for k in of:
                found[k] = abs(np.vdot(bras[which[k]], ket)) ** 2

    visiting([(circuit, others)], keep, len(others))
    visiting([(circuit, here)], compare, len(others))
    return found


def visit_small(points: Sequence[tuple[Circuit, Array]], visit: Visit) -> None:
    """As `visit_states`, for circuits of few qubits, without kernels."""
    waiting: list[Amplitudes] = []
    first = last = 0
    for circuit, angles in points:
        for start in range(0, len(angles), _TOGETHER):
            waiting.append(walks.states(circuit, angles[start : start + _TOGETHER]))
            last += len(waiting[-1])
            if last - first >= _TOGETHER:
                visit([[k] for k in range(first, last)], np.concatenate(waiting))
                waiting, first = [], last
    if waiting:
        visit([[k] for k in range(first, last)], np.concatenate(waiting))


@dataclass(frozen=True, eq=False)
class _Points:
    """The points of some requests, counted through all of them.

    Args:
        requests: The requests.
        owner: Whose each point is.
        shots: Of each; 0 where it is exact.
        streams: One a point.
        looks: What is looked at for a request; equal for requests that ask the same of a state.
    """

    requests: Sequence[Request]
    owner: Sequence[int]
    shots: np.ndarray[Any, np.dtype[np.int64]]
    streams: Streams
    looks: Sequence[object]

    @staticmethod
    def of(requests: Sequence[Request], seed: int) -> _Points:
        """From requests whose streams are named."""
        sizes = [len(request.angles) for request in requests]
        exact = np.zeros(max(sizes, default=0), dtype=np.int64)
        shots = [
            exact[:size] if request.shots is None else request.shots
            for size, request in zip(sizes, requests)
        ]
        names = [request.draws for request in requests if request.draws is not None]
        return _Points(
            requests,
            np.repeat(np.arange(len(requests)), sizes).tolist(),
            np.concatenate(shots),
            Streams.of(seed, np.concatenate(names)),
            [_look(request.measure, request.shots is None) for request in requests],
        )

    def seen(self, psi: Amplitudes, rows: Sequence[int], points: Sequence[int]) -> Iterable[Any]:
        """What some points of one look see.

        Args:
            psi: Distinct states.
            rows: Which of them each point has.
            points: The points.
        """
        measure = self.requests[self.owner[points[0]]].measure
        if isinstance(measure, Expectation):
            words = states.terms(measure.observable)
            known = {row: states.moments(words, psi[row]) for row in dict.fromkeys(rows)}
            return [known[row] for row in rows]
        assert isinstance(measure, Samples)
        return self._counts(psi, measure.basis.support, rows, points)

    def _counts(
        self, psi: Amplitudes, measured: int, rows: Sequence[int], points: Sequence[int]
    ) -> Iterable[Any]:
        distinct = list(dict.fromkeys(rows))
        p = probabilities(psi if len(distinct) == len(psi) else psi[distinct], measured)
        place = {row: k for k, row in enumerate(distinct)}
        which, shots = [place[row] for row in rows], self.shots[list(points)]
        if np.all((shots > 0) & (p.shape[1] <= np.maximum(FEW, shots))):
            return drawn(measured, p, which, shots, self.streams.part(list(points)))
        alone = [Distribution(measured, of) for of in p]
        return [
            self._alone(alone[k], point, often)
            for k, point, often in zip(which, points, shots.tolist())
        ]

    def _alone(self, distribution: Distribution, point: int, shots: int) -> Counts:
        """Of one point."""
        if not shots:
            return distribution.counts()
        p, measured = distribution.p, distribution.measured
        if len(p) <= max(FEW, shots):
            return drawn(measured, p[None], [0], np.array([shots]), self.streams.part([point]))[0]
        return distribution.draw(shots, self.streams[point])


def _look(measure: Measure, exact: bool) -> object:
    return (measure.basis.support, exact) if isinstance(measure, Samples) else measure


def _measured(request: Request) -> tuple[Circuit, Array]:
    """The circuit after which Z is measured, and its points."""
    if isinstance(request.measure, Samples):
        return _turned(request.circuit, request.measure.basis), request.angles
    return request.circuit, request.angles


@derived
def _turned(circuit: Circuit, basis: Pauli) -> Circuit:
    return circuit.then(basis_change(basis))


def _collected(request: Request, parts: list[Any]) -> Result:
    if isinstance(request.measure, Samples):
        return tuple(parts)
    value, variance = np.array(parts).reshape(-1, 2).T
    return Values(value, variance)
