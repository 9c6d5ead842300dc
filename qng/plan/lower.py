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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from qng.arrays import Array, rows
from qng.circuit.pauli import PauliSum
from qng.circuit.uncompute import return_trip
from qng.errors import InputError, UnsupportedMeasureError
from qng.plan import calibrated
from qng.plan.counts import Counts
from qng.plan.deal import EXACTLY, MOST_QUBITS, Dealing, deal
from qng.plan.grouping import constant, grouped
from qng.plan.merged import Batch, Want, merged
from qng.plan.plan import Plan
from qng.plan.pooled import Pooled
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
    batch = Batch(plan.requests)
    readings = {
        k: _reading(request, k, batch) for k, request in enumerate(plan.requests) if k not in known
    }
    wants = [want for reading in readings.values() for want in reading.wants]
    requests, places = merged(wants, batch, shots, dealing)

    def reduce(results: Sequence[Result]) -> T:
        counts = [of_a_point for result in results[: len(requests)] for of_a_point in result]
        wanted = iter([counts[place] for place in places])
        read = {k: r.read([next(wanted) for _ in r.wants]) for k, r in readings.items()}
        read |= dict(zip(known, results[len(requests) :]))
        return calibrated.reduced(plan.reduce, [read[k] for k in range(len(read))])

    exact = (plan.requests[k] for k in known)
    return Plan((*requests, *exact), reduce, values=plan.values)


def _as_means(plan: Plan[T], shots: Shots, dealing: Dealing) -> Plan[T]:
    """The plan as it is, with equal shots of all points; what takes samples is not changed."""
    sizes = [len(request.angles) for request in plan.requests]
    dealt = deal(np.ones(sum(sizes)), shots, replace(dealing, uniform=True, rows=1))
    parts = np.split(dealt, np.cumsum(sizes)[:-1])
    requests = (replace(request, shots=part) for request, part in zip(plan.requests, parts))
    return replace(plan, requests=tuple(requests))


# --- what a request wants ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reading:
    """A request as counted bits.

    Args:
        wants: What is to be counted.
        read: From the counts, one a want, to the result of the request.
    """

    wants: list[Want]
    read: Callable[[list[Counts]], Result]


def _reading(request: Request, k: int, batch: Batch) -> _Reading:
    """Of request k of a batch."""
    if request.circuit.n_qubits > MOST_QUBITS:
        raise InputError(
            f"outcomes of at most {MOST_QUBITS} qubits are counted, the circuit has "
            f"{request.circuit.n_qubits}"
        )
    if isinstance(request.measure, Expectation):
        return _expectation(request, request.measure.observable, batch.asked[k], batch)
    if isinstance(request.measure, Overlap):
        return _overlap(request, request.measure, batch)
    if isinstance(request.measure, Samples):
        return _samples(request, batch.bases.of(request.measure.basis), batch.asked[k])
    raise UnsupportedMeasureError(
        f"{type(request.measure).__name__} is known to an exact simulator only and cannot be "
        "sampled: leave shots out, or choose estimators from shots (gradient: parameter-shift, "
        "finite-difference, spsa; metric: blocks, diagonal, overlaps, hadamard, spsa, fisher)"
    )


def _samples(request: Request, basis: int, points: list[int]) -> _Reading:
    shares = request.shares.tolist()
    return _Reading([Want(point, basis, w) for point, w in zip(points, shares)], tuple)


def _expectation(
    request: Request, observable: PauliSum, points: list[int], batch: Batch
) -> _Reading:
    if not observable.is_hermitian:
        raise InputError("the observable is not Hermitian: a coefficient is not real")
    served = [batch.together[point] for point in points]
    groups = {observables: grouped(request.circuit, observables) for observables in set(served)}
    sizes = {
        key: [(batch.bases.of(g.basis), g.size, sum(group.size for group in of)) for g in of]
        for key, of in groups.items()
    }
    known = constant(request.circuit, observable)
    wants: list[Want] = []
    # The counts of each group of words: where its points stand among all, and its wants.
    places: dict[tuple[tuple[PauliSum, ...], int], list[tuple[int, int]]] = {}
    for k, (point, key, weight) in enumerate(zip(points, served, request.shares.tolist())):
        for number, (basis, size, total) in enumerate(sizes[key]):
            places.setdefault((key, number), []).append((k, len(wants)))
            wants.append(Want(point, basis, weight * size / total))

    def read(counts: list[Counts]) -> Values:
        drift = _Drift(len(points))
        value, variance = np.full(len(points), known), np.zeros(len(points))
        for (key, number), here in places.items():
            own, coefficients = groups[key][number].words_of(observable)
            if own:
                at, pooled = [k for k, _ in here], Pooled.of([counts[want] for _, want in here])
                mean, error = pooled.mean(own, coefficients)
                value[at] += mean
                variance[at] += error
                for k, of in zip(at, pooled.counts):
                    drift.add(k, of.drift_of_mean(own, coefficients))
        return Values(value, std_error=np.sqrt(variance), drift=drift.rates)

    return _Reading(wants, read)


def _overlap(request: Request, measure: Overlap, batch: Batch) -> _Reading:
    here, there = request.angles, measure.others
    different = measure.different(request.circuit, here)
    # Points that turn the same rotations go the same way.
    ways: dict[bytes, list[int]] = {}
    for k, turned in enumerate(map(bytes, np.packbits(different, axis=1))):
        ways.setdefault(turned, []).append(k)
    turns = np.concatenate([here, here - there, -there], axis=1)
    runs: dict[int, tuple[int, bytes]] = {}
    bases: dict[int, int] = {}
    for which in ways.values():
        changed = np.flatnonzero(different[which[0]]).tolist()
        if changed:
            trip = return_trip(request.circuit, tuple(changed))
            circuit, basis = batch.circuits.of(trip.circuit), batch.bases.of(trip.basis)
            for k, angles in zip(which, rows(turns[which][:, trip.where])):
                runs[k], bases[k] = (circuit, angles), basis
    points, shares = sorted(runs), request.shares.tolist()
    numbers = batch.numbers((runs[k] for k in points), request.apart)
    wants = [Want(number, bases[k], shares[k]) for number, k in zip(numbers, points)]

    def read(counts: list[Counts]) -> Values:
        value, variance, drift = np.ones(len(here)), np.zeros(len(here)), _Drift(len(here))
        if points:
            measured = [batch.bases.known[want.basis].support for want in wants]
            value[points], variance[points] = Pooled.of(counts).zeros(measured)
            for k, of, mask in zip(points, counts, measured):
                drift.add(k, of.drift_of_zeros(mask))
        return Values(value, std_error=np.sqrt(variance), drift=drift.rates)

    return _Reading(wants, read)


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
