"""A run as it stands in a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, cast

from qng.log import logger
from qng.plan.request import Result
from qng.run.codec import dumps
from qng.run.ledger.errors import NoLedgerError
from qng.run.ledger.journal import LedgerJournal
from qng.run.ledger.lease import held
from qng.run.ledger.rows import (
    BatchRow,
    BatchState,
    EventRow,
    JobRow,
    RunState,
    batch_row,
    document,
    job_row,
    packed,
    plain,
    unpacked,
    value,
)
from qng.run.ledger.shelf import LedgerShelf
from qng.run.ledger.store import Store
from qng.run.recipe import Recipe, now

_LOG: Final = logger(__name__)

COMPARED: Final = "comparison"
"""The term of an entry that holds finished runs of comparisons: what their problem is known by."""


class Entry:
    """A run as it stands in a ledger: every change is one commit.

    Args:
        store: The ledger's file.
        run: Its name, 32 hexadecimal digits.
    """

    def __init__(self, store: Store, run: str) -> None:
        self.store = store
        self.run = run

    def __repr__(self) -> str:
        return f"Entry({self.run[:8]!r})"

    @property
    def label(self) -> str:
        """What its method is called."""
        return str(self._row["label"])

    @property
    def created(self) -> str:
        """When it began, ISO 8601 in UTC."""
        return str(self._row["created"])

    @property
    def status(self) -> RunState:
        """Where it is."""
        return RunState(self._row["status"])

    @property
    def message(self) -> str:
        """Why it is there, in one line."""
        return str(self._row["message"])

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.status in (RunState.FINISHED, RunState.CANCELLED)

    @property
    def number(self) -> int:
        """Which one of the ledger it is, from 1."""
        return int(self._row["number"])

    @cached_property
    def recipe(self) -> Recipe:
        """How it is made."""
        return cast(Recipe, value(self._row["recipe"]))

    @property
    def settings(self) -> dict[str, Any]:
        """How its executor is made; empty where it is an object of the user's."""
        return dict(json.loads(self._row["settings"]))

    @property
    def terms(self) -> dict[str, Any]:
        """Budget, pace and patience."""
        return dict(json.loads(self._row["terms"]))

    @property
    def own(self) -> tuple[str, ...]:
        """Functions and objects of the user's that are needed to go on."""
        return tuple(json.loads(self._row["own"]))

    @property
    def result(self) -> Any:
        """What `minimize` returned, where it has ended; else None."""
        data = self._row["result"]
        return None if data is None else value(data)

    @cached_property
    def journal(self) -> LedgerJournal:
        """Its steps and batches, as a loop needs them."""
        return LedgerJournal(self)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it, so that no other process drives it.

        Raises:
            HeldError: Another one has it; on entering.
        """
        with held(self.store.path, self.number, self.run):
            # What was read before may have been changed by whoever held it then.
            vars(self).pop("journal", None)
            yield

    def change(self, **changes: Any) -> None:
        """Change status, message, terms, settings, own, recipe or result."""
        for name in ("terms", "settings"):
            if name in changes:
                changes[name] = plain(changes[name])
        if "own" in changes:
            changes["own"] = json.dumps(list(changes["own"]))
        for name in ("recipe", "result"):
            if changes.get(name) is not None:
                changes[name] = document(changes[name])
        if "status" in changes:
            changes["status"] = RunState(changes["status"])
        self.store.update("runs", {"run": self.run}, **changes)
        if "recipe" in changes:
            self.__dict__.pop("recipe", None)

    def parked(self, message: str) -> None:
        """It cannot go on now."""
        self.change(status=RunState.PARKED, message=message)

    def failed(self, message: str) -> None:
        """It had to stop."""
        self.change(status=RunState.FAILED, message=message)

    # Batches.

    def batch_row(self, number: str) -> BatchRow | None:
        """A batch; None where nothing is noted of it."""
        row = self.store.row("batches", run=self.run, number=number)
        return None if row is None else batch_row(row)

    def batch_rows(self) -> list[BatchRow]:
        """All batches, in order."""
        rows = [batch_row(row) for row in self.store.rows("batches", run=self.run)]
        return sorted(rows, key=lambda row: _place(row.number))

    def mark(self, number: str, state: BatchState, **changes: Any) -> BatchRow:
        """Note where a batch is, and whatever else has changed of it.

        Args:
            number: Of the batch, which may be new.
            state: Where it is.
            changes: Other members of `BatchRow`.
        """
        _LOG.debug("run %s: batch %s is %s", self.run[:8], number, BatchState(state).value)
        columns = {**changes, "state": BatchState(state)}
        if columns.get("handle") is not None:
            columns["handle"] = dumps(columns["handle"])
        with self.store.transaction():
            if self.store.row("batches", run=self.run, number=number) is None:
                fresh = BatchRow(number)
                whole = {name: getattr(fresh, name) for name in BatchRow.__dataclass_fields__}
                self.store.insert("batches", run=self.run, **{**whole, **columns})
            else:
                self.store.update("batches", {"run": self.run, "number": number}, **columns)
        marked = self.batch_row(number)
        assert marked is not None
        return marked

    def consume(self) -> None:
        """All batches that are done are used."""
        with self.store.transaction():
            for row in self.store.rows("batches", run=self.run, state=BatchState.DONE):
                key = {"run": self.run, "number": row["number"]}
                self.store.update("batches", key, state=BatchState.CONSUMED)

    def results(self, number: str) -> list[Result] | None:
        """What a batch was answered; None where that is not stored."""
        row = self.store.row("answers", run=self.run, batch=number)
        return None if row is None else cast(list[Result], value(row["data"]))

    def store_results(self, number: str, results: list[Result]) -> None:
        """Keep what a batch was answered.

        Raises:
            NotStorableError: It lives in this process only.
        """
        self.store.put("answers", run=self.run, batch=number, data=document(results))

    # Jobs.

    def jobs(self, number: str | None = None) -> list[JobRow]:
        """The jobs of a batch, or all, the oldest first."""
        rows = [job_row(row) for row in self.store.rows("jobs", run=self.run)]
        found = [row for row in rows if number is None or row.batch == number]
        return sorted(found, key=lambda row: (_place(row.batch), row.attempt, row.created, row.id))

    def job_row(self, job: str) -> JobRow | None:
        """A job; None where it is not known."""
        row = self.store.row("jobs", run=self.run, id=job)
        return None if row is None else job_row(row)

    def note_job(self, job: str, batch: str | None = None, **changes: Any) -> JobRow:
        """Note a job, or what has changed of it.

        Args:
            job: What the cloud calls it.
            batch: The number of its batch, where it is new.
            changes: Other members of `JobRow`.
        """
        columns = changes if batch is None else {**changes, "batch": batch}
        with self.store.transaction():
            if self.store.row("jobs", run=self.run, id=job) is None:
                fresh = JobRow(job, "")
                whole = {name: getattr(fresh, name) for name in JobRow.__dataclass_fields__}
                self.store.insert("jobs", run=self.run, **{**whole, **columns})
            else:
                self.store.update("jobs", {"run": self.run, "id": job}, **columns)
        noted = self.job_row(job)
        assert noted is not None
        return noted

    def raw(self, job: str) -> str | None:
        """The text of a job's result; None where it was not fetched."""
        row = self.store.row("results", run=self.run, job=job)
        return None if row is None else unpacked(row["data"])

    def store_raw(self, job: str, text: str) -> None:
        """Keep the text of a result before it is read; its batch is DONE with the same commit."""
        with self.store.transaction():
            self.store.put("results", run=self.run, job=job, data=packed(text))
            batch = self.batch_row(self.note_job(job, state="done").batch)
            if batch is not None and batch.state is not BatchState.CONSUMED:
                self.mark(batch.number, BatchState.DONE)

    # Finished runs of a comparison stand where results of jobs do.

    def kept(self, name: str) -> str | None:
        """The text of a finished run; None where there is none of this name."""
        return self.raw(name)

    def keep(self, name: str, text: str) -> None:
        """Keep a finished run."""
        self.store.put("results", run=self.run, job=name, data=packed(text))

    @property
    def is_comparison(self) -> bool:
        """Whether it holds finished runs of comparisons, and is no run."""
        return COMPARED in self.terms

    @property
    def n_kept(self) -> int:
        """How many finished runs it holds."""
        return self.store.count("results", run=self.run)

    @property
    def estimated(self) -> float:
        """QPU seconds of all jobs as they were estimated."""
        return sum(job.estimated for job in self.jobs())

    @property
    def charged(self) -> float:
        """QPU seconds of all jobs whose charge is known."""
        return sum(job.charged or 0.0 for job in self.jobs())

    @property
    def booked(self) -> float:
        """QPU seconds of all jobs: charged where that is known, else estimated."""
        return sum(job.booked for job in self.jobs())

    # Circuits and events.

    @property
    def shelf(self) -> LedgerShelf:
        """What the run keeps for its cloud."""
        return LedgerShelf(self.store, self.run)

    def event(self, what: str, detail: str = "") -> None:
        """Note something that happened."""
        _LOG.info("run %s: %s: %s", self.run[:8], what, detail)
        with self.store.transaction():
            last = self.store.last("events", run=self.run)
            number = 0 if last is None else last["number"] + 1
            self.store.insert(
                "events", run=self.run, number=number, at=now(), what=what, detail=detail
            )

    def events(self) -> list[EventRow]:
        """What happened, in order."""
        rows = self.store.rows("events", run=self.run)
        return [EventRow(row["at"], row["what"], row["detail"]) for row in rows]

    @property
    def _row(self) -> Mapping[str, Any]:
        row = self.store.row("runs", run=self.run)
        if row is None:
            raise NoLedgerError(f"there is no run {self.run[:8]} in {self.store.path}")
        return row


def _place(number: str) -> tuple[int, bool]:
    """By which batches are sorted."""
    whole, _, rest = number.partition("-")
    return (int(whole) if whole.isdigit() else -1, bool(rest))
