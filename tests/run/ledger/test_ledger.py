"""What goes into a ledger comes out of it, in this process and in the next."""

import math
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qng import optimizers
from qng.errors import InputError, QngError
from qng.execute.statevector.executor import Statevector
from qng.geometry import Tikhonov
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.plan.executor import Handle
from qng.run.ledger import (
    BatchRow,
    BatchState,
    Entry,
    HeldError,
    JobRow,
    Ledger,
    LedgerError,
    NoLedgerError,
    Role,
    RunState,
)
from qng.run.results import Run
from tests.run.ledger.made import begun, done, driven, facts, recipe, task

IMPLICIT = Optimizer(Constant(0.1), MeasuredMetric("implicit", every=3), solve=Tikhonov(1e-2))
SAMPLED = [*optimizers.METHODS, *optimizers.CONTROLS]
EXACT: list[Any] = ["qng", "rotosolve", "cobyla", IMPLICIT]


def same(one: Run, other: Run) -> None:
    for column in set(one.trace.columns) - {"seconds", "fidelity"}:
        np.testing.assert_array_equal(one.trace[column], other.trace[column], column)
    assert (one.nit, one.nfev, one.message) == (other.nit, other.nfev, other.message)


class Mortal:
    """An executor that answers so many batches and no more."""

    def __init__(self, batches: int) -> None:
        self.inner = Statevector()
        self.left = batches
        self.name, self.answers = self.inner.name, self.inner.answers
        self.noise = self.inner.noise

    def run(self, requests: Any, seed: int) -> Any:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return self.inner.run(requests, seed)


