"""A run between a ledger and a cloud, cut anywhere and with everything that can go wrong."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError, NoReplyError, NotNowError, RefusedError, UnreadableError
from qng.execute.statevector.executor import Statevector
from qng.geometry import Tikhonov
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.plan.cloud import Job, JobState
from qng.run.durable import control
from qng.run.durable.resume import Given
from qng.run.durable.terms import Terms
from qng.run.durable.waiting import Broken, Parked, Waiting
from qng.run.ledger import Ledger, LedgerError
from qng.run.results import Run
from tests.clouds import Account, FakeCloud, Fault, Killed
from tests.executors import Queued
from tests.run.durable.couriers import STEPS, Trip, killed_at_commit, same

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that nothing has disturbed."""
    return Trip(tmp_path_factory.mktemp("whole")).begin()


def ended(trip: Trip, most: int = 6) -> Run:
    """The run, resumed as often as it halts."""
    for _ in range(most):
        try:
            run = trip.go()
        except (Waiting, Killed):
            continue
        if not run.failed:
            return run
    raise AssertionError("it does not end")


def test_one_job_a_step_and_one_for_the_closing_energy(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path)
    trip.check(trip.begin(), whole)
    plain = qng.minimize("textbook-2", "qng", steps=STEPS, shots=4000, seed=3)
    for column in ("theta", "energy", "std_error", "shots", "evaluations"):
        np.testing.assert_array_equal(whole.trace[column], plain.trace[column])
    assert (trip.account.calls["send"], len(trip.account.jobs)) == (STEPS + 1, STEPS + 1)
    (found,) = qng.runs(trip.ledger)
    assert (found.state, found.jobs, found.steps) == ("finished", STEPS + 1, STEPS)
    assert found.booked == pytest.approx(trip.account.seconds)
    # The same result once more, and nothing is sent.
    same(trip.resume(), whole)
    assert trip.account.calls["send"] == STEPS + 1


def test_killed_at_every_request(tmp_path: Path, whole: Run) -> None:
    plain = Trip(tmp_path)
    plain.begin()
    for number in range(1, plain.account.calls["all"] + 1):
        for acted in (False, True):
            account = Account(faults={("all", number): Fault(Killed(), acted)})
            trip = Trip(tmp_path / f"{number}-{acted}", account)
            with pytest.raises(Killed):
                trip.begin()
            trip.check(trip.go(), whole)
            assert len(trip.account.jobs) == STEPS + 1


