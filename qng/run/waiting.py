"""Why a run does not go on in this process, while its ledger has everything that it needs.

None of these is a failure of the method: nothing is noted in the trace, and nothing more is sent,
not even for the energy at the end.
"""

from __future__ import annotations

from qng.errors import QngError


class Waiting(QngError):
    """A job is under way: come back later."""


class Parked(Waiting):
    """The next job cannot be sent now: a quota, the budget, a pause, a changed calibration."""


class Broken(Waiting):
    """A job failed, was cancelled or refused, or nothing has answered for too long.

    Resuming tries again.
    """
