"""Something goes wrong, alone: the run ends the same, or says in a line why it does not yet."""

from __future__ import annotations

import time

import pytest

from tests.hardware import chaos, table
from tests.hardware.drive import Drive
from tests.hardware.pairs import together
from tests.loopback import Fault

# One of each outcome: `python -m tests.benchmarks.hardware faults` takes every one.
CHOSEN = (
    "submit 2: 400", "submit 2: 401", "submit 2: 503", "submit 2: cut, after it",
    "submit 2: empty, after it", "token 1: 500", "properties 1: truncated", "status 2: cut",
    "list 1: corrupt", "job 2: hang", "results 2: truncated",
    "job 2 fails three times, code 1006", "job cancelled", "job with an unknown status",
    "job 2: wrong number of rows", "from result 2 on: expired", "from result 2 on: quota",
    "lists lag by 2 s, reply 2 is lost", "charges come late",
)  # fmt: skip
CASES = {case.name: case for case in table.faults()}


@pytest.mark.parametrize("name", CHOSEN)
def test_a_run_that_something_happened_to_ends_the_same(name, drive, reference):
    row = table.tried(CASES[name], lambda: drive, reference)
    assert not row.wrong, row


def test_the_service_is_never_sent_more_than_five_jobs_in_a_minute(drive):
    drive.terms = ("--poll", "0.05", "--grace", "0.3")
    drive.loopback.world.break_at(Fault("submit", 503, times=0))
    for wait in (8.0, 3.0):
        running = drive.begin(*(("resume",) if drive.is_known else drive.started))
        ends = time.monotonic() + wait
        while drive.loopback.world.posts < 5 and time.monotonic() < ends:
            running.ended.wait(0.05)
        running.ended.wait(1.5)
        running.signal(2)
        assert running.wait(20).code in (1, 130)
    assert 1 < drive.loopback.world.posts <= 5


def test_two_processes_that_collect_at_once_send_one_job_a_step(drive, reference):
    pairs = together(drive)
    assert len(drive.loopback.world.jobs) == drive.loopback.world.posts == 4
    assert pairs >= 4
    assert drive.faults(reference) == []


def test_ten_steps_through_faults_and_kills_are_the_same(qng, loopback, tmp_path):
    """`python -m tests.benchmarks.hardware storm` goes on for 500."""
    began = time.time()
    job = ("textbook-2", "--shots", "1000", "--steps", "10")
    whole = Drive(qng, tmp_path / "whole", loopback, job)
    whole.folder.mkdir()
    assert whole.start().code == 0, whole.done
    reference = whole.trace
    loopback.world = type(loopback.world)()
    # A reply that is lost is looked for as long; there are dozens.
    soon = ("--poll", "0.02", "--grace", "0.2", "--posts-per-minute", "1000")
    drive = Drive(qng, tmp_path / "storm", loopback, job, terms=soon)
    drive.folder.mkdir()
    found = chaos.storm(drive, seed=1)
    assert found.killed > 1, found
    assert found.struck > 8, found
    assert drive.faults(reference, 11) == [], found
    assert time.time() - began < 300
