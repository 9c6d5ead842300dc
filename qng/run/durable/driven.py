"""Runs in a ledger: begun there, and driven from where they are until they end or halt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from qng.errors import InputError, QngError, ServiceError
from qng.execute.names import executor as executor_of
from qng.optimize.method import Step
from qng.plan.cloud import Cloud, Job, is_cloud
from qng.plan.executor import Handle
from qng.run.codec import encoded
from qng.run.durable import booking
from qng.run.durable.afford import afford
from qng.run.durable.courier import RETRANSPILED, Courier
from qng.run.durable.halts import LEDGER
from qng.run.durable.keeping import Keeping, opened
from qng.run.durable.patience import Patience
from qng.run.durable.terms import Terms
from qng.run.durable.waiting import Waiting
from qng.run.going import Going
from qng.run.journal import Journal
from qng.run.ledger.errors import LedgerError
from qng.run.ledger.rows import BatchState, Role, RunState
from qng.run.partial import partial_of
from qng.run.recipe import Recipe
from qng.run.results import Run
from qng.run.task import Task

if TYPE_CHECKING:
    from qng.run.ledger import Entry, Ledger


@dataclass(frozen=True)
class Wishes:
    """What is asked for once, when a run goes on.

    Args:
        retranspile: Circuits are made anew for the device as it is now.
        adopt: The job that a batch in doubt was made into.
        resend: A batch in doubt is sent once more.
    """

    retranspile: bool = False
    adopt: str | None = None
    resend: bool = False


def begun(
    task: Task,
    label: str,
    ledger: str | PathLike[str] | Ledger | Keeping | None,
    executor: Any,
    max_seconds: float | None,
    shown: Sequence[Callable[[Step], Any]] = (),
) -> Run:
    """Begin a run in a ledger and drive it.

    Args:
        task: What is run; its watchers and its stop rule are the user's.
        label: What the method is called.
        ledger: Where it is kept.
        executor: As it was given.
        max_seconds: Its budget, where `ledger` does not say.
        shown: Hear of every step, and have no part in the run.
    """
    keeping = ledger if isinstance(ledger, Keeping) else Keeping(ledger or LEDGER)
    if max_seconds is not None:
        keeping = replace(keeping, patience=with_terms(keeping.patience, max_seconds=max_seconds))
    terms, device = keeping.patience.terms, cloud_of(task.device)
    if device is not None:
        task = replace(task, device=device)
    if terms.max_seconds is not None and (device is None or device.local):
        raise InputError(f"max_seconds is for devices that charge, not for {task.device.name}")
    settings = settings_of(executor, task.device)
    Going(task, Journal()).check()
    with opened(keeping.ledger, create=True) as book:
        entry = book.begin(
            task.recipe(),
            label=label,
            settings=settings,
            terms=terms.plain(),
            own=own_of(task, settings),
        )
        keeping.began(entry.run)
        seen = replace(task, watchers=(*task.watchers, *keeping.shown, *shown))
        return driven(seen, book, entry, keeping.patience, entry.recipe)


def driven(
    task: Task,
    book: Ledger,
    entry: Entry,
    patience: Patience,
    recipe: Recipe,
    wishes: Wishes | None = None,
) -> Run:
    """Go on with a run from where its ledger has it.

    Args:
        task: What is run.
        book: The ledger.
        entry: The run in it.
        patience: How this process waits.
        recipe: How the run was made.
        wishes: What is asked for once.

    Returns:
        The run, also where it halts and an energy is known: then it has `failed`.

    Raises:
        Waiting: It halts, and this process leaves, or no energy is known.
        HeldError: Another process is at it.
        LedgerError: Its ledger cannot be written, and no energy is known.
    """
    wishes, cloud = Wishes() if wishes is None else wishes, cloud_of(task.device)
    with entry.held():
        if patience.leave and entry.status is RunState.CANCELLED:
            raise Waiting(f"the run was cancelled meanwhile: {entry.message}")
        if wishes.adopt is not None:
            _adopted(cloud, entry, wishes.adopt)
        terms = patience.terms.plain()
        entry.change(status=RunState.RUNNING, message="", terms=terms)
        if recipe.steps != entry.recipe.steps:
            entry.change(recipe=entry.recipe.longer(recipe.steps))
        if cloud is None:
            return _halted(lambda: _ended(task, entry, recipe), entry, patience)
        if entry.jobs():
            booking.contacted(cloud, entry)
        courier = Courier(cloud, entry, book, patience, wishes.retranspile, wishes.resend)
        held = replace(task, device=courier)
        try:
            afford(task, cloud, entry, patience)
            run = _halted(lambda: _ended(held, entry, recipe), entry, patience)
        except (Exception, KeyboardInterrupt) as error:
            if not (patience.leave and type(error) is Waiting):
                closed(cloud, entry)
            raise
        closed(cloud, entry)
        if not run.interrupted:
            booking.contacted(cloud, entry)
        return run


def _ended(task: Task, entry: Entry, recipe: Recipe) -> Run:
    """The run to its end, which is noted."""
    journal = entry.journal
    run = task.run(entry.label, journal, recipe)
    for event in entry.events():
        if event.what == RETRANSPILED:
            run = replace(run, message=f"{run.message}; {event.detail}")
    if not run.interrupted:
        journal.ended(run)
    return run


def _halted(run: Callable[[], Run], entry: Entry, patience: Patience) -> Run:
    """A run, also where it halts in a process that does not leave and an energy is known."""
    try:
        return run()
    except (Waiting, LedgerError) as error:
        if isinstance(error, Waiting) and not entry.message:
            entry.change(message=str(error))
        partial = partial_of(error)
        if partial is None or patience.leave:
            raise
        halted: Run = replace(partial, message=str(error), failed=True)
        return halted
    except QngError as error:
        # Nothing that waiting could mend, such as a circuit that does not fit the device.
        entry.failed(str(error))
        raise


def closed(cloud: Cloud, entry: Entry) -> None:
    """Give back what the cloud holds between jobs."""
    try:
        cloud.close(entry.shelf)
    except ServiceError as error:
        entry.event("not closed", str(error))


def _adopted(cloud: Cloud | None, entry: Entry, job: str) -> None:
    """Take a job for the batch in doubt."""
    # Where a process was killed as it sent, nothing has been said of it yet.
    open_ = (BatchState.UNKNOWN, BatchState.SUBMITTING)
    doubted = [row for row in entry.batch_rows() if row.state in open_]
    if cloud is None or cloud.local or cloud.lists or not doubted:
        raise InputError(f"no batch of the run {entry.run[:8]} is in doubt: leave adopt out")
    row = doubted[0]
    if (known := entry.job_row(job)) is not None:
        raise InputError(f"the job {job} is known already as one of batch {known.batch}")
    found: Job = cloud.job(job)
    keys = [tag for tag in found.tags if tag.startswith(booking.KEY)]
    if keys and booking.key_tag(row.key) not in keys:
        raise InputError(f"the job {job} is not one of batch {row.number}: it bears another key")
    handle = Handle(cloud.name, entry.journal.key(row.number), (job,))
    with entry.store.transaction():
        booking.note(entry, found, row.number, Role.USED)
        entry.mark(row.number, BatchState.SUBMITTED, handle=handle, message="")
        entry.event("adopted", f"{job} as batch {row.number}")


def with_terms(patience: Patience, **changes: Any) -> Patience:
    """The patience with other terms; None changes nothing."""
    return replace(patience, terms=patience.terms.changed(**changes))


def terms_of(entry: Entry) -> Terms:
    """The terms of a run."""
    return Terms.of(entry.terms)


def cloud_of(device: Any) -> Any:
    """A device elsewhere as it is, and one here that can be rehearsed as such; None for others."""
    if is_cloud(device):
        return device
    rehearsed = getattr(device, "rehearsed", None)
    return rehearsed() if callable(rehearsed) else None


def settings_of(given: Any, device: Any) -> Mapping[str, Any]:
    """How to make an executor again, as `executor(**settings)`; empty where that cannot be known.

    Args:
        given: What the user gave.
        device: What was made of it.
    """
    settings = getattr(device, "settings", None)
    if isinstance(settings, Mapping):
        return settings
    if isinstance(given, str):
        return {"name": given}
    try:
        again = executor_of(device.name)
    except QngError:
        return {}
    return {"name": device.name} if type(again) is type(device) and again == device else {}


def own_of(task: Task, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The functions and objects of the user's without which a run cannot go on."""
    own = [] if task.rules.stop is None else [f"stop={named(task.rules.stop)}"]
    own += [f"watch={named(watch)}" for watch in task.watchers]
    own += [] if settings else [f"executor={task.device.name}"]
    own += [f"method={what}" for what in unknown_parts(encoded(task.method))]
    own += [f"problem={what}" for what in unknown_parts(encoded(task.problem))]
    return tuple(own)


def named(function: Any) -> str:
    """What a function is called."""
    return str(getattr(function, "__qualname__", type(function).__name__))


def unknown_parts(text: Any) -> list[str]:
    """What stands in an encoded value for functions and classes of the user's."""
    if isinstance(text, list):
        return [what for item in text for what in unknown_parts(item)]
    if not isinstance(text, dict):
        return []
    if text.get("~") == "unknown":
        return [str(text["what"])]
    return [what for item in text.values() for what in unknown_parts(item)]
