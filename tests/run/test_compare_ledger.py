"""Finished runs are kept in a ledger and not done again, whatever has ended the process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini import overlaps
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant, Schedule
from qng.plan.estimator import Estimator
from qng.run import many
from qng.run.comparison import Comparison
from qng.run.durable.control import export, status, verify
from qng.run.ledger import Ledger, LedgerError
from qng.run.stop import Named, identity

SETTINGS: dict[str, Any] = {"starts": 3, "steps": 3, "shots": 5000, "seed": 4, "threads": 1}


def low(energies: Sequence[float]) -> str | None:
    """A rule of a module."""
    return "low" if energies[-1] < -10 else None


def slow_start(t: int) -> float:
    """A schedule of a module."""
    return 0.1 / (t + 1)


def numbers(found: Comparison) -> dict[str, list[dict[str, list[Any]]]]:
    """All numbers but the times."""
    return {
        label: [
            {c: run.trace[c].tolist() for c in run.trace.columns if c != "seconds"} for run in runs
        ]
        for label, runs in found.runs.items()
    }


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The runs that are done, in order."""
    calls: list[tuple[str, int]] = []
    call = many.Runs.__call__

    def noted(self: many.Runs, pair: many.Pair) -> many.Done:
        calls.append(pair)
        return call(self, pair)

    monkeypatch.setattr(many.Runs, "__call__", noted)
    return calls


