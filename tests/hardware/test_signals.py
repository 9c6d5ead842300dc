"""Ctrl-C and a request to terminate leave the job, and say how the run goes on."""

from __future__ import annotations

import signal
import time

import pytest

from tests.hardware.drive import Drive


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_job_is_left_and_the_trace_is_that_of_a_run_that_was_not_cut(
    drive: Drive, reference, number
):
    world = drive.loopback.world
    world.pace = 60.0
    running = drive.begin(*drive.started)
    began = time.time()
    while not world.jobs and time.time() < began + 60:
        time.sleep(0.05)
    time.sleep(0.5)
    running.signal(number)
    done = running.wait(30)
    drive.done.append(done)
    assert done.code == 130
    assert "interrupted; the run and its job are left as they are; qng resume " in done.line
    assert done.line.endswith("goes on")
    assert len(world.jobs) == 1
    assert not world.jobs[0].final
    world.pace = 0.0
    assert drive.to_end().code == 0
    assert drive.faults(reference) == []
    assert len(world.jobs) == world.posts == 4


def test_a_run_that_was_submitted_is_resumed(drive: Drive, reference):
    assert drive.do("submit", *drive.started[1:]).code == 0
    assert drive.to_end().code == 0
    assert drive.faults(reference) == []
