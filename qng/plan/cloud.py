"""Devices elsewhere, whose jobs outlive this process: what a ledger keeps an account of.

A batch is one job. It is prepared here, sent once, looked at until it is final, and its result is
fetched as text, which is stored before it is read. Whoever sends (`run/durable/courier.py`) notes
every step before and after; a cloud knows one request at a time and remembers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeGuard, runtime_checkable

from qng.plan.deal import Dealing
from qng.plan.request import Request, Result


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it stays so."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Job:
    """What a cloud says of a job.

    Args:
        id: What the cloud calls it.
        state: Where it is.
        reason: Why it failed or was cancelled, as the cloud says it, in one line.
        again: Whether the cloud says that sending it once more may help.
        ahead: Jobs before it, or None where nobody knows.
        seconds: QPU time that was charged; None while that is not known.
        created: When it was made, ISO 8601 in UTC; "" where nobody knows.
        tags: What it was sent with.
    """

    id: str
    state: JobState
    reason: str = ""
    again: bool = False
    ahead: int | None = None
    seconds: float | None = None
    created: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """What a batch is for a device, counted before it is sent.

    Args:
        pubs: Circuits with their basis; those without parameters once a row.
        rows: Circuits with their angles bound, repetitions counted.
        executions: Shots of all rows, as the device runs them.
        depth: Of the deepest transpiled circuit, in two-qubit gates.
        payload: Bytes of what is sent, to a few percent.
        seconds: Estimated QPU time.
    """

    pubs: int
    rows: int
    executions: int
    depth: int
    payload: int
    seconds: float


@dataclass(frozen=True)
class Prepared:
    """A batch as it is sent.

    Args:
        requests: What was asked.
        load: What it is for the device.
        packet: The cloud's own.
    """

    requests: tuple[Request, ...]
    load: Load
    packet: Any


class Shelf(Protocol):
    """What a run keeps for its cloud, by name: transpiled circuits, the layout, a session."""

    def get(self, name: str) -> bytes | None:
        """What lies there."""

    def put(self, name: str, data: bytes) -> None:
        """Keep it, in the place of what was there; kept when this returns."""

    def put_all(self, items: Mapping[str, bytes]) -> None:
        """Keep all of them or, where it is cut, none."""


@runtime_checkable
class Cloud(Protocol):
    """A device elsewhere, one request at a time.

    Methods that reach it raise `RefusedError`, `NotNowError` or `NoReplyError` (`qng.errors`), each
    with one line that says what happened. None of them repeats a request that makes a job.
    """

    @property
    def name(self) -> str:
        """How it is called on the command line; the backend's own name once it is chosen."""

    @property
    def answers(self) -> frozenset[type]:
        """The measures that it answers."""

    @property
    def noise(self) -> str:
        """What disturbs its states, in a few words; as that of an `Executor`."""

    @property
    def dealing(self) -> Dealing:
        """Which numbers of shots it runs."""

    @property
    def lists(self) -> bool:
        """Whether jobs are found by their tags."""

    @property
    def local(self) -> bool:
        """Whether jobs run in this process, when their result is asked for.

        Then nothing leaves it: sending needs no pace, cannot be lost, and a batch that is sent
        once more is the same job.
        """

    @property
    def settings(self) -> Mapping[str, Any]:
        """How to make it again, as `executor(**settings)`: plain JSON, nothing secret.

        Empty where it was made from an object that only its owner has.
        """

    def prepare(
        self, requests: Sequence[Request], seed: int, shelf: Shelf, anew: bool = False
    ) -> Prepared:
        """A batch as it would be sent; reaches the device only for what the shelf lacks.

        The same shelf gives the same batch in any process, also without a network.

        Args:
            requests: What is asked.
            seed: Of all that is drawn.
            shelf: Where circuits are kept.
            anew: Whether the circuits of this batch and of later ones are made anew for the device
                as it is now. Those of batches before it stay.

        Raises:
            InputError: It does not fit the device.
        """

    def check(self, prepared: Prepared) -> None:
        """Refuse a batch that the device, as it is at this moment, does not take.

        Raises:
            RefusedError: A gate, a qubit or a limit; `retranspile` says whether other circuits
                would do.
            NotNowError: It is paused or in maintenance.
        """

    def left(self) -> float | None:
        """QPU seconds that the account has left; None where nobody says."""

    def send(
        self, prepared: Prepared, tags: Sequence[str], most: float | None, shelf: Shelf
    ) -> str:
        """Make a job, by one request that is never repeated.

        Args:
            prepared: What to run.
            tags: By which it is found again.
            most: QPU seconds after which the device ends it; None: no limit.
            shelf: Where a session is kept.

        Returns:
            What the cloud calls the job.

        Raises:
            RefusedError: No job was made, and asking again as it stands is in vain.
            NotNowError: No job was made; later the same may be taken.
            NoReplyError: Nobody knows whether a job was made.
        """

    def job(self, job: str) -> Job:
        """What is known of a job.

        Raises:
            RefusedError: The cloud has no such job.
        """

    def jobs(self, tag: str, since: str) -> Sequence[Job]:
        """All jobs with a tag, the oldest first.

        Args:
            tag: One that they were sent with.
            since: When the first of them can have been made, ISO 8601 in UTC.
        """

    def raw(self, job: str, prepared: Prepared) -> str:
        """The result of a job that is done, as text.

        Args:
            job: What the cloud calls it.
            prepared: The batch that it runs.
        """

    def read(self, prepared: Prepared, raw: str) -> list[Result]:
        """The results of a batch, one a request; reaches nothing.

        Raises:
            UnreadableError: The text is not the result of this batch.
        """

    def cancel(self, job: str) -> None:
        """Take a job back, if it is not final."""

    def close(self, shelf: Shelf) -> None:
        """Give back what is held between jobs, such as a session."""


def is_cloud(device: object) -> TypeGuard[Cloud]:
    """Whether an object is a device elsewhere; its class is looked at, and nothing is asked."""
    return all(hasattr(type(device), name) for name in ("prepare", "send", "job", "raw"))


@runtime_checkable
class Opening(Protocol):
    """A cloud that may have to open something, such as a session, before it makes a job."""

    def posts(self, shelf: Shelf) -> int:
        """How many requests that make something a `send` would take now.

        Args:
            shelf: Where a session is kept.
        """
