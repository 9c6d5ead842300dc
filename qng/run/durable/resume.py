"""Going on with a run of a ledger, and what runs it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

from qng import checks
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.plan.cloud import Cloud
from qng.plan.executor import Executor, Service
from qng.run.durable.account import RunSummary
from qng.run.durable.driven import Wishes, cloud_of, driven, named, terms_of
from qng.run.durable.halts import LEDGER
from qng.run.durable.keeping import Keeping, opened, read
from qng.run.recipe import Recipe
from qng.run.results import Run
from qng.run.stop import Rules, StopRule
from qng.run.target import as_problem
from qng.run.task import Task, Watch

if TYPE_CHECKING:
    from qng.run.ledger import Entry, Ledger


@dataclass(frozen=True)
class Given:
    """What of a run is given again, because the ledger does not have it.

    Args:
        executor: Where it runs.
        method: What steps.
        problem: What is minimised.
        stop: A stop rule.
        watch: Told of every step.
    """

    executor: Any = None
    method: Method | None = None
    problem: Any = None
    stop: StopRule | None = None
    watch: Watch | None = None


def resume(
    run: str | None = None,
    *,
    ledger: str | PathLike[str] | Ledger | Keeping = LEDGER,
    executor: str | Executor | Service | Cloud | None = None,
    method: Method | None = None,
    problem: Any = None,
    stop: StopRule | None = None,
    watch: Watch | None = None,
    steps: int | None = None,
    retranspile: bool = False,
    adopt: str | None = None,
    resend: bool = False,
    max_seconds: float | None = None,
) -> Run:
    """Go on with a run, from whatever state its ledger has it in, until it ends.

    What it has asked is not asked again, and its steps are those of a run that was never cut. Of a
    run that has ended the same result is made once more, and nothing is sent.

    Args:
        run: Its name or the beginning of it; by default the newest that is not over, else the
            newest.
        ledger: The file.
        executor: Where it runs; made again as it was by default.
        method: The method, where it has functions or parts of your own: that with which it began.
        problem: The problem, where it has functions of your own.
        stop: The stop rule with which it began, if there was one.
        watch: Told of every step; to be given where the run began with one.
        steps: Another limit on updates.
        retranspile: Make circuits anew for the device as it is now.
        adopt: The job that a batch in doubt was made into.
        resend: Send a batch once more that is in doubt, or whose result cannot be read.
        max_seconds: Another budget of QPU seconds.

    Raises:
        InputError: Something that the run began with is not given again, or is another.
        LedgerError: The ledger cannot be used, has no such run, or another process is at it.
        Waiting: The run cannot go on, and no energy is known.

    Example:
        >>> import qng
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = qng.minimize("one-qubit", "qng", steps=3, ledger=f"{folder}/runs.db")
        ...     qng.resume(ledger=f"{folder}/runs.db", steps=5).nit
        5
    """
    given = Given(executor, method, problem, stop, watch)
    wishes = Wishes(retranspile, adopt, resend)
    keeping = ledger if isinstance(ledger, Keeping) else Keeping(ledger)
    with opened(keeping.ledger) as book:
        entry = book.entry(run)
        return resumed(book, entry, keeping, given, wishes, steps, {"max_seconds": max_seconds})


def runs(ledger: str | PathLike[str] | Ledger = LEDGER) -> list[RunSummary]:
    """The runs of a ledger, the newest first.

    Raises:
        LedgerError: The ledger cannot be read.

    Example:
        >>> import qng
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = qng.minimize("one-qubit", "qng", steps=3, ledger=f"{folder}/runs.db")
        ...     [found.steps for found in qng.runs(f"{folder}/runs.db")]
        [3]
    """
    with read(ledger) as book:
        return [summary(entry) for entry in book.entries()]


def resumed(
    book: Ledger,
    entry: Entry,
    keeping: Keeping,
    given: Given,
    wishes: Wishes | None = None,
    steps: int | None = None,
    changes: dict[str, Any] | None = None,
) -> Run:
    """Go on with a run of an open ledger.

    Args:
        book: The ledger.
        entry: The run in it.
        keeping: How its process waits.
        given: What is given again.
        wishes: What is asked for once.
        steps: Another limit on updates.
        changes: Of the terms of the run, by their names; None changes nothing.
    """
    task, recipe = again(entry, given, steps)
    terms = terms_of(entry).changed(**(changes or {}))
    keeping.began(entry.run)
    task = replace(task, watchers=(*task.watchers, *keeping.shown))
    return driven(task, book, entry, replace(keeping.patience, terms=terms), recipe, wishes)


def again(
    entry: Entry, given: Given, steps: int | None = None, replay: bool = False
) -> tuple[Task, Recipe]:
    """What is run, as the ledger has it with what is given again, and how it was made.

    Args:
        entry: The run.
        given: What is given again.
        steps: Another limit on updates.
        replay: Whether only batches that are there are reduced again: then rules and watchers are
            not needed.

    Raises:
        InputError: Something is missing, or another one.
    """
    if entry.is_comparison:
        raise InputError(
            f"{entry.run[:8]} holds finished runs of comparisons, and is no run: repeat the "
            "comparison with this ledger, and none of them is done again"
        )
    _check_given(entry, given, ("executor", "method", "problem") if replay else _KINDS)
    kept = entry.recipe
    if steps is not None:
        checks.whole("steps", steps)
        if steps < (done := len(entry.journal.steps)):
            raise InputError(
                f"{done} steps of the run {entry.run[:8]} are done: it can end after {done} or "
                f"more, not after {steps}"
            )
    recipe = replace(
        kept,
        problem=kept.problem if given.problem is None else as_problem(given.problem),
        method=kept.method if given.method is None else given.method,
    ).longer(kept.steps if steps is None else int(steps))
    settings = entry.settings
    device = executor_of(**settings) if given.executor is None else executor_of(given.executor)
    if given.executor is not None and not _is_the_same(device, entry):
        raise InputError(
            f"the run {entry.run[:8]} began on {recipe.executor}: it cannot go on on {device.name}"
        )
    if (cloud := cloud_of(device)) is not None:
        device = cloud
    task = Task(
        problem=recipe.problem,
        base=recipe.start,
        method=recipe.method,
        rules=Rules(recipe.steps, recipe.tol, given.stop),
        device=device,
        shots=recipe.shots,
        seed=recipe.seed,
        watchers=() if given.watch is None else (given.watch,),
    )
    return task, recipe


def _is_the_same(device: Any, entry: Entry) -> bool:
    """Whether a device that is given again is that of a run.

    One that is chosen when it is needed has another name from then on.
    """
    asked = getattr(device, "settings", {}).get("name", "")
    return bool(device.name == entry.recipe.executor or asked == entry.settings.get("name"))


_KINDS: Final = ("executor", "method", "problem", "stop", "watch")


def _check_given(entry: Entry, given: Given, needed: Sequence[str]) -> None:
    """Refuse to go on without what the run began with."""
    for kind, what in (own.split("=", 1) for own in entry.own):
        if kind in needed and getattr(given, kind) is None:
            raise InputError(
                f"the run {entry.run[:8]} began with {what}, which the ledger cannot keep: give "
                f"it again from Python, as qng.resume({entry.run[:8]!r}, {kind}=...)"
            )
    stops = dict(own.split("=", 1) for own in entry.own if own.startswith("stop="))
    if given.stop is not None and stops.get("stop") != named(given.stop):
        raise InputError(
            f"the run {entry.run[:8]} began with "
            f"{stops.get('stop', 'no stop rule')}: it cannot go on with {named(given.stop)}"
        )


def summary(entry: Entry) -> RunSummary:
    """A run in a line."""
    if entry.is_comparison:
        return _of_comparison(entry)
    recipe, journal, jobs = entry.recipe, entry.journal, entry.jobs()
    ended = entry.result
    last = journal.steps[-1] if journal.steps else None
    energy, error = (last.energy, last.std_error) if last is not None else (float("nan"), None)
    if ended is not None:
        energy, error = ended.fun, ended.std_error
    return RunSummary(
        run=entry.run,
        label=entry.label,
        problem=recipe.problem.name,
        executor=_where(entry),
        state=entry.status.value,
        steps=len(journal.steps),
        of=recipe.steps,
        energy=energy,
        std_error=error,
        jobs=len(jobs),
        estimated=sum(job.estimated for job in jobs),
        booked=sum(job.booked for job in jobs),
        created=entry.created,
        message=entry.message,
        ledger=str(entry.store.path),
    )


def _of_comparison(entry: Entry) -> RunSummary:
    """Finished runs in a line."""
    n = entry.n_kept
    return RunSummary(
        run=entry.run,
        label=entry.label,
        problem=entry.recipe.problem.name,
        executor=entry.recipe.executor,
        state=entry.status.value,
        steps=0,
        of=0,
        energy=float("nan"),
        std_error=None,
        jobs=0,
        estimated=0.0,
        booked=0.0,
        created=entry.created,
        message=f"{n} finished run{'s' if n > 1 else ''} of comparisons",
        ledger=str(entry.store.path),
        kept=n,
    )


def _where(entry: Entry) -> str:
    """Where a run is: one that may run anywhere has its place once a job was made."""
    handles = [row.handle for row in entry.batch_rows() if row.handle is not None]
    return handles[-1].service if handles and entry.settings else entry.recipe.executor
