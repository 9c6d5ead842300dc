"""What a simulated device prepares, as a density matrix: the noise of its gates, and no readout.

The circuits are those whose bits are counted, transpiled for the device and in the same places,
without their measurement. Values are those of the state: expectation values have neither readout
errors nor the noise of a change of basis in them, which counted ones have.
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
from qng.execute.qiskit.placement import Placement
from qng.execute.qiskit.runners import OnAer, Runner
from qng.execute.qiskit.transpile import Measured, Transpiler, one_line, quiet
from qng.plan.counts import Counts
from qng.plan.request import Density, Expectation, Overlap, Request, Result, Samples, Values

# Of Aer; others keep no density matrix.
_ABLE: Final = (None, "automatic", "statevector", "density_matrix")

_MOST_BYTES: Final = 2**33

# What turns a letter to Z.
_TO_Z: Final = {
    "X": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "Y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2),
    "Z": np.eye(2),
}

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
    """

    circuit: Circuit
    angles: Array
    save: Save
    kind: Hashable


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
    """

    name: str
    backend: Any
    options: dict[str, Any] = field(repr=False)
    transpiler: Transpiler = field(repr=False)

    answers: ClassVar[frozenset[type]] = frozenset({Density, Expectation, Overlap, Samples})

    @staticmethod
    def of(name: str, runner: Runner, transpiler: Transpiler) -> Densities | None:
        """Those of a device; None where it is not Aer's, or its method keeps none."""
        if not isinstance(runner, OnAer):
            return None
        own = getattr(runner.backend.options, "method", None)
        if runner.options.get("method", own) not in _ABLE:
            return None
        return Densities(name, runner.backend, runner.options, transpiler)

    def run(self, requests: Sequence[Request]) -> list[Result]:
        """The results of requests, exact.

        Raises:
            InputError: Density matrices that do not fit in memory, or more qubits than there are.
            QngError: Aer failed.

        Cost: one simulation of 4^n numbers a point, whatever is asked of it.
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
            groups.setdefault((want.circuit, want.angles.tobytes()), []).append(want)
        circuits: list[QuantumCircuit] = []
        binds: list[dict[Any, list[float]]] = []
        for group in groups.values():
            circuit, bind = self._saved(group, placement)
            # Without parameters all points are one.
            circuits.append(circuit)
            binds.append(bind)
        data = iter(self._simulated(circuits, binds))
        kept: dict[tuple[Hashable, Hashable], list[Any]] = {}
        for (key, group), bind in zip(groups.items(), binds):
            points = len(group[0].angles)
            rows = [next(data) for _ in range(points)] if bind else [next(data)] * points
            for label, kind in enumerate(dict.fromkeys(want.kind for want in group)):
                kept[key, kind] = [row[str(label)] for row in rows]
        return [kept[(want.circuit, want.angles.tobytes()), want.kind] for want in wants]

    def _saved(
        self, group: Sequence[_Want], placement: Placement | None
    ) -> tuple[QuantumCircuit, dict[Any, list[float]]]:
        """A circuit that keeps what is wanted, and the values of its parameters."""
        first = group[0]
        measured = self.transpiler.measured(first.circuit, None, placement)
        places, bare = physical_qubits(measured.circuit), _unmeasured(measured)
        active = len({bit for one in bare.data for bit in one.qubits})
        checks.memory(f"a density matrix of {active} qubits", 16 * 4**active, _MOST_BYTES)
        saves = {want.kind: want.save for want in group}
        for label, save in enumerate(saves.values()):
            save(bare, places, str(label))
        values = measured.values(first.angles).T.tolist()
        return bare, dict(zip(bare.parameters, values))

    def _simulated(
        self, circuits: list[QuantumCircuit], binds: list[dict[Any, list[float]]]
    ) -> list[dict[str, Any]]:
        options = {**self.options, "method": "density_matrix"}
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
        want = _state(circuit, angles, measure.basis.qubits or (0,))
        basis = measure.basis
        return _Reading((want,), lambda kept: tuple(_counts(rho, basis) for rho in kept[0]))
    assert isinstance(measure, Overlap)
    return _overlap(request, measure)


def _state(circuit: Circuit, angles: Array, qubits: tuple[int, ...]) -> _Want:
    """The density matrix of some qubits of ours."""

    def save(sent: QuantumCircuit, places: Sequence[int], label: str) -> None:
        sent.save_density_matrix([places[q] for q in qubits], label)

    return _Want(circuit, angles, save, qubits)


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
            trips[k] = _state(trip.circuit, angles, trip.basis.qubits)

    def read(kept: list[list[Any]]) -> Values:
        value = np.ones(len(different))
        for k, (rho,) in zip(trips, kept):
            value[k] = np.asarray(rho)[0, 0].real
        return Values(value)

    return _Reading(tuple(trips.values()), read)


def _counts(rho: Any, basis: Pauli) -> Counts:
    """The distribution of a measurement without errors."""
    qubits = basis.qubits or (0,)
    turn = np.eye(1, dtype=complex)
    for q in qubits:
        turn = np.kron(_TO_Z[basis.letter(q) if basis.support >> q & 1 else "Z"], turn)
    p = np.maximum(np.einsum("ab,bc,ac->a", turn, np.asarray(rho), turn.conj()).real, 0.0)
    index = np.arange(len(p))
    masks = np.zeros_like(index)
    for k, q in enumerate(qubits):
        masks |= (index >> k & 1) << q
    outcomes, where = np.unique(masks & basis.support, return_inverse=True)
    weights = np.zeros(len(outcomes))
    np.add.at(weights, where.ravel(), p / p.sum())
    return Counts(outcomes, weights, np.inf)
