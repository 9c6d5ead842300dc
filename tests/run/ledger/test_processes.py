"""Ledgers that several processes use, and processes that are killed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


def done(what: str, folder: Path) -> Any:
    command = [sys.executable, "-m", "tests.run.ledger.processes", what, str(folder)]
    root = Path(__file__).parents[3]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_runs_that_are_killed_at_any_commit_and_at_any_time_end_alike(tmp_path: Path) -> None:
    # Begun, three steps of two commits, the closing energy, the end: before and after each.
    assert done("commits", tmp_path) >= 16


def test_several_processes_at_one_ledger(tmp_path: Path) -> None:
    found = done("together", tmp_path)
    assert set(found["codes"]) == {0}
    assert found["numbers"] == [6, 5, 4, 3, 2, 1]
    assert found["events"] == [80, 80]
    assert found["posts"] == 7
    assert found["held"] == 1
    assert found["files"] == ["held", "posts", "runs.db", "runs.db.lock"]


def test_a_lease_dies_with_its_process(tmp_path: Path) -> None:
    said = done("lease", tmp_path)
    assert said[0].startswith("another process is at the run ")
    assert said[1:] == ["other", "held"]


def test_a_full_disk_is_said_in_a_line_and_the_run_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    outcomes = done("full", tmp_path)
    assert outcomes[0] == 7
    assert set(outcomes) <= {0, 7}
