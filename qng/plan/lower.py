"""From expectation values and overlaps to circuits whose bits are counted: the only place.

    <H> = c + sum_g sum_(W in g) c_W <W>          one measurement basis a group g (`grouping.py`)
    |<psi(phi')|psi(phi)>|^2 = P(0...0)           of the circuit at phi and its inverse at phi'

First every request says which bits it wants, and how its result is read off their counts. Then
what is wanted twice is merged: circuit, angles and basis, and a basis that another one contains is
read off it. Points of one request have shots of their own even where they are equal, and so do
requests that are kept apart (`Request.apart`): whoever adds their numbers takes their errors as
independent, whatever circuits they come to. Last there is one request a circuit and basis, the
shots of the batch are dealt out, and every point has a name for its draws.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple, TypeVar

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.circuit.uncompute import return_trip
from qng.errors import InputError, UnsupportedMeasureError
from qng.plan import calibrated
from qng.plan.counts import Counts
from qng.plan.deal import EXACTLY, MOST_QUBITS, Dealing, deal
from qng.plan.grouping import constant, grouped
from qng.plan.plan import Plan
from qng.plan.readout import Drift, Rate
from qng.plan.request import (
    Expectation,
    Overlap,
    Request,
    Result,
    Samples,
    Values,
    known_with_shots,
)
from qng.plan.shots import Shots

T = TypeVar("T")


def sampled(plan: Plan[T], shots: Shots, dealing: Dealing = EXACTLY) -> Plan[T]:
    """The plan with every request as samples, and shots dealt out by weight.

    What a simulator knows although it counts bits (`request.known_with_shots`) stays as it is.

    The number of shots of every point is a multiple of one base number, so that a batch is one
    job also where all circuits of a job have the same number of shots.

    Args:
        plan: Its requests are Expectation, Overlap, Samples and Density.
        shots: For all requests together, or for each circuit.
        dealing: Which numbers of shots the device runs (`executor.dealing_of`).

    Raises:
        UnsupportedMeasureError: A request for what only a simulator knows.
        InputError: Fewer shots a point than the device takes, an observable that is not Hermitian,
            more than 62 qubits.
    """
    if dealing.means:
        return _as_means(plan, shots, dealing)
    known = [k for k, request in enumerate(plan.requests) if known_with_shots(request)]
    together = _together(plan.requests)
    readings = {
        k: _reading(request, together) for k, request in enumerate(plan.requests) if k not in known
    }
    requests, places = _merged(
        [want for reading in readings.values() for want in reading.wants], shots, dealing
    )

    def reduce(results: Sequence[Result]) -> T:
        counts = [of_a_point for result in results[: len(requests)] for of_a_point in result]
        wanted = iter([counts[place] for place in places])
        read = {k: r.read([next(wanted) for _ in r.wants]) for k, r in readings.items()}
        read |= dict(zip(known, results[len(requests) :]))
        return calibrated.reduced(plan.reduce, [read[k] for k in range(len(read))])

    return Plan((*requests, *(plan.requests[k] for k in known)), reduce)


def _as_means(plan: Plan[T], shots: Shots, dealing: Dealing) -> Plan[T]:
    """The plan as it is, with equal shots of all points; what takes samples is not changed."""
    sizes = [len(request.angles) for request in plan.requests]
    dealt = deal(np.ones(sum(sizes)), shots, replace(dealing, uniform=True, rows=1))
    parts = np.split(dealt, np.cumsum(sizes)[:-1])
    requests = (replace(request, shots=part) for request, part in zip(plan.requests, parts))
    return replace(plan, requests=tuple(requests))


# --- what a request wants ------------------------------------------------------------------------


class _Point(NamedTuple):
    """A circuit with its angles, and whose shots they are; equal where shots are shared.

    Args:
        circuit: The circuit.
        angles: As bytes.
        apart: That of the request.
        again: How many equal points the request has before this one.
    """

    circuit: Circuit
    angles: bytes
    apart: tuple[str, ...]
    again: int


@dataclass(frozen=True)
class _Want:
    """Bits that are to be counted.

    Args:
        point: What is run.
        basis: Which qubits are measured, in which letters.
        weight: Share of the shots, relative to others.
    """

    point: _Point
    basis: Pauli
    weight: float


@dataclass(frozen=True)
class _Reading:
    """A request as counted bits.

    Args:
        wants: What is to be counted.
        read: From the counts, one a want, to the result of the request.
    """

    wants: tuple[_Want, ...]
    read: Callable[[list[Counts]], Result]


Together = dict[_Point, list[PauliSum]]


def _points(asked: Iterable[tuple[Circuit, Array]], apart: tuple[str, ...]) -> list[_Point]:
    """The points of one request, each a circuit and its angles of shape (R,)."""
    seen: defaultdict[tuple[Circuit, bytes], Iterator[int]] = defaultdict(count)
    points = []
    for circuit, row in asked:
        # Adding zero makes -0 a 0: equal angles have equal bytes.
        angles = (row + 0.0).tobytes()
        points.append(_Point(circuit, angles, apart, next(seen[circuit, angles])))
    return points


def _points_of(request: Request) -> list[_Point]:
    return _points(((request.circuit, row) for row in request.angles), request.apart)


def _together(requests: Sequence[Request]) -> Together:
    """The observables that are asked for at every point: one set of bases serves them all."""
    found: Together = {}
    for request in requests:
        if isinstance(request.measure, Expectation):
            for point in _points_of(request):
                here = found.setdefault(point, [])
                if request.measure.observable not in here:
                    here.append(request.measure.observable)
    return found


def _reading(request: Request, together: Together) -> _Reading:
    if request.circuit.n_qubits > MOST_QUBITS:
        raise InputError(
            f"outcomes of at most {MOST_QUBITS} qubits are counted, the circuit has "
            f"{request.circuit.n_qubits}"
        )
    if isinstance(request.measure, Expectation):
        return _expectation(request, request.measure.observable, together)
    if isinstance(request.measure, Overlap):
        return _overlap(request, request.measure)
    if isinstance(request.measure, Samples):
        return _samples(request, request.measure.basis)
    raise UnsupportedMeasureError(
        f"{type(request.measure).__name__} is known to an exact simulator only and cannot be "
        "sampled: leave shots out, or choose estimators from shots (gradient: parameter-shift, "
        "finite-difference, spsa; metric: blocks, diagonal, overlaps, hadamard, spsa, fisher)"
    )


def _samples(request: Request, basis: Pauli) -> _Reading:
    points = _points_of(request)
    wants = (_Want(point, basis, weight) for point, weight in zip(points, request.shares))
    return _Reading(tuple(wants), tuple)


def _expectation(request: Request, observable: PauliSum, together: Together) -> _Reading:
    if not observable.is_hermitian:
        raise InputError("the observable is not Hermitian: a coefficient is not real")
    points = _points_of(request)
    served = [tuple(together[point]) for point in points]
    groups = {observables: grouped(request.circuit, observables) for observables in served}
    words = {key: [group.words_of(observable) for group in of] for key, of in groups.items()}
    known = constant(request.circuit, observable)
    wants: list[_Want] = []
    for point, observables, weight in zip(points, served, request.shares):
        here = groups[observables]
        total = sum(group.size for group in here)
        wants += [_Want(point, group.basis, weight * group.size / total) for group in here]

    def read(counts: list[Counts]) -> Values:
        unread, drift = iter(counts), _Drift(len(points))
        value, variance = np.full(len(points), known), np.zeros(len(points))
        for k, observables in enumerate(served):
            for own, coefficients in words[observables]:
                of_group = next(unread)
                if own:
                    mean, error = of_group.mean(own, coefficients)
                    value[k] += mean
                    variance[k] += error
                    drift.add(k, of_group.drift_of_mean(own, coefficients))
        return Values(value, std_error=np.sqrt(variance), drift=drift.rates)

    return _Reading(tuple(wants), read)


def _overlap(request: Request, measure: Overlap) -> _Reading:
    different = measure.different(request.circuit, request.angles)
    differ = np.any(different, axis=1).tolist()
    trips: list[tuple[Circuit, Array]] = []
    measured: list[tuple[Pauli, float]] = []
    for here, there, row, weight in zip(request.angles, measure.others, different, request.shares):
        if np.any(row):
            trip = return_trip(request.circuit, tuple(np.flatnonzero(row).tolist()))
            trips.append((trip.circuit, trip.angles(here, there)))
            measured.append((trip.basis, weight))
    points = _points(trips, request.apart)
    wants = [_Want(point, *of) for point, of in zip(points, measured)]

    def read(counts: list[Counts]) -> Values:
        value, variance, drift = np.ones(len(differ)), np.zeros(len(differ)), _Drift(len(differ))
        for k, of, want in zip(np.flatnonzero(differ).tolist(), counts, wants):
            value[k], variance[k] = of.zeros(want.basis.support)
            drift.add(k, of.drift_of_zeros(want.basis.support))
        return Values(value, std_error=np.sqrt(variance), drift=drift.rates)

    return _Reading(tuple(wants), read)


class _Drift:
    """Collects by how much the values of points move with every readout rate.

    Args:
        points: How many there are.

    Attributes:
        rates: By rate, shape (points,).
    """

    def __init__(self, points: int) -> None:
        self.points = points
        self.rates: dict[Rate, Array] = {}

    def add(self, k: int, moved: Drift) -> None:
        """To point k."""
        for rate, by in moved.items():
            self.rates.setdefault(rate, np.zeros(self.points))[k] += by


# --- what is run ---------------------------------------------------------------------------------


def _merged(
    wants: Sequence[_Want], shots: Shots, dealing: Dealing
) -> tuple[tuple[Request, ...], list[int]]:
    """One request a circuit and basis, and for every want where among all counts its own stand."""
    weights: dict[_Point, dict[Pauli, float]] = {}
    for want in wants:
        here = weights.setdefault(want.point, {})
        here[want.basis] = max(here.get(want.basis, 0.0), want.weight)
    hosts = {point: _hosts(here) for point, here in weights.items()}
    runs: dict[tuple[Circuit, Pauli], dict[_Point, float]] = {}
    for point, here in weights.items():
        for basis, host in hosts[point].items():
            run = runs.setdefault((point.circuit, host), {})
            run[point] = max(run.get(point, 0.0), here[basis])
    order = [(point, basis) for (_, basis), run in runs.items() for point in run]
    place = {which: k for k, which in enumerate(order)}
    shares = np.array([weight for run in runs.values() for weight in run.values()])
    dealt = deal(shares, shots, dealing)
    requests, start = [], 0
    for number, ((circuit, basis), run) in enumerate(runs.items()):
        stop = start + len(run)
        request = Request(circuit, _angles(run, circuit), Samples(basis), shots=dealt[start:stop])
        requests.append(request.drawn(number))
        start = stop
    return tuple(requests), [place[want.point, hosts[want.point][want.basis]] for want in wants]


def _hosts(bases: dict[Pauli, float]) -> dict[Pauli, Pauli]:
    """The basis off which each is read, the widest first; that may be itself."""
    hosts: dict[Pauli, Pauli] = {}
    for basis in sorted(bases, key=lambda b: -b.weight):
        hosts[basis] = next((h for h in hosts.values() if _contains(h, basis)), basis)
    return hosts


def _contains(larger: Pauli, smaller: Pauli) -> bool:
    return larger.commutes_qubitwise(smaller) and smaller.support & ~larger.support == 0


def _angles(points: Collection[_Point], circuit: Circuit) -> Array:
    rows = np.frombuffer(b"".join(point.angles for point in points), dtype=float)
    return rows.reshape(len(points), circuit.n_rotations).copy()