class TestNothingIsDoneTwice:
    def test_the_same_command(self, tmp_path: Path, done: list[Any]) -> None:
        file, told = tmp_path / "runs.db", []
        alone = qng.compare("one-qubit", ["gd", "qng"], **SETTINGS)
        first = qng.compare("one-qubit", ["gd", "qng"], ledger=file, **SETTINGS)
        done.clear()
        again = qng.compare(
            "one-qubit",
            ["gd", "qng"],
            ledger=file,
            progress=lambda *call: told.append(call),
            **SETTINGS,
        )
        assert (done, told) == ([], [])
        assert str(numbers(alone)) == str(numbers(first)) == str(numbers(again))
        for label, runs in again.runs.items():
            assert [run.seconds for run in runs] == [run.seconds for run in first.runs[label]]
            assert {run.made.method == optimizers.named(label) for run in runs} == {True}

    def test_more_starts_and_methods_are_added(self, tmp_path: Path, done: list[Any]) -> None:
        file, told = tmp_path / "runs.db", []
        qng.compare("one-qubit", ["qng"], ledger=str(file), **SETTINGS)
        done.clear()
        found = qng.compare(
            "one-qubit",
            ["gd", "qng"],
            ledger=file,
            progress=lambda *call: told.append(call),
            **SETTINGS | {"starts": 4},
        )
        assert done == [("gd", 0), ("gd", 1), ("gd", 2), ("gd", 3), ("qng", 3)]
        assert told == [(k, 8) for k in range(3, 9)]
        alone = qng.compare("one-qubit", ["gd", "qng"], **SETTINGS | {"starts": 4})
        assert str(numbers(found)) == str(numbers(alone))

    @pytest.mark.parametrize(
        "change",
        [
            {"steps": 4},
            {"tol": 1e-3},
            {"stop": low},
            {"shots": 6000},
            {"seed": 5},
            {"lr": {"qng": 0.2}},
            {"executor": "aer"},
            {"methods": {"qng": optimizers.qng(damping=1e-2)}},
            {"methods": {"other": "qng"}},
            {"problem": "textbook-2"},
            {"start": [0.3, 0.4]},
        ],
    )
    def test_what_decides_a_run(
        self, tmp_path: Path, done: list[Any], change: dict[str, Any]
    ) -> None:
        call: dict[str, Any] = {"problem": "one-qubit", "methods": ["qng"], "steps": 2}
        call |= {"starts": 1, "shots": 5000, "ledger": tmp_path / "runs.db"}
        qng.compare(**call)
        qng.compare(**call | change)
        assert len(done) == 2
        qng.compare(**call | change)
        assert len(done) == 2

    def test_another_version_of_qng(
        self, tmp_path: Path, done: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "runs.db"
        qng.compare("one-qubit", ["qng"], starts=1, steps=1, ledger=file)
        monkeypatch.setattr("qng.run.finished.__version__", "99.0")
        qng.compare("one-qubit", ["qng"], starts=1, steps=1, ledger=file)
        assert len(done) == 2

    def test_several_problems_and_pools(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)
        call: dict[str, Any] = {"methods": ["gd", "qng"], "ledger": tmp_path / "runs.db"}
        call |= {"workers": 2, **SETTINGS}
        first = qng.compare(["one-qubit", "textbook-2"], **call)
        monkeypatch.setattr(many.Runs, "__call__", None)
        again = qng.compare(["one-qubit", "textbook-2"], **call)
        for name, found in first.problems.items():
            assert str(numbers(found)) == str(numbers(again.problems[name]))
        alone = qng.compare("textbook-2", **call)
        assert str(numbers(alone)) == str(numbers(first.problems["textbook-2"]))


KILLED: dict[str, Any] = {"starts": 5, "steps": 6, "shots": 200_000, "seed": 1, "threads": 1}

SCRIPT = f"""
import sys
import qng
from qng.run import many
done = many.Runs.__call__

def told(self, pair):
    print(*pair, flush=True)
    return done(self, pair)

many.Runs.__call__ = told
qng.compare("textbook-2", ["gd", "qng", "adam"], workers=1, ledger=sys.argv[1], **{KILLED})
"""


def test_a_comparison_that_was_killed_is_what_it_would_have_been(
    tmp_path: Path, done: list[tuple[str, int]]
) -> None:
    words = [sys.executable, "-c", SCRIPT, "runs.db"]
    begun = []
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            begun.append(line.strip())
            if len(begun) == 7:
                time.sleep(0.005)  # in the middle of a run
                os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    methods = ["gd", "qng", "adam"]
    found = qng.compare("textbook-2", methods, **KILLED, ledger=tmp_path / "runs.db")
    again = [f"{label} {k}" for label, k in done]
    alone = qng.compare("textbook-2", methods, **KILLED)
    assert str(numbers(found)) == str(numbers(alone))
    # Only the run that was going on when the process was killed is done again.
    assert len(set(begun) & set(again)) <= 1
    assert set(begun) | set(again) == {f"{label} {k}" for label in methods for k in range(5)}
    assert len(begun) < 12
    with Ledger.reading(tmp_path / "runs.db") as book:
        (entry,) = book.entries()
        assert entry.n_kept == 15


class TestNames:
    def test_a_rule_with_a_name(self, tmp_path: Path, done: list[Any]) -> None:
        def call(bound: float, name: str) -> None:
            rule = Named(name, lambda energies: "low" if energies[-1] < bound else None)
            qng.compare(
                "one-qubit", ["gd"], starts=1, steps=1, stop=rule, ledger=tmp_path / "runs.db"
            )

        for bound, name in ((-1.0, "below -1"), (-1.0, "below -1"), (-2.0, "below -2")):
            call(bound, name)
        assert len(done) == 2

    def test_what_a_rule_does_is_a_part_of_its_name(self) -> None:
        texts = (
            "return 'low' if energies[-1] in {1.0, 2.0} else None",
            "return 'low' if energies[-1] in {1.0, 3.0} else None",
            "return next((x for x in energies if x > 1), None)",
            "return next((x for x in energies if x > 2), None)",
        )
        made: list[Callable[..., Any]] = []
        for text in (*texts, texts[0]):
            room: dict[str, Any] = {}
            exec(f"def rule(energies):\n    {text}", room)
            room["rule"].__module__ = "mine"
            made.append(room["rule"])
        names = [identity(rule) for rule in made]
        assert len(set(names)) == 4
        assert names[0] == names[4]
        assert names[0].startswith("mine.rule:")

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"stop": lambda energies: None}, r"rule .*<lambda> has no name .* give .*Named"),
            ({"stop": {"gd": partial(low)}}, r"the stop rule functools.partial\(<function low"),
            (
                {"methods": {"mine": Optimizer(Schedule(lambda t: 0.1))}},
                "the method mine has .*<lambda>, which has no name",
            ),
            (
                {"executor": qng.executor("statevector:single")},
                "a ledger cannot know statevector again, which is an object: give .* by its name",
            ),
        ],
    )
    def test_what_has_none_is_refused(
        self, tmp_path: Path, more: dict[str, Any], message: str, done: list[Any]
    ) -> None:
        call: dict[str, Any] = {"methods": ["gd"], "starts": 1, "steps": 1} | more
        with pytest.raises(InputError, match=message):
            qng.compare("one-qubit", ledger=tmp_path / "runs.db", **call)
        assert not done
        assert not list(tmp_path.iterdir())
        qng.compare("one-qubit", **call)

    def test_functions_of_a_module_have_names(self, tmp_path: Path, done: list[Any]) -> None:
        for _ in range(2):
            found = qng.compare(
                "one-qubit",
                {"mine": Optimizer(Schedule(slow_start))},
                stop=low,
                starts=1,
                steps=2,
                ledger=tmp_path / "runs.db",
            )
        assert len(done) == 1
        # So have estimators that are made of them.
        for exact, runs in ((fubini.exact, 2), (fubini.exact, 2), (overlaps.full, 3)):
            estimator = Estimator("fubini", exact=exact)
            methods = {"mine": Optimizer(Constant(0.1), MeasuredMetric(estimator))}
            qng.compare("one-qubit", methods, starts=1, steps=1, ledger=tmp_path / "runs.db")
            assert len(done) == runs
        # The method is the one that was given, not what a file can keep of it.
        assert found.runs["mine"][0].made.method.search.f is slow_start


