"""A device of PennyLane as an executor: a batch is one call of `qml.execute`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pennylane as qml

from qng.errors import InputError, QngError
from qng.execute.pennylane.devices import Make, is_analytic, knows_density, line_of, maker, noise_of
from qng.execute.pennylane.tapes import collected, parts_of
from qng.plan.request import Density, Expectation, Overlap, Request, Result, Samples

DEFAULT: Final = "default.qubit"

# Amplitudes of the points that are swept together where a device does that.
_TOGETHER: Final = 2**22


@dataclass(frozen=True, init=False, eq=False)
class PennyLane:
    """A device of PennyLane as an executor.

    It samples; without shots it gives exact values where the device does. A device by name, or
    made by a function, is made anew for every batch with the batch's seed: equal seeds give equal
    numbers, and no two circuits or points share noise. PennyLane's simulators are seeded likewise
    where they are given as objects. Any other object, and a device that takes no seed, draws from
    its own generator: then equal seeds do not give equal numbers.

    Args:
        device: A name ("default.qubit", "lightning.qubit", "default.mixed", or of a plugin), a
            function (wires, seed) -> device, or a device.
        wires: The labels of qubits 0, 1, ...; by default the numbers themselves, as many as the
            largest circuit of a batch has, or those of the device that is given.
        noise: What disturbs its states or their readout, in a few words, "" for nothing; known for
            the simulators of PennyLane and Lightning, as long as no transform adds some.
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
        noise: str | None = None,
        **options: Any,
    ) -> None:
        if options and not isinstance(device, str):
            raise InputError(
                f"{', '.join(options)} can be given for a device by name; {device!r} is complete"
            )
        given = range(wires) if isinstance(wires, int) else wires
        labels = None if given is None else tuple(given)
        make = maker(device, options)
        first = make(labels or (0,), 0)
        if labels is None and isinstance(device, qml.devices.Device) and device.wires is not None:
            labels = tuple(device.wires)
        analytic: set[type] = {Expectation, Overlap} if is_analytic(first) else set()
        if analytic and knows_density(first):
            analytic.add(Density)
        object.__setattr__(self, "name", f"pennylane:{first.name}")
        object.__setattr__(self, "noise", noise_of(first) if noise is None else noise)
        object.__setattr__(self, "answers", frozenset({Samples, *analytic}))
        object.__setattr__(self, "wires", labels)
        object.__setattr__(self, "_make", make)

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """The results of a batch, one a request.

        Raises:
            InputError: More qubits than wires.
            QngError: PennyLane could not execute the batch.
        """
        wires = self._labels(requests)
        device = self._make(wires, seed)
        together = _TOGETHER if device.name == DEFAULT else 0
        parts = [part for k, request in enumerate(requests) for part in parts_of(k, request)]
        runs = [run for part in parts for run in part.runs(wires, together)]
        try:
            found = qml.execute([run.tape for run in runs], device, diff_method=None, cache=False)
        except Exception as error:
            raise QngError(f"{self.name} could not execute the batch: {line_of(error)}") from error
        answers: list[list[Any]] = [[None] * len(request.angles) for request in requests]
        for run, values in zip(runs, found):
            for point, answer in zip(run.points, run.read(values)):
                answers[run.part.request][point] = answer
        return [collected(request, answer) for request, answer in zip(requests, answers)]

    def _labels(self, requests: Sequence[Request]) -> tuple[Hashable, ...]:
        """Of the qubits of a batch, as many as its largest circuit needs, or all that there are."""
        n = max((request.circuit.n_qubits for request in requests), default=1)
        if self.wires is not None and n > len(self.wires):
            raise InputError(
                f"{self.name} has {len(self.wires)} wire(s), a circuit of the batch has {n} "
                "qubits: give more wires"
            )
        return self.wires or tuple(range(n))


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
