"""Requests never hang, and what makes a job is never sent twice."""

from __future__ import annotations

import threading
import time

import pytest

from qng.errors import NoReplyError, NotNowError, ServiceError
from qng.execute.qiskit.ibm import IBM
from qng.execute.qiskit.ibm.errors import Told
from qng.execute.qiskit.ibm.line import Call, GivenUpError, Line
from qng.execute.qiskit.ibm.wire import Wire
from tests.execute.qiskit.ibm.journey import SINCE, Shelf, prepared
from tests.loopback import Fault


def kinds(world):
    return [one.kind for one in world.requests]


def test_what_is_private_of_the_client_is_where_it_was(world, ibm):
    """Where this fails the client has moved what `wire.py` and `account.py` rely on."""
    ibm.left()
    service = ibm._reach.service
    clients = service._api_clients
    assert service._active_api_client in clients.values()
    for client in clients.values():
        session = client._session
        assert session._timeout == (5.0, 5.0)
        assert isinstance(session.get_adapter("https://quantum.cloud.ibm.com"), Line)
        assert session.auth.tm.expire_time > time.time()
        for name in (
            *("job_get", "jobs_get", "job_results", "job_cancel", "job_metadata"),
            *("backend_status", "cloud_usage", "list_backends"),
            *("session_details", "close_session"),
        ):
            assert callable(getattr(client, name))
    backend = ibm._reach.backend("ibm_manila")
    assert backend._api_client in clients.values()


def test_a_client_that_has_moved_it_is_refused_in_a_line(ibm):
    ibm.left()
    ibm._reach._backends.clear()
    del ibm._reach._service._api_clients
    missing = r"qiskit-ibm-runtime \S+ is newer than qng knows: \w+ has no _api_clients, .* nothing"
    with pytest.raises(ServiceError, match=missing):
        ibm.left()
    with pytest.raises(ServiceError, match="object has no _session, through which requests go"):
        ibm._reach.wire.mount(object())


@pytest.mark.parametrize("what", [500, 502, 503, 504, "cut"])
@pytest.mark.parametrize("after", [False, True])
def test_a_post_without_an_answer_is_not_repeated(world, ibm, what, after):
    batch = prepared(ibm)
    world.break_at(Fault("submit", what, times=0, after=after))
    with pytest.raises(NoReplyError, match="nobody knows whether a job was made"):
        ibm.send(batch, ["t"], None, Shelf())
    assert (world.posts, len(world.jobs)) == (1, int(after))


@pytest.mark.parametrize("what", [500, 502, 503, 504, "cut"])
def test_what_only_reads_is_asked_again(world, ibm, job, what):
    world.break_at(Fault("job", what, times=2))
    assert ibm.job(job).id == job


@pytest.mark.parametrize("after", [False, True])
def test_a_request_that_hangs_is_given_up_and_sends_nothing_later(world, after):
    ibm = IBM("ibm_manila", timeout=1.5)
    batch = prepared(ibm)
    world.break_at(Fault("submit", "hang", after=after, value=2.0))
    began = time.monotonic()
    with pytest.raises(NoReplyError, match=r"within 1\.5 s"):
        ibm.send(batch, ["t"], None, Shelf())
    assert time.monotonic() - began < 10
    assert [one.id for one in ibm.jobs("t", SINCE)] == [one.id for one in world.jobs]
    time.sleep(1.0)
    assert (world.posts, len(world.jobs)) == (1, int(after))


def test_whoever_is_given_up_begins_no_other_request(world):
    ibm = IBM("ibm_manila", timeout=1.5)
    batch = prepared(ibm)
    world.break_at(Fault("usage", "delay", value=2.0))
    with pytest.raises(NotNowError, match="no job was made"):
        ibm.send(batch, ["t"], None, Shelf())
    time.sleep(0.8)
    assert (world.posts, world.jobs) == (0, [])


def test_a_call_is_given_up_or_its_request_begins_never_both():
    for makes in (False, True):
        call = Call(Told("sending", makes=True), 1.0)
        call.begin(makes)
        call.give_up()
        assert call.left is makes
        with pytest.raises(GivenUpError):
            call.begin(makes=True)
        assert call.left is makes


def test_a_slow_service_is_waited_for_a_request_at_a_time(world):
    ibm = IBM("ibm_manila", timeout=2.0)
    batch = prepared(ibm)
    # Two requests of one call, each of which is in time.
    world.break_at(Fault("any", "delay", times=0, value=1.2))
    ibm.check(batch)


def test_any_wait_of_the_clients_own_is_cut(world):
    ibm = IBM("ibm_manila", timeout=1.5)
    world.break_at(Fault("token", "hang", times=0))
    began = time.monotonic()
    with pytest.raises(NoReplyError, match="opening the account"):
        prepared(ibm)
    assert time.monotonic() - began < 10
    world.mend()
    assert prepared(ibm).load.rows


def test_threads_are_not_piled_up(world, ibm):
    prepared(ibm)
    before = threading.active_count()
    for _ in range(5):
        ibm.left()
    assert threading.active_count() <= before + 1


def test_a_token_that_the_service_does_not_know_any_more_is_renewed(world, ibm, job):
    world.tokens.clear()
    assert ibm.job(job).id == job
    world.tokens.clear()
    ibm.cancel(job)
    assert world.jobs[0].status == "Cancelled"
    # A POST is not repeated, and the next one has a token.
    batch = prepared(ibm)
    world.break_at(Fault("submit", "expired"))
    with pytest.raises(NotNowError, match="401") as caught:
        ibm.send(batch, ["t"], None, Shelf())
    assert caught.value.seconds is not None
    assert world.posts == 2
    ibm.send(batch, ["t"], None, Shelf())
    assert (world.posts, len(world.jobs)) == (3, 2)


def test_a_token_runs_out_by_itself(world):
    world.life = 1.0
    ibm = IBM("ibm_manila")
    batch = prepared(ibm)
    time.sleep(2.1)
    ibm.check(batch)
    assert kinds(world).count("token") >= 3


@pytest.mark.parametrize("what", [400, 500, "cut", "html"])
def test_the_key_itself_is_never_sent_to_the_service(world, ibm, job, what):
    seen = []
    world.tokens.clear()
    world.break_at(Fault("token", what, times=0))
    plain = world.note

    def noted(kind, *rest):
        seen.append(kind)
        return plain(kind, *rest)

    world.note = noted
    with pytest.raises(NotNowError):
        ibm.job(job)
    # The first one had a token that was not known; none followed.
    assert seen.count("job") == 1
    world.break_at()
    assert ibm.job(job).id == job


def test_nobody_listens(world, ibm, job, monkeypatch, loopback):
    wire = Wire(1.0)
    with pytest.raises(NoReplyError, match="cannot be read"):
        wire.ask(lambda: {}["nothing"], Told("asking"))
    with pytest.raises(KeyboardInterrupt):
        wire.ask(_interrupted, Told("asking"))
    assert wire.ask(lambda: 3, Told("asking")) == 3


def _interrupted():
    raise KeyboardInterrupt
