"""`qng compare`: all its words, several problems, files that go on where others stopped."""

import json

import numpy as np
import pytest

import qng
from qng.cli import parse
from qng.errors import InputError
from qng.run import many
from tests.cli.test_commands import as_json, done
from tests.cli.test_errors import invoke

SMALL = "one-qubit"
QUICK = ("--starts", 2, "--steps", 2, "--workers", 1, "--no-plot")

pytestmark = pytest.mark.usefixtures("place")


def test_rates_in_names():
    data = as_json("compare", SMALL, "--methods", "qng@0.05,qng@0.1,gd", *QUICK)
    assert {label: found["lr"] for label, found in data["methods"].items()} == {
        "qng@0.05": 0.05,
        "qng@0.1": 0.1,
        "gd": 0.1,
    }
    # With what all methods share.
    more = ("--trust", "inf", "--damping", 0.01, "--lr", "qng=0.2")
    data = as_json("compare", SMALL, "--methods", "qng@0.05,qng", *more, *QUICK)
    assert [found["lr"] for found in data["methods"].values()] == [0.05, 0.2]


def test_several_problems(place):
    out = done("compare", f"{SMALL},textbook-2", "--methods", "gd,qng", *QUICK, "--save", "a.json")
    assert out.count("2 starts, at most 2 steps") == 2
    assert out.endswith("saved a.json\n")
    found = qng.load_run(place / "a.json")
    assert list(found.problems) == [SMALL, "textbook-2"]
    data = as_json("compare", f"{SMALL},textbook-2", "--methods", "gd,qng", *QUICK)
    assert [one["problem"] for one in data["problems"].values()] == [SMALL, "textbook-2"]
    assert f"2 problems: {SMALL}, textbook-2" in out


def test_the_picture_of_several_problems(place):
    words = ("compare", f"{SMALL},textbook-2", "--methods", "gd,qng", *QUICK[:-1])
    assert f"saved compare-{SMALL}-textbook-2.png" in done(*words)
    assert (place / f"compare-{SMALL}-textbook-2.png").exists()


def test_what_is_saved_is_read(place):
    done("compare", SMALL, "--methods", "gd", *QUICK, "--save", "found.json")
    found = qng.load_run(place / "found.json")
    alone = qng.compare(SMALL, ["gd"], starts=2, steps=2)
    np.testing.assert_allclose(found.runs["gd"][1].x, alone.runs["gd"][1].x, rtol=0, atol=1e-12)
    done("run", SMALL, "--steps", 2, "--save", "run.json")
    assert qng.load_run(place / "run.json").nit == 2
    data = as_json("run", SMALL, "--steps", 2, "--save", "other.json")
    assert data["nit"] == qng.load_run(place / "other.json").nit == 2


def test_a_ledger_of_finished_runs(place, monkeypatch):
    words = ("compare", f"{SMALL},textbook-2", "--methods", "gd,qng@0.2", *QUICK, "--json")
    words = (*words, "--ledger", "runs.db", "--threads", 1)
    first = json.loads(done(*words))
    monkeypatch.setattr(many.Runs, "__call__", None)
    assert json.loads(done(*words)) == first
    kept = as_json("runs", "--ledger", "runs.db")["runs"]
    assert [line["finished_runs"] for line in kept] == [4, 4]
    assert "4 runs" in done("runs", "--ledger", "runs.db")
    assert "4 finished runs of comparisons" in done("status", "--ledger", "runs.db")
    code, _, err = invoke("resume", kept[0]["run"][:8], "--ledger", "runs.db")
    assert (code, err.count("\n")) == (2, 1)
    assert "repeat the comparison with this ledger" in err


def test_all_starts_from_a_file(place):
    (place / "starts.json").write_text("[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]")
    words = ("compare", SMALL, "--methods", "gd", "--steps", 1, "--no-plot")
    data = as_json(*words, "--start", "starts.json")
    assert data["starts"] == [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]
    (place / "starts.txt").write_text("0.1 0.2\n0.3 0.4\n")
    assert as_json(*words, "--start", "starts.txt")["starts"] == [[0.1, 0.2], [0.3, 0.4]]
    one = as_json(*words, "--start", "0.1,0.2", "--starts", 2)["starts"]
    assert one[0] == [0.1, 0.2]
    assert len(one) == 2


