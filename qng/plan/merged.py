"""Points that are equal, and bits that are wanted twice: one request a circuit and basis.

Points have numbers, which are equal where circuit, angles and names are, so that whatever is found
out about them is found by a number.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from qng.arrays import Array, rows
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.plan.deal import Dealing, deal
from qng.plan.request import Expectation, Overlap, Request, Samples, streams
from qng.plan.shots import Shots

H = TypeVar("H", bound=Hashable)


class Want(NamedTuple):
    """Bits that are to be counted.

    Args:
        point: The number of what is run (`Batch.points`).
        basis: That of which qubits are measured, in which letters (`Batch.bases`).
        weight: Share of the shots, relative to others.
    """

    point: int
    basis: int
    weight: float


class Numbers(Generic[H]):
    """Numbers of different things, from 0 on; equal ones have the same."""

    def __init__(self) -> None:
        self.known: list[H] = []
        self._numbers: dict[H, int] = {}

    def of(self, thing: H) -> int:
        """The number of a thing, the next one where it is new."""
        number = self._numbers.setdefault(thing, len(self.known))
        if number == len(self.known):
            self.known.append(thing)
        return number


class Point(NamedTuple):
    """What is run, and whose shots it has; equal where shots are shared.

    Args:
        circuit: The number of the circuit.
        angles: As bytes.
        apart: The names that its request is kept apart by (`Request.apart`).
        again: How many equal points the request has before this one.
    """

    circuit: int
    angles: bytes
    apart: tuple[str, ...]
    again: int


class Batch:
    """What is run for a batch, by numbers.

    Args:
        requests: Those of the batch.

    Attributes:
        circuits: The circuits.
        bases: The measurement bases.
        points: The points.
        asked: The points of every request but overlaps, which run other circuits.
        together: The observables that are asked for at a point: one set of bases serves them all.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        self.circuits: Numbers[Circuit] = Numbers()
        self.bases: Numbers[Pauli] = Numbers()
        self.points: Numbers[Point] = Numbers()
        self.asked = [self._asked(request) for request in requests]
        self.together: dict[int, tuple[PauliSum, ...]] = {}
        for request, points in zip(requests, self.asked):
            if isinstance(request.measure, Expectation):
                observable = request.measure.observable
                for point in points:
                    here = self.together.get(point, ())
                    if observable not in here:
                        self.together[point] = (*here, observable)

    def _asked(self, request: Request) -> list[int]:
        if isinstance(request.measure, Overlap):
            return []
        circuit = self.circuits.of(request.circuit)
        return self.numbers(((circuit, row) for row in rows(request.angles)), request.apart)

    def numbers(self, asked: Iterable[tuple[int, bytes]], apart: tuple[str, ...]) -> list[int]:
        """The points of one request, each a circuit and its angles."""
        seen: dict[tuple[int, bytes], int] = {}
        found = []
        for one in asked:
            again = seen.get(one, 0)
            seen[one] = again + 1
            found.append(self.points.of(Point(*one, apart, again)))
        return found


def merged(
    wants: Sequence[Want], batch: Batch, shots: Shots, dealing: Dealing
) -> tuple[tuple[Request, ...], list[int]]:
    """One request a circuit and basis, and for every want where among all counts its own stand."""
    weights: dict[int, dict[int, float]] = {}
    for want in wants:
        here = weights.setdefault(want.point, {})
        here[want.basis] = max(here.get(want.basis, 0.0), want.weight)
    hosts = _Hosts(batch.bases.known)
    points = batch.points.known
    runs: dict[tuple[int, int], dict[int, float]] = {}
    for point, here in weights.items():
        for basis, host in hosts.of(here).items():
            run = runs.setdefault((points[point].circuit, host), {})
            run[point] = max(run.get(point, 0.0), here[basis])
    order = ((point, basis) for (_, basis), run in runs.items() for point in run)
    place = {which: k for k, which in enumerate(order)}
    shares = np.array([weight for run in runs.values() for weight in run.values()])
    dealt = deal(shares, shots, dealing)
    requests, start = [], 0
    for number, ((which, basis), run) in enumerate(runs.items()):
        stop, circuit = start + len(run), batch.circuits.known[which]
        requests.append(
            Request(
                circuit,
                _angles([points[point].angles for point in run], circuit),
                Samples(batch.bases.known[basis]),
                shots=dealt[start:stop],
                draws=streams(number, len(run)),
            )
        )
        start = stop
    found = [place[want.point, hosts.of(weights[want.point])[want.basis]] for want in wants]
    return tuple(requests), found


class _Hosts:
    """The bases off which others are read, found once for all points with the same bases.

    Args:
        known: All bases, by number.
    """

    def __init__(self, known: Sequence[Pauli]) -> None:
        self._bases = known
        self._known: dict[tuple[int, ...], dict[int, int]] = {}

    def of(self, bases: Collection[int]) -> dict[int, int]:
        """For each the basis off which it is read, the widest first; that may be itself."""
        key = tuple(bases)
        hosts = self._known.get(key)
        if hosts is None:
            hosts = self._known[key] = {}
            for basis in sorted(bases, key=lambda b: -self._bases[b].weight):
                wider = (h for h in hosts.values() if self._contains(h, basis))
                hosts[basis] = next(wider, basis)
        return hosts

    def _contains(self, larger: int, smaller: int) -> bool:
        wide, narrow = self._bases[larger], self._bases[smaller]
        return wide.commutes_qubitwise(narrow) and narrow.support & ~wide.support == 0


def _angles(points: Sequence[bytes], circuit: Circuit) -> Array:
    found = np.frombuffer(b"".join(points), dtype=float)
    return found.reshape(len(points), circuit.n_rotations).copy()
