"""What goes wrong, and when: at the n-th request of a kind, before or after the server acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KINDS = (
    "token", "search", "catalog", "backends", "configuration", "properties", "status", "usage",
    "submit", "list", "job", "results", "metrics", "cancel", "delete", "logs", "tags",
    "session-open", "session", "session-close", "session-cancel",
)  # fmt: skip

# What becomes of the answer.
CUT = "cut"
HALF = "half"
HANG = "hang"
DELAY = "delay"
EMPTY = "empty"
NO_CONTENT = "no content"
TRUNCATED = "truncated"
HTML = "html"
CORRUPT = "corrupt"
KILL = "kill"
# What becomes of the service: it answers as usual, in another world.
EXPIRED = "expired"
JOB_FAILED = "job failed"
JOB_CANCELLED = "job cancelled"
JOB_TIMED_OUT = "job timed out"
JOB_ODD = "job with an unknown status"
ROWS = "rows"
SHOTS = "shots"
BITS = "bits"
MAINTENANCE = "maintenance"
PAUSE = "pause"
NO_GATE = "no gate"
NO_QUBIT = "no qubit"
RECALIBRATED = "recalibrated"
SESSION_CLOSED = "session closed"
QUOTA = "quota"

WORLDLY = frozenset(
    (EXPIRED, JOB_FAILED, JOB_CANCELLED, JOB_TIMED_OUT, JOB_ODD, ROWS, SHOTS, BITS, MAINTENANCE,
     PAUSE, NO_GATE, NO_QUBIT, RECALIBRATED, SESSION_CLOSED, QUOTA)
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Args:
        kind: Of the request, of `KINDS`; "any" counts all of them.
        what: A status code, or one of the words above.
        nth: Which request of that kind, from 1.
        times: For how many from there; 0 is for ever.
        after: Whether the server acts first.
        value: Seconds of a hang or delay, reason code of a failure, name of a gate, qubit.
    """

    kind: str
    what: int | str
    nth: int = 1
    times: int = 1
    after: bool = False
    value: float | str | None = None

    def strikes(self, kind: str, count: int, everything: int) -> bool:
        """Whether it does at this request: the `count`-th of its kind, of `everything`."""
        if self.kind not in ("any", kind):
            return False
        number = everything if self.kind == "any" else count
        return number >= self.nth and (not self.times or number < self.nth + self.times)


When = Literal["before", "after"]