def test_numbers_by_method():
    words = ("compare", SMALL, "--methods", "gd,qng", "--starts", 1, "--no-plot")
    more = ("--steps", "gd=4,qng=2", "--shots", "gd=1e3,qng=1e5", "--tol", "gd=1e-9")
    data = as_json(*words, *more)
    runs = {label: found["runs"][0] for label, found in data["methods"].items()}
    assert (runs["gd"]["nit"], runs["qng"]["nit"]) == (4, 2)
    assert runs["qng"]["shots"] > 50 * runs["gd"]["shots"] / 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200", 200),
        ("1e3", 1000),
        ("gd=4, qng@0.1=2", {"gd": 4, "qng@0.1": 2}),
        (None, None),
    ],
)
def test_by_method(text, expected):
    assert parse.by_method("steps", text, parse.count) == expected


@pytest.mark.parametrize("text", ["ten", "gd=", "gd=1,qng", "-1", "1.5", "nan", "inf", "", "gd=-2"])
def test_numbers_of_another_form(text):
    with pytest.raises(InputError, match="--steps is a number, or numbers by method"):
        parse.by_method("steps", text, parse.count)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--methods", "qng@fast"], "named as qng@0.05"),
        (["--methods", "rotosolve@1"], "has no learning rate"),
        (["--methods", "qng@0.1", "--lr", "qng@0.1=1"], "in its name"),
        (["--steps", "ng=3"], "'ng', which is not compared"),
        (["--steps", "gd=1,gd=2"], "is given twice"),
        (["--steps", "gd=1"], "not for 'qng'"),
        (["--shots", "gd=1e3"], "not for 'qng'"),
        (["--shots", "0"], "shots must be a whole number from 1"),
        (["--shots", "100", "--shots-per-circuit", "gd=3,qng=4"], "not both"),
        (["--save", "no/such.json"], "there is no folder no"),
        (["--save", "."], "is a folder"),
        (["--save", "a.json", "--plot", "a.png"], "where the numbers of the picture are"),
        (["--ledger", "no/runs.db"], "there is no folder"),
        (["--start", "0.1"], "2 parameter"),
    ],
)
def test_what_is_refused(words, message):
    if "--methods" not in words:
        words = ["--methods", "gd,qng", *words]
    code, out, err = invoke("compare", SMALL, *words, *([] if "--plot" in words else ["--no-plot"]))
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        ("h2,h3", "unknown problem 'h3'"),
        ("h2,h2", "'h2' is given twice"),
        (",", "unknown problem ','"),
        ("", "no circuit.qasm"),
    ],
)
def test_problems_that_are_none(problems, message):
    code, out, err = invoke("compare", problems, "--no-plot", "--methods", "gd")
    assert (code, out) == (2, "")
    assert message in err


def test_tuning():
    words = ("compare", SMALL, "--methods", "gd,qng@0.1", *QUICK, "--tuner", "grid")
    out = done(*words, "--tune", 3, "--tune-starts", 1, "--save", "found.json")
    tuning = qng.load_run("found.json").tuning
    assert (len(tuning["gd"].trials), len(tuning["gd"].starts)) == (3, 1)
    assert tuning["qng@0.1"].why == "the learning rate is given"
    assert "tuned: gd: 3 trials of each by a grid, from 1 start that is not compared" in out
    assert "not tuned: qng@0.1: the learning rate is given" in out
    data = as_json(*words, "--tune", 2)["tuning"]
    rates = [trial["setting"]["lr"] for trial in data["gd"]["trials"]]
    assert rates == [0.1, 0.0707]
    code, _, err = invoke(*map(str, words))
    assert (code, err.count("\n")) == (2, 1)
    assert "--tuner is given without --tune" in err
    assert invoke(*map(str, words[:-1]), "best", "--tune", "3")[2].startswith("error: a tuner is")
