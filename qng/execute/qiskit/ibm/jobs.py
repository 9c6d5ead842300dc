"""Jobs as the service tells of them: where they are, why they ended, what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from qng.errors import NoReplyError, RefusedError, ServiceError
from qng.execute.qiskit.ibm.account import Reach
from qng.execute.qiskit.ibm.errors import Told, tidy
from qng.execute.qiskit.ibm.line import AbsentError
from qng.plan.cloud import Job, JobState

T = TypeVar("T")

AGAIN: Final = frozenset({1000, 1006, 1008, 1010, 1011, 5203})
"""Codes whose entry in IBM's error registry says to run the job again."""

TOO_LONG: Final = 1305
"""The code of a job that ran longer than it was allowed to."""

_STATES: Final = {
    "QUEUED": JobState.WAITING,
    "PENDING": JobState.WAITING,
    "INITIALIZING": JobState.WAITING,
    "RUNNING": JobState.RUNNING,
    "COMPLETED": JobState.DONE,
    "DONE": JobState.DONE,
    "FAILED": JobState.FAILED,
    "ERROR": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
}

_PAGE: Final = 100

# Clocks differ; what a tag finds is of the run in any case.
_EARLIER: Final = timedelta(minutes=10)


def look(reach: Reach, job: str) -> Job:
    """What is known of a job.

    Args:
        reach: The account.
        job: Its id.

    Raises:
        RefusedError: No instance of the account has it.
        ServiceError: It cannot be told now.

    Cost: one request while it runs, two where it waits and once it is final.
    """
    client, told = _holder(reach, job, "looking at a job", lambda one: one.job_get(job))
    found = job_of(told)
    if found.state is JobState.WAITING:
        return replace(found, ahead=_ahead(reach, client, told))
    if found.state.is_final:
        reason = found.reason
        if found.state is JobState.FAILED and not reason:
            reason = _traceback(reach, client, job)
        return replace(found, seconds=_charge(reach, client, job), reason=reason)
    return found


def tagged(reach: Reach, tag: str, since: str) -> list[Job]:
    """All jobs with a tag, the oldest first; what they cost is not told.

    Args:
        reach: The account.
        tag: One of their tags.
        since: ISO 8601 in UTC.
    """
    after = _time(since) - _EARLIER if since else None
    asked = reach.told("looking for jobs")
    found: dict[str, Job] = {}
    for client in reach.clients:
        start = 0
        while True:
            listed = partial(client.jobs_get, limit=_PAGE, skip=start, job_tags=[tag])
            try:
                page = reach.wire.ask(partial(listed, created_after=after, descending=False), asked)
            except AbsentError:
                break
            jobs = [job_of(one) for one in _list(page, "jobs")]
            new = {job.id: job for job in jobs if job.id not in found}
            found |= new
            start += len(jobs)
            # Neither the length of a page nor the count is relied on alone.
            if not new or start >= int(page.get("count") or start + 1):
                break
    mine = (job for job in found.values() if tag in job.tags or not job.tags)
    return sorted(mine, key=lambda job: (job.created, job.id))


def result(reach: Reach, job: str) -> str:
    """The result of a job that is done, as text.

    Raises:
        NoReplyError: It is empty: to be fetched again.
        ServiceError: It cannot be had now.
    """
    _, raw = _holder(reach, job, "fetching a result", lambda one: one.job_results(job))
    if not isinstance(raw, str) or not raw.strip():
        raise NoReplyError(f"IBM gave an empty result for the job {job}")
    return raw


def cancel(reach: Reach, job: str) -> None:
    """Take a job back, if it is not final."""
    told = reach.told("cancelling a job", 404, 409)
    for client in reach.clients:
        try:
            reach.wire.ask(partial(client.job_cancel, job), told)
        except AbsentError:
            continue
        return


