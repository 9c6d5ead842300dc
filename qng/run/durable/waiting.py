"""Why a run does not go on in this process, while its ledger has everything that it needs.

None of these is a failure of the method: nothing is noted in the trace, and nothing more is sent,
not even for the energy at the end.
"""

from __future__ import annotations

from qng.errors import QngError


def line(*parts: object) -> str:
    """What happened, what is safe and what to do as one line; nothing is said twice.

    Example:
        >>> line("no account: nothing was sent", "nothing was sent", "qng resume 1a goes on")
        'no account: nothing was sent; qng resume 1a goes on'
    """
    said = ""
    for part in map(str, parts):
        if part and part not in said:
            said = f"{said}; {part}" if said else part
    return said


class Waiting(QngError):
    """A job is under way: come back later."""


class Parked(Waiting):
    """The next job cannot be sent now: a quota, the budget, a pause, a changed calibration."""


class Broken(Waiting):
    """A job failed, was cancelled or refused, or nothing has answered for too long.

    Resuming tries again.
    """
