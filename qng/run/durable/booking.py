"""The account of a run: which jobs its cloud has made for it, and what they were charged.

All of it can be done again: what is noted twice is noted once.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from qng.errors import RefusedError, ServiceError
from qng.plan.cloud import Cloud, Job, JobState
from qng.run.ledger.entry import Entry
from qng.run.ledger.rows import BatchState, JobRow, Role, RunState

CALIBRATED: Final = "calibrated"
"""The event that says when the device of a batch was calibrated."""

LOST: Final = "no reply"
"""The event that says that nobody knows what became of a job."""

_RUN: Final = "qng-run:"
KEY: Final = "qng-key:"
"""With which the tag of a batch begins."""

_ATTEMPT: Final = "qng-a:"


def run_tag(run: str) -> str:
    """By which all jobs of a run are found."""
    return f"{_RUN}{run}"


def key_tag(key: str) -> str:
    """By which the jobs of a batch are found."""
    return f"{KEY}{key}"


def tags(run: str, key: str, attempt: int) -> tuple[str, ...]:
    """With which a job is sent."""
    return run_tag(run), key_tag(key), f"{_ATTEMPT}{attempt}"


def note(entry: Entry, job: Job, batch: str | None = None, role: Role | None = None) -> JobRow:
    """Note what a cloud says of a job; what it does not say stays.

    Args:
        entry: The run.
        job: What the cloud says.
        batch: Of which batch it is, where the job is new.
        role: What it is for that batch, where that is new.
    """
    changes: dict[str, object] = {"state": job.state.value}
    if job.reason:
        changes["reason"] = job.reason
    if job.created:
        changes["created"] = job.created
    if job.seconds is not None:
        changes["charged"] = job.seconds
    if role is not None:
        changes["role"] = role.value
    if batch is not None:
        row = entry.batch_row(batch)
        if row is not None:
            changes |= {"attempt": _attempt(job, row.attempt), "estimated": row.estimated}
    return entry.note_job(job.id, batch, **changes)


def unsettled(entry: Entry) -> list[JobRow]:
    """Jobs whose charge is not known."""
    return [row for row in entry.jobs() if row.charged is None]


def is_open(entry: Entry) -> bool:
    """Whether its cloud may know more of a run than its ledger has.

    That is so while it goes on, until all charges are known, and for ever where a reply was lost.
    """
    if entry.status is not RunState.FINISHED or unsettled(entry):
        return True
    return any(event.what == LOST for event in entry.events())


def settle(cloud: Cloud, entry: Entry, most: int | None = None) -> list[Job]:
    """Ask for the charges that are not known yet.

    Args:
        cloud: Who knows.
        entry: The run.
        most: How many jobs are asked for, the newest; None: all.

    Returns:
        What the cloud says of the jobs.

    Raises:
        ServiceError: The cloud does not answer; what it has said before is noted.
    """
    unknown = unsettled(entry)
    if not cloud.lists:  # then a charge is told as the job ends, or never
        unknown = [row for row in unknown if not JobState(row.state).is_final]
    found = []
    for row in unknown if most is None else unknown[-most:]:
        try:
            found.append(cloud.job(row.id))
        except RefusedError as error:
            entry.event("job not found", f"{row.id}: {error}")
        else:
            note(entry, found[-1])
    return found


def audit(cloud: Cloud, entry: Entry) -> list[str]:
    """Look for jobs of a run that nobody has noted, book them, and cancel those that wait.

    Jobs of a batch that has none yet are left to it, unless the run is over.

    Returns:
        The names of those that were found.

    Raises:
        ServiceError: The cloud does not answer; what it has said before is noted.
    """
    if not cloud.lists:
        return []
    batches = {key_tag(row.key): row for row in entry.batch_rows()}
    known = {row.id for row in entry.jobs()}
    found = []
    for job in cloud.jobs(run_tag(entry.run), entry.created):
        of = next((batches[tag] for tag in job.tags if tag in batches), None)
        its_own = of is not None and not has_job(entry, of.number) and not entry.is_over
        if job.id in known or its_own:
            continue
        note(entry, job, "" if of is None else of.number, Role.TWIN)
        entry.event("twin", f"{job.id} of batch {'?' if of is None else of.number}")
        found.append(job.id)
    for row in entry.jobs():
        if row.role is Role.TWIN and not JobState(row.state).is_final:
            take_back(cloud, entry, row.id)
    return found


def has_job(entry: Entry, batch: str) -> bool:
    """Whether a batch has a job that it is, or will be, reduced from."""
    row = entry.batch_row(batch)
    return row is not None and row.state in (
        BatchState.SUBMITTED,
        BatchState.DONE,
        BatchState.CONSUMED,
        BatchState.FAILED,
        BatchState.CANCELLED,
    )


def take_back(cloud: Cloud, entry: Entry, job: str) -> None:
    """Cancel a job, if it is not final, and note what became of it."""
    with suppress(RefusedError):  # it has become final meanwhile
        cloud.cancel(job)
    note(entry, cloud.job(job))


def contacted(cloud: Cloud, entry: Entry) -> str:
    """Book and settle, as far as the cloud answers.

    Returns:
        Why it does not; empty where it does.
    """
    try:
        audit(cloud, entry)
        settle(cloud, entry)
    except ServiceError as error:
        return str(error)
    return ""


def listed(cloud: Cloud, entry: Entry, key: str) -> list[Job]:
    """The jobs of a batch that have not failed before, the oldest first.

    Raises:
        ServiceError: The cloud does not answer.
    """
    if not cloud.lists:
        return []
    lost = (JobState.FAILED.value, JobState.CANCELLED.value)
    over = {row.id for row in entry.jobs() if row.role is Role.FAILED or row.state in lost}
    return [job for job in cloud.jobs(key_tag(key), entry.created) if job.id not in over]


def _attempt(job: Job, last: int) -> int:
    """Which attempt a job was, by its tags."""
    told = [tag.removeprefix(_ATTEMPT) for tag in job.tags if tag.startswith(_ATTEMPT)]
    return int(told[0]) if told and told[0].isdigit() else last
