"""Any device of PennyLane: simulators, plugins, hardware behind a plugin.

A batch is one call of `qml.execute`. Qubit q is wire q, whatever the order in which PennyLane
prints wires. Tapes of one circuit share the operations that have the same angles, as building an
operation takes longer than applying it to a small state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import numpy as np
import pennylane as qml
from pennylane.devices.capabilities import ExecutionCondition
from pennylane.ops.functions import bind_new_parameters

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane import angles_tape
from qng.circuit.gate import basis_change
from qng.circuit.uncompute import ReturnTrip, return_trip
from qng.errors import InputError, QngError, UnknownNameError
from qng.execute.statevector.distribution import Distribution
from qng.plan.counts import Counts
from qng.plan.request import Expectation, Overlap, Request, Result, Samples, Values

Make = Callable[[Sequence[Hashable], int], Any]

DEFAULT: Final = "default.qubit"

# Amplitudes of the points that are swept together where a device does that.
_TOGETHER: Final = 2**22


@dataclass(frozen=True, init=False, eq=False)
class PennyLane:
    """A device of PennyLane as an executor.

    It samples; without shots it gives exact values where the device does. A device by name, or
    made by a function, is made anew for every batch with the batch's seed: equal seeds give equal
    numbers, and no two circuits or points share noise. A device that takes no seed, or one that is
    given as an object, draws from its own generator: then equal seeds do not give equal numbers.

    Args:
        device: A name ("default.qubit", "lightning.qubit", "default.mixed", or of a plugin), a
            function (wires, seed) -> device, or a device.
        wires: The labels of qubits 0, 1, ...; by default the numbers themselves, as many as the
            largest circuit of a batch has, or those of the device that is given.
        noise: What disturbs its states, in a few words; empty for nothing.
        options: Arguments of a device given by name.

    Raises:
        UnknownNameError: No such device is installed.
        InputError: A device that cannot be made with these options.

    Example:
        >>> import qng
        >>> device = PennyLane("lightning.qubit")
        >>> qng.energy("one-qubit", [0.0, 0.0], executor=device).value
        1.0
    """

    name: str
    noise: str
    answers: frozenset[type]
    wires: tuple[Hashable, ...] | None
    _make: Make = field(repr=False)

    def __init__(
        self,
        device: Any = DEFAULT,
        wires: int | Sequence[Hashable] | None = None,
        noise: str = "",
        **options: Any,
    ) -> None:
        if options and not isinstance(device, str):
            raise InputError(
                f"{', '.join(options)} can be given for a device by name; {device!r} is complete"
            )
        given = range(wires) if isinstance(wires, int) else wires
        labels = None if given is None else tuple(given)
        make = _maker(device, options)
        first = make(labels or (0,), 0)
        if labels is None and first is device and first.wires is not None:
            labels = tuple(first.wires)
        analytic = {Expectation, Overlap} if _is_analytic(first) else set()
        object.__setattr__(self, "name", f"pennylane:{first.name}")
        object.__setattr__(self, "noise", noise)
        object.__setattr__(self, "answers", frozenset({Samples, *analytic}))
        object.__setattr__(self, "wires", labels)
        object.__setattr__(self, "_make", make)

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """The results of a batch, one a request.

        Raises:
            InputError: More qubits than wires.
            QngError: PennyLane could not execute the batch.
        """
        for request in requests:
            n = request.circuit.n_qubits
            if self.wires is not None and n > len(self.wires):
                raise InputError(
                    f"{self.name} has {len(self.wires)} wire(s), a circuit of the batch has {n} "
                    "qubits: give more wires"
                )
        n = max((request.circuit.n_qubits for request in requests), default=1)
        wires = self.wires or tuple(range(n))
        device = self._make(wires, seed)
        together = _TOGETHER if device.name == DEFAULT else 0
        parts = [part for k, request in enumerate(requests) for part in _parts(k, request)]
        runs = [run for part in parts for run in part.runs(wires, together)]
        try:
            found = qml.execute([run.tape for run in runs], device, diff_method=None, cache=False)
        except Exception as error:
            raise QngError(f"{self.name} could not execute the batch: {_line(error)}") from error
        answers: list[list[Any]] = [[None] * len(request.angles) for request in requests]
        for run, values in zip(runs, found):
            for point, answer in zip(run.points, run.read(values)):
                answers[run.part.request][point] = answer
        return [_collected(request, answer) for request, answer in zip(requests, answers)]


def device(name: str = DEFAULT, **options: Any) -> PennyLane:
    """A device by name.

    Args:
        name: "default.qubit", "lightning.qubit", "default.mixed", or a device of a plugin.
        options: Arguments of `PennyLane`, and of the device.

    Raises:
        UnknownNameError: No such device is installed.
        InputError: It cannot be made with these options.
    """
    return PennyLane(name, **options)


def _maker(device: Any, options: dict[str, Any]) -> Make:
    # Functions of this module, so that an executor pickles.
    if isinstance(device, qml.devices.Device):
        return partial(_given, device)
    if callable(device):
        return partial(_called, device)
    if not isinstance(device, str):
        raise _no_device(device)
    plugins = {entry.name: entry for entry in entry_points(group="pennylane.plugins")}
    if device not in plugins:
        raise UnknownNameError("PennyLane device", device, plugins)
    return partial(_named, plugins[device], options)


def _given(device: Any, wires: Sequence[Hashable], seed: int) -> Any:
    return device


def _called(make: Callable[..., Any], wires: Sequence[Hashable], seed: int) -> Any:
    device = make(_plain(wires), seed)
    if not isinstance(device, qml.devices.Device):
        raise _no_device(device)
    return device


def _named(
    plugin: EntryPoint, options: dict[str, Any], wires: Sequence[Hashable], seed: int
) -> Any:
    try:
        takes = inspect.signature(plugin.load()).parameters
        seeded = {"seed": seed} if "seed" in takes and "seed" not in options else {}
        return qml.device(plugin.name, wires=_plain(wires), **seeded, **options)
    except Exception as error:
        raise InputError(
            f"the PennyLane device {plugin.name} cannot be made: {_line(error)}"
        ) from error


def _plain(wires: Sequence[Hashable]) -> int | list[Hashable]:
    """A number where the labels are numbers: some devices rename operations otherwise."""
    return len(wires) if list(wires) == list(range(len(wires))) else list(wires)


def _no_device(device: Any) -> InputError:
    return InputError(
        "a PennyLane device is given by name, as a function (wires, seed) -> device, or as a "
        f"qml.device, not as {type(device).__name__}"
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _is_analytic(device: Any) -> bool:
    """Whether it gives expectation values without shots."""
    if isinstance(device, qml.devices.LegacyDeviceFacade):
        return bool(device.target_device.capabilities().get("returns_state", False))
    if device.capabilities is None:
        return True
    conditions = device.capabilities.measurement_processes.get("ExpectationMP")
    return conditions is not None and ExecutionCondition.FINITE_SHOTS_ONLY not in conditions


@dataclass(frozen=True, eq=False)
class _Part:
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
    measure: Expectation | Samples
    shots: Integers

    def runs(self, wires: Sequence[Hashable], together: int) -> Iterator[_Run]:
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
            yield _Run(self, self.points[rows], tape)

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
class _Run:
    """A tape, and the points of its request that it serves, one or several at a time."""

    part: _Part
    points: Integers
    tape: Any

    def read(self, values: Any) -> Iterable[Any]:
        """What PennyLane has returned, point by point."""
        measure, found = self.part.measure, np.asarray(values)
        if isinstance(measure, Expectation):
            return found.real.reshape(-1).tolist()
        qubits, shots = measure.basis.qubits, self.tape.shots.total_shots
        if shots is None:
            p = np.maximum(found.reshape(len(self.points), -1), 0.0)
            p /= p.sum(axis=1, keepdims=True)
            return [Distribution(measure.basis.support, row).counts() for row in p]
        masks = found.reshape(len(self.points), shots, -1).astype(np.int64) @ (
            1 << np.array(qubits)
        )
        return [Counts.of(row, np.ones(shots)) for row in masks]


def _parts(k: int, request: Request) -> Iterator[_Part]:
    measure, n = request.measure, len(request.angles)
    if isinstance(measure, Overlap):
        yield from _overlaps(k, request.circuit, request.angles, measure.others)
    elif n and isinstance(measure, (Expectation, Samples)):
        shots = np.zeros(n, dtype=np.int64) if request.shots is None else request.shots
        yield _Part(k, np.arange(n), request.circuit, request.angles, measure, shots)


def _overlaps(k: int, circuit: Circuit, here: Array, there: Array) -> Iterator[_Part]:
    """The circuit and its inverse at the other angles: the probability of all zeros."""
    trips: dict[ReturnTrip, list[int]] = {}
    for point, changed in enumerate(here != there):
        if np.any(changed):
            trip = return_trip(circuit, tuple(np.flatnonzero(changed).tolist()))
            trips.setdefault(trip, []).append(point)
    for trip, points in trips.items():
        angles = np.array([trip.angles(here[point], there[point]) for point in points])
        shots = np.zeros(len(points), dtype=np.int64)
        yield _Part(k, np.array(points), trip.circuit, angles, Samples(trip.basis), shots)


def _measurement(measure: Expectation | Samples, counting: bool, wires: Sequence[Hashable]) -> Any:
    if isinstance(measure, Expectation):
        return qml.expval(measure.observable.to_pennylane(wires))
    measured = [wires[q] for q in measure.basis.qubits]
    # The first wire is the most significant bit of an index.
    return qml.sample(wires=measured) if counting else qml.probs(wires=measured[::-1])


def _collected(request: Request, answers: list[Any]) -> Result:
    if isinstance(request.measure, Samples):
        return tuple(answers)
    if isinstance(request.measure, Overlap):
        # Where no angle differs nothing has been run.
        return Values(np.array([1.0 if c is None else c.probability(0)[0] for c in answers]))
    return Values(np.array(answers, dtype=float))
