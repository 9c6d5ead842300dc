"""Ledgers of version 1 are opened and resumed for ever."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng.run.durable import control
from qng.run.ledger import Ledger
from tests.run.ledger.made import facts
from tests.run.ledger.make_version_1 import PATH, SIMULATED

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.SurrogateWarning")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return Path(shutil.copy(PATH, tmp_path / "runs.db"))


def said() -> list[dict[str, Any]]:
    """What the version that made it read in it, the newest run first."""
    found: list[dict[str, Any]] = json.loads(PATH.with_suffix(".json").read_text())
    return found


CANCELLED, REHEARSED, STOPPED, FINISHED = range(4)


def names(which: int) -> str:
    return str(said()[which]["run"])


def test_it_says_what_it_said(ledger: Path) -> None:
    assert facts(ledger) == said()
    assert ledger.read_bytes() == PATH.read_bytes()
    assert [one["status"] for one in said()] == ["cancelled", "running", "running", "finished"]


def test_its_runs_follow_from_what_was_measured(ledger: Path) -> None:
    for which in (REHEARSED, STOPPED, FINISHED):
        verdict = control.verify(names(which), ledger=ledger)
        assert verdict.holds, verdict.message
        assert verdict.steps == len(said()[which]["steps"])
    assert ledger.read_bytes() == PATH.read_bytes()


def test_a_run_that_was_stopped_goes_on(ledger: Path) -> None:
    run = qng.resume(names(STOPPED), ledger=ledger)
    before, whole = said()[STOPPED], said()[FINISHED]
    assert len(before["steps"]) == 2
    assert run.nit == 3
    points = np.array(whole["states"])[:, 1:]
    np.testing.assert_array_equal(run.trace["theta"][1:3], points[:2])
    # On another processor numbers are others in the last digits.
    np.testing.assert_allclose(run.x, points[-1], rtol=1e-9)
    assert same(run, qng.minimize(**SIMULATED))
    with Ledger.open(ledger) as found:
        assert found.entry(names(STOPPED)).journal.steps[1].energy == before["steps"][1][0]


def same(one: qng.run.results.Run, other: qng.run.results.Run) -> bool:
    return np.allclose(one.trace["energy"], other.trace["energy"], rtol=1e-9, atol=0)


def test_a_run_whose_job_was_under_way_goes_on(ledger: Path) -> None:
    before = said()[REHEARSED]
    assert [row["state"] for row in before["batches"]] == ["consumed", "submitted"]
    run = qng.resume(names(REHEARSED), ledger=ledger)
    assert run.nit == 3
    assert not run.failed
    np.testing.assert_array_equal(run.trace["theta"][1], before["states"][0][1:])
    after = next(one for one in facts(ledger) if one["run"] == before["run"])
    assert all(kept in after["shelf"] for kept in before["shelf"])
    assert [job["id"] for job in after["jobs"]][:2] == [job["id"] for job in before["jobs"]]
    assert control.verify(names(REHEARSED), ledger=ledger).holds


def test_all_else_is_done_with_it(ledger: Path) -> None:
    assert [run.run for run in qng.runs(ledger)] == [one["run"] for one in said()]
    status = control.status(names(REHEARSED), ledger=ledger, contact=False)
    assert [job.batch for job in status.jobs] == ["0", "1"]
    assert control.export(names(FINISHED), ledger=ledger).trace["energy"].shape == (4,)
    new = qng.minimize(**SIMULATED, ledger=ledger)
    with Ledger.reading(ledger) as found:
        assert found.entries()[0].result.fun == new.fun
        assert len(found.entries()) == 5
