"""Rows of a ledger as values, and the states they go through."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from qng.plan.executor import Handle
from qng.run.codec import dumps, loads


class RunState(StrEnum):
    """Where a run is."""

    RUNNING = "running"
    PARKED = "parked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class BatchState(StrEnum):
    """Where a batch is.

    SUBMITTING is committed before the request that makes the job; DONE with the raw text, before
    that is decoded; CONSUMED with the state that was made of it. UNKNOWN is a batch of a cloud that
    cannot say whether it was sent.
    """

    PLANNED = "planned"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    DONE = "done"
    CONSUMED = "consumed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARKED = "parked"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What a job is for its batch: the one that is used, one made beside it, one that failed."""

    USED = "used"
    TWIN = "twin"
    FAILED = "failed"


@dataclass(frozen=True)
class BatchRow:
    """What is known of a batch.

    Args:
        number: Its number in the run; that of the closing energy ends in "-closing".
        key: By which its jobs are found; "" where it has none.
        asked: The digest of what is asked; "" where it was not noted.
        state: Where it is.
        attempt: How often it was sent.
        marked_at: When it was last about to be sent, seconds since the epoch; 0 before.
        estimated: QPU seconds.
        message: Why it is where it is, in one line.
        handle: Where it waits, once a service has accepted it.
    """

    number: str
    key: str = ""
    asked: str = ""
    state: BatchState = BatchState.PLANNED
    attempt: int = 0
    marked_at: float = 0.0
    estimated: float = 0.0
    message: str = ""
    handle: Handle | None = None


@dataclass(frozen=True)
class JobRow:
    """What is known of a job.

    Args:
        id: What the cloud calls it.
        batch: The number of its batch; "" where that is not known.
        attempt: Which one of its batch.
        role: What it is for its batch.
        state: Where it is, as `plan.cloud.JobState` writes it.
        estimated: QPU seconds.
        charged: QPU seconds; None while they are not known.
        reason: Why it failed or was cancelled.
        created: When, ISO 8601 in UTC.
    """

    id: str
    batch: str
    attempt: int = 0
    role: Role = Role.USED
    state: str = "waiting"
    estimated: float = 0.0
    charged: float | None = None
    reason: str = ""
    created: str = ""

    @property
    def booked(self) -> float:
        """QPU seconds: what was charged, or the estimate until that is known."""
        return self.estimated if self.charged is None else self.charged


@dataclass(frozen=True)
class EventRow:
    """Something that happened.

    Args:
        at: When, ISO 8601 in UTC.
        what: In a word.
        detail: In a line.
    """

    at: str
    what: str
    detail: str


def packed(text: str) -> bytes:
    """A text as it is stored."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def unpacked(data: bytes) -> str:
    """The text that was stored."""
    return zlib.decompress(data).decode("utf-8", "surrogatepass")


def document(value: Any) -> bytes:
    """A value of ours as it is stored.

    Raises:
        NotStorableError: It holds what lives in this process only.
    """
    return packed(dumps(value))


def value(data: bytes) -> Any:
    """The value that was stored."""
    return loads(unpacked(data))


def plain(mapping: Mapping[str, Any]) -> str:
    """Settings as they are stored: JSON."""
    return json.dumps(dict(mapping), sort_keys=True)


def batch_row(row: Mapping[str, Any]) -> BatchRow:
    """A row of `batches`."""
    handle = row["handle"]
    return BatchRow(
        number=row["number"],
        key=row["key"],
        asked=row["asked"],
        state=BatchState(row["state"]),
        attempt=row["attempt"],
        marked_at=row["marked_at"],
        estimated=row["estimated"],
        message=row["message"],
        handle=None if handle is None else loads(handle),
    )


def job_row(row: Mapping[str, Any]) -> JobRow:
    """A row of `jobs`."""
    known = {name: row[name] for name in JobRow.__dataclass_fields__}
    return JobRow(**{**known, "role": Role(row["role"])})
