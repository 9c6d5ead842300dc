"""What a ledger knows of its runs, as values to print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qng.run.trace import Trace


@dataclass(frozen=True)
class RunSummary:
    """A run in a line.

    Args:
        run: Its name, 32 hexadecimal digits; the first of them will do.
        label: What it was called when it began: its method.
        problem: The problem's name.
        executor: Where it runs.
        state: "running", "parked", "failed", "cancelled" or "finished".
        steps: Updates done.
        of: The limit on updates.
        energy: The last that is known, NaN before the first.
        std_error: Of that energy; None where it is exact or not known.
        jobs: How many were made, twins among them.
        estimated: QPU seconds of all jobs by the formula.
        booked: QPU seconds that were charged, and estimated where the charge is not known yet.
        created: When it began, ISO 8601 in UTC.
        message: Why it does not go on, or why it ended; empty where it goes on.
        ledger: The file.
        kept: Finished runs of comparisons on this problem, where it holds such; then it is no run.
    """

    run: str
    label: str
    problem: str
    executor: str
    state: str
    steps: int
    of: int
    energy: float
    std_error: float | None
    jobs: int
    estimated: float
    booked: float
    created: str
    message: str
    ledger: str
    kept: int = 0


@dataclass(frozen=True)
class JobLine:
    """A job of a run.

    Args:
        id: What the cloud calls it.
        batch: Of which batch.
        attempt: Which attempt at it.
        role: "used", "twin" or "failed".
        state: Where it was when it was last looked at.
        estimated: QPU seconds by the formula.
        charged: QPU seconds; None where that is not known yet.
        reason: Why it failed or was cancelled.
        created: When it was made, ISO 8601 in UTC.
    """

    id: str
    batch: str
    attempt: int
    role: str
    state: str
    estimated: float
    charged: float | None
    reason: str
    created: str


@dataclass(frozen=True)
class BatchLine:
    """A batch of a run.

    Args:
        batch: Its name: its number, or number-closing.
        key: By which its job is found at the cloud.
        state: Where it is.
        attempt: How often it was sent.
        job: The job that it is reduced from; empty where there is none.
    """

    batch: str
    key: str
    state: str
    attempt: int
    job: str


@dataclass(frozen=True)
class Status:
    """All that is known of a run.

    Args:
        summary: In a line.
        batches: In the order in which they were asked.
        jobs: In the order in which they were made, twins included.
        charged: QPU seconds that are known to be charged.
        max_seconds: The budget; None: no limit.
        ahead: Jobs before the one that waits, or None where nobody knows.
        events: What happened beside: (when, what, detail).
        trouble: Why the cloud could not be asked; empty where it was, or need not be.
    """

    summary: RunSummary
    batches: tuple[BatchLine, ...]
    jobs: tuple[JobLine, ...]
    charged: float
    max_seconds: float | None
    ahead: int | None
    events: tuple[tuple[str, str, str], ...]
    trouble: str = ""

    @property
    def twins(self) -> tuple[JobLine, ...]:
        """Jobs that the cloud has made beside the one that is used."""
        return tuple(job for job in self.jobs if job.role == "twin")

    @property
    def left(self) -> float | None:
        """QPU seconds of the budget that are left; None where there is no budget."""
        return None if self.max_seconds is None else self.max_seconds - self.summary.booked


@dataclass(frozen=True)
class Outcome:
    """What `collect` or `cancel` has done.

    Args:
        summary: The run after it.
        moved: Whether something was taken, sent or cancelled.
        waiting: Why it does not go on now; empty where it has ended.
        failed: Why it cannot go on by itself; empty where it can, or is done.
    """

    summary: RunSummary
    moved: bool
    waiting: str = ""
    failed: str = ""

    @property
    def code(self) -> int:
        """The exit code of a command: 0 moved or done, 1 failed, 3 still waiting."""
        if self.failed:
            return 1
        return 3 if self.waiting and not self.moved else 0


@dataclass(frozen=True)
class Verdict:
    """Whether a run follows from its raw results.

    Args:
        run: Its name.
        batches: How many were reduced again.
        steps: How many states were compared.
        differs: The first batch from which another state follows; empty where there is none.
        message: What was found, in a line.
    """

    run: str
    batches: int
    steps: int
    differs: str
    message: str

    @property
    def holds(self) -> bool:
        """Whether every state was reached bit for bit."""
        return not self.differs


@dataclass(frozen=True)
class Export:
    """A run as plain data, without anything of the account.

    Args:
        summary: In a line.
        trace: Of the steps that are done.
        circuits: OpenQASM 3 by their digests.
        batches: By batch: what was asked of which circuit, and the counts of it.
        settings: How the executor is made again.
        versions: Of Python and the packages.
        calibrations: By batch: of when the calibration was, empty where nobody says.
        events: What happened beside.
    """

    summary: RunSummary
    trace: Trace
    circuits: Mapping[str, str]
    batches: Mapping[str, Any]
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    calibrations: Mapping[str, str]
    events: tuple[tuple[str, str, str], ...]
