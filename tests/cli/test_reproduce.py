"""`qng reproduce`: tables, files, exit codes, and what is said of what cannot be done."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qng.cli import application, output
from qng.cli.reproduce import _chosen
from qng.report import plots
from qng.reproduce import found, gallery
from tests.reproduce.test_strangers import EXACT, HEAD, RATES, VALUES

FAILING = VALUES.replace("X3", "X9").replace("3, 0, OWN", "4, 0, OWN")


def reproduce(*words: object) -> tuple[int, str, str]:
    """(exit code, stdout, stderr)."""
    result = CliRunner().invoke(application(["reproduce"]), ["reproduce", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory with four entries."""
    monkeypatch.chdir(tmp_path)
    texts = {"exact": EXACT, "rates": RATES, "values": VALUES, "failing": FAILING}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(HEAD + text)
    return tmp_path


def test_verdicts_a_picture_and_its_numbers(place: Path) -> None:
    code, out, err = reproduce("exact.py", "-o", "here")
    assert (code, err) == (0, "")
    assert "agrees with the printed value" in out
    assert "4 of 4 numbers agree" in out
    assert "Lovelace, A title (2024), arXiv:2401.00001" in out
    assert sorted(path.name for path in Path("here").iterdir()) == [
        "index.html", "summary.json", "x1.json", "x1.picture.json", "x1.png",
    ]  # fmt: skip
    done = gallery.load("here/x1.json")
    assert done.passed
    before = Path("here/x1.png").read_bytes()
    plots.save(plots.load("here/x1.picture.json"), "here/x1.png", data=False)
    assert Path("here/x1.png").read_bytes() == before


def test_a_number_that_does_not_agree_fails_the_command(place: Path) -> None:
    code, out, err = reproduce("failing.py", "values.py", "-o", "here")
    assert code == 1
    assert "FAIL" in out
    assert "DOES NOT AGREE" in out
    assert err == "failed: 1 of 2 entries do not pass: X9\n"
    page = Path("here/index.html").read_text(encoding="utf-8")
    assert "1 of 2 entries pass" in page
    code, out, _ = reproduce("values.py", "failing.py", "-o", "here", "--json")
    data = json.loads(out)
    assert (code, data["passed"]) == (1, False)
    assert [v["passed"] for entry in data["entries"] for v in entry["verdicts"]] == [True, False]


def test_an_entry_that_breaks_does_not_stop_the_others(place: Path) -> None:
    (place / "breaks.py").write_text(
        HEAD + VALUES.replace("tol=1e-9", "tool=1").replace("X3", "X8")
    )
    code, out, err = reproduce("breaks.py", "values.py", "-o", "here")
    assert code == 1
    assert "1 of 1 numbers agree" in out
    first, last = err.splitlines()
    assert first.startswith("error: X8: the function of the values of X8 failed: TypeError")
    assert last == "failed: 1 of 2 entries do not pass: X8"


def test_runs_are_not_lost_where_a_function_of_the_entry_fails(place: Path) -> None:
    values = "\nfrom dataclasses import replace\nENTRY = replace(ENTRY, values=lambda r: {}[1])\n"
    text = (place / "rates.py").read_text()
    (place / "breaks.py").write_text(text + values)
    code, _, err = reproduce("breaks.py", "-o", "here")
    kept = Path("here/unfinished-breaks.db")
    assert (code, kept.is_file()) == (1, True)
    assert f"runs of X4 that can be known again are kept in {kept}" in err
    (place / "breaks.py").write_text(text)
    time.sleep(1.1)  # dates are whole seconds
    code, out, _ = reproduce("breaks.py", "-o", "here")
    assert (code, kept.exists()) == (0, False)
    assert "that the ledger had already" in out


def test_nothing_is_run_where_nothing_can_be_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "here").mkdir()
    monkeypatch.setattr("os.access", lambda _, mode: mode != os.W_OK)
    code, out, err = reproduce("exact.py", "-o", "here")
    assert (code, out) == (2, "")
    assert err == "error: here/summary.json cannot be saved: no permission to write there\n"


