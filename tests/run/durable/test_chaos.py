"""Seeded random faults and kills, many at once: a run ends the same, and all of it is booked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from qng.errors import NoReplyError, NotNowError, QngError
from qng.plan.cloud import Job, JobState
from qng.run.durable import control
from qng.run.ledger.store import Store
from qng.run.results import Run
from tests.clouds import Account, Killed
from tests.run.durable.couriers import Trip

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")


@dataclass
class Wild(Account):
    """A cloud at which a part of all calls goes wrong, before it has acted or after it.

    Args:
        random: Draws what.
        share: Of the calls.
    """

    random: Random | None = None
    share: float = 0.0

    def call(self, kind: str, act: Callable[[], Any]) -> Any:
        assert self.random is not None
        self.calls[kind] += 1
        self.calls["all"] += 1
        if self.random.random() >= self.share:
            return act()
        error = self.random.choice(
            [
                Killed(),
                NoReplyError("gone"),
                NotNowError("busy", seconds=5.0),
                NotNowError("closed"),
            ]
        )
        # What is refused has not happened.
        if not isinstance(error, NotNowError) and self.random.random() < 0.5:
            act()
        raise error


def wild(seed: int) -> Wild:
    """A cloud with jobs that fail, are cancelled, made twice, listed and charged late."""
    random = Random(seed)
    fates = {}
    for number in range(1, 40):
        if random.random() < 0.1:
            again = random.random() < 0.7
            failed = Job("", JobState.FAILED, "an error", again=again, seconds=1.0)
            fates[number] = random.choice([failed, Job("", JobState.CANCELLED, "by someone")])
    return Wild(
        looks=random.choice([0, 1, 3]),
        list_lag=random.choice([0.0, 5.0, 20.0, 50.0]),
        charge_looks=random.choice([0, 3]),
        doubles=frozenset(number for number in range(1, 40) if random.random() < 0.1),
        fates=fates,
        random=random,
        share=random.choice([0.02, 0.08, 0.2]),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that nothing has disturbed."""
    return Trip(tmp_path_factory.mktemp("whole")).begin()


@pytest.mark.parametrize("seed", range(12))
def test_random_faults_and_kills(
    tmp_path: Path, seed: int, whole: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, execute = wild(seed), Store._execute
    random, share = Random(seed), [0.02]

    def killing(self: Store, command: str, values: Any = ()) -> Any:
        if command == "COMMIT" and random.random() < share[0]:
            if random.random() < 0.5:
                execute(self, command, values)
            raise Killed
        return execute(self, command, values)

    monkeypatch.setattr(Store, "_execute", killing)
    trip = Trip(tmp_path / "wild", account)
    for turn in range(200):
        with suppress(Killed, QngError):
            if trip.begun and turn % 2 and seed % 2:
                control.collect(ledger=trip.ledger, executor=trip.cloud)
            elif not trip.go().failed:
                break
        account.clock.sleep(10)
    share[0] = account.share = 0.0
    account.clock.sleep(60)  # by then all jobs are listed
    for _ in range(4):
        run = trip.resume()
    trip.check(run, whole)
