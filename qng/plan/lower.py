"""From expectation values and overlaps to circuits whose bits are counted: the only place.

    <H>                     one measurement basis a group of qubit-wise commuting words
    |<psi(phi')|psi(phi)>|^2    the circuit at phi, its inverse at phi': frequency of all zeros

Then what is equal is merged (circuit, basis and angles; a basis that another one contains is
read off it), and the shots of the batch are dealt out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.heisenberg import known_mean
from qng.circuit.pauli import Pauli, PauliSum
from qng.circuit.uncompute import return_trip
from qng.errors import InputError, UnsupportedMeasureError
from qng.plan.counts import Counts
from qng.plan.deal import MOST_QUBITS, deal
from qng.plan.plan import Plan
from qng.plan.request import Expectation, Overlap, Request, Result, Samples, Values

T = TypeVar("T")


def sampled(plan: Plan[T], shots: int) -> Plan[T]:
    """The plan with every request as samples, and shots dealt out by weight.

    The number of shots of every point is a multiple of one base number, so that a batch is one
    job also where all circuits of a job have the same number of shots.

    Args:
        plan: Its requests are Expectation, Overlap and Samples.
        shots: For all requests together.

    Raises:
        UnsupportedMeasureError: A request for what only a simulator knows.
        InputError: Fewer than two shots a point, an observable that is not Hermitian, more than 62
            qubits.
    """
    batch = _Batch()
    readers = _readers(batch, plan.requests)
    circuits = batch.requests(shots)

    def reduce(results: Sequence[Result]) -> T:
        counts = [c for result in results for c in result]
        return plan.reduce([read(counts) for read in readers])

    return Plan(circuits, reduce)


Reader = Callable[[Sequence[Counts]], Result]


@dataclass(frozen=True)
class _Place:
    """A point of a circuit: which angles, in which circuit."""

    circuit: int
    angles: bytes


@dataclass
class _Batch:
    """What is to be run: circuits, their points, and at each point bases with their weights."""

    circuits: dict[Circuit, int] = field(default_factory=dict)
    angles: dict[_Place, Array] = field(default_factory=dict)
    bases: dict[_Place, dict[Pauli, float]] = field(default_factory=dict)
    _index: dict[tuple[_Place, Pauli], int] = field(default_factory=dict)

    def place(self, circuit: Circuit, angles: Array) -> _Place:
        # Adding zero makes -0 a 0: equal angles have equal bytes.
        row = np.ascontiguousarray(angles + 0.0)
        place = _Place(self.circuits.setdefault(circuit, len(self.circuits)), row.tobytes())
        self.angles.setdefault(place, row)
        return place

    def add(self, place: _Place, basis: Pauli, weight: float) -> None:
        at = self.bases.setdefault(place, {})
        at[basis] = max(at.get(basis, 0.0), weight)

    def find(self, place: _Place, basis: Pauli) -> int:
        """Where among all counts those of a basis stand."""
        return self._index[place, basis]

    def requests(self, shots: int) -> tuple[Request, ...]:
        """One request a circuit and basis, with its points and their shots."""
        grouped: dict[tuple[int, Pauli], list[tuple[_Place, float]]] = {}
        served: list[tuple[_Place, Pauli, Pauli]] = []
        for place, bases in self.bases.items():
            kept: dict[Pauli, float] = {}
            for basis in sorted(bases, key=lambda b: -b.weight):
                host = next((k for k in kept if _contains(k, basis)), basis)
                kept[host] = max(kept.get(host, 0.0), bases[basis])
                served.append((place, basis, host))
            for basis, weight in kept.items():
                grouped.setdefault((place.circuit, basis), []).append((place, weight))
        weights = np.array([w for points in grouped.values() for _, w in points])
        dealt = deal(weights, shots)
        circuits = list(self.circuits)
        requests, where, start = [], dict[tuple[_Place, Pauli], int](), 0
        for number, ((circuit, basis), points) in enumerate(grouped.items()):
            request = Request(
                circuits[circuit],
                np.array([self.angles[place] for place, _ in points]),
                Samples(basis),
                shots=dealt[start : start + len(points)],
            )
            requests.append(request.drawn(number))
            for k, (place, _) in enumerate(points):
                where[place, basis] = start + k
            start += len(points)
        for place, basis, host in served:
            self._index[place, basis] = where[place, host]
        return tuple(requests)


def _readers(batch: _Batch, requests: Sequence[Request]) -> list[Reader]:
    together: dict[_Place, list[PauliSum]] = {}
    for request in requests:
        if isinstance(request.measure, Expectation):
            for row in request.angles:
                place = batch.place(request.circuit, row)
                if request.measure.observable not in together.setdefault(place, []):
                    together[place].append(request.measure.observable)
    return [_reader(batch, request, together) for request in requests]


def _reader(batch: _Batch, request: Request, together: dict[_Place, list[PauliSum]]) -> Reader:
    if request.circuit.n_qubits > MOST_QUBITS:
        raise InputError(
            f"outcomes of at most {MOST_QUBITS} qubits are counted, the circuit has "
            f"{request.circuit.n_qubits}"
        )
    if isinstance(request.measure, Expectation):
        return _expectation(batch, request, request.measure.observable, together)
    if isinstance(request.measure, Overlap):
        return _overlap(batch, request, request.measure.others)
    if isinstance(request.measure, Samples):
        return _samples(batch, request, request.measure.basis)
    raise UnsupportedMeasureError(
        f"{type(request.measure).__name__} is known to an exact simulator only and cannot be "
        "sampled: leave shots out, or choose estimators from shots (gradient: parameter-shift, "
        "finite-difference, spsa; metric: blocks, diagonal, overlaps, hadamard, spsa, fisher)"
    )


def _samples(batch: _Batch, request: Request, basis: Pauli) -> Reader:
    places = []
    for row, weight in zip(request.angles, request.shares):
        places.append(batch.place(request.circuit, row))
        batch.add(places[-1], basis, weight)
    return lambda counts: tuple(counts[batch.find(place, basis)] for place in places)


def _expectation(
    batch: _Batch,
    request: Request,
    observable: PauliSum,
    together: dict[_Place, list[PauliSum]],
) -> Reader:
    if not observable.is_hermitian:
        raise InputError("the observable is not Hermitian: a coefficient is not real")
    places = [batch.place(request.circuit, row) for row in request.angles]
    constant = _constant(request.circuit, observable)
    own = dict(observable.terms)
    parts: list[list[_Part]] = []
    for place, weight in zip(places, request.shares):
        groups = _grouped(request.circuit, tuple(together[place]))
        total = sum(group.size for group in groups)
        for group in groups:
            batch.add(place, group.basis, weight * group.size / total)
        parts.append(_own(groups, own))

    def read(counts: Sequence[Counts]) -> Values:
        value, variance = np.zeros(len(places)), np.zeros(len(places))
        for k, place in enumerate(places):
            value[k] = constant
            for basis, words, coefficients in parts[k]:
                mean, error = counts[batch.find(place, basis)].mean(words, coefficients)
                value[k] += mean
                variance[k] += error
        return Values(value, std_error=np.sqrt(variance))

    return read


_Part = tuple[Pauli, tuple[Pauli, ...], tuple[float, ...]]


@dataclass(frozen=True)
class _Group:
    """Words that one basis serves, and how many shots they deserve."""

    basis: Pauli
    words: tuple[Pauli, ...]
    size: float


@derived
def _grouped(circuit: Circuit, observables: tuple[PauliSum, ...]) -> tuple[_Group, ...]:
    """Groups of the words of all observables together that are not known beforehand."""
    squares: dict[Pauli, float] = {}
    for observable in observables:
        for word, c in observable:
            if word.support and known_mean(circuit, word) is None:
                squares[word] = squares.get(word, 0.0) + abs(c) ** 2
    joint = PauliSum([(word, square**0.5) for word, square in squares.items()])
    groups = []
    for group in joint.qubitwise_groups():
        x = z = 0
        for word, _ in group:
            x, z = x | word.x, z | word.z
        # Words that were independent would have the variance sum c^2, and the best numbers of
        # shots of the groups are as its roots.
        size = float(np.sqrt(sum(abs(c) ** 2 for _, c in group)))
        groups.append(_Group(Pauli(x, z), tuple(word for word, _ in group), size))
    return tuple(groups)


@derived
def _constant(circuit: Circuit, observable: PauliSum) -> float:
    total = 0.0
    for word, c in observable:
        known = 1 if word.support == 0 else known_mean(circuit, word)
        total += c.real * (known or 0)
    return total


def _own(groups: Sequence[_Group], terms: dict[Pauli, complex]) -> list[_Part]:
    parts = []
    for group in groups:
        words = tuple(word for word in group.words if word in terms)
        if words:
            parts.append((group.basis, words, tuple(terms[word].real for word in words)))
    return parts


def _overlap(batch: _Batch, request: Request, others: Array) -> Reader:
    places: list[tuple[_Place, Pauli] | None] = []
    for here, there, weight in zip(request.angles, others, request.shares):
        changed = tuple(np.flatnonzero(here != there).tolist())
        if not changed:
            places.append(None)
            continue
        trip = return_trip(request.circuit, changed)
        place = batch.place(trip.circuit, trip.angles(here, there))
        batch.add(place, trip.basis, weight)
        places.append((place, trip.basis))

    def read(counts: Sequence[Counts]) -> Values:
        found = [
            (1.0, 0.0) if at is None else counts[batch.find(*at)].zeros(at[1].support)
            for at in places
        ]
        value, variance = np.array(found).reshape(-1, 2).T
        return Values(value, std_error=np.sqrt(variance))

    return read


def _contains(larger: Pauli, smaller: Pauli) -> bool:
    return larger.commutes_qubitwise(smaller) and smaller.support & ~larger.support == 0
