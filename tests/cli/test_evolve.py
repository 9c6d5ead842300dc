"""`qng evolve`: its table, its JSON, its picture, and what it says where it ends early."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import qng
from qng.cli import application
from qng.run.evolution import Evolution


@pytest.fixture
def invoke():
    """A command -> (exit code, stdout, stderr)."""

    def run(*args):
        words = [str(arg) for arg in args]
        result = CliRunner().invoke(application(words), words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return run


def test_it_prints_and_draws_and_keeps(invoke, tmp_path):
    plot, save = tmp_path / "e.png", tmp_path / "e.json.qng"
    code, out, err = invoke("evolve", "textbook-2", "--time", 1, "--rows", 4, "--observe", "Z0",
                            "--plot", plot, "--save", save)  # fmt: skip
    assert (code, err) == (0, "")
    table = out.split("\n\n")[1].splitlines()
    assert table[0].split() == ["tau", "energy", "exact", "1-F", "residual", "drift", "length",
                                "<Z0>", "exact", "rank"]  # fmt: skip
    assert [float(line.split()[0]) for line in table[2:]] == [0, 0.25, 0.5, 0.75, 1]
    assert "imaginary time (McLachlan)" in out
    assert plot.stat().st_size > 5000
    found = qng.load_run(save)
    again = tmp_path / "again.png"
    assert invoke("plot", save, "-o", again)[0] == 0
    assert again.read_bytes() == plot.read_bytes()
    assert isinstance(found, Evolution)
    assert found.times[-1] == 1


def test_json_is_complete(invoke):
    code, out, _ = invoke("evolve", "one-qubit", "--time", 0.5, "--real", "--tdvp", "--json",
                          "--integrator", "DOP853", "--rows", 2)  # fmt: skip
    data = json.loads(out)
    assert code == 0
    assert (data["kind"], data["principle"], data["integrator"]) == ("real", "tdvp", "DOP853")
    assert data["times"] == [0, 0.25, 0.5]
    assert np.max(data["exact"]["infidelity"]) < 1e-9
    assert np.shape(data["theta"]) == (3, 2)
    assert np.ptp(data["energy"]) < 1e-5


def test_a_failure_keeps_what_was_done(invoke, monkeypatch):
    """Singular on the way: the rows so far are shown, and the exit code is 1."""
    from qng.errors import SingularMetricError
    from qng.run import flow

    good = flow.symplectic
    asked = []

    def broken(metric, curvature, signal):
        asked.append(1)
        if len(asked) > 40:
            raise SingularMetricError("the Berry curvature is singular here")
        return good(metric, curvature, signal)

    monkeypatch.setattr(flow, "symplectic", broken)
    code, out, err = invoke("evolve", "one-qubit", "--time", 3, "--real", "--tdvp", "--json")
    data = json.loads(out)
    assert code == 1
    assert err.startswith("failed: at time ")
    assert "singular here" in err
    assert not data["success"]
    assert 0 < data["times"][-1] < 3
    assert "stopped after time" in data["message"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--integrator", "euler"], "euler needs the size of its steps: give --step"),
        (["--tdvp"], "in imaginary time TDVP has no solution"),
        (["--real", "--tdvp"], "the Berry curvature is singular"),
        (["--executor", "aer:matrix_product_state"], "counts bits"),
        (["--observe", "Q1"], "Q1"),
        (["--damping", "-1"], "damping must be"),
    ],
)
def test_bad_input_is_one_line(invoke, words, message):
    code, out, err = invoke("evolve", "textbook-2", "--time", 1, *words)
    assert code in (1, 2)
    assert out == ""
    assert err.count("\n") == 1
    assert message in err


def test_an_interrupt_shows_what_was_done(invoke, monkeypatch):
    from qng.run import walk

    good = walk._moment

    def tired(flow, time, *more):
        if time > 0.35:
            raise KeyboardInterrupt
        return good(flow, time, *more)

    monkeypatch.setattr(walk, "_moment", tired)
    code, out, err = invoke("evolve", "textbook-2", "--time", 1, "--rows", 10)
    assert code == 130
    assert "KeyboardInterrupt" not in out + err
    assert [line.split()[0] for line in out.split("\n\n")[1].splitlines()[2:]] == [
        "0", "0.1", "0.2", "0.3",
    ]  # fmt: skip
    assert err == "interrupted after time 0.3\n"
