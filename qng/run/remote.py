"""Runs in a ledger, as the command line drives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Final

from qng.optimize.method import Step
from qng.run.account import (
    BatchLine,
    Export,
    JobLine,
    Outcome,
    RunSummary,
    Status,
    Verdict,
)
from qng.run.results import Run
from qng.run.terms import Terms

__all__ = [
    "BatchLine",
    "Export",
    "JobLine",
    "Outcome",
    "RunSummary",
    "Status",
    "Verdict",
    "cancel",
    "collect",
    "export",
    "go_on",
    "start",
    "status",
    "submit",
    "verify",
]

LEDGER: Final = "qng-runs.db"
"""Where runs are kept where nothing else is said."""

Tell = Callable[[str], None]
"""Hears in a line what is waited for."""


def start(
    problem: Any,
    method: Any = "qng",
    *,
    ledger: str | PathLike[str],
    terms: Terms | None = None,
    tell: Tell = lambda line: None,
    shown: Sequence[Callable[[Step], Any]] = (),
    **arguments: Any,
) -> Run:
    """Begin a run and do it in this process.

    Args:
        problem: As in `minimize`, like `arguments`.
        method: As in `minimize`.
        ledger: The file; made where there is none.
        terms: On which it waits.
        tell: Hears what is waited for.
        shown: Hear of every step; they have no part in the run.
        arguments: Of `minimize`.
    """
    raise NotImplementedError


def submit(
    problem: Any,
    method: Any = "qng",
    *,
    ledger: str | PathLike[str],
    terms: Terms | None = None,
    tell: Tell = lambda line: None,
    **arguments: Any,
) -> RunSummary:
    """Begin a run, send its first job and leave it; arguments as in `start`."""
    raise NotImplementedError


def collect(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] = LEDGER,
    changes: Mapping[str, Any] | None = None,
    tell: Tell = lambda line: None,
) -> Outcome:
    """Take what is there, go on until a job waits, and leave it.

    Args:
        run: Its name or the beginning of it; the only one that is not finished by default.
        ledger: The file.
        changes: Of its terms, by their names.
        tell: Hears what is waited for.
    """
    raise NotImplementedError


def go_on(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] = LEDGER,
    steps: int | None = None,
    retranspile: bool = False,
    adopt: str | None = None,
    resend: bool = False,
    changes: Mapping[str, Any] | None = None,
    tell: Tell = lambda line: None,
    shown: Sequence[Callable[[Step], Any]] = (),
) -> Run:
    """Resume a run in this process; one with functions of the user's is refused, naming them."""
    raise NotImplementedError


def cancel(run: str | None = None, *, ledger: str | PathLike[str] = LEDGER) -> Outcome:
    """Take the jobs of a run back, as far as they are not final; `go_on` goes on after it."""
    raise NotImplementedError


def status(
    run: str | None = None, *, ledger: str | PathLike[str] = LEDGER, contact: bool = True
) -> Status:
    """All that is known of a run; the cloud is asked for charges that are not known yet."""
    raise NotImplementedError


def export(run: str | None = None, *, ledger: str | PathLike[str] = LEDGER) -> Export:
    """A run as plain data."""
    raise NotImplementedError


def verify(
    run: str | None = None, *, ledger: str | PathLike[str] = LEDGER, tell: Tell = lambda line: None
) -> Verdict:
    """Replay a run from its raw results, without device or network."""
    raise NotImplementedError
