"""`qng report`: files, runs of a ledger, published experiments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import qng
from qng.cli import application
from qng.report import plots
from qng.reproduce import gallery, pictures
from qng.reproduce.found import entry
from qng.reproduce.runner import reproduce
from qng.run.saved import save_run

pytest.importorskip("plotly")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*words: str, code: int = 0) -> str:
    """What the command prints: on stderr where it fails."""
    result = CliRunner().invoke(application(["report"]), ["report", *words])
    assert result.exit_code == code, result.stderr
    return result.stderr if code else result.stdout


def test_runs_and_comparisons_from_files(here: Path) -> None:
    qng.minimize("textbook-2", "gd", steps=2).save("run.json")
    compared = qng.compare(["textbook-2", "one-qubit"], ["gd"], starts=2, steps=2)
    compared.save("several.json")
    data = json.loads(report("run.json", "several.json", "--title", "All & more", "--json"))
    assert data["chapters"] == [
        "Two qubits, <Z0 Z1>: gd",
        "2 problems",
        "textbook-2: Two qubits, <Z0 Z1>",
        "one-qubit: One qubit, H = X + Z",
    ]
    text = Path("report.html").read_text(encoding="utf-8")
    assert '<h1 id="heading">All &amp; more</h1>' in text
    assert "qng report run.json several.json -o report.html" in text
    assert "qng run textbook-2 --optimizer gd --steps 2 --seed 0" in text


def test_cost_is_counted_in_what_is_asked_for(here: Path) -> None:
    qng.compare("textbook-2", ["gd", "qng"], starts=2, steps=30).save("c.json")
    report("c.json", "--against", "qpu")
    text = Path("report.html").read_text(encoding="utf-8")
    assert "IBM" in text
    assert '<option value="0">QPU time (s)</option>' in text
    assert "qng report c.json --against qpu -o report.html" in text
    assert "unknown axis" in report("c.json", "--against", "miles", code=2)


def test_a_run_of_a_ledger_that_is_not_over(here: Path) -> None:
    def stop(_: object) -> None:
        raise RuntimeError("cut")

    qng.minimize("textbook-2", "gd", steps=3, ledger="qng-runs.db")
    with pytest.raises(RuntimeError, match="cut"):
        qng.minimize("textbook-2", "gd", steps=5, seed=1, ledger="qng-runs.db", watch=stop)
    unfinished, finished = (known.run[:8] for known in qng.runs("qng-runs.db"))
    assert report(unfinished, finished, "-o", "two.html") == "saved two.html\n"
    assert "1 steps are done" in Path("two.html").read_text(encoding="utf-8")


def test_a_published_experiment_with_its_verdicts_and_its_picture(here: Path) -> None:
    done = reproduce(entry("P3"), workers=1)
    gallery.save(done, here)
    Path("p3.png").write_bytes(b"\x89PNG")
    plots.save(pictures.picture(entry("P3"), done), here / "p3.svg")
    assert report("p3.json") == "saved report.html\n"
    text = Path("report.html").read_text(encoding="utf-8")
    assert text.count(">pass</th>") == len(done.verdicts)
    assert 'src="data:image/svg+xml;base64,' in text
    assert "t0 (rad)" in text
    assert "qng reproduce P3" in text
    assert "gd, published" in text


def test_all_published_experiments_of_a_folder_in_their_order(here: Path) -> None:
    done = [reproduce(entry(id), workers=1) for id in ("P22", "P9")]
    for result in done:
        gallery.save(result, here)
    gallery.note({result.id: gallery.outcome_of(result) for result in done}, here)
    data = json.loads(report(".", "--json"))
    assert [title.partition(":")[0] for title in data["chapters"]] == ["P9", "P22"]
    (here / "empty").mkdir()
    assert "no result of qng reproduce" in report("empty", code=2)


def test_numbers_of_a_picture(here: Path) -> None:
    lines = {"<a>": ([0, 1, 2], [1.0, 0.1, 0.01])}
    plots.save(plots.lines(lines, x_label="x", y_label="$E_0$", title="Title"), here / "p.png")
    assert report("p.json") == "saved report.html\n"
    text = Path("report.html").read_text(encoding="utf-8")
    assert '<h1 id="heading">Title</h1>' in text
    assert "qng plot p.json" in text


def test_what_is_no_result_is_said_in_a_line(here: Path) -> None:
    save_run(qng.load("textbook-2"), here / "p.json")
    (here / "text.json").write_text("{}")
    (here / "folder").mkdir()
    for words, why in [
        (["p.json"], "holds a Problem, of which there is no report"),
        (["text.json"], "text.json is no saved result"),
        (["nowhere.json"], "no such file"),
        (["p.json", "-o", "folder"], "folder is a folder: give a file name"),
        (["p.json", "-o", "no/report.html"], "there is no folder no"),
    ]:
        line = report(*words, code=2)
        assert why in line
        assert len(line.splitlines()) == 1
    assert not Path("report.html").exists()
