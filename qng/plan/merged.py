"""Points that are equal, and bits that are wanted twice: one request a circuit and basis.

Points have numbers, which are equal where circuit, angles and names are, so that whatever is found
out about them is found by a number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.plan.deal import Dealing, deal
from qng.plan.request import Expectation, Overlap, Request, Samples, streams
from qng.plan.shots import Shots


class Want(NamedTuple):
    """Bits that are to be counted.

    Args:
        point: The number of what is run (`Batch`).
        basis: Which qubits are measured, in which letters.
        weight: Share of the shots, relative to others.
    """

    point: int
    basis: Pauli
    weight: float


class Batch:
    """The points of a batch by numbers, which are equal where shots are shared.

    A point is a circuit with its angles, the names that its request is kept apart by, and how many
    equal points the request has before it.

    Args:
        requests: Those of the batch.

    Attributes:
        circuits: Of every number.
        angles: Of every number, as bytes.
        points: The numbers of the points of every request but overlaps, which run other circuits.
        together: The observables that are asked for at a point: one set of bases serves them all.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        self.circuits: list[Circuit] = []
        self.angles: list[bytes] = []
        self._numbers: dict[tuple[int, bytes, tuple[str, ...], int], int] = {}
        self._of_circuit: dict[Circuit, int] = {}
        self.points = [
            []
            if isinstance(request.measure, Overlap)
            else self.numbers(((request.circuit, row) for row in rows(request.angles)), request)
            for request in requests
        ]
        self.together: dict[int, tuple[PauliSum, ...]] = {}
        for request, points in zip(requests, self.points):
            if isinstance(request.measure, Expectation):
                observable = request.measure.observable
                for point in points:
                    here = self.together.get(point, ())
                    if observable not in here:
                        self.together[point] = (*here, observable)

    def numbers(self, asked: Iterable[tuple[Circuit, bytes]], request: Request) -> list[int]:
        """The numbers of points of one request, each a circuit and its angles."""
        seen: dict[tuple[int, bytes], int] = {}
        found = []
        for circuit, angles in asked:
            which = self._of_circuit.setdefault(circuit, len(self._of_circuit))
            again = seen.get((which, angles), 0)
            seen[which, angles] = again + 1
            point = which, angles, request.apart, again
            number = self._numbers.setdefault(point, len(self.circuits))
            if number == len(self.circuits):
                self.circuits.append(circuit)
                self.angles.append(angles)
            found.append(number)
        return found


def rows(angles: Array) -> list[bytes]:
    """The angles of every point as bytes; adding zero makes -0 a 0: equal angles, equal bytes."""
    whole, size = (angles + 0.0).tobytes(), angles.itemsize * angles.shape[1]
    return [whole[k * size : (k + 1) * size] for k in range(len(angles))]


def merged(
    wants: Sequence[Want], batch: Batch, shots: Shots, dealing: Dealing
) -> tuple[tuple[Request, ...], list[int]]:
    """One request a circuit and basis, and for every want where among all counts its own stand."""
    weights: dict[int, dict[Pauli, float]] = {}
    for want in wants:
        here = weights.setdefault(want.point, {})
        here[want.basis] = max(here.get(want.basis, 0.0), want.weight)
    hosts = _Hosts()
    runs: dict[tuple[Circuit, Pauli], dict[int, float]] = {}
    for point, here in weights.items():
        for basis, host in hosts.of(here).items():
            run = runs.setdefault((batch.circuits[point], host), {})
            run[point] = max(run.get(point, 0.0), here[basis])
    order = ((point, basis) for (_, basis), run in runs.items() for point in run)
    place = {which: k for k, which in enumerate(order)}
    shares = np.array([weight for run in runs.values() for weight in run.values()])
    dealt = deal(shares, shots, dealing)
    requests, start = [], 0
    for number, ((circuit, basis), run) in enumerate(runs.items()):
        stop = start + len(run)
        requests.append(
            Request(
                circuit,
                _angles([batch.angles[point] for point in run], circuit),
                Samples(basis),
                shots=dealt[start:stop],
                draws=streams(number, len(run)),
            )
        )
        start = stop
    found = [place[want.point, hosts.of(weights[want.point])[want.basis]] for want in wants]
    return tuple(requests), found


class _Hosts:
    """The bases off which others are read, found once for all points with the same bases."""

    def __init__(self) -> None:
        self._known: dict[tuple[Pauli, ...], dict[Pauli, Pauli]] = {}

    def of(self, bases: Collection[Pauli]) -> dict[Pauli, Pauli]:
        """For each the basis off which it is read, the widest first; that may be itself."""
        key = tuple(bases)
        if key not in self._known:
            hosts: dict[Pauli, Pauli] = {}
            for basis in sorted(bases, key=lambda b: -b.weight):
                hosts[basis] = next((h for h in hosts.values() if _contains(h, basis)), basis)
            self._known[key] = hosts
        return self._known[key]


def _contains(larger: Pauli, smaller: Pauli) -> bool:
    return larger.commutes_qubitwise(smaller) and smaller.support & ~larger.support == 0


def _angles(points: Sequence[bytes], circuit: Circuit) -> Array:
    rows = np.frombuffer(b"".join(points), dtype=float)
    return rows.reshape(len(points), circuit.n_rotations).copy()
