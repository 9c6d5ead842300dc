"""What can go wrong with a ledger: one line each, saying what happened, what is safe, what to do.

What is done is kept: a run goes on from there.
"""

from __future__ import annotations

from qng.errors import InputError
from qng.run.journal import JournalError


class LedgerError(JournalError):
    """A ledger cannot be read or written."""


class NoLedgerError(LedgerError, InputError):
    """There is no ledger where one was said to be, or no such run in it."""


class LedgerDamagedError(LedgerError):
    """What stands in a ledger is not what was written there."""


class HeldError(LedgerError):
    """Another process is at this run."""
