"""What a simulated device knows without shots: density matrices, and bits in the limit of many.

The circuits are those whose bits are counted, transpiled for the device and in the same places.
Density matrices and expectation values are those of the state, the noise of its gates included,
before anything is measured, as Aer's own estimator has them. Probabilities of bits, and overlaps,
which are such, are of that same state, behind the gates of a change of basis with their noise, and
with readout errors unless these are corrected; so they hold no more information than the density
matrix does. Counts come to them with more and more shots where every gate that has noise is sent:
the transpiler merges gates with a change of basis and leaves out diagonal ones before it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.circuit.uncompute import return_trip
from qng.errors import InputError, QngError
from qng.execute.qiskit.calibration import physical_qubits
from qng.execute.qiskit.misread import misread
from qng.execute.qiskit.placement import Placement
from qng.execute.qiskit.runners import OnAer, Runner
from qng.execute.qiskit.transpile import Measured, Transpiler, one_line, quiet
from qng.plan.counts import Counts
from qng.plan.request import Density, Expectation, Overlap, Request, Result, Samples, Values

# Of Aer; others keep no density matrix.
_ABLE: Final = (None, "automatic", "statevector", "density_matrix")

_MOST_BYTES: Final = 2**33

Save = Callable[[QuantumCircuit, Sequence[int], str], Any]
"""Adds what is kept of a state to a circuit, for qubits of a device, under a label."""


@dataclass(frozen=True)
class _Want:
    """Something that is to be known of a state at some points.

    Args:
        circuit: What prepares it.
        angles: Shape (points, R).
        save: What is kept.
        kind: Equal where the same is kept.
        basis: In which bits are read; None: it is of the state, before that.
    """

    circuit: Circuit
    angles: Array
    save: Save
    kind: Hashable
    basis: Pauli | None = None

    @property
    def run(self) -> Hashable:
        """Equal where one simulation serves both."""
        return self.circuit, len(self.angles), self.angles.tobytes(), self.basis


@dataclass(frozen=True)
class _Reading:
    """A request as wants, and its result from what was kept: a list a want, an entry a point."""

    wants: tuple[_Want, ...]
    read: Callable[[list[list[Any]]], Result]


@dataclass(frozen=True)
class Densities:
    """Answers requests without shots from density matrices of Aer.

    Args:
        name: Of the device, for messages.
        backend: Aer, or what runs through it.
        options: Of every run.
        transpiler: For the device.
        corrected: Whether readout errors are corrected where bits are counted.
    """

    name: str
    backend: Any
    options: dict[str, Any] = field(repr=False)
    transpiler: Transpiler = field(repr=False)
    corrected: bool = False

    answers: ClassVar[frozenset[type]] = frozenset({Density, Expectation, Overlap, Samples})

    @staticmethod
    def of(
        name: str, runner: Runner, transpiler: Transpiler, corrected: bool = False
    ) -> Densities | None:
        """Those of a device; None where it is not Aer's, or its method keeps none."""
        if not isinstance(runner, OnAer):
            return None
        own = getattr(runner.backend.options, "method", None)
        if runner.options.get("method", own) not in _ABLE:
            return None
        return Densities(name, runner.backend, runner.options, transpiler, corrected)

    def run(self, requests: Sequence[Request]) -> list[Result]:
        """The results of requests, exact.

        Raises:
            InputError: Density matrices that do not fit in memory, more qubits than there are, or
                readout errors that several qubits have together.
            QngError: Aer failed.

        Cost: one simulation of 4^n numbers a point and basis.
        """
        readings = [_reading(request) for request in requests]
        wants = [want for reading in readings for want in reading.wants]
        found = iter(self._kept(wants))
        return [reading.read([next(found) for _ in reading.wants]) for reading in readings]

    def _kept(self, wants: Sequence[_Want]) -> list[list[Any]]:
        """What Aer kept for every want, one entry a point; each state is simulated once."""
        if not wants:
            return []
        placement = self.transpiler.placed([want.circuit for want in wants])
        groups: dict[Hashable, list[_Want]] = {}
        for want in wants:
            groups.setdefault(want.run, []).append(want)
        sent = [_Sent.of(group, self.transpiler, placement) for group in groups.values()]
        data = iter(self._simulated(sent))
        kept: dict[tuple[Hashable, Hashable], list[Any]] = {}
        for (run, group), one in zip(groups.items(), sent):
            points = len(group[0].angles)
            # Without parameters all points are one.
            rows = [next(data) for _ in range(points)] if one.values else [next(data)] * points
            for label, want in enumerate({want.kind: want for want in group}.values()):
                found = [row[str(label)] for row in rows]
                kept[run, want.kind] = found if want.basis is None else self._counts(one, found)
        return [kept[want.run, want.kind] for want in wants]

    def _counts(self, sent: _Sent, found: Sequence[Any]) -> list[Counts]:
        """Exact distributions of bits."""
        options = {"noise_model": getattr(self.backend.options, "noise_model", None)} | self.options
        model = None if self.corrected else options["noise_model"]
        counts = []
        for p in found:
            read = misread(model, np.asarray(p, dtype=float), sent.places)
            masks = sent.measured.masks(np.arange(len(read)))
            outcomes, where = np.unique(masks, return_inverse=True)
            weights = np.zeros(len(outcomes))
            np.add.at(weights, where.ravel(), read / read.sum())
            counts.append(Counts(outcomes, weights, np.inf))
        return counts

    def _simulated(self, sent: Sequence[_Sent]) -> list[dict[str, Any]]:
        options = {**self.options, "method": "density_matrix"}
        circuits, binds = [one.circuit for one in sent], [one.values for one in sent]
        try:
            with quiet():
                job = self.backend.run(circuits, parameter_binds=binds, shots=1, **options)
                result = job.result()
                if not result.success:
                    raise QngError(f"{self.name} gave no density matrix: {result.status}")
                return [result.data(k) for k in range(len(result.results))]
        except QngError:
            raise
        except Exception as error:
            raise QngError(f"{self.name} gave no density matrix: {one_line(error)}") from error


