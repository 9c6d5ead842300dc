"""Requests as tapes of PennyLane, and what comes back.

Qubit q is wire q, whatever the order in which PennyLane prints wires. Points of equal shots are
swept together where a device does that. Tapes of one circuit share the operations that have the
same angles, as building an operation takes longer than applying it to a small state.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml
from pennylane.ops.functions import bind_new_parameters

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane import angles_tape
from qng.circuit.gate import basis_change
from qng.circuit.uncompute import ReturnTrip, return_trip
from qng.execute.statevector.shots.distribution import Distribution
from qng.plan.counts import Counts
from qng.plan.request import Density, Expectation, Overlap, Request, Result, Samples, Values


@dataclass(frozen=True, eq=False)
class Part:
    """Points of a request that one circuit serves.

    Args:
        request: Which of the batch.
        points: Which of its points, shape (points,).
        circuit: What is run.
        angles: Of its rotations, shape (points, R).
        measure: What is asked for.
        shots: Shape (points,); zeros where it is exact.
    """

    request: int
    points: Integers
    circuit: Circuit
    angles: Array
    measure: Density | Expectation | Samples
    shots: Integers

    def runs(self, wires: Sequence[Hashable], together: int) -> Iterator[Run]:
        """The tapes.

        Args:
            wires: The labels of the qubits.
            together: How many amplitudes the points of one tape may have.
        """
        circuit = self.circuit
        if isinstance(self.measure, Samples):
            circuit = circuit.then(basis_change(self.measure.basis))
        plain = angles_tape(circuit, self.angles[0], [], wires=wires).operations
        made: dict[tuple[int, bytes], Any] = {}

        def turned(r: int, angle: Any) -> Any:
            key = r, angle.tobytes()
            if key not in made:
                made[key] = bind_new_parameters(plain[circuit.positions[r]], [angle])
            return made[key]

        for rows in self._groups(max(together >> circuit.n_qubits, 1)):
            angles, shots = self.angles[rows], int(self.shots[rows[0]])
            operations = list(plain)
            for r in np.flatnonzero(np.any(angles != self.angles[0], axis=0)).tolist():
                column = angles[:, r]
                operations[circuit.positions[r]] = turned(
                    r, column if np.any(column != column[0]) else column[0]
                )
            wanted = _measurement(self.measure, bool(shots), wires)
            tape = qml.tape.QuantumScript(operations, [wanted], shots=shots or None)
            yield Run(self, self.points[rows], tape)

    def _groups(self, most: int) -> Iterator[Integers]:
        """Rows that one tape serves: of equal shots, and not all at the same angles."""
        for shots in np.unique(self.shots):
            rows = np.flatnonzero(self.shots == shots)
            for start in range(0, len(rows), most):
                group = rows[start : start + most]
                if np.any(self.angles[group] != self.angles[group[0]]):
                    yield group
                else:
                    yield from group[:, None]


@dataclass(frozen=True, eq=False)
class Run:
    """A tape, and the points of its request that it serves, one or several at a time."""

    part: Part
    points: Integers
    tape: Any

    def read(self, values: Any) -> Iterable[Any]:
        """What PennyLane has returned, point by point."""
        measure, found = self.part.measure, np.asarray(values)
        if isinstance(measure, Expectation):
            return found.real.reshape(-1).tolist()
        if isinstance(measure, Density):
            return found.reshape(len(self.points), *found.shape[-2:])
        qubits, shots = measure.basis.qubits, self.tape.shots.total_shots
        if shots is None:
            p = np.maximum(found.reshape(len(self.points), -1), 0.0)
            p /= p.sum(axis=1, keepdims=True)
            return [Distribution(measure.basis.support, row).counts() for row in p]
        masks = found.reshape(len(self.points), shots, -1).astype(np.int64) @ (
            1 << np.array(qubits)
        )
        return [Counts.of(row, np.ones(shots)) for row in masks]


def parts_of(k: int, request: Request) -> Iterator[Part]:
    """Request k of a batch as parts, each of one circuit."""
    measure, n = request.measure, len(request.angles)
    if isinstance(measure, Overlap):
        yield from _overlaps(k, request.circuit, request.angles, measure)
    elif n and isinstance(measure, (Density, Expectation, Samples)):
        shots = np.zeros(n, dtype=np.int64) if request.shots is None else request.shots
        if isinstance(measure, Density):
            # A device may have more wires than the circuit has qubits.
            measure = Density(measure.of(request.circuit.n_qubits))
        yield Part(k, np.arange(n), request.circuit, request.angles, measure, shots)


def _overlaps(k: int, circuit: Circuit, here: Array, measure: Overlap) -> Iterator[Part]:
    """The circuit and its inverse at the other angles: the probability of all zeros."""
    there = measure.others
    trips: dict[ReturnTrip, list[int]] = {}
    for point, changed in enumerate(measure.different(circuit, here)):
        if np.any(changed):
            trip = return_trip(circuit, tuple(np.flatnonzero(changed).tolist()))
            trips.setdefault(trip, []).append(point)
    for trip, points in trips.items():
        angles = np.array([trip.angles(here[point], there[point]) for point in points])
        shots = np.zeros(len(points), dtype=np.int64)
        yield Part(k, np.array(points), trip.circuit, angles, Samples(trip.basis), shots)


def _measurement(
    measure: Density | Expectation | Samples, counting: bool, wires: Sequence[Hashable]
) -> Any:
    if isinstance(measure, Expectation):
        return qml.expval(measure.observable.to_pennylane(wires))
    if isinstance(measure, Density):
        assert measure.qubits is not None
        return qml.density_matrix([wires[q] for q in reversed(measure.qubits)])
    measured = [wires[q] for q in measure.basis.qubits]
    # The first wire is the most significant bit of an index.
    return qml.sample(wires=measured) if counting else qml.probs(wires=measured[::-1])


def collected(request: Request, answers: list[Any]) -> Result:
    """The result of a request from what was read at its points."""
    if isinstance(request.measure, Samples):
        return tuple(answers)
    if isinstance(request.measure, Density):
        return np.array(answers)
    if isinstance(request.measure, Overlap):
        # Where no angle differs nothing has been run.
        return Values(np.array([1.0 if c is None else c.probability(0)[0] for c in answers]))
    return Values(np.array(answers, dtype=float))