@pytest.mark.parametrize("committed", [False, True])
def test_killed_at_every_commit(
    tmp_path: Path, whole: Run, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 0
    while True:
        number += 1
        trip = Trip(tmp_path / str(number))
        with killed_at_commit(number, committed, monkeypatch) as was_killed, suppress(Killed):
            run = trip.begin()
        if not was_killed():
            break
        trip.check(trip.go(), whole)
        assert len(trip.account.jobs) == STEPS + 1
    assert number > 6 * STEPS
    trip.check(run, whole)


LOST = NoReplyError("elsewhere does not answer")


@pytest.mark.parametrize("acted", [False, True])
@pytest.mark.parametrize(
    "kind", ["prepare", "check", "left", "send", "job", "jobs", "raw", "close"]
)
def test_a_reply_that_is_lost(tmp_path: Path, whole: Run, kind: str, acted: bool) -> None:
    number = 1 if kind in ("prepare", "close") else 2
    trip = Trip(tmp_path, Account(faults={(kind, number): Fault(LOST, acted)}))
    trip.check(trip.begin(), whole)
    assert len(trip.account.jobs) == STEPS + 1


@pytest.mark.parametrize(("lag", "jobs"), [(20.0, STEPS + 1), (50.0, STEPS + 2)])
def test_a_list_that_lags(tmp_path: Path, whole: Run, lag: float, jobs: int) -> None:
    account = Account(list_lag=lag, faults={("send", 2): Fault(LOST, acted=True)})
    trip = Trip(tmp_path, account)
    run = trip.begin()
    account.clock.sleep(lag)
    control.status(ledger=trip.ledger, executor=trip.cloud)
    trip.check(run, whole)
    assert len(account.jobs) == jobs


def test_twins_are_found_cancelled_and_booked(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, Account(doubles=frozenset({2})))
    trip.check(trip.begin(), whole)
    found = control.status(ledger=trip.ledger, contact=False)
    assert len(trip.account.jobs) == STEPS + 2
    (twin,) = found.twins
    assert (twin.state, twin.charged) == ("cancelled", 0.0)


def test_nothing_answers_for_ever(tmp_path: Path, whole: Run) -> None:
    account = Account(faults={("send", 2): Fault(LOST, times=10**6)})
    trip = Trip(tmp_path, account)
    run = trip.begin()
    assert run.failed
    assert "no job was made" in run.message
    assert "qng.resume(" in run.message
    assert len(run.trace) == 1
    account.faults = {}
    trip.check(trip.resume(), whole)


def test_nothing_answers_before_the_first_step(tmp_path: Path, whole: Run) -> None:
    account = Account(faults={("left", 1): Fault(LOST, times=10**6)})
    trip = Trip(tmp_path, account)
    with pytest.raises(Broken, match="nothing has answered for"):
        trip.begin()
    assert not account.jobs
    account.faults = {}
    trip.check(trip.resume(), whole)


def test_a_pause_in_words(tmp_path: Path, whole: Run) -> None:
    account = Account(faults={("check", 2): Fault(NotNowError("elsewhere is in maintenance"))})
    trip = Trip(tmp_path, account)
    run = trip.begin()
    assert run.failed
    assert run.message.startswith("elsewhere is in maintenance")
    (found,) = qng.runs(trip.ledger)
    assert (found.state, found.jobs, found.steps) == ("parked", 1, 1)
    trip.check(trip.resume(), whole)


@pytest.mark.parametrize("kind", ["check", "send", "job", "raw", "left"])
def test_a_pause_that_is_short_is_waited_for(tmp_path: Path, whole: Run, kind: str) -> None:
    busy = NotNowError("too many requests", seconds=17.0)
    trip = Trip(tmp_path, Account(faults={(kind, 2): Fault(busy, times=2)}))
    trip.check(trip.begin(), whole)
    assert trip.account.clock.slept.count(17.0) == 2


@pytest.mark.parametrize("kind", ["check", "send"])
def test_a_refusal(tmp_path: Path, whole: Run, kind: str) -> None:
    trip = Trip(tmp_path, Account(faults={(kind, 3): Fault(RefusedError("no such gate"))}))
    run = trip.begin()
    assert run.failed
    assert run.message.startswith("no such gate; nothing was sent; qng.resume(")
    assert len(trip.account.jobs) == 2
    assert qng.runs(trip.ledger)[0].state == "failed"
    trip.check(trip.resume(), whole)


def test_circuits_are_made_anew(tmp_path: Path, whole: Run) -> None:
    refused = RefusedError("the calibration has no cz", retranspile=True)
    account = Account(faults={("check", 2): Fault(refused)})
    trip = Trip(tmp_path, account)
    run = trip.begin()
    assert "retranspile=True) makes" in run.message
    assert qng.runs(trip.ledger)[0].state == "parked"
    run = trip.resume(retranspile=True)
    assert run.message == f"{whole.message}; circuits were made anew from batch 1 on"
    trip.check(replace(run, message=whole.message), whole)
    assert account.calls["prepare"] == 2
    assert ("retranspiled", "circuits were made anew from batch 1 on") in [
        event[1:] for event in control.status(ledger=trip.ledger, contact=False).events
    ]


def test_a_failed_job_is_sent_again_where_that_may_help(tmp_path: Path, whole: Run) -> None:
    again = Job("", JobState.FAILED, "error 1000", again=True, seconds=1.0)
    trip = Trip(tmp_path, Account(fates={2: again, 3: again}))
    trip.check(trip.begin(), whole)
    assert len(trip.account.jobs) == STEPS + 3


@pytest.mark.parametrize("again", [False, True])
def test_a_job_that_fails(tmp_path: Path, whole: Run, again: bool) -> None:
    fate = Job("", JobState.FAILED, "error 1002", again=again)
    failures = 3 if again else 1
    account = Account(fates=dict.fromkeys(range(2, 2 + failures), fate))
    trip = Trip(tmp_path, account)
    run = trip.begin()
    assert run.failed
    assert "failed: error 1002" in run.message
    assert len(account.jobs) == 1 + failures
    trip.check(trip.resume(), whole)


def test_a_job_that_is_cancelled(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, Account(fates={1: Job("", JobState.CANCELLED, "by someone")}))
    with pytest.raises(Broken, match="was cancelled: by someone"):
        trip.begin()
    trip.check(trip.resume(), whole)


def test_charges_that_come_late(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, Account(charge_looks=6))
    run = trip.begin()
    assert control.status(ledger=trip.ledger, contact=False).charged < trip.account.seconds
    for _ in range(6):
        found = control.status(ledger=trip.ledger, executor=trip.cloud)
    assert found.charged == pytest.approx(trip.account.seconds)
    trip.check(run, whole)


class Garbled(FakeCloud):
    """Its results are broken for a while."""

    def read(self, prepared: Any, raw: str) -> Any:
        self.account.call("read", lambda: None)
        return super().read(prepared, raw)


@pytest.mark.parametrize(
    ("times", "resend"), [(1, False), (2, False), (3, False), (3, True), (4, False)]
)
def test_a_result_that_cannot_be_read(tmp_path: Path, whole: Run, times: int, resend: bool) -> None:
    broken = UnreadableError("the result is no JSON")
    trip = Trip(tmp_path, Account(faults={("read", 1): Fault(broken, times=times)}))
    cloud = Garbled(trip.account)
    if times < 3:
        run = trip.begin(executor=cloud)
    else:
        with pytest.raises(Broken, match="job-1 of batch 0: the result is no JSON; its text is"):
            trip.begin(executor=cloud)
        with Ledger.reading(trip.ledger) as ledger:
            assert ledger.entry().raw("job-1")
        run = trip.resume(executor=cloud, resend=resend)
    trip.check(run, whole)
    # Fetched once more after it was resumed, and only then sent again.
    assert len(trip.account.jobs) == STEPS + 1 + (times == 4 or resend)


class Opened(FakeCloud):
    """It opens something before its first job."""

    def posts(self, shelf: Any) -> int:
        return 1 if self.account.jobs else 2


def test_all_that_is_made_is_paced(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path)
    trip.check(trip.begin(executor=Opened(trip.account)), whole)
    with Ledger.reading(trip.ledger) as ledger:
        assert ledger.entry().store.count("posts") == STEPS + 2


def test_a_budget(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, terms=Terms(grace=30, posts_per_minute=10**6, max_seconds=8.0))
    run = trip.begin()
    assert run.failed
    assert "of 8 s are spent; nothing was sent" in run.message
    assert (len(run.trace), len(trip.account.jobs)) == (2, 2)
    assert qng.runs(trip.ledger)[0].state == "parked"
    with pytest.raises(InputError, match="max_seconds"):
        trip.resume(max_seconds=-1.0)
    trip.check(trip.resume(max_seconds=100.0), whole)


def test_a_quota(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, Account(left=1.0))
    with pytest.raises(Parked, match="the account has 1 s left: nothing was sent"):
        trip.begin()
    assert not trip.account.jobs
    trip.account.left = 100.0
    used_up = [lambda step: setattr(trip.account, "left", 1.0)]
    run = trip.resume(ledger=replace(trip.keeping(), shown=tuple(used_up)))
    assert "the account has 1.0 s left; nothing was sent; qng.resume(" in run.message
    assert (qng.runs(trip.ledger)[0].state, len(trip.account.jobs)) == ("parked", 1)
    trip.account.left = 100.0
    trip.check(trip.resume(), whole)


def test_a_budget_within_a_quota(tmp_path: Path) -> None:
    terms = Terms(grace=30, posts_per_minute=10**6, max_seconds=5.0)
    trip = Trip(tmp_path, Account(left=6.0), terms=terms)
    assert "of 5 s are spent" in trip.begin().message
    assert len(trip.account.jobs) == 1


@pytest.mark.parametrize("acted", [False, True])
def test_a_cloud_that_cannot_list(tmp_path: Path, whole: Run, acted: bool) -> None:
    account = Account(faults={("send", 2): Fault(LOST, acted)})
    trip = Trip(tmp_path, account, lists=False)
    run = trip.begin()
    assert "adopt=JOB) uses it" in run.message
    with pytest.raises(InputError, match="known already"):
        trip.resume(adopt="job-1")
    with pytest.raises(RefusedError, match="no job"):
        trip.resume(adopt="job-9")
    run = trip.resume(adopt="job-2") if acted else trip.resume(resend=True)
    trip.check(run, whole)
    assert len(account.jobs) == STEPS + 1
    with pytest.raises(InputError, match=r"no batch of the run .* is in doubt"):
        trip.resume(adopt="job-3")


def test_killed_while_sending_to_a_cloud_that_cannot_list(tmp_path: Path, whole: Run) -> None:
    account = Account(faults={("send", 1): Fault(Killed(), acted=True)})
    trip = Trip(tmp_path, account, lists=False)
    with pytest.raises(Killed):
        trip.begin()
    with pytest.raises(Broken, match="nobody knows whether batch 0 has a job"):
        trip.resume()
    trip.check(trip.resume(adopt="job-1"), whole)


def test_two_at_once(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, Account(charge_looks=9, faults={("send", 2): Fault(Killed())}))
    with pytest.raises(Killed):
        trip.begin()
    trip.account.charge_looks = 0
    with Ledger.open(trip.ledger) as ledger, ledger.entry().held():
        with pytest.raises(qng.errors.QngError, match="another"):
            trip.resume()
        outcome = control.collect(ledger=trip.ledger, executor=trip.cloud)
        assert (outcome.code, outcome.moved) == (3, False)
        assert "another process" in control.status(ledger=trip.ledger, executor=trip.cloud).trouble
    trip.check(trip.resume(), whole)


def test_interrupted(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, Account(faults={("job", 4): Fault(KeyboardInterrupt())}))
    run = trip.begin()
    assert run.interrupted
    assert (qng.runs(trip.ledger)[0].state, len(trip.account.jobs)) == ("running", 2)
    trip.check(trip.resume(), whole)


def test_sent_and_collected(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, Account(looks=2))
    sent = control.submit(
        "textbook-2",
        "qng",
        ledger=str(trip.ledger),
        terms=trip.terms,
        steps=STEPS,
        shots=4000,
        seed=3,
        executor=trip.cloud,
    )
    assert (sent.state, sent.jobs, sent.steps) == ("running", 1, 0)
    codes = []
    while True:
        outcome = control.collect(sent.run[:6], ledger=trip.ledger, executor=trip.cloud)
        codes.append(outcome.code)
        if outcome.summary.state == "finished":
            break
    assert codes == [3, 0] * (STEPS + 1)
    assert control.collect(ledger=trip.ledger, executor=trip.cloud).code == 0
    trip.check(trip.resume(), whole)


def test_submit_is_for_devices_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no jobs"):
        control.submit("textbook-2", ledger=tmp_path / "runs.db")
    assert not list(tmp_path.iterdir())


def test_cancelled_and_gone_on_with(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path, Account(looks=99, faults={("job", 3): Fault(Killed())}))
    with pytest.raises(Killed):
        trip.begin()
    outcome = control.cancel(ledger=trip.ledger, executor=trip.cloud)
    assert (outcome.moved, outcome.summary.state) == (True, "cancelled")
    assert trip.account.jobs["job-1"].job.state is JobState.CANCELLED
    assert control.collect(ledger=trip.ledger, executor=trip.cloud).code == 1
    trip.account.looks = 1
    trip.check(trip.resume(), whole)
    assert not control.cancel(ledger=trip.ledger, executor=trip.cloud).moved


def test_the_command_line_refuses_what_only_python_has(tmp_path: Path) -> None:
    trip = Trip(tmp_path)
    trip.begin(stop=lambda energies: None)
    with pytest.raises(InputError, match=r"stop=.*executor=elsewhere, which only Python can give"):
        control.go_on(ledger=trip.ledger)
    with pytest.raises(InputError, match=r"stop=.*which only Python can give"):
        control.collect(ledger=trip.ledger, executor=trip.cloud)


def stops(energies: Any) -> str | None:
    return "enough" if len(energies) > 2 else None


def test_functions_of_the_users_are_given_again(tmp_path: Path) -> None:
    seen: list[int] = []
    trip = Trip(tmp_path, Account(faults={("send", 2): Fault(Killed())}), steps=9)
    with pytest.raises(Killed):
        trip.begin(stop=stops, watch=lambda step: seen.append(step.step))
    for missing in ({}, {"stop": stops}, {"watch": print}):
        with pytest.raises(InputError, match="give it again from Python"):
            trip.resume(**missing)
    with pytest.raises(InputError, match="it cannot go on with"):
        trip.resume(stop=lambda energies: None, watch=print)
    with pytest.raises(InputError, match="it cannot go on on statevector"):
        trip.resume(stop=stops, watch=print, executor="statevector")
    run = trip.resume(stop=stops, watch=lambda step: seen.append(step.step))
    assert (run.message, run.nit, seen) == ("enough", 2, [0, 1])


@dataclass(frozen=True)
class Halved:
    """A solver of the user's: half of what ours says."""

    inner: Any = field(default_factory=Tikhonov)

    def __call__(self, metric: Any, signal: Any, *more: Any) -> Any:
        found = self.inner(metric, signal, *more)
        return replace(found, direction=found.direction / 2)

    @property
    def needs_matrix(self) -> bool:
        return False


class Steps:
    """A method of the user's that has no name but where it lies."""

    def __init__(self) -> None:
        self.inner: Any = optimizers.METHODS["qng"]()

    def init(self, theta: Any) -> Any:
        return self.inner.init(theta)

    def next(self, objective: Any, state: Any, told: Any) -> Any:
        return self.inner.next(objective, state, told)

    def noted(self, state: Any, energy: Any) -> Any:
        return self.inner.noted(state, energy)


@pytest.mark.parametrize(
    "make",
    [lambda: Optimizer(Constant(0.1), MeasuredMetric("blocks"), solve=Halved()), Steps],
    ids=["a solver", "a method"],
)
def test_parts_of_the_users_are_given_again(tmp_path: Path, make: Any) -> None:
    plain = Trip(tmp_path / "whole", method=make()).begin()
    account = Account(faults={("send", 2): Fault(Killed())})
    trip = Trip(tmp_path / "cut", account, method=make())
    with pytest.raises(Killed):
        trip.begin()
    with pytest.raises(InputError, match=r"give it again from Python, as .*method="):
        trip.resume()
    with pytest.raises(InputError, match="is another: resume it with the same problem, method"):
        trip.resume(method=optimizers.METHODS["adam"]())
    trip.check(trip.resume(method=make()), plain)


def test_a_service_of_the_users(tmp_path: Path) -> None:
    arguments: Any = {"steps": 2, "shots": 4000, "seed": 3}
    plain = qng.minimize("textbook-2", "qng", executor=Queued(Statevector()), **arguments)
    service, path = Queued(Statevector(), lost=(1,)), tmp_path / "runs.db"
    run = qng.minimize("textbook-2", "qng", executor=service, ledger=path, **arguments)
    assert run.failed
    same(qng.resume(ledger=path, executor=service), plain)
    assert len(service.accepted) == 3


def test_bad_input_leaves_no_run(tmp_path: Path) -> None:
    trip = Trip(tmp_path)
    for bad in ({"shots": 3}, {"shots": None}, {"steps": -1}, {"problem": "no-such"}):
        arguments = {"problem": "textbook-2", "shots": 4000, "steps": 2, **bad}
        with pytest.raises(InputError):
            qng.minimize(**arguments, executor=trip.cloud, ledger=trip.keeping())
    assert not trip.ledger.exists()


def test_more_steps(tmp_path: Path) -> None:
    trip = Trip(tmp_path / "a")
    trip.begin()
    trip.account.faults = {("send", STEPS + 3): Fault(Killed())}
    with pytest.raises(Killed):
        trip.resume(steps=5)
    # The new limit is kept.
    same(trip.resume(), Trip(tmp_path / "b", steps=5).begin())


@pytest.mark.parametrize("method", ["cobyla", "l-bfgs-b", "rotosolve"])
def test_methods_that_pull(tmp_path: Path, method: str) -> None:
    plain = Trip(tmp_path / "0", method=method).begin()
    for number in range(1, STEPS + 1):
        account = Account(faults={("send", number): Fault(Killed(), acted=True)})
        trip = Trip(tmp_path / str(number), account, method=method)
        with pytest.raises(Killed):
            trip.begin()
        trip.check(trip.resume(), plain)


@pytest.mark.parametrize("executor", ["statevector", "statevector:single"])
@pytest.mark.parametrize("shots", [None, 4000])
def test_simulators_with_a_ledger(
    tmp_path: Path, executor: str, shots: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: Any = {"steps": 3, "shots": shots, "seed": 3, "executor": executor}
    plain = qng.minimize("textbook-2", "qng", **arguments)
    path = tmp_path / "runs.db"
    for number in (2, 5, 9):
        with killed_at_commit(number, True, monkeypatch), pytest.raises(Killed):
            qng.minimize("textbook-2", "qng", ledger=path, **arguments)
        same(qng.resume(ledger=path), plain)
        path.unlink()
    same(qng.minimize("textbook-2", "qng", ledger=path, **arguments), plain)
    assert control.verify(ledger=path).holds


def test_verified_without_the_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trip = Trip(tmp_path)
    trip.begin()
    before = dict(trip.account.calls)
    given = Given(executor=trip.cloud)
    verdict = control.verify(ledger=trip.ledger, given=given)
    assert (verdict.holds, verdict.batches, verdict.steps) == (True, STEPS + 1, STEPS)
    assert dict(trip.account.calls) == before
    with Ledger.open(trip.ledger) as ledger:
        entry = ledger.entry()
        other = entry.raw("job-2")
        entry.store_raw("job-2", str(entry.raw("job-3")))
    assert control.verify(ledger=trip.ledger, given=given).differs == "1"
    with Ledger.open(trip.ledger) as ledger:
        entry = ledger.entry()
        entry.store_raw("job-2", str(other))
        entry.store_results("1", entry.results("0") or [])
    assert control.verify(ledger=trip.ledger, given=given).differs == "1"


def test_exported(tmp_path: Path) -> None:
    trip = Trip(tmp_path)
    run = trip.begin()
    found = control.export(ledger=trip.ledger, given=Given(executor=trip.cloud))
    same_rows = found.trace.rows
    assert [row.energy for row in same_rows] == [row.energy for row in run.trace.rows]
    assert list(found.batches) == ["0", "1", "2-closing"]
    asked = found.batches["0"][0]
    assert "OPENQASM 3" in found.circuits[asked["circuit"]]
    assert [sum(counts.values()) for counts in asked["counts"]] == asked["shots"]


def test_a_disk_that_is_full_for_a_while(
    tmp_path: Path, whole: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = LedgerError("the ledger cannot be written: no space is left")
    for number in (4, 12):
        trip = Trip(tmp_path / str(number))
        with killed_at_commit(number, False, monkeypatch, full) as was_full:
            if number == 4:
                with pytest.raises(LedgerError, match="no space"):
                    trip.begin()
            else:
                run = trip.begin()
                assert (run.failed, run.message) == (True, str(full))
        assert was_full()
        assert qng.runs(trip.ledger)[0].state == "running"
        trip.check(trip.resume(), whole)


def test_a_version_that_plans_otherwise(tmp_path: Path) -> None:
    trip = Trip(tmp_path, Account(faults={("job", 1): Fault(Killed())}))
    with pytest.raises(Killed):
        trip.begin()
    with Ledger.open(trip.ledger) as ledger:
        entry = ledger.entry()
        entry.mark("0", "submitted", asked="0" * 64)
    with pytest.raises(InputError, match=r"batch 0 of the run .* is planned otherwise"):
        trip.resume()


def test_a_budget_is_for_devices_that_charge(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="max_seconds is for devices that charge"):
        qng.minimize("textbook-2", max_seconds=10)
    with pytest.raises(InputError, match="leave journal out"):
        qng.minimize("textbook-2", ledger=tmp_path / "a.db", journal=qng.run.journal.Journal())


def test_fewer_steps_than_are_done(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path)
    trip.begin()
    with pytest.raises(InputError, match=r"2 steps of the run .* are done: it can end after 2 or"):
        trip.resume(steps=1)
    trip.check(trip.resume(), whole)
    assert control.verify(ledger=trip.ledger, given=Given(trip.cloud)).holds


def test_a_device_that_is_chosen_as_it_is_needed(tmp_path: Path, whole: Run) -> None:
    trip = Trip(tmp_path)
    chosen = replace(trip.cloud, settings={"name": "any"})
    trip.begin(executor=chosen)
    trip.check(trip.resume(executor=replace(chosen, name="any")), whole)
    with pytest.raises(InputError, match="began on elsewhere: it cannot go on on another"):
        trip.resume(executor=replace(chosen, name="another", settings={"name": "another"}))
