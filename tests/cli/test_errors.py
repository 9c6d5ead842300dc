"""Bad input is one line on stderr and exit code 2; a failed run is 1; Ctrl-C is 130."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from qng.cli import application
from qng.problem.library import load

SMALL = "one-qubit"


def invoke(*args):
    """(exit code, stdout, stderr)."""
    words = [str(arg) for arg in args]
    result = CliRunner().invoke(application(words), words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "one-qubti"], "did you mean one-qubit"),
        (["run", "no/such/folder"], "no folder no/such/folder"),
        (["compare", "one-qubti"], "did you mean one-qubit"),
        (["circuits", "h22"], "did you mean h2"),
        (["metric", "h22"], "did you mean h2"),
        (["steps", "h22"], "did you mean h2"),
        (["run", SMALL, "--optimizer", "qgn"], "did you mean qng"),
        (["compare", SMALL, "--methods", "gd,qgn"], "did you mean qng"),
        (["compare", SMALL, "--methods", "gd,gd"], "'gd' is given twice"),
        (["compare", SMALL, "--methods", ""], "at least one method"),
        (["compare", SMALL, "--lr", "qng"], "qng=0.1,adam=0.05"),
        (["compare", SMALL, "--lr", "qng=fast"], "qng=0.1,adam=0.05"),
        (["compare", SMALL, "--lr", "qng=nan"], "qng=0.1,adam=0.05"),
        (["compare", SMALL, "--lr", "qng=1,qng=2"], "given twice"),
        (["compare", SMALL, "--lr", "newton=1"], "newton"),
        (["steps", SMALL, "--methods", "qgn"], "did you mean qng"),
        (["metric", SMALL, "--metric", "exat"], "did you mean exact"),
        (["metric", SMALL, "--metric", "exact", "--rule", "wires"], "rule"),
        (["metric", SMALL, "--metric", "blocks", "--rule", "wire"], "did you mean wires"),
        (["metric", SMALL, "--metric", "fisher", "--basis", "Q"], "Pauli"),
        (["run", SMALL, "--executor", "statevectr"], "did you mean statevector"),
        (["run", SMALL, "--optimizer", "gd", "--damping", "1"], "damping"),
        (["run", SMALL, "--freeze", "nothing"], "unknown parameter"),
        (["run", SMALL, "--train", "a", "--freeze", "b"], "not both"),
        (["run", SMALL, "--tol", "nan"], "tol"),
        (["run", SMALL, "--start", "0.1"], "theta has 1 value(s)"),
        (["steps", SMALL, "--theta", "0.1"], "theta has 1 value(s)"),
        (["metric", SMALL, "--theta", "0.1,0.2,0.3,0.4,0.5"], "theta has 5 value(s)"),
        (["run", SMALL, "--start", "0.1;0.2"], "as numbers (0.1,0.2), as random, or as a file"),
        (["run", SMALL, "--plot", "a.gif"], ".png, .svg, .pdf"),
        (["run", SMALL, "--plot", "no/such/a.png"], "no folder no/such"),
        (["compare", SMALL, "--plot", "a.gif"], ".png, .svg, .pdf"),
        (["steps", SMALL, "--plot", "no/such/a.png"], "no folder no/such"),
        (["metric", SMALL, "--plot", "a"], ".png, .svg, .pdf"),
    ],
)
def test_bad_input_is_one_line(args, message):
    code, out, err = invoke(*args)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err


@pytest.mark.parametrize(
    "args",
    [
        ["rnu", SMALL],
        ["run"],
        ["run", SMALL, "--stepz", "1"],
        ["run", SMALL, "--steps", "ten"],
        ["run", SMALL, "--steps", "-1"],
        ["compare", SMALL, "--starts", "0"],
    ],
)
def test_wrong_usage(args):
    code, out, err = invoke(*args)
    assert (code, out) == (2, "")
    assert "Error" in err


def test_a_start_that_is_not_finite():
    circuit = load(SMALL).circuit
    text = ",".join(["nan"] + ["0.1"] * (circuit.n_parameters - 1))
    code, _, err = invoke("run", SMALL, "--start", text)
    assert code == 2
    assert f"{circuit.parameters[0]} is not" in err


@pytest.mark.parametrize("text", ["what is this", "{}", "[1, null]", "3.1 [", '{"x": 1}'])
def test_a_start_file_that_is_not_one(tmp_path, text):
    file = tmp_path / "start.json"
    file.write_text(text)
    code, _, err = invoke("run", SMALL, "--start", file)
    assert code == 2
    assert "must hold numbers" in err


def test_a_binary_start_file(tmp_path):
    file = tmp_path / "start.npy"
    file.write_bytes(b"\x93NUMPY\xff")
    code, _, err = invoke("run", SMALL, "--start", file)
    assert code == 2
    assert "cannot be read as text" in err


def test_a_picture_in_the_place_of_a_folder(tmp_path):
    folder = tmp_path / "a.png"
    folder.mkdir()
    code, _, err = invoke("run", SMALL, "--plot", folder)
    assert code == 2
    assert "is a folder" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_for_the_picture(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.chdir(tmp_path)
    for args in (["compare", SMALL], ["run", SMALL, "--plot", "a.png"]):
        code, _, err = invoke(*args)
        assert code == 2
        assert "no permission" in err


@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_a_failed_run_keeps_its_record(flag):
    code, out, err = invoke("run", SMALL, "--optimizer", "gd", "--lr", "1e9", *flag)
    assert code == 1
    assert err.startswith("failed: diverged")
    assert "diverged" in out
    if flag:
        assert json.loads(out)["failed"] is True


def test_a_comparison_with_failed_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = invoke("compare", SMALL, "--methods", "gd,qng", "--lr", "gd=1e9",
                            "--starts", 2, "--steps", 2, "--workers", 1)  # fmt: skip
    assert code == 1
    assert err == "failed: 2 of 4 runs\n"
    assert "failed: 2 of 2 runs of gd; diverged" in out
    assert (tmp_path / f"compare-{SMALL}.png").exists()


def test_steps_at_a_singular_metric():
    # All methods of the table are damped; newton's |Hessian| is regular with its default damping.
    code, _, err = invoke("steps", SMALL, "--methods", "gd,newton")
    assert (code, err) == (0, "")


def process(*args, **options):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "qng.cli", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


INTERRUPTED = """
import os, signal
from qng.cli import main
from qng.execute.statevector.executor import Statevector

# Whoever starts the tests in the background has children ignore the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
batches, run = [], Statevector.run

def interrupted(self, requests, seed):
    batches.append(requests)
    if len(batches) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return run(self, requests, seed)

Statevector.run = interrupted
main()
"""


def test_interrupted():
    command = [sys.executable, "-W", "error", "-c", INTERRUPTED, "run", SMALL, "--steps", "1000"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "interrupted at step 1\n")
    assert "interrupted at step 1" in done.stdout  # and what was done by then


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from qng.cli import application; application()(['--help'], "
        "standalone_mode=False); heavy = {'numpy', 'scipy', 'numba', 'matplotlib', 'joblib', "
        "'qng.problem.problem'} & set(sys.modules); sys.exit(', '.join(heavy) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert "compare" in result.stdout
