"""Runs in a ledger, as the command line drives them: sent, collected, gone on with, cancelled.

Runs with functions of the user's are refused: they go on from Python, given them again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from typing import TYPE_CHECKING, Any

from qng.errors import InputError, QngError, RefusedError
from qng.execute.names import executor as executor_of
from qng.optimize.method import Step
from qng.plan.cloud import Cloud, JobState
from qng.run.durable import booking
from qng.run.durable.account import BatchLine, Export, JobLine, Outcome, RunSummary, Status, Verdict
from qng.run.durable.driven import Wishes, closed, cloud_of
from qng.run.durable.halts import LEDGER
from qng.run.durable.halts import go_on as command_to_go_on
from qng.run.durable.keeping import Keeping, opened, read
from qng.run.durable.looking import export, status, verify
from qng.run.durable.patience import Patience, Tell
from qng.run.durable.resume import Given, resumed, summary
from qng.run.durable.terms import Terms
from qng.run.durable.waiting import Broken, Waiting
from qng.run.ledger.errors import HeldError
from qng.run.ledger.rows import BatchState, Role, RunState
from qng.run.minimize import minimize
from qng.run.results import Run

if TYPE_CHECKING:
    from qng.run.ledger import Entry

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
    "status",
    "submit",
    "verify",
]


def _nothing(line: str) -> None:
    """Tell nobody."""


def submit(
    problem: Any,
    method: Any = "qng",
    *,
    ledger: str | PathLike[str] = LEDGER,
    terms: Terms | None = None,
    tell: Tell = _nothing,
    began: Callable[[str], Any] = _nothing,
    **arguments: Any,
) -> RunSummary:
    """Begin a run, send its first job and leave it.

    Args:
        problem: As in `minimize`, like `arguments`.
        method: As in `minimize`.
        ledger: The file; made where there is none.
        terms: On which it waits.
        tell: Hears what is waited for.
        began: Hears the name of the run once it is in the ledger.
        arguments: Of `minimize`.

    Raises:
        InputError: The executor runs here, or bad input.
        Parked: The job cannot be sent now.
        Broken: It was refused.
    """
    device = executor_of(arguments.pop("executor", "statevector"))
    if cloud_of(device) is None:
        raise InputError(
            f"{device.name} answers at once and has no jobs: use run instead of submit"
        )
    begun: list[str] = []

    def begins(run: str) -> None:
        begun.append(run)
        began(run)

    patience = Patience(Terms() if terms is None else terms, leave=True, tell=tell)
    keeping = Keeping(ledger, patience, began=begins)
    try:
        minimize(problem, method, ledger=keeping, executor=device, **arguments)
    except Waiting as error:
        if type(error) is not Waiting:
            raise
    with read(ledger) as book:
        return summary(book.entry(begun[0]))


def collect(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] = LEDGER,
    executor: Any = None,
    changes: Mapping[str, Any] | None = None,
    tell: Tell = _nothing,
    shown: Sequence[Callable[[Step], Any]] = (),
) -> Outcome:
    """Take what is there, go on until a job waits, and leave it.

    Args:
        run: Its name or the beginning of it; by default the newest that is not over, else the
            newest.
        ledger: The file.
        executor: Where it runs; made again as it was by default.
        changes: Of its terms, by their names; None changes nothing.
        tell: Hears what is waited for.
        shown: Hear of every step; they have no part in the run.

    Raises:
        InputError: The run has functions of the user's.
        LedgerError: The ledger cannot be used, or has no such run.
    """
    with opened(ledger) as book:
        entry = book.entry(run)
        _refuse_own(entry, executor)
        if entry.status not in (RunState.RUNNING, RunState.PARKED):
            return _over(entry, executor)
        before = _place(entry)
        waiting = failed = ""
        try:
            keeping = Keeping(ledger, Patience(leave=True, tell=tell), tuple(shown))
            found = resumed(book, entry, keeping, Given(executor), changes=dict(changes or {}))
            failed = found.message if found.failed else ""
        except Broken as error:
            failed = str(error)
        except (Waiting, HeldError) as error:
            waiting = str(error)
        return Outcome(summary(entry), _place(entry) != before, waiting, failed)


def go_on(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] = LEDGER,
    steps: int | None = None,
    retranspile: bool = False,
    adopt: str | None = None,
    resend: bool = False,
    changes: Mapping[str, Any] | None = None,
    tell: Tell = _nothing,
    shown: Sequence[Callable[[Step], Any]] = (),
) -> Run:
    """Resume a run in this process.

    Args:
        run: Its name or the beginning of it; by default the newest that is not over, else the
            newest.
        ledger: The file.
        steps: Another limit on updates.
        retranspile: Make circuits anew for the device as it is now.
        adopt: The job that a batch in doubt was made into.
        resend: Send a batch in doubt once more.
        changes: Of its terms, by their names; None changes nothing.
        tell: Hears what is waited for.
        shown: Hear of every step; they have no part in the run.

    Raises:
        InputError: The run has functions of the user's.
        LedgerError: The ledger cannot be used, has no such run, or another process is at it.
        Waiting: The run cannot go on, and no energy is known.
    """
    with opened(ledger) as book:
        entry = book.entry(run)
        _refuse_own(entry, None)
        keeping = Keeping(ledger, Patience(tell=tell), tuple(shown))
        wishes = Wishes(retranspile, adopt, resend)
        return resumed(book, entry, keeping, Given(), wishes, steps, dict(changes or {}))


def cancel(
    run: str | None = None, *, ledger: str | PathLike[str] = LEDGER, executor: Any = None
) -> Outcome:
    """Take the jobs of a run back, as far as they are not final; `go_on` goes on after it.

    Args:
        run: Its name or the beginning of it; by default the newest that is not over, else the
            newest.
        ledger: The file.
        executor: Where it runs; made again as it was by default.

    Raises:
        HeldError: Another process is at it.
        ServiceError: The cloud does not answer: its jobs are left as they are.
    """
    with opened(ledger) as book:
        entry = book.entry(run)
        if entry.status is RunState.FINISHED:
            return Outcome(summary(entry), moved=False)
        with entry.held():
            cloud = _cloud(entry, executor)
            if cloud is not None:
                _taken_back(cloud, entry)
            message = f"{command_to_go_on(entry.run, entry.store.path)} goes on with it"
            entry.change(status=RunState.CANCELLED, message=message)
        return Outcome(summary(entry), moved=True)


def _taken_back(cloud: Cloud, entry: Entry) -> None:
    """Cancel all jobs of a run that are not final, those among them that nobody has noted yet."""
    for row in entry.batch_rows():
        if row.state is BatchState.SUBMITTING and not cloud.local:
            for job in booking.listed(cloud, entry, row.key):
                booking.note(entry, job, row.number, Role.TWIN)
    for made in entry.jobs():
        if not JobState(made.state).is_final:
            booking.take_back(cloud, entry, made.id)
    for made in entry.jobs():
        if made.state == JobState.CANCELLED.value and made.role is Role.USED:
            with entry.store.transaction():
                entry.note_job(made.id, role=Role.FAILED.value)
                entry.mark(made.batch, BatchState.CANCELLED, message="cancelled by qng cancel")
    closed(cloud, entry)
    with suppress(RefusedError):
        booking.settle(cloud, entry)


def _over(entry: Entry, executor: Any) -> Outcome:
    """What is left to do for a run that does not go on by itself: its account."""
    with suppress(QngError), entry.held():
        cloud = _cloud(entry, executor)
        if cloud is not None:
            booking.contacted(cloud, entry)
    done = entry.status is RunState.FINISHED
    return Outcome(summary(entry), moved=False, failed="" if done else entry.message)


def _cloud(entry: Entry, executor: Any) -> Any:
    """The cloud of a run; None where it runs here."""
    if executor is None and not entry.settings:
        raise InputError(f"the run {entry.run[:8]} began on {entry.recipe.executor}, given again")
    device = executor_of(**entry.settings) if executor is None else executor_of(executor)
    return cloud_of(device)


def _refuse_own(entry: Entry, executor: Any) -> None:
    """Refuse a run that the command line cannot go on with, naming why."""
    own = [what for what in entry.own if executor is None or not what.startswith("executor=")]
    if own:
        raise InputError(
            f"the run {entry.run[:8]} began with {', '.join(own)}, which only Python can give "
            f"again: qng.resume({entry.run[:8]!r}, ledger={str(entry.store.path)!r}, "
            f"{', '.join(what.split('=', 1)[0] + '=...' for what in own)})"
        )


def _place(entry: Entry) -> tuple[Any, ...]:
    """How far a run is: what has moved is seen from it."""
    taken = (BatchState.DONE, BatchState.CONSUMED)
    rows = entry.batch_rows()
    return (
        sum(row.state in taken for row in rows),
        len(entry.jobs()),
        entry.status.value == "finished",
    )
