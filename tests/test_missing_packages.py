"""What a plain exact run does not need may be missing, and is then named in one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import qng
from qng.errors import MissingPackageError, need
from qng.report import plots
from tests.test_imports import fresh

OPTIONAL = "pennylane qiskit qiskit_aer matplotlib"

SETUP = f"""
import json, os, sys
from tests.without import Without
sys.meta_path.insert(0, Without({OPTIONAL!r}.split()))
from typer.testing import CliRunner
from qng.cli import application
import qng
from qng.problem.molecule import molecule

app = application()

def command(line):
    done = CliRunner().invoke(app, line.split())
    return [done.exit_code, done.stdout, done.stderr]

def refused(f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except qng.errors.MissingPackageError as error:
        return str(error)
    return "done"
"""

WORK = [
    "run one-qubit --steps 2",
    "run one-qubit --steps 2 --shots 1e4",
    "run gaussian-toy --steps 2",
    "metric one-qubit",
    "steps one-qubit",
    "circuits one-qubit",
    "estimate one-qubit",
    "cite one-qubit",
    "compare one-qubit --methods gd,qng --starts 2 --steps 2 --no-plot --save cmp.json",
    "reproduce --list",
]

REFUSED = {
    "run one-qubit --executor aer": "the executor aer needs the package qiskit: ",
    "run one-qubit --executor generic:5": "the executor generic:5 needs the package qiskit: ",
    "run one-qubit --executor ibm_fez": "the executor ibm_fez needs the package qiskit: ",
    "submit one-qubit --executor fake_fez": "the executor fake_fez needs the package qiskit: ",
    "run one-qubit --executor pennylane": "the executor pennylane needs the package pennylane: ",
    "run one-qubit --plot picture.png": "a picture needs the package matplotlib: ",
    "metric one-qubit --plot picture.png": "a picture needs the package matplotlib: ",
    "plot cmp.json": "a picture needs the package matplotlib: ",
    "reproduce haug": "a picture of what is reproduced needs the package matplotlib: ",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What came of everything, by name, in one process without these packages."""
    code = f"""{SETUP}
os.chdir({str(tmp_path_factory.mktemp("without"))!r})
c = qng.Circuit.from_qasm('OPENQASM 3.0; include "stdgates.inc"; input float a; qubit q; ry(a) q;')
problem = qng.Problem(c, {{"Z0": 1.0}}, [0.3])
found = {{line: command(line) for line in {[*WORK, *REFUSED]}}}
found["picture"] = command("compare one-qubit --methods gd,qng --starts 2 --steps 2")
found["files"] = sorted(os.listdir("."))
found["own"] = float(qng.minimize(problem, "qng", steps=60).fun)
found["from_qiskit"] = refused(qng.Circuit.from_qiskit, object())
found["to_qiskit"] = refused(c.to_qiskit)
found["from_pennylane"] = refused(qng.Circuit.from_pennylane, lambda x: None, 0.1)
found["to_pennylane"] = refused(c.to_pennylane)
found["sum"] = refused(problem.observable.to_qiskit)
found["function"] = refused(qng.minimize, lambda x: x, start=[0.1])
found["energy of a function"] = refused(qng.energy, lambda x: x, [0.1])
found["problem of a function"] = refused(qng.Problem, lambda x: x, {{"Z0": 1.0}}, start=[0.1])
found["molecule"] = refused(molecule, "H 0 0 0; H 0 0 0.7", method="dhf")
found["loaded"] = [name for name in {OPTIONAL.split()} if name in sys.modules]
print(json.dumps(found))
"""
    return json.loads(fresh(code))


def test_a_plain_run_needs_none_of_them(found: dict) -> None:
    assert found["own"] == pytest.approx(-1.0, abs=1e-6)
    assert {line: (found[line][0], found[line][2]) for line in WORK} == dict.fromkeys(WORK, (0, ""))
    assert found["loaded"] == []


@pytest.mark.parametrize("line", REFUSED)
def test_commands_name_what_is_missing_in_one_line(found: dict, line: str) -> None:
    code, out, err = found[line]
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {REFUSED[line]}pip install ")
    assert err.count("\n") == 1


def test_a_comparison_has_its_table_and_says_why_there_is_no_picture(found: dict) -> None:
    code, out, err = found["picture"]
    assert code == 0
    assert "final error" in out
    assert "saved" not in out
    assert err.startswith("no picture: a picture needs the package matplotlib: pip install ")
    assert found["files"] == ["cmp.json"]


@pytest.mark.parametrize(
    ("call", "package"),
    [
        ("from_qiskit", "qiskit"),
        ("to_qiskit", "qiskit"),
        ("sum", "qiskit"),
        ("from_pennylane", "pennylane"),
        ("to_pennylane", "pennylane"),
        ("function", "pennylane"),
        ("molecule", "pennylane"),
    ],
)
def test_calls_name_what_is_missing(found: dict, call: str, package: str) -> None:
    assert f'needs the package {package}: pip install "{package}>=' in found[call]


def test_a_plain_function_is_told_the_way_that_needs_no_package(found: dict) -> None:
    hint = "a function of numbers becomes a problem as qng.models.function(f, start); "
    assert found["function"].startswith(f"{hint}a quantum function needs the package pennylane: ")
    assert found["energy of a function"] == found["problem of a function"] == found["function"]


def test_aer_alone_may_be_missing() -> None:
    command = [sys.executable, "-m", "tests.without", "qiskit_aer", "run", "one-qubit"]
    done = subprocess.run(
        [*command, "--executor", "aer"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the executor aer needs the package qiskit-aer: pip inst")


def test_what_is_there_is_not_refused() -> None:
    need("numpy", "everything")
    need("concurrent.futures", "threads")


def test_a_name_that_is_blocked_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingPackageError, match=r'a picture needs .*"matplotlib>=[\d.]+"$'):
        need("matplotlib", "a picture")


def test_the_extra_that_brings_a_package_is_named() -> None:
    with pytest.raises(MissingPackageError, match=r"\[travel\]"):
        need("nowhere_at_all", "a journey", extra="travel")


def test_a_saved_picture_is_not_called_damaged(tmp_path: Path) -> None:
    picture = tmp_path / "metric.png"
    plots.save(qng.metric("one-qubit").plot(), picture)
    code = f"""{SETUP}
print(json.dumps(command("export {picture.with_suffix(".json")} --format csv")))
"""
    status, out, err = json.loads(fresh(code))
    assert (status, out) == (2, "")
    assert err.startswith("error: a picture needs the package matplotlib: pip install ")
