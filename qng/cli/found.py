"""Results that are named in a command: files of `--save`, and runs in a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qng.errors import InputError, QngError

if TYPE_CHECKING:
    from qng.run.ledger import Entry
    from qng.run.results import Run


def in_ledger(name: str, ledger: Path) -> Run:
    """A run of a ledger: its result, or its steps so far.

    Raises:
        QngError: There is no such run, or it has no step yet.
    """
    from qng.run.durable.keeping import read

    with read(ledger) as book:
        entry = book.entry(name)
        ended: Run | None = entry.result
        return _so_far(entry) if ended is None else ended


def _so_far(entry: Entry) -> Run:
    """The steps of a run that is not over, as a run that was cut there."""
    from qng.run.results import Goal, Run
    from qng.run.task import learning_rate
    from qng.run.trace import Trace

    steps = entry.journal.steps
    if not steps:
        raise QngError(f"run {entry.run[:8]} has no step yet: `qng resume` goes on with it")
    last = steps[-1]
    return Run(
        method=entry.label,
        goal=Goal.of(entry.recipe.problem),
        x=last.theta,
        fun=last.energy,
        std_error=last.std_error,
        nit=len(steps) - 1,
        nfev=last.evaluations,
        success=False,
        failed=False,
        message=entry.message or f"{entry.status.value}: {len(steps)} steps are done",
        trace=Trace(tuple(steps)),
        learning_rate=learning_rate(entry.recipe.method),
        made=entry.recipe,
        interrupted=True,
    )


def result(name: str, ledger: Path) -> Any:
    """What a name in a command means: a saved file, or else a run of a ledger.

    Raises:
        InputError: Neither.
    """
    if Path(name).is_file():
        from qng.run.saved import read_saved

        return read_saved(name)
    if not ledger.is_file():
        raise InputError(
            f"{name} is no saved result: there is no such file, and no ledger {ledger}; save one "
            "with --save FILE, or give --ledger FILE"
        )
    return in_ledger(name, ledger)


def runs_of(result: Any) -> list[Run]:
    """All runs of a run, of a comparison, of several, of levels, or of a reproduction.

    Raises:
        InputError: A result that has none.
    """
    from qng.run.results import Run

    if isinstance(result, Run):
        return [result]
    for parts in ("comparisons", "problems"):
        if hasattr(result, parts):
            return [run for part in getattr(result, parts).values() for run in runs_of(part)]
    if not hasattr(result, "runs"):
        raise InputError(f"a {type(result).__name__} has no runs: give a run, or a comparison")
    if isinstance(result.runs, tuple):
        return list(result.runs)
    return [run for runs in result.runs.values() for run in runs]
