"""Clients are killed, and their runs resumed: nothing is lost, nothing is another."""

from __future__ import annotations

import pytest

from tests.hardware import table
from tests.hardware.drive import Drive
from tests.hardware.table import Case
from tests.loopback import Fault

# One of each stage: `python -m tests.benchmarks.hardware kills syncs rehearsal` takes every one.
# What only asks is the same to the service before and after it is answered.
ASKING = ("token", "status", "list", "metrics")
REQUESTS = [
    Case(
        f"{kind} {nth}, {'after' if after else 'before'}", (Fault(kind, "kill", nth, after=after),)
    )
    for kind, nth, moments in (
        *((kind, 1, (True,)) for kind in ASKING),
        ("submit", 1, (True,)),
        ("submit", 2, (False, True)),
        ("submit", 4, (True,)),
        ("job", 2, (True,)),
        ("results", 2, (True,)),
    )
    for after in moments
]
COMMITS = [Case(f"commit {point}", commit=point) for point in (1, 6, 13, 21, 26)]
MOMENTS = [Case(f"after {moment} s", moment=moment) for moment in (0.4,)]


@pytest.mark.parametrize("case", [*REQUESTS, *COMMITS, *MOMENTS], ids=lambda case: case.name)
def test_a_run_that_was_killed_and_resumed_is_the_same(case, drive, reference):
    row = table.tried(case, lambda: drive, reference)
    assert not row.wrong, row
    assert (row.lost, row.twins) == (0, 0), row


@pytest.fixture(scope="session")
def rehearsed(qng, tmp_path_factory):
    whole = Drive(qng, tmp_path_factory.mktemp("rehearsed"), None, backend="fake_manila")
    assert whole.start().code == 0, whole.done
    return whole.trace


@pytest.mark.parametrize("case", [*COMMITS[::2], *MOMENTS], ids=lambda case: case.name)
def test_a_rehearsal_that_was_killed_and_resumed_is_the_same(case, qng, tmp_path, rehearsed):
    row = table.tried(case, lambda: Drive(qng, tmp_path, None, backend="fake_manila"), rehearsed)
    assert not row.wrong, row