def test_bad_words(place: Path) -> None:
    for words, why in {
        ("P02",): "error: unknown entry 'P02'; did you mean P2",
        (): "error: say what to reproduce",
        ("none.py",): "error: there is no file none.py",
        ("exact.py", "--format", "gif"): "error: --format is png, pdf, svg, not 'gif'",
        ("exact.py", "-o", "exact.py"): "error: the folder exact.py cannot be made",
        ("exact.py", "--list"): "error: --list lists all entries",
    }.items():
        code, out, err = reproduce(*words)
        assert (code, out) == (2, "")
        assert err.startswith(why)
        assert err.count("\n") == 1
    copy = place / "copy.py"
    copy.write_text((place / "exact.py").read_text())
    code, _, err = reproduce("exact.py", "copy.py", "-o", "here")
    assert (code, err) == (2, "error: two entries are called X1: reproduce them one by one\n")


def test_the_list_shows_source_cost_and_status(place: Path) -> None:
    code, out, err = reproduce("--list", "-o", "here")
    assert (code, err) == (0, "")
    assert all(id in out for id in found.entries().entries)
    assert out.count("not run") == len(found.entries().entries)
    assert reproduce("P21", "-o", "here")[0] == 0
    _, out, _ = reproduce("--list", "-o", "here")
    assert "pass 2/2" in out
    data = json.loads(reproduce("--list", "-o", "here", "--json")[1])
    (p21,) = (entry for entry in data["entries"] if entry["id"] == "P21")
    assert (p21["fast"], p21["status"].partition(",")[0]) == (True, "pass 2/2")
    assert p21["source"].startswith("Mari")


def test_a_saved_reproduction_is_drawn_again(place: Path) -> None:
    assert reproduce("P21", "values.py", "-o", "here")[0] == 0
    before = Path("here/p21.png").read_bytes()
    result = CliRunner().invoke(application(), ["plot", "here/p21.json", "-o", "again.png"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert Path("again.png").read_bytes() == before
    result = CliRunner().invoke(application(), ["plot", "here/x3.json"])
    assert (result.exit_code, result.stderr) == (2, "error: there is no study to draw\n")


def test_many_runs_are_left_out_of_the_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "MOST_ROWS", 10)
    assert reproduce("P23", "-o", "here")[0] == 0
    done = gallery.load("here/p23.json")
    assert done.passed
    assert not done.comparisons
    assert done.note.endswith("--ledger FILE keeps them.")
    result = CliRunner().invoke(application(), ["plot", "here/p23.json"])
    assert result.exit_code == 2
    assert "drawn from p23.picture.json" in result.stderr


def test_a_command_that_was_cut_goes_on(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def impatient(label: str, total: int) -> Iterator[Any]:
        def tell(done: int, note: str) -> None:
            if done == 5:
                raise KeyboardInterrupt

        yield tell

    with monkeypatch.context() as patched:
        patched.setattr(output, "progress", impatient)
        code, _, err = reproduce("rates.py", "-o", "here")
    assert code == 130
    assert err.startswith("X4 interrupted after 5 of 14 runs; the finished ones are in here")
    assert reproduce("values.py", "-o", "here")[0] == 0  # another command leaves them alone
    time.sleep(1.0)  # runs are dated to the second
    code, out, _ = reproduce("rates.py", "-o", "here")
    assert code == 0
    assert "without the 5 runs that the ledger had already" in out
    assert not list(Path("here").glob("unfinished*"))


def test_all_are_those_that_are_published():
    chosen, broken = _chosen(["all"])
    assert not broken
    ids = {entry.id for entry in chosen}
    assert {"P1", "P33", "docstrings"} < ids
    assert "study" not in ids
    assert [entry.id for entry in _chosen(["study"])[0]] == ["study"]
