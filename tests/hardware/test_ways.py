"""Ways of running: sent and collected, parked, in a session, for another device."""

from __future__ import annotations

from tests.loopback import Fault, World


def test_a_run_is_sent_and_collected(drive, reference):
    drive.loopback.world = World(looks=2)
    assert drive.do("submit", *drive.job, "--backend", drive.backend).code == 0
    codes = []
    for _ in range(20):
        codes.append(drive.do("collect").code)
        if "finished" in drive.done[-1].out:
            break
    assert set(codes) == {0, 3}
    assert drive.faults(reference) == []
    assert drive.loopback.world.posts == 4


def test_a_run_whose_account_is_used_up_parks_until_there_is_time_again(drive, reference):
    drive.loopback.world.break_at(Fault("results", "quota", nth=2, after=True))
    assert drive.start().code == 1
    assert drive.do("collect").code == 3
    drive.loopback.world.mend()
    for _ in range(20):
        if "finished" in drive.do("collect", "--posts-per-minute", "1000").out:
            break
    assert drive.faults(reference) == []


def test_a_budget_parks_a_run_before_the_job_that_does_not_fit(drive, reference):
    drive.terms = (*drive.terms, "--max-seconds", "12")
    done = drive.start()
    world = drive.loopback.world
    assert (done.code, world.posts) == (1, 3), done
    assert drive.do("collect").code == 3
    assert drive.resume().code == 1
    assert world.posts == 3
    assert drive.resume("--max-seconds", "20").code == 0
    assert drive.faults(reference) == []


def test_circuits_are_made_anew_for_a_new_calibration_where_one_says_so(drive, reference):
    drive.loopback.world.break_at(Fault("results", "no qubit", nth=2, after=True, value=3))
    assert drive.start().code == 1
    assert len(drive.loopback.world.jobs) == 2
    done = drive.resume()
    assert done.code == 1
    assert "--retranspile" in done.err
    assert drive.resume("--retranspile").code == 0
    assert drive.trace[:2] == reference[:2]
    assert drive.do("verify").code == 0
    assert drive.status["seconds_booked"] == drive.loopback.world.charged


def test_a_session_is_taken_up_again_after_a_crash_and_closed_at_the_end(drive, reference):
    drive.terms = (*drive.terms, "--session", "600")
    world = drive.loopback.world
    world.break_at(Fault("submit", "kill", nth=2, after=True))
    assert drive.start().code == -9
    drive.to_end()
    assert len(world.sessions) == 1
    assert {job.session for job in world.jobs} == set(world.sessions)
    assert not any(session.accepting for session in world.sessions.values())
    assert drive.faults(reference) == []


def test_a_session_that_ended_is_replaced(drive, reference):
    drive.terms = (*drive.terms, "--session", "600")
    world = drive.loopback.world
    world.break_at(Fault("results", "session closed", nth=2, after=True))
    drive.start()
    if not drive.is_finished:
        drive.to_end()
    assert len(world.sessions) == 2
    assert drive.faults(reference) == []
