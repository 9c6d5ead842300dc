"""How transpiled circuits are run, on each kind of thing that Qiskit calls a device.

    OnAer       Aer and what runs through it: the points of a circuit are bound inside Aer
    OnBackend   any other BackendV2: one bound circuit a point
    OnSampler   any SamplerV2: the points of a circuit are the array of its PUB

No two points may share their noise, which would cancel in differences and add up in sums. One
seed a job does not see to that everywhere: Aer moves it from circuit to circuit, but
StatevectorSampler starts again at every point, IBM's local mode at every PUB, and
BackendSamplerV2 at every job that it splits into.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorSampler

from qng.arrays import Array
from qng.execute.qiskit import tallies
from qng.execute.qiskit.tallies import Tally
from qng.execute.qiskit.transpile import REGISTER, quiet
from qng.seeds import generator
from qng.seeds import seed as made_of


@dataclass(frozen=True)
class Pub:
    """A primitive unified bloc: a circuit and the points at which it is run.

    Args:
        circuit: In the device's gates.
        values: Of its parameters, in Qiskit's order, shape (points, U).
        shots: Of every point.
    """

    circuit: QuantumCircuit
    values: Array
    shots: int

    def as_qiskit(self) -> list[tuple[Any, Any]]:
        """One PUB; without parameters, which not every sampler repeats, one a point."""
        if not self.values.shape[1]:
            return [(self.circuit, None)] * len(self.values)
        # From a bare array the shape of the points would be guessed.
        return [(self.circuit, {tuple(self.circuit.parameters): self.values})]


@dataclass(frozen=True)
class Running:
    """Jobs that were sent.

    Args:
        jobs: Qiskit's.
        read: From the results of the jobs to tallies, one a point of every PUB.
        local: Whether they run in this process.
    """

    jobs: tuple[Any, ...]
    read: Callable[[list[Any]], list[list[Tally]]]
    local: bool

    @property
    def finished(self) -> bool:
        """Whether no service has to be waited for."""
        return self.local or all(job.in_final_state() for job in self.jobs)

    def tallies(self) -> list[list[Tally]]:
        """What was counted, one tally a point of every PUB; waits for the jobs."""
        with quiet():
            return self.read([job.result() for job in self.jobs])


class Runner(Protocol):
    """Runs PUBs."""

    @property
    def uniform(self) -> bool:
        """Whether all PUBs of a batch must have the same number of shots."""

    @property
    def local(self) -> bool:
        """Whether it simulates in this process."""

    def start(self, pubs: Sequence[Pub], seed: int) -> Running:
        """Send a batch, of at least one PUB."""


@dataclass(frozen=True)
class OnAer:
    """Aer, and the fake backends that run through it.

    Args:
        backend: Its `run` takes Aer's options.
        options: Of every run.
    """

    backend: Any
    options: dict[str, Any] = field(default_factory=dict)

    uniform: ClassVar[bool] = False
    local: ClassVar[bool] = True

    def start(self, pubs: Sequence[Pub], seed: int) -> Running:
        """One job for every number of shots, as Aer has one number for all circuits of a job."""
        groups: dict[int, list[int]] = {}
        for k, pub in enumerate(pubs):
            groups.setdefault(pub.shots, []).append(k)
        jobs = [
            self._job([pubs[k] for k in members], shots, made_of(seed, j))
            for j, (shots, members) in enumerate(groups.items())
        ]

        def read(results: list[Any]) -> list[list[Tally]]:
            found: list[list[Tally]] = [[] for _ in pubs]
            for result, members in zip(results, groups.values()):
                counted = tallies.of_result(result)
                for k in members:
                    found[k] = [next(counted) for _ in pubs[k].values]
            return found

        return Running(tuple(jobs), read, local=True)

    def _job(self, pubs: Sequence[Pub], shots: int, seed: int) -> Any:
        circuits: list[QuantumCircuit] = []
        binds: list[dict[Any, list[float]]] = []
        for pub in pubs:
            # Without parameters there is nothing from which Aer could tell how many points.
            copies = 1 if pub.values.shape[1] else len(pub.values)
            circuits += [pub.circuit] * copies
            binds += [dict(zip(pub.circuit.parameters, pub.values.T.tolist()))] * copies
        options = dict(self.options)
        if self.backend.options.max_parallel_experiments is None:
            # Threads over circuits instead of inside their small states: equal counts, sooner.
            options.setdefault("max_parallel_experiments", 0)
        return self.backend.run(
            circuits, parameter_binds=binds, shots=shots, seed_simulator=seed, **options
        )


@dataclass(frozen=True)
class OnBackend:
    """A backend that is told circuits without parameters.

    Args:
        backend: A BackendV2.
        options: Of every run.
        local: Whether it simulates in this process.
    """

    backend: Any
    options: dict[str, Any] = field(default_factory=dict)
    local: bool = False

    uniform: ClassVar[bool] = True

    def start(self, pubs: Sequence[Pub], seed: int) -> Running:
        """One job, or as many as the backend's limit of circuits a job asks for."""
        circuits = [pub.circuit.assign_parameters(row) for pub in pubs for row in pub.values]
        most = self.backend.max_circuits or len(circuits)
        jobs = []
        for start in range(0, len(circuits), most):
            options = dict(self.options)
            if hasattr(self.backend.options, "seed_simulator"):
                options["seed_simulator"] = made_of(seed, start) >> 32
            part = circuits[start : start + most]
            jobs.append(self.backend.run(part, shots=pubs[0].shots, **options))

        def read(results: list[Any]) -> list[list[Tally]]:
            counted = (tally for result in results for tally in tallies.of_result(result))
            return [[next(counted) for _ in pub.values] for pub in pubs]

        return Running(tuple(jobs), read, self.local)


@dataclass(frozen=True)
class OnSampler:
    """A sampler of version 2.

    Args:
        sampler: As the user made it, mitigation included.
        local: Whether it simulates in this process.
    """

    sampler: Any
    local: bool

    @property
    def uniform(self) -> bool:
        """IBM's refuses PUBs with different shots; exact states would be computed once a repeat."""
        return type(self.sampler) is not StatevectorSampler

    def start(self, pubs: Sequence[Pub], seed: int) -> Running:
        """One job; in IBM's local mode one a PUB, each with a seed."""
        sent = [(*one, pub.shots) for pub in pubs for one in pub.as_qiskit()]
        if type(self.sampler) is StatevectorSampler:
            # An integer would seed every point alike, a generator goes on from point to point.
            jobs = [StatevectorSampler(seed=generator(seed)).run(sent)]
        elif self.local:
            jobs = [_reseeded(self.sampler, made_of(seed, k)).run([p]) for k, p in enumerate(sent)]
        else:
            jobs = [self.sampler.run(sent)]

        def read(results: list[Any]) -> list[list[Tally]]:
            bits = (of_pub.data[REGISTER] for result in results for of_pub in result)
            counted = (tally for of_pub in bits for tally in tallies.of_bits(of_pub))
            return [[next(counted) for _ in pub.values] for pub in pubs]

        return Running(tuple(jobs), read, self.local)


def _reseeded(sampler: Any, seed: int) -> Any:
    """A sampler of IBM's local mode with a seed of its own."""
    options = copy.deepcopy(sampler.options)
    options.simulator.seed_simulator = seed
    return type(sampler)(mode=sampler.mode or sampler.backend(), options=options)