def job_of(told: Mapping[str, Any]) -> Job:
    """A job as the service tells of it.

    Args:
        told: An entry of a list of jobs, or one alone.

    Raises:
        NoReplyError: That is no job.
    """
    state = told.get("state") or {}
    if not isinstance(state, Mapping) or not told.get("id"):
        raise NoReplyError("IBM's answer about a job cannot be read")
    text = str(state.get("status") or told.get("status") or "")
    code = _code(state.get("reason_code") or state.get("reasonCode"))
    found = state_of(text)
    return Job(
        id=str(told["id"]),
        state=found,
        reason=_reason(text, str(state.get("reason") or ""), code, found),
        again=found is JobState.FAILED and code in AGAIN,
        created=_created(told.get("created")),
        tags=tuple(map(str, told.get("tags") or ())),
    )


def state_of(text: str) -> JobState:
    """Where a job is, by the service's word; one that nobody knows counts as running."""
    word = text.strip().upper()
    if word in _STATES:
        return _STATES[word]
    # "Cancelled - Ran too long" is one; its client would wait for ever.
    known = (state for name, state in _STATES.items() if word.startswith(name))
    return next(known, JobState.RUNNING)


def _reason(text: str, reason: str, code: int | None, state: JobState) -> str:
    if state in (JobState.DONE, JobState.WAITING):
        return ""
    if state is JobState.RUNNING:
        word = text.strip().upper()
        return "" if word == "RUNNING" else f"IBM says {tidy(text, 60)!r}, which qng does not know"
    parts = [tidy(reason)] if reason else []
    if code == TOO_LONG or "TOO LONG" in text.upper():
        parts.insert(0, "it ran longer than it was allowed to")
    if code is not None:
        parts.append(f"code {code}")
    if state is JobState.CANCELLED and not parts:
        return "someone cancelled it, or its session ended"
    return "; ".join(parts)


def _ahead(reach: Reach, client: Any, told: Mapping[str, Any]) -> int | None:
    """Jobs that wait at its device; it is only shown, so nothing fails for it."""
    name = told.get("backend")
    if not name:
        return None
    try:
        status = reach.wire.ask(lambda: client.backend_status(name), Told("asking for the queue"))
        return int(status["pending_jobs"])
    except (ServiceError, KeyError, TypeError, ValueError):
        return None


def _charge(reach: Reach, client: Any, job: str) -> float | None:
    """What was charged; None until the service says that it is final."""
    try:
        metrics = reach.wire.ask(
            lambda: client.job_metadata(job), Told("asking for a charge", absent=(404,))
        )
    except (AbsentError, ServiceError):
        return None
    usage = metrics.get("usage") if isinstance(metrics, Mapping) else None
    if not isinstance(usage, Mapping) or str(usage.get("status", "")).lower() != "complete":
        return None
    try:
        return float(usage["qpu_charge_time_seconds"])
    except (KeyError, TypeError, ValueError):
        return None


def _traceback(reach: Reach, client: Any, job: str) -> str:
    """The last line of what stands in the place of the result of a job that failed."""
    try:
        text = reach.wire.ask(lambda: client.job_results(job), Told("asking why a job failed"))
    except ServiceError:
        return ""
    lines = [line for line in str(text or "").splitlines() if line.strip()]
    return tidy(lines[-1]) if lines else ""


def _holder(reach: Reach, job: str, doing: str, work: Callable[[Any], T]) -> tuple[Any, T]:
    """The client whose instance has a job, and what it answers."""
    told = reach.told(doing, 404)
    for client in reach.clients:
        try:
            return client, reach.wire.ask(partial(work, client), told)
        except AbsentError:
            continue
    raise RefusedError(
        f"IBM has no job {job} for this account: check the account and the instance that it was "
        "sent from (instance=, QISKIT_IBM_INSTANCE)"
    )


def _list(page: Any, name: str) -> list[Mapping[str, Any]]:
    found = page.get(name) if isinstance(page, Mapping) else None
    if not isinstance(found, list):
        raise NoReplyError("IBM's list of jobs cannot be read")
    return found


def _code(code: Any) -> int | None:
    try:
        return int(code)
    except (TypeError, ValueError):
        return None


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _created(text: Any) -> str:
    try:
        return _time(str(text)).isoformat()
    except ValueError:
        return ""
