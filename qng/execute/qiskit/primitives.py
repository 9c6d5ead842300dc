"""Bits counted by Qiskit's primitives and backends: simulators, noise models, hardware."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from qng import checks
from qng.errors import InputError, QngError
from qng.execute.qiskit.densities import Densities
from qng.execute.qiskit.devices import noise_of, runner_for
from qng.execute.qiskit.packet import Packet, packed, results_of
from qng.execute.qiskit.rehearsal import Rehearsal
from qng.execute.qiskit.runners import Runner
from qng.execute.qiskit.tallies import Tally
from qng.execute.qiskit.transpile import Transpiler, one_line, quiet
from qng.plan.deal import Dealing
from qng.plan.request import Request, Result, Samples


@dataclass(frozen=True, init=False, eq=False)
class Primitives:
    """An executor that counts bits: any SamplerV2 or BackendV2 of Qiskit.

    Aer and what runs through it also know the density matrix that their circuits prepare, noise
    included, and answer without shots from it: energies of the state, and bits as they would be
    counted with more and more shots (`densities.py`).

    A batch is one job, in which every circuit has the same number of shots, and points with more
    are repeated (`packet.py`). Simulators that run here get the numbers as they are, in as many
    jobs as they need. All circuits of a batch start from the same physical qubits, and all of a run
    that has a ledger (`placement.py`).

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
        made: How it is made again, as `qng.executor(**made)`; empty for a device that only its
            owner has.

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
    made: Mapping[str, Any]
    densities: Densities | None = field(repr=False)

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
        made: Mapping[str, Any] | None = None,
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
        object.__setattr__(self, "made", {} if made is None else dict(made))
        densities = Densities.of(called, runner, self.transpiler, mitigate > 0)
        object.__setattr__(self, "densities", densities)

    @property
    def answers(self) -> frozenset[type]:
        """Counts; what a density matrix says where Aer knows it."""
        known = frozenset() if self.densities is None else self.densities.answers
        return known | {Samples}

    @property
    def dealing(self) -> Dealing:
        """One number of shots for all circuits of a job, or any numbers in as many jobs."""
        return Dealing(uniform=self.runner.uniform)

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """Counts of a batch, a tuple a request; everything is checked before it is sent.

        Requests without shots are answered from density matrices.

        Raises:
            InputError: More qubits than there are, or a circuit that the device cannot do.
            QngError: The device refused the job, or it failed.
        """
        exact = {k: r for k, r in enumerate(requests) if r.shots is None}
        counted = [r for r in requests if r.shots is not None]
        packet = packed(
            counted, seed, self.transpiler, uniform=self.runner.uniform, mitigate=self.mitigate
        )
        results: dict[int, Result] = {}
        if self.densities is not None and exact:
            results = dict(zip(exact, self.densities.run(list(exact.values()))))
        found = iter(results_of(packet, self.counted(packet)))
        return [results[k] if k in results else next(found) for k in range(len(requests))]

    def rehearsed(self) -> Rehearsal | None:
        """The device as a cloud, which a ledger keeps an account of; None where it is none yet.

        Only devices that simulate in this process are rehearsed.
        """
        return Rehearsal(self) if self.runner.local else None

    def counted(self, packet: Packet) -> list[list[Tally]]:
        """Run a packet and wait: one tally a row of every PUB.

        Raises:
            QngError: The device refused the job, or it failed.
        """
        if not packet.pubs:
            return []
        try:
            with quiet():
                running = self.runner.start(packet.pubs, packet.seed)
        except Exception as error:
            raise QngError(f"{self.name} refused the batch: {one_line(error)}") from error
        try:
            while not running.finished:
                time.sleep(_SECONDS_BETWEEN_LOOKS)
            return running.tallies()
        except Exception as error:
            raise QngError(f"a job on {self.name} failed: {one_line(error)}") from error


_SECONDS_BETWEEN_LOOKS: Final = 1.0
