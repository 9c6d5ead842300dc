"""Jobs that are seen late, or by a clock that was set, are accounted for all the same."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qng.errors import NotNowError, RefusedError
from qng.plan.cloud import JobState
from qng.run.durable import control
from qng.run.durable.terms import Terms
from qng.run.durable.waiting import Parked, Waiting
from qng.run.ledger import Ledger
from tests.clouds import Account, FakeCloud, Fault, Killed
from tests.run.durable.couriers import STEPS, Trip, killed_at_commit


def killed_as_it_sent(folder: Path, account: Account, **more: Terms) -> Trip:
    """A run whose process ended when its first job was made, and nobody has noted that."""
    trip = Trip(folder, account, **more)
    with pytest.raises(Killed):
        trip.begin()
    assert len(account.jobs) == 1
    return trip


def test_a_job_that_is_listed_after_the_run_was_cancelled(tmp_path: Path) -> None:
    account = Account(list_lag=50.0, faults={("send", 1): Fault(Killed(), acted=True)})
    trip = killed_as_it_sent(tmp_path, account)
    control.cancel(ledger=trip.ledger, executor=trip.cloud)
    account.clock.sleep(60)
    found = control.status(ledger=trip.ledger, executor=trip.cloud)
    assert [job.id for job in found.twins] == ["job-1"]
    assert account.jobs["job-1"].job.state is JobState.CANCELLED
    trip.check(trip.resume(), Trip(tmp_path / "whole").begin())


def test_a_job_that_is_listed_after_the_end_of_the_run(tmp_path: Path) -> None:
    account = Account(list_lag=1000.0, faults={("send", 1): Fault(Killed(), acted=True)})
    trip = killed_as_it_sent(tmp_path, account)
    run = trip.resume()
    assert len(account.jobs) == STEPS + 2
    account.clock.sleep(2000)
    found = control.status(ledger=trip.ledger, executor=trip.cloud)
    assert len(found.twins) == 1
    trip.check(run, Trip(tmp_path / "whole").begin())


def test_a_job_of_an_account_that_cannot_pay_for_the_rest(tmp_path: Path) -> None:
    account = Account(left=12.0, faults={("send", 1): Fault(Killed(), acted=True)})
    trip = killed_as_it_sent(tmp_path, account)
    account.left = 8.0
    with suppress(Waiting):
        trip.resume()
    with Ledger.reading(trip.ledger) as ledger:
        assert "job-1" in {job.id for job in ledger.entry().jobs()}


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    trip = killed_as_it_sent(
        tmp_path, Account(list_lag=1e9, faults={("send", 1): Fault(Killed(), acted=True)})
    )
    trip.account.list_lag = 0.0
    trip.account.jobs.clear()
    trip.account.clock.time -= 86_400
    before = trip.account.clock.now()
    trip.resume()
    assert trip.account.clock.now() - before < 10 * trip.terms.grace


@pytest.mark.parametrize("seconds", [5.0, 600.0])
def test_a_service_that_says_later_for_ever(tmp_path: Path, seconds: float) -> None:
    busy = Fault(NotNowError("too many requests", seconds), times=10**6)
    trip = Trip(tmp_path, Account(faults={("send", 1): busy}))
    before = trip.account.clock.now()
    with pytest.raises(Parked, match="too many requests; nothing was sent; qng"):
        trip.begin()
    assert trip.account.clock.now() - before <= trip.terms.patience
    calls = trip.account.calls["send"]
    with pytest.raises(Parked):
        trip.resume(ledger=trip.keeping(leave=True))
    assert trip.account.calls["send"] - calls <= 5
    trip.account.faults = {}
    trip.check(trip.resume(), Trip(tmp_path / "whole").begin())


def test_a_batch_in_doubt_is_sent_again_at_once(tmp_path: Path) -> None:
    account = Account(faults={("send", 1): Fault(Killed())})
    trip = Trip(tmp_path, account, lists=False)
    with pytest.raises(Killed):
        trip.begin()
    trip.check(trip.resume(resend=True), Trip(tmp_path / "whole").begin())
    assert len(account.jobs) == STEPS + 1


def test_charges_that_are_never_told_are_not_asked_for_again(tmp_path: Path) -> None:
    account = Account(charge_looks=10**6)
    trip = Trip(tmp_path, account, lists=False)
    trip.begin()
    before = account.calls["job"]
    trip.resume()
    assert account.calls["job"] == before


def test_what_was_cancelled_a_moment_ago_is_not_sent_again(tmp_path: Path) -> None:
    trip = killed_as_it_sent(
        tmp_path, Account(looks=99, faults={("send", 1): Fault(Killed(), acted=True)})
    )
    control.cancel(ledger=trip.ledger, executor=trip.cloud)
    with pytest.raises(Waiting, match="was cancelled meanwhile: qng"):
        trip.resume(ledger=trip.keeping(leave=True))
    assert len(trip.account.jobs) == 1


def test_that_circuits_were_made_anew_is_noted_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 12):
        refused = Fault(RefusedError("the calibration has no cz", retranspile=True))
        trip = Trip(tmp_path / str(number), Account(faults={("check", 2): refused}))
        trip.begin()
        with killed_at_commit(number, True, monkeypatch), suppress(Killed):
            trip.resume(retranspile=True)
        anew = trip.account.calls["prepare"] == 2
        assert ("were made anew from batch 1 on" in trip.resume().message) is anew


def test_a_job_that_fits_into_the_budget_is_not_ended_for_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[float, float | None]] = []
    send = FakeCloud.send

    def noting(self: FakeCloud, prepared: Any, tags: Any, most: float | None, shelf: Any) -> str:
        sent.append((prepared.load.seconds, most))
        return send(self, prepared, tags, most, shelf)

    monkeypatch.setattr(FakeCloud, "send", noting)
    trip = Trip(tmp_path, terms=Terms(grace=30, posts_per_minute=10**6, max_seconds=7.0))
    assert trip.begin().failed
    assert [most for _, most in sent] == [7.0, 4.0]
    assert all(most is not None and seconds <= most for seconds, most in sent)
