"""Whatever goes wrong is an error of ours, in one line, which says whether a job was made."""

from __future__ import annotations

import pytest

from qng.errors import NoReplyError, NotNowError, RefusedError, ServiceError, UnreadableError
from qng.execute.qiskit.ibm import IBM
from tests.execute.qiskit.ibm.journey import SINCE, Shelf, final, prepared
from tests.loopback import Fault
from tests.loopback.world import ACCOUNT, TOKEN

BROKEN = ("cut", "half", "empty", "no content", "truncated", "html")
SOME = ("half", "empty", "html")
REFUSED, LATER, OPEN = RefusedError, NotNowError, NoReplyError


def check(error, *words):
    line = str(error)
    assert "\n" not in line
    assert TOKEN not in line
    assert ACCOUNT not in line
    assert "Traceback" not in line
    for word in words:
        assert word in line


def failed(ask):
    """What something ends with, if it does: versions of the client bear different failures."""
    try:
        ask()
    except ServiceError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        *((status, REFUSED) for status in (400, 403, 404, 413)),
        *((status, LATER) for status in (401, 409, 429)),
        *((status, OPEN) for status in (500, 502, 503, 504)),
        *((word, OPEN) for word in (*BROKEN, "corrupt", "hang")),
    ],
)
def test_sending(world, what, kind):
    ibm = IBM("ibm_manila", timeout=2.0 if what == "hang" else 30.0)
    batch = prepared(ibm)
    world.break_at(Fault("submit", what))
    with pytest.raises(ServiceError) as caught:
        ibm.send(batch, ["t"], None, Shelf())
    assert type(caught.value) is kind
    made = ["nobody knows whether a job was made"] if kind is OPEN else ["no job was made"]
    check(caught.value, *made)
    assert world.posts == 1
    assert not world.jobs or kind is OPEN
    assert len(ibm.jobs("t", SINCE)) == len(world.jobs)


@pytest.mark.parametrize("before", ["backends", "usage", "status"])
@pytest.mark.parametrize("what", [401, 403, 429, 500, *SOME])
def test_what_fails_before_a_job_is_sent_makes_none(world, before, what):
    ibm = IBM("ibm_manila", timeout=30.0)
    batch = prepared(ibm)
    world.break_at(Fault(before, what, times=0))
    error = failed(lambda: ibm.send(batch, ["t"], None, Shelf()))
    assert (world.posts, len(world.jobs)) == ((0, 0) if error else (1, 1))
    assert error or before == "backends"
    if error:
        assert type(error) is (REFUSED if what == 403 else LATER)
        check(error, "no job was made")


@pytest.mark.parametrize("kind", ["token", "search", "backends", "configuration"])
@pytest.mark.parametrize("what", [400, 401, 403, *SOME])
def test_reaching_a_device(world, kind, what):
    ibm = IBM("ibm_manila", timeout=30.0)
    world.break_at(Fault(kind, what, times=0))
    error = failed(lambda: prepared(ibm))
    assert error or kind == "backends"
    if error:
        check(error)
    world.mend()
    assert prepared(ibm).load.rows


@pytest.mark.parametrize("kind", ["status", "configuration", "properties"])
@pytest.mark.parametrize("what", [401, 403, 500, *SOME])
def test_looking_at_a_device(world, kind, what):
    ibm = IBM("ibm_manila", timeout=30.0)
    batch = prepared(ibm)
    world.break_at(Fault(kind, what, times=0))
    with pytest.raises(ServiceError) as caught:
        ibm.check(batch)
    check(caught.value)
    assert type(caught.value) is {401: LATER, 403: REFUSED}.get(what, OPEN)
    world.mend()
    ibm.check(batch)


@pytest.mark.parametrize("what", [401, 404, 429, 500, *SOME, "corrupt"])
def test_looking_at_jobs(world, job, what):
    ibm = IBM("ibm_manila", timeout=30.0)
    ibm.left()
    for kind, ask in (("job", lambda: ibm.job(job)), ("list", lambda: ibm.jobs("t", SINCE))):
        world.break_at(Fault(kind, what, times=0))
        with pytest.raises(ServiceError) as caught:
            ask()
        check(caught.value)
        assert type(caught.value) is {401: LATER, 404: REFUSED, 429: LATER}.get(what, OPEN)
        world.mend()
    assert ibm.job(job).id == job


@pytest.mark.parametrize("what", [404, 500, *SOME, "corrupt"])
def test_a_charge_that_cannot_be_told_is_not_known(world, ibm, job, what):
    final(ibm, job)
    ibm = IBM("ibm_manila", timeout=30.0)
    world.break_at(Fault("metrics", what, times=0))
    assert ibm.job(job).seconds is None
    world.mend()
    assert ibm.job(job).seconds == world.jobs[0].charged


@pytest.mark.parametrize("what", ["empty", "no content", "half", "cut", 500])
def test_a_result_that_does_not_come_is_fetched_again(world, ibm, job, what):
    batch = prepared(ibm)
    final(ibm, job)
    world.break_at(Fault("results", what, times=3 if what in ("cut", 500) else 1))
    with pytest.raises(NoReplyError) as caught:
        ibm.raw(job, batch)
    check(caught.value)
    assert ibm.read(batch, ibm.raw(job, batch))


@pytest.mark.parametrize("what", ["truncated", "html", "corrupt"])
def test_a_result_that_is_spoilt_is_text_that_cannot_be_read(world, ibm, job, what):
    batch = prepared(ibm)
    final(ibm, job)
    world.break_at(Fault("results", what))
    raw = ibm.raw(job, batch)
    assert raw
    with pytest.raises(UnreadableError) as caught:
        ibm.read(batch, raw)
    check(caught.value)


@pytest.mark.parametrize(
    ("fate", "told"), [("rows", "1 rows"), ("shots", "199 shots"), ("bits", "1 bits")]
)
def test_a_result_with_other_numbers_is_refused(world, ibm, fate, told):
    batch = prepared(ibm)
    world.break_at(Fault("submit", fate))
    job = ibm.send(batch, ["t"], None, Shelf())
    final(ibm, job)
    with pytest.raises(UnreadableError) as caught:
        ibm.read(batch, ibm.raw(job, batch))
    check(caught.value, told)


def test_the_result_of_another_batch_is_refused(world, ibm, job):
    batch = prepared(ibm)
    final(ibm, job)
    raw = ibm.raw(job, batch)
    other = ibm.prepare(batch.requests, 8, Shelf())
    with pytest.raises(UnreadableError, match="of another batch"):
        ibm.read(other, raw)
    for text in ("", "null", "[]", "{}", "not json", '{"schema_version": "v9.0"}'):
        with pytest.raises(UnreadableError):
            ibm.read(batch, text)


def test_a_network_that_is_gone_is_told_of_and_nothing_is_sent(world, ibm, job, loopback):
    batch = prepared(ibm)
    before = len(world.requests)
    for client in ibm._reach.clients:
        client._session.base_url = "http://127.0.0.1:9/experimental"
    for ask in (
        lambda: ibm.check(batch),
        lambda: ibm.send(batch, ["t"], None, Shelf()),
        lambda: ibm.job(job),
        ibm.left,
    ):
        with pytest.raises(NotNowError, match="cannot be reached") as caught:
            ask()
        assert caught.value.seconds is not None
        check(caught.value, "check the network")
    assert len(world.requests) == before
