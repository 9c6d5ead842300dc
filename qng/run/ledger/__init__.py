"""One SQLite file for many runs: what was asked, sent, made, charged, told and done.

A run goes in with `begin`; from then on each step of it is one commit. Whoever opens the file later
finds all that is needed to go on. A file that is damaged, newer or foreign is left as it is.

    ledger     Ledger: the file          entry    Entry: a run in it       rows     as values
    journal    as a loop needs it        lease    who drives a run         pace     jobs a minute
    shelf      what a cloud keeps        schema   the tables               store    rows in and out
    opening    a look before writing     log      what a killed process has left

The names below are imported when they are used, and SQLite with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qng.run.ledger.errors import HeldError, LedgerDamagedError, LedgerError, NoLedgerError

if TYPE_CHECKING:
    from qng.run.ledger.entry import Entry
    from qng.run.ledger.journal import LedgerJournal
    from qng.run.ledger.ledger import Ledger
    from qng.run.ledger.rows import BatchRow, BatchState, EventRow, JobRow, Role, RunState

__all__ = [
    "BatchRow",
    "BatchState",
    "Entry",
    "EventRow",
    "HeldError",
    "JobRow",
    "Ledger",
    "LedgerDamagedError",
    "LedgerError",
    "LedgerJournal",
    "NoLedgerError",
    "Role",
    "RunState",
]

_WHERE = {
    "Entry": "entry",
    "Ledger": "ledger",
    "LedgerJournal": "journal",
} | dict.fromkeys(("BatchRow", "BatchState", "EventRow", "JobRow", "Role", "RunState"), "rows")


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'qng.run.ledger' has no attribute {name!r}")
    return getattr(import_module(f"qng.run.ledger.{_WHERE[name]}"), name)
