"""What `qng estimate` says, and what the service counts and charges."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hardware.drive import Drive

PLAIN: tuple[str, ...] = ()
TWIRLED = (
    *("--sampler-option", "twirling.enable_gates=true"),
    *("--sampler-option", "twirling.enable_measure=true"),
)


def formula(executions: int) -> float:
    """QPU seconds of a job."""
    return 2 + 0.00035 * executions


def estimated(drive: Drive, *words: str) -> dict[str, Any]:
    """What `qng estimate` says."""
    words = ("estimate", *words, "--json")
    done = drive.qng.run(*words, cwd=drive.folder, env=drive.environment)
    assert done.code == 0, done
    return dict(done.json)


@pytest.mark.parametrize("options", [PLAIN, TWIRLED], ids=["plain", "twirled"])
@pytest.mark.parametrize(
    ("problem", "backend", "shots"),
    [("h2", "ibm_manila", 40_000), ("lih", "ibm_fez", 15_208)],
)
def test_a_job_is_what_was_estimated(qng, loopback, tmp_path, problem, backend, shots, options):
    """Counted by the service from the body of the POST; nothing is run."""
    words = (problem, "--shots", str(shots), "--steps", "2", *options)
    drive = Drive(qng, tmp_path, loopback, job=words, backend=backend)
    found = estimated(drive, *words, "--backend", backend)
    assert loopback.world.posts == 0
    sent = drive.do("submit", *words, "--backend", backend, *drive.terms)
    assert sent.code == 0, sent
    (job,) = loopback.world.jobs
    step = found["step"]
    assert step["executions"] == job.program.executions
    assert step["rows"] == sum(job.program.rows)
    assert step["pubs"] == len(job.program.items)
    assert step["seconds"] == job.seconds == formula(job.program.executions)
    assert found["jobs"] == 3
    assert found["seconds"] == pytest.approx(
        2 * step["seconds"] + found["closing"]["seconds"], rel=1e-12
    )
    assert step["executions"] == pytest.approx(shots, rel=0.01)
    if options:
        assert job.program.shots % 64 == 0


@pytest.mark.parametrize(
    ("problem", "options"),
    [("h2", PLAIN), ("textbook-2", TWIRLED)],
    ids=["plain", "twirled"],
)
def test_a_run_costs_what_was_estimated(qng, loopback, tmp_path, problem, options):
    """To a hundredth, although its shots are split anew from the second step on."""
    words = (problem, "--shots", "12000", "--steps", "2", *options)
    drive = Drive(qng, tmp_path, loopback, job=words)
    found = estimated(drive, *words, "--backend", "ibm_manila")
    done = drive.start()
    assert done.code == 0, done
    assert len(loopback.world.jobs) == found["jobs"] == 3
    assert loopback.world.charged == pytest.approx(found["seconds"], rel=0.01)


def test_more_than_is_left_is_refused_before_anything_is_sent(qng, loopback, tmp_path):
    loopback.world.quota = 100.0
    words = ("h2", "--shots", "40000", "--steps", "7")
    drive = Drive(qng, tmp_path, loopback, job=words)
    found = estimated(drive, *words, "--backend", "ibm_manila")
    assert found["seconds"] == pytest.approx(115, abs=3)
    assert found["seconds_left"] == 100
    assert "the account has 100 s left" in found["refused"]
    for command in ("run", "submit"):
        done = drive.do(command, *words, "--backend", "ibm_manila", *drive.terms)
        assert done.code == 1
        assert done.out == ""
        line = done.err.splitlines()[-1]
        assert line.startswith("error: the run is estimated at")
        assert "the account has 100 s left: nothing was sent" in line
    assert loopback.world.posts == 0
