"""Runs in ledgers, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qng
from qng.execute.names import executor
from qng.optimize.methods import method
from qng.run.ledger import Entry, Ledger
from qng.run.minimize import Task
from qng.run.recipe import Recipe
from qng.run.results import Run
from qng.run.stop import Rules


def task(
    of: Any = "qng", steps: int = 3, shots: int | None = 400, device: Any = "statevector"
) -> Task:
    problem = qng.load("textbook-2")
    chosen = method(of, {}) if isinstance(of, str) else of
    rules = Rules(steps, None, None)
    return Task(problem, problem.initial, chosen, rules, executor(device), shots, (7,))


def recipe(made: Task) -> Recipe:
    """That of a run, without the run."""
    return Recipe(
        problem=made.problem,
        method=made.method,
        start=made.base,
        steps=made.rules.steps,
        tol=None,
        seed=made.seed,
        executor=made.device.name,
        shots=made.shots,
        versions={"qng": "0"},
        date="2026-11-28T00:00:00+00:00",
    )


def begun(ledger: Ledger, made: Task) -> Entry:
    return ledger.begin(
        recipe(made), label="qng", settings={"executor": "statevector"}, terms={"poll": 10.0}
    )


def driven(entry: Entry, made: Task) -> Run:
    """Do a run, or go on with it."""
    journal: Any = entry.journal
    return made.run("qng", journal)


def done(path: Path, made: Task | None = None) -> Run:
    """A ledger with one run that has ended, with jobs, raw results, circuits and events."""
    made = made or task()
    with Ledger.open(path, create=True) as ledger:
        entry = begun(ledger, made)
        run = driven(entry, made)
        for row in entry.batch_rows():
            entry.note_job(f"job-{row.number}", row.number, estimated=2.5, created="2026-11-28")
            entry.store_raw(f"job-{row.number}", f"counts of {row.number} " * 40)
        entry.shelf.put("layout", bytes(range(256)))
        entry.event("begun", "and went on")
        ledger.may_post(1000)
        entry.journal.ended(run)
    return run


def facts(path: Path) -> Any:
    """All that a ledger says, to be compared."""
    with Ledger.reading(path) as ledger:
        return [
            (
                entry.run,
                entry.status,
                entry.message,
                entry.settings,
                entry.terms,
                entry.recipe.digest,
                entry.batch_rows(),
                [(job, entry.raw(job.id)) for job in entry.jobs()],
                [(name, entry.shelf.get(name)) for name in entry.shelf.names()],
                entry.events(),
                [step.theta.tolist() for step in entry.journal.steps],
                [state.theta.tolist() for state in entry.journal.states()],
                entry.booked,
            )
            for entry in ledger.entries()
        ]
