"""A session is opened once a run, taken up again, replaced where it takes no jobs, and closed."""

from __future__ import annotations

import pytest

from qng.errors import NotNowError, RefusedError
from qng.execute.qiskit.ibm import IBM
from tests.execute.qiskit.ibm.journey import Shelf, final, prepared
from tests.loopback import Fault


def session(**given):
    return IBM("ibm_manila", timeout=2.0, session=True, **given)


def opened(world):
    return sum(one.kind == "session-open" for one in world.requests)


def test_jobs_of_a_run_share_a_session_also_after_a_crash(world):
    shelf = Shelf()
    ibm = IBM("ibm_manila", session=900)
    batch = prepared(ibm, shelf)
    assert opened(world) == 0
    jobs = [ibm.send(batch, ["t"], None, shelf) for _ in range(2)]
    again = IBM(**ibm.settings)
    jobs.append(again.send(prepared(again, shelf), ["t"], None, shelf))
    (only,) = world.sessions.values()
    assert [job.session for job in world.jobs] == [only.id] * 3
    assert (only.longest, only.device, opened(world), world.posts) == (900, "ibm_manila", 1, 3)
    assert final(again, jobs[-1]).seconds
    again.close(shelf)
    assert not only.accepting
    again.close(shelf)
    assert sum(one.kind == "session-close" for one in world.requests) == 1


def test_a_session_that_takes_no_jobs_is_replaced(world):
    shelf, ibm = Shelf(), session()
    batch = prepared(ibm, shelf)
    ibm.send(batch, ["t"], None, shelf)
    for spoil in ("closed", "gone"):
        if spoil == "closed":
            for one in world.sessions.values():
                one.accepting, one.state = False, "closed"
        else:
            world.sessions.clear()
        ibm.send(batch, ["t"], None, shelf)
        assert world.jobs[-1].session in world.sessions
    assert len({job.session for job in world.jobs}) == 3


def test_a_session_that_closes_as_the_job_is_sent_is_replaced_by_the_next(world):
    shelf, ibm = Shelf(), session()
    batch = prepared(ibm, shelf)
    ibm.send(batch, ["t"], None, shelf)
    world.break_at(Fault("submit", "session closed"))
    with pytest.raises(NotNowError, match="no job was made") as caught:
        ibm.send(batch, ["t"], None, shelf)
    assert caught.value.seconds is not None
    ibm.send(batch, ["t"], None, shelf)
    assert len(world.jobs) == 2
    assert len({job.session for job in world.jobs}) == 2


@pytest.mark.parametrize("what", [500, "half", "hang", "html"])
def test_a_session_whose_opening_is_not_answered_makes_no_job(world, what):
    shelf, ibm = Shelf(), session()
    batch = prepared(ibm, shelf)
    world.break_at(Fault("session-open", what))
    with pytest.raises(NotNowError, match="no job was made") as caught:
        ibm.send(batch, ["t"], None, shelf)
    assert caught.value.seconds is not None
    assert (opened(world), world.posts) == (1, 0)
    ibm.send(batch, ["t"], None, shelf)
    assert len(world.jobs) == 1


def test_a_plan_without_sessions_says_so(world):
    world.plan = "open"
    ibm = session()
    with pytest.raises(RefusedError, match="open plan has no sessions"):
        ibm.send(prepared(ibm), ["t"], None, Shelf())
    assert world.posts == 0


def test_closing_is_tried_where_a_session_is_gone_or_was_never_there(world):
    shelf, ibm = Shelf(), session()
    ibm.close(shelf)
    assert world.requests == []
    ibm.send(prepared(ibm, shelf), ["t"], None, shelf)
    world.sessions.clear()
    ibm.close(shelf)
