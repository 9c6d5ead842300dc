"""Runs to which nothing happens."""

from __future__ import annotations

from tests.hardware.drive import Drive


def test_a_run_is_one_job_a_step_and_one_for_the_closing_energy(qng, loopback, tmp_path):
    drive = Drive(
        qng,
        tmp_path,
        loopback,
        job=("h2", "--shots", "12000", "--steps", "2"),
        terms=("--poll", "0.02"),
    )
    done = drive.start()
    assert done.code == 0, done
    world = loopback.world
    assert len(world.jobs) == world.posts == 3
    assert len({tuple(sorted(qubits)) for job in world.jobs for qubits in job.program.qubits}) == 1
    assert drive.status["seconds_booked"] == world.charged
    assert drive.status["seconds_charged"] == world.charged
    for job in world.jobs:
        # Of all points together: one that weighs as much as a hundred others has more.
        assert sum(job.program.rows) <= 5 * sum(job.program.points)


def test_a_run_that_nothing_happens_to_is_the_same_again(drive, reference):
    assert drive.start().code == 0
    assert drive.faults(reference) == []
    assert drive.twins == 0
