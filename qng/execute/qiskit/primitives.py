"""Bits counted by Qiskit's primitives and backends: simulators, noise models, hardware."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

import numpy as np

from qng import checks
from qng.arrays import Integers
from qng.errors import InputError, QngError
from qng.execute.qiskit.calibration import Calibration
from qng.execute.qiskit.devices import noise_of, runner_for
from qng.execute.qiskit.runners import Pub, Runner
from qng.execute.qiskit.tallies import Tally
from qng.execute.qiskit.transpile import Measured, Transpiler, one_line, quiet
from qng.plan.counts import Counts
from qng.plan.readout import Readout
from qng.plan.request import Request, Result, Samples


@dataclass(frozen=True)
class _Sent:
    """What was sent, and which points its rows answer.

    Args:
        requests: What was asked.
        measured: The transpiled circuit of every request.
        rows: Of every PUB the request that it serves and the point of each of its rows.
        calibration: Whose two circuits follow, where readout errors are corrected.
    """

    requests: tuple[Request, ...]
    measured: tuple[Measured, ...]
    rows: tuple[tuple[int, Integers], ...]
    calibration: Calibration | None


@dataclass(frozen=True, init=False, eq=False)
class Primitives:
    """An executor that counts bits: any SamplerV2 or BackendV2 of Qiskit.

    A batch is one job, in which every circuit has the same number of shots: the greatest common
    divisor of those asked for, and points with more are repeated. Simulators that run here get
    the numbers as they are, in as many jobs as they need.

    No two points share their noise. Equal seeds give equal counts on every simulator that can be
    seeded (Aer with its noise models, fake backends, BasicSimulator, StatevectorSampler, IBM's
    local mode), whatever seed it was made with; hardware draws as it likes.

    Args:
        device: A BaseSamplerV2 (its mitigation stays on) or a BackendV2.
        backend: What circuits are transpiled for where the sampler does not say; without it they
            are sent in the usual gates, for any pair of qubits.
        name: How it is called; the backend's or the sampler's name by default.
        noise: What disturbs its states, in a few words, "" for nothing; known for Aer, fake
            backends and StatevectorSampler.
        optimization_level: Of Qiskit's transpiler, 0 to 3; 1 without noise and 2 with noise by
            default.
        seed_transpiler: Of layout and routing.
        threads: How many Aer may use; all cores by default. Counts do not depend on it.
        mitigate: Shots for each of two calibration circuits that go with every batch, all measured
            qubits in |0> and in |1>; bits are then corrected for the readout errors found
            (`readout.py`), and their errors include those of the calibration. 0: not corrected.
            These shots come on top of those of the requests.

    Raises:
        InputError: Neither a sampler nor a backend, or a backend of IBM's hardware: give a sampler.

    Cost: a circuit is transpiled when it is first measured in a basis (milliseconds), and bound
        later.

    Example:
        >>> from qiskit_aer import AerSimulator
        >>> Primitives(AerSimulator()).name
        'aer_simulator'
    """

    name: str
    noise: str
    transpiler: Transpiler = field(repr=False)
    runner: Runner = field(repr=False)
    mitigate: int

    answers: ClassVar[frozenset[type]] = frozenset({Samples})

    def __init__(
        self,
        device: Any,
        *,
        backend: Any = None,
        name: str = "",
        noise: str | None = None,
        optimization_level: int | None = None,
        seed_transpiler: int = 0,
        threads: int | None = None,
        mitigate: int = 0,
    ) -> None:
        runner, found = runner_for(device, threads)
        target = found if backend is None else backend
        words = noise_of(device) if noise is None else noise
        level = (2 if words else 1) if optimization_level is None else optimization_level
        if level not in (0, 1, 2, 3):
            raise InputError(f"optimization_level is 0, 1, 2 or 3, not {level!r}")
        checks.whole("mitigate", mitigate)
        checks.whole("seed_transpiler", seed_transpiler)
        if threads is not None:
            checks.whole("threads", threads, 1)
        called = name or getattr(target, "name", "") or type(device).__name__
        object.__setattr__(self, "name", called)
        object.__setattr__(self, "noise", words)
        object.__setattr__(self, "transpiler", Transpiler(target, level, seed_transpiler))
        object.__setattr__(self, "runner", runner)
        object.__setattr__(self, "mitigate", mitigate)

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """Counts of a batch, a tuple a request; everything is checked before it is sent.

        Raises:
            InputError: More qubits than there are, or a circuit that the device cannot do.
            QngError: The device refused the job, or it failed.
        """
        if not all(np.all(np.isfinite(request.angles)) for request in requests):
            raise InputError("an angle of a request is not a finite number")
        measured = tuple(
            self.transpiler.measured(request.circuit, request.measure.basis)
            for request in requests
            if isinstance(request.measure, Samples)
        )
        pubs, rows = _split(requests, measured, self.runner.uniform)
        calibration = Calibration.of(measured) if self.mitigate and pubs else None
        if calibration is not None:
            pubs += self._calibrating(calibration, pubs[0].shots)
        sent = _Sent(tuple(requests), measured, rows, calibration)
        return _counts(sent, self._tallies(pubs, seed) if pubs else [])

    def _tallies(self, pubs: list[Pub], seed: int) -> list[list[Tally]]:
        """Run them and wait."""
        try:
            with quiet():
                running = self.runner.start(pubs, seed)
        except Exception as error:
            raise QngError(f"{self.name} refused the batch: {one_line(error)}") from error
        try:
            while not running.finished:
                time.sleep(_SECONDS_BETWEEN_LOOKS)
            return running.tallies()
        except Exception as error:
            raise QngError(f"a job on {self.name} failed: {one_line(error)}") from error

    def _calibrating(self, calibration: Calibration, base: int) -> list[Pub]:
        """The two calibration circuits, repeated where all PUBs have the same number of shots."""
        shots = base if self.runner.uniform else self.mitigate
        rows = -(-self.mitigate // shots)
        circuits = map(self.transpiler.in_place, calibration.circuits())
        return [Pub(circuit, np.zeros((rows, 0)), shots) for circuit in circuits]


_SECONDS_BETWEEN_LOOKS: Final = 1.0


def _split(
    requests: Sequence[Request], measured: Sequence[Measured], uniform: bool
) -> tuple[list[Pub], tuple[tuple[int, Integers], ...]]:
    """What is run, and for every PUB its request and the point of each of its rows."""
    pubs: list[Pub] = []
    rows: list[tuple[int, Integers]] = []
    shots = [np.asarray(request.shots) for request in requests]
    base = int(np.gcd.reduce(np.concatenate(shots))) if shots else 0
    for k, (request, sent) in enumerate(zip(requests, measured)):
        values = sent.values(request.angles)
        if uniform:
            parts = {base: np.repeat(np.arange(len(values)), shots[k] // base)}
        else:
            parts = {int(n): np.flatnonzero(shots[k] == n) for n in np.unique(shots[k])}
        for n, points in parts.items():
            if len(points) == 0:
                continue
            pubs.append(Pub(sent.circuit, values[points], n))
            rows.append((k, points))
    return pubs, tuple(rows)


def _counts(sent: _Sent, tallies: list[list[Tally]]) -> list[Result]:
    """Counts of every request and point; those of repeated points are added up."""
    seen: list[list[list[Tally]]] = [[[] for _ in request.angles] for request in sent.requests]
    for (k, points), of_pub in zip(sent.rows, tallies):
        for point, tally in zip(points, of_pub):
            seen[k][point].append(tally)
    readouts: tuple[Readout | None, ...] = (None,) * len(seen)
    if sent.calibration is not None:
        zeros, ones = (_together(parts) for parts in tallies[-2:])
        sizes = [request.circuit.n_qubits for request in sent.requests]
        readouts = sent.calibration.readouts(sent.measured, sizes, zeros, ones)
    return [
        tuple(_joined(circuit, parts, readout) for parts in of_points)
        for circuit, of_points, readout in zip(sent.measured, seen, readouts)
    ]


def _together(parts: list[Tally]) -> Tally:
    values, numbers = (np.concatenate(part) for part in zip(*parts))
    return values, numbers


def _joined(circuit: Measured, parts: list[Tally], readout: Readout | None) -> Counts:
    values, numbers = _together(parts)
    return replace(Counts.of(circuit.masks(values), numbers), readout=readout)