class TestLedgers:
    def test_a_ledger_with_runs_of_both_kinds(self, tmp_path: Path) -> None:
        file = tmp_path / "runs.db"
        run = qng.minimize("one-qubit", "gd", steps=2, ledger=file)
        qng.compare(["one-qubit", "textbook-2"], ["gd"], starts=2, steps=1, ledger=file)
        kinds = [(s.problem, s.label, s.kept, s.message) for s in qng.runs(file)]
        kept = "2 finished runs of comparisons"
        assert kinds == [
            ("textbook-2", "compare", 2, kept),
            ("one-qubit", "compare", 2, kept),
            ("one-qubit", "gd", 0, "all 2 steps done"),
        ]
        compared, alone = qng.runs(file)[0].run, qng.runs(file)[2].run
        assert status(compared, ledger=file).summary.kept == 2
        np.testing.assert_array_equal(qng.resume(alone, ledger=file).x, run.x)
        for command in (qng.resume, verify, export):
            with pytest.raises(InputError, match="repeat the comparison with this ledger"):
                command(compared, ledger=file)

    def test_processes_that_begin_at_once(self, tmp_path: Path, done: list[Any]) -> None:
        """Each may have made a place for its runs: all of them are found."""
        file, call = tmp_path / "runs.db", {"starts": 1, "steps": 1}
        qng.compare("one-qubit", ["gd"], ledger=file, **call)
        with Ledger.open(file) as book:
            (entry,) = book.entries()
            book.begin(entry.recipe, label=entry.label, terms=entry.terms, status=entry.status)
        qng.compare("one-qubit", ["gd", "qng"], ledger=file, **call)
        qng.compare("one-qubit", ["gd", "qng"], ledger=file, **call)
        assert done == [("gd", 0), ("qng", 0)]

    def test_one_that_is_damaged_is_refused_before_anything_is_run(
        self, tmp_path: Path, done: list[Any]
    ) -> None:
        file = tmp_path / "runs.db"
        qng.compare("one-qubit", ["gd"], starts=2, steps=1, ledger=file)
        whole = file.read_bytes()
        done.clear()
        for content in (whole[:-4096], whole[: len(whole) // 2], b"", b"no ledger" * 99):
            file.write_bytes(content)
            with pytest.raises(LedgerError):
                qng.compare("one-qubit", ["gd", "qng"], starts=2, steps=1, ledger=file)
            assert file.read_bytes() == content
        assert not done

    def test_a_run_that_was_changed_is_refused(self, tmp_path: Path, done: list[Any]) -> None:
        import sqlite3
        from contextlib import closing

        file = tmp_path / "runs.db"
        qng.compare("one-qubit", ["gd"], starts=2, steps=1, ledger=file)
        with closing(sqlite3.connect(file)) as database:
            database.execute("UPDATE results SET data = zeroblob(100)")
            database.commit()
        done.clear()
        with pytest.raises(LedgerError, match="of results was changed"):
            qng.compare("one-qubit", ["gd"], starts=2, steps=1, ledger=file)
        assert not done

    def test_a_place_that_is_none(self, tmp_path: Path, done: list[Any]) -> None:
        with pytest.raises(LedgerError, match="there is no folder"):
            qng.compare("one-qubit", ["gd"], ledger=tmp_path / "no" / "runs.db")
        with pytest.raises(InputError, match="ledger must be a path"):
            qng.compare("one-qubit", ["gd"], ledger=3)
        assert not done
