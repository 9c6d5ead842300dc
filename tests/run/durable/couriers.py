"""What tests of couriers share: one small run, killed, faulted and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng.run.durable.keeping import Keeping
from qng.run.durable.patience import Patience
from qng.run.durable.terms import Terms
from qng.run.ledger import Ledger
from qng.run.ledger.store import Store
from qng.run.results import Run
from tests.clouds import Account, FakeCloud, Killed

STEPS = 2


@dataclass
class Trip:
    """A run of textbook-2 with a cloud of its own.

    Args:
        folder: Where its ledger is.
        account: Of the cloud.
        terms: On which it waits.
        lists: Whether the cloud lists jobs.
        method: As in `minimize`.
        problem: As in `minimize`.
        steps: Most updates.
    """

    folder: Path
    account: Account = field(default_factory=Account)
    terms: Terms = field(default_factory=lambda: Terms(grace=30, posts_per_minute=10**6))
    lists: bool = True
    method: Any = "qng"
    problem: str = "textbook-2"
    steps: int = STEPS
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)

    @property
    def cloud(self) -> FakeCloud:
        return FakeCloud(self.account, lists=self.lists)

    @property
    def ledger(self) -> Path:
        return self.folder / "runs.db"

    def patience(self, leave: bool = False) -> Patience:
        clock = self.account.clock
        return Patience(self.terms, leave, self.told.append, clock.sleep, clock.now)

    def keeping(self, leave: bool = False) -> Keeping:
        return Keeping(self.ledger, self.patience(leave))

    def begin(self, **more: Any) -> Run:
        return qng.minimize(
            self.problem,
            self.method,
            **{
                "steps": self.steps,
                "shots": 4000,
                "seed": 3,
                "executor": self.cloud,
                "ledger": self.keeping(),
                **more,
            },
        )

    def resume(self, **more: Any) -> Run:
        return qng.resume(**{"ledger": self.keeping(), "executor": self.cloud, **more})

    def go(self) -> Run:
        """Begin, or go on where something is in the ledger."""
        return self.resume() if self.ledger.exists() else self.begin()

    @property
    def begun(self) -> bool:
        return self.ledger.exists()

    def check(self, run: Run, whole: Run) -> None:
        """The same run, all of its jobs and seconds accounted for, every batch from one job."""
        same(run, whole)
        with Ledger.reading(self.ledger) as ledger:
            (entry,) = ledger.entries()
            jobs = {job.id: job for job in entry.jobs()}
            assert set(jobs) == set(self.account.jobs)
            assert entry.booked == pytest.approx(self.account.seconds)
            rows = entry.batch_rows()
            assert all(row.state.value == "consumed" for row in rows)
            used = [job.batch for job in jobs.values() if job.role.value == "used"]
            assert sorted(used) == sorted(row.number for row in rows)
            assert entry.status.value == "finished"


def same(one: Run, other: Run) -> None:
    for column in set(one.trace.columns) - {"seconds"}:
        np.testing.assert_array_equal(one.trace[column], other.trace[column], err_msg=column)
    assert (one.fun, one.nfev, one.shots) == (other.fun, other.nfev, other.shots)
    assert (one.message, one.success) == (other.message, other.success)


@contextmanager
def killed_at_commit(
    number: int, committed: bool, patch: pytest.MonkeyPatch, error: BaseException | None = None
) -> Iterator[Callable[[], bool]]:
    """Here the process ends at the n-th commit, before it or after it; tells whether it did.

    Where an error is given, that and all later commits fail with it, and it goes on.
    """
    count, done = [0], [False]
    execute = Store._execute

    def killing(self: Store, command: str, values: Any = ()) -> Any:
        if command != "COMMIT":
            return execute(self, command, values)
        count[0] += 1
        if count[0] < number or (error is None and count[0] > number):
            return execute(self, command, values)
        done[0] = True
        if error is not None:
            raise error
        if committed:
            execute(self, command, values)
        raise Killed

    with patch.context() as here:
        here.setattr(Store, "_execute", killing)
        yield lambda: done[0]
