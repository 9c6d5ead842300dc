"""What a run has asked, been told and done: it can be cut anywhere and continued from here.

This journal is kept in memory, and `codec` writes it down. What only a simulator knows, its live
derivative states, is not written: it is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from qng.errors import InputError, QngError
from qng.optimize.method import State, Step
from qng.plan.executor import Handle
from qng.plan.request import Request, Result


class JournalError(QngError):
    """A journal cannot be written."""


@dataclass
class Batch:
    """What is known of a batch.

    Args:
        handle: Where it waits, once a service has accepted it.
        results: One a request, once they are there.
    """

    handle: Handle | None = None
    results: list[Result] | None = None


@dataclass(frozen=True, eq=False)
class Reached:
    """Where a run has come to, so that it can go on from there.

    Args:
        state: After the last step that is done.
        batch: The number of the next batch.
        rest: Steps that are done and are no rows of the trace, of a run that was cut.
    """

    state: State
    batch: int
    rest: tuple[Step, ...] = ()

    @staticmethod
    def of(journal: Notes, rows: int) -> Reached | None:
        """That of a journal; None before the first step.

        Args:
            journal: What is done.
            rows: How many of the steps are rows of the trace.
        """
        if journal.state is None:
            return None
        return Reached(journal.state, journal.batch, tuple(journal.steps[rows:]))


class Notes(Protocol):
    """What a run has asked, been told and done, wherever it is noted; members as of `Journal`."""

    @property
    def run(self) -> str:
        """Its name."""

    @property
    def recipe(self) -> str:
        """The digest of what is run."""

    @property
    def batch(self) -> int:
        """The number of the next batch."""

    @property
    def steps(self) -> Sequence[Step]:
        """Those that are done, in order."""

    @property
    def state(self) -> State | None:
        """After the last of them."""

    def begin(self, recipe: str) -> None:
        """Note what is run."""

    def key(self, batch: str) -> str:
        """The name of a batch."""

    def asked(self, batch: str, requests: Sequence[Request], key: Sequence[int]) -> Batch | None:
        """What is known of a batch that is asked now."""

    def known(self, batch: str) -> Batch | None:
        """What is known of a batch."""

    def sending(self, batch: str) -> None:
        """A batch is about to be sent."""

    def submitted(self, batch: str, handle: Handle) -> None:
        """A service has accepted it."""

    def answered(self, batch: str, results: list[Result]) -> None:
        """Its results are there."""

    def stepped(self, state: State, step: Step, batch: int) -> State:
        """A step is done; returns the state from which the run goes on."""


@dataclass
class Journal:
    """The steps of a run, and the batches of the step that is not finished.

    Args:
        run: Its name; batches are named by it and by their number in it.
        recipe: The digest of what is run; empty before it begins.
        steps: Those that are done, in order.
        state: After the last of them.
        batch: The number of the next batch.
        batches: Those of the step that is not finished, by name.
        written: Called after every change, with the journal. Where it fails with an OSError, such
            as of a full disk, the run ends, and what is done is kept.
    """

    run: str = field(default_factory=lambda: uuid4().hex)
    recipe: str = ""
    steps: list[Step] = field(default_factory=list)
    state: State | None = None
    batch: int = 0
    batches: dict[str, Batch] = field(default_factory=dict)
    written: Callable[[Journal], Any] | None = field(default=None, repr=False, compare=False)

    def begin(self, recipe: str) -> None:
        """Note what is run.

        Raises:
            InputError: The journal is of another run.
        """
        if self.recipe and self.recipe != recipe:
            raise InputError(
                "the journal is of another run: continue it with the same problem, method, start, "
                "executor, shots and seed, or give a new journal"
            )
        self.recipe = recipe
        self._changed()

    def key(self, batch: str) -> str:
        """The name of a batch."""
        return f"{self.run}/{batch}"

    def asked(self, batch: str, requests: Sequence[Request], key: Sequence[int]) -> Batch | None:
        """What is known of a batch; None where it was never sent.

        A journal that keeps what was asked compares it with what is asked now.

        Args:
            batch: Its name.
            requests: What is asked.
            key: Of all that is drawn.
        """
        return self.known(batch)

    def known(self, batch: str) -> Batch | None:
        """What is known of a batch; None where it was never sent."""
        return self.batches.get(batch)

    def sending(self, batch: str) -> None:
        """A batch is about to be sent."""
        self.batches[batch] = Batch()
        self._changed()

    def submitted(self, batch: str, handle: Handle) -> None:
        """A service has accepted it."""
        self.batches[batch] = Batch(handle)
        self._changed()

    def answered(self, batch: str, results: list[Result]) -> None:
        """Its results are there."""
        before = self.batches.get(batch)
        self.batches[batch] = Batch(None if before is None else before.handle, results)
        self._changed()

    def stepped(self, state: State, step: Step, batch: int) -> State:
        """A step is done; its batches are no longer needed.

        Args:
            state: After it.
            step: What is reported of it.
            batch: The number of the next batch.

        Returns:
            The state from which the run goes on: this one, unless who is told of it has another.
        """
        self.steps.append(step)
        self.state, self.batch = state, batch
        self.batches = {}
        self._changed()
        return self.state

    def _changed(self) -> None:
        if self.written is None:
            return
        try:
            self.written(self)
        except OSError as error:
            why = error.strerror or error
            raise JournalError(f"the journal cannot be written: {why}") from error
