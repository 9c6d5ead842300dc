"""Every result that a command shows is kept, read, drawn, and written in forms of others."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import qng
from qng.report import plots
from qng.report.plots import kinds
from qng.run.saved import save_run
from tests.cli.test_commands import as_json, done
from tests.cli.test_errors import invoke

COMMANDS = {
    "run": ("run", "one-qubit", "--steps", 2),
    "compare": ("compare", "one-qubit", "--starts", 2, "--steps", 2, "--workers", 1, "--no-plot"),
    "several": (
        *("compare", "one-qubit,qng-demo", "--methods", "gd", "--starts", 1, "--steps", 1),
        *("--workers", 1, "--no-plot"),
    ),
    "metric": ("metric", "qng-demo", "--metric", "blocks", "--shots", 2000),
    "implicit": ("metric", "qng-demo", "--metric", "implicit"),
    "steps": ("steps", "one-qubit"),
    "evolve": ("evolve", "one-qubit", "--time", 0.1),
    "adam": ("adam", "logistic", "--steps", 3),
    "geometry": ("geometry", "one-qubit", "--pairs", 750, "--samples", 2, "--depths", "1,2"),
}
"""A command of every kind that ends with a result."""


@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_read_and_exported(name, tmp_path):
    file = tmp_path / "kept.json"
    assert done(*COMMANDS[name], "--save", file).endswith(f"saved {file}\n")
    value = qng.load_run(file)
    qng.save_result(value, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()
    assert kinds.drawn(value).panels
    assert list(csv.DictReader(io.StringIO(done("export", file))))
    text = done("export", file, "--format", "latex")
    assert text.count(r"\begin{table}") == (4 if name == "several" else 1)
    assert "|" in done("export", file, "--format", "markdown")
    assert as_json("export", file)


@pytest.mark.parametrize("name", ["metric", "steps"])
def test_it_is_drawn_as_the_command_has_drawn_it(name, tmp_path):
    file, first, again = (tmp_path / each for each in ("kept.json", "first.svg", "again.svg"))
    done(*COMMANDS[name], "--save", file, "--plot", first)
    done("plot", file, "-o", again)
    assert first.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("suffix", ["csv", "tex", "md", "json"])
def test_into_a_file(suffix, tmp_path):
    file, target = tmp_path / "kept.json", tmp_path / f"out.{suffix}"
    qng.minimize("one-qubit", "gd", steps=1).save(file)
    assert done("export", file, "-o", target) == f"saved {target}\n"
    assert target.stat().st_size > 100
    assert as_json("export", file, "-o", target) == {"files": [str(target)]}


def test_what_a_file_says_without_qng(tmp_path):
    file = tmp_path / "kept.json"
    words = ("--methods", "gd,qng", "--starts", 2, "--steps", 3, "--shots", 2000, "--seed", 7)
    done("compare", "one-qubit", *words, "--workers", 1, "--no-plot", "--save", file)
    document = json.loads(file.read_text(encoding="utf-8"))
    assert (document["format"], document["version"]) == ("qng", 1)
    run = document["value"]["runs"]["qng"]["items"][1]
    assert run["method"] == "qng"
    assert run["made"]["seed"]["items"][0] == 7
    assert run["made"]["shots"] == 2000
    energies = [row["energy"] for row in run["trace"]["rows"]["items"]]
    again = qng.load_run(file).runs["qng"][1]
    assert energies == again.trace["energy"].tolist()
    assert document["problems"][0]["observable"]


def test_a_metric_is_read_as_it_was_shown(tmp_path):
    file = tmp_path / "metric.json"
    told = as_json("metric", "qng-demo", "--metric", "blocks", "--shots", 2000, "--save", file)
    found = qng.load_run(file)
    assert np.array_equal(found.metric.dense(), told["matrix"])
    assert np.array_equal(found.metric.std_error, told["std_error"])
    assert (found.name, found.made.shots, found.made.seed) == ("blocks", 2000, 0)
    done("plot", file, "--kind", "eigenvalues", "-o", tmp_path / "drawn.svg")
    assert plots.load(tmp_path / "drawn.json").kind == "eigenvalues"


def test_results_of_python(tmp_path):
    file = tmp_path / "kept.json"
    for value in (
        qng.metric("one-qubit"),
        qng.compare_steps("one-qubit", methods=["gd"]),
        qng.energy("one-qubit", [[0.1, 0.2]]),
    ):
        qng.save_result(value, file)
        assert type(qng.load_run(file)) is type(value)
    for value, words in (
        ({}, "a dict is no result"),
        (np.zeros(2), "a ndarray is no result"),
        (qng.load("one-qubit"), "a Problem is no result"),
        (qng.metric("qng-demo", None, "implicit"), "dense()"),
    ):
        with pytest.raises(qng.errors.QngError, match=words.replace("()", r"\(\)")):
            qng.save_result(value, file)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothere.json",), "there is no such file"),
        (("nothere",), "no ledger qng-runs.db"),
        (("kept.json", "-o", "kept.xlsx"), "kept.xlsx says no format"),
        (("kept.json", "-o", "kept.tex", "--format", "csv"), "is not what a file kept.tex"),
        (("kept.json", "--format", "parquet"), "say where it is written"),
        (("kept.json", "--format", "latex", "--each", "run"), "--each is of csv and parquet"),
        (("kept.json", "--caption", "x"), "--caption is of latex, not of csv"),
        (("kept.json", "--to", "there"), "--to is for all files of a ledger's run"),
        (("kept.json", "--against", "money"), "unknown axis"),
        (("goal.json",), "this is a Goal"),
        (("no/kept.json", "-o", "x.csv"), "there is no such file"),
        (("kept.json", "-o", "no/x.csv"), "there is no folder no"),
    ],
)
def test_what_cannot_be_exported(place, words, said):
    run = qng.minimize("one-qubit", "gd", steps=1)
    run.save("kept.json")
    save_run(run.goal, "goal.json")
    code, out, err = invoke("export", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert sorted(file.name for file in place.iterdir()) == ["goal.json", "kept.json"]


def test_what_cannot_be_saved_is_told_before_anything_is_computed(place):
    for words in COMMANDS.values():
        code, out, err = invoke(*words, "--save", "no/such/kept.json")
        assert (code, out) == (2, "")
        assert "there is no folder" in err


def test_the_example_is_as_short_as_it_says():
    file = Path(__file__).parents[2] / "examples" / "15_table_and_figure.py"
    text = file.read_text(encoding="utf-8")
    code = text.split('"""', 2)[2]
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 15


def test_the_numbers_of_a_picture_are_told_from_the_result(tmp_path):
    plots.save(qng.metric("one-qubit").plot(), tmp_path / "metric.png")
    code, out, err = invoke("export", tmp_path / "metric.json", "--format", "csv")
    assert (code, out) == (2, "")
    assert err.startswith("error: this is a Picture, ")
    assert err.endswith("; --save FILE keeps the result that it was drawn from\n")
