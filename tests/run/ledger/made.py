"""Runs in ledgers, for the tests of this folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
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


def told(entry: Entry) -> dict[str, Any]:
    """All that a ledger says of a run, in the types of JSON."""
    said = {
        "run": entry.run,
        "label": entry.label,
        "created": entry.created,
        "status": entry.status,
        "message": entry.message,
        "recipe": entry.recipe.digest,
        "settings": entry.settings,
        "terms": entry.terms,
        "own": entry.own,
        "booked": entry.booked,
        "batches": [asdict(row) for row in entry.batch_rows()],
        "jobs": [asdict(row) | {"raw": digest(entry.raw(row.id))} for row in entry.jobs()],
        "results": [digest(repr(entry.results(row.number))) for row in entry.batch_rows()],
        "shelf": [[name, digest(entry.shelf.get(name))] for name in entry.shelf.names()],
        "events": [asdict(row) for row in entry.events()],
        "steps": [[step.energy, *step.theta.tolist()] for step in entry.journal.steps],
        "states": [[state.energy, *state.theta.tolist()] for state in entry.journal.states()],
    }
    plain: dict[str, Any] = json.loads(json.dumps(said))
    return plain


def digest(value: str | bytes | None) -> str | None:
    if value is None:
        return None
    data = value.encode() if isinstance(value, str) else value
    return hashlib.sha256(data).hexdigest()[:16]


def facts(path: Path) -> list[dict[str, Any]]:
    """All that a ledger says, to be compared."""
    with Ledger.reading(path) as ledger:
        return [told(entry) for entry in ledger.entries()]
