"""A run once more from what its ledger has: without device, network or draws of its own."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from qng.errors import UnreadableError
from qng.plan.canonical import digest
from qng.plan.cloud import Cloud
from qng.plan.request import Request, Result
from qng.run.codec import dumps
from qng.run.durable.waiting import Waiting
from qng.run.journal import Journal
from qng.run.ledger.rows import BatchState
from qng.run.recipe import Recipe, otherwise
from qng.run.task import Task

if TYPE_CHECKING:
    from qng.run.ledger import Entry

_THERE = (BatchState.DONE, BatchState.CONSUMED)

# Relative; what was read from other counts differs by much more, and sums in another order by less.
_ROUNDING: Final = 1e-8


class DiffersError(Waiting):
    """A run does not follow from what its ledger has.

    Args:
        batch: The first batch where it does not.
        message: What was found there.
    """

    def __init__(self, batch: str, message: str) -> None:
        super().__init__(message)
        self.batch = batch


class EndOfArchiveError(Waiting):
    """The ledger has no more batches."""


@dataclass
class Archive:
    """Answers the batches of a run from its ledger.

    Args:
        entry: The run.
        device: What has answered: a cloud, which reads, or an executor, which is asked again where
            its answers live in one process only.
        heard: Told of every batch: its name, what was asked and the results.

    Attributes:
        batches: The names of those that were answered.
    """

    entry: Entry
    device: Any
    heard: Callable[[str, Sequence[Request], list[Result]], Any] = lambda *_: None
    batches: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """That of the device."""
        return str(self.device.name)

    @property
    def answers(self) -> frozenset[type]:
        """The measures that it answers."""
        answers: frozenset[type] = self.device.answers
        return answers

    @property
    def noise(self) -> str:
        """What disturbs its states."""
        return str(self.device.noise)

    @property
    def dealing(self) -> Any:
        """Which numbers of shots it runs."""
        return getattr(self.device, "dealing", None)

    def answer(self, requests: Sequence[Request], batch: str, seed: int) -> list[Result]:
        """The results of a batch from its raw text.

        Raises:
            DiffersError: It was asked something else, or its text says otherwise than its results.
            EndOfArchiveError: It is not there.
        """
        row = self.entry.batch_row(batch)
        if row is None or row.state not in _THERE:
            raise EndOfArchiveError(f"batch {batch} is not there")
        if row.asked != digest(requests, seed):
            raise DiffersError(
                batch, f"batch {batch} is planned otherwise: {otherwise(self.entry.recipe)}"
            )
        kept = self.entry.results(batch)
        results = self._read(requests, batch, seed, kept)
        if kept is not None and dumps(kept) != dumps(results):
            raise DiffersError(batch, f"batch {batch} has other results than its raw text says")
        self.batches.append(batch)
        self.heard(batch, requests, results)
        return results

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """What the device itself answers, for what is no batch of the run."""
        found: list[Result] = self.device.run(requests, seed)
        return found

    def _read(
        self, requests: Sequence[Request], batch: str, seed: int, kept: list[Result] | None
    ) -> list[Result]:
        handle = self.entry.batch_row(batch)
        jobs = () if handle is None or handle.handle is None else handle.handle.jobs
        raw = self.entry.raw(jobs[0]) if jobs else None
        if raw is None:
            return self.run(requests, seed) if kept is None else kept
        cloud: Cloud = self.device
        try:
            return cloud.read(cloud.prepare(requests, seed, self.entry.shelf), raw)
        except UnreadableError as error:
            raise DiffersError(
                batch, f"the raw text of batch {batch} is another: {error}"
            ) from error


def replayed(
    task: Task,
    entry: Entry,
    recipe: Recipe,
    heard: Callable[[str, Sequence[Request], list[Result]], Any] = lambda *_: None,
) -> tuple[int, int]:
    """Do a run again from its ledger, and compare every state with the one that is stored.

    They agree to rounding: other processors and versions of NumPy and qng add in another order.

    Args:
        task: What is run, on the device that has answered.
        entry: The run.
        recipe: How it was made.
        heard: Told of every batch.

    Returns:
        How many batches were answered, and how many states were reached.

    Raises:
        DiffersError: Naming the first batch where something differs.
    """
    states = entry.journal.states()
    archive = Archive(entry, task.device, heard)
    done: list[int] = [0, 0]

    def compare(journal: Journal) -> None:
        reached = len(journal.steps)
        if reached == done[0]:
            return
        done[0] = reached
        here = archive.batches[done[1]] if done[1] < len(archive.batches) else "?"
        done[1] = len(archive.batches)
        if reached > len(states) or not agree(journal.state, states[reached - 1]):
            raise DiffersError(here, f"another state follows from batch {here}")
        # The next step is asked from the point that was asked about.
        journal.state = states[reached - 1]

    journal = Journal(run=entry.run, written=compare)
    try:
        # It answers as a courier does.
        device: Any = archive
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they were given when it was run
            found = replace(task, device=device).run(entry.label, journal, recipe)
    except EndOfArchiveError:
        found = None
    ended = entry.result
    if found is not None and ended is not None and not agree(found.fun, ended.fun):
        raise DiffersError(archive.batches[-1], "another energy follows from the last batch")
    return len(archive.batches), len(journal.steps)


def agree(one: Any, other: Any) -> bool:
    """Whether two values are the same but for the rounding of their numbers."""
    return _alike(json.loads(dumps(one)), json.loads(dumps(other)), 1.0)


def _alike(one: Any, other: Any, scale: float) -> bool:
    """The same of their documents; numbers of a list are compared on the scale of the largest."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[k], other[k], scale) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        numbers = [abs(x) for x in other if isinstance(x, float) and math.isfinite(x)]
        largest = max(numbers, default=scale)
        return len(one) == len(other) and all(_alike(x, y, largest) for x, y in zip(one, other))
    if isinstance(one, float) and isinstance(other, float):
        same = math.isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING * scale)
        return same or (math.isnan(one) and math.isnan(other))
    return bool(one == other)