@dataclass(frozen=True)
class _Sent:
    """A circuit that keeps what is wanted.

    Args:
        circuit: Without measurements.
        values: Of its parameters, by parameter.
        measured: What would have been counted.
        places: The qubit of the device of every bit.
    """

    circuit: QuantumCircuit
    values: dict[Any, list[float]]
    measured: Measured
    places: tuple[int, ...]

    @staticmethod
    def of(group: Sequence[_Want], transpiler: Transpiler, placement: Placement | None) -> _Sent:
        """For wants of one state in one basis."""
        first = group[0]
        measured = transpiler.measured(first.circuit, first.basis, placement, apart=True)
        places, bare = physical_qubits(measured.circuit), _unmeasured(measured)
        active = len({bit for one in bare.data for bit in one.qubits})
        checks.memory(f"a density matrix of {active} qubits", 16 * 4**active, _MOST_BYTES)
        for label, save in enumerate({want.kind: want.save for want in group}.values()):
            save(bare, places, str(label))
        values = measured.values(first.angles).T.tolist()
        return _Sent(bare, dict(zip(bare.parameters, values)), measured, places)


def _unmeasured(measured: Measured) -> QuantumCircuit:
    """The gates of a circuit alone."""
    sent = measured.circuit
    bare = QuantumCircuit(*sent.qregs, global_phase=sent.global_phase)
    for one in sent.data:
        if one.operation.name not in ("measure", "barrier"):
            bare.append(one)
    return bare


def _reading(request: Request) -> _Reading:
    measure, circuit, angles = request.measure, request.circuit, request.angles
    if isinstance(measure, Density):
        want = _state(circuit, angles, measure.of(circuit.n_qubits))
        return _Reading((want,), lambda kept: np.array(kept[0]))
    if isinstance(measure, Expectation):
        return _expectation(circuit, angles, measure.observable)
    if isinstance(measure, Samples):
        return _Reading((_bits(circuit, angles, measure.basis),), lambda kept: tuple(kept[0]))
    assert isinstance(measure, Overlap)
    return _overlap(request, measure)


def _state(circuit: Circuit, angles: Array, qubits: tuple[int, ...]) -> _Want:
    """The density matrix of some qubits of ours."""

    def save(sent: QuantumCircuit, places: Sequence[int], label: str) -> None:
        sent.save_density_matrix([places[q] for q in qubits], label)

    return _Want(circuit, angles, save, qubits)


def _bits(circuit: Circuit, angles: Array, basis: Pauli) -> _Want:
    """Bits of some qubits, each in its letter."""

    def save(sent: QuantumCircuit, places: Sequence[int], label: str) -> None:
        sent.save_probabilities(list(places), label)

    return _Want(circuit, angles, save, "bits", basis)


def _expectation(circuit: Circuit, angles: Array, observable: PauliSum) -> _Reading:
    if not observable.is_hermitian:
        raise InputError("the observable is not Hermitian: a coefficient is not real")
    n = circuit.n_qubits
    # Labels of Qiskit begin with the last qubit.
    labels = [
        ("".join(word.letter(q) if word.support >> q & 1 else "I" for q in reversed(range(n))), c)
        for word, c in observable
    ]
    operator = SparsePauliOp.from_list(labels or [("I" * n, 0.0)])

    def save(sent: QuantumCircuit, places: Sequence[int], label: str) -> None:
        sent.save_expectation_value_variance(operator, list(places), label)

    def read(kept: list[list[Any]]) -> Values:
        value, variance = np.array(kept[0], dtype=float).reshape(-1, 2).T
        return Values(value.copy(), np.maximum(variance, 0.0))

    return _Reading((_Want(circuit, angles, save, observable),), read)


def _overlap(request: Request, measure: Overlap) -> _Reading:
    """All zeros after the way there and back, as they are counted."""
    different = measure.different(request.circuit, request.angles)
    trips: dict[int, _Want] = {}
    for k, (here, there, row) in enumerate(zip(request.angles, measure.others, different)):
        if np.any(row):
            trip = return_trip(request.circuit, tuple(np.flatnonzero(row).tolist()))
            angles = trip.angles(here, there)[None]
            trips[k] = _bits(trip.circuit, angles, trip.basis)

    def read(kept: list[list[Any]]) -> Values:
        value = np.ones(len(different))
        for (k, trip), (counts,) in zip(trips.items(), kept):
            assert trip.basis is not None
            value[k], _ = counts.zeros(trip.basis.support)
        return Values(value)

    return _Reading(tuple(trips.values()), read)
