"""A backend of Qiskit that remembers its jobs, as those of services do, and runs them with Aer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qiskit.providers import BackendV2, JobStatus, JobV1, Options
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import CouplingMap
from qiskit_aer import AerSimulator


class LostError(Exception):
    """Nobody knows whether a job was made."""


@dataclass
class _Sent:
    circuits: list[Any]
    shots: int
    status: Any = JobStatus.DONE


class Remembering(BackendV2):
    """A line of qubits without noise.

    Args:
        qubits: How many.
        most: Circuits of a job; None: any number.

    Attributes:
        sent: By the id of the job.
        lost: Numbers of jobs, from 1, whose reply is lost.
        retrieved: How often a result was drawn: every time with another seed.
    """

    def __init__(self, qubits: int = 5, most: int | None = None) -> None:
        super().__init__(name="remembering")
        line = CouplingMap.from_line(qubits)
        gates = ["rz", "sx", "x", "cz"]
        self._target = GenericBackendV2(qubits, gates, coupling_map=line, noise_info=False).target
        self._most = most
        self.sent: dict[str, _Sent] = {}
        self.lost: set[int] = set()
        self.retrieved = 0

    @property
    def target(self) -> Any:
        return self._target

    @property
    def max_circuits(self) -> int | None:
        return self._most

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1024)

    def run(self, run_input: Any, *, shots: int) -> Any:
        job = f"job-{len(self.sent) + 1}"
        self.sent[job] = _Sent(list(run_input), shots)
        if len(self.sent) in self.lost:
            raise LostError("the connection was cut")
        return self.retrieve_job(job)

    def retrieve_job(self, job_id: str) -> Any:
        if job_id not in self.sent:
            raise LookupError(f"no job {job_id}")
        return _Job(self, job_id)


class _Job(JobV1):
    def submit(self) -> None:
        """It was sent when it was made."""

    def cancel(self) -> None:
        self.backend().sent[self.job_id()].status = JobStatus.CANCELLED

    def status(self) -> Any:
        return self.backend().sent[self.job_id()].status

    def result(self) -> Any:
        backend = self.backend()
        backend.retrieved += 1
        sent = backend.sent[self.job_id()]
        seed = 1000 * int(self.job_id()[4:]) + backend.retrieved
        return AerSimulator().run(sent.circuits, shots=sent.shots, seed_simulator=seed).result()
