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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import BackendSamplerV2, BaseSamplerV2, StatevectorSampler
from qiskit.providers import BackendV2

from qng.arrays import Array, Integers
from qng.errors import InputError, QngError
from qng.execute.qiskit.transpile import REGISTER, quiet
from qng.seeds import generator
from qng.seeds import seed as made_of

Tally = tuple[Integers, Integers]
"""Values of the register, and how often each was seen."""


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
            tallies: list[list[Tally]] = [[] for _ in pubs]
            for result, members in zip(results, groups.values()):
                counted = _counted(result)
                for k in members:
                    tallies[k] = [next(counted) for _ in pubs[k].values]
            return tallies

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
    """

    backend: Any
    options: dict[str, Any] = field(default_factory=dict)

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
            counted = (tally for result in results for tally in _counted(result))
            return [[next(counted) for _ in pub.values] for pub in pubs]

        return Running(tuple(jobs), read, local=_is_basic(self.backend))


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
            counted = (tally for of_pub in bits for tally in _tallies(of_pub))
            return [[next(counted) for _ in pub.values] for pub in pubs]

        return Running(tuple(jobs), read, self.local)


def runner_for(device: Any, threads: int | None) -> tuple[Runner, Any]:
    """How a device is run, and the backend that its circuits have to fit, None if it is unknown.

    BackendSamplerV2 and Aer's SamplerV2 do no more than to hand circuits to a backend: the backend
    is run itself with the same options, and without writing every shot as text.

    Args:
        device: A BaseSamplerV2 or a BackendV2.
        threads: Of Aer; None: its default.

    Raises:
        InputError: Neither of these, or a backend that runs nothing by itself.
    """
    limit = {} if threads is None else {"max_parallel_threads": threads}
    if isinstance(device, BackendV2):
        if _is_aer(device):
            return OnAer(device, limit), device
        if _is_ibm(device):
            raise InputError(
                f"{device.name} runs no circuits by itself; give a sampler, such as "
                "qiskit_ibm_runtime.executor_sampler.Sampler(backend)"
            )
        return OnBackend(device), device
    if not isinstance(device, BaseSamplerV2):
        raise InputError(
            f"a SamplerV2 or a BackendV2 of Qiskit is expected, not {type(device).__name__}"
        )
    backend = _backend_of(device)
    if type(device) is BackendSamplerV2 or _is_sampler_of_aer(device):
        options = _run_options(device)
        if _is_aer(backend):
            return OnAer(backend, limit | options), backend
        return OnBackend(backend, options), backend
    local = type(device) is StatevectorSampler or (_is_ibm(device) and _is_aer(backend))
    return OnSampler(device, local), backend


def noise_of(device: Any) -> str:
    """What disturbs the states that a device prepares, in a few words; empty where nothing does."""
    if type(device) is StatevectorSampler or _is_basic(device):
        return ""
    backend = device if isinstance(device, BackendV2) else _backend_of(device)
    if backend is None:
        return f"unknown noise of {type(device).__name__}"
    if not _is_aer(backend):
        return f"noise of {backend.name}"
    if type(backend).__module__.startswith("qiskit_aer."):
        model = backend.options.noise_model
        return "" if model is None or model.is_ideal() else f"noise model of {backend.name}"
    return f"noise model of {backend.name}"


def _backend_of(sampler: Any) -> Any:
    """The backend behind a sampler, a property or a method of it; None if it does not say."""
    found = getattr(sampler, "backend", None) or getattr(sampler, "_backend", None)
    if callable(found):
        found = found()
    return found if isinstance(found, BackendV2) else None


def _is_aer(backend: Any) -> bool:
    """Fake backends run through Aer and have its options."""
    return backend is not None and hasattr(backend.options, "max_parallel_experiments")


def _is_basic(backend: Any) -> bool:
    return type(backend).__module__.startswith("qiskit.providers.basic_provider.")


def _is_ibm(device: Any) -> bool:
    return type(device).__module__.startswith("qiskit_ibm_runtime.")


def _is_sampler_of_aer(sampler: Any) -> bool:
    kind = type(sampler)
    return kind.__module__.startswith("qiskit_aer.") and kind.__name__ == "SamplerV2"


def _run_options(sampler: Any) -> dict[str, Any]:
    ours = ("shots", "memory", "seed_simulator", "parameter_binds")
    given = sampler.options.run_options or {}
    return {name: value for name, value in given.items() if name not in ours}


def _reseeded(sampler: Any, seed: int) -> Any:
    """A sampler of IBM's local mode with a seed of its own."""
    options = copy.deepcopy(sampler.options)
    options.simulator.seed_simulator = seed
    return type(sampler)(mode=sampler.mode or sampler.backend(), options=options)


def _counted(result: Any) -> Iterator[Tally]:
    """Tallies of the circuits of a job, one after the other."""
    if not result.success:
        raise QngError(f"{result.backend_name} reports {_failure(result)}")
    for k in range(len(result.results)):
        counts = result.data(k).get("counts", {})
        if not counts or not all(key.startswith("0x") for key in counts):
            counts = {f"0b{key.replace(' ', '')}": n for key, n in result.get_counts(k).items()}
        values = np.array([int(key, 0) for key in counts], dtype=np.int64)
        yield values, np.array(list(counts.values()), dtype=np.int64)


def _failure(result: Any) -> str:
    told = [str(getattr(result, "status", "")), *(str(one.status) for one in result.results)]
    return next((text for text in told if text.upper().startswith("ERROR")), "a failure")


def _tallies(bits: Any) -> list[Tally]:
    """Of every point of a BitArray, shape (points, shots, bytes), the highest byte first."""
    array = bits.array.reshape(-1, *bits.array.shape[-2:])
    places = np.int64(1) << 8 * np.arange(array.shape[-1], dtype=np.int64)[::-1]
    return [np.unique(row, return_counts=True) for row in array @ places]
