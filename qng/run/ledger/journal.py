"""The journal of a run in a ledger, with the members of `run.journal.Journal`.

Every change is one commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from qng.errors import InputError
from qng.optimize.method import State, Step
from qng.plan.canonical import batch_key, digest
from qng.plan.executor import Handle
from qng.plan.request import Request, Result
from qng.run.codec import NotStorableError
from qng.run.journal import Batch
from qng.run.ledger.rows import BatchState, RunState, document, value
from qng.run.recipe import otherwise
from qng.seeds import seed

if TYPE_CHECKING:
    from qng.run.ledger.entry import Entry
    from qng.run.results import Run


class LedgerJournal:
    """What a run has asked, been told and done, as the ledger has it.

    Args:
        entry: The run.

    Attributes:
        run: Its name.
        state: After the last step; None before the first.
        batch: The number of the next batch.
    """

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.run = entry.run
        last = entry.store.last("steps", run=entry.run)
        self.state: State | None = None if last is None else value(last["state"])
        self.batch: int = 0 if last is None else last["batch"]
        # What lives in this process only, for the step that is not finished.
        self._here: dict[str, list[Result]] = {}

    @cached_property
    def recipe(self) -> str:
        """The digest of what is run."""
        return self.entry.recipe.digest

    @cached_property
    def steps(self) -> list[Step]:
        """Those that are done, in order."""
        return [value(row["step"]) for row in self.entry.store.rows("steps", run=self.run)]

    @property
    def batches(self) -> dict[str, Batch]:
        """Those that are not consumed, by name."""
        rows = self.entry.batch_rows()
        return {
            row.number: Batch(row.handle, self._results(row.number))
            for row in rows
            if row.state is not BatchState.CONSUMED
        }

    def begin(self, recipe: str) -> None:
        """Note what is run.

        Raises:
            InputError: The ledger's run is another.
        """
        if self.recipe != recipe:
            raise InputError(
                f"the run {self.run[:8]} is another: resume it with the same problem, method, "
                "start, executor, shots and seed"
            )

    def key(self, batch: str) -> str:
        """The name of a batch."""
        return f"{self.run}/{batch}"

    def asked(self, batch: str, requests: Sequence[Request], key: Sequence[int]) -> Batch | None:
        """What is known of a batch, which is noted with what it asks.

        Raises:
            InputError: Something else was asked under this name, by another version of qng.
        """
        row, asks = self.entry.batch_row(batch), digest(requests, seed(*key))
        if row is None or not row.asked:
            name = batch_key(self.run, batch, asks, self.entry.settings)
            state = BatchState.PLANNED if row is None else row.state
            self.entry.mark(batch, state, key=name, asked=asks)
        elif row.asked != asks:
            raise InputError(
                f"batch {batch} of the run {self.run[:8]} is planned otherwise now: "
                f"{otherwise(self.entry.recipe)}; nothing was sent, and what is done is kept"
            )
        return self.known(batch)

    def known(self, batch: str) -> Batch | None:
        """What is known of a batch; None where it was never sent."""
        row = self.entry.batch_row(batch)
        return None if row is None else Batch(row.handle, self._results(batch))

    def sending(self, batch: str) -> None:
        """A batch is about to be sent."""
        self.entry.mark(batch, BatchState.SUBMITTING)

    def submitted(self, batch: str, handle: Handle) -> None:
        """A service has accepted it."""
        self.entry.mark(batch, BatchState.SUBMITTED, handle=handle)

    def answered(self, batch: str, results: list[Result]) -> None:
        """Its results are there; what cannot be stored of them is asked again after a restart."""
        entry = self.entry
        try:
            with entry.store.transaction():
                entry.mark(batch, BatchState.DONE)
                entry.store_results(batch, results)
        except NotStorableError:
            entry.mark(batch, BatchState.DONE)
            self._here[batch] = results

    def stepped(self, state: State, step: Step, batch: int) -> State:
        """A step is done: its state is stored and its batches are consumed, in one transaction.

        Args:
            state: After it.
            step: What is reported of it.
            batch: The number of the next batch.

        Returns:
            The state.
        """
        entry, steps = self.entry, self.steps
        with entry.store.transaction():
            entry.store.insert(
                "steps",
                run=self.run,
                number=len(steps),
                batch=batch,
                step=document(step),
                state=document(state),
            )
            entry.consume()
        steps.append(step)
        self.state, self.batch = state, batch
        self._here.clear()
        return state

    def ended(self, run: Run) -> None:
        """The run is over: its closing energy is consumed, in one transaction."""
        entry = self.entry
        status = RunState.FAILED if run.failed else RunState.FINISHED
        with entry.store.transaction():
            entry.consume()
            entry.change(status=status, message=run.message, result=run)

    def _results(self, batch: str) -> list[Result] | None:
        here = self._here.get(batch)
        return self.entry.results(batch) if here is None else here

    def states(self) -> list[State]:
        """After every step, in order."""
        return [value(row["state"]) for row in self.entry.store.rows("steps", run=self.run)]
