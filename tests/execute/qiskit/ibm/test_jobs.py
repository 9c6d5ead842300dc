"""Jobs as the service tells of them."""

from __future__ import annotations

import os
import time

import pytest

from qng.errors import NoReplyError
from qng.execute.qiskit.ibm.jobs import AGAIN, job_of, state_of
from qng.plan.cloud import JobState
from tests.execute.qiskit.ibm.journey import SINCE, Shelf, final, prepared
from tests.loopback import Fault


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Queued", JobState.WAITING),
        ("RUNNING", JobState.RUNNING),
        ("Completed", JobState.DONE),
        ("Failed", JobState.FAILED),
        ("Cancelled", JobState.CANCELLED),
        ("Cancelled - Ran too long", JobState.CANCELLED),
        ("Failed - for a reason", JobState.FAILED),
        ("Something else", JobState.RUNNING),
        ("", JobState.RUNNING),
    ],
)
def test_every_status_text_is_a_state(text, state):
    assert state_of(text) is state


def told(status, **state):
    return {"id": "d1", "state": {"status": status, **state}, "created": "2026-11-28T20:00:00Z"}


def test_reasons_are_one_line():
    found = job_of(told("Failed", reason="It\n broke", reason_code=1006))
    assert found.reason == "It broke; code 1006"
    assert found.again
    assert found.created == "2026-11-28T20:00:00+00:00"
    found = job_of(told("Cancelled", reason="", reason_code=1305))
    assert found.reason == "it ran longer than it was allowed to; code 1305"
    assert not found.again
    assert "too long" not in job_of(told("Cancelled")).reason
    assert job_of(told("Cancelled - Ran too long")).reason.startswith("it ran longer")
    assert "someone cancelled it" in job_of(told("Cancelled")).reason
    assert "which qng does not know" in job_of(told("Odd")).reason
    assert job_of(told("Completed", reason="fine")).reason == ""


def test_only_some_codes_are_sent_again():
    assert sorted(AGAIN) == [1000, 1006, 1008, 1010, 1011, 5203]
    for code in (*AGAIN, 1002, 1305, 1517, 5201, 7000, 8057):
        assert job_of(told("Failed", reason="x", reason_code=code)).again == (code in AGAIN)
        assert job_of(told("Failed", reason="x", reasonCode=str(code))).again == (code in AGAIN)
        assert not job_of(told("Cancelled", reason="x", reason_code=code)).again


@pytest.mark.parametrize("answer", [{}, {"id": "d1", "state": "x"}, {"state": {}}])
def test_what_is_no_job_is_no_answer(answer):
    with pytest.raises(NoReplyError):
        job_of(answer)


def test_a_job_waits_runs_and_is_done_and_its_charge_may_come_later(world, ibm):
    world.late, world.looks = 2, 3
    world.known["ibm_manila"].queue = 4
    batch = prepared(ibm)
    job = ibm.send(batch, ["t"], None, Shelf())
    seen = [ibm.job(job) for _ in range(6)]
    states = ("waiting", "running", "running", "done", "done", "done")
    assert [one.state for one in seen] == list(states)
    assert [one.ahead for one in seen] == [4, None, None, None, None, None]
    charge = world.jobs[0].charged
    assert [one.seconds for one in seen] == [None] * 5 + [charge]


@pytest.mark.parametrize(
    ("fate", "value", "state", "reason"),
    [
        ("job failed", 1006, JobState.FAILED, "Error 1006 of the system; code 1006"),
        ("job failed", 1517, JobState.FAILED, "Error 1517 of the system; code 1517"),
        ("job cancelled", None, JobState.CANCELLED, "Cancelled by another user of the instance"),
        ("job timed out", None, JobState.CANCELLED, "it ran longer than it was allowed to"),
        ("job with an unknown status", None, JobState.CANCELLED, "it ran longer"),
    ],
)
def test_why_a_job_ended(world, ibm, fate, value, state, reason):
    world.break_at(Fault("submit", fate, value=value))
    found = final(ibm, ibm.send(prepared(ibm), ["t"], None, Shelf()))
    assert found.state is state
    assert found.reason.startswith(reason)
    assert found.again == (value == 1006)


def test_a_job_that_fails_without_a_reason_says_what_stands_in_its_result(world, ibm, job):
    world.jobs[0].status, world.jobs[0].reason = "Failed", ""
    assert ibm.job(job).reason == "Traceback (most recent call last):"


def test_a_job_is_ended_where_its_time_is_up(world, ibm):
    job = ibm.send(prepared(ibm, shots=4000), ["t"], 2.9, Shelf())
    found = final(ibm, job)
    assert (found.state, found.seconds) == (JobState.CANCELLED, 2.0)
    assert "longer" in found.reason
    job = ibm.send(prepared(ibm, shots=4000), ["t"], 1000.0, Shelf())
    assert final(ibm, job).state is JobState.DONE


def test_all_pages_of_jobs_are_listed_the_oldest_first(world, ibm, monkeypatch):
    monkeypatch.setattr("qng.execute.qiskit.ibm.jobs._PAGE", 3)
    batch = prepared(ibm)
    jobs = [ibm.send(batch, ["mine", f"n{k}"], None, Shelf()) for k in range(8)]
    ibm.send(batch, ["other"], None, Shelf())
    assert [job.id for job in ibm.jobs("mine", SINCE)] == jobs
    assert [job.id for job in ibm.jobs("n3", SINCE)] == [jobs[3]]
    assert ibm.jobs("nobody", SINCE) == []
    assert {len(job.tags) for job in ibm.jobs("mine", "")} == {2}


@pytest.mark.parametrize("count", [None, 0, 100])
def test_pages_end_whatever_the_service_says_of_their_number(world, ibm, count, monkeypatch):
    monkeypatch.setattr("qng.execute.qiskit.ibm.jobs._PAGE", 2)
    batch = prepared(ibm)
    jobs = [ibm.send(batch, ["mine"], None, Shelf()) for _ in range(4)]
    for client in ibm._reach.clients:
        ask = client.jobs_get
        monkeypatch.setattr(
            client, "jobs_get", lambda ask=ask, **said: ask(**said) | {"count": count}
        )
    assert [job.id for job in ibm.jobs("mine", SINCE)] == jobs


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_jobs_are_listed_since_a_time_in_any_zone(world, ibm, job, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        since = ibm.job(job).created
        assert [one.id for one in ibm.jobs("qng-run:1", since)] == [job]
        assert ibm.jobs("qng-run:1", "2100-01-01T00:00:00+00:00") == []
    finally:
        monkeypatch.delenv("TZ")
        os.environ.pop("TZ", None)
        time.tzset()


def test_cancelling_what_is_final_is_no_error(world, ibm, job):
    ibm.cancel(job)
    assert world.jobs[0].status == "Cancelled"
    ibm.cancel(job)
    ibm.cancel("nothing")
    assert ibm.job(job).state is JobState.CANCELLED
