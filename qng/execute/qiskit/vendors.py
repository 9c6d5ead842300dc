"""What the packages of vendors do each their own way, behind one face.

`BackendV2` says how circuits are run, and nothing of how often a request is repeated, where a name
of ours goes, or what a failed job looks like. `vendor_of(backend)` knows it where it was tried.

    Vendor    any package: it may repeat requests, takes no tags, and says no more than Qiskit does
    IonQ      qiskit-ionq 1.1: repeats a POST four times after a 502, which may make five jobs
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Protocol

from qiskit import QuantumCircuit

from qng.errors import NoReplyError
from qng.plan.cloud import Job, JobState

STATES: Final = {
    "INITIALIZING": JobState.WAITING,
    "QUEUED": JobState.WAITING,
    "VALIDATING": JobState.WAITING,
    "RUNNING": JobState.RUNNING,
    "DONE": JobState.DONE,
    "ERROR": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
}
"""What Qiskit calls them."""


class Vendor(Protocol):
    """How a package is asked."""

    @property
    def backend(self) -> Any:
        """The backend that is asked."""

    @property
    def once(self) -> bool:
        """Whether one call makes one request, so that an error tells whether a job was made."""

    @property
    def noise(self) -> str:
        """What disturbs the states of the backend, in a few words."""

    def options(self, tags: Sequence[str]) -> Mapping[str, Any]:
        """Of `backend.run`, so that the job bears the tags."""

    def payload(self, circuits: Sequence[QuantumCircuit], shots: int) -> int | None:
        """Bytes that are sent; None where nobody knows."""

    def look(self, job: str) -> Job:
        """What is known of a job."""


@dataclass(frozen=True)
class Plain:
    """A package of which nothing is known but Qiskit's interface.

    Args:
        backend: Its backend.
    """

    backend: Any

    once: ClassVar[bool] = False

    @property
    def noise(self) -> str:
        """Some."""
        return f"noise of {self.backend.name}"

    def payload(self, circuits: Sequence[QuantumCircuit], shots: int) -> int | None:
        """Nobody knows."""
        return None

    def options(self, tags: Sequence[str]) -> Mapping[str, Any]:
        """None: a name that `run` does not know may be an error, or be sent to the device."""
        return {}

    def look(self, job: str) -> Job:
        """By its status."""
        found = self.backend.retrieve_job(job)
        # An enum, or its name.
        status = found.status()
        called = str(getattr(status, "name", status))
        state = STATES.get(called.upper())
        if state is None:
            raise NoReplyError(f"{self.backend.name} says {called!r} of job {job}")
        told = getattr(found, "error_message", None)
        reason = " ".join(str(told() or "").split()) if callable(told) and _ended(state) else ""
        return Job(job, state, reason)


@dataclass(frozen=True)
class IonQ:
    """qiskit-ionq, with every request made once.

    Args:
        backend: A copy of the user's, with a client of its own.
    """

    backend: Any

    once: ClassVar[bool] = True

    @property
    def noise(self) -> str:
        """None on the ideal simulator."""
        ideal = getattr(self.backend.options, "noise_model", None) == "ideal"
        ideal = ideal and self.backend.name == "ionq_simulator"
        return "" if ideal else f"noise of {self.backend.name}"

    def payload(self, circuits: Sequence[QuantumCircuit], shots: int) -> int | None:
        """The length of the body of the request."""
        from qiskit_ionq.helpers import qiskit_to_ionq

        return len(qiskit_to_ionq(list(circuits), self.backend, {"shots": shots}))

    @staticmethod
    def of(backend: Any) -> IonQ | None:
        """A copy of a backend whose client repeats nothing; None where it cannot be made so."""
        client = copy.copy(backend.client)
        for name in ("submit_job", "retrieve_job", "get_results", "cancel_job"):
            single = getattr(getattr(type(client), name, None), "__wrapped__", None)
            if single is None:
                return None
            setattr(client, name, single.__get__(client))
        own = copy.copy(backend)
        own._client = client
        return IonQ(own) if own.client is client else None

    def options(self, tags: Sequence[str]) -> Mapping[str, Any]:
        """In the metadata of the job, beside those of the user."""
        own = dict(getattr(self.backend.options, "extra_metadata", None) or {})
        return {"extra_metadata": own | dict(tag.split(":", 1) for tag in tags)}

    def look(self, job: str) -> Job:
        """As the service says it: Qiskit's job raises an error where a job has failed."""
        told = self.backend.client.retrieve_job(job)
        if not isinstance(told, dict) or told.get("status") not in _OF_IONQ:
            raise NoReplyError(f"{self.backend.name} says no status of job {job} that is known")
        state = _OF_IONQ[told["status"]]
        failure = told.get("failure") or {}
        reason = ": ".join(str(failure[name]) for name in ("code", "error") if failure.get(name))
        took = told.get("execution_duration_ms", told.get("execution_time"))
        tags = {k: v for k, v in (told.get("metadata") or {}).items() if k.startswith("qng-")}
        return Job(
            job,
            state,
            reason if _ended(state) else "",
            seconds=took / 1000 if state.is_final and isinstance(took, (int, float)) else None,
            created=_utc(told.get("submitted_at", told.get("request"))),
            tags=tuple(f"{name}:{value}" for name, value in tags.items()),
        )


_OF_IONQ: Final = {
    "submitted": JobState.WAITING,
    "ready": JobState.WAITING,
    "started": JobState.RUNNING,
    "completed": JobState.DONE,
    "failed": JobState.FAILED,
    "canceled": JobState.CANCELLED,
}


def vendor_of(backend: Any) -> Vendor:
    """How a backend is asked, by the package that its class comes from."""
    packages = {kind.__module__.partition(".")[0] for kind in type(backend).__mro__}
    known = IonQ.of(backend) if "qiskit_ionq" in packages else None
    return Plain(backend) if known is None else known


def _ended(state: JobState) -> bool:
    return state in (JobState.FAILED, JobState.CANCELLED)


def _utc(told: Any) -> str:
    """A time that a service tells, as a text or in seconds."""
    if isinstance(told, (int, float)):
        return datetime.fromtimestamp(told, UTC).isoformat()
    return told if isinstance(told, str) else ""
