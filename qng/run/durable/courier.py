"""Between a run and a cloud: a batch is one job, and every step of it is noted before and after.

    PLANNED -> SUBMITTING -> SUBMITTED -> DONE (-> CONSUMED, with the next state)

The text of a result is noted, and DONE with it, before it is read. A process may end anywhere:
whatever state a batch is found in, it goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from qng.errors import RefusedError, ServiceError, UnreadableError
from qng.plan.cloud import Cloud, Job, JobState, Prepared, Shelf
from qng.plan.deal import Dealing
from qng.plan.executor import Handle, Pending
from qng.plan.request import Request, Result
from qng.run.durable import booking
from qng.run.durable.halts import Halts
from qng.run.durable.patience import Patience
from qng.run.durable.sender import SENT, Pace, Sender
from qng.run.durable.waiting import Waiting, line
from qng.run.ledger.entry import Entry
from qng.run.ledger.rows import BatchRow, BatchState, Role

RETRANSPILED: Final = "retranspiled"
"""The event that says from which batch on circuits are others."""

_SENT_AGAIN: Final = 2
"""How often a failed job is sent once more, where its cloud says that this may help."""

_FETCHES: Final = 3
"""How often a result is fetched that cannot be read."""

_NEWEST: Final = 3
"""Of how many jobs the charge is asked for at every result."""

_NO_REASON: Final = "no reason given"


class Courier:
    """Takes the batches of one run to a cloud, and their results back.

    Args:
        cloud: Where they go.
        entry: The run in its ledger, which is held.
        pace: Says whether a job may be made now; a ledger.
        patience: How it waits.
        anew: Whether circuits are made anew for the device as it is now.
        resend: Whether a batch in doubt is sent once more.
    """

    def __init__(
        self,
        cloud: Cloud,
        entry: Entry,
        pace: Pace,
        patience: Patience,
        anew: bool = False,
        resend: bool = False,
    ) -> None:
        self.cloud = cloud
        self.entry = entry
        self.patience = patience
        self.halts = Halts(entry, patience)
        self._sender = Sender(cloud, self.halts, pace, resend)
        self._anew = anew
        self._prepared: dict[str, Prepared] = {}
        self._fetches = 0

    @property
    def name(self) -> str:
        """That of the cloud."""
        return self.cloud.name

    @property
    def answers(self) -> frozenset[type]:
        """The measures that it answers."""
        return self.cloud.answers

    @property
    def noise(self) -> str:
        """What disturbs its states."""
        return self.cloud.noise

    @property
    def dealing(self) -> Dealing:
        """Which numbers of shots it runs."""
        return self.cloud.dealing

    def answer(self, requests: Sequence[Request], batch: str, seed: int) -> list[Result]:
        """The results of a batch that is noted, from whatever state it is in.

        Raises:
            Waiting: They are not there yet, and this process leaves.
            Parked: The job cannot be sent now.
            Broken: It failed, was cancelled or refused, or nothing has answered for too long.
            InputError: The batch does not fit the device.
        """
        handle = self.submit(requests, self.entry.journal.key(batch), seed)
        while isinstance(found := self.collect(handle), Pending):
            if self.patience.leave:
                raise Waiting(f"{found.message}; {self.halts.later}")
            self.patience.pause(found.message)
        return found

    def submit(self, requests: Sequence[Request], key: str, seed: int) -> Handle:
        """Bring a batch to where its job is known, by sending it where it must be.

        Raises:
            As `answer`.
        """
        batch = key.rpartition("/")[2]
        prepared = self._ready(requests, self._sender.row(batch), seed)
        self._prepared, self._fetches = {batch: prepared}, 0
        return _handle(self._sender.brought(batch, prepared))

    def collect(self, handle: Handle) -> list[Result] | Pending:
        """Look at a batch once that this courier has submitted: its results, or not there yet.

        Raises:
            As `answer`.
        """
        batch = handle.key.rpartition("/")[2]
        prepared = self._prepared[batch]
        row = self._sender.brought(batch, prepared)
        fetched = row.state is not BatchState.SUBMITTED
        raw = self.entry.raw(_handle(row).jobs[0]) if fetched else None
        found = self._looked(row, prepared) if raw is None else raw
        if isinstance(found, Pending):
            return found
        try:
            results = self.cloud.read(prepared, found)
        except UnreadableError as error:
            return self._unread(row, prepared, error)
        with suppress(ServiceError):
            booking.settle(self.cloud, self.entry, _NEWEST)
        return results

    def find(self, key: str) -> Handle | None:
        """Where a batch is, as the ledger has it; None where it has no job."""
        row = self.entry.batch_row(key.rpartition("/")[2])
        return None if row is None else row.handle

    def _ready(self, requests: Sequence[Request], row: BatchRow, seed: int) -> Prepared:
        """The batch as it is sent, and as its result is read."""
        anew = self._anew and row.state not in (*SENT, BatchState.SUBMITTING)
        cloud = self.cloud
        shelf: Shelf = _Renewed(self.entry, row.number) if anew else self.entry.shelf
        try:
            ready = self.halts.reached(
                row, lambda: cloud.prepare(requests, seed, shelf, anew), "nothing was sent"
            )
        except RefusedError as error:
            raise self.halts.refused(row, error) from error
        self._anew &= not anew
        return ready

    def _looked(self, row: BatchRow, prepared: Prepared) -> str | Pending:
        """The text of a result, noted; or that it is not there yet."""
        cloud, name = self.cloud, _handle(row).jobs[0]
        safe = f"job {name} is left as it is"
        try:
            job = self.halts.reached(row, lambda: cloud.job(name), safe)
            booking.note(self.entry, job)
            if job.state is JobState.DONE:
                raw = self.halts.reached(row, lambda: cloud.raw(name, prepared), safe)
                self.entry.store_raw(name, raw)
                return raw
        except RefusedError as error:
            raise self.halts.parked(row, line(error, safe, self.halts.later)) from error
        if job.state is JobState.FAILED:
            return self._failed(row, job, prepared)
        if job.state is JobState.CANCELLED:
            booking.note(self.entry, job, role=Role.FAILED)
            raise self.halts.broken(
                row,
                BatchState.CANCELLED,
                f"job {name} of batch {row.number} was cancelled: {job.reason or _NO_REASON}; what "
                f"is done is kept; {self.halts.command} sends it again",
            )
        ahead = "" if job.ahead is None else f", {job.ahead} jobs ahead"
        return Pending(f"job {name} is {job.state.value}{ahead}")

    def _failed(self, row: BatchRow, job: Job, prepared: Prepared) -> Pending:
        """Send a failed job again, where that may help; else the run halts."""
        why = job.reason or _NO_REASON
        self.entry.event("job failed", f"{job.id} of batch {row.number}: {why}")
        booking.note(self.entry, job, role=Role.FAILED)
        others = self.entry.jobs(row.number)
        if job.again and sum(other.role is Role.FAILED for other in others) <= _SENT_AGAIN:
            self.entry.mark(row.number, BatchState.PLANNED)
            self.patience.say(f"job {job.id} failed ({why}): it is sent again")
            self._sender.brought(row.number, prepared)
            return Pending(f"batch {row.number} was sent again")
        raise self.halts.broken(
            row,
            BatchState.FAILED,
            f"job {job.id} of batch {row.number} failed: {why}; what is done is kept; "
            f"{self.halts.command} sends it again",
        )

    def _unread(
        self, row: BatchRow, prepared: Prepared, error: UnreadableError
    ) -> list[Result] | Pending:
        """Fetch a result again that cannot be read; its text stays in the ledger.

        Where that was in vain before the run was resumed, the batch is sent again.
        """
        self._fetches += 1
        handle = _handle(row)
        if self._sender.in_vain == row.number:
            self._sender.in_vain = ""
            self.entry.event("unreadable", f"{handle.jobs[0]} of batch {row.number}: {error}")
            self._sender.given_up(row)
            self._sender.brought(row.number, prepared)
            return Pending(f"batch {row.number} was sent again")
        if self._fetches < _FETCHES:
            self.entry.mark(row.number, BatchState.SUBMITTED)
            self.patience.pause(f"{error}: it is fetched again")
            return self.collect(handle)
        raise self.halts.broken(
            row,
            BatchState.FAILED,
            line(
                f"job {handle.jobs[0]} of batch {row.number}: {error}",
                "its text is kept",
                f"{self.halts.command} fetches it once more, and sends the batch again where that "
                "is in vain",
            ),
        )


@dataclass(frozen=True)
class _Renewed:
    """The shelf of a run while its circuits are made anew, which is noted as they are kept.

    Args:
        entry: The run.
        batch: The first that has them.
    """

    entry: Entry
    batch: str

    def get(self, name: str) -> bytes | None:
        return self.entry.shelf.get(name)

    def put(self, name: str, data: bytes) -> None:
        self.entry.shelf.put(name, data)

    def put_all(self, items: Mapping[str, bytes]) -> None:
        with self.entry.store.transaction():
            self.entry.shelf.put_all(items)
            self.entry.event(RETRANSPILED, f"circuits were made anew from batch {self.batch} on")


def _handle(row: BatchRow) -> Handle:
    """Where a batch is that was sent."""
    assert row.handle is not None
    return row.handle