def test_a_run_comes_out_as_it_went_in(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    run = done(path)
    with Ledger.open(path) as ledger:
        entry = ledger.entry()
        assert entry.status is RunState.FINISHED
        assert (entry.label, entry.number, entry.message) == ("qng", 1, run.message)
        assert entry.settings == {"executor": "statevector"}
        assert entry.terms == {"poll": 10.0}
        assert entry.recipe.digest == recipe(task()).digest
        assert entry.result.fun == run.fun
        same(entry.result, run)
        assert [row.state for row in entry.batch_rows()] == [BatchState.CONSUMED] * 4
        assert [row.number for row in entry.batch_rows()] == ["0", "1", "2", "3-closing"]
        assert (entry.booked, entry.estimated, entry.charged) == (10.0, 10.0, 0.0)
        assert entry.raw("job-1") == "counts of 1 " * 40
        assert entry.shelf.get("layout") == bytes(range(256))
        assert entry.shelf.get("circuits") is None
        entry.shelf.put_all({"a": b"1", "layout": b"2"})
        assert entry.shelf.names() == ["a", "layout"]
        assert entry.shelf.get("layout") == b"2"
        assert [(event.what, event.detail) for event in entry.events()] == [
            ("begun", "and went on")
        ]


@pytest.mark.parametrize("of", SAMPLED)
def test_runs_from_shots_are_cut_and_continued(of: str, tmp_path: Path) -> None:
    cut_and_continued(of, 8000, tmp_path / "runs.db")


@pytest.mark.parametrize("of", EXACT, ids=str)
def test_exact_runs_are_cut_and_continued(of: Any, tmp_path: Path) -> None:
    cut_and_continued(of, None, tmp_path / "runs.db")


def cut_and_continued(of: Any, shots: int | None, path: Path) -> None:
    whole = task(of, shots=shots).run("qng")
    with Ledger.open(path, create=True) as ledger:
        begun(ledger, task(of, shots=shots))
    batches = -1
    while (known := len(facts(path)[0]["batches"])) > batches:
        batches = known
        # Each process finds what the one before it has left, and answers one batch more.
        with Ledger.open(path) as ledger, ledger.entry().held(), suppress(KeyboardInterrupt):
            driven(ledger.entry(), task(of, shots=shots, device=Mortal(1)))
    with Ledger.open(path) as ledger:
        run = driven(ledger.entry(), task(of, shots=shots))
        assert len(ledger.entry().batch_rows()) == batches > whole.nit
    same(whole, run)
    with Ledger.reading(path) as ledger:
        states = ledger.entry().journal.states()
        assert len(states) == whole.nit
        assert [state.step for state in states] == list(range(1, whole.nit + 1))


def test_a_metric_known_by_its_products_is_stored_as_the_point_where_it_was_measured(
    tmp_path: Path,
) -> None:
    with Ledger.open(tmp_path / "runs.db", create=True) as ledger:
        entry = begun(ledger, task(IMPLICIT, shots=None))
        driven(entry, task(IMPLICIT, shots=None))
        for state in entry.journal.states():
            assert state.metric is None
            assert state.measured_at is not None
        # What lives in this process only is not there, but its batch is.
        assert entry.results("0") is None
        assert entry.batch_rows()[0].state is BatchState.CONSUMED


def test_batches_go_through_their_states(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    handle = Handle("ibm_manila", "run/0", ("job",))
    with Ledger.open(path, create=True) as ledger:
        entry = begun(ledger, task())
        assert entry.batch_row("0") is None
        row = entry.mark("0", BatchState.PLANNED, key="k" * 24, asked="a" * 64)
        assert row == BatchRow("0", "k" * 24, "a" * 64)
        row = entry.mark("0", BatchState.SUBMITTING, attempt=1, marked_at=5, estimated=2)
        assert (row.attempt, row.marked_at, row.estimated, row.key) == (1, 5.0, 2.0, "k" * 24)
        entry.mark("0", BatchState.SUBMITTED, handle=handle)
        entry.mark("12", BatchState.PLANNED)
        entry.mark("9", BatchState.FAILED, message="it broke")
        entry.mark("9-closing", BatchState.PLANNED)
    with Ledger.reading(path) as ledger:
        rows = ledger.entry().batch_rows()
        assert [row.number for row in rows] == ["0", "9", "9-closing", "12"]
        assert rows[0].handle == handle
        assert rows[1].message == "it broke"


def test_seconds_are_booked_as_charged_or_as_estimated(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "runs.db", create=True) as ledger:
        entry = begun(ledger, task())
        entry.mark("0", BatchState.SUBMITTED)
        entry.note_job("a", "0", attempt=1, estimated=3, created="2026-11-28T00:00:01")
        twin = entry.note_job("b", "0", role=Role.TWIN, estimated=3, state="waiting")
        assert twin == JobRow("b", "0", role=Role.TWIN, estimated=3.0)
        assert entry.booked == 6
        entry.note_job("a", charged=2.5)
        entry.note_job("b", charged=0, state="cancelled", reason="a twin")
        assert (entry.booked, entry.estimated, entry.charged) == (2.5, 6.0, 2.5)
        assert [job.id for job in entry.jobs("0")] == ["b", "a"]
        assert entry.jobs("1") == []
        assert entry.job_row("c") is None
        entry.store_raw("a", "text \ud800 that is no Unicode")
        assert entry.raw("a") == "text \ud800 that is no Unicode"
        assert entry.batch_row("0") == BatchRow("0", state=BatchState.DONE)
        entry.note_job("b", reason="broken \ud800")
        found = entry.job_row("b")
        assert found is not None
        assert found.reason == "broken \\ud800"


def test_runs_are_named_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with Ledger.open(path, create=True) as ledger:
        assert ledger.entries() == []
        with pytest.raises(NoLedgerError, match="there is no run in"):
            ledger.entry()
        made = [begun(ledger, task()) for _ in range(40)]
        names = [entry.run for entry in made]
        assert [entry.run for entry in ledger.entries()] == names[::-1]
        assert ledger.entry(names[3]).run == names[3]
        assert ledger.entry(names[3][:20].upper()).number == 4
        with pytest.raises(NoLedgerError, match=r"several runs in .* begin with"):
            next(
                ledger.entry(digit)
                for digit in "0123456789abcdef"
                if sum(name.startswith(digit) for name in names) > 1
            )
        with pytest.raises(NoLedgerError, match=r"there is no run xyz in .*: see qng runs"):
            ledger.entry("xyz")
        with pytest.raises(NoLedgerError):
            ledger.entry("")
        # Without a name: the newest that is not over, or the newest.
        assert ledger.entry().run == names[-1]
        for entry in made[5:]:
            entry.change(status=RunState.FINISHED)
        assert ledger.entry().run == names[4]
        for entry in made[:5]:
            entry.change(status=RunState.CANCELLED)
        assert ledger.entry().run == names[-1]


def test_runs_are_parked_and_fail_with_a_reason(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "runs.db", create=True) as ledger:
        entry = begun(ledger, task())
        entry.parked("the quota is used up")
        assert (entry.status, entry.message) == (RunState.PARKED, "the quota is used up")
        assert not entry.is_over
        entry.failed("the circuit was refused")
        assert entry.status is RunState.FAILED
        entry.change(status=RunState.RUNNING, message="", terms={"poll": 1}, own=["stop"])
        assert (entry.terms, entry.own) == ({"poll": 1}, ("stop",))
        assert repr(entry) == f"Entry('{entry.run[:8]}')"
    with pytest.raises(LedgerError, match=r"cannot be used: Cannot operate on a closed database"):
        entry.event("late")


def test_another_run_is_not_continued(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "runs.db", create=True) as ledger:
        entry = begun(ledger, task())
        with pytest.raises(InputError, match="resume it with the same problem"):
            driven(entry, task("gd"))
        driven(entry, task())


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    done(path)
    before = facts(path)
    with Ledger.open(path) as ledger:
        entry = ledger.entry()
        with pytest.raises(ZeroDivisionError):
            half_of_it(entry)
        assert facts(path) == before
        with pytest.raises(LedgerError, match="cannot be used: UNIQUE constraint failed"):
            entry.store.insert("steps", run=entry.run, number=0, batch=1, step=b"", state=b"")
        with pytest.raises(LedgerError, match="cannot be used: FOREIGN KEY constraint failed"):
            entry.store.insert("circuits", run="nobody", name="a", data=b"")
    assert facts(path) == before


def half_of_it(entry: Entry) -> None:
    with entry.store.transaction():
        entry.note_job("another", "0")
        entry.mark("7", BatchState.PLANNED)
        with entry.store.transaction():
            entry.event("lost")
        raise ZeroDivisionError


def test_numbers_come_back_bit_for_bit(tmp_path: Path) -> None:
    values = [0.1, 1e-310, math.pi, -0.0, math.inf, -1e300, 2.0**60]
    with Ledger.open(tmp_path / "runs.db", create=True) as ledger:
        entry = begun(ledger, task())
        for k, number in enumerate(values):
            entry.note_job(f"{k}", "0", charged=np.float64(number))
        found = [job.charged for job in entry.jobs()]
    assert found == values


def test_a_ledger_that_cannot_be_written_ends_the_run_and_keeps_what_is_done(
    tmp_path: Path,
) -> None:
    path = tmp_path / "runs.db"
    with Ledger.open(path, create=True) as ledger:
        entry = begun(ledger, task())
        entry.store._database.execute("PRAGMA max_page_count=24")
        with pytest.raises(LedgerError, match=r"cannot be written: no space is left") as caught:
            driven(entry, task(steps=40))
        assert caught.value.partial.nit == len(entry.journal.steps) > 0
        assert isinstance(caught.value, QngError)
    with Ledger.open(path) as ledger:
        again = driven(ledger.entry(), task(steps=40))
    same(task(steps=40).run("qng"), again)


def test_sqlite_is_not_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, qng, qng.run.ledger, qng.cli; "
        "assert not {'sqlite3', 'fcntl'} & set(sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ledgers_are_given_by_the_names_of_files(tmp_path: Path) -> None:
    given: Any = 5
    with pytest.raises(InputError, match="a ledger is given by the name of its file, not 5"):
        Ledger.open(given)
    with pytest.raises(InputError, match="a ledger is given by the name of its file"):
        Ledger.open("a\0b")
    strange = tmp_path / "50% of a run? #1 ü.db"
    done(strange)
    (tmp_path / "link").symlink_to(strange)
    assert facts(tmp_path / "link") == facts(strange)
    assert sorted(p.name for p in tmp_path.iterdir()) == [strange.name, "link"]
    with Ledger.open(tmp_path / "link") as one, Ledger.open(strange) as other:
        again = other.entry().held()
        with one.entry().held(), pytest.raises(HeldError, match="another process is at the run"):
            again.__enter__()
        with other.entry().held():
            pass
