"""Looking at runs of a ledger: what is known of them, as plain data, and whether it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

from qng.errors import QngError
from qng.execute.names import executor as executor_of
from qng.plan.canonical import circuit_digest
from qng.plan.cloud import Job
from qng.plan.counts import Counts
from qng.plan.request import Request, Result, Samples
from qng.run.durable import booking
from qng.run.durable.account import BatchLine, Export, JobLine, Status, Verdict
from qng.run.durable.archive import DiffersError, replayed
from qng.run.durable.driven import cloud_of, terms_of
from qng.run.durable.halts import LEDGER
from qng.run.durable.keeping import opened, read
from qng.run.durable.patience import Tell
from qng.run.durable.resume import Given, again, summary
from qng.run.trace import Trace

if TYPE_CHECKING:
    from qng.run.ledger import Entry

# Instances are named by the number of the account that pays for them.
_ACCOUNT: Final = re.compile(r"crn:v1:[^\s\"']*|a/[0-9a-f]{32}")


def status(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] = LEDGER,
    executor: Any = None,
    contact: bool = True,
) -> Status:
    """All that is known of a run.

    Args:
        run: Its name or the beginning of it; by default the newest that is not over, else the
            newest.
        ledger: The file.
        executor: Where it runs; made again as it was by default.
        contact: Whether the cloud is asked for what is not known yet, where no other process is at
            the run: where its job is, and what was charged.

    Raises:
        LedgerError: The ledger cannot be read, or has no such run.
    """
    asked = _Asked()
    with read(ledger) as book:
        known = book.entry(run)
        run, more = known.run, booking.is_open(known)
    if contact and more:
        asked = _settled(run, ledger, executor)
    with read(ledger) as book:
        return _status(book.entry(run), asked)


@dataclass(frozen=True)
class _Asked:
    """What a cloud has said.

    Args:
        jobs: Of the jobs that were asked for.
        trouble: Why it was not asked, or does not answer.
    """

    jobs: tuple[Job, ...] = ()
    trouble: str = ""


def _settled(run: str, ledger: Any, executor: Any) -> _Asked:
    """Ask the cloud for what is not known yet, and note it."""
    try:
        with opened(ledger) as book:
            entry = book.entry(run)
            if executor is None and not entry.settings:
                return _Asked(trouble=f"{entry.recipe.executor} is given from Python only")
            with entry.held():
                device = (
                    executor_of(**entry.settings) if executor is None else executor_of(executor)
                )
                cloud = cloud_of(device)
                if cloud is None:
                    return _Asked()
                booking.audit(cloud, entry)
                return _Asked(tuple(booking.settle(cloud, entry)))
    except QngError as error:
        return _Asked(trouble=str(error))


def _status(entry: Entry, asked: _Asked) -> Status:
    jobs = entry.jobs()
    waits = [job.ahead for job in asked.jobs if not job.state.is_final]
    return Status(
        summary=summary(entry),
        batches=tuple(
            BatchLine(
                batch=row.number,
                key=row.key,
                state=row.state.value,
                attempt=row.attempt,
                job=row.handle.jobs[0] if row.handle is not None and row.handle.jobs else "",
            )
            for row in entry.batch_rows()
        ),
        jobs=tuple(
            JobLine(
                id=job.id,
                batch=job.batch,
                attempt=job.attempt,
                role=job.role.value,
                state=job.state,
                estimated=job.estimated,
                charged=job.charged,
                reason=job.reason,
                created=job.created,
            )
            for job in jobs
        ),
        charged=sum(job.charged or 0.0 for job in jobs),
        max_seconds=terms_of(entry).max_seconds,
        ahead=waits[0] if waits else None,
        events=tuple((event.at, event.what, event.detail) for event in entry.events()),
        trouble=asked.trouble,
    )


def verify(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] = LEDGER,
    given: Given | None = None,
    tell: Tell = lambda line: None,
) -> Verdict:
    """Replay a run from its raw results, without device or network.

    Args:
        run: Its name or the beginning of it; by default the newest that is not over, else the
            newest.
        ledger: The file.
        given: What the ledger cannot keep: an executor, a method, a problem of the user's.
        tell: Hears of every batch.

    Raises:
        InputError: Something that the run began with is needed, and not given.
        LedgerError: The ledger cannot be read, or has no such run.
    """
    with read(ledger) as book:
        entry = book.entry(run)
        task, recipe = again(entry, Given() if given is None else given, replay=True)
        stored = len(entry.journal.steps)
        try:
            batches, steps = replayed(
                task, entry, recipe, lambda batch, *_: tell(f"batch {batch} is read")
            )
        except DiffersError as error:
            return Verdict(entry.run, 0, stored, error.batch, str(error))
        if steps < stored:
            gone = f"only {steps} of {stored} steps follow from the batches that are there"
            return Verdict(entry.run, batches, steps, "?", gone)
    message = f"all {steps} states follow from the {batches} batches bit for bit"
    return Verdict(entry.run, batches, steps, "", message)


def export(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] = LEDGER,
    given: Given | None = None,
) -> Export:
    """A run as plain data, without anything of the account.

    Args:
        run: Its name or the beginning of it; by default the newest that is not over, else the
            newest.
        ledger: The file.
        given: What the ledger cannot keep.

    Raises:
        InputError: Something that the run began with is needed, and not given.
        LedgerError: The ledger cannot be read, or has no such run.
        QngError: The run does not follow from its results (`verify`).
    """
    with read(ledger) as book:
        entry = book.entry(run)
        task, recipe = again(entry, Given() if given is None else given, replay=True)
        found = _Found()
        replayed(task, entry, recipe, found.heard)
        ended = entry.result
        events = [(event.at, event.what, _scrubbed(event.detail)) for event in entry.events()]
        return Export(
            summary=replace(summary(entry), message=_scrubbed(entry.message)),
            trace=Trace(tuple(entry.journal.steps)) if ended is None else ended.trace,
            circuits=found.circuits,
            batches=found.batches,
            settings=json.loads(_scrubbed(json.dumps(entry.settings))),
            versions=recipe.versions,
            calibrations={
                detail.partition(" ")[0]: detail.partition(" ")[2]
                for _, what, detail in events
                if what == booking.CALIBRATED
            },
            events=tuple(events),
        )


def _scrubbed(text: str) -> str:
    """A text without the numbers of accounts."""
    return _ACCOUNT.sub("...", text)


@dataclass
class _Found:
    """What is heard in a replay.

    Attributes:
        circuits: OpenQASM 3 by their digests.
        batches: By batch, one entry a request.
    """

    circuits: dict[str, str] = field(default_factory=dict)
    batches: dict[str, Any] = field(default_factory=dict)

    def heard(self, batch: str, requests: Sequence[Request], results: Sequence[Result]) -> None:
        """Note a batch."""
        self.batches[batch] = [
            self._request(request, result) for request, result in zip(requests, results)
        ]

    def _request(self, request: Request, result: Result) -> dict[str, Any]:
        name = circuit_digest(request.circuit)[:16]
        if name not in self.circuits:
            self.circuits[name] = request.circuit.to_qasm()
        found: dict[str, Any] = {
            "circuit": name,
            "measure": type(request.measure).__name__,
            "angles": request.angles.tolist(),
        }
        if isinstance(request.measure, Samples):
            found["basis"] = str(request.measure.basis)
        if request.shots is not None:
            found["shots"] = request.shots.tolist()
        if isinstance(result, tuple) and all(isinstance(of, Counts) for of in result):
            found["counts"] = [_counted(of) for of in result]
        return found


def _counted(counts: Counts) -> dict[str, int]:
    """How often each outcome was seen, as masks: bit q is what qubit q showed."""
    seen = (counts.weights * counts.shots).round().astype(int)
    return {str(mask): count for mask, count in zip(counts.outcomes.tolist(), seen.tolist())}
