"""How a batch comes to its job: checked, noted, sent once, and found again where a reply was lost.

SUBMITTING is noted before the one request that makes a job. Where nobody knows what became of it,
the job is looked for by its tag before another one is made; where two were made, the oldest is
kept, and the others are cancelled while they wait, and booked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

from qng.errors import NoReplyError, NotNowError, RefusedError, ServiceError
from qng.log import logger
from qng.plan.cloud import Cloud, Job, JobState, Opening, Prepared
from qng.plan.executor import Handle
from qng.run.durable import booking
from qng.run.durable.halts import Halts
from qng.run.durable.waiting import Broken, Waiting, line
from qng.run.ledger.rows import BatchRow, BatchState, Role

_LOG: Final = logger(__name__)

SENT: Final = (BatchState.SUBMITTED, BatchState.DONE, BatchState.CONSUMED)
"""States of a batch whose job is known."""

_LOOKS: Final = 3
"""How often a job whose reply was lost is looked for, at least."""

_GONE: Final = "no job was found"


class Pace(Protocol):
    """How often jobs are made."""

    def may_post(self, limit: float) -> float:
        """0 where a job may be made now, which is noted; else the seconds to wait."""

    def posted(self) -> None:
        """The request that makes it has been answered, or will not be."""


class Sender:
    """Brings batches to their jobs.

    Args:
        cloud: Where they go.
        halts: How the run halts.
        pace: Says whether a job may be made now; a ledger.
        resend: Whether a batch in doubt is sent once more.

    Attributes:
        in_vain: The batch whose result could not be read before the run was resumed.
    """

    def __init__(
        self,
        cloud: Cloud,
        halts: Halts,
        pace: Pace,
        resend: bool = False,
    ) -> None:
        self.cloud = cloud
        self.halts = halts
        self.entry = halts.entry
        self.patience = halts.patience
        self._pace = pace
        self._resend = resend
        self._lost_since: float | None = None
        self._declined_since: float | None = None
        self.in_vain = ""

    def brought(self, batch: str, prepared: Prepared) -> BatchRow:
        """A batch whose job is known, from whatever state it is in.

        Raises:
            Waiting: It cannot be brought there now, or was sent and this process leaves.
        """
        while (row := self.row(batch)).state not in SENT:
            if row.state is BatchState.SUBMITTING and not self.cloud.local:
                self._sought(row)
            elif row.state is BatchState.UNKNOWN and not self._resend:
                raise self._in_doubt(row)
            elif self._unread(row):
                self._once_more(row)
            elif row.attempt and (late := self._listed(row)):
                # Of an earlier attempt, which was given up before it was seen.
                self._adopted(row, late)
            else:
                self._send(row, prepared)
        return row

    def row(self, batch: str) -> BatchRow:
        """A batch that is noted."""
        found = self.entry.batch_row(batch)
        assert found is not None
        return found

    # Before a job is made.

    def _send(self, row: BatchRow, prepared: Prepared) -> None:
        """Make a job, once everything says that it may be."""
        cloud, entry, seconds = self.cloud, self.entry, prepared.load.seconds
        most = self._afforded(row, seconds)
        try:
            self.halts.reached(row, lambda: cloud.check(prepared), "nothing was sent")
            self._allowed(row, seconds)
            posts = self.halts.reached(row, self._posts, "nothing was sent")
        except RefusedError as error:
            raise self.halts.refused(row, error) from error
        for _ in range(posts):
            self._paced()
        self._resend = False
        with entry.store.transaction():
            marked = entry.mark(
                row.number,
                BatchState.SUBMITTING,
                attempt=row.attempt + 1,
                marked_at=self.patience.now(),
                estimated=seconds,
                message="",
            )
            if calibrated := getattr(cloud, "calibrated", ""):
                entry.event(booking.CALIBRATED, f"{row.number} {calibrated}")
        tags = booking.tags(entry.run, row.key, marked.attempt)
        try:
            try:
                job = cloud.send(prepared, tags, most, entry.shelf)
            finally:
                self._pace.posted()
        except NoReplyError as error:
            self._lost(marked, error)
        except NotNowError as error:
            self._not_now(entry.mark(row.number, BatchState.PLANNED), error)
        except RefusedError as error:
            raise self.halts.refused(entry.mark(row.number, BatchState.PLANNED), error) from error
        else:
            made = self._listed(marked)
            new = [] if job in [other.id for other in made] else [Job(job, JobState.WAITING)]
            self._adopted(marked, [*made, *new])
            if self.patience.leave:
                raise Waiting(f"batch {row.number} was sent as job {job}; {self.halts.later}")

    def _afforded(self, row: BatchRow, seconds: float) -> float | None:
        """What is left of the budget, in whole seconds, where a job fits into it.

        A fraction that is left is rounded up for a job that needs it: it is not ended for that.
        """
        budget = self.patience.terms.max_seconds
        if budget is None:
            return None
        with suppress(ServiceError):
            booking.settle(self.cloud, self.entry)
        booked = self.entry.booked
        if booked + seconds > budget:
            raise self.halts.parked(
                row,
                f"the next job is estimated at {seconds:.1f} s of QPU time, and {booked:.1f} of "
                f"{budget:g} s are spent; nothing was sent; "
                f"{self.halts.command_with('--max-seconds S')} goes on with another budget",
            )
        return float(max(int(budget - booked), math.ceil(seconds), 1))

    def _allowed(self, row: BatchRow, seconds: float) -> None:
        """Park where the account has no time left for a job."""
        left = self.halts.reached(row, self.cloud.left, "nothing was sent")
        if left is not None and left < seconds:
            raise self.halts.parked(
                row,
                f"the next job is estimated at {seconds:.1f} s of QPU time, and the account has "
                f"{left:.1f} s left; nothing was sent; {self.halts.later} when it has more",
            )

    def _posts(self) -> int:
        """How many requests that are paced a job takes now."""
        cloud = self.cloud
        return cloud.posts(self.entry.shelf) if isinstance(cloud, Opening) else 1

    def _paced(self) -> None:
        """Wait until a job, or what it needs, may be made."""
        limit = self.patience.terms.posts_per_minute
        while not self.cloud.local and (seconds := self._pace.may_post(limit)):
            self.patience.pause(
                f"at most {limit} jobs a minute are made: the next in {seconds:.0f} s", seconds
            )

    def _not_now(self, row: BatchRow, error: NotNowError) -> None:
        """Wait, where that is short and has not been in vain for too long; else park."""
        now = self.patience.now()
        since = self._declined_since = now if self._declined_since is None else self._declined_since
        if error.seconds is None or now - since + error.seconds > self.patience.longest:
            message = line(error, "nothing was sent", self.halts.later)
            raise self.halts.parked(row, message) from error
        self.patience.pause(str(error), error.seconds)

    # Where nobody knows whether one was made.

    def _lost(self, row: BatchRow, error: NoReplyError) -> None:
        """The reply was lost: what became of the job is looked for next."""
        if self._lost_since is None:
            self._lost_since = self.patience.now()
        self.entry.event(booking.LOST, f"batch {row.number}, attempt {row.attempt}: {error}")
        self.patience.say(f"{error}: looking for the job")

    def _sought(self, row: BatchRow) -> None:
        """Look for the job of a batch until it is found, or can be taken as not made."""
        if not self.cloud.lists:
            row = self.entry.mark(row.number, BatchState.UNKNOWN)
            if self._resend:
                return
            raise self._in_doubt(row)
        patience, looks = self.patience, 0
        if row.marked_at > patience.now():  # the clock was set back
            row = self.entry.mark(row.number, row.state, marked_at=patience.now())
        safe = f"whether batch {row.number} has a job is not known yet"
        while True:
            try:
                found = self.halts.reached(
                    row, lambda: booking.listed(self.cloud, self.entry, row.key), safe
                )
            except RefusedError as error:
                raise self.halts.parked(row, line(error, safe, self.halts.later)) from error
            if found:
                self._adopted(row, found)
                return
            looks += 1
            left = row.marked_at + patience.terms.grace - patience.now()
            if left <= 0 and looks >= _LOOKS:
                break
            if patience.leave and left > patience.longest:
                raise Waiting(f"{safe}: it is looked for for {left:.0f} s more; {self.halts.later}")
            patience.pause(f"looking for the job of batch {row.number}")
        with self.entry.store.transaction():
            self.entry.mark(row.number, BatchState.PLANNED)
            # One that is listed later than that is found by the audit.
            self.entry.event(booking.LOST, f"batch {row.number}, attempt {row.attempt}: {_GONE}")
        since = self._lost_since
        if since is not None and patience.now() - since >= patience.longest:
            kind = Waiting if patience.leave else Broken
            raise kind(
                f"batch {row.number} was sent {row.attempt} times without a reply, and no job was "
                f"made; what is done is kept; {self.halts.later}"
            )

    def _listed(self, row: BatchRow) -> list[Job]:
        """The jobs of a batch, as far as the cloud tells: the audit finds the others."""
        try:
            return booking.listed(self.cloud, self.entry, row.key)
        except ServiceError:
            return []

    def _adopted(self, row: BatchRow, made: Sequence[Job]) -> None:
        """Keep the oldest job of a batch; cancel the others while they wait, and book all.

        One that has failed already is kept only where there is no other.
        """
        entry = self.entry
        lost = (JobState.FAILED, JobState.CANCELLED)
        kept = next((job for job in made if job.state not in lost), made[0])
        twins = [job for job in made if job is not kept]
        with entry.store.transaction():
            booking.note(entry, kept, row.number, Role.USED)
            for job in twins:
                booking.note(entry, job, row.number, Role.TWIN)
                entry.event("twin", f"{job.id} of batch {row.number}, beside {kept.id}")
            handle = Handle(self.cloud.name, entry.journal.key(row.number), (kept.id,))
            entry.mark(row.number, BatchState.SUBMITTED, handle=handle, message="")
        _LOG.info("batch %s is job %s of %s", row.number, kept.id, self.cloud.name)
        self._lost_since = self._declined_since = None
        for job in twins:
            with suppress(ServiceError):  # the audit tries again
                booking.take_back(self.cloud, entry, job.id)

    def _in_doubt(self, row: BatchRow) -> Waiting:
        """Nobody can know whether a batch has a job but whoever looks at the cloud's own pages."""
        return self.halts.broken(
            row,
            BatchState.UNKNOWN,
            f"nobody knows whether batch {row.number} has a job, and {self.cloud.name} cannot be "
            "asked for it by its tag: look there; then "
            f"{self.halts.command_with('--adopt JOB')} uses it, and "
            f"{self.halts.command_with('--resend')} sends the batch once more",
        )

    def _once_more(self, row: BatchRow) -> None:
        """Fetch a result that could not be read once more, or send its batch again."""
        assert row.handle is not None
        if self._resend:
            self.given_up(row)
        else:
            self.in_vain = row.number
            self.entry.mark(row.number, BatchState.SUBMITTED)

    def given_up(self, row: BatchRow) -> None:
        """The job of a batch is of no use: it is to be sent again."""
        assert row.handle is not None
        with self.entry.store.transaction():
            self.entry.note_job(row.handle.jobs[0], role=Role.FAILED.value)
            self.entry.mark(row.number, BatchState.PLANNED)

    def _unread(self, row: BatchRow) -> bool:
        """Whether a batch failed because its result could not be read."""
        if row.state is not BatchState.FAILED or row.handle is None:
            return False
        job = self.entry.job_row(row.handle.jobs[0])
        return job is not None and job.state == JobState.DONE.value
