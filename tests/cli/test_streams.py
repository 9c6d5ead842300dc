"""Closed pipes, full disks and options: what surrounds the commands."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_errors import SMALL, invoke

QNG = f"{shlex.quote(sys.executable)} -m qng.cli"
FULL = Path("/dev/full")


def shell(line):
    """(exit code of the whole pipe, stderr)."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "command", [f"run {SMALL} --steps 2", f"run {SMALL} --steps 2 --json", "circuits", "--help"]
)
def test_a_reader_that_leaves_early_has_what_it_wanted(command):
    assert shell(f"{QNG} {command} | true") == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "command", [f"run {SMALL} --steps 2", f"run {SMALL} --steps 2 --json", "circuits", "--help"]
)
def test_a_full_disk_is_one_line(command):
    code, err = shell(f"{QNG} {command} > {FULL}")
    assert (code, err) == (1, "error: the output cannot be written: No space left on device\n")


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
@pytest.mark.parametrize("command", ["run", "compare", "steps", "metric"])
def test_a_picture_on_a_full_disk_is_one_line(command, tmp_path):
    picture = tmp_path / "full.png"
    picture.symlink_to(FULL)
    more = ["--methods", "gd"] if command in ("compare", "steps") else []
    more += ["--steps", 1] if command in ("run", "compare") else []
    more += ["--starts", 1] if command == "compare" else []
    code, out, err = invoke(command, SMALL, "--plot", picture, *more)
    assert code == 1
    assert err.count("\n") == 1
    assert "cannot be saved: No space left on device" in err
    assert out


# Keeps no density matrix: it only counts.
MPS = "aer:matrix_product_state"

COMMANDS = {
    "run": ["--steps", 1],
    "compare": ["--steps", 1, "--starts", 1, "--methods", "gd,qng", "--no-plot"],
    "steps": ["--methods", "gd,qng"],
    "estimate": [],
}


@pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")
@pytest.mark.parametrize("command", [*COMMANDS, "metric"])
def test_shared_options_are_on_every_command(command):
    options = ["--executor", "aer", "--shots", "1e4", "--mitigate", 200, "--freeze", "t0"]
    options += ["--seed", 3, *COMMANDS.get(command, [])]
    options += [] if command == "metric" else ["--damping", 0.1]
    options += [] if command == "compare" else ["--start", "0.3,0.4"]
    code, out, _ = invoke(command, SMALL, *options, "--json")
    assert code == 0
    assert json.loads(out)


def test_the_metric_of_what_is_trained():
    whole = json.loads(invoke("metric", SMALL, "--theta", "0.3,0.4", "--json")[1])
    part = json.loads(invoke("metric", SMALL, "--start", "0.3,0.4", "--train", "t1", "--json")[1])
    assert part["matrix"] == [[pytest.approx(whole["matrix"][1][1], rel=1e-12)]]


def test_damping_reaches_every_method_that_has_one():
    plain = json.loads(invoke("steps", SMALL, "--methods", "gd,qng", "--json")[1])["steps"]
    damped = json.loads(invoke("steps", SMALL, "--methods", "gd,qng", "--damping", 1, "--json")[1])[
        "steps"
    ]
    lengths = [[row["length"] for row in rows] for rows in (plain, damped)]
    assert lengths[0][0] == lengths[1][0]
    assert lengths[1][1] < lengths[0][1]
    code, _, err = invoke("steps", SMALL, "--methods", "gd,adam", "--damping", 1)
    assert code == 2
    assert "none of the methods" in err


@pytest.mark.parametrize("command", [*COMMANDS, "metric"])
def test_the_command_line_does_not_speak_python(command):
    code, out, err = invoke(command, SMALL, "--executor", MPS, *COMMANDS.get(command, []))
    assert (code, out) == (2, "")
    assert err == (
        f"error: the executor {MPS} counts bits: give --shots, the number for a whole batch\n"
    )


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "nan", "1e99", ""])
def test_shots_that_are_none(text):
    code, out, err = invoke("run", SMALL, "--shots", text)
    assert (code, out) == (2, "")
    assert "no whole number of at least 1" in err


def test_an_option_that_an_executor_does_not_have():
    code, _, err = invoke("run", SMALL, "--mitigate", 10)
    assert (code, err) == (2, "error: the executor statevector has no option mitigate\n")


def test_a_problem_without_a_title_has_its_name(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "circuit.qasm").write_text(
        "OPENQASM 3.0;\ninclude 'stdgates.inc';\ninput float[64] a;\nqubit q;\nrx(a) q;\n"
    )
    (folder / "problem.toml").write_text("start = [0.3]\n[observable]\nZ0 = 1.0\n")
    code, out, err = invoke("steps", folder, "--methods", "gd")
    assert (code, err) == (0, "")
    assert out.startswith("mine: one step\n")
    code, _, err = invoke("run", folder / "circuit.qasm")
    assert code == 2
    assert f"a problem is its folder, {folder}" in err


def test_no_step_is_no_failure(tmp_path, monkeypatch):
    from qng.problem.library import load
    from qng.report import plots
    from qng.run.compare import compare

    found = compare(load(SMALL), ["gd", "qng"], starts=2, steps=0, workers=1)
    figure = plots.convergence(found).draw()
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert not any("fails" in text for text in texts)
