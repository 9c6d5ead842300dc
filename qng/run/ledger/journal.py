"""The journal of a run in a ledger, with the members of `run.journal.Journal`.

Every change is one commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qng.errors import InputError
from qng.optimize.method import State, Step
from qng.plan.executor import Handle
from qng.plan.request import Result
from qng.run.codec import NotStorableError
from qng.run.journal import Batch
from qng.run.ledger.rows import BatchState, RunState, document, value

if TYPE_CHECKING:
    from qng.run.ledger.entry import Entry
    from qng.run.results import Run


class LedgerJournal:
    """What a run has asked, been told and done, as the ledger has it.

    Args:
        entry: The run.

    Attributes:
        run: Its name.
        recipe: The digest of what is run.
        steps: Those that are done, in order.
        state: After the last of them.
        batch: The number of the next batch.
    """

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.run = entry.run
        self.recipe = entry.recipe.digest
        rows = entry.store.rows("steps", run=entry.run)
        self.steps: list[Step] = [value(row["step"]) for row in rows]
        self.state: State | None = value(rows[-1]["state"]) if rows else None
        self.batch: int = rows[-1]["batch"] if rows else 0
        # What lives in this process only, for the step that is not finished.
        self._here: dict[str, list[Result]] = {}

    @property
    def batches(self) -> dict[str, Batch]:
        """Those that are not consumed, by name."""
        rows = self.entry.batch_rows()
        return {
            row.number: Batch(row.handle, row.results)
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

    def known(self, batch: str) -> Batch | None:
        """What is known of a batch; None where it was never sent."""
        row = self.entry.batch_row(batch)
        here = self._here.get(batch)
        if row is None:
            return None if here is None else Batch(None, here)
        return Batch(row.handle, here if row.results is None else row.results)

    def sending(self, batch: str) -> None:
        """A batch is about to be sent."""
        self.entry.mark(batch, BatchState.SUBMITTING)

    def submitted(self, batch: str, handle: Handle) -> None:
        """A service has accepted it."""
        self.entry.mark(batch, BatchState.SUBMITTED, handle=handle)

    def answered(self, batch: str, results: list[Result]) -> None:
        """Its results are there; what cannot be stored of them is asked again after a restart."""
        try:
            self.entry.mark(batch, BatchState.DONE, results=results)
        except NotStorableError:
            self._here[batch] = results

    def stepped(self, state: State, step: Step, batch: int) -> None:
        """A step is done: its state is stored and its batches are consumed, in one transaction.

        Args:
            state: After it.
            step: What is reported of it.
            batch: The number of the next batch.
        """
        entry = self.entry
        with entry.store.transaction():
            entry.store.insert(
                "steps",
                run=self.run,
                number=len(self.steps),
                batch=batch,
                step=document(step),
                state=document(state),
            )
            entry.consume()
        self.steps.append(step)
        self.state, self.batch = state, batch
        self._here.clear()

    def ended(self, run: Run) -> None:
        """The run is over: its closing energy is consumed, in one transaction."""
        entry = self.entry
        status = RunState.FAILED if run.failed else RunState.FINISHED
        with entry.store.transaction():
            entry.consume()
            entry.change(status=status, message=run.message, result=run)

    def states(self) -> list[State]:
        """After every step, in order."""
        return [value(row["state"]) for row in self.entry.store.rows("steps", run=self.run)]
